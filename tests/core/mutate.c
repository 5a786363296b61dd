// SPDX-License-Identifier: MIT
/*
 * Every change of one byte of a good manifest and every truncation, and many
 * random changes.  What the core still accepts must be deterministic CBOR to a
 * second reader too, which shares no code with it.
 */

#include "core_test.h"

/* The length in bytes of a deterministic item, 0 if there is none. */
static uint64_t item_size(const uint8_t *data, uint64_t size)
{
	static const uint64_t least[] = { 24, 0x100, 0x10000, 0x100000000 };
	uint64_t value, used = 1, extra, part, i;
	int major;

	if (!size)
		return 0;
	major = data[0] >> 5;
	value = data[0] & 0x1f;
	if (major == 1 || major > 5 || value > 27)
		return 0;
	if (value >= 24) {
		uint64_t min = least[value - 24];

		extra = 1 << (value - 24);
		if (extra > size - 1)
			return 0;
		for (value = 0; extra--; used++)
			value = value * 256 + data[used];
		if (value < min)
			return 0;
	}
	if (major == 0)
		return used;
	if (value > size - used)
		return 0;
	if (major == 2 || major == 3)
		return used + value;
	for (i = 0; i < value * (major == 5 ? 2 : 1); i++, used += part) {
		part = item_size(data + used, size - used);
		if (!part)
			return 0;
	}
	return used;
}

bool is_deterministic(const uint8_t *data, uint32_t size)
{
	return size && item_size(data, size) == size;
}

static bool is_answer(int err)
{
	return !err || err == -EBADMSG || err == -EINVAL || err == -E2BIG;
}

static void test_bytes(uint8_t *data, uint32_t size)
{
	bool answered = true, strict = true, some = false;
	struct agent_fault fault;
	uint32_t at;
	int value, err;

	for (at = 0; at < size; at++) {
		uint8_t was = data[at];

		for (value = 0; value < 256; value++) {
			data[at] = value;
			err = read_manifest(data, size, &fault);
			answered &= is_answer(err);
			strict &= err || is_deterministic(data, size);
			some |= !err && value != was;
		}
		data[at] = was;
	}
	check(answered, "mutation", "each value of each byte has an answer");
	check(strict, "mutation", "what is accepted is deterministic CBOR");
	check(some, "mutation", "a changed name, path or digest is accepted");
}

static void test_cuts(const uint8_t *data, uint32_t size)
{
	struct agent_fault fault;
	bool refused = true;
	uint32_t at;

	for (at = 0; at < size; at++)
		refused &= read_manifest(data, at, &fault) == -EBADMSG;
	check(refused, "mutation", "each truncation is -EBADMSG");
}

/* A fixed generator: the same changes in every run, on every machine. */
static uint32_t next_random(void)
{
	static uint64_t state = 0x636f636f6e7574;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

static void change(uint8_t *data, uint32_t *size)
{
	uint32_t from = next_random() % *size, to = next_random() % *size;

	switch (next_random() % 4) {
	case 0:
		data[to] = next_random();
		break;
	case 1:
		data[to] ^= 1 << next_random() % 8;
		break;
	case 2:
		data[to] = data[from];
		break;
	default: /* Take out the bytes between two places. */
		if (from > to && from - to < 8) {
			memmove(data + to, data + from, *size - from);
			*size -= from - to;
		}
	}
}

static void test_random(const uint8_t *good, uint32_t good_size)
{
	bool answered = true, strict = true;
	struct agent_fault fault;
	uint8_t data[4096];
	int run, changes, err;

	for (run = 0; run < 200000; run++) {
		uint32_t size = good_size;

		memcpy(data, good, size);
		for (changes = next_random() % 4; changes >= 0; changes--)
			change(data, &size);
		err = read_manifest(data, size, &fault);
		answered &= is_answer(err);
		strict &= err || is_deterministic(data, size);
	}
	check(answered, "mutation", "200000 random changes have an answer");
	check(strict, "mutation", "what of them is accepted is deterministic");
}

void test_mutations(const uint8_t *full, uint32_t full_size)
{
	struct agent_fault fault;
	uint8_t data[4096];

	memcpy(data, full, full_size);
	check(!read_manifest(data, full_size, &fault), "manifest",
	      "as libcoconut compiles one with all keys");
	check(is_deterministic(data, full_size), "manifest",
	      "which is deterministic CBOR");
	test_bytes(data, full_size);
	test_cuts(data, full_size);
	test_random(data, full_size);
}
