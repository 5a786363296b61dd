// SPDX-License-Identifier: GPL-2.0
/*
 * The counts of enforcement and the rows of the chain; and an agent that writes
 * more rows than can be saved, beside one that writes few.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "levels.h"
#include "rows.h"
#include "tests.h"

#define COUNTS		TESTS_DIR "/levels_counts "
#define COUNTS_FILE	LEVELS_DIR "/counts"

/* By legacy root, who alone may ask for them. */
void read_counts(struct agent_audit_counts *counts)
{
	int status = hand(COUNTS COUNTS_FILE);
	int fd = open(COUNTS_FILE, O_RDONLY | O_CLOEXEC);

	if (status || fd < 0 ||
	    read(fd, counts, sizeof(*counts)) != sizeof(*counts))
		bail("no counts: exit status %d", status);
	close(fd);
}

static void who_may(void)
{
	struct agent_audit_query_args args = {
		.events = BIT(AGENT_EVENT_DENY),
		.cap = AGENT_CAP_AUDIT_READ,
	};
	const uint8_t *rows;
	struct child child;
	long size, pos;
	int legacy = 0;

	child_start(&child, "selftest-levels");
	expect(child_ask(&child, "enforced"), -ECAPABILITY,
	       "an agent does not get the counts");
	expect(denials_of(&child), 1, "which is a denial");
	expect_rows(&child);
	collect(&args, &rows);
	expect(hand(COUNTS COUNTS_FILE " 1000"), ECAPABILITY,
	       "nor does a user who is not root");
	size = collect(&args, &rows);
	for (pos = 0; pos < size; pos += row_in(rows, pos)->size)
		legacy += row_in(rows, pos)->aid == AGENT_AID_LEGACY;
	expect(legacy, 1, "which has its row");
	expect(hand(COUNTS COUNTS_FILE), 0, "root does");
}

/* What a time has brought, by who counts and by who reads. */
static void compare(const struct agent_audit_counts *from,
		    const struct agent_audit_counts *to)
{
	struct agent_audit_query_args args = { .seq = from->seq + 1 };
	uint64_t events[AGENT_COUNT_EVENTS] = { 0 }, caps[AGENT_COUNT_CAPS] = { 0 };
	const uint8_t *rows;
	long size = collect(&args, &rows), pos;
	int i, wrong = 0, unlike = 0, denied = 0, count = 0;

	for (pos = 0; pos < size; pos += row_in(rows, pos)->size) {
		const struct agent_audit_row *row = row_in(rows, pos);

		if (row->seq > to->seq)
			break;
		count++;
		events[row->event]++;
		caps[row->cap] += row->event == AGENT_EVENT_DENY;
	}
	for (i = 0; i < AGENT_COUNT_EVENTS; i++) {
		wrong += to->sealed[i] - from->sealed[i] != events[i];
		unlike += to->rows[i] != to->sealed[i];
	}
	for (i = 0; i < AGENT_COUNT_CAPS; i++)
		denied += to->denials[i] - from->denials[i] != caps[i];
	expect(count, to->seq - from->seq, "the chain has a row of each number");
	expect(wrong, 0, "by event as many as the kernel has counted");
	expect(unlike, 0, "all that were written are sealed");
	expect(denied, 0, "and by capability as many as were denied");
}

void levels_counts(void)
{
	struct agent_audit_counts from, to;
	struct child child;
	int i;

	if (!hand_is_there()) {
		skip("no legacy root beside it", "the counts of enforcement");
		return;
	}
	who_may();
	read_counts(&from);
	child_start(&child, "selftest-levels");
	for (i = 0; i < 20; i++) {
		child_ask(&child, "open /etc/shadow r");
		child_ask(&child, "open %s/a r", LEVELS_DIR);
		child_ask(&child, "attest 1");
	}
	child_ask(&child, "connect 127.0.0.1 7003");
	child_ask(&child, "socket 2 3 1");
	child_ask(&child, "kill 1 15");
	child_end(&child);
	await_row_count(child.aid, BIT(AGENT_EVENT_EXIT), 1);
	read_counts(&to);
	compare(&from, &to);
}

#define QUIET	2000	/* opens of the one */
#define FLOOD	30000	/* and of each process of the other */
#define FLOODERS	3
#define FILL	"fallocate -l 1T /var/fill 2>/dev/null; test -s /var/fill"
#define EMPTY	"rm /var/fill"

static uint64_t uses_of(uint64_t aid)
{
	struct agent_attestation at;

	if (attest(aid, &at) < 0)
		bail("agent %llu is gone", (unsigned long long)aid);
	return at.uses;
}

/* Over a time in which so many uses were counted. */
static void expect_uses(const struct agent_audit_counts *from,
			const struct agent_audit_counts *to, uint64_t uses)
{
	uint64_t sum = 0;
	int i;

	for (i = 0; i < AGENT_COUNT_EVENTS; i++)
		sum += to->sealed[i] - from->sealed[i];
	expect(to->sealed[AGENT_EVENT_USE] - from->sealed[AGENT_EVENT_USE],
	       uses, "each use has its row");
	expect(to->seq - from->seq, sum, "and each number is a row's");
}

static long long waits_of(struct child *quiet)
{
	if (child_ask(quiet, "quiet %s/a %d", LEVELS_DIR, QUIET))
		bail("the quiet agent cannot open its file");
	return quiet->value;
}

/* Until it gets no further, having used up its share. */
static void await_share(uint64_t aid)
{
	uint64_t last, now = 0;

	do {
		last = now;
		usleep(500000);
		now = uses_of(aid);
	} while (now != last);
}

void levels_flood(void)
{
	struct agent_audit_counts from, to;
	struct child quiet, flooder;
	long long alone, beside;
	uint64_t uses, done;

	if (!hand_is_there()) {
		skip("no legacy root beside it", "an agent that floods the chain");
		return;
	}
	read_counts(&from);
	uses = uses_of(AGENT_AID_SELF);
	child_start(&quiet, "selftest-levels");
	child_start(&flooder, "selftest-levels");
	alone = waits_of(&quiet);
	/* What is not on disk stays in the ring. */
	expect(hand(FILL), 0, "the disk is full");
	child_ask(&flooder, "flood %s/a %d %d", LEVELS_DIR, FLOODERS, FLOOD);
	await_share(flooder.aid);
	beside = waits_of(&quiet);
	done = uses_of(flooder.aid);
	check(done < FLOODERS * FLOOD, "who floods is not through yet");
	expect(hand(EMPTY), 0, "there is room again");
	expect(child_ask(&flooder, "flooded %d", FLOODERS), 0, "a flood ends");
	printf("# waits: the quiet one %lld alone, %lld beside; the other %lld\n",
	       alone, beside, flooder.value);
	check(flooder.value >= FLOODERS, "who floods has waited");
	check(beside <= alone + 2, "the quiet one has not");
	read_counts(&to);
	expect_uses(&from, &to, uses_of(AGENT_AID_SELF) - uses +
		    uses_of(quiet.aid) + uses_of(flooder.aid));
	child_end(&flooder);
	child_end(&quiet);
}
