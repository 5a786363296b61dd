// SPDX-License-Identifier: MIT
/*
 * coconutd: agents that hold a host by its name, and the addresses they have
 *
 * The kernel's list of an agent's capabilities is what counts. It is read when
 * there is a new agent and when the chain or an operation tells of a change.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holders.h"

/* What an agent needs in order to ask for a name at all. */
static const char *const way[WAY_SIZE] = {
	"net.connect 127.0.0.1:53/udp",
	"fs.read /etc/resolv.conf",
	"fs.read /etc/host.conf",
	"fs.read /etc/gai.conf",
};

static struct holder *holders;

static void free_caps(struct host_cap *caps, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(caps[i].host);
	free(caps);
}

/* ---- what the kernel says -------------------------------------------- */

/* Return: whether the capability is by name and can be served. */
static bool read_cap(const struct agent_cap_info *info,
		     struct host_cap *ret_cap)
{
	struct coconut_cap cap;
	bool good;

	if (info->id != AGENT_CAP_NET_CONNECT ||
	    coconut_cap_decode(info + 1, info->cbor_size, &cap, NULL))
		return false;
	/* With an address it is one that was granted here. */
	good = cap.host && !cap.family &&
	       (!info->expires_ns || info->expires_ns > loop_now());
	if (good) {
		*ret_cap = (struct host_cap){
			.host = cap.host,
			.handle = info->handle,
			.expires = info->expires_ns,
			.port_low = cap.port_low,
			.port_high = cap.port_high,
			.protocol = cap.protocol,
		};
		cap.host = NULL;
	}
	coconut_cap_clear(&cap);
	return good;
}

static size_t read_caps(const uint8_t *list, int64_t size,
			struct host_cap **ret_caps)
{
	struct host_cap *caps = NULL, cap;
	size_t count = 0;
	int64_t at;

	for (at = 0; at < size;) {
		const struct agent_cap_info *info = (const void *)(list + at);

		at += info->size;
		if (!read_cap(info, &cap))
			continue;
		caps = list_grow(caps, count, sizeof(*caps));
		caps[count++] = cap;
	}
	*ret_caps = caps;
	return count;
}

/* ---- the way to the resolver ----------------------------------------- */

static void give_way(struct holder *holder)
{
	struct coconut_cap cap;
	size_t i;

	for (i = 0; i < WAY_SIZE; i++) {
		if (holder->way[i] || coconut_cap_parse(way[i], &cap, NULL))
			continue;
		if (!cap_is_held(holder->aid, &cap))
			cap_give(holder->aid, &cap, &holder->way[i]);
		coconut_cap_clear(&cap);
	}
}

/* ---- agents that come and go ----------------------------------------- */

static struct holder *find(uint64_t aid)
{
	struct holder *holder;

	for (holder = holders; holder && holder->aid != aid;
	     holder = holder->next)
		;
	return holder;
}

static struct holder *add(uint64_t aid)
{
	struct holder *holder = calloc(1, sizeof(*holder));

	if (!holder)
		abort();
	holder->aid = aid;
	holder->next = holders;
	holders = holder;
	return holder;
}

static void sweep(void)
{
	struct holder **link = &holders, *holder;

	while ((holder = *link)) {
		if (!holder->ended) {
			link = &holder->next;
			continue;
		}
		*link = holder->next;
		free_caps(holder->caps, holder->nr_caps);
		free(holder->given);
		free(holder);
	}
}

/* The addresses have ended with their hosts; the way is for any of them. */
static void take_way(struct holder *holder)
{
	size_t i;

	for (i = 0; i < WAY_SIZE; i++) {
		if (holder->way[i])
			cap_take(holder->aid, holder->way[i]);
	}
}

/**
 * holders_update - an agent's capabilities may have changed
 * @aid: the agent
 */
