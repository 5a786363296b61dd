// SPDX-License-Identifier: GPL-2.0
/*
 * Storms of revocations. What begins after a revocation has returned never
 * gets through, and what lies between a grant and the next revocation always
 * does. Who revokes writes an epoch before and after each of his calls; who
 * uses looks at it before and after each use.
 */

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "cbor.h"
#include "harness.h"
#include "storms.h"

#define AWAIT_MS	120000	/* a kernel that watches itself is slow */
#define END_MS		120000

struct storm *storm;
static uint64_t handles[STORM_THINGS];

void storm_begin(void)
{
	memset(storm, 0, sizeof(*storm));
}

void storm_start(struct child *child, const char *name)
{
	const int err = child_spawn_image(child, name, STORM_IMAGE);

	if (err)
		bail("cannot spawn %s: errno %d, capability %lld", name, -err,
		     child->value);
}

int storm_end(struct child *child)
{
	int err;

	storm->stop = 1;
	err = child_answer(child, END_MS);
	child_end(child);
	return err;
}

static struct cbor cap_of(enum storm_thing thing)
{
	switch (thing) {
	case STORM_READ:
		return cap_path("fs.read", STORM "/data");
	case STORM_WRITE:
		return cap_path("fs.write", STORM "/data");
	case STORM_NET:
		return cap_ipv4("net.connect", 1, STORM_PORT);
	case STORM_UNIX:
		return cap_path("unix.connect", STORM "/sock");
	default:
		return cap_bare(STORM_NAME);
	}
}

/* For the next round; the phase after this one. */
static void step(enum storm_thing thing, enum storm_phase phase)
{
	storm->epoch[thing]++;
	if (storm_phase(storm->epoch[thing]) != phase)
		bail("the storm is out of step");
}

void storm_grant(uint64_t aid, enum storm_thing thing)
{
	const struct cbor cap = cap_of(thing);
	long ret;

	step(thing, STORM_GRANTING);
	ret = cap_grant(aid, cap.data, cap.size, &handles[thing]);
	if (ret)
		bail("a grant: %s", strerrorname_np(-ret));
	step(thing, STORM_HELD);
}

void storm_revoke(uint64_t aid, enum storm_thing thing)
{
	long ret;

	step(thing, STORM_REVOKING);
	ret = cap_revoke(aid, 0, handles[thing], NULL);
	if (ret)
		bail("a revocation: %s", strerrorname_np(-ret));
	step(thing, STORM_REVOKED);
}

static bool has_seen(const struct storm_user *user)
{
	return user->seen == storm->epoch[storm_kinds[user->kind].thing];
}

void storm_await(uint32_t first, uint32_t count)
{
	uint32_t user, ms;

	for (user = first; user < first + count; user++) {
		for (ms = 0; !has_seen(&storm->users[user]); ms++) {
			if (ms == AWAIT_MS)
				bail("user %u (%s) does not get on", user,
				     storm_kinds[storm->users[user].kind].name);
			usleep(1000);
		}
	}
}

static void tell_sum(const struct storm_user *sum, const char *what)
{
	printf("# %s: got through %u times, refused %u times\n", what,
	       sum->done, sum->refused);
	expect(sum->bad, 0, "%s: none after its revocation", what);
	check(sum->done && sum->refused, "%s: both were tried", what);
}

static void add(struct storm_user *sum, const struct storm_user *user)
{
	sum->done += user->done;
	sum->refused += user->refused;
	sum->bad += user->bad;
	sum->lost += user->lost;
}

uint32_t storm_tell(uint32_t first, uint32_t count, const char *what)
{
	struct storm_user sum = { 0 };
	uint32_t user;

	for (user = first; user < first + count; user++)
		add(&sum, &storm->users[user]);
	tell_sum(&sum, what);
	return sum.lost;
}

void storm_tell_kinds(void)
{
	uint32_t kind, user;

	for (kind = 0; kind < storm_nr_kinds; kind++) {
		struct storm_user sum = { 0 };

		for (user = 0; user < STORM_THREADS; user++) {
			if (storm->users[user].kind == kind)
				add(&sum, &storm->users[user]);
		}
		tell_sum(&sum, storm_kinds[kind].name);
		expect(sum.lost, 0, "%s: none refused while it may",
		       storm_kinds[kind].name);
	}
}

void storm_uses(uint32_t rounds)
{
	struct child child;
	uint32_t thing;

	storm_begin();
	storm_start(&child, "storm-child");
	child_tell(&child, "use");
	while (rounds--) {
		for (thing = 0; thing < STORM_THINGS; thing++)
			storm_grant(child.aid, thing);
		storm_await(0, STORM_THREADS);
		for (thing = 0; thing < STORM_THINGS; thing++)
			storm_revoke(child.aid, thing);
		storm_await(0, STORM_THREADS);
	}
	expect(storm_end(&child), 0, "an agent of %d threads", STORM_THREADS);
	storm_tell_kinds();
}

/* How often somebody got through, or was refused. */
static uint32_t total(uint32_t first, uint32_t count, bool refused)
{
	uint32_t sum = 0, user;

	for (user = first; user < first + count; user++) {
		sum += refused ? storm->users[user].refused :
				 storm->users[user].done;
	}
	return sum;
}

/* Forked ones come and go: that any of them gets on is enough. */
static void await_any(uint32_t first, uint32_t count, bool refused)
{
	const uint32_t before = total(first, count, refused);
	uint32_t ms;

	for (ms = 0; total(first, count, refused) == before; ms++) {
		if (ms == AWAIT_MS)
			bail("nobody gets on");
		usleep(1000);
	}
}

void storm_forks(uint32_t rounds)
{
	struct child child;

	storm_begin();
	storm_start(&child, "storm-child");
	child_tell(&child, "fork");
	while (rounds--) {
		storm_grant(child.aid, STORM_READ);
		await_any(0, STORM_THREADS, false);
		storm_revoke(child.aid, STORM_READ);
		await_any(0, STORM_THREADS, true);
	}
	expect(storm_end(&child), 0, "an agent that forks");
	expect(storm_tell(0, STORM_THREADS, "what was forked"), 0,
	       "what was forked: none refused while it may");
}

/* Return: how many agents below the spawner hold what was revoked. */
static uint32_t holders(void)
{
	const struct cbor cap = cap_of(STORM_READ);
	uint32_t slot, count = 0;

	for (slot = 0; slot < STORM_SLOTS; slot++) {
		const uint64_t aid = storm->aids[slot];

		count += aid && !present(aid, cap.data, cap.size);
	}
	return count;
}

void storm_spawns(uint32_t rounds)
{
	uint32_t bad = 0, good = 0;
	struct child child;

	storm_begin();
	storm_start(&child, "storm-spawner");
	child_tell(&child, "spawn");
	while (rounds--) {
		storm_grant(child.aid, STORM_READ);
		await_any(0, 4, false);
		good += holders();
		storm_revoke(child.aid, STORM_READ);
		bad += holders();
		await_any(0, 4, true);
		bad += holders();
	}
	expect(storm_end(&child), 0, "an agent that spawns");
	check(good, "what its children hold was asked about (%u)", good);
	expect(bad, 0, "after a revocation none of its children holds it");
	expect(storm_tell(0, 4, "spawning"), 0,
	       "spawning: none refused while it may");
	/* A child whose source was revoked gets it back by no grant. */
	storm_tell(4, 4, "what the children read");
}
