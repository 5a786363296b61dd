// SPDX-License-Identifier: MIT
/*
 * What CBMC proves of the pure core, for every buffer up to a size: no access
 * outside it, no overflow, no undefined shift, every loop bounded, and what
 * the assertions say.  Each function named prove_* is one proof.
 */

#include <assert.h>

#include "core.h"

#define BUFFER_MAX 24

uint32_t nondet_size(void);
struct agent_net_scope nondet_scope(void);

/* A buffer of exactly @size bytes, so that one byte too far is a violation. */
static const uint8_t *any_buffer(uint32_t size)
{
	uint8_t *data = __CPROVER_allocate(size, 0);

	return data;
}

static bool is_answer(int err)
{
	return !err || err == -EBADMSG || err == -EINVAL || err == -E2BIG;
}

static bool lies_in(const void *part, uint64_t size, const uint8_t *data,
		    uint32_t data_size)
{
	const uint8_t *start = part;

	return start >= data && size <= data_size &&
	       (uint64_t)(start - data) <= data_size - size;
}

/* Wherever a reader stands, one item is read within the buffer or not at all. */
void prove_next(void)
{
	uint32_t size = nondet_size();
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	const uint8_t *data;
	int err;

	__CPROVER_assume(size <= BUFFER_MAX);
	data = any_buffer(size);
	agent_cbor_init(&cbor, data, size);
	cbor.pos = nondet_size();
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
	uint32_t size = nondet_size(), i;
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

	path.size = nondet_size();
	__CPROVER_assume(path.size <= 10);
	path.data = (const char *)any_buffer(path.size);
	if (!agent_path_valid(path, 1023))
		return;
	assert(path.data[0] == '/');
	for (i = 1; i < path.size; i++)
		assert(path.data[i] != '/' || path.data[i - 1] != '/');
	assert(path.size == 1 || path.data[path.size - 1] != '/');
}

/* Whatever name it is, it is compared within its bytes. */
void prove_name(void)
{
	uint32_t size = nondet_size();
	enum agent_cap_id id;
	const uint8_t *data;

	__CPROVER_assume(size <= 6);
	data = any_buffer(size);
	id = agent_cap_id_of((const char *)data, size);
	assert(id < AGENT_CAP_COUNT);
	assert(id == AGENT_CAP_NONE || size);
}

/* A key is above the one before and below the end, or it is refused. */
void prove_key(void)
{
	uint32_t size = nondet_size(), count = nondet_size();
	uint32_t before = nondet_size(), key = before;
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

/* The decision on an address is what comparing bit by bit would say. */
void prove_net(void)
{
	struct agent_net_scope scope = nondet_scope(), wanted = nondet_scope();
	bool covers, same = true;
	uint32_t bit;

	__CPROVER_assume(scope.prefix <= 128);
	covers = agent_net_covers(&scope, &wanted);
	for (bit = 0; bit < 128; bit++) {
		if (bit < scope.prefix)
			same &= !((scope.address[bit / 8] ^
				   wanted.address[bit / 8]) &
				  0x80 >> bit % 8);
	}
	if (scope.family && covers)
		assert(same && scope.family == wanted.family &&
		       scope.prefix <= wanted.prefix);
	if (covers) {
		assert(scope.port_low <= wanted.port_low);
		assert(scope.port_high >= wanted.port_high);
		assert(!scope.protocol || scope.protocol == wanted.protocol);
	} else {
		assert(wanted.port_low < scope.port_low ||
		       wanted.port_high > scope.port_high ||
		       (scope.protocol && scope.protocol != wanted.protocol) ||
		       (scope.family &&
			(!same || scope.family != wanted.family ||
			 wanted.prefix < scope.prefix)));
	}
}

/* Whatever the numbers: no way out of an end, none into the first but back. */
void prove_states(void)
{
	enum agent_state from = nondet_size(), to = nondet_size();

	assert(agent_state_name(from));
	if (!agent_state_may_follow(from, to))
		return;
	assert(from < AGENT_TERMINATED_CLEAN && to < AGENT_STATE_COUNT);
	assert(from != to);
	assert(to != AGENT_SPAWNING || from == AGENT_CAPABILITY_DENIED ||
	       from == AGENT_QUARANTINED);
}
