// SPDX-License-Identifier: MIT
/*
 * The pure core in userspace, under the sanitizers: the cases that KUnit runs
 * too, inputs too large for it, and every mutation of good inputs.
 */

#include <stdio.h>
#include <stdlib.h>

#include "core_cases.h"

static int count, failed;

static void check(bool good, const char *what, const char *name)
{
	count++;
	failed += !good;
	printf("%s %d %s: %s\n", good ? "ok" : "not ok", count, what, name);
}

/* A copy of exactly that size, so that the sanitizer sees a byte too far. */
static int read_cap(const uint8_t *data, uint32_t size,
		    struct agent_cap_spec *spec)
{
	struct agent_fault fault = { 0 };
	struct agent_cbor cbor;
	uint8_t *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, data, size);
	agent_cbor_init(&cbor, copy, size);
	err = agent_cap_read(&cbor, spec, &fault);
	free(copy);
	return err;
}

static int read_manifest(const uint8_t *data, uint32_t size)
{
	struct agent_manifest manifest;
	struct agent_fault fault = { 0 };
	uint8_t *copy = malloc(size ? size : 1);
	int err;

	memcpy(copy, data, size);
	err = agent_manifest_read(copy, size, &manifest, &fault);
	free(copy);
	return err;
}

static void test_tables(void)
{
	struct agent_cbor_item item;
	struct agent_cap_spec spec;
	struct agent_cbor cbor;
	uint8_t data[128];
	size_t i;
	int err;

	for (i = 0; i < sizeof(cbor_cases) / sizeof(cbor_cases[0]); i++) {
		agent_cbor_init(&cbor, data, unhex(cbor_cases[i].hex, data));
		err = agent_cbor_next(&cbor, &item);
		check(err == cbor_cases[i].error &&
		      (err || item.value == cbor_cases[i].value),
		      "item", cbor_cases[i].name);
	}
	for (i = 0; i < sizeof(cap_cases) / sizeof(cap_cases[0]); i++) {
		err = read_cap(data, unhex(cap_cases[i].hex, data), &spec);
		check(err == cap_cases[i].error &&
		      (err || spec.id == cap_cases[i].id),
		      "capability", cap_cases[i].name);
	}
}

/* Whatever a byte becomes, an answer comes, and it is one of the four. */
static void test_mutations(void)
{
	uint8_t data[128];
	uint32_t size = unhex(MANIFEST_HEX, data), at;
	bool bounded = true, cut = true;
	int value, err;

	for (at = 0; at < size; at++) {
		uint8_t was = data[at];

		for (value = 0; value < 256; value++) {
			data[at] = value;
			err = read_manifest(data, size);
			bounded &= !err || err == -EBADMSG || err == -EINVAL ||
				   err == -E2BIG;
		}
		data[at] = was;
		cut &= read_manifest(data, at) == -EBADMSG;
	}
	check(bounded, "manifest", "every byte with every value has an answer");
	check(cut, "manifest", "every truncation is refused");
}

static void test_random(void)
{
	struct agent_cap_spec spec;
	uint8_t data[96];
	unsigned int seed = 1, run, size;

	for (run = 0; run < 200000; run++) {
		size = unhex(cap_cases[run % 9].hex, data);
		data[rand_r(&seed) % size] = rand_r(&seed);
		data[rand_r(&seed) % size] ^= 1 << rand_r(&seed) % 8;
		read_cap(data, rand_r(&seed) % (size + 1), &spec);
		read_cap(data, size, &spec);
	}
	check(true, "capability", "200000 mutations leave the sanitizers silent");
}

static void test_large(void)
{
	struct agent_cap_spec spec;
	uint8_t *data = calloc(1, 1 << 20);
	uint32_t i;

	memset(data, 0x81, 1 << 20);
	check(read_manifest(data, 1 << 20) == -E2BIG, "manifest", "1 MB");
	check(read_manifest(data, 1000) == -EINVAL, "manifest",
	      "arrays nested to a depth of 1000");
	for (i = 0; i + 1 < 2000; i += 2) {
		data[i] = 0xa1;
		data[i + 1] = 0x01;
	}
	check(read_cap(data, 2000, &spec) == -EINVAL, "capability",
	      "maps nested to a depth of 1000");
	free(data);
}

static void test_states(void)
{
	uint32_t from, to;
	bool good = true;

	for (from = 0; from < AGENT_STATE_COUNT; from++) {
		for (to = 0; to < AGENT_STATE_COUNT; to++)
			good &= agent_state_may_follow(from, to) ==
				!!(edges[from] & 1U << to);
	}
	check(good, "states", "every pair is as docs/lifecycle.md says");
}

int main(void)
{
	test_tables();
	test_mutations();
	test_random();
	test_large();
	test_states();
	printf("1..%d\n", count);
	return failed != 0;
}
