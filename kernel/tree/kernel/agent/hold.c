// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: whether one holds what is asked for
 */

#include <linux/slab.h>

#include "agent.h"

static struct agent_bundle *bundle_of(struct agent *agent)
{
	return rcu_dereference_protected(agent->bundle,
					 lockdep_is_held(&agent->mutex));
}

/* Whether the agent has a hole where the capability has none. */
static bool has_hole_in(const struct agent_bundle *bundle,
			const struct agent_cap *cap)
{
	bool in;
	u32 i, j;

	for (i = 0; i < bundle->nr_roots; i++) {
		const struct agent_root *root = &bundle->roots[i];

		if (root->rights & AGENT_RIGHT(cap->spec.id) ||
		    !agent_place_in(&root->at, &cap->scope.at))
			continue;
		in = true;
		for (j = 0; in && j < cap->nr_except; j++)
			in = !agent_place_in(&root->at, &cap->except[j].at);
		if (in)
			return true;
	}
	return false;
}

/*
 * A path scope is covered when its root is; holes below it that the agent has
 * and the capability lacks are carved into a child's bundle when it is made.
 */
static struct agent_cap *find_cover(const struct agent_bundle *bundle,
				    const struct agent_cap *wanted)
{
	const struct agent_root *root;
	struct agent_cap *cap;
	u32 i;

	if (wanted->scope.at.path.dentry) {
		root = agent_bundle_rights(bundle, &wanted->scope.at);
		if (!root || !(root->rights & AGENT_RIGHT(wanted->spec.id)))
			return NULL;
		cap = agent_root_cap(bundle, root, wanted->spec.id);
		return agent_cap_live(cap) ? cap : NULL;
	}
	for (i = 0; i < bundle->nr_caps; i++) {
		cap = bundle->caps[i];
		if (agent_cap_covers(&cap->spec, &wanted->spec) &&
		    agent_cap_live(cap))
			return cap;
	}
	return NULL;
}

/* Another capability may give what the spent one gave until now. */
static void replace_spent(struct agent *agent, const struct agent_cap *wanted)
{
	const struct agent_root *root;
	bool spent;

	if (!wanted->scope.at.path.dentry)
		return;
	mutex_lock(&agent->mutex);
	root = agent_bundle_rights(bundle_of(agent), &wanted->scope.at);
	spent = root && root->rights & AGENT_RIGHT(wanted->spec.id) &&
		!agent_cap_live(agent_root_cap(bundle_of(agent), root,
					       wanted->spec.id));
	mutex_unlock(&agent->mutex);
	if (spent)
		agent_bundle_refresh(agent);
}

/**
 * agent_find_source - the capability of an agent that covers another
 * @agent: the agent, limited by its bundle
 * @wanted: the capability wanted, bound
 *
 * Return: the agent's capability, referenced, or NULL.
 */
struct agent_cap *agent_find_source(struct agent *agent,
				    const struct agent_cap *wanted)
{
	struct agent_cap *cap;

	replace_spent(agent, wanted);
	mutex_lock(&agent->mutex);
	cap = find_cover(bundle_of(agent), wanted);
	if (cap)
		refcount_inc(&cap->usage);
	mutex_unlock(&agent->mutex);
	return cap;
}

/**
 * agent_find_host - the capability of an agent for the host of an address
 * @agent: the agent
 * @wanted: an address of a host
 *
 * Return: the agent's capability, referenced, or NULL.
 */
struct agent_cap *agent_find_host(struct agent *agent,
				  const struct agent_cap *wanted)
{
	const struct agent_bundle *bundle;
	struct agent_cap *found = NULL;
	u32 i;

	mutex_lock(&agent->mutex);
	bundle = bundle_of(agent);
	for (i = 0; !found && i < bundle->nr_caps; i++) {
		struct agent_cap *cap = bundle->caps[i];

		if (agent_cap_gives_address(&cap->spec, &wanted->spec) &&
		    agent_cap_live(cap))
			found = cap;
	}
	if (found)
		refcount_inc(&found->usage);
	mutex_unlock(&agent->mutex);
	return found;
}

/**
 * agent_find_handle - a capability of an agent by its handle
 * @agent: the agent
 * @handle: the handle
 *
 * Return: the capability, referenced, or NULL.
 */
struct agent_cap *agent_find_handle(struct agent *agent, u64 handle)
{
	const struct agent_bundle *bundle;
	struct agent_cap *found = NULL;
	u32 i;

	mutex_lock(&agent->mutex);
	bundle = bundle_of(agent);
	for (i = 0; !found && i < bundle->nr_caps; i++) {
		if (bundle->caps[i]->handle == handle)
			found = bundle->caps[i];
	}
	if (found)
		refcount_inc(&found->usage);
	mutex_unlock(&agent->mutex);
	return found;
}

/* One that a path is covered by covers all below it, but for holes. */
static struct agent_cap *find_whole(const struct agent_bundle *bundle,
				    const struct agent_cap *wanted)
{
	struct agent_cap *cap = find_cover(bundle, wanted);

	if (cap && wanted->scope.at.path.dentry && has_hole_in(bundle, wanted))
		return NULL;
	return cap;
}

/**
 * agent_bundle_holds - whether an agent holds the whole of a capability
 * @agent: the agent
 * @cap: the capability wanted, bound
 *
 * Return: true if it does, without a hole that @cap does not have.
 */
bool agent_bundle_holds(struct agent *agent, const struct agent_cap *cap)
{
	bool holds;

	if (agent->aid == AGENT_AID_ROOT)
		return true;
	replace_spent(agent, cap);
	mutex_lock(&agent->mutex);
	holds = find_whole(bundle_of(agent), cap);
	mutex_unlock(&agent->mutex);
	return holds;
}

