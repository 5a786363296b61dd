// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: what a capability allows, and what is taken from its rate
 *
 * A capability covers another when all that the other allows it allows too;
 * a child never gets what its spawner's do not cover.  How long and how often
 * a capability lasts is not looked at here: what a derived one is derived from
 * counts along with it at each use.
 */

#include "core.h"

#define NS_PER_SECOND	1000000000ULL

/* Whether two addresses agree in their first bits. */
static bool same_prefix(const u8 *a, const u8 *b, u32 bits)
{
	u32 whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

/**
 * agent_net_covers - whether one address scope contains another
 * @scope: the wider one
 * @wanted: the narrower one, or a single address with its whole prefix
 *
 * An IPv4-mapped IPv6 address is given as the IPv4 address that it means.
 *
 * Return: true if it does.
 */
bool agent_net_covers(const struct agent_net_scope *scope,
		      const struct agent_net_scope *wanted)
{
	if (scope->protocol && scope->protocol != wanted->protocol)
		return false;
	if (wanted->port_low < scope->port_low ||
	    wanted->port_high > scope->port_high)
		return false;
	if (!scope->family)
		return true;
	return scope->family == wanted->family &&
	       wanted->prefix >= scope->prefix &&
	       same_prefix(scope->address, wanted->address, scope->prefix);
}

/**
 * agent_relation_covers - whether a relation reaches an agent
 * @held: AGENT_REL_*
 * @self: the other is the agent itself
 * @descendant: the other descends from it
 *
 * Return: true if it does.
 */
bool agent_relation_covers(u32 held, bool self, bool descendant)
{
	return self || held == AGENT_REL_ALL ||
	       (held == AGENT_REL_DESCENDANTS && descendant);
}

static bool same_text(struct agent_text a, struct agent_text b)
{
	return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

/* A host's name stands for no address: those are for AID 1 to find out. */
static bool is_name_only(const struct agent_cap_spec *spec)
{
	return spec->host.size && !spec->net.family;
}

static bool covers_net(const struct agent_cap_spec *held,
		       const struct agent_cap_spec *wanted)
{
	if (is_name_only(held) &&
	    !(is_name_only(wanted) && same_text(held->host, wanted->host)))
		return false;
	return agent_net_covers(&held->net, &wanted->net);
}

static bool covers_text(const struct agent_cap_spec *held,
			const struct agent_cap_spec *wanted)
{
	if (held->id == AGENT_CAP_USER && !same_text(held->name, wanted->name))
		return false;
	return !held->scope.size || same_text(held->scope, wanted->scope);
}

/**
 * agent_cap_covers - whether one capability contains another
 * @held: the wider one
 * @wanted: the narrower one
 *
 * Of path scopes it compares only what they allow, not where: that is for who
 * knows the file system.
 *
 * Return: true if it does.
 */
bool agent_cap_covers(const struct agent_cap_spec *held,
		      const struct agent_cap_spec *wanted)
{
	if (held->id != wanted->id || held->id == AGENT_CAP_NONE ||
	    (u32)held->id >= AGENT_CAP_COUNT)
		return false;
	switch (agent_scope_of(held->id)) {
	case AGENT_SCOPE_NET:
		return covers_net(held, wanted);
	case AGENT_SCOPE_RELATION:
		return held->relation >= wanted->relation;
	case AGENT_SCOPE_TEXT:
		return covers_text(held, wanted);
	default:
		return true;
	}
}

/**
 * agent_cap_is_host - whether a capability names a host and no address of it
 * @spec: the capability
 *
 * Such a one allows no address by itself, see agent_cap_gives_address().
 *
 * Return: true if it does.
 */
bool agent_cap_is_host(const struct agent_cap_spec *spec)
{
	return spec->id == AGENT_CAP_NET_CONNECT && is_name_only(spec);
}

/**
 * agent_cap_gives_address - whether an address is one that a host's name is for
 * @host: the capability for the host
 * @address: the capability for an address of it
 *
 * That the address is the host's, AID 1 answers for.
 *
 * Return: true if who holds @host may be given @address.
 */
bool agent_cap_gives_address(const struct agent_cap_spec *host,
			     const struct agent_cap_spec *address)
{
	return agent_cap_is_host(host) &&
	       address->id == AGENT_CAP_NET_CONNECT && address->net.family &&
	       same_text(host->host, address->host) &&
	       agent_net_covers(&host->net, &address->net);
}

/**
 * agent_cap_may_grant - whether a capability permits to grant or revoke another
 * @held: a capability of the granter
 * @wanted: the capability to be granted, or to be revoked
 *
 * Return: true for a cap.grant that names @wanted's kind, or that names none.
 */
bool agent_cap_may_grant(const struct agent_cap_spec *held,
			 const struct agent_cap_spec *wanted)
{
	return held->id == AGENT_CAP_CAP_GRANT &&
	       (!held->scope.size || same_text(held->scope, wanted->name));
}

/* Nanoseconds after which one use comes back, rounded up. */
static u64 part_of(u32 rate, u32 period)
{
	return (period * NS_PER_SECOND + rate - 1) / rate;
}

/* Moves @due by @part, if it is not more than @most after @now. */
static bool move_due(u64 *due, u64 now, u64 part, u64 most)
{
	u64 start = *due > now ? *due : now;

	if (start - now > most || part > ~0ULL - start)
		return false;
	*due = start + part;
	return true;
}

/**
 * agent_rate_take - take one use from a rate
 * @due: when all uses would be there again, 0 at first; moves on when one is
 *	taken
 * @now: the time, in nanoseconds of the same clock
 * @rate: how many uses there are at most, 0 for no rate
 * @period: seconds in which they come back, one after the other
 *
 * Each use comes back after its part of the period, which is rounded up: no
 * rounding ever gives one more.
 *
 * Return: true if one was taken; false, and nothing changed, if there is none.
 */
bool agent_rate_take(u64 *due, u64 now, u32 rate, u32 period)
{
	u64 part;

	if (!rate)
		return true;
	part = part_of(rate, period);
	return move_due(due, now, part, part * (rate - 1));
}
