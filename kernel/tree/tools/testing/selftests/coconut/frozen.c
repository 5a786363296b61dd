// SPDX-License-Identifier: GPL-2.0
/*
 * Quarantine, release and end of an agent under load, and what follows a
 * denial: when the call has returned nothing of the agent moves, whoever tries
 * to make it, until it is released.
 *
 *	a legacy root (the hand)
 *	agent_test: proc.signal of all
 *	  |- selftest-held, and others of another on_deny: 64 threads, processes
 *	     that fork all the time, timers, a process group
 *
 * That nothing moves is seen in memory that both share, in which each of them
 * counts.
 */

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "frozen.h"
#include "hand.h"
#include "harness.h"
#include "passed.h"
#include "rows.h"
#include "tests.h"

#define LOOKS	3000	/* at counters that must not move */
#define ROUNDS	10

/* What each part has counted, so that a test can tell which one moves. */
struct sums {
	unsigned long threads;
	unsigned long forks;
	unsigned long group;
	unsigned long timers;
	unsigned long conts;
	unsigned long asleep;
};

static struct storm *storm;

static struct sums sums(void)
{
	struct sums now = {
		.timers = storm->timers,
		.conts = storm->conts,
		.asleep = storm->asleep,
	};
	int i;

	for (i = 0; i < STORM_THREADS; i++)
		now.threads += storm->threads[i];
	for (i = 0; i < STORM_FORKERS; i++)
		now.forks += storm->forks[i];
	for (i = 0; i < STORM_GROUP; i++)
		now.group += storm->group[i];
	return now;
}

static bool is_same(const struct sums *a, const struct sums *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* How much each part has counted meanwhile. */
static void tell(const struct sums *from, const struct sums *to)
{
	printf("# threads +%lu, forks +%lu, group +%lu, timers +%lu, SIGCONT +%lu, asleep +%lu\n",
	       to->threads - from->threads, to->forks - from->forks,
	       to->group - from->group, to->timers - from->timers,
	       to->conts - from->conts, to->asleep - from->asleep);
}

/* Whether each part has counted on since then. */
static bool have_all_moved(const struct sums *since, const struct sums *now)
{
	return now->threads > since->threads && now->forks > since->forks &&
	       now->group > since->group && now->timers > since->timers &&
	       now->asleep > since->asleep;
}

static bool all_go_on(void)
{
	const time_t end = time(NULL) + 30;
	struct sums since = sums(), now = since;

	while (time(NULL) < end) {
		now = sums();
		if (have_all_moved(&since, &now))
			return true;
		usleep(5000);
	}
	tell(&since, &now);
	return false;
}

static bool all_stand_still(void)
{
	struct sums first = sums(), now;
	int looks;

	for (looks = 0; looks < LOOKS; looks++) {
		now = sums();
		if (!is_same(&first, &now)) {
			tell(&first, &now);
			return false;
		}
		/* Others have the processor, and now and then more of it. */
		sched_yield();
		if (looks % 100 == 0)
			usleep(5000);
	}
	return true;
}

/* Where a denial stops it, it stops a moment after that. */
static bool come_to_rest(void)
{
	struct sums before, now = sums();
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		before = now;
		usleep(20000);
		now = sums();
		if (is_same(&before, &now))
			return all_stand_still();
	}
	return false;
}

static void storm_start(struct child *child, const char *name)
{
	const uint32_t keep[] = { STORM_FD };
	int fd = memfd_create("storm", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(*storm)))
		bail("memfd_create: %s", strerror(errno));
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (storm == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	put_at(fd, STORM_FD);
	if (child_spawn_keep(child, name, keep, 1))
		bail("cannot spawn %s", name);
	close(STORM_FD);
	if (child_ask(child, "storm"))
		bail("%s cannot begin", name);
	if (!all_go_on())
		bail("%s does not begin", name);
}

static void storm_end(struct child *child)
{
	child_destroy(child);
	expect(await_state(child->aid, -ESRCH), -ESRCH,
	       "all of it is ended");
	check(all_stand_still(), "and nothing of it is left");
	munmap(storm, sizeof(*storm));
}

