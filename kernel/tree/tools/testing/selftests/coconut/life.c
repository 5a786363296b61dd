// SPDX-License-Identifier: GPL-2.0
/*
 * The life of an agent: from its spawn to its last task's end, over fork,
 * threads and exec.
 *
 *	agent_test (AID n)
 *	  |- selftest-child (AID n+1): process, its children, their threads
 *	  |- selftest-parent
 *	       |- selftest-idle, two at most
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

static uint32_t tasks_of(uint64_t aid)
{
	struct agent_attestation at = { .tasks = 0 };

	attest(aid, &at);
	return at.tasks;
}

static uint32_t await_tasks(uint64_t aid, uint32_t tasks)
{
	int tries;

	for (tries = 0; tasks_of(aid) != tasks && tries < 500; tries++)
		usleep(10000);
	return tasks_of(aid);
}

static void birth(void)
{
	struct agent_attestation me, at;
	struct child child, next;

	attest(AGENT_AID_SELF, &me);
	child_start(&child, "selftest-child");
	expect(attest(child.aid, &at), sizeof(at), "a new agent attests");
	expect(at.aid, child.aid, "by its AID");
	expect(at.parent, me.aid, "its parent is its spawner");
	expect(at.state, AGENT_ACTIVE, "it is active");
	expect(at.tasks, 1, "with one task");
	check(!strcmp(at.name, "selftest-child"), "under its name");
	check(at.spawned_ns > me.spawned_ns, "and is younger");
	check(!memcmp(at.root_digest, me.root_digest, AGENT_DIGEST_SIZE),
	      "its chain ends at the same PID 1");
	child_start(&next, "selftest-child");
	check(next.aid > child.aid, "the next AID is higher");
	child_end(&child);
	child_end(&next);
	child_start(&child, "selftest-child");
	check(child.aid > next.aid, "an AID is not used again");
	child_end(&child);
}

static void inheritance(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	expect(child_ask(&child, "aid"), 0, "an agent sees itself");
	expect(child.value, child.aid, "under the AID its spawner got");
	expect(child_ask(&child, "forkaid"), 0, "its child process");
	expect(child.value, child.aid, "has the same AID");
	expect(child_ask(&child, "threadaid"), 0, "its thread");
	expect(child.value, child.aid, "has the same AID");
	expect(child_ask(&child, "reexec"), 0, "it execs another program");
	expect(child_ask(&child, "aid"), 0, "which");
	expect(child.value, child.aid, "has the same AID");
	expect(child_ask(&child, "fork"), 0, "it forks");
	expect(tasks_of(child.aid), 2, "two tasks");
	expect(child_ask(&child, "thread"), 0, "it makes a thread");
	expect(tasks_of(child.aid), 3, "three tasks");
	child_destroy(&child);
	expect(await_state(child.aid, -ESRCH), -ESRCH, "then it is ended");
}

/* The manifest says four tasks. */
static void limits(void)
{
	uint64_t limit = 0, usage = 0;
	struct child child;

	child_start(&child, "selftest-child");
	expect(quota(child.aid, AGENT_QUOTA_TASKS, 0, &limit, &usage), 0,
	       "the limit on tasks can be read");
	expect(limit, 4, "it is the manifest's");
	expect(usage, 1, "one is in use");
	expect(child_ask(&child, "forks 10"), -EAGAIN,
	       "a fork beyond the limit");
	expect(child.value, 3, "three went");
	expect(child_ask(&child, "thread"), -EAGAIN,
	       "a thread beyond the limit");
	expect(tasks_of(child.aid), 4, "four tasks live");
	limit = 5;
	expect(quota(child.aid, AGENT_QUOTA_TASKS, AGENT_QUOTA_SET, &limit,
		     &usage), 0, "the limit is raised");
	expect(limit == 5 && usage == 4, 1, "and the answer says so");
	expect(child_ask(&child, "fork"), 0, "one more fork goes");
	expect(child_ask(&child, "fork"), -EAGAIN, "and then none");
	limit = 1;
	quota(child.aid, AGENT_QUOTA_TASKS, AGENT_QUOTA_SET, &limit, NULL);
	expect(tasks_of(child.aid), 5, "a lower limit ends nothing");
	child_destroy(&child);
}

