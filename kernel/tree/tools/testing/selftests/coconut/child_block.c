// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: calls that block, each in a thread of its own.
 *
 * Whether one sleeps is read from /proc, so that nobody has to wait for it by
 * the clock.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"

#define SLOTS	64
#define LONG	100000	/* seconds */

typedef long (*blocking)(const char *arg);

/**
 * struct slot - one call that blocks
 * @call: the call
 * @arg: its argument, a number or a path
 * @thread: which makes it
 * @tid: the thread, once it is about to
 * @ended: the call has come back
 * @error: with which errno, 0 for none
 * @value: with which value
 */
static struct slot {
	blocking call;
	char arg[128];
	pthread_t thread;
	atomic_int tid;
	atomic_bool ended;
	int error;
	long value;
} slots[SLOTS];

static char buffer[1 << 16];

static long do_read(const char *arg)
{
	char byte;

	return read(atoi(arg), &byte, 1);
}

/* Part of it may go at each time, until there is no room, or an error. */
static long do_write(const char *arg)
{
	long ret;

	do
		ret = write(atoi(arg), buffer, sizeof(buffer));
	while (ret > 0);
	return ret;
}

static long do_recv(const char *arg)
{
	char byte;

	return recv(atoi(arg), &byte, 1, 0);
}

/* With a timeout of its own, a call is not begun again by the kernel. */
static long do_recv_timed(const char *arg)
{
	struct timeval time = { .tv_sec = LONG };

	setsockopt(atoi(arg), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
	return do_recv(arg);
}

static long do_send(const char *arg)
{
	long ret;

	do
		ret = send(atoi(arg), buffer, sizeof(buffer), MSG_NOSIGNAL);
	while (ret > 0);
	return ret;
}

static long do_accept(const char *arg)
{
	return accept4(atoi(arg), NULL, NULL, SOCK_CLOEXEC);
}

static long do_connect(const char *arg)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(arg)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return close_after(connect(fd, (void *)&to, sizeof(to)), fd);
}

static long do_connect_unix(const char *arg)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", arg);
	return close_after(connect(fd, (void *)&to, sizeof(to)), fd);
}

static long do_open(const char *arg)
{
	int fd = open(arg, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -1 : close_after(0, fd);
}

static long do_flock(const char *arg)
{
	return flock(atoi(arg), LOCK_EX);
}

static long do_lock(const char *arg, int command)
{
	struct flock lock = { .l_type = F_RDLCK, .l_len = 1 };

	return fcntl(atoi(arg), command, &lock);
}

static long do_setlkw(const char *arg)
{
	return do_lock(arg, F_SETLKW);
}

static long do_ofd_setlkw(const char *arg)
{
	return do_lock(arg, F_OFD_SETLKW);
}

static long do_splice(const char *arg)
{
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	ret = splice(atoi(arg), NULL, pipes[1], NULL, 1, 0);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]);
}

static long do_msgrcv(const char *arg)
{
	struct {
		long type;
		char text[8];
	} message;

	return msgrcv(atoi(arg), &message, sizeof(message.text), 0, 0);
}

static long do_msgsnd(const char *arg)
{
	struct {
		long type;
		char text[4096];
	} message = { .type = 1 };
	long ret;

	do
		ret = msgsnd(atoi(arg), &message, sizeof(message.text), 0);
	while (!ret);
	return ret;
}

static long do_semop(const char *arg)
{
	struct sembuf down = { .sem_op = -1 };

	return semop(atoi(arg), &down, 1);
}

static long do_mq(const char *arg)
{
	char message[8];

	return mq_receive(atoi(arg), message, sizeof(message), NULL);
}

static long do_poll(const char *arg)
{
	struct pollfd wait = { .fd = atoi(arg), .events = POLLIN };

	return poll(&wait, 1, -1) < 0 ? -1 : wait.revents;
}

static long do_ppoll(const char *arg)
{
	struct pollfd wait = { .fd = atoi(arg), .events = POLLIN };
	struct timespec time = { .tv_sec = LONG };

	return ppoll(&wait, 1, &time, NULL) < 0 ? -1 : wait.revents;
}

static long do_select(const char *arg)
{
	const int fd = atoi(arg);
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, NULL);
}

static long do_epoll(const char *arg)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (epoll_ctl(fd, EPOLL_CTL_ADD, atoi(arg), &event))
		return -1;
	return close_after(epoll_wait(fd, &event, 1, -1) < 0 ? -1 :
			   (int)event.events, fd);
}

