// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks of one agent and of others: what they see of one another, and what
 * they share.
 *
 *	a legacy root (the hand)
 *	agent_test: ipc of its descendants
 *	  |- selftest-tasks, twice: /proc
 *	  |- selftest-tasks-held, twice: /proc, proc.trace and ipc of itself,
 *	     spawning
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>

#include "calls.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

/* One attempt whose line has a number in it, or two of the same. */
static void try(struct child *child, int error, const char *format, int pid)
{
	char line[128];
	struct attempt attempt = { error, 0, line };

	snprintf(line, sizeof(line), format, pid);
	run_attempts(child, BASE, &attempt, 1);
}

/* Whose process is another's is not there. */
static void out_of_sight(struct child *child, int pid)
{
	static const char *const looks[] = {
		"look stat /proc/%d", "look lstat /proc/%d",
		"look access /proc/%d", "look open-path /proc/%d",
		"look chdir /proc/%d", "look statx /proc/%d/status",
		"look inotify /proc/%d", "look readlink /proc/%d/exe",
		"look readlink /proc/%d/cwd", "look stat /proc/%d/root/tmp",
		"open /proc/%d/status r", "open /proc/%d/cmdline r",
		"open /proc/%d/environ r", "open /proc/%d/maps r",
		"open /proc/%d/mem rw", "open /proc/%d/stat r",
		"open /proc/%d/oom_score_adj w", "open /proc/%d/fd d",
		"open /proc/%d/task d", "open /proc/%1$d/task/%1$d/stat r",
		"open /proc/self/task/%d/stat r", "open /proc/%d d",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++)
		try(child, ENOENT, looks[i], pid);
}

static void in_sight(struct child *child, int pid)
{
	static const char *const looks[] = {
		"look stat /proc/%d", "look readlink /proc/%d/exe",
		"open /proc/%d/status r", "open /proc/%d/environ r",
		"open /proc/%d/maps r", "open /proc/%d/fd d",
		"open /proc/%1$d/task/%1$d/stat r",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(looks); i++)
		try(child, 0, looks[i], pid);
}

static void sight(void)
{
	struct child child, other;
	int idle;

	child_start(&child, "selftest-tasks");
	child_start(&other, "selftest-tasks");
	child_ask(&child, "fork");
	idle = child.value;
	in_sight(&child, child.pid);
	in_sight(&child, idle);
	out_of_sight(&child, other.pid);
	out_of_sight(&child, getpid());
	out_of_sight(&child, 1);
	out_of_sight(&child, 2);
	out_of_sight(&child, 4000000);
	expect(child_ask(&child, "list-tasks"), 0, "a listing of /proc");
	expect(child.value, 2, "has its own processes");
	try(&child, 0, "open /proc/self/mem r", 0);
	try(&child, ECAPABILITY, "open /proc/self/mem rw", 0);
	try(&child, ECAPABILITY, "open /proc/self/mem w", 0);
	try(&child, ECAPABILITY, "open /proc/%d/mem r", idle);
	try(&child, ECAPABILITY, "open /proc/%d/mem rw", idle);
	try(&child, ECAPABILITY, "ptrace %d", idle);
	try(&child, ECAPABILITY, "peek %d", idle);
	try(&child, ECAPABILITY, "traceme", 0);
	try(&child, ECAPABILITY, "ptrace %d", other.pid);
	try(&child, 0, "kill %d 9", idle);
	expect_rows(&child);
	expect_rows(&other);
}

/* With proc.trace of itself: its own tasks and no others. */
static void tracing(void)
{
	struct child child, other;
	int idle;

	child_start(&child, "selftest-tasks-held");
	child_start(&other, "selftest-tasks-held");
	child_ask(&child, "fork");
	idle = child.value;
	try(&child, 0, "open /proc/self/mem rw", 0);
	try(&child, 0, "open /proc/%d/mem r", idle);
	try(&child, 0, "open /proc/%d/mem rw", idle);
	try(&child, 0, "peek %d", idle);
	try(&child, 0, "traceme", 0);
	try(&child, ECAPABILITY, "ptrace %d", other.pid);
	try(&child, ECAPABILITY, "ptrace %d", getpid());
	try(&child, ECAPABILITY, "ptrace %d", 1);
	try(&child, ENOENT, "open /proc/%d/mem rw", other.pid);
	expect(child_ask(&child, "trace-spawn selftest-idle"), 0,
	       "it traces its own task, which spawns an agent");
	expect(child.value, 0, "and that agent is not traced");
	try(&child, 0, "kill %d 9", idle);
	expect_rows(&child);
	expect_rows(&other);
}

/* Return: whether SIGUSR1 has come here since it was asked last. */
static bool has_come(void)
{
	const struct timespec no_time = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, NULL, &no_time) == SIGUSR1;
}

