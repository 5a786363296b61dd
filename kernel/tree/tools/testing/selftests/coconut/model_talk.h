/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the model's test and its agents say to each other, by pipes that all of
 * them have open from their spawn on.
 */
#ifndef COCONUT_TEST_MODEL_TALK_H
#define COCONUT_TEST_MODEL_TALK_H

#include <stddef.h>
#include <stdint.h>

#define MODEL_AGENTS	12	/* the test itself is the first */
#define MODEL_FILES	4	/* that an agent has open */

/* An agent's standard input and output, kept open under these numbers. */
#define MODEL_IN(slot)	(100 + 2 * (int)(slot))
#define MODEL_OUT(slot)	(101 + 2 * (int)(slot))

enum model_request_op {
	TALK_SPAWN,	/* a slot, b bytes of manifest; then the signature */
	TALK_GRANT,	/* a AID, b flags; capability */
	TALK_REVOKE,	/* a AID, b flags, c handle */
	TALK_PRESENT,	/* a AID, b flags; capability */
	TALK_ATTEST,	/* a AID */
	TALK_SIGNAL,	/* a PID */
	TALK_OPEN,	/* a file, b flags; path */
	TALK_READ,	/* a file */
	TALK_PREAD,	/* a file */
	TALK_WRITE,	/* a file */
	TALK_CONNECT,	/* a address, b port, c type */
	TALK_BIND,	/* a address, b port, c type */
	TALK_EXIT,	/* no answer follows */
};

#define TALK_MAX	32768

/**
 * struct model_request - what to do
 * @op: enum model_request_op
 * @size: bytes that follow
 * @a: first number
 * @b: second number
 * @c: third number
 */
struct model_request {
	uint32_t op;
	uint32_t size;
	uint64_t a;
	uint64_t b;
	uint64_t c;
};

/**
 * struct model_answer - what came of it
 * @error: 0 or a negative errno
 * @values: AID or handle, or the four counts of a revocation
 */
struct model_answer {
	int64_t error;
	uint64_t values[4];
};

/* Do it in this process. */
struct model_answer model_do(const struct model_request *request,
			     const void *data);

/* Close what this process has opened. */
void model_close_files(void);

#endif /* COCONUT_TEST_MODEL_TALK_H */
