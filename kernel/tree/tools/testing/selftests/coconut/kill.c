// SPDX-License-Identifier: GPL-2.0
/*
 * Ends, stops and quarantine: whichever task a signal hits, nothing of an
 * agent is left; and who may signal whom.
 *
 *	agent_test: proc.signal (all)
 *	selftest-child: none, so only itself
 *	selftest-parent: proc.signal (descendants)
 */

#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

#define A_WHILE	1000	/* ms in which a frozen agent says nothing */

static void kill_first(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	expect(kill(child.pid, SIGKILL), 0, "kill -9 of the only task");
	expect(child_wait(&child), SIGKILL, "it died of that");
	expect(state_of(child.aid), -ESRCH, "the agent is gone");
}

static void kill_forked(void)
{
	struct child child;
	pid_t forked;

	child_start(&child, "selftest-child");
	child_ask(&child, "fork");
	forked = child.value;
	expect(kill(forked, SIGKILL), 0, "kill -9 of a forked task");
	expect(child_ask(&child, "reap %d", forked), 0, "it is reaped");
	expect(state_of(child.aid), AGENT_ACTIVE, "the agent goes on");
	child_ask(&child, "fork");
	forked = child.value;
	expect(kill(child.pid, SIGKILL), 0, "kill -9 of the first task");
	child_wait(&child);
	expect(state_of(child.aid), AGENT_ACTIVE, "the agent goes on");
	expect(kill(forked, SIGKILL), 0, "kill -9 of the other");
	expect(await_state(child.aid, -ESRCH), -ESRCH, "the agent is gone");
}

static void kill_thread(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	child_ask(&child, "thread");
	child_tell(&child, "tgkill %lld 9", child.value);
	expect(child_wait(&child), SIGKILL, "kill -9 of a thread");
	expect(state_of(child.aid), -ESRCH, "the agent is gone");
}

static void terminate(void)
{
	struct child child;
	uint64_t ended = 0;

	child_start(&child, "selftest-child");
	child_ask(&child, "fork");
	child_ask(&child, "fork");
	child_ask(&child, "thread");
	expect(cap_revoke(child.aid, AGENT_REVOKE_TERMINATE, 0, &ended), 0,
	       "an agent of three processes is ended");
	expect(ended, 3, "all three were told");
	expect(child_wait(&child), SIGKILL, "the first died");
	expect(await_state(child.aid, -ESRCH), -ESRCH, "the agent is gone");
}

/* A process whose first thread has ended is still there to be ended. */
static void terminate_leaderless(void)
{
	struct child child;
	long state;

	child_start(&child, "selftest-child");
	expect(child_ask(&child, "leave"), 0, "a first thread ends");
	expect(child_ask(&child, "aid"), 0, "its process goes on");
	usleep(100000);
	expect(cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, NULL), 0,
	       "it is put into quarantine");
	child_tell(&child, "aid");
	expect(child_answer(&child, A_WHILE), -ETIMEDOUT, "and frozen");
	expect(release(child.aid), 0, "it is released");
	expect(child_answer(&child, 20000), 0, "and goes on");
	expect(cap_revoke(child.aid, AGENT_REVOKE_TERMINATE, 0, NULL), 0,
	       "it is ended");
	state = await_state(child.aid, -ESRCH);
	expect(state, -ESRCH, "and gone");
	if (state != -ESRCH)
		kill(child.pid, SIGKILL);
	child_wait(&child);
}