/* Signals by other calls than kill(). */
static void signals(void)
{
	struct child child, other;
	sigset_t set;
	int idle;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	child_start(&child, "selftest-tasks");
	child_start(&other, "selftest-tasks");
	sigprocmask(SIG_BLOCK, &set, NULL);
	child_ask(&child, "fork");
	idle = child.value;
	expect(child_ask(&child, "sigio %d", child.pid), 0,
	       "a signal for data");
	expect(child.value, 1, "to itself comes");
	child_ask(&child, "sigio %d", getpid());
	expect(has_come(), 0, "to another agent does not");
	child_ask(&child, "sigio %d", -getpgrp());
	expect(has_come(), 0, "nor to its process group");
	child_ask(&child, "sigio %d", other.pid);
	expect(child_ask(&other, "aid"), 0, "nor to a third, which would end");
	try(&child, 0, "kill %d 23", idle);
	try(&child, ECAPABILITY, "kill %d 23", other.pid);
	try(&child, ECAPABILITY, "kill %d 0", other.pid);
	try(&child, ECAPABILITY, "kill %d 23", getpid());
	try(&child, ECAPABILITY, "kill %d 23", 1);
	try(&child, 0, "kill %d 9", idle);
	/* Its spawner and the other agent are in the same process group. */
	child_ask(&child, "kill 0 %d", SIGUSR1);
	expect(has_come(), 0, "a signal to the process group stays inside");
	child_ask(&child, "kill -1 %d", SIGUSR1);
	expect(has_come(), 0, "as does one to everybody");
	expect(child_ask(&other, "aid"), 0, "nobody has ended of it");
	expect_rows(&child);
	expect_rows(&other);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* System V objects are their maker's, and of who has ipc over it. */
static void shared(void)
{
	static const char *const kinds[] = { "shm", "sem", "msg" };
	struct child none, maker, other;
	char line[64];
	size_t i;
	int id;

	child_start(&none, "selftest-tasks");
	child_start(&maker, "selftest-tasks-held");
	child_start(&other, "selftest-tasks-held");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const int key = 7000 + i;

		snprintf(line, sizeof(line), "ipc %s make %%d", kinds[i]);
		try(&none, ECAPABILITY, line, key);
		try(&maker, 0, line, key);
		id = maker.value;
		try(&none, ECAPABILITY, line, key);
		try(&other, ECAPABILITY, line, key);
		snprintf(line, sizeof(line), "ipc %s find %%d", kinds[i]);
		try(&other, ECAPABILITY, line, key);
		try(&maker, 0, line, key);
		snprintf(line, sizeof(line), "ipc %s use %%d", kinds[i]);
		try(&none, ECAPABILITY, line, id);
		try(&other, ECAPABILITY, line, id);
		try(&maker, 0, line, id);
		snprintf(line, sizeof(line), "ipc %s look %%d", kinds[i]);
		try(&none, ECAPABILITY, line, id);
		try(&other, ECAPABILITY, line, id);
		try(&maker, 0, line, id);
		snprintf(line, sizeof(line), "ipc %s remove %%d", kinds[i]);
		try(&none, ECAPABILITY, line, id);
		try(&other, ECAPABILITY, line, id);
		try(&maker, 0, line, id);
	}
	try(&none, ECAPABILITY, "queue make /tasks", 0);
	try(&maker, 0, "queue make /tasks", 0);
	try(&none, ECAPABILITY, "queue use /tasks", 0);
	try(&other, ECAPABILITY, "queue use /tasks", 0);
	try(&none, ECAPABILITY, "queue remove /tasks", 0);
	try(&maker, 0, "queue remove /tasks", 0);
	expect_rows(&none);
	expect_rows(&maker);
	expect_rows(&other);
}

/* What an ancestor with ipc over its descendants may use. */
static void ancestor(void)
{
	struct child maker;
	void *at;

	child_start(&maker, "selftest-tasks-held");
	try(&maker, 0, "ipc shm make %d", 7100);
	at = shmat(maker.value, NULL, 0);
	check(at != (void *)-1, "an ancestor uses what a descendant made");
	if (at != (void *)-1)
		shmdt(at);
	try(&maker, 0, "ipc shm remove %d", maker.value);
	expect_rows(&maker);
}

/* A process of no agent, made by the hand; its PID comes in a file. */
static int start_victim(void)
{
	int pid = 0;
	FILE *file;

	if (hand("sleep 900 >/dev/null 2>&1 & echo $! >" BASE "/victim"))
		bail("the hand cannot start a process");
	file = fopen(BASE "/victim", "re");
	if (!file || fscanf(file, "%d", &pid) != 1)
		bail("the hand has started no process");
	fclose(file);
	return pid;
}

static int deed(const char *format, int pid)
{
	char line[128];

	snprintf(line, sizeof(line), format, pid);
	strcat(line, " >/dev/null 2>&1");
	return hand(line);
}

/* Root outside any agent ends agents, and does nothing else to them. */
static void legacy_root(void)
{
	static const char *const deeds[] = {
		"kill -0 %d", "renice -n 5 -p %d", "taskset -p 1 %d",
		"ionice -c 3 -p %d", "chrt -b -p 0 %d",
		"prlimit --pid %d --nofile=10:10", "prlimit --pid %d --nofile",
		"cat /proc/%d/environ", "cat /proc/%d/maps", "cat /proc/%d/auxv",
		"ls /proc/%d/root/", "readlink /proc/%d/cwd",
		"readlink /proc/%d/fd/0", "nsenter -t %d -m true",
		"kill -STOP %d", "kill -TERM %d",
	};
	struct child child;
	int victim = start_victim();
	size_t i;

	child_start(&child, "selftest-tasks");
	for (i = 0; i < ARRAY_SIZE(deeds); i++) {
		expect(deed(deeds[i], victim), 0, "root can: %s", deeds[i]);
		check(deed(deeds[i], child.pid), "and can't to an agent");
	}
	expect(child_ask(&child, "aid"), 0, "the agent goes on");
	expect(deed("kill -KILL %d", child.pid), 0, "but it ends it");
	expect(child_wait(&child), SIGKILL, "and that is the end of it");
	deed("kill -KILL %d", victim);
}

void test_tasks(void)
{
	sight();
	tracing();
	signals();
	shared();
	ancestor();
	if (hand_is_there())
		legacy_root();
	else
		skip("no legacy root: tests/abi runs it", "a legacy root");
}
