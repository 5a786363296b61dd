// SPDX-License-Identifier: MIT
/*
 * The CBOR reader and what judges texts, for every buffer up to a size: no
 * access outside it, no overflow, no undefined shift, every loop bounded, and
 * what the assertions say.  Each function named prove_* is one proof.
 */

#include "harness.h"

/* Wherever a reader stands, one item is read within the buffer or not at all. */
void prove_next(void)
{
	uint32_t size = nondet_u32();
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	const uint8_t *data;
	int err;

	__CPROVER_assume(size <= AGENT_MANIFEST_MAX);
	data = any_buffer(size);
	agent_cbor_init(&cbor, data, size);
	cbor.pos = nondet_u32();
	err = agent_cbor_next(&cbor, &item);
	assert(!err || err == -EBADMSG);
	if (err)
		return;
	assert(cbor.at < cbor.pos && cbor.pos <= size);
	assert(item.type <= AGENT_CBOR_MAP && item.type != AGENT_CBOR_NEGATIVE);
	if (item.type == AGENT_CBOR_BYTES || item.type == AGENT_CBOR_TEXT)
		assert(lies_in(item.data, item.value, data, size));
	else
		assert(!item.data);
	if (item.type == AGENT_CBOR_ARRAY || item.type == AGENT_CBOR_MAP)
		assert(item.value <= size - cbor.pos);
}

/* A number has one head only: its first byte tells how large it must be. */
void prove_shortest(void)
{
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	const uint8_t *data = any_buffer(9);

	agent_cbor_init(&cbor, data, 9);
	if (agent_cbor_next(&cbor, &item))
		return;
	assert((data[0] & 31) < 28);
	switch (data[0] & 31) {
	case 24:
		assert(item.value > 23 && item.value <= 0xff);
		break;
	case 25:
		assert(item.value > 0xff && item.value <= 0xffff);
		break;
	case 26:
		assert(item.value > 0xffff && item.value <= 0xffffffff);
		break;
	case 27:
		assert(item.value > 0xffffffff);
		break;
	default:
		assert(item.value == (data[0] & 31));
	}
}

/* A text has no NUL and stays within the buffer, whatever its bytes are. */
void prove_text(void)
{
	uint32_t size = nondet_u32(), i;
	struct agent_text text;
	struct agent_cbor cbor;
	const uint8_t *data;

	__CPROVER_assume(size <= 6);
	data = any_buffer(size);
	agent_cbor_init(&cbor, data, size);
	if (agent_text_next(&cbor, &text))
		return;
	assert(lies_in(text.data, text.size, data, size));
	for (i = 0; i < text.size; i++)
		assert((uint8_t)text.data[i] >= 0x20 && text.data[i] != 0x7f);
}

void prove_path(void)
{
	struct agent_text path;
	uint32_t i;

	path.size = nondet_u32();
	__CPROVER_assume(path.size <= 24);
	path.data = (const char *)any_buffer(path.size);
	if (!agent_path_valid(path, 1023))
		return;
	assert(path.data[0] == '/');
	for (i = 1; i < path.size; i++)
		assert(path.data[i] != '/' || path.data[i - 1] != '/');
	assert(path.size == 1 || path.data[path.size - 1] != '/');
}

/* Whatever name it is, and however long, it is compared within its bytes. */
void prove_name(void)
{
	uint32_t size = nondet_u32();
	enum agent_cap_id id;
	const uint8_t *data;

	data = any_buffer(size);
	id = agent_cap_id_of((const char *)data, size);
	assert(id < AGENT_CAP_COUNT);
	assert(id == AGENT_CAP_NONE || (size && size < AGENT_NAME_MAX));
}

/* A key is above the one before and below the end, or it is refused. */
void prove_key(void)
{
	uint32_t size = nondet_u32(), count = nondet_u32();
	uint32_t before = nondet_u32(), key = before;
	struct agent_fault fault = { 0 };
	struct agent_cbor cbor;
	int err;

	__CPROVER_assume(size <= 10);
	agent_cbor_init(&cbor, any_buffer(size), size);
	err = agent_read_key(&cbor, count, &key, &fault);
	assert(is_answer(err));
	if (err)
		assert(key == before && fault.what && fault.offset <= size);
	else
		assert(key && key > before && key < count);
}
