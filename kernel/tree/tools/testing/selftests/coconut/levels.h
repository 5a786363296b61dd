/* SPDX-License-Identifier: GPL-2.0 */
/* What is recorded, and how it is read: what the files of this area share. */
#ifndef COCONUT_TEST_LEVELS_H
#define COCONUT_TEST_LEVELS_H

#include <stdint.h>

#include <linux/agent.h>

#define LEVELS_DIR	"/tmp/selftest/levels"
#define BIT(number)	(1U << (number))

/* Around the calls whose rows are looked for: getppid() with these arguments. */
#define CALLS_BEGIN	0x636f636f6e7574
#define CALLS_END	0x74756e6f636f63

/**
 * struct told_call - a system call, and what its row tells
 * @number: of the call
 * @args: its arguments
 * @result: what it gives
 */
struct told_call {
	long number;
	long args[6];
	long result;
};

/* The calls that an agent makes between the two. */
extern const struct told_call told_calls[];
extern const int told_calls_count;

/**
 * struct seen_open - the numbers of a file's name about an open of it
 * @before: the name that was opened
 * @after: the youngest that the file may have had meanwhile
 */
struct seen_open {
	uint32_t before;
	uint32_t after;
};

/*
 * Read all rows that a query finds, from the sequence number in @args on.
 *
 * Return: their bytes, in @rows until the next time, or a negative errno.
 */
long collect(struct agent_audit_query_args *args, const uint8_t **rows);
long collect_of(uint64_t aid, uint32_t events, const uint8_t **rows);

static inline const struct agent_audit_row *row_in(const uint8_t *rows, long pos)
{
	return (const void *)(rows + pos);
}

/* The counts of enforcement, as the hand has them from the kernel. */
void read_counts(struct agent_audit_counts *counts);

/* The parts of the area. */
void levels_names(void);
void levels_query(void);
void levels_counts(void);
void levels_flood(void);

#endif /* COCONUT_TEST_LEVELS_H */
