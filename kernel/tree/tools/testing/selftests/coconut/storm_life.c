// SPDX-License-Identifier: GPL-2.0
/* Storms over the lives of agents, and over the tree that they look at. */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "calls.h"
#include "cbor.h"
#include "hand.h"
#include "harness.h"
#include "storms.h"

#define BIT(event)	(1U << (event))
#define MOVING		STORM "/moving"
#define ON		STORM "/on"
#define WAIT_MS		120000
#define STILL_MS	50

/**
 * struct victim - an agent that ends while others do things to it
 * @aid: who
 * @over: they are to stop
 * @odd: answers that nobody expects, and one of them
 * @answer: that one
 */
struct victim {
	uint64_t aid;
	atomic_bool over;
	atomic_uint odd;
	atomic_long answer;
};

static void look_at(struct victim *victim, long answer)
{
	/* Who has ended is no descendant any more, or is not there. */
	if (answer >= 0 || answer == -ESRCH || answer == -ECAPABILITY ||
	    answer == -ENOENT)
		return;
	victim->odd++;
	victim->answer = answer;
}

static void *give_and_take(void *arg)
{
	const struct cbor cap = cap_path("fs.read", STORM "/data");
	struct victim *victim = arg;
	uint64_t handle = 0;

	while (!victim->over) {
		const long ret = cap_grant(victim->aid, cap.data, cap.size,
					   &handle);

		look_at(victim, ret);
		if (!ret)
			look_at(victim, cap_revoke(victim->aid, 0, handle,
						   NULL));
	}
	return NULL;
}

static void *take_all(void *arg)
{
	struct victim *victim = arg;

	while (!victim->over) {
		look_at(victim, cap_revoke(victim->aid, AGENT_REVOKE_ALL, 0,
					   NULL));
		usleep(100);
	}
	return NULL;
}

static void *ask(void *arg)
{
	const struct cbor cap = cap_path("fs.read", STORM "/data");
	struct victim *victim = arg;
	struct agent_attestation at;

	while (!victim->over) {
		look_at(victim, attest(victim->aid, &at));
		look_at(victim, present(victim->aid, cap.data, cap.size));
		look_at(victim, quota(victim->aid, AGENT_QUOTA_TASKS, 0, NULL,
				      NULL));
	}
	return NULL;
}

/* Return: the event of an agent's last row among these, 0 for none. */
static uint32_t last_event(uint64_t aid, uint32_t events)
{
	static uint8_t rows[1 << 18];
	struct agent_audit_query_args args = {
		.aid = aid,
		.events = events,
		.buf = (uintptr_t)rows,
		.buf_size = sizeof(rows),
	};
	uint32_t event = 0;
	long size, pos;

	while ((size = CALL(audit_query, &args)) > 0) {
		for (pos = 0; pos < size;) {
			const struct agent_audit_row *row = (void *)(rows + pos);

			pos += row->size;
			event = row->event;
		}
		args.seq = args.next_seq;
	}
	return event;
}

static bool exit_is_sealed(uint64_t aid)
{
	uint32_t ms;

	for (ms = 0; ms < WAIT_MS; ms += 5) {
		if (last_event(aid, BIT(AGENT_EVENT_EXIT)))
			return true;
		usleep(5000);
	}
	return false;
}

/* Return: whether its last row was that of its end. */
static bool ends_last(uint64_t aid)
{
	return exit_is_sealed(aid) &&
	       last_event(aid, BIT(AGENT_EVENT_EXIT) | BIT(AGENT_EVENT_GRANT) |
			       BIT(AGENT_EVENT_REVOKE)) == AGENT_EVENT_EXIT;
}

