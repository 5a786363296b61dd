/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The eight calls, raw: each takes the size as well, and gives what the kernel
 * gave, errors as negative errnos.
 */
#ifndef COCONUT_TEST_CALLS_H
#define COCONUT_TEST_CALLS_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <linux/agent.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static inline long call(long nr, const void *args, size_t size)
{
	long ret = syscall(nr, args, size);

	return ret < 0 ? -errno : ret;
}

#define CALL(name, args) call(__NR_agent_##name, args, sizeof(*(args)))

/* Whichever part of the answer is not asked for is NULL. */
static inline long attest(uint64_t aid, struct agent_attestation *at)
{
	struct agent_attestation unwanted;
	struct agent_attest_args args = {
		.aid = aid,
		.buf = (uintptr_t)(at ? at : &unwanted),
		.buf_size = sizeof(*at),
	};

	return CALL(attest, &args);
}

static inline long quota(uint64_t aid, uint32_t resource, uint64_t flags,
			 uint64_t *limit, uint64_t *usage)
{
	struct agent_quota_args args = {
		.flags = flags,
		.aid = aid,
		.resource = resource,
		.limit = limit ? *limit : 0,
	};
	long ret = CALL(quota, &args);

	if (!ret && limit)
		*limit = args.limit;
	if (!ret && usage)
		*usage = args.usage;
	return ret;
}

static inline long tier(uint64_t aid, uint64_t flags, uint64_t *limit,
			uint64_t *usage)
{
	struct agent_memory_tier_args args = {
		.flags = flags,
		.aid = aid,
		.tier = AGENT_TIER_RAM,
		.limit = limit ? *limit : 0,
	};
	long ret = CALL(memory_tier, &args);

	if (!ret && limit)
		*limit = args.limit;
	if (!ret && usage)
		*usage = args.usage;
	return ret;
}

static inline long cap_grant(uint64_t aid, const void *cap, size_t size,
			     uint64_t *handle)
{
	struct agent_cap_grant_args args = {
		.aid = aid,
		.cap = (uintptr_t)cap,
		.cap_size = size,
	};
	long ret = CALL(cap_grant, &args);

	if (!ret && handle)
		*handle = args.handle;
	return ret;
}

static inline long release(uint64_t aid)
{
	struct agent_cap_grant_args args = {
		.flags = AGENT_GRANT_RELEASE,
		.aid = aid,
	};

	return CALL(cap_grant, &args);
}

static inline long cap_revoke(uint64_t aid, uint64_t flags, uint64_t handle,
			      uint64_t *removed)
{
	struct agent_cap_revoke_args args = {
		.flags = flags,
		.aid = aid,
		.handle = handle,
	};
	long ret = CALL(cap_revoke, &args);

	if (!ret && removed)
		*removed = args.removed;
	return ret;
}

static inline long present(uint64_t aid, const void *cap, size_t size)
{
	struct agent_cap_present_args args = {
		.aid = aid,
		.cap = (uintptr_t)cap,
		.cap_size = size,
	};

	return CALL(cap_present, &args);
}

#endif /* COCONUT_TEST_CALLS_H */
