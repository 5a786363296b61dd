// SPDX-License-Identifier: MIT
/*
 * The pure core in userspace, under the sanitizers: the cases that KUnit runs
 * too, then what is too large or too slow for it.
 */

#include <stdio.h>

#include "core_cases.h"
#include "core_test.h"
#include "manifest_cases.h"
#include "may_cases.h"

static int count, failed;

void check(bool good, const char *what, const char *name)
{
	count++;
	failed += !good;
	printf("%s %d %s: %s\n", good ? "ok" : "not ok", count, what, name);
}

static uint8_t *copy(const uint8_t *data, uint32_t size)
{
	uint8_t *to = malloc(size);

	if (!to && size)
		abort();
	if (size)
		memcpy(to, data, size);
	return to;
}

int read_cap(const uint8_t *data, uint32_t size, struct agent_cap_spec *spec)
{
	struct agent_fault fault = { 0 };
	struct agent_cbor cbor;
	uint8_t *own = copy(data, size);
	int err;

	agent_cbor_init(&cbor, own, size);
	err = agent_cap_read(&cbor, spec, &fault);
	if (err && (!fault.what || fault.offset > size))
		abort();
	free(own);
	return err;
}

int read_manifest(const uint8_t *data, uint32_t size, struct agent_fault *fault)
{
	struct agent_manifest manifest;
	uint8_t *own = copy(data, size);
	int err;

	fault->what = NULL;
	err = agent_manifest_read(own, size, &manifest, fault);
	if (err && (!fault->what || fault->offset > size))
		abort();
	free(own);
	return err;
}

static void test_items(void)
{
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	uint8_t data[64];
	size_t i;

	for (i = 0; i < COUNT(cbor_cases); i++) {
		const struct cbor_case *one = &cbor_cases[i];
		uint32_t size = unhex(one->hex, data);
		uint8_t *own = copy(data, size);
		int err;

		agent_cbor_init(&cbor, own, size);
		err = agent_cbor_next(&cbor, &item);
		check(err == one->error && (err || item.value == one->value),
		      "item", one->name);
		free(own);
	}
}

static void test_caps(void)
{
	struct agent_cap_spec spec;
	uint8_t data[128] = { 0 };
	size_t i;

	for (i = 0; i < COUNT(cap_cases); i++) {
		const struct cap_case *one = &cap_cases[i];
		int err = read_cap(data, unhex(one->hex, data), &spec);

		check(err == one->error && (err || spec.id == one->id),
		      "capability", one->name);
	}
}

static void test_manifests(void)
{
	struct agent_fault fault;
	uint8_t data[MANIFEST_CASE_MAX] = { 0 };
	size_t i;

	for (i = 0; i < COUNT(manifest_cases); i++) {
		const struct manifest_case *one = &manifest_cases[i];
		int err = read_manifest(data, unhex(one->hex, data), &fault);

		check(err == one->error &&
			      (!err || (fault.offset == one->offset &&
					fault.cap == one->cap)),
		      "manifest", one->name);
	}
}

static void test_states(void)
{
	uint32_t from, to;
	char name[80];

	for (from = 0; from <= AGENT_STATE_COUNT; from++) {
		for (to = 0; to <= AGENT_STATE_COUNT; to++) {
			bool may = from < AGENT_STATE_COUNT &&
				   to < AGENT_STATE_COUNT &&
				   edges[from] & 1U << to;

			snprintf(name, sizeof(name), "%s to %s%s",
				 agent_state_name(from), agent_state_name(to),
				 may ? "" : " is no edge");
			check(agent_state_may_follow(from, to) == may, "state",
			      name);
		}
	}
}

static void test_may(void)
{
	size_t i;

	for (i = 0; i < COUNT(covers_cases); i++)
		check(agent_cap_covers(&covers_cases[i].held,
				       &covers_cases[i].wanted) ==
			      covers_cases[i].may,
		      "covers", covers_cases[i].name);
	for (i = 0; i < COUNT(address_cases); i++)
		check(agent_cap_gives_address(&address_cases[i].held,
					      &address_cases[i].wanted) ==
			      address_cases[i].may,
		      "gives address", address_cases[i].name);
	for (i = 0; i < COUNT(grant_cases); i++)
		check(agent_cap_may_grant(&grant_cases[i].held,
					  &grant_cases[i].wanted) ==
			      grant_cases[i].may,
		      "may grant", grant_cases[i].name);
}

static void test_rates(void)
{
	size_t i;

	for (i = 0; i < COUNT(rate_cases); i++) {
		const struct rate_case *one = &rate_cases[i];
		uint64_t due = one->due;
		bool taken =
			agent_rate_take(&due, one->now, one->rate, one->period);

		check(taken == one->taken && due == one->after, "rate",
		      one->name);
	}
}

/* The file is what libcoconut's compiler makes of a manifest with all keys. */
static uint32_t load(const char *path, uint8_t *data, uint32_t max)
{
	char line[8192] = "";
	FILE *file = fopen(path, "r");

	if (!file || !fgets(line, sizeof(line), file) ||
	    strlen(line) / 2 > max) {
		fprintf(stderr, "core_test: %s: not a manifest in hex\n", path);
		exit(2);
	}
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	return unhex(line, data);
}

int main(int argc, char **argv)
{
	uint8_t full[4096];
	uint32_t size;

	if (argc != 2) {
		fprintf(stderr, "usage: core_test MANIFEST.hex\n");
		return 2;
	}
	size = load(argv[1], full, sizeof(full));
	test_items();
	test_caps();
	test_manifests();
	test_mutations(full, size);
	test_bounds();
	test_decisions();
	test_states();
	test_may();
	test_rates();
	return failed != 0;
}
