// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: an agent under load.
 *
 *	the first process: 64 threads that count
 *	  |- forkers, whose children count once and end
 *	  |- one to whom timers send SIGCONT and SIGALRM, which counts
 *	  |- one that sleeps and wakes
 *	  |- the middle, which only waits
 *	       |- a process group of three that count
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_ops.h"
#include "frozen.h"

#define BUSY_OF	32	/* one of so many threads */

static struct storm *storm;

/* Some of the threads never sleep, so that processors are busy with them. */
static void *count(void *arg)
{
	atomic_ulong *counter = arg;
	const bool busy = (counter - storm->threads) % BUSY_OF == 0;

	for (;;) {
		(*counter)++;
		if (busy)
			sched_yield();
		else
			usleep(2000);
	}
	return NULL;
}

static void __attribute__((noreturn)) fork_always(atomic_ulong *counter)
{
	for (;;) {
		pid_t pid = fork();

		if (!pid) {
			(*counter)++;
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
		else
			sched_yield();
	}
}

static void on_timer(int sig)
{
	if (sig == SIGALRM)
		storm->timers++;
	else
		storm->conts++;
}

/* A SIGSTOP drops a SIGCONT that has come, and with it a timer's next ones. */
static void __attribute__((noreturn)) be_timed(void)
{
	const struct itimerval alarms = { { 0, 2000 }, { 0, 2000 } };
	const struct itimerspec conts = { { 0, 2000000 }, { 0, 2000000 } };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGCONT,
	};
	timer_t timer;

	signal(SIGCONT, on_timer);
	signal(SIGALRM, on_timer);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &conts, NULL) ||
	    setitimer(ITIMER_REAL, &alarms, NULL))
		_exit(1);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) sleep_and_wake(void)
{
	for (;;) {
		usleep(1000);
		storm->asleep++;
	}
}

/* When the middle ends, its group is orphaned: nobody is left to wake it. */
static void __attribute__((noreturn)) be_middle(void)
{
	pid_t leader = 0;
	int i;

	signal(SIGHUP, SIG_IGN);
	for (i = 0; i < STORM_GROUP; i++) {
		pid_t pid = fork();

		if (!pid) {
			setpgid(0, leader);
			count(&storm->group[i]);
		}
		setpgid(pid, leader);
		if (!leader)
			leader = pid;
	}
	storm->middle = getpid();
	for (;;)
		pause();
}

static int start_process(void (*run)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? errno : 0;
	close(0);
	close(1);
	run();
	_exit(0);
}

/* Each takes the next counter. */
static int next_forker;

static void be_forker(void)
{
	fork_always(&storm->forks[next_forker]);
}

static int start_threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i, error = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 1 << 16);
	for (i = 0; !error && i < STORM_THREADS; i++)
		error = pthread_create(&thread, &attr, count,
				       &storm->threads[i]);
	return error;
}

/* storm: let all of it begin, and answer when each counter has moved */
static int op_storm(char **words, long long *value)
{
	int error = 0;

	(void)words;
	(void)value;
	storm = mmap(NULL, sizeof(*storm), PROT_READ | PROT_WRITE, MAP_SHARED,
		     STORM_FD, 0);
	if (storm == MAP_FAILED)
		return errno;
	error = start_process(be_middle);
	for (next_forker = 0; !error && next_forker < STORM_FORKERS;
	     next_forker++)
		error = start_process(be_forker);
	if (!error)
		error = start_process(be_timed);
	if (!error)
		error = start_process(sleep_and_wake);
	return error ? error : start_threads();
}

const struct op storm_ops[] = {
	{ "storm", 0, op_storm },
	{ NULL, 0, NULL },
};
