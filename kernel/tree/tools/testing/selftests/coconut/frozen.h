/* SPDX-License-Identifier: GPL-2.0 */
/* What an agent under load counts, for the test to see that it stands still. */
#ifndef COCONUT_TEST_FROZEN_H
#define COCONUT_TEST_FROZEN_H

#include <stdatomic.h>

/* The memory file, in the agent. */
#define STORM_FD	300

#define STORM_THREADS	64
#define STORM_FORKERS	4
#define STORM_GROUP	3	/* processes of a group of their own */

/**
 * struct storm - counters of everything that runs
 * @threads: of the threads
 * @forks: how many processes came of each forker
 * @group: of the processes of that group
 * @timers: SIGALRM that a process sends itself by a timer
 * @conts: SIGCONT, in the same way
 * @asleep: the wakings of a process that sleeps and wakes
 * @middle: PID of the process between the first and the group
 */
struct storm {
	atomic_ulong threads[STORM_THREADS];
	atomic_ulong forks[STORM_FORKERS];
	atomic_ulong group[STORM_GROUP];
	atomic_ulong timers;
	atomic_ulong conts;
	atomic_ulong asleep;
	atomic_int middle;
};

#endif /* COCONUT_TEST_FROZEN_H */
