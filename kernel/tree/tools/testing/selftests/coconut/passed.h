/* SPDX-License-Identifier: GPL-2.0 */
/* Descriptors passed on: the numbers that both sides know. */
#ifndef COCONUT_TEST_PASSED_H
#define COCONUT_TEST_PASSED_H

#include "tests.h"

#define PASSED		BASE "/passed"

#define PASSED_MANY	4	/* descriptors in one message */

/* In the agent: the socket they come by, and where the last one is. */
#define PASSED_SOCKET	80
#define PASSED_LAST	81

/* What the agents inherit, by number. */
enum {
	HALF_READ = 100, HALF_BOTH, HALF_PATH, DENIED_BOTH, DENIED_LIST,
	DENIED_PATH, ALLOWED_BOTH, TEST_PID, TEST_PROC,
	TCP_DENIED, TCP_ALLOWED, SERVED_DENIED, SERVED_ALLOWED,
	LISTENER_DENIED, LISTENER_ALLOWED, BOUND_DENIED, BOUND_ALLOWED,
	UDP_DENIED, UDP_ALLOWED, UNIX_PAIR, LAST_INHERITED = UNIX_PAIR,
};

struct child;

/* Give a descriptor a number. */
void put_at(int fd, int number);

/* Open the sockets; use them as an agent that has inherited them. */
void put_sockets(void);
void use_sockets(struct child *child);
void use_listeners(struct child *child);

#endif /* COCONUT_TEST_PASSED_H */