static void quarantine(void)
{
	struct child child;
	uint64_t frozen = 0;

	child_start(&child, "selftest-child");
	child_ask(&child, "fork");
	expect(release(child.aid), -EINVAL, "release of an active agent");
	expect(cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, &frozen), 0,
	       "quarantine");
	expect(frozen, 2, "of two processes");
	expect(state_of(child.aid), AGENT_QUARANTINED, "is the state");
	child_tell(&child, "aid");
	expect(child_answer(&child, A_WHILE), -ETIMEDOUT, "all is frozen");
	expect(cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, NULL), 0,
	       "a second quarantine changes nothing");
	kill(child.pid, SIGCONT);
	expect(child_answer(&child, A_WHILE), -ETIMEDOUT,
	       "SIGCONT does not end a quarantine");
	expect(release(child.aid), 0, "release");
	expect(child_answer(&child, 20000), 0, "and nothing was lost");
	expect(state_of(child.aid), AGENT_ACTIVE, "it is active again");
	cap_revoke(child.aid, AGENT_REVOKE_QUARANTINE, 0, NULL);
	expect(cap_revoke(child.aid, AGENT_REVOKE_TERMINATE, 0, NULL), 0,
	       "an agent in quarantine can be ended");
	child_wait(&child);
	expect(await_state(child.aid, -ESRCH), -ESRCH, "and is gone");
}

static void on_deny(const char *name, long state)
{
	struct child child;
	siginfo_t info;

	child_start(&child, name);
	child_tell(&child, "open /etc/shadow r");
	expect(waitid(P_PIDFD, child.pidfd, &info, WSTOPPED), 0,
	       "%s: a denial stops it", name);
	expect(await_state(child.aid, state), state, "%s: the state", name);
	expect(child_answer(&child, A_WHILE), -ETIMEDOUT,
	       "%s: it says nothing", name);
	expect(release(child.aid), 0, "%s: it is released", name);
	expect(child_answer(&child, 20000), -ECAPABILITY,
	       "%s: its call had failed", name);
	expect(state_of(child.aid), AGENT_ACTIVE, "%s: it is active again",
	       name);
	child_end(&child);
}

static void goes_on(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	expect(child_ask(&child, "open /etc/shadow r"), -ECAPABILITY,
	       "a denial");
	expect(state_of(child.aid), AGENT_CAPABILITY_DENIED,
	       "puts it aside");
	expect(child_ask(&child, "open %s/allowed/a r", BASE), 0,
	       "but not out: the next call goes");
	expect(state_of(child.aid), AGENT_ACTIVE, "and it is active again");
	child_end(&child);
}

static void signals(void)
{
	struct agent_attestation before, after;
	struct child child, other;
	pid_t forked;

	child_start(&child, "selftest-child");
	child_start(&other, "selftest-child");
	attest(child.aid, &before);
	expect(child_ask(&child, "kill %d 0", getpid()), -ECAPABILITY,
	       "an agent signals its spawner");
	expect(child_ask(&child, "kill %d 9", getpid()), -ECAPABILITY,
	       "an agent kills its spawner");
	expect(child_ask(&child, "kill %d 15", other.pid), -ECAPABILITY,
	       "an agent signals its sibling");
	expect(child_ask(&child, "kill 1 15"), -ECAPABILITY,
	       "an agent signals PID 1");
	expect(child_ask(&child, "kill 2 0"), -ECAPABILITY,
	       "an agent signals a legacy task");
	expect(child_ask(&child, "ptrace %d", other.pid), -ECAPABILITY,
	       "an agent traces its sibling");
	attest(child.aid, &after);
	expect(after.denials - before.denials, 6,
	       "each of them was counted as a denial");
	expect(child_ask(&child, "kill %d 0", child.pid), 0,
	       "an agent signals itself");
	child_ask(&child, "fork");
	forked = child.value;
	expect(child_ask(&child, "kill %d 9", forked), 0,
	       "an agent kills its own child");
	expect(kill(child.pid, 0), 0, "with proc.signal (all): another agent");
	expect(kill(2, 0) ? -errno : 0, -ECAPABILITY,
	       "even so no legacy task");
	expect(ptrace(PTRACE_SEIZE, 1, NULL, NULL) ? -errno : 0,
	       -ECAPABILITY, "nor with proc.trace (all)");
	child_end(&child);
	child_end(&other);
}

void test_kill(void)
{
	kill_first();
	kill_forked();
	kill_thread();
	terminate();
	terminate_leaderless();
	quarantine();
	on_deny("selftest-stop", AGENT_CAPABILITY_DENIED);
	on_deny("selftest-quarantine", AGENT_QUARANTINED);
	goes_on();
	signals();
}
