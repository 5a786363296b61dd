// SPDX-License-Identifier: GPL-2.0
/*
 * Taking back what is waited for: a call that blocks on what is taken answers
 * that it may not; one that blocks on anything else goes on, and never learns
 * of it.
 *
 *	agent_test: cap.grant, and all below /tmp
 *	  |- selftest-kept: what is granted to it for taken; kept stays
 *
 * Each call is made in a thread of the agent's, and is known to sleep before
 * anything is taken.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "revoke.h"
#include "rows.h"
#include "tests.h"

#define BACKLOG		17	/* one more than the listeners ask for */
#define ANSWER_MS	20000

static const char *const prepared[] = {
	"put 10 " TAKEN "/fifo r", "put 11 " TAKEN "/fifo2 w",
	"put 12 " TAKEN "/file r",
	"put-peer 23 udp 7401", "put-own 24 tcp 7403", "put-own 25 udp 7403",
	"put-unix 28 dgram " TAKEN "/datagram",
	"put-pipe 60 61", "put-pipe 62 63",
	"put 64 " KEPT "/fifo r", "put 65 " KEPT "/other r",
	"put-own 68 tcp 7413",
};

/**
 * struct call - a call that blocks
 * @call: which
 * @arg: its argument, or NULL for what comes by ipc
 * @ready: it may as well say that there is something, for the next to answer
 */
struct call {
	const char *call;
	const char *arg;
	bool ready;
};

static const struct call taken[] = {
	{ "read", "10", false },
	{ "splice", "10", false },
	{ "write", "11", false },
	{ "flock", "12", false },
	{ "setlkw", "12", false },
	{ "ofd-setlkw", "12", false },
	{ "open", TAKEN "/fifo3", false },
	{ "recv", "20", false },
	{ "recv-timed", "21", false },
	{ "send", "22", false },
	{ "recv", "23", false },
	{ "accept", "24", false },
	{ "recv", "25", false },
	{ "recv", "26", false },
	{ "recv-timed", "27", false },
	{ "send", "26", false },
	{ "send", "28", false },
	{ "connect", "7401", false },
	{ "connect-unix", TAKEN "/stream", false },
	{ "mq", "29", false },
	{ "msgrcv", NULL, false },
	{ "msgsnd", NULL, false },
	{ "semop", NULL, false },
	{ "poll", "10", true },
	{ "poll", "20", true },
	{ "ppoll", "26", true },
	{ "select", "23", true },
	{ "epoll", "24", true },
	{ "epoll", "10", true },
};

#define NR_TAKEN	ARRAY_SIZE(taken)

/* And how each of these is let go on. */
static const struct {
	const char *call;
	const char *arg;
	const char *wake;	/* an operation, NULL where the test does it */
	bool held;		/* by what it holds, that all at once takes */
} kept[] = {
	{ "read", "60", "by 61 write", false },
	{ "poll", "62", "by 63 write", false },
	{ "ppoll", "62", "by 63 write", false },
	{ "select", "62", "by 63 write", false },
	{ "epoll", "62", "by 63 write", false },
	{ "sleep", "100000", "aid", false },
	{ "futex", "0", "aid", false },
	{ "sigwait", "0", "aid", false },
	{ "read", "64", NULL, true },
	{ "flock", "65", NULL, true },
	{ "setlkw", "65", NULL, true },
	{ "open", KEPT "/fifo3", NULL, true },
	{ "recv", "66", NULL, true },
	{ "recv-timed", "67", NULL, true },
	{ "accept", "68", NULL, true },
	{ "recv", "69", NULL, true },
	{ "connect-unix", KEPT "/stream", NULL, true },
};

/**
 * struct ends - what the test holds meanwhile
 * @pipes: the named pipes, so that they are open at both ends
 * @locks: files that it has locked
 * @tcp: its ends of the connections, those of 66 and 67 last
 * @unix: the same, that of 69 last
 * @ids: of the queues to receive from and to send to, and of the semaphore
 */
