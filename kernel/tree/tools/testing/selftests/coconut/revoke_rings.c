// SPDX-License-Identifier: GPL-2.0
/*
 * Taking back what io_uring has under way: a request that waits for what is
 * taken comes back with ECAPABILITY, one that is queued behind another or a
 * timer is denied when its turn comes, and all others go on.
 *
 *	agent_test: cap.grant, and all below /tmp
 *	  |- selftest-kept: what is granted to it for taken; kept stays
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "revoke.h"
#include "rows.h"
#include "tests.h"

#define ANSWER_MS	10000

static const char *const prepared[] = {
	"put 10 " TAKEN "/fifo r", "put 13 " TAKEN "/file w",
	"put 14 " TAKEN "/file r",
	"put-peer 23 udp 7401", "put-own 24 tcp 7403",
	"put-pipe 60 61", "put-pipe 62 63",
	"put 64 " KEPT "/fifo r", "put 65 " KEPT "/other w",
	"put-own 68 tcp 7413",
};

/**
 * struct request - one that is under way when all is taken
 * @tag: its number
 * @line: what arms it
 * @ready: it may as well say that there is something
 */
struct request {
	int tag;
	const char *line;
	bool ready;
};

static const struct request waiting[] = {
	{ 1, "arm 1 read 10", false },
	{ 2, "arm 2 read-async 10", false },
	{ 3, "arm 3 recv 20", false },
	{ 4, "arm 4 recv-async 20", false },
	{ 5, "arm 5 accept 24", false },
	{ 6, "arm 6 accept-many 24", false },
	{ 7, "arm 7 poll 10", true },
	{ 8, "arm 8 poll 20", true },
	{ 9, "arm 9 recv 23", false },
	{ 10, "arm 10 recv 26", false },
	{ 11, "arm 11 read-file 0", false },
	{ 12, "arm 12 recv-file 1", false },
	{ 13, "arm-open 13 " TAKEN "/fifo3", false },
	{ 14, "arm 14 read-buffer 10", false },
};

/* Each waits for a byte of its own. */
static const struct request behind[] = {
	{ 20, "arm-after 20 write 13 60", false },
	{ 21, "arm-after 21 read 14 60", false },
	{ 22, "arm-after 22 send 20 60", false },
	{ 23, "arm-after 23 read-buffer 14 60", false },
	{ 24, "arm-after 24 write-buffer 13 60", false },
};

static const struct request late[] = {
	{ 30, "arm-late 30 write 13", false },
};

static const struct request others[] = {
	{ 40, "arm 40 read 62", false },
	{ 41, "arm 41 poll 62", false },
	{ 42, "arm 42 recv 66", false },
	{ 43, "arm 43 accept 68", false },
	{ 44, "arm 44 read 64", false },
	{ 45, "arm 45 recv 69", false },
};

/* The first two of them hold nothing. */
#define NR_FREE	2

static struct {
	const char *kind;
	int pipes[2];
	int tcp[2];
	int streams[2];
} ends;

static int open_here(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	return fd;
}

static void close_one(int *fd)
{
	if (*fd > 0)
		close(*fd);
	*fd = -1;
}

static void close_connections(void)
{
	close_one(&ends.tcp[0]);
	close_one(&ends.tcp[1]);
	close_one(&ends.streams[0]);
	close_one(&ends.streams[1]);
	empty_ends();
}

static bool arm(struct child *child, const struct request *requests,
		size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (child_ask(child, "%s", requests[i].line))
			return false;
		/* None has come back at once. */
		if (child_ask(child, "under-way %d", requests[i].tag)) {
			printf("# %s is not under way: %lld\n",
			       requests[i].line, child->value);
			return false;
		}
	}
	return true;
}

#define ARM(child, requests) arm(child, requests, ARRAY_SIZE(requests))

