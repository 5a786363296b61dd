// SPDX-License-Identifier: MIT
/*
 * What may stand in place of a part that is proven by itself: it checks what
 * the part asks of its caller, and answers all that the part may answer.
 */

#include "harness.h"

int any_next(struct agent_cbor *cbor, struct agent_cbor_item *item)
{
	uint32_t before = cbor->pos, left;

	assert(before <= cbor->size);
	cbor->at = before;
	item->type = nondet_u32();
	item->value = nondet_u64();
	item->data = NULL;
	if (before == cbor->size || nondet_bool()) {
		cbor->pos = nondet_u32();
		__CPROVER_assume(cbor->pos >= before &&
				 cbor->pos <= cbor->size);
		return -EBADMSG;
	}
	any_move(cbor);
	left = cbor->size - cbor->pos;
	__CPROVER_assume((uint32_t)item->type <= AGENT_CBOR_MAP &&
			 item->type != AGENT_CBOR_NEGATIVE);
	if (item->type == AGENT_CBOR_BYTES || item->type == AGENT_CBOR_TEXT) {
		__CPROVER_assume(item->value < cbor->pos - before);
		item->data = cbor->data + cbor->pos - item->value;
	} else if (item->type == AGENT_CBOR_ARRAY) {
		__CPROVER_assume(item->value <= left);
	} else if (item->type == AGENT_CBOR_MAP) {
		__CPROVER_assume(item->value <= left / 2);
	}
	return 0;
}

bool any_clean_text(const uint8_t *data, uint64_t size)
{
	assert(!size || __CPROVER_r_ok(data, size));
	return nondet_bool();
}

bool any_path_valid(struct agent_text path, uint32_t max)
{
	assert(!path.size || __CPROVER_r_ok(path.data, path.size));
	return path.size && path.size <= max && nondet_bool();
}

enum agent_cap_id any_id_of(const char *name, uint32_t size)
{
	enum agent_cap_id id = nondet_u32();

	assert(!size || __CPROVER_r_ok(name, size));
	__CPROVER_assume((u32)id < AGENT_CAP_COUNT && (size || !id));
	return id;
}

int any_memcmp(const void *a, const void *b, size_t size)
{
	assert(!size || (__CPROVER_r_ok(a, size) && __CPROVER_r_ok(b, size)));
	return nondet_int();
}

void *any_memcpy(void *to, const void *from, size_t size)
{
	assert(!size ||
	       (__CPROVER_w_ok(to, size) && __CPROVER_r_ok(from, size)));
	return to;
}

void *any_memchr(const void *data, int byte, size_t size)
{
	(void)byte;
	assert(!size || __CPROVER_r_ok(data, size));
	return nondet_bool() ? (void *)data : NULL;
}

int any_read_text(struct agent_cbor *cbor, uint32_t max,
		  struct agent_text *text)
{
	(void)cbor;
	text->size = nondet_u32();
	__CPROVER_assume(text->size && text->size <= max);
	text->data = (const char *)any_buffer(text->size);
	return any_answer();
}

int any_key(struct agent_cbor *cbor, uint32_t count, uint32_t *key,
	    struct agent_fault *fault)
{
	/* All keys there are fit: less for the solver to compare. */
	uint8_t next = nondet_u32();
	int err = any_read(cbor);

	assert(count <= 0x100);
	if (err)
		return agent_fail(fault, cbor->at, "any", err);
	__CPROVER_assume(next > *key && next < count);
	*key = next;
	return 0;
}

int any_path(struct agent_cbor *cbor, uint32_t max, struct agent_text *path)
{
	int err = any_read(cbor);

	path->size = nondet_u32();
	__CPROVER_assume(path->size && path->size <= max);
	path->data = (const char *)any_buffer(path->size);
	return err;
}
