// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that all eight calls share: pointer and size, flags and reserved
 * fields.  They come before authority, so that a legacy task and an agent get
 * the same errno for the same mistake.
 */

#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "calls.h"
#include "harness.h"
#include "tests.h"

#define PAGE	4096

/**
 * struct shape - what is known of a call's arguments
 * @name: the call
 * @nr: its number
 * @size: of its structure
 * @least: of the structure's first version
 * @flags: bits of the flags that it knows; the flags stand first in each
 */
static const struct shape {
	const char *name;
	long nr;
	size_t size;
	size_t least;
	uint64_t flags;
} shapes[] = {
	{ "agent_spawn", __NR_agent_spawn, 96, 80, 1 },
	{ "agent_attest", __NR_agent_attest, 64, 64, 3 },
	{ "agent_quota", __NR_agent_quota, 40, 40, 1 },
	{ "agent_cap_grant", __NR_agent_cap_grant, 40, 40, 1 },
	{ "agent_cap_revoke", __NR_agent_cap_revoke, 56, 32, 7 },
	{ "agent_cap_present", __NR_agent_cap_present, 32, 32, 1 },
	{ "agent_audit_query", __NR_agent_audit_query, 88, 80, 63 },
	{ "agent_memory_tier", __NR_agent_memory_tier, 40, 40, 1 },
};

/* A page, with nothing mapped after it. */
static uint8_t *map_page(void)
{
	uint8_t *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || munmap(page + PAGE, PAGE))
		bail("no page to test with");
	return page;
}

static void pointers(const struct shape *shape, uint8_t *page)
{
	const char *name = shape->name;
	uint8_t *end = page + PAGE;

	expect(call(shape->nr, NULL, shape->size), -EFAULT,
	       "%s of a null pointer", name);
	expect(call(shape->nr, end, shape->size), -EFAULT,
	       "%s of an unmapped pointer", name);
	expect(call(shape->nr, (void *)-PAGE, shape->size), -EFAULT,
	       "%s of a kernel pointer", name);
	expect(call(shape->nr, end - shape->size + 8, shape->size), -EFAULT,
	       "%s across the end of a mapping", name);
}

static void sizes(const struct shape *shape, uint8_t *page)
{
	const char *name = shape->name;
	long plain;

	memset(page, 0, PAGE);
	expect(call(shape->nr, page, 0), -EINVAL, "%s of size 0", name);
	expect(call(shape->nr, page, 8), -EINVAL, "%s of size 8", name);
	expect(call(shape->nr, page, shape->least - 1), -EINVAL,
	       "%s one byte short", name);
	expect(call(shape->nr, page, PAGE + 1), -E2BIG,
	       "%s larger than a page", name);
	expect(call(shape->nr, page, ~0UL), -E2BIG, "%s of size ~0", name);

	/* A newer program's structure, of which we know the first part. */
	plain = call(shape->nr, page, shape->size);
	expect(call(shape->nr, page, shape->least), plain,
	       "%s of the first version's size is as of today's", name);
	expect(call(shape->nr, page, PAGE), plain,
	       "%s with a tail of zeroes is as without", name);
	page[shape->size] = 1;
	expect(call(shape->nr, page, PAGE), -E2BIG,
	       "%s with the first byte of the tail set", name);
	page[shape->size] = 0;
	page[PAGE - 1] = 1;
	expect(call(shape->nr, page, PAGE), -E2BIG,
	       "%s with the last byte of the tail set", name);
	page[PAGE - 1] = 0;
}

static void flags(const struct shape *shape, uint8_t *page)
{
	uint64_t *first = (uint64_t *)page;
	int bit, wrong = 0;
	long ret;

	memset(page, 0, PAGE);
	for (bit = 0; bit < 64; bit++) {
		if (shape->flags & 1ULL << bit)
			continue;
		*first = 1ULL << bit;
		ret = call(shape->nr, page, shape->size);
		wrong += ret != -EINVAL;
	}
	expect(wrong, 0, "%s refuses each unknown flag with EINVAL",
	       shape->name);
}