static enum agent_audit_reason use_any(const struct agent_bundle *bundle,
				       const struct agent_cap *wanted)
{
	enum agent_audit_reason reason = AGENT_REASON_SCOPE;
	u32 i;

	for (i = 0; reason != AGENT_REASON_NONE && i < bundle->nr_caps; i++) {
		struct agent_cap *cap = bundle->caps[i];

		if (agent_cap_covers(&cap->spec, &wanted->spec))
			reason = agent_cap_use(cap);
	}
	return reason;
}

/**
 * agent_use_held - use what an agent holds, in a service's name
 * @agent: the agent
 * @cap: the capability wanted, bound
 *
 * Return: AGENT_REASON_NONE when one use was taken, or why not.
 */
enum agent_audit_reason agent_use_held(struct agent *agent,
				       const struct agent_cap *cap)
{
	enum agent_audit_reason reason;
	struct agent_cap *by;

	if (agent->aid == AGENT_AID_ROOT)
		return AGENT_REASON_NONE;
	replace_spent(agent, cap);
	mutex_lock(&agent->mutex);
	if (cap->scope.at.path.dentry) {
		by = find_whole(bundle_of(agent), cap);
		reason = by ? agent_cap_use(by) : AGENT_REASON_SCOPE;
	} else {
		reason = use_any(bundle_of(agent), cap);
	}
	mutex_unlock(&agent->mutex);
	return reason;
}

/**
 * agent_may_grant - whether an agent has the authority to grant or revoke
 * @subject: the agent
 * @spec: the capability in question, or NULL for whatever there is
 *
 * Return: AGENT_REASON_NONE when one use of it was taken, or why not.
 */
enum agent_audit_reason agent_may_grant(struct agent *subject,
					const struct agent_cap_spec *spec)
{
	enum agent_audit_reason reason = AGENT_REASON_AUTHORITY;
	const struct agent_bundle *bundle;
	u32 i;

	rcu_read_lock();
	bundle = rcu_dereference(subject->bundle);
	for (i = 0; reason != AGENT_REASON_NONE && i < bundle->nr_caps; i++) {
		struct agent_cap *cap = bundle->caps[i];

		if (cap->spec.id != AGENT_CAP_CAP_GRANT)
			continue;
		if (spec ? agent_cap_may_grant(&cap->spec, spec) :
			   !cap->spec.scope.size)
			reason = agent_cap_use(cap);
	}
	rcu_read_unlock();
	return reason;
}

/*
 * AID 1 keeps the chain, on which all else rests: "all" are all others, for what
 * could stop it or speak in its name.
 */
static bool is_spared(enum agent_cap_id id, const struct agent *object)
{
	return object && object->aid == AGENT_AID_ROOT &&
	       BIT(id) & (BIT(AGENT_CAP_PROC_SIGNAL) |
			  BIT(AGENT_CAP_PROC_TRACE) |
			  BIT(AGENT_CAP_QUOTA_SET) | BIT(AGENT_CAP_MEM_TIER));
}

static enum agent_audit_reason ask(struct agent *subject, enum agent_cap_id id,
				   const struct agent *object, bool use)
{
	enum agent_audit_reason reason = AGENT_REASON_SCOPE;
	const struct agent_bundle *bundle;
	bool self, below;
	u32 i;

	if (!subject)
		return AGENT_REASON_LEGACY;
	if (subject->aid == AGENT_AID_ROOT)
		return AGENT_REASON_NONE;
	if (is_spared(id, object))
		return AGENT_REASON_SCOPE;
	self = subject == object;
	below = object && agent_is_ancestor(subject, object);
	rcu_read_lock();
	bundle = rcu_dereference(subject->bundle);
	if (!bundle || !(bundle->held & BIT(id)))
		goto unlock;
	for (i = 0; reason != AGENT_REASON_NONE && i < bundle->nr_caps; i++) {
		struct agent_cap *cap = bundle->caps[i];

		if (cap->spec.id != id ||
		    !agent_relation_covers(cap->spec.relation, self, below))
			continue;
		reason = use ? agent_cap_use(cap) : AGENT_REASON_NONE;
	}
unlock:
	rcu_read_unlock();
	return reason;
}

/**
 * agent_ask - whether a capability that has no object reaches another agent
 * @subject: who acts; NULL for AID 0, which has none
 * @id: the capability, scoped by relation or not at all
 * @object: on whom; the subject itself for a capability without a scope
 *
 * Context: Any.
 * Return: AGENT_REASON_NONE when one use of it was taken, or why not.
 */
enum agent_audit_reason agent_ask(struct agent *subject, enum agent_cap_id id,
				  const struct agent *object)
{
	return ask(subject, id, object, true);
}

/**
 * agent_reaches - whether what an agent has begun it may go on with
 * @subject: who acts
 * @id: a relation-scoped capability
 * @object: on whom
 *
 * What has expired goes from the bundle, and until then is not gone.
 *
 * Context: Any.
 * Return: true if the capability is still there; nothing is used.
 */
bool agent_reaches(struct agent *subject, enum agent_cap_id id,
		   const struct agent *object)
{
	return ask(subject, id, object, false) == AGENT_REASON_NONE;
}

/**
 * agent_has - whether a relation-scoped capability reaches another agent
 * @subject: who acts; NULL for AID 0, which has none
 * @id: the capability
 * @object: on whom
 *
 * Context: Any.
 * Return: true if it does, and one use of it was taken.
 */
bool agent_has(struct agent *subject, enum agent_cap_id id,
	       const struct agent *object)
{
	return agent_ask(subject, id, object) == AGENT_REASON_NONE;
}
