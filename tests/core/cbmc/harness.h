/* SPDX-License-Identifier: MIT */
/*
 * What the proofs share: any input there can be, and what a part that is
 * proven elsewhere may answer.
 */
#ifndef CBMC_HARNESS_H
#define CBMC_HARNESS_H

#include <assert.h>

#include "core.h"

bool nondet_bool(void);
uint32_t nondet_u32(void);
uint64_t nondet_u64(void);
int nondet_int(void);

/* A buffer of exactly @size bytes, so that one byte too far is a violation. */
static inline uint8_t *any_buffer(uint32_t size)
{
	return __CPROVER_allocate(size, 0);
}

static inline bool is_answer(int err)
{
	return !err || err == -EBADMSG || err == -EINVAL || err == -E2BIG;
}

static inline int any_answer(void)
{
	int err = nondet_int();

	__CPROVER_assume(is_answer(err));
	return err;
}

static inline bool lies_in(const void *part, uint64_t size, const uint8_t *data,
			   uint32_t data_size)
{
	const uint8_t *start = part;

	return __CPROVER_same_object(start, data) && start >= data &&
	       size <= data_size &&
	       (uint64_t)(start - data) <= data_size - size;
}

/* A reader anywhere in a buffer as long as a manifest may be. */
static inline void any_reader(struct agent_cbor *cbor)
{
	uint32_t size = nondet_u32(), pos = nondet_u32();

	__CPROVER_assume(size && size <= AGENT_MANIFEST_MAX && pos <= size);
	agent_cbor_init(cbor, any_buffer(size), size);
	cbor->pos = pos;
}

/* A text in the reader's buffer, which ends where the reader stands. */
static inline void any_text(const struct agent_cbor *cbor, uint32_t max,
			    struct agent_text *text)
{
	uint32_t size = nondet_u32();

	__CPROVER_assume(size && size <= max && size <= cbor->pos);
	text->data = (const char *)cbor->data + cbor->pos - size;
	text->size = size;
}

/* Moves a reader on, as reading whatever there is would. */
static inline void any_move(struct agent_cbor *cbor)
{
	uint32_t pos = nondet_u32();

	assert(cbor->pos <= cbor->size);
	__CPROVER_assume(pos > cbor->pos && pos <= cbor->size);
	cbor->at = cbor->pos;
	cbor->pos = pos;
}

/* What reading something may answer; only what is good needs a byte. */
static inline int any_read(struct agent_cbor *cbor)
{
	int err = any_answer();

	if (!err)
		any_move(cbor);
	else
		cbor->at = cbor->pos;
	return err;
}

/* In place of agent_cbor_next(): all that prove_next() lets it do. */
int any_next(struct agent_cbor *cbor, struct agent_cbor_item *item);
/* In place of what looks at the bytes of a text and no further. */
bool any_clean_text(const uint8_t *data, uint64_t size);
bool any_path_valid(struct agent_text path, uint32_t max);
enum agent_cap_id any_id_of(const char *name, uint32_t size);
int any_memcmp(const void *a, const void *b, size_t size);
void *any_memcpy(void *to, const void *from, size_t size);
void *any_memchr(const void *data, int byte, size_t size);
/* In place of agent_read_text(): a text alone in its buffer. */
int any_read_text(struct agent_cbor *cbor, uint32_t max,
		  struct agent_text *text);
/* In place of agent_read_key(): all that prove_key() lets it do. */
int any_key(struct agent_cbor *cbor, uint32_t count, uint32_t *key,
	    struct agent_fault *fault);
/* In place of agent_read_path(): a text in the reader's buffer. */
int any_path(struct agent_cbor *cbor, uint32_t max, struct agent_text *path);

#endif
