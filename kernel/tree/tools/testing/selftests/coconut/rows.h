/* SPDX-License-Identifier: GPL-2.0 */
/* Denials and their rows: what each area holds against each other. */
#ifndef COCONUT_TEST_ROWS_H
#define COCONUT_TEST_ROWS_H

#include <stddef.h>

struct child;

/* Return: how often an agent was denied something, or a negative errno. */
long long denials_of(const struct child *child);

/* Return: AGENT_REASON_* of the row of its last denial, -1 without one. */
int last_reason(const struct child *child);

/* End a child: it has left a row for each denial, and no other. */
void expect_rows(struct child *child);

/**
 * struct attempt - one line for a child, and its answer
 * @error: the errno, 0 for none
 * @reason: where that is ECAPABILITY, why the row says so; 0 for any
 * @line: the operation, @ stands for a directory; after "! " a command for the
 *	hand, which is to succeed
 */
struct attempt {
	int error;
	int reason;
	const char *line;
};

/* Make them all: ECAPABILITY is one denial, every other answer is none. */
void run_attempts(struct child *child, const char *dir,
		  const struct attempt *attempts, size_t count);

#define RUN_ATTEMPTS(child, dir, attempts) \
	run_attempts(child, dir, attempts, ARRAY_SIZE(attempts))

/* Wait until an agent has so many rows, but not for good. */
void await_row_count(uint64_t aid, uint32_t events, long count);

#endif /* COCONUT_TEST_ROWS_H */
