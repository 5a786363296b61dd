// SPDX-License-Identifier: GPL-2.0
/* agent_child: why it was denied something, and whom it talks to. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include "calls.h"
#include "child_matrix.h"
#include "child_ops.h"

static struct agent_denial denials[AGENT_DENIALS_KEPT + 1];

static long query(uint64_t aid, uint64_t seq, size_t size, uint64_t *next)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_REASONS,
		.aid = aid,
		.seq = seq,
		.buf = (uintptr_t)denials,
		.buf_size = size,
	};
	long ret = CALL(audit_query, &args);

	*next = args.next_seq;
	return ret;
}

/* reasons AID SEQ: the value is how many there are, and 1000 times next_seq */
static int op_reasons(char **words, long long *value)
{
	uint64_t next;
	long ret = query(strtoull(words[0], NULL, 0),
			 strtoull(words[1], NULL, 0), sizeof(denials), &next);

	if (ret < 0)
		return -ret;
	*value = ret / sizeof(denials[0]) + 1000 * next;
	return ret % sizeof(denials[0]) ? EPROTO_OP : 0;
}

/* What the handler of SIGTRAP has seen. */
static struct {
	int times;
	int code;
	int error;
	pid_t thread;
	bool after_call;
	bool same_record;
	struct agent_trap trap;
} trapped;

/* The record that the signal names is there to be read at once. */
static bool is_record(const struct agent_trap *trap)
{
	uint64_t next;

	return query(AGENT_AID_SELF, trap->number, sizeof(denials), &next) ==
	       sizeof(denials[0]) && denials[0].number == trap->number &&
	       denials[0].cap == trap->cap &&
	       denials[0].reason == trap->reason &&
	       denials[0].object[1] == trap->object && next == trap->number + 1;
}

static void handle_trap(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *user = context;

	(void)sig;
	trapped.times++;
	trapped.code = info->si_code;
	trapped.error = info->si_errno;
	trapped.thread = gettid();
	memcpy(&trapped.trap, (char *)info + 16, sizeof(trapped.trap));
	trapped.after_call = trapped.trap.address ==
			     (uint64_t)user->uc_mcontext.gregs[REG_RIP] &&
			     info->si_addr == (void *)trapped.trap.address;
	trapped.same_record = is_record(&trapped.trap);
}

/* on-trap handle|block|ignore|default */
static int op_on_trap(char **words, long long *value)
{
	struct sigaction act = {
		.sa_sigaction = handle_trap,
		.sa_flags = SA_SIGINFO,
	};
	sigset_t set;

	(void)value;
	memset(&trapped, 0, sizeof(trapped));
	if (words[0][0] == 'i')
		act = (struct sigaction) { .sa_handler = SIG_IGN };
	if (words[0][0] == 'd')
		act = (struct sigaction) { .sa_handler = SIG_DFL };
	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	sigprocmask(words[0][0] == 'b' ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
	return sigaction(SIGTRAP, &act, NULL) ? errno : 0;
}

/* trapped WHAT */
static int op_trapped(char **words, long long *value)
{
	const struct {
		const char *name;
		long long value;
	} fields[] = {
		{ "times", trapped.times },
		{ "code", trapped.code },
		{ "error", trapped.error },
		{ "here", trapped.thread == gettid() },
		{ "after-call", trapped.after_call },
		{ "same-record", trapped.same_record },
		{ "number", trapped.trap.number },
		{ "object", trapped.trap.object },
		{ "cap", trapped.trap.cap },
		{ "reason", trapped.trap.reason },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (strcmp(fields[i].name, words[0]))
			continue;
		*value = fields[i].value;
		return 0;
	}
	return EPROTO_OP;
}

static void *open_in_thread(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return (void *)(intptr_t)(fd < 0 ? errno : close_after(0, fd));
}

/* thread-open PATH: the denial is another thread's */
static int op_thread_open(char **words, long long *value)
{
	pthread_t thread;
	void *error;

	(void)value;
	if (pthread_create(&thread, NULL, open_in_thread, words[0]))
		return EPROTO_OP;
	pthread_join(thread, &error);
	return (intptr_t)error;
}

/* many-denials N PATH: it is opened so often; the value is how often denied */
static int op_many_denials(char **words, long long *value)
{
	int left = atoi(words[0]);

	for (; left; left--) {
		int fd = open(words[1], O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			close(fd);
		*value += fd < 0 && errno == ECAPABILITY;
	}
	return 0;
}

/* deep-open DIRECTORY LENGTH: a name below it, the path so long */
static int op_deep_open(char **words, long long *value)
{
	char path[4096];
	const size_t start = strlen(words[0]), size = atoi(words[1]);
	size_t i;
	int fd;

	(void)value;
	if (size >= sizeof(path) || start >= size)
		return EPROTO_OP;
	memcpy(path, words[0], start);
	for (i = start; i < size; i++)
		path[i] = (i - start) % 100 ? 'n' : '/';
	path[size] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : close_after(0, fd);
}

/* peeraid FD SIZE: the value is the AID, or the length where that is not 8 */
static int op_peeraid(char **words, long long *value)
{
	uint64_t aid[2] = { ~0ULL, ~0ULL };
	socklen_t size = atoi(words[1]);

	if (getsockopt(atoi(words[0]), SOL_SOCKET, SO_PEERAID, aid, &size))
		return errno;
	*value = size == sizeof(aid[0]) ? (long long)aid[0] : -(long long)size;
	return 0;
}

/* be-peer FD: try to set who one is taken for */
static int op_be_peer(char **words, long long *value)
{
	const uint64_t aid = AGENT_AID_ROOT;

	(void)value;
	return setsockopt(atoi(words[0]), SOL_SOCKET, SO_PEERAID, &aid,
			  sizeof(aid)) ? errno : 0;
}

/* stay FD: an exec leaves it open */
static int op_stay(char **words, long long *value)
{
	(void)value;
	return fcntl(atoi(words[0]), F_SETFD, 0) ? errno : 0;
}

const struct op reason_ops[] = {
	{ "reasons", 2, op_reasons },
	{ "on-trap", 1, op_on_trap },
	{ "trapped", 1, op_trapped },
	{ "thread-open", 1, op_thread_open },
	{ "many-denials", 2, op_many_denials },
	{ "deep-open", 2, op_deep_open },
	{ "peeraid", 2, op_peeraid },
	{ "be-peer", 1, op_be_peer },
	{ "stay", 1, op_stay },
	{ NULL, 0, NULL },
};