static struct ends {
	int pipes[3];
	int locks[2];
	int tcp[5];
	int streams[3];
	long long ids[3];
} ends;

static int open_here(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	return fd;
}

static int lock_here(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_len = 1 };
	int fd = open_here(path);

	if (flock(fd, LOCK_EX | LOCK_NB) || fcntl(fd, F_SETLK, &lock))
		bail("cannot lock %s: %s", path, strerror(errno));
	return fd;
}

static int connect_unix(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (void *)&to, sizeof(to)))
		bail("%s: %s", path, strerror(errno));
	return fd;
}

/* Whoever comes now has to wait. */
static void fill_up(void)
{
	int i;

	for (i = 0; i < BACKLOG; i++) {
		close(connect_tcp(TAKEN_PORT));
		close(connect_unix(TAKEN "/stream"));
		close(connect_unix(KEPT "/stream"));
	}
}

static void take_ends(void)
{
	ends.pipes[0] = open_here(TAKEN "/fifo");
	ends.pipes[1] = open_here(TAKEN "/fifo2");
	ends.pipes[2] = open_here(KEPT "/fifo");
	ends.locks[0] = lock_here(TAKEN "/file");
	ends.locks[1] = lock_here(KEPT "/other");
}

static void close_all(int *fds, size_t count)
{
	for (; count--; fds++) {
		if (*fds > 0)
			close(*fds);
		*fds = -1;
	}
}

static void close_connections(void)
{
	close_all(ends.tcp, ARRAY_SIZE(ends.tcp));
	close_all(ends.streams, ARRAY_SIZE(ends.streams));
	empty_ends();
}

static void leave_ends(void)
{
	close_connections();
	close_all(ends.pipes, ARRAY_SIZE(ends.pipes));
	close_all(ends.locks, ARRAY_SIZE(ends.locks));
}

/* By names that nobody has used: the objects of who has ended are there still. */
static bool make_ipc(struct child *child)
{
	static const char *const kinds[] = { "msg", "msg", "sem" };
	static int key = 7500;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (child_ask(child, "ipc %s make %d", kinds[i], ++key))
			return false;
		ends.ids[i] = child->value;
	}
	return !child_ask(child, "put-queue 29 /taken-%d", key);
}

static bool block(struct child *child, size_t slot, const char *call,
		  const char *arg)
{
	char id[32];
	int ret;

	if (!arg) {
		snprintf(id, sizeof(id), "%lld",
			 ends.ids[!strcmp(call, "msgrcv") ? 0 :
				  !strcmp(call, "msgsnd") ? 1 : 2]);
		arg = id;
	}
	ret = child_ask(child, "block %zu %s %s", slot, call, arg);
	if (ret)
		printf("# %s %s does not block: %d, %lld\n", call, arg, -ret,
		       child->value);
	return !ret;
}

/* All calls sleep when this is done. */
static bool meet(struct victim *victim)
{
	struct child *child = &victim->child;
	size_t i;

	close_connections();
	if (child_ask(child, "put-peer 20 tcp 7401") ||
	    child_ask(child, "put-peer 21 tcp 7401") ||
	    child_ask(child, "put-peer 22 tcp 7401"))
		return false;
	for (i = 0; i < 3; i++)
		ends.tcp[i] = accept_tcp(true);
	if (child_ask(child, "put-peer 66 tcp 7411") ||
	    child_ask(child, "put-peer 67 tcp 7411"))
		return false;
	for (i = 3; i < 5; i++)
		ends.tcp[i] = accept_tcp(false);
	if (child_ask(child, "put-unix 26 stream " TAKEN "/stream") ||
	    child_ask(child, "put-unix 27 stream " TAKEN "/stream") ||
	    child_ask(child, "put-unix 69 stream " KEPT "/stream"))
		return false;
	ends.streams[0] = accept_unix(true);
	ends.streams[1] = accept_unix(true);
	ends.streams[2] = accept_unix(false);
	fill_up();
	if (!make_ipc(child))
		return false;
	for (i = 0; i < NR_TAKEN; i++) {
		if (!block(child, i, taken[i].call, taken[i].arg))
			return false;
	}
	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		if (!block(child, NR_TAKEN + i, kept[i].call, kept[i].arg))
			return false;
	}
	return true;
}