void storm_exits(uint32_t rounds)
{
	void *(*const sides[])(void *) = { give_and_take, give_and_take,
					   take_all, ask };
	pthread_t threads[ARRAY_SIZE(sides)];
	uint32_t late = 0, odd = 0, round;
	long answer = 0;
	size_t i;

	for (round = 0; round < rounds; round++) {
		struct victim victim = { .aid = 0 };
		struct child child;

		storm_begin();
		storm_start(&child, "storm-child");
		victim.aid = child.aid;
		for (i = 0; i < ARRAY_SIZE(sides); i++) {
			if (pthread_create(&threads[i], NULL, sides[i],
					   &victim))
				bail("no thread");
		}
		child_tell(&child, "exit");
		child_wait(&child);
		await_state(victim.aid, -ESRCH);
		victim.over = true;
		for (i = 0; i < ARRAY_SIZE(sides); i++)
			pthread_join(threads[i], NULL);
		late += !ends_last(victim.aid);
		odd += victim.odd;
		answer = victim.odd ? victim.answer : answer;
	}
	expect(late, 0, "nothing is written of an agent after its end");
	expect(odd ? answer : 0, 0, "every answer about it is one of those");
}

/* Return: whether nothing beat for a while. */
static bool is_still(void)
{
	uint32_t ms, before;

	for (ms = 0; ms < WAIT_MS; ms += STILL_MS) {
		before = storm->beats;
		usleep(STILL_MS * 1000);
		if (storm->beats == before)
			return true;
	}
	return false;
}

static bool beats_on(void)
{
	const uint32_t before = storm->beats;
	uint32_t ms;

	for (ms = 0; storm->beats == before; ms++) {
		if (ms == WAIT_MS)
			return false;
		usleep(1000);
	}
	return true;
}

void storm_freezes(uint32_t rounds)
{
	uint32_t moving = 0, dead = 0, kept = 0, odd = 0, round;
	struct child child;

	storm_begin();
	storm_start(&child, "storm-child");
	child_tell(&child, "beat");
	for (round = 0; round < rounds; round++) {
		dead += !beats_on();
		odd += cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0,
				  NULL) != 0;
		moving += !is_still();
		odd += release(child.aid) != 0;
	}
	dead += !beats_on();
	expect(odd, 0, "an agent that forks is frozen and released");
	expect(moving, 0, "once frozen, none of it moves");
	expect(dead, 0, "once released, it goes on");
	child_destroy(&child);
	for (round = 0; round < rounds; round++) {
		storm_start(&child, "storm-child");
		child_tell(&child, "beat");
		dead += !beats_on();
		if (round % 2)
			cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, NULL);
		cap_revoke(child.aid, AGENT_REVOKE_TERMINATE, 0, NULL);
		kept += await_state(child.aid, -ESRCH) != -ESRCH;
		child_wait(&child);
		kept += !is_still();
	}
	expect(kept, 0, "an agent that forks is ended, and nothing stays");
}

int storm_hand(void)
{
	uint32_t turns;

	for (turns = 0; !access(ON, F_OK); turns++) {
		syscall(SYS_renameat2, AT_FDCWD, MOVING "/a", AT_FDCWD,
			MOVING "/b", RENAME_EXCHANGE);
		if (!mount(MOVING "/secret", MOVING "/m", NULL, MS_BIND, NULL))
			umount2(MOVING "/m", MNT_DETACH);
		rename(MOVING "/a/hole", MOVING "/a/hole.new");
		rename(MOVING "/a/hole.new", MOVING "/a/hole");
	}
	return turns ? 0 : 1;
}

void storm_moves(uint32_t rounds)
{
	uint32_t seen = 0, odd = 0, good = 0;
	int err, answer = 0;

	if (!hand_is_there()) {
		skip("no legacy root beside it", "a tree that is turned over");
		return;
	}
	if (hand("touch " ON "; /usr/lib/coconut/tests/storm hand >" ON
		 ".out 2>&1 &"))
		bail("the hand can't begin");
	while (rounds--) {
		struct child child;

		storm_begin();
		err = child_spawn_image(&child, "storm-moving",
					STORM_IMAGE);
		if (!err) {
			good++;
			seen += child_ask(&child, "look") != 0;
			child_end(&child);
		} else if (err != -ENOENT && err != -ECAPABILITY &&
			   err != -ESTALE) {
			odd++;
			answer = err;
		}
	}
	hand("rm " ON);
	expect(odd ? answer : 0, 0, "spawning is denied, or finds no such name");
	check(good, "in a tree that is turned over, some are spawned");
	expect(seen, 0, "and none of them reads what is outside or in a hole");
}