/* Fields that have no meaning yet, and values beyond what there is. */
static void fields(void)
{
	const uint8_t byte = 0;
	struct agent_spawn_args spawn = {
		.manifest = (uintptr_t)&byte,
		.manifest_size = 1,
		.signature = (uintptr_t)&byte,
		.signature_size = 1,
	};
	struct agent_quota_args quotas = { .aid = AGENT_AID_SELF };
	struct agent_memory_tier_args tiers = { .aid = AGENT_AID_SELF };

	spawn.reserved = 1;
	expect(CALL(spawn, &spawn), -EINVAL, "agent_spawn: reserved field");
	spawn.reserved = 0;
	quotas.reserved = 1;
	expect(CALL(quota, &quotas), -EINVAL, "agent_quota: reserved field");
	quotas.reserved = 0;
	quotas.resource = AGENT_QUOTA_COUNT;
	expect(CALL(quota, &quotas), -EINVAL, "agent_quota: unknown resource");
	quotas.resource = ~0U;
	expect(CALL(quota, &quotas), -EINVAL, "agent_quota: resource ~0");
	tiers.reserved = 1;
	expect(CALL(memory_tier, &tiers), -EINVAL,
	       "agent_memory_tier: reserved field");
	tiers.reserved = 0;
	tiers.tier = AGENT_TIER_RAM + 1;
	expect(CALL(memory_tier, &tiers), -EINVAL,
	       "agent_memory_tier: unknown tier");
}

static void spawn_values(void)
{
	const uint8_t byte = 0;
	const struct agent_spawn_args good = {
		.manifest = (uintptr_t)&byte,
		.manifest_size = 1,
		.signature = (uintptr_t)&byte,
		.signature_size = 1,
		.exit_signal = SIGCHLD,
	};
	static const struct {
		const char *what;
		struct agent_spawn_args change;
		int error;
	} cases[] = {
		{ "no manifest size", { .manifest_size = 1 }, EINVAL },
		{ "no signature size", { .signature_size = 1 }, EINVAL },
		{ "a manifest one byte too long",
		  { .manifest_size = 1 ^ (AGENT_MANIFEST_MAX + 1) }, E2BIG },
		{ "a manifest of 1 MB", { .manifest_size = 1 ^ (1 << 20) },
		  E2BIG },
		{ "a manifest of size ~0", { .manifest_size = 1 ^ ~0ULL },
		  E2BIG },
		{ "a signature one byte too long",
		  { .signature_size = 1 ^ (AGENT_SIGNATURE_MAX + 1) }, E2BIG },
		{ "a signature of size ~0", { .signature_size = 1 ^ ~0ULL },
		  E2BIG },
		{ "descriptors to keep without an address", { .nr_keep = 1 },
		  EINVAL },
		{ "an address without descriptors to keep", { .keep = 4096 },
		  EINVAL },
		{ "one descriptor too many to keep",
		  { .keep = 4096, .nr_keep = AGENT_KEEP_MAX + 1 }, E2BIG },
		{ "~0 descriptors to keep",
		  { .keep = 4096, .nr_keep = ~0ULL }, E2BIG },
		{ "exit signal 65", { .exit_signal = SIGCHLD ^ 65 }, EINVAL },
		{ "exit signal -1", { .exit_signal = SIGCHLD ^ -1 }, EINVAL },
		{ "a stack without a size", { .stack = 4096 }, EINVAL },
		{ "a stack's size without a stack", { .stack_size = 4096 },
		  EINVAL },
		{ "a kernel stack", { .stack = -4096ULL, .stack_size = 64 },
		  EINVAL },
		{ "vfork on the caller's stack",
		  { .flags = AGENT_SPAWN_VFORK }, EINVAL },
	};
	size_t i;

	/* Each case is what is XORed into a call without a mistake. */
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct agent_spawn_args *change = &cases[i].change;
		struct agent_spawn_args args = good;

		args.flags ^= change->flags;
		args.manifest_size ^= change->manifest_size;
		args.signature_size ^= change->signature_size;
		args.stack ^= change->stack;
		args.stack_size ^= change->stack_size;
		args.exit_signal ^= change->exit_signal;
		args.keep ^= change->keep;
		args.nr_keep ^= change->nr_keep;
		expect(CALL(spawn, &args), -cases[i].error, "agent_spawn: %s",
		       cases[i].what);
	}
}

