// SPDX-License-Identifier: MIT
/*
 * coconutd: the capabilities that an agent holds, as the kernel lists them
 */

#include <stdlib.h>

#include "coconutd.h"

#define ROOM (1 << 20)

/**
 * caps_list - list an agent's capabilities
 * @aid: the agent
 * @ret_list: gets struct agent_cap_info records, good until the next call
 *
 * Return: their length in bytes, or a negative errno value.
 */
int64_t caps_list(uint64_t aid, const uint8_t **ret_list)
{
	static uint64_t room[ROOM / sizeof(uint64_t)];
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_CAPS,
		.aid = aid,
		.buf = (uintptr_t)room,
		.buf_size = sizeof(room),
	};

	*ret_list = (const uint8_t *)room;
	return coconut_agent_attest(&args);
}

/**
 * cap_give - grant an agent a capability
 * @aid: the agent
 * @cap: the capability
 * @ret_handle: gets its handle
 *
 * Return: 0, or a negative errno value.
 */
int cap_give(uint64_t aid, const struct coconut_cap *cap, uint64_t *ret_handle)
{
	struct agent_cap_grant_args args = { .aid = aid };
	uint8_t *data;
	size_t size;
	int err = coconut_cap_encode(cap, &data, &size, NULL);

	if (err)
		return err;
	args.cap = (uintptr_t)data;
	args.cap_size = size;
	err = coconut_cap_grant(&args);
	free(data);
	if (!err)
		*ret_handle = args.handle;
	return err;
}

static bool present(uint64_t aid, const struct coconut_cap *cap, uint64_t flags)
{
	struct agent_cap_present_args args = { .flags = flags, .aid = aid };
	uint8_t *data;
	size_t size;
	bool held;

	if (coconut_cap_encode(cap, &data, &size, NULL))
		return false;
	args.cap = (uintptr_t)data;
	args.cap_size = size;
	held = !coconut_cap_present(&args);
	free(data);
	return held;
}

/**
 * cap_is_held - whether an agent holds a capability, or a wider one
 * @aid: the agent
 * @cap: the capability
 *
 * Return: true if it does.
 */
bool cap_is_held(uint64_t aid, const struct coconut_cap *cap)
{
	return present(aid, cap, 0);
}

/**
 * cap_use - let an agent use a capability that coconutd decides about
 * @aid: the agent; that it was allowed or denied is a row of its own
 * @cap: the capability
 *
 * Return: true if it may.
 */
bool cap_use(uint64_t aid, const struct coconut_cap *cap)
{
	return present(aid, cap, AGENT_PRESENT_USE);
}

/**
 * cap_take - revoke a capability, soon
 * @aid: the agent
 * @handle: the capability; one that the agent has lost already is no mistake
 */
void cap_take(uint64_t aid, uint64_t handle)
{
	struct agent_cap_revoke_args args = { .aid = aid, .handle = handle };

	revoke_later(NULL, &args);
}