static void answered(struct victim *victim)
{
	struct child *child = &victim->child;
	size_t i;

	for (i = 0; i < NR_TAKEN; i++) {
		int ret = child_ask(child, "ended %zu %d", i, ANSWER_MS / 2);

		if (taken[i].ready)
			check(ret == -ECAPABILITY || (!ret && child->value > 0),
			      "%s %s wakes (%d, %lld)", taken[i].call,
			      taken[i].arg, -ret, child->value);
		else
			expect(ret, -ECAPABILITY, "%s %s", taken[i].call,
			       taken[i].arg ?: "");
	}
}

static void sleeping(struct victim *victim)
{
	struct child *child = &victim->child;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		if (victim->way != ALL_AT_ONCE)
			expect(child_ask(child, "asleep %zu", NR_TAKEN + i), 0,
			       "%s %s goes on", kept[i].call, kept[i].arg);
		else if (!kept[i].held)
			expect(child_ask(child, "ended %zu 0", NR_TAKEN + i),
			       -ETIMEDOUT, "%s %s goes on", kept[i].call,
			       kept[i].arg);
		else
			expect(child_ask(child, "ended %zu %d", NR_TAKEN + i,
					 ANSWER_MS / 2), -ECAPABILITY,
			       "%s %s goes as well", kept[i].call,
			       kept[i].arg);
	}
}

/* Give everybody what is waited for. */
static void wake(void)
{
	int fd, writer = open(KEPT "/fifo3", O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	if (write(ends.pipes[2], "w", 1) != 1 ||
	    send(ends.tcp[3], "w", 1, MSG_NOSIGNAL) != 1 ||
	    send(ends.tcp[4], "w", 1, MSG_NOSIGNAL) != 1 ||
	    send(ends.streams[2], "w", 1, MSG_NOSIGNAL) != 1)
		bail("cannot write to who waits: %s", strerror(errno));
	close(writer);
	close(ends.locks[1]);
	ends.locks[1] = -1;
	close(connect_tcp(KEPT_OWN));
	while ((fd = accept_unix(false)) >= 0)
		close(fd);
}

/* None of them has seen as much as an EINTR. */
static void go_on(struct victim *victim)
{
	struct child *child = &victim->child;
	size_t i;

	wake();
	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		if (kept[i].wake && !strcmp(kept[i].wake, "aid"))
			continue;
		if (kept[i].wake)
			child_ask(child, "%s", kept[i].wake);
		expect(child_ask(child, "ended %zu %d", NR_TAKEN + i,
				 ANSWER_MS / 2), 0, "%s %s comes to its end",
		       kept[i].call, kept[i].arg);
	}
}

/* There is a byte in the pipe for who would read it. */
static const struct attempt afterwards[] = {
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 10 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 10 splice" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "pass 10 tee" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 11 splice-to" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "pass 11 vmsplice" },
	{ ECAPABILITY, 0, "queue-take 29" },
	{ ECAPABILITY, 0, "queue-put 29" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 23 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 24 accept" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 26 recv" },
};

static void blocked(enum way way)
{
	struct victim victim = { .meet = meet };

	printf("# blocked calls, %s\n", way_names[way]);
	take_ends();
	victim_start(&victim, "selftest-kept", way, prepared,
		     ARRAY_SIZE(prepared));
	victim_take(&victim);
	answered(&victim);
	if (write(ends.pipes[0], "x", 1) != 1)
		bail("cannot write to " TAKEN "/fifo: %s", strerror(errno));
	VICTIM_TRY(&victim, afterwards);
	sleeping(&victim);
	if (way != ALL_AT_ONCE)
		go_on(&victim);
	leave_ends();
	expect_rows(&victim.child);
}

void test_revoke_blocked(void)
{
	enum way way;

	make_things();
	for (way = 0; way < WAYS; way++)
		blocked(way);
}