void holders_update(uint64_t aid)
{
	struct holder *holder = find(aid);
	struct host_cap *caps;
	const uint8_t *list;
	int64_t size = caps_list(aid, &list);
	size_t i, count = read_caps(list, size, &caps);

	if (!holder && !count)
		return;
	if (!holder)
		holder = add(aid);
	free_caps(holder->caps, holder->nr_caps);
	holder->caps = caps;
	holder->nr_caps = count;
	given_compare(holder, list, size);
	if (!count) {
		take_way(holder);
		holder->ended = true;
		sweep();
		return;
	}
	resolver_start();
	give_way(holder);
	/* The agent may end meanwhile. */
	for (i = 0; (holder = find(aid)) && i < holder->nr_caps; i++)
		hosts_prepare(holder->caps[i].host);
	if (holder)
		holder->stale = false;
}

static struct holder *find_stale(void)
{
	uint64_t now = loop_now();
	struct holder *holder;
	size_t i;

	for (holder = holders; holder; holder = holder->next) {
		if (holder->stale)
			return holder;
		for (i = 0; i < holder->nr_caps; i++) {
			if (holder->caps[i].expires &&
			    holder->caps[i].expires <= now)
				return holder;
		}
	}
	return NULL;
}

/**
 * holders_catch_up - look at the agents that are new, or whose time is over
 *
 * AIDs only grow, so those are the ones above the last that was seen. One that
 * does not run its image yet asks for nothing, and is looked at again.
 */
void holders_catch_up(void)
{
	static uint64_t last = AGENT_AID_ROOT;
	struct agent_attestation at;
	struct agent_attest_args next = {
		.flags = AGENT_ATTEST_NEXT,
		.aid = last,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};

	struct holder *holder;

	while ((holder = find_stale()))
		holders_update(holder->aid);
	while (coconut_agent_attest(&next) > 0) {
		bool runs = at.state != AGENT_SPAWNING &&
			    at.state != AGENT_ATTESTED;

		if (runs)
			holders_update(at.aid);
		if (runs && last == next.aid)
			last = at.aid;
		next.aid = at.aid;
	}
}

/**
 * holders_want - whether some agent holds a host by its name
 * @host: the name
 *
 * Return: true if so.
 */
bool holders_want(const char *host)
{
	const struct holder *holder;
	size_t i;

	for (holder = holders; holder; holder = holder->next) {
		for (i = 0; i < holder->nr_caps; i++) {
			if (!strcmp(holder->caps[i].host, host))
				return true;
		}
	}
	return false;
}

/**
 * holders_grant - give a host's addresses to all agents that hold it
 * @host: its name
 * @addresses: the addresses
 * @count: how many
 * @now: CLOCK_BOOTTIME nanoseconds
 * @expires: when the addresses' life ends
 */
void holders_grant(const char *host, const struct resolver_address *addresses,
		   unsigned int count, uint64_t now, uint64_t expires)
{
	struct holder *holder;
	unsigned int j;
	size_t i;

	for (holder = holders; holder; holder = holder->next) {
		given_prune(holder, now);
		for (i = 0; i < holder->nr_caps; i++) {
			if (strcmp(holder->caps[i].host, host) != 0)
				continue;
			for (j = 0; j < count && !holder->ended; j++)
				given_add(holder, &holder->caps[i],
					  &addresses[j], now, expires);
		}
	}
	sweep();
}

/**
 * holders_see - take notice of a row of the chain
 * @row: the row
 *
 * What coconutd itself grants it knows; but what falls with a capability that
 * it revokes may be anyone's.
 */
void holders_see(const struct coconut_row *row)
{
	struct holder *holder;

	switch (row->event) {
	case AGENT_EVENT_STATE:
		if (row->parent > AGENT_AID_ROOT &&
		    row->object[0] == AGENT_ATTESTED &&
		    row->object[1] == AGENT_ACTIVE)
			holders_update(row->aid);
		break;
	case AGENT_EVENT_GRANT:
		if (row->cap == AGENT_CAP_NET_CONNECT &&
		    row->object[1] != AGENT_AID_ROOT)
			holders_update(row->aid);
		break;
	case AGENT_EVENT_REVOKE:
		if (find(row->aid))
			holders_update(row->aid);
		break;
	case AGENT_EVENT_EXIT:
		holder = find(row->aid);
		if (holder)
			holder->ended = true;
		sweep();
		break;
	}
}
