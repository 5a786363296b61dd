// SPDX-License-Identifier: GPL-2.0
/* agent_child: tasks, signals, memory, and the calls about itself. */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "child_ops.h"

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

static int op_aid(char **words, long long *value)
{
	struct agent_attestation at;
	long ret = attest(AGENT_AID_SELF, &at);

	(void)words;
	*value = at.aid;
	return ret < 0 ? -ret : 0;
}

static int op_attest(char **words, long long *value)
{
	struct agent_attestation at;
	long ret = attest(strtoull(words[0], NULL, 0), &at);

	if (ret >= 0)
		*value = at.state;
	return ret < 0 ? -ret : 0;
}

/* In a child that waits to be ended, and listens to nobody. */
static pid_t fork_idle(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	close(0);
	close(1);
	for (;;)
		pause();
}

static int op_fork(char **words, long long *value)
{
	pid_t pid = fork_idle();

	(void)words;
	*value = pid;
	return result(pid);
}

/* forks N: as many children as go, up to N; the value is how many went */
static int op_forks(char **words, long long *value)
{
	int left = atoi(words[0]);

	for (; left; left--) {
		if (fork_idle() < 0)
			return errno;
		++*value;
	}
	return 0;
}

/* forkaid: the AID that a child of this process sees */
static int op_forkaid(char **words, long long *value)
{
	struct agent_attestation at;
	int pipes[2], error = 0;
	pid_t pid;

	(void)words;
	if (pipe(pipes))
		return errno;
	pid = fork();
	if (!pid) {
		*value = attest(AGENT_AID_SELF, &at) < 0 ? 0 : at.aid;
		_exit(write(pipes[1], value, sizeof(*value)) !=
		      sizeof(*value));
	}
	if (pid < 0 || read(pipes[0], value, sizeof(*value)) !=
	    sizeof(*value))
		error = errno;
	close(pipes[0]);
	close(pipes[1]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return error;
}

static void *see_aid(void *to)
{
	struct agent_attestation at;

	*(long long *)to = attest(AGENT_AID_SELF, &at) < 0 ? 0 : at.aid;
	return NULL;
}

static int op_threadaid(char **words, long long *value)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, see_aid, value);

	(void)words;
	return err ? err : pthread_join(thread, NULL);
}

static void *wait_idle(void *to)
{
	__atomic_store_n((long long *)to, syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

static int op_thread(char **words, long long *value)
{
	static long long tid;
	pthread_t thread;
	int err;

	(void)words;
	tid = 0;
	err = pthread_create(&thread, NULL, wait_idle, &tid);
	if (err)
		return err;
	while (!__atomic_load_n(&tid, __ATOMIC_ACQUIRE))
		sched_yield();
	*value = tid;
	return 0;
}

/* orphan: fork a child that lives on, and end this process */
static int op_orphan(char **words, long long *value)
{
	int err = op_fork(words, value);
	char line[64];
	int size = snprintf(line, sizeof(line), "%d %lld\n", err, *value);

	_exit(write(1, line, size) != size);
}

/* reexec: run agent_child anew in this process; it says its PID again */
static int op_reexec(char **words, long long *value)
{
	char *const argv[] = { CHILD_IMAGE, NULL };
	char *const envp[] = { NULL };

	(void)words;
	(void)value;
	execve(CHILD_IMAGE, argv, envp);
	return errno;
}

static int op_kill(char **words, long long *value)
{
	(void)value;
	return result(kill(atoi(words[0]), atoi(words[1])));
}

static int op_tgkill(char **words, long long *value)
{
	(void)value;
	return result(syscall(SYS_tgkill, getpid(), atoi(words[0]),
			      atoi(words[1])));
}

static int op_reap(char **words, long long *value)
{
	(void)value;
	return result(waitpid(atoi(words[0]), NULL, 0));
}

static int op_ptrace(char **words, long long *value)
{
	(void)value;
	return result(ptrace(PTRACE_SEIZE, atoi(words[0]), NULL, NULL));
}

static int op_malloc(char **words, long long *value)
{
	size_t size = strtoull(words[0], NULL, 0);
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)value;
	if (memory == MAP_FAILED)
		return errno;
	memset(memory, 1, size);
	munmap(memory, size);
	return 0;
}

static int op_rlimit(char **words, long long *value)
{
	struct rlimit limit = { .rlim_cur = RLIM_INFINITY };

	(void)value;
	limit.rlim_max = limit.rlim_cur;
	return result(setrlimit(atoi(words[0]), &limit));
}

/* spawnany: a spawn for which authority is all that can be judged */
static int op_spawnany(char **words, long long *value)
{
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)"",
		.manifest_size = 1,
		.signature = (uintptr_t)"",
		.signature_size = 1,
	};

	(void)words;
	(void)value;
	return -CALL(spawn, &args);
}

