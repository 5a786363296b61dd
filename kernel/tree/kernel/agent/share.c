// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: bundles that agents of one manifest share
 *
 * Agents of one manifest are many, and one bundle will do for them as long as
 * none of them is granted something or loses something.
 */

#include <linux/hashtable.h>
#include <linux/mutex.h>

#include "agent.h"

static DEFINE_HASHTABLE(shared, 8);
static DEFINE_MUTEX(shared_mutex);

/**
 * agent_share_key - what makes two first bundles alike
 * @agent: a new agent
 *
 * The manifest, the granter, and what that had then; where the scopes lead is
 * compared as well.
 *
 * Return: the key, 0 for what is not to be shared.
 */
u64 agent_share_key(const struct agent *agent)
{
	const struct agent *parent = agent->parent;
	u64 key;
	u32 i, j;

	if (!parent)
		return 0;
	memcpy(&key, agent->attestation.manifest_digest, sizeof(key));
	key ^= hash_64(parent->aid, 64);
	if (parent->aid != AGENT_AID_ROOT)
		key ^= hash_64(READ_ONCE(parent->generation), 64);
	/* Each step exists once, so its address stands for it. */
	for (i = 0; i < ARRAY_SIZE(agent->way); i++) {
		for (j = 0; j < agent->way[i].nr_steps; j++)
			key = hash_64(key + (unsigned long)
				      agent->way[i].steps[j], 64);
	}
	return key;
}

static bool is_same_place(const struct agent_scope *a,
			  const struct agent_scope *b)
{
	return path_equal(&a->at.path, &b->at.path) &&
	       a->at.late == b->at.late && a->nr_steps == b->nr_steps &&
	       !memcmp(a->steps, b->steps,
		       array_size(a->nr_steps, sizeof(*a->steps)));
}

/* A count or an end of its own is for one agent alone. */
static bool is_same_cap(const struct agent_cap *a, const struct agent_cap *b)
{
	u32 i;

	if (a->cbor_size != b->cbor_size ||
	    memcmp(a->cbor, b->cbor, a->cbor_size) ||
	    a->granter != b->granter || a->flags != b->flags ||
	    a->from != b->from || a->bounded || b->bounded ||
	    a->nr_except != b->nr_except ||
	    !is_same_place(&a->scope, &b->scope))
		return false;
	for (i = 0; i < a->nr_except; i++) {
		if (!is_same_place(&a->except[i], &b->except[i]))
			return false;
	}
	return true;
}

static bool is_same(const struct agent_bundle *bundle,
		    struct agent_cap *const *caps, u32 nr_caps)
{
	u32 i;

	for (i = 0; i < nr_caps && i < bundle->nr_caps; i++) {
		if (!is_same_cap(bundle->caps[i], caps[i]))
			return false;
	}
	return nr_caps == bundle->nr_caps;
}

/**
 * agent_share_find - find a bundle that will do for another agent
 * @key: agent_share_key() of that agent
 * @caps: its capabilities
 * @nr_caps: how many
 *
 * Return: the bundle with a reference, or NULL.
 */
struct agent_bundle *agent_share_find(u64 key, struct agent_cap *const *caps,
				      u32 nr_caps)
{
	struct agent_bundle *bundle;

	if (!key)
		return NULL;
	mutex_lock(&shared_mutex);
	hash_for_each_possible(shared, bundle, node, key) {
		if (bundle->key == key && is_same(bundle, caps, nr_caps)) {
			refcount_inc(&bundle->usage);
			mutex_unlock(&shared_mutex);
			return bundle;
		}
	}
	mutex_unlock(&shared_mutex);
	return NULL;
}

/**
 * agent_share_offer - let other agents have a bundle as well
 * @bundle: a bundle that was made for one
 * @key: agent_share_key() of that agent
 */
void agent_share_offer(struct agent_bundle *bundle, u64 key)
{
	bundle->key = key;
	if (!key)
		return;
	mutex_lock(&shared_mutex);
	hash_add(shared, &bundle->node, bundle->key);
	mutex_unlock(&shared_mutex);
}

/**
 * agent_share_put - drop a reference to a bundle
 * @bundle: the bundle
 *
 * Return: true with the last one; nobody can find it any more.
 */
bool agent_share_put(struct agent_bundle *bundle)
{
	bool last;

	mutex_lock(&shared_mutex);
	last = refcount_dec_and_test(&bundle->usage);
	if (last)
		hash_del(&bundle->node);
	mutex_unlock(&shared_mutex);
	return last;
}
