/* SPDX-License-Identifier: GPL-2.0 */
/* agent_child: probes of system calls, as kernel/roads/syscalls.tbl has them. */
#ifndef COCONUT_TEST_CHILD_ROADS_H
#define COCONUT_TEST_CHILD_ROADS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Descriptors that the test passes on to the agent. */
#define ROADS_STOLEN		100	/* BASE/denied/secret, to read and write */
#define ROADS_STOLEN_DIR	101	/* BASE/denied */
#define ROADS_OTHER_UDP		102	/* bound to 127.0.0.1:7009 */
#define ROADS_OTHER_TCP		103	/* listening there */
#define ROADS_OTHER_PIDFD	104	/* of the test itself */

/* Answers that are no errno of a call. */
#define ROADS_BLOCKS	4001	/* it did not return in time */
#define ROADS_ENDS	4002	/* the process ended in it */

/**
 * road_thing - make what a name of a probe stands for
 * @name: the name, without $
 * @size: its length
 * @ret: the descriptor, number or address
 *
 * Return: false when there is no such thing or it can't be made.
 */
bool road_thing(const char *name, size_t size, long *ret);

/* Return: whether there is a constant of that name. */
bool road_constant(const char *name, size_t size, long *ret);

/* Submit one request to a ring. Return: what its completion says. */
long road_ring(const long args[6]);

/* Of another agent: what spawned this one. */
extern pid_t road_spawner;

/* The scratch buffer that stays from one call of a probe to the next. */
extern char road_buf[4096];

#endif /* COCONUT_TEST_CHILD_ROADS_H */