static void families(void)
{
	struct agent_attestation at;
	struct child child;
	uint64_t first, second;

	child_start(&child, "selftest-parent");
	expect(child_ask(&child, "spawn selftest-idle"), 0,
	       "an agent spawns an agent");
	first = child.value;
	attest(first, &at);
	expect(at.parent, child.aid, "whose parent it is");
	expect(child_ask(&child, "attest %llu", (unsigned long long)first), 0,
	       "with attest(descendants) it attests it");
	expect(child_ask(&child, "attest %llu",
			 (unsigned long long)at.parent), 0,
	       "and itself");
	attest(AGENT_AID_SELF, &at);
	expect(child_ask(&child, "attest %llu", (unsigned long long)at.aid),
	       -ECAPABILITY, "but not its spawner");
	expect(child_ask(&child, "spawn selftest-idle"), 0, "a second one");
	second = child.value;
	expect(child_ask(&child, "spawn selftest-idle"), -EAGAIN,
	       "a third is beyond the limit");
	attest(child.aid, &at);
	expect(at.children, 2, "two live");
	expect(child_ask(&child, "revoke %llu 4 0", (unsigned long long)first),
	       0, "a spawner ends its agent");
	expect(child.value, 1, "which had one process");
	await_state(first, -ESRCH);
	expect(child_ask(&child, "spawn selftest-idle"), 0,
	       "then there is room again");
	first = child.value;
	child_end(&child);
	expect(await_state(first, AGENT_ACTIVE), AGENT_ACTIVE,
	       "an agent outlives its spawner");
	expect(cap_revoke(first, AGENT_REVOKE_TERMINATE, 0, NULL), 0,
	       "and is still a descendant of ours");
	expect(await_state(first, -ESRCH), -ESRCH, "it is gone");
	cap_revoke(second, AGENT_REVOKE_TERMINATE, 0, NULL);
	expect(await_state(second, -ESRCH), -ESRCH, "its sibling too");
}

static void last_task(void)
{
	struct child child;
	siginfo_t info;

	child_start(&child, "selftest-child");
	child_tell(&child, "exit 7");
	waitid(P_PIDFD, child.pidfd, &info, WEXITED | WNOWAIT);
	expect(state_of(child.aid), -ESRCH,
	       "an agent is gone once its last task has ended, reaped or not");
	expect(child_wait(&child), 7 << 8, "its exit status is kept");

	child_start(&child, "selftest-child");
	expect(child_ask(&child, "orphan"), 0, "a process forks and ends");
	waitid(P_PIDFD, child.pidfd, &info, WEXITED | WNOWAIT);
	expect(await_tasks(child.aid, 1), 1, "one task is left");
	expect(state_of(child.aid), AGENT_ACTIVE, "the agent goes on");
	expect(child_wait(&child), 0, "its first task is reaped");
	expect(state_of(child.aid), AGENT_ACTIVE, "it still goes on");
	expect(kill(child.value, SIGKILL), 0, "its last task is killed");
	expect(await_state(child.aid, -ESRCH), -ESRCH, "then it is gone");
}

static void never_again(void)
{
	uint64_t last = 0;
	struct child child;
	int i, wrong = 0;

	for (i = 0; i < 20; i++) {
		child_start(&child, "selftest-child");
		wrong += child.aid <= last;
		last = child.aid;
		child_end(&child);
	}
	expect(wrong, 0, "20 agents have 20 AIDs, each higher than the last");
}

static void memory(void)
{
	uint64_t limit = 0, usage = 0;
	struct child child;

	child_start(&child, "selftest-ram");
	expect(tier(child.aid, 0, &limit, &usage), 0,
	       "the RAM tier can be read");
	expect(limit, 64 << 20, "the limit is the manifest's");
	check(usage > 0 && usage < 64 << 20, "something is in use");
	expect(child_ask(&child, "malloc %d", 16 << 20), 0,
	       "memory within the limit");
	expect(child_ask(&child, "malloc %d", 128 << 20), -ENOMEM,
	       "memory beyond the limit");
	expect(child_ask(&child, "rlimit 2"), -ECAPABILITY,
	       "an agent raises its own limit (RLIMIT_DATA)");
	limit = 256 << 20;
	expect(tier(child.aid, AGENT_TIER_SET, &limit, NULL), 0,
	       "the limit is raised");
	expect(child_ask(&child, "malloc %d", 128 << 20), 0,
	       "then there is more memory");
	limit = 32 << 20;
	tier(child.aid, AGENT_TIER_SET, &limit, NULL);
	expect(child_ask(&child, "malloc %d", 48 << 20), -ENOMEM,
	       "a lower limit holds at once");
	child_end(&child);
}

void test_life(void)
{
	birth();
	inheritance();
	limits();
	families();
	last_task();
	never_again();
	memory();
}
