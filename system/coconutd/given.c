// SPDX-License-Identifier: MIT
/*
 * coconutd: the addresses that one agent has for the hosts that it holds
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holders.h"

#define GIVEN_MAX 32 /* live addresses for one capability */
#define SLACK NS_PER_SECOND
/* A grant that was replaced is revoked, unless it ends soon by itself. */
#define SOON (5 * NS_PER_SECOND)

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

/* The grant of an address that lasts longest. */
static struct given *find_given(struct holder *holder, uint64_t cap,
				const struct resolver_address *address)
{
	struct given *best = NULL;
	size_t i;

	for (i = 0; i < holder->nr_given; i++) {
		struct given *one = &holder->given[i];

		if (one->cap == cap &&
		    !memcmp(&one->address, address, sizeof(*address)) &&
		    (!best || one->expires > best->expires))
			best = one;
	}
	return best;
}

/* Room for one more: that which ends first has to go. */
static void make_room(struct holder *holder, uint64_t cap)
{
	struct given *first = NULL;
	size_t i, count = 0;

	for (i = 0; i < holder->nr_given; i++) {
		struct given *one = &holder->given[i];

		if (one->cap != cap)
			continue;
		count++;
		if (!first || one->expires < first->expires)
			first = one;
	}
	if (count < GIVEN_MAX)
		return;
	cap_take(holder->aid, first->handle);
	forget_given(holder, first);
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
		.hint = cap->host,
	};

	strcpy(wanted.name, coconut_cap_id_name(wanted.id));
	memcpy(wanted.address, address->bytes, sizeof(wanted.address));
	return cap_give(holder->aid, &wanted, ret_handle);
}

/**
 * given_add - grant an address, unless it is granted for as long already
 * @holder: to whom; @ended is set when it is gone
 * @cap: for which of its capabilities
 * @address: the address
 * @now: CLOCK_BOOTTIME nanoseconds
 * @expires: when the address is the host's no more
 */
void given_add(struct holder *holder, const struct host_cap *cap,
	       const struct resolver_address *address, uint64_t now,
	       uint64_t expires)
{
	struct given *old = find_given(holder, cap->handle, address);
	struct given fresh = { .cap = cap->handle, .address = *address };
	uint64_t seconds;
	int err;

	if (cap->expires && cap->expires < expires)
		expires = cap->expires;
	seconds = expires > now ? (expires - now) / NS_PER_SECOND : 0;
	if (!seconds || (old && old->expires + SLACK >= expires))
		return;
	err = grant(holder, cap, address, seconds, &fresh.handle);
	if (err == -ESRCH)
		holder->ended = true;
	else if (err)
		note("agent %llu: %s: cannot grant an address: %s",
		     (unsigned long long)holder->aid, cap->host,
		     coconut_strerror(err));
	if (err)
		return;
	if (old && old->expires > now + SOON) {
		cap_take(holder->aid, old->handle);
		forget_given(holder, old);
	}
	make_room(holder, cap->handle);
	fresh.expires = now + NS_PER_SECOND * seconds;
	holder->given =
		list_grow(holder->given, holder->nr_given, sizeof(fresh));
	holder->given[holder->nr_given++] = fresh;
}

static bool has_cap(const struct holder *holder, uint64_t handle)
{
	size_t i;

	for (i = 0; i < holder->nr_caps; i++) {
		if (holder->caps[i].handle == handle)
			return true;
	}
	return false;
}

/**
 * given_take_back - revoke what was granted for capabilities that are gone
 * @holder: from whom
 */
void given_take_back(struct holder *holder)
{
	size_t i = 0;

	while (i < holder->nr_given) {
		if (has_cap(holder, holder->given[i].cap)) {
			i++;
			continue;
		}
		cap_take(holder->aid, holder->given[i].handle);
		forget_given(holder, &holder->given[i]);
	}
}