static void quarantined(void)
{
	struct child child;
	uint64_t frozen = 0;
	int round, wrong = 0;

	storm_start(&child, "selftest-held");
	for (round = 0; round < ROUNDS; round++) {
		wrong += cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0,
				    &frozen) != 0;
		if (!all_stand_still())
			break;
		wrong += state_of(child.aid) != AGENT_QUARANTINED;
		wrong += release(child.aid) != 0;
		if (!all_go_on())
			break;
		wrong += state_of(child.aid) != AGENT_ACTIVE;
	}
	expect(round, ROUNDS, "each time all stands still, and goes on");
	expect(wrong, 0, "and says so");
	check(frozen >= 8, "eight processes at least");
	expect(child_ask(&child, "aid"), 0, "it answers");
	storm_end(&child);
}

/* Signals that let what has stopped go on; from whom. */
static void not_continued(void)
{
	const int signals[] = { SIGCONT, SIGTRAP, SIGUSR1, SIGTERM, SIGHUP };
	struct child child;
	char line[128];
	size_t i;
	pid_t middle;

	storm_start(&child, "selftest-held");
	middle = storm->middle;
	cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, NULL);
	kill(child.pid, SIGCONT);
	kill(middle, SIGCONT);
	check(all_stand_still(),
	      "SIGCONT of its spawner's moves nothing, nor do its own timers");
	if (hand_is_there()) {
		snprintf(line, sizeof(line), "kill -CONT %d 2>/dev/null",
			 child.pid);
		check(hand(line), "root outside any agent may not send it");
		check(all_stand_still(), "and moves nothing");
	}
	/* Others would end it once it goes on: to the middle, which waits. */
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		kill(middle, signals[i]);
	check(all_stand_still(), "nor do other signals");
	expect(kill(middle, SIGKILL), 0,
	       "the middle is ended, and its group an orphan");
	check(all_stand_still(), "which the kernel then does not let go on");
	expect(state_of(child.aid), AGENT_QUARANTINED, "it stays what it is");
	expect(release(child.aid), 0, "released");
	check(all_go_on(), "all go on, the orphans too");
	storm_end(&child);
}

static void ended_in_quarantine(void)
{
	struct child child;

	storm_start(&child, "selftest-held");
	cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, NULL);
	storm_end(&child);
}

static void ended_at_once(void)
{
	struct child child;
	int round;

	for (round = 0; round < 3; round++) {
		storm_start(&child, "selftest-held");
		storm_end(&child);
	}
}

/* One denial among all that runs. */
static void denied(const char *name, long state, bool stops)
{
	struct child child;
	int ret;

	storm_start(&child, name);
	if (!stops) {
		expect(child_ask(&child, "open /etc/shadow r"), -ECAPABILITY,
		       "%s: a denial", name);
		check(all_go_on(), "%s: all go on", name);
		expect(state_of(child.aid), state, "%s: its state", name);
		storm_end(&child);
		return;
	}
	child_tell(&child, "open /etc/shadow r");
	expect(await_state(child.aid, state), state, "%s: its state", name);
	check(come_to_rest(), "%s: all come to rest", name);
	kill(child.pid, SIGCONT);
	check(all_stand_still(), "%s: SIGCONT moves nothing", name);
	expect(release(child.aid), 0, "%s: released", name);
	ret = child_answer(&child, 20000);
	expect(ret, -ECAPABILITY, "%s: the call had failed", name);
	check(all_go_on(), "%s: and all go on", name);
	storm_end(&child);
}

static void trapped(void)
{
	struct child child;

	storm_start(&child, "selftest-trap");
	child_ask(&child, "on-trap handle");
	expect(child_ask(&child, "open /etc/shadow r"), -ECAPABILITY,
	       "trap: a denial");
	child_ask(&child, "trapped times");
	expect(child.value, 1, "trap: is one signal");
	check(all_go_on(), "trap: and all go on");
	storm_end(&child);
}

void test_frozen(void)
{
	quarantined();
	not_continued();
	ended_in_quarantine();
	ended_at_once();
	denied("selftest-held", AGENT_CAPABILITY_DENIED, false);
	denied("selftest-stop", AGENT_CAPABILITY_DENIED, true);
	denied("selftest-quarantine", AGENT_QUARANTINED, true);
	trapped();
}
