// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: capabilities bound to their objects, and used
 *
 * A capability that was derived from another is never more than that one: it
 * ends with it, and what is taken from it is taken from that one as well.
 */

#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "agent.h"

#define TIMES_MAX	16	/* to bind a scope in a tree that is moved about */

static atomic64_t last_handle = ATOMIC64_INIT(0);

/*
 * Whether the way to a hole leads through the top: a tree may be turned over
 * between the two walks.  Where a link leads from there does not matter.
 */
static bool leads_through(const struct agent_scope *hole,
			  const struct agent_scope *top)
{
	u32 i;

	for (i = 0; !top->at.late && i < hole->nr_steps; i++) {
		if (path_equal(&hole->steps[i]->dir, &top->at.path))
			return true;
	}
	return false;
}

static int bind_holes(struct agent_cap *cap)
{
	struct agent_cbor cbor;
	struct agent_cbor_item head;
	struct agent_text text;
	u32 i;
	int err;

	cap->except = kcalloc(cap->spec.nr_except, sizeof(*cap->except),
			      GFP_KERNEL_ACCOUNT);
	if (!cap->except)
		return -ENOMEM;
	agent_cbor_init(&cbor, cap->cbor, cap->cbor_size);
	cbor.pos = cap->spec.except;
	err = agent_cbor_next(&cbor, &head);
	for (i = 0; !err && i < cap->spec.nr_except; i++) {
		err = agent_text_next(&cbor, &text);
		if (!err)
			err = agent_scope_bind(&cap->except[i], text);
		if (err)
			break;
		cap->nr_except++;
		if (!leads_through(&cap->except[i], &cap->scope))
			err = -ESTALE;
	}
	return err;
}

static void unbind(struct agent_cap *cap)
{
	while (cap->nr_except)
		agent_scope_put(&cap->except[--cap->nr_except]);
	kfree(cap->except);
	cap->except = NULL;
	agent_scope_put(&cap->scope);
	memset(&cap->scope, 0, sizeof(cap->scope));
}

static int bind(struct agent_cap *cap)
{
	int err = 0, times = 0;

	do {
		unbind(cap);
		if (cap->spec.path.size)
			err = agent_scope_bind(&cap->scope, cap->spec.path);
		if (!err && cap->spec.nr_except)
			err = bind_holes(cap);
	} while (err == -ESTALE && ++times < TIMES_MAX);
	return err;
}

/* Returns what it was derived from, which the caller is to put. */
static struct agent_cap *free_cap(struct agent_cap *cap)
{
	struct agent_cap *from = cap->from;

	unbind(cap);
	kfree(cap);
	return from;
}

/**
 * agent_cap_put - drop a reference to a capability
 * @cap: the capability, or NULL
 *
 * Context: May sleep.
 */
void agent_cap_put(struct agent_cap *cap)
{
	/* A line of spawners may be long, so there is no recursion. */
	while (cap && refcount_dec_and_test(&cap->usage))
		cap = free_cap(cap);
}

/**
 * agent_cap_bind - bind a capability to the objects that its scope names
 * @spec: the capability, as read
 * @granter: AID that gives it
 * @flags: AGENT_CAP_INFO_*
 *
 * Return: the capability with one reference, or an ERR_PTR(): what the lookup
 * of its path said, -ESTALE where the tree is turned over faster than its holes
 * are found in it, or -ENOMEM.
 */
struct agent_cap *agent_cap_bind(const struct agent_cap_spec *spec,
				 u64 granter, u32 flags)
{
	struct agent_cbor cbor;
	struct agent_fault fault;
	struct agent_cap *cap;
	int err;

	cap = kzalloc(struct_size(cap, cbor, spec->cbor.size),
		      GFP_KERNEL_ACCOUNT);
	if (!cap)
		return ERR_PTR(-ENOMEM);
	refcount_set(&cap->usage, 1);
	cap->cbor_size = spec->cbor.size;
	memcpy(cap->cbor, spec->cbor.data, spec->cbor.size);

	/* Read again, so that the texts point into this copy. */
	agent_cbor_init(&cbor, cap->cbor, cap->cbor_size);
	err = agent_cap_read(&cbor, &cap->spec, &fault);
	if (err)
		goto free;
	cap->handle = atomic64_inc_return(&last_handle);
	cap->flags = flags;
	cap->granter = granter;
	atomic64_set(&cap->uses, cap->spec.uses ?: S64_MAX);
	if (cap->spec.lifetime)
		cap->expires = ktime_get_boottime_ns() +
			       min_t(u64, cap->spec.lifetime, U32_MAX) *
			       NSEC_PER_SEC;
	cap->bounded = cap->expires || cap->spec.uses || cap->spec.rate;
	err = bind(cap);
	if (!err)
		return cap;
free:
	free_cap(cap);
	return ERR_PTR(err);
}

