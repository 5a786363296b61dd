// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain as agent_audit_query() gives it: as many rows as denials,
 * filters, and the live end.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

#define BIT(event) (1U << (event))

static uint8_t rows[1 << 20];

/* A query for what has been sealed; the caller fills in its filters. */
static long query(struct agent_audit_query_args *args)
{
	args->buf = (uintptr_t)rows;
	args->buf_size = sizeof(rows);
	return CALL(audit_query, args);
}

static const struct agent_audit_row *row_at(long pos)
{
	return (const void *)(rows + pos);
}

static const char *payload(const struct agent_audit_row *row)
{
	return (const char *)(row + 1);
}

static bool names(const struct agent_audit_row *row, const char *what)
{
	return row->payload_size == strlen(what) &&
	       !memcmp(payload(row), what, row->payload_size);
}

long count_rows(uint64_t aid, uint32_t events)
{
	struct agent_audit_query_args args = { .aid = aid, .events = events };
	long count = 0, size, pos;

	while ((size = query(&args)) > 0) {
		for (pos = 0; pos < size; pos += row_at(pos)->size)
			count++;
		args.seq = args.next_seq;
	}
	return size < 0 ? size : count;
}

/* Rows are sealed soon after they are written, in their order. */
static long await_rows(uint64_t aid, uint32_t events, long count)
{
	int tries;

	for (tries = 0; count_rows(aid, events) < count && tries < 500;
	     tries++)
		usleep(10000);
	return count_rows(aid, events);
}

static void denials(void)
{
	struct agent_attestation at;
	struct child child;
	int i;

	child_start(&child, "selftest-child");
	for (i = 0; i < 50; i++)
		child_ask(&child, "open /etc/shadow r");
	child_ask(&child, "connect 127.0.0.1 7003");
	child_ask(&child, "socket 2 3 1");
	child_ask(&child, "kill 1 15");
	child_ask(&child, "attest 1");
	attest(child.aid, &at);
	expect(at.denials, 54, "54 denials");
	child_end(&child);
	expect(await_rows(child.aid, BIT(AGENT_EVENT_EXIT), 1), 1,
	       "the exit row");
	expect(count_rows(child.aid, BIT(AGENT_EVENT_DENY)), 54,
	       "are 54 rows, not one more or less");
	expect(count_rows(child.aid, BIT(AGENT_EVENT_USE)), at.uses,
	       "and its uses as many as were counted");
	expect(count_rows(child.aid, BIT(AGENT_EVENT_SPAWN)), 1,
	       "one spawn row");
}

static void contents(void)
{
	struct agent_audit_query_args args = {
		.events = BIT(AGENT_EVENT_DENY),
	};
	const struct agent_audit_row *row = row_at(0);
	struct agent_attestation me;
	struct child child;
	long size;

	attest(AGENT_AID_SELF, &me);
	child_start(&child, "selftest-child");
	child_ask(&child, "open %s/denied/secret w", BASE);
	await_rows(child.aid, BIT(AGENT_EVENT_DENY), 1);
	args.aid = child.aid;
	size = query(&args);
	expect(size, row->size, "one row for one denial");
	expect(row->version, AGENT_AUDIT_VERSION, "of this version");
	expect(row->event, AGENT_EVENT_DENY, "says: denied");
	expect(row->aid, child.aid, "to whom");
	expect(row->parent, me.aid, "whose spawner is whom");
	expect(row->pid, child.pid, "in which task");
	expect(row->cap, AGENT_CAP_FS_READ, "for want of what");
	expect(row->verdict, AGENT_VERDICT_DENY, "verdict");
	expect(row->reason, AGENT_REASON_SCOPE, "reason");
	expect(row->error, ECAPABILITY, "errno");
	check(names(row, BASE "/denied/secret"), "and the path");
	expect(row->size, (sizeof(*row) + row->payload_size + 7) / 8 * 8 +
	       AGENT_DIGEST_SIZE, "in a row of the size it says");
	child_end(&child);
}

static void filters(uint64_t aid)
{
	struct agent_audit_query_args args = { .aid = aid };
	long size, pos, first, wrong = 0;
	uint64_t last = 0;

	first = query(&args);
	check(first > 0, "an agent has rows");
	for (pos = 0; pos < first; pos += row_at(pos)->size) {
		wrong += row_at(pos)->aid != aid || row_at(pos)->seq <= last;
		last = row_at(pos)->seq;
	}
	expect(wrong, 0, "which are its own, in their order");
	args.seq = last;
	size = query(&args);
	expect(size > 0 ? (long)row_at(0)->seq : size, last,
	       "from a sequence number on");
	args.seq = last + 1;
	expect(query(&args), 0, "nothing after the last");
	check(args.next_seq > last, "and where to go on from");

	args = (struct agent_audit_query_args) {
		.aid = aid,
		.cap = AGENT_CAP_NET_CONNECT,
	};
	size = query(&args);
	check(size > 0 && row_at(0)->cap == AGENT_CAP_NET_CONNECT,
	      "by capability");
	args = (struct agent_audit_query_args) { .aid = aid, .time_to = 1 };
	expect(query(&args), 0, "none before 1970 was a moment old");
	args = (struct agent_audit_query_args) { .aid = aid,
						 .time_from = ~0ULL };
	expect(query(&args), 0, "none from the end of time on");
	args = (struct agent_audit_query_args) { .time_from = 1,
						 .time_to = ~0ULL };
	check(query(&args) > first, "all agents have more rows than one");
}

