// SPDX-License-Identifier: MIT
/*
 * The decisions: no capability gives more than what it was covered by has, no
 * rate more than its uses, and no state follows its end.  Texts are up to
 * TEXT_MAX bytes long, everything else is as large as it can be.
 */

#include "harness.h"

#include "may.c"

#define TEXT_MAX 2
#define BURST_MAX 4

struct agent_cap_spec nondet_spec(void);
struct agent_net_scope nondet_net(void);

static struct agent_text any_name(void)
{
	struct agent_text text;

	text.size = nondet_u32();
	__CPROVER_assume(text.size <= TEXT_MAX);
	text.data = (const char *)any_buffer(TEXT_MAX);
	return text;
}

static bool is_net(const struct agent_net_scope *net)
{
	return (!net->family || net->family == 4 || net->family == 6) &&
	       net->prefix <= (net->family == 4 ? 32 : 128) &&
	       net->port_low <= net->port_high;
}

/* A capability as agent_cap_read() lets it through (see prove_cap.c). */
static struct agent_cap_spec any_cap(void)
{
	struct agent_cap_spec spec = nondet_spec();

	spec.name = any_name();
	spec.scope = any_name();
	spec.host = any_name();
	__CPROVER_assume(spec.id != AGENT_CAP_NONE &&
			 (u32)spec.id < AGENT_CAP_COUNT);
	__CPROVER_assume(spec.relation <= AGENT_REL_ALL && is_net(&spec.net));
	__CPROVER_assume(!spec.host.size || spec.id == AGENT_CAP_NET_CONNECT);
	return spec;
}

void prove_reflexive(void)
{
	struct agent_cap_spec cap = any_cap();

	assert(agent_cap_covers(&cap, &cap));
}

/*
 * Two that cover each other allow the same: only what is not asked about may
 * differ, a host beside its address, the bits behind a prefix, a name.
 */
void prove_antisymmetric(void)
{
	struct agent_cap_spec a = any_cap(), b = any_cap();
	enum agent_scope_kind kind = agent_scope_of(a.id);

	__CPROVER_assume(agent_cap_covers(&a, &b) && agent_cap_covers(&b, &a));
	assert(a.id == b.id);
	assert(a.id != AGENT_CAP_USER || same_text(a.name, b.name));
	if (kind == AGENT_SCOPE_RELATION)
		assert(a.relation == b.relation);
	if (kind == AGENT_SCOPE_TEXT)
		assert(same_text(a.scope, b.scope));
	if (kind != AGENT_SCOPE_NET)
		return;
	assert(is_name_only(&a) == is_name_only(&b));
	assert(!is_name_only(&a) || same_text(a.host, b.host));
	assert(a.net.port_low == b.net.port_low);
	assert(a.net.port_high == b.net.port_high);
	assert(a.net.protocol == b.net.protocol);
	assert(a.net.family == b.net.family);
	if (a.net.family)
		assert(a.net.prefix == b.net.prefix &&
		       same_prefix(a.net.address, b.net.address, a.net.prefix));
}

/* No amplification: what a child's child has, its first spawner's covers. */
void prove_transitive(void)
{
	struct agent_cap_spec a = any_cap(), b = any_cap(), c = any_cap();

	__CPROVER_assume(agent_cap_covers(&a, &b) && agent_cap_covers(&b, &c));
	assert(agent_cap_covers(&a, &c));
}

/* What is asked for when a capability is used, told without agent_cap_covers(). */
struct request {
	struct agent_net_scope address;
	bool self, descendant;
	struct agent_text scope;
};

static bool allows(const struct agent_cap_spec *cap, const struct request *use)
{
	switch (agent_scope_of(cap->id)) {
	case AGENT_SCOPE_NET:
		return !(cap->host.size && !cap->net.family) &&
		       agent_net_covers(&cap->net, &use->address);
	case AGENT_SCOPE_RELATION:
		return agent_relation_covers(cap->relation, use->self,
					     use->descendant);
	case AGENT_SCOPE_TEXT:
		return !cap->scope.size || same_text(cap->scope, use->scope);
	default:
		return true;
	}
}

/* No amplification of any use: what the narrower allows, the wider does. */
void prove_use(void)
{
	struct agent_cap_spec held = any_cap(), wanted = any_cap();
	struct request use;

	use.address = nondet_net();
	use.self = nondet_bool();
	use.descendant = nondet_bool();
	use.scope = any_name();
	__CPROVER_assume(use.address.family == 4 || use.address.family == 6);
	__CPROVER_assume(use.address.prefix ==
			 (use.address.family == 4 ? 32 : 128));
	__CPROVER_assume(use.address.port_low == use.address.port_high);
	__CPROVER_assume(agent_cap_covers(&held, &wanted));
	assert(!allows(&wanted, &use) || allows(&held, &use));
	assert(held.id == wanted.id);
	assert(held.id != AGENT_CAP_USER || same_text(held.name, wanted.name));
}