static void cap_values(void)
{
	const uint64_t both[] = { 3, 5, 6, 7 };
	const uint8_t byte = 0;
	struct agent_cap_grant_args args = {
		.flags = AGENT_GRANT_RELEASE,
		.aid = AGENT_AID_SELF,
		.cap = (uintptr_t)&byte,
	};
	uint64_t self = AGENT_AID_SELF;
	size_t i;

	expect(CALL(cap_grant, &args), -EINVAL,
	       "agent_cap_grant: a release with a capability");
	args.cap = 0;
	args.cap_size = 1;
	expect(CALL(cap_grant, &args), -EINVAL,
	       "agent_cap_grant: a release with a size");
	expect(cap_grant(self, &byte, 0, NULL), -EINVAL,
	       "agent_cap_grant: size 0");
	expect(cap_grant(self, &byte, AGENT_CAP_CBOR_MAX + 1, NULL), -E2BIG,
	       "agent_cap_grant: one byte too long");
	expect(cap_grant(self, &byte, 1 << 20, NULL), -E2BIG,
	       "agent_cap_grant: 1 MB");
	expect(cap_grant(self, &byte, ~0UL, NULL), -E2BIG,
	       "agent_cap_grant: size ~0");
	expect(present(self, &byte, 0), -EINVAL, "agent_cap_present: size 0");
	expect(present(self, &byte, AGENT_CAP_CBOR_MAX + 1), -E2BIG,
	       "agent_cap_present: one byte too long");
	expect(present(self, &byte, 1 << 20), -E2BIG,
	       "agent_cap_present: 1 MB");
	expect(cap_revoke(self, 0, 0, NULL), -EINVAL,
	       "agent_cap_revoke: neither handle nor flag");
	expect(cap_revoke(self, AGENT_REVOKE_ALL, 1, NULL), -EINVAL,
	       "agent_cap_revoke: handle and flag");
	for (i = 0; i < ARRAY_SIZE(both); i++)
		expect(cap_revoke(self, both[i], 0, NULL), -EINVAL,
		       "agent_cap_revoke: flags %#llx together",
		       (unsigned long long)both[i]);
}

static void query_values(void)
{
	struct agent_attest_args at = { .aid = AGENT_AID_SELF };
	struct agent_audit_query_args query = { .aid = AGENT_AID_SELF };
	uint64_t both;

	expect(CALL(attest, &at), -EINVAL, "agent_attest: no buffer");
	expect(CALL(audit_query, &query), -EINVAL,
	       "agent_audit_query: no buffer");
	query.buf = (uintptr_t)&query;
	query.buf_size = 8;
	query.events = 1U << AGENT_EVENT_COUNT;
	expect(CALL(audit_query, &query), -EINVAL,
	       "agent_audit_query: unknown event");
	query.events = 0;
	query.cap = AGENT_CAP_COUNT;
	expect(CALL(audit_query, &query), -EINVAL,
	       "agent_audit_query: unknown capability");
	query.cap = 0;
	for (both = 3; both < 16; both++) {
		if (!(both & (both - 1)))
			continue;
		query.flags = both;
		expect(CALL(audit_query, &query), -EINVAL,
		       "agent_audit_query: flags %llu together",
		       (unsigned long long)both);
	}
	query.flags = AGENT_AUDIT_REASONS;
	query.buf_size = 0;
	expect(CALL(audit_query, &query), -EINVAL,
	       "agent_audit_query: reasons without a buffer");
}

void test_args(void)
{
	uint8_t *page = map_page();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		pointers(&shapes[i], page);
		sizes(&shapes[i], page);
		flags(&shapes[i], page);
	}
	munmap(page, PAGE);
	fields();
	spawn_values();
	cap_values();
	query_values();
	expect(call(608, NULL, 0), -ENOSYS, "the call after the last");
}