static void small_buffers(uint64_t aid)
{
	struct agent_audit_query_args args = {
		.aid = aid,
		.buf = (uintptr_t)rows,
		.buf_size = 8,
	};
	uint64_t first, next;

	expect(CALL(audit_query, &args), -ENOSPC, "no room for one row");
	args.buf_size = sizeof(rows);
	CALL(audit_query, &args);
	first = row_at(0)->size;
	next = row_at(first)->seq;
	args.buf_size = first + 8;
	args.next_seq = 0;
	expect(CALL(audit_query, &args), first, "room for one row: one row");
	expect(args.next_seq, next, "and the next is where to go on");
}

static void following(void)
{
	struct child child;
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_FOLLOW,
		.events = BIT(AGENT_EVENT_DENY),
	};
	struct pollfd wait = { .events = POLLIN };
	struct agent_attestation me;
	ssize_t size = -1;
	int fd, tries;

	attest(AGENT_AID_SELF, &me);
	child_start(&child, "selftest-child");
	args.aid = child.aid;
	fd = CALL(audit_query, &args);
	check(fd >= 0, "a descriptor that follows");
	expect(fcntl(fd, F_GETFD), FD_CLOEXEC, "which an exec closes");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	expect(read(fd, rows, sizeof(rows)) < 0 ? -errno : 0, -EAGAIN,
	       "nothing yet");
	child_ask(&child, "open %s/denied/secret r", BASE);
	wait.fd = fd;
	/* Rows of others wake it as well, and are passed over. */
	for (tries = 0; size < 0 && tries < 100; tries++) {
		poll(&wait, 1, 100);
		size = read(fd, rows, sizeof(rows));
	}
	expect(size, size > 0 ? row_at(0)->size : 1, "then one row comes");
	expect(row_at(0)->aid, child.aid, "of that agent");
	check(names(row_at(0), BASE "/denied/secret"), "and that denial");
	expect(write(fd, "", 1) < 0 ? -errno : 0, -EBADF,
	       "nobody writes to it");
	close(fd);
	child_end(&child);
}

static void own_rows(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	child_ask(&child, "open /etc/shadow r");
	await_rows(child.aid, BIT(AGENT_EVENT_DENY), 1);
	expect(child_ask(&child, "rows %llu", AGENT_AID_SELF), 0,
	       "an agent reads its own rows");
	check(child.value > 1, "there are some");
	expect(child_ask(&child, "rows %llu", (unsigned long long)child.aid),
	       0, "also by its own AID");
	expect(child_ask(&child, "rows 1"), -ECAPABILITY,
	       "but not those of AID 1");
	child_end(&child);
}

static void states(void)
{
	static const uint64_t life[][2] = {
		{ AGENT_SPAWNING, AGENT_ATTESTED },
		{ AGENT_ATTESTED, AGENT_ACTIVE },
		{ AGENT_ACTIVE, AGENT_CAPABILITY_DENIED },
		{ AGENT_CAPABILITY_DENIED, AGENT_ACTIVE },
		{ AGENT_ACTIVE, AGENT_TERMINATED_REVOKED },
	};
	struct agent_audit_query_args args = {
		.events = BIT(AGENT_EVENT_STATE),
	};
	struct child child;
	long size, pos;
	size_t i = 0, wrong = 0;

	child_start(&child, "selftest-child");
	child_ask(&child, "open /etc/shadow r");
	child_ask(&child, "open %s/allowed/a r", BASE);
	child_destroy(&child);
	await_rows(child.aid, BIT(AGENT_EVENT_EXIT), 1);
	args.aid = child.aid;
	size = query(&args);
	for (pos = 0; pos < size; pos += row_at(pos)->size, i++)
		wrong += i >= ARRAY_SIZE(life) ||
			 row_at(pos)->object[0] != life[i][0] ||
			 row_at(pos)->object[1] != life[i][1];
	expect(i, ARRAY_SIZE(life), "a row for each change of state");
	expect(wrong, 0, "in the order of its life");
	args.events = BIT(AGENT_EVENT_EXIT);
	query(&args);
	expect(row_at(0)->object[0], 9, "the exit row has the exit code");
	expect(row_at(0)->object[1], AGENT_TERMINATED_REVOKED,
	       "and the last state");
}

void test_audit(void)
{
	struct child child;

	denials();
	contents();
	child_start(&child, "selftest-child");
	child_ask(&child, "connect 127.0.0.1 7003");
	await_rows(child.aid, BIT(AGENT_EVENT_DENY), 1);
	filters(child.aid);
	small_buffers(child.aid);
	child_end(&child);
	following();
	own_rows();
	states();
}
