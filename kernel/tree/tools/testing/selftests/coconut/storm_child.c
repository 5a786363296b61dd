// SPDX-License-Identifier: GPL-2.0
/*
 * storm_child: the agent that the storms go over. Each line on its standard
 * input is one of the commands below; it is answered with one line, an errno
 * and a number, when the storm is over.
 *
 * usage: storm_child [grand NUMBER]
 * With "grand" it uses a file for a while as that user, and ends.
 */

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "storm.h"
#include "storm_child.h"

#define SPAWNERS	4
#define GRANDS		4	/* of each spawner, at once */
#define FORKS		4	/* at once */
#define BEATERS		4

static struct storm *storm;

static void *use(void *arg)
{
	const uint32_t number = (uintptr_t)arg;

	storm_use(storm, number % storm_nr_kinds, number);
	return NULL;
}

static void run_threads(void *(*run)(void *), size_t count)
{
	pthread_t threads[STORM_THREADS];
	size_t i;

	for (i = 0; i < count; i++) {
		if (pthread_create(&threads[i], NULL, run, (void *)i))
			_exit(98);
	}
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static int do_use(void)
{
	run_threads(use, STORM_THREADS);
	return 0;
}

/* What a process has open and mapped, its forked children have. */
static int do_fork(void)
{
	pid_t pids[FORKS];
	size_t i;

	while (!storm_held_open(storm)) {
		if (storm->stop)
			return -ENODATA;
		usleep(200);
	}
	while (!storm->stop) {
		for (i = 0; i < FORKS; i++) {
			pids[i] = fork();
			if (!pids[i]) {
				storm_use_held(storm, i);
				_exit(0);
			}
		}
		for (i = 0; i < FORKS; i++)
			waitpid(pids[i], NULL, 0);
	}
	return 0;
}

static struct signed_manifest grand;

/* Return: the AID or a negative errno. */
static long spawn_grand(uint32_t user, int *pidfd)
{
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)grand.manifest,
		.manifest_size = grand.manifest_size,
		.signature = (uintptr_t)grand.signature,
		.signature_size = grand.signature_size,
		.exit_signal = SIGCHLD,
		.pidfd = (uintptr_t)pidfd,
	};
	char number[16];
	char *const argv[] = { STORM_IMAGE, "grand", number, NULL };
	char *const envp[] = { NULL };
	long aid;

	snprintf(number, sizeof(number), "%u", user);
	aid = CALL(spawn, &args);
	if (aid)
		return aid;
	execve(STORM_IMAGE, argv, envp);
	_exit(97);
}

static void *spawn(void *arg)
{
	const uint32_t number = (uintptr_t)arg;
	struct storm_user *user = &storm->users[number];
	int pidfds[GRANDS] = { -1, -1, -1, -1 };
	siginfo_t info;
	uint32_t turn;

	for (turn = 0; !storm->stop; turn = (turn + 1) % GRANDS) {
		atomic_ullong *slot = &storm->aids[number * GRANDS + turn];
		const uint32_t before = storm->epoch[STORM_READ];
		long aid;

		if (pidfds[turn] >= 0) {
			waitid(P_PIDFD, pidfds[turn], &info, WEXITED);
			close(pidfds[turn]);
			pidfds[turn] = -1;
			*slot = 0;
			continue;
		}
		if (storm_phase(before) == STORM_REVOKED &&
		    user->seen == before) {
			usleep(200);
			continue;
		}
		aid = spawn_grand(SPAWNERS + number, &pidfds[turn]);
		if (aid > 0)
			*slot = aid;
		else
			pidfds[turn] = -1;
		storm_judge(user, before, storm->epoch[STORM_READ], aid > 0,
			    -aid);
	}
	for (turn = 0; turn < GRANDS; turn++) {
		if (pidfds[turn] >= 0)
			waitid(P_PIDFD, pidfds[turn], &info, WEXITED);
	}
	return NULL;
}

static int do_spawn(void)
{
	const int err = manifest_load("storm-grand", &grand);

	if (err)
		return err;
	run_threads(spawn, SPAWNERS);
	return 0;
}

/* Each beat is made by a process that was just forked. */
static void beat(void)
{
	while (!storm->stop) {
		const pid_t pid = fork();

		if (!pid) {
			storm->beats++;
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static int do_beat(void)
{
	size_t i;

	for (i = 0; i < BEATERS - 1; i++) {
		if (!fork()) {
			beat();
			_exit(0);
		}
	}
	beat();
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 0;
}

/* Several threads, so that the process dies as a group. */
static void *wait_for_end(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static int do_exit(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, wait_for_end, NULL);
	pthread_create(&thread, NULL, wait_for_end, NULL);
	if (!fork())
		_exit(0);
	exit(0);
}

/* A file below a directory that moves, one outside of it, and a hole. */
static int do_look(void)
{
	return storm_look();
}

static const struct {
	const char *name;
	int (*run)(void);
} commands[] = {
	{ "use", do_use },   { "fork", do_fork }, { "spawn", do_spawn },
	{ "beat", do_beat }, { "exit", do_exit }, { "look", do_look },
};

static int run(const char *line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strncmp(commands[i].name, line, strlen(line) - 1))
			return commands[i].run();
	}
	return -EINVAL;
}

int main(int argc, char **argv)
{
	char line[64];

	signal(SIGPIPE, SIG_IGN);
	storm = storm_map();
	if (argc > 2 && !strcmp(argv[1], "grand")) {
		storm_use_for_a_while(storm, atoi(argv[2]));
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("0 %d\n", getpid());
	while (fgets(line, sizeof(line), stdin))
		printf("%d 0\n", -run(line));
	return 0;
}