/* Makes one part of a capability narrower than it can be otherwise. */
static void narrow(struct agent_cap_spec *cap, u32 part)
{
	struct agent_net_scope *net = &cap->net;

	switch (part) {
	case 0:
		__CPROVER_assume(net->port_low++ < net->port_high);
		break;
	case 1:
		__CPROVER_assume(net->port_low < net->port_high--);
		break;
	case 2:
		__CPROVER_assume(!net->protocol);
		net->protocol = nondet_bool() ? 6 : 17;
		break;
	case 3:
		__CPROVER_assume(net->family &&
				 net->prefix < (net->family == 4 ? 32 : 128));
		net->prefix++;
		break;
	case 4:
		__CPROVER_assume(!net->family && !cap->host.size);
		net->family = nondet_bool() ? 4 : 6;
		net->prefix = 0;
		break;
	case 5:
		__CPROVER_assume(!cap->host.size && !net->family &&
				 cap->id == AGENT_CAP_NET_CONNECT);
		cap->host = any_name();
		__CPROVER_assume(cap->host.size);
		break;
	case 6:
		__CPROVER_assume(cap->relation-- > 0);
		break;
	default:
		__CPROVER_assume(!cap->scope.size);
		cap->scope = any_name();
		__CPROVER_assume(cap->scope.size);
	}
}

/* Whether its kind of capability has the part at all. */
static bool has(const struct agent_cap_spec *cap, u32 part)
{
	enum agent_scope_kind kind = agent_scope_of(cap->id);

	return part <= 5 ? kind == AGENT_SCOPE_NET :
	       part == 6 ? kind == AGENT_SCOPE_RELATION :
			   kind == AGENT_SCOPE_TEXT;
}

/* Part by part: the wider covers the narrower, and never the other way. */
void prove_narrow(void)
{
	struct agent_cap_spec wide = any_cap(), small = wide;
	u32 part = nondet_u32();

	__CPROVER_assume(part <= 7 && has(&wide, part));
	narrow(&small, part);
	assert(agent_cap_covers(&wide, &small));
	assert(!agent_cap_covers(&small, &wide));
}

/* A host gives its addresses alone, and never to who has less than the host. */
void prove_address(void)
{
	struct agent_cap_spec host = any_cap(), address = any_cap();
	struct agent_cap_spec wide = any_cap(), small = any_cap();

	__CPROVER_assume(agent_cap_gives_address(&host, &address));
	assert(agent_cap_is_host(&host) && !agent_cap_is_host(&address));
	assert(address.id == AGENT_CAP_NET_CONNECT && address.net.family);
	assert(host.host.size && same_text(host.host, address.host));
	assert(host.net.port_low <= address.net.port_low &&
	       host.net.port_high >= address.net.port_high);
	assert(!host.net.protocol || host.net.protocol == address.net.protocol);
	assert(!agent_cap_covers(&host, &address));
	assert(!agent_cap_covers(&address, &host));
	/* Who covers the host gives or covers the address too. */
	if (agent_cap_covers(&wide, &host))
		assert(agent_cap_gives_address(&wide, &address) ||
		       agent_cap_covers(&wide, &address));
	/* What is narrower than the address is still the host's, or unnamed. */
	if (agent_cap_covers(&address, &small) &&
	    same_text(small.host, host.host))
		assert(agent_cap_gives_address(&host, &small));
}

/* Granting is narrowed as what it grants is. */
void prove_grant(void)
{
	struct agent_cap_spec wide = any_cap(), held = any_cap();
	struct agent_cap_spec wanted = any_cap(), small = any_cap();

	__CPROVER_assume(agent_cap_may_grant(&held, &wanted));
	assert(held.id == AGENT_CAP_CAP_GRANT);
	assert(!held.scope.size || same_text(held.scope, wanted.name));
	if (agent_cap_covers(&wide, &held))
		assert(agent_cap_may_grant(&wide, &wanted));
	/* The reader gives the same name to the same kind. */
	if (agent_cap_covers(&wanted, &small) &&
	    same_text(wanted.name, small.name))
		assert(agent_cap_may_grant(&held, &small));
}

