// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: capabilities bound to their objects, granted and revoked
 */

#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "agent.h"

static atomic64_t last_handle = ATOMIC64_INIT(0);

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
		if (!err)
			cap->nr_except++;
	}
	return err;
}

static void free_cap(struct agent_cap *cap)
{
	u32 i;

	for (i = 0; i < cap->nr_except; i++)
		agent_scope_put(&cap->except[i]);
	kfree(cap->except);
	agent_scope_put(&cap->scope);
	kfree(cap);
}

/**
 * agent_cap_put - drop a reference to a capability
 * @cap: the capability
 *
 * Context: May sleep.
 */
void agent_cap_put(struct agent_cap *cap)
{
	if (refcount_dec_and_test(&cap->usage))
		free_cap(cap);
}

/**
 * agent_cap_bind - bind a capability to the objects that its scope names
 * @spec: the capability, as read
 * @granter: AID that gives it
 * @flags: AGENT_CAP_INFO_*
 *
 * Return: the capability with one reference, or an ERR_PTR(): what the lookup
 * of its path said, or -ENOMEM.
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
	cap->id = cap->spec.id;
	cap->flags = flags;
	cap->granter = granter;
	cap->net = cap->spec.net;
	cap->relation = cap->spec.relation;
	atomic64_set(&cap->uses, cap->spec.uses ?: S64_MAX);
	if (cap->spec.lifetime)
		cap->expires = ktime_get_boottime_ns() +
			       min_t(u64, cap->spec.lifetime, U32_MAX) *
			       NSEC_PER_SEC;
	if (cap->spec.path.size)
		err = agent_scope_bind(&cap->scope, cap->spec.path);
	if (!err && cap->spec.nr_except)
		err = bind_holes(cap);
	if (!err)
		return cap;
free:
	free_cap(cap);
	return ERR_PTR(err);
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
 * Return: false once its time is over or its uses are spent.
 */
bool agent_cap_live(const struct agent_cap *cap)
{
	return !agent_cap_expired(cap) && atomic64_read(&cap->uses) > 0;
}

/**
 * agent_cap_use - use a capability once
 * @cap: the capability
 *
 * Return: false when its time is over or its uses are spent.
 */
bool agent_cap_use(struct agent_cap *cap)
{
	if (agent_cap_expired(cap))
		return false;
	if (likely(!cap->spec.uses))
		return true;
	return atomic64_dec_if_positive(&cap->uses) >= 0;
}

/**
 * agent_grant - add a capability to an agent's bundle
 * @agent: the agent
 * @cap: the capability; the caller keeps its reference
 * @granter: AID of who grants it
 *
 * Return: 0, -E2BIG when the bundle is full, or -ENOMEM.
 */
int agent_grant(struct agent *agent, struct agent_cap *cap, u64 granter)
{
	int err = agent_bundle_add(agent, cap);

	if (err)
		return err;
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_GRANT,
		.agent = agent,
		.cap = cap->id,
		.object = { cap->handle, granter },
		.payload = cap->cbor,
		.payload_size = cap->cbor_size,
	});
	return 0;
}

/**
 * agent_revoke - take a capability, or all, from an agent's bundle
 * @agent: the agent
 * @handle: which, 0 with @all
 * @all: the whole bundle
 * @revoker: AID of who revokes
 * @removed: how many were removed
 *
 * When this returns, no decision that starts later uses the capability, and
 * open files are asked again at their next use.
 *
 * Return: 0, -ENOENT when there is no such handle, or -ENOMEM.
 */
int agent_revoke(struct agent *agent, u64 handle, bool all, u64 revoker,
		 u64 *removed)
{
	int err = agent_bundle_remove(agent, all ? 0 : handle, removed);

	if (err)
		return err;
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_REVOKE,
		.agent = agent,
		.object = { all ? 0 : handle, revoker },
	});
	return 0;
}