static bool meet(struct victim *victim)
{
	struct child *child = &victim->child;

	close_connections();
	if (child_ask(child, "put-peer 20 tcp 7401") ||
	    child_ask(child, "put-peer 66 tcp 7411") ||
	    child_ask(child, "put-unix 26 stream " TAKEN "/stream") ||
	    child_ask(child, "put-unix 69 stream " KEPT "/stream"))
		return false;
	ends.tcp[0] = accept_tcp(true);
	ends.tcp[1] = accept_tcp(false);
	ends.streams[0] = accept_unix(true);
	ends.streams[1] = accept_unix(false);
	return !child_ask(child, "ring-open %s", ends.kind) &&
	       !child_ask(child, "ring-files 10 20") &&
	       !child_ask(child, "ring-buffer") && ARM(child, waiting) &&
	       ARM(child, behind) && ARM(child, late) && ARM(child, others);
}

static void come_back(struct child *child, const struct request *requests,
		      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int ret = child_ask(child, "fired %d %d", requests[i].tag,
				    ANSWER_MS);

		if (requests[i].ready)
			check(ret == -ECAPABILITY || (!ret && child->value > 0),
			      "%s comes back (%d, %lld)", requests[i].line,
			      -ret, child->value);
		else
			expect(ret, -ECAPABILITY, "%s", requests[i].line);
	}
}

static void go_on(struct victim *victim)
{
	const size_t count = victim->way == ALL_AT_ONCE ? NR_FREE :
						ARRAY_SIZE(others);
	struct child *child = &victim->child;
	size_t i;

	for (i = 0; i < count; i++)
		expect(child_ask(child, "under-way %d", others[i].tag), 0,
		       "%s is under way still", others[i].line);
	if (count > NR_FREE &&
	    (write(ends.pipes[1], "w", 1) != 1 ||
	     send(ends.tcp[1], "w", 1, MSG_NOSIGNAL) != 1 ||
	     send(ends.streams[1], "w", 1, MSG_NOSIGNAL) != 1))
		bail("cannot write to who waits: %s", strerror(errno));
	if (count > NR_FREE)
		close(connect_tcp(KEPT_OWN));
	child_ask(child, "by 63 write");
	child_ask(child, "by 63 write");
	for (i = 0; i < count; i++)
		expect(child_ask(child, "fired %d %d", others[i].tag,
				 ANSWER_MS), 0, "%s comes to its end",
		       others[i].line);
	if (count == NR_FREE)
		return;
	child_ask(child, "arm 46 write 65");
	expect(child_ask(child, "fired 46 %d", ANSWER_MS), 0,
	       "and what is new and allowed is done");
}

static char first_byte(void)
{
	int fd = open_here(TAKEN "/file");
	char byte = 0;

	if (pread(fd, &byte, 1, 0) != 1)
		byte = 0;
	close(fd);
	return byte;
}

static void ring(const char *kind, enum way way)
{
	struct victim victim = { .meet = meet };
	struct child *child = &victim.child;
	size_t i;

	printf("# io_uring, %s, %s\n", kind, way_names[way]);
	ends.kind = kind;
	ends.pipes[0] = open_here(TAKEN "/fifo");
	ends.pipes[1] = open_here(KEPT "/fifo");
	victim_start(&victim, "selftest-kept", way, prepared,
		     ARRAY_SIZE(prepared));
	victim_take(&victim);
	come_back(child, waiting, ARRAY_SIZE(waiting));
	for (i = 0; i < ARRAY_SIZE(behind); i++)
		child_ask(child, "by 61 write");
	come_back(child, behind, ARRAY_SIZE(behind));
	child_ask(child, "arm-hurry");
	come_back(child, late, ARRAY_SIZE(late));
	check(first_byte(), "nothing was written");
	child_ask(child, "arm 50 read 14");
	expect(child_ask(child, "fired 50 %d", ANSWER_MS), -ECAPABILITY,
	       "a new request is denied");
	child_ask(child, "arm 51 recv-file 1");
	expect(child_ask(child, "fired 51 %d", ANSWER_MS), -ECAPABILITY,
	       "by a registered file as well");
	go_on(&victim);
	close_connections();
	close(ends.pipes[0]);
	close(ends.pipes[1]);
	expect_rows(child);
}

void test_revoke_rings(void)
{
	enum way way;

	make_things();
	for (way = 0; way < WAYS; way++)
		ring("plain", way);
	ring("poller", BY_SPAWNER);
	ring("poller", BY_TIME);
}