static long do_sleep(const char *arg)
{
	struct timespec time = { .tv_sec = atoi(arg) };

	return nanosleep(&time, NULL);
}

static long do_futex(const char *arg)
{
	static int word;

	(void)arg;
	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

static long do_sigwait(const char *arg)
{
	siginfo_t info;
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return sigwaitinfo(&set, &info);
}

static long do_wait(const char *arg)
{
	return waitpid(atoi(arg), NULL, 0);
}

static const struct {
	const char *name;
	blocking call;
} calls[] = {
	{ "read", do_read },
	{ "write", do_write },
	{ "recv", do_recv },
	{ "recv-timed", do_recv_timed },
	{ "send", do_send },
	{ "accept", do_accept },
	{ "connect", do_connect },
	{ "connect-unix", do_connect_unix },
	{ "open", do_open },
	{ "flock", do_flock },
	{ "setlkw", do_setlkw },
	{ "ofd-setlkw", do_ofd_setlkw },
	{ "splice", do_splice },
	{ "msgrcv", do_msgrcv },
	{ "msgsnd", do_msgsnd },
	{ "semop", do_semop },
	{ "mq", do_mq },
	{ "poll", do_poll },
	{ "ppoll", do_ppoll },
	{ "select", do_select },
	{ "epoll", do_epoll },
	{ "sleep", do_sleep },
	{ "futex", do_futex },
	{ "sigwait", do_sigwait },
	{ "wait", do_wait },
};

static void *make_call(void *arg)
{
	struct slot *slot = arg;

	slot->tid = syscall(SYS_gettid);
	slot->value = slot->call(slot->arg);
	slot->error = slot->value < 0 ? errno : 0;
	slot->ended = true;
	return NULL;
}

/* Return: the letter of a thread's state, 0 when there is none. */
static char state_of_thread(int stat)
{
	char line[512] = "";
	const char *end;

	if (pread(stat, line, sizeof(line) - 1, 0) <= 0)
		return 0;
	end = strrchr(line, ')');
	return end ? end[2] : 0;
}

/* Return: 0 once it sleeps, EALREADY once the call has come back. */
static int await_sleep(struct slot *slot)
{
	char path[64];
	int stat, error = EALREADY;

	while (!slot->tid)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", slot->tid);
	stat = open(path, O_RDONLY | O_CLOEXEC);
	if (stat < 0)
		return slot->ended ? EALREADY : EPROTO_OP;
	while (!slot->ended) {
		if (state_of_thread(stat) == 'S' && !slot->ended) {
			error = 0;
			break;
		}
		sched_yield();
	}
	return close_after(error, stat);
}

/* block SLOT CALL ARG: answers when it sleeps, or EALREADY and what it gave */
static int op_block(char **words, long long *value)
{
	struct slot *slot = &slots[atoi(words[0]) % SLOTS];
	size_t i = 0;
	int error;

	while (i < sizeof(calls) / sizeof(calls[0]) &&
	       strcmp(calls[i].name, words[1]))
		i++;
	if (i == sizeof(calls) / sizeof(calls[0]))
		return EPROTO_OP;
	memset(slot, 0, sizeof(*slot));
	slot->call = calls[i].call;
	snprintf(slot->arg, sizeof(slot->arg), "%s", words[2]);
	error = pthread_create(&slot->thread, NULL, make_call, slot);
	if (!error)
		error = await_sleep(slot);
	*value = error == EALREADY ? slot->error : 0;
	return error;
}

/* asleep SLOT: 0 when it still blocks, or EALREADY and what it gave */
static int op_asleep(char **words, long long *value)
{
	struct slot *slot = &slots[atoi(words[0]) % SLOTS];
	int error = await_sleep(slot);

	*value = error == EALREADY ? slot->error : 0;
	return error;
}

/* ended SLOT MS: what it gave, ETIMEDOUT when it goes on blocking */
static int op_ended(char **words, long long *value)
{
	struct slot *slot = &slots[atoi(words[0]) % SLOTS];
	struct timespec until;
	const int ms = atoi(words[1]);
	int error;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	error = pthread_timedjoin_np(slot->thread, NULL, &until);
	if (error)
		return error;
	*value = slot->value;
	return slot->error;
}

const struct op block_ops[] = {
	{ "block", 3, op_block },
	{ "asleep", 1, op_asleep },
	{ "ended", 2, op_ended },
	{ NULL, 0, NULL },
};
