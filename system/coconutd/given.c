// SPDX-License-Identifier: MIT
/*
 * coconutd: the addresses that one agent has for the hosts that it holds
 *
 * Each is derived from the capability by the host's name: the kernel counts its
 * uses there, and ends it with that, or with its own time. What is kept here is
 * only what there is no need to grant again.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holders.h"

#define SLACK NS_PER_SECOND

/**
 * list_grow - make room for one element more; PID 1 does not run on without
 * @list: the list
 * @count: elements it has
 * @size: bytes of an element
 *
 * Return: the list, where it is now.
 */
void *list_grow(void *list, size_t count, size_t size)
{
	list = reallocarray(list, count + 1, size);
	if (!list)
		abort();
	return list;
}

static void forget_given(struct holder *holder, struct given *given)
{
	*given = holder->given[--holder->nr_given];
}

/**
 * given_prune - forget the grants that have ended
 * @holder: whose
 * @now: CLOCK_BOOTTIME nanoseconds
 */
void given_prune(struct holder *holder, uint64_t now)
{
	size_t i = 0;

	while (i < holder->nr_given) {
		if (holder->given[i].expires <= now)
			forget_given(holder, &holder->given[i]);
		else
			i++;
	}
}

static bool is_listed(const uint8_t *list, int64_t size, uint64_t handle)
{
	const struct agent_cap_info *info;
	int64_t at;

	for (at = 0; at < size; at += info->size) {
		info = (const void *)(list + at);
		if (info->handle == handle)
			return true;
	}
	return false;
}

/**
 * given_compare - forget the grants that the kernel does not list
 * @holder: whose
 * @list: its capabilities, struct agent_cap_info records
 * @size: their length in bytes, or a negative errno value
 */
void given_compare(struct holder *holder, const uint8_t *list, int64_t size)
{
	size_t i = 0;

	while (i < holder->nr_given) {
		if (is_listed(list, size, holder->given[i].handle))
			i++;
		else
			forget_given(holder, &holder->given[i]);
	}
}

static bool is_given(const struct holder *holder, uint64_t cap,
		     const struct resolver_address *address, uint64_t expires)
{
	size_t i;

	for (i = 0; i < holder->nr_given; i++) {
		const struct given *one = &holder->given[i];

		if (one->cap == cap && one->expires + SLACK >= expires &&
		    !memcmp(&one->address, address, sizeof(*address)))
			return true;
	}
	return false;
}

static int grant(struct holder *holder, const struct host_cap *cap,
		 const struct resolver_address *address, uint64_t seconds,
		 uint64_t *ret_handle)
{
	struct coconut_cap wanted = {
		.id = AGENT_CAP_NET_CONNECT,
		.family = address->family,
		.prefix = address->family == 4 ? 32 : 128,
		.protocol = cap->protocol,
		.port_low = cap->port_low,
		.port_high = cap->port_high,
		.lifetime = seconds,
		.host = cap->host,
	};

	strcpy(wanted.name, coconut_cap_id_name(wanted.id));
	memcpy(wanted.address, address->bytes, sizeof(wanted.address));
	return cap_give(holder->aid, &wanted, ret_handle);
}

/**
 * given_add - grant an address, unless it is granted for as long already
 * @holder: to whom; @ended is set when it is gone, @stale when the kernel knows
 *	of no such capability of its
 * @cap: for which of its capabilities
 * @address: the address
 * @now: CLOCK_BOOTTIME nanoseconds
 * @expires: when the address is the host's no more
 *
 * One that was granted before for a shorter time ends with that.
 */
void given_add(struct holder *holder, const struct host_cap *cap,
	       const struct resolver_address *address, uint64_t now,
	       uint64_t expires)
{
	struct given fresh = { .cap = cap->handle, .address = *address };
	uint64_t seconds;
	int err;

	seconds = expires > now ? (expires - now) / NS_PER_SECOND : 0;
	if (!seconds || is_given(holder, cap->handle, address, expires))
		return;
	err = grant(holder, cap, address, seconds, &fresh.handle);
	holder->ended |= err == -ESRCH;
	holder->stale |= err == -ECAPABILITY;
	if (err && !holder->ended && !holder->stale)
		note("agent %llu: %s: cannot grant an address: %s",
		     (unsigned long long)holder->aid, cap->host,
		     coconut_strerror(err));
	if (err)
		return;
	fresh.expires = now + NS_PER_SECOND * seconds;
	holder->given =
		list_grow(holder->given, holder->nr_given, sizeof(fresh));
	holder->given[holder->nr_given++] = fresh;
}
