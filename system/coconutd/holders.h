/* SPDX-License-Identifier: MIT */
/*
 * coconutd: what holders.c and given.c share.
 */
#ifndef COCONUTD_HOLDERS_H
#define COCONUTD_HOLDERS_H

#include "coconutd.h"

#define WAY_SIZE 4 /* capabilities that make the way to the resolver */

/**
 * struct host_cap - a capability by a host's name
 * @host: the name
 * @handle: its handle
 * @expires: when its own time is over, CLOCK_BOOTTIME nanoseconds; 0 for never
 * @port_low: first port
 * @port_high: last port
 * @protocol: 6, 17, or 0 for both
 */
struct host_cap {
	char *host;
	uint64_t handle;
	uint64_t expires;
	uint16_t port_low;
	uint16_t port_high;
	uint8_t protocol;
};

/**
 * struct given - an address that was granted
 * @cap: handle of the capability that it was granted for
 * @handle: the grant's own
 * @expires: when it ends
 * @address: the address
 */
struct given {
	uint64_t cap;
	uint64_t handle;
	uint64_t expires;
	struct resolver_address address;
};

/**
 * struct holder - an agent with capabilities by hosts' names
 * @next: another
 * @aid: the agent
 * @ended: it is gone; to be freed
 * @stale: its capabilities are others than @caps
 * @caps: these capabilities
 * @nr_caps: how many
 * @given: addresses granted
 * @nr_given: how many
 * @way: handles of what was granted of the way to the resolver, or 0
 */
struct holder {
	struct holder *next;
	uint64_t aid;
	bool ended;
	bool stale;
	struct host_cap *caps;
	size_t nr_caps;
	struct given *given;
	size_t nr_given;
	uint64_t way[WAY_SIZE];
};

void *list_grow(void *list, size_t count, size_t size);
void given_prune(struct holder *holder, uint64_t now);
void given_compare(struct holder *holder, const uint8_t *list, int64_t size);
void given_add(struct holder *holder, const struct host_cap *cap,
	       const struct resolver_address *address, uint64_t now,
	       uint64_t expires);

#endif /* COCONUTD_HOLDERS_H */