/* The decision on an address is what comparing bit by bit would say. */
void prove_net(void)
{
	struct agent_net_scope scope = nondet_net(), wanted = nondet_net();
	bool covers, same = true;
	uint32_t bit;

	__CPROVER_assume(scope.prefix <= 128);
	covers = agent_net_covers(&scope, &wanted);
	for (bit = 0; bit < 128; bit++) {
		if (bit < scope.prefix)
			same &= !((scope.address[bit / 8] ^
				   wanted.address[bit / 8]) &
				  0x80 >> bit % 8);
	}
	if (scope.family && covers)
		assert(same && scope.family == wanted.family &&
		       scope.prefix <= wanted.prefix);
	if (covers) {
		assert(scope.port_low <= wanted.port_low);
		assert(scope.port_high >= wanted.port_high);
		assert(!scope.protocol || scope.protocol == wanted.protocol);
	} else {
		assert(wanted.port_low < scope.port_low ||
		       wanted.port_high > scope.port_high ||
		       (scope.protocol && scope.protocol != wanted.protocol) ||
		       (scope.family &&
			(!same || scope.family != wanted.family ||
			 wanted.prefix < scope.prefix)));
	}
}

/*
 * One use, at any time, of any rate: it moves what is due by its part, never
 * back, and is refused only when the bucket is empty or time ends.
 */
void prove_take(void)
{
	u64 now = nondet_u64(), due = nondet_u64(), before = due;
	u64 part = nondet_u64(), most = nondet_u64();
	u64 start = due > now ? due : now;

	__CPROVER_assume(part);
	if (move_due(&due, now, part, most)) {
		assert(due > before && due > now && due == start + part);
		assert(due - part - now <= most);
	} else {
		assert(due == before);
		assert(start - now > most || start > ~0ULL - part);
	}
}

/*
 * No more than the rate and what has come back meanwhile, however long it goes
 * on.  Time is counted from the first use on, and after K uses @taken is K
 * parts.  That it is no more than what is due holds at first, and after a use if
 * before; and so K * part <= now + (rate - 1) * part + part at each use.
 */
void prove_rate(void)
{
	u64 now = nondet_u64(), part = nondet_u64(), most = nondet_u64();
	u64 due = nondet_u64(), taken = nondet_u64();

	__CPROVER_assume(part <= AGENT_PERIOD_MAX * NS_PER_SECOND);
	__CPROVER_assume(now < 1ULL << 62 && most < 1ULL << 62);
	__CPROVER_assume(taken <= due);
	if (!move_due(&due, now, part, most))
		return;
	assert(taken <= now + most);
	assert(taken + part <= due);
}

/* No number of a capability makes a sum or a product wrap. */
void prove_wrap(void)
{
	u64 due = nondet_u64(), now = nondet_u64(), before = due;
	u32 rate = nondet_u32(), period = nondet_u32();

	__CPROVER_assume(rate && rate <= AGENT_RATE_MAX);
	__CPROVER_assume(period && period <= AGENT_PERIOD_MAX);
	if (agent_rate_take(&due, now, rate, period))
		assert(due > before && due > now);
	else
		assert(due == before);
}

static u64 one_part;

/* In place of part_of(): any part, the same at each use. */
u64 any_part(u32 rate, u32 period)
{
	(void)rate;
	(void)period;
	return one_part;
}

/* From a full bucket just as many uses at one instant as the rate says. */
void prove_burst(void)
{
	u64 due, now = 1000;
	u32 rate, uses;

	one_part = nondet_u64();
	__CPROVER_assume(one_part &&
			 one_part <= AGENT_PERIOD_MAX * NS_PER_SECOND);
	for (rate = 1; rate <= BURST_MAX; rate++) {
		due = 0;
		for (uses = 0; uses <= rate; uses++)
			assert(agent_rate_take(&due, now, rate, 1) ==
			       (uses < rate));
	}
}

/* Whatever the numbers: no way out of an end, none into the first but back. */
void prove_states(void)
{
	enum agent_state from = nondet_u32(), to = nondet_u32();

	assert(agent_state_name(from));
	if (!agent_state_may_follow(from, to))
		return;
	assert((u32)from < AGENT_TERMINATED_CLEAN);
	assert((u32)to < AGENT_STATE_COUNT && from != to);
	assert(to != AGENT_SPAWNING || from == AGENT_CAPABILITY_DENIED ||
	       from == AGENT_QUARANTINED);
	/* Frozen stays frozen: nothing that a denial does leads out of it. */
	assert(from != AGENT_QUARANTINED || to != AGENT_CAPABILITY_DENIED);
	/* No one runs who has not been attested. */
	assert(to != AGENT_ACTIVE || from != AGENT_SPAWNING);
}

/* Who has not ended can be ended, and frozen. */
void prove_ends(void)
{
	enum agent_state from = nondet_u32();

	__CPROVER_assume((u32)from < AGENT_TERMINATED_CLEAN);
	assert(agent_state_may_follow(from, AGENT_TERMINATED_CLEAN));
	assert(agent_state_may_follow(from, AGENT_TERMINATED_REVOKED));
	assert(from == AGENT_QUARANTINED ||
	       agent_state_may_follow(from, AGENT_QUARANTINED));
}