/**
 * agent_cap_derive - note from what a capability is derived
 * @cap: the capability, not published yet
 * @from: the one above it; its reference goes to @cap; or NULL
 */
void agent_cap_derive(struct agent_cap *cap, struct agent_cap *from)
{
	cap->from = from;
	if (!from)
		return;
	if (from->expires && (!cap->expires || from->expires < cap->expires))
		cap->expires = from->expires;
	cap->bounded |= from->bounded;
}

/**
 * agent_cap_reaches - whether a path-scoped capability covers a place
 * @cap: the capability
 * @place: the place
 *
 * Context: May sleep.
 * Return: true if @place is in its scope, and in none of its holes.
 */
bool agent_cap_reaches(const struct agent_cap *cap,
		       const struct agent_place *place)
{
	u32 i;

	if (!agent_place_in(place, &cap->scope.at))
		return false;
	for (i = 0; i < cap->nr_except; i++) {
		if (agent_place_in(place, &cap->except[i].at))
			return false;
	}
	return true;
}

/**
 * agent_cap_expired - whether a capability's time is over
 * @cap: the capability
 *
 * Return: true if so.
 */
bool agent_cap_expired(const struct agent_cap *cap)
{
	return cap->expires && ktime_get_boottime_ns() >= cap->expires;
}

/**
 * agent_cap_live - whether a capability may still be used
 * @cap: the capability
 *
 * A rate that is used up for now comes back, and does not count here.
 *
 * Return: false once its time is over or its uses are spent.
 */
bool agent_cap_live(const struct agent_cap *cap)
{
	if (likely(!cap->bounded))
		return true;
	if (agent_cap_expired(cap))
		return false;
	for (; cap; cap = cap->from) {
		if (atomic64_read(&cap->uses) <= 0)
			return false;
	}
	return true;
}

static u64 interval_of(const struct agent_cap *cap)
{
	return DIV_ROUND_UP_ULL(cap->spec.period * NSEC_PER_SEC,
				cap->spec.rate);
}

static bool take_rate(struct agent_cap *cap, u64 now)
{
	u64 old = READ_ONCE(cap->due), due;

	do {
		due = old;
		if (!agent_rate_take(&due, now, cap->spec.rate,
				     cap->spec.period))
			return false;
	} while (!try_cmpxchg64(&cap->due, &old, due));
	return true;
}

static enum agent_audit_reason take(struct agent_cap *cap, u64 now)
{
	if (cap->spec.uses && atomic64_dec_if_positive(&cap->uses) < 0)
		return AGENT_REASON_EXPIRED;
	if (!cap->spec.rate || take_rate(cap, now))
		return AGENT_REASON_NONE;
	if (cap->spec.uses)
		atomic64_inc(&cap->uses);
	return AGENT_REASON_RATE;
}

/* What was taken from a rate has come back by itself after its interval. */
static void give_back(struct agent_cap *cap, u64 taken)
{
	u64 old = READ_ONCE(cap->due);

	if (cap->spec.uses)
		atomic64_inc(&cap->uses);
	if (cap->spec.rate &&
	    ktime_get_boottime_ns() < taken + interval_of(cap)) {
		while (!try_cmpxchg64(&cap->due, &old, old - interval_of(cap)))
			;
	}
}

/**
 * agent_cap_use - use a capability once, and each that it was derived from
 * @cap: the capability
 *
 * Those below are taken from first. What they lend to a use that fails further
 * up another may be denied meanwhile, though it would have had the last one that
 * is left above: never too many, and now and then one too few.
 *
 * Context: Any.
 * Return: AGENT_REASON_NONE, or why not; then nothing was taken.
 */
enum agent_audit_reason agent_cap_use(struct agent_cap *cap)
{
	enum agent_audit_reason reason = AGENT_REASON_NONE;
	struct agent_cap *at, *lent;
	u64 now;

	if (likely(!cap->bounded))
		return AGENT_REASON_NONE;
	now = ktime_get_boottime_ns();
	if (cap->expires && now >= cap->expires)
		return AGENT_REASON_EXPIRED;
	for (at = cap; at; at = at->from) {
		reason = take(at, now);
		if (reason != AGENT_REASON_NONE)
			break;
	}
	if (reason == AGENT_REASON_NONE)
		return reason;
	for (lent = cap; lent != at; lent = lent->from)
		give_back(lent, now);
	return reason;
}