/* spawn NAME: an agent that idles; the value is its AID */
static int op_spawn(char **words, long long *value)
{
	static struct signed_manifest manifest;
	static char *const argv[] = { CHILD_IMAGE, "idle", NULL };
	static char *const envp[] = { NULL };
	struct agent_spawn_args args = { .exit_signal = SIGCHLD };
	int err = manifest_load(words[0], &manifest);
	long aid;

	if (err)
		return -err;
	args.manifest = (uintptr_t)manifest.manifest;
	args.manifest_size = manifest.manifest_size;
	args.signature = (uintptr_t)manifest.signature;
	args.signature_size = manifest.signature_size;
	aid = CALL(spawn, &args);
	if (!aid) {
		close(0);
		close(1);
		execve(CHILD_IMAGE, argv, envp);
		_exit(errno);
	}
	*value = aid;
	return aid < 0 ? -aid : 0;
}

/* revoke AID FLAGS HANDLE: the value is how many were removed or ended */
static int op_revoke(char **words, long long *value)
{
	uint64_t removed = 0;
	long ret = cap_revoke(strtoull(words[0], NULL, 0),
			  strtoull(words[1], NULL, 0),
			  strtoull(words[2], NULL, 0), &removed);

	*value = removed;
	return -ret;
}

static int op_release(char **words, long long *value)
{
	(void)value;
	return -release(strtoull(words[0], NULL, 0));
}

static int op_quota(char **words, long long *value)
{
	uint64_t limit = strtoull(words[1], NULL, 0);
	long ret = quota(strtoull(words[0], NULL, 0), AGENT_QUOTA_TASKS,
			 AGENT_QUOTA_SET, &limit, NULL);

	(void)value;
	return -ret;
}

/* rows AID: how many rows of that agent it may read */
static int op_rows(char **words, long long *value)
{
	static uint8_t rows[1 << 20];
	struct agent_audit_query_args args = {
		.aid = strtoull(words[0], NULL, 0),
		.buf = (uintptr_t)rows,
		.buf_size = sizeof(rows),
	};
	long size = CALL(audit_query, &args), pos;

	for (pos = 0; pos < size;) {
		const struct agent_audit_row *row = (void *)(rows + pos);

		pos += row->size;
		++*value;
	}
	return size < 0 ? -size : 0;
}

static int op_exit(char **words, long long *value)
{
	(void)value;
	_exit(atoi(words[0]));
}

const struct op task_ops[] = {
	{ "aid", 0, op_aid },
	{ "attest", 1, op_attest },
	{ "fork", 0, op_fork },
	{ "forks", 1, op_forks },
	{ "forkaid", 0, op_forkaid },
	{ "threadaid", 0, op_threadaid },
	{ "thread", 0, op_thread },
	{ "orphan", 0, op_orphan },
	{ "leave", 0, op_leave },
	{ "reexec", 0, op_reexec },
	{ "kill", 2, op_kill },
	{ "tgkill", 2, op_tgkill },
	{ "reap", 1, op_reap },
	{ "ptrace", 1, op_ptrace },
	{ "malloc", 1, op_malloc },
	{ "rlimit", 1, op_rlimit },
	{ "spawnany", 0, op_spawnany },
	{ "spawn", 1, op_spawn },
	{ "revoke", 3, op_revoke },
	{ "release", 1, op_release },
	{ "quota", 2, op_quota },
	{ "rows", 1, op_rows },
	{ "exit", 1, op_exit },
	{ NULL, 0, NULL },
};
