// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: bundles, which are made from capabilities
 *
 * A bundle never changes.  Granting, revoking and expiry each make a new one
 * under agent->mutex and publish it; readers take one pointer under RCU.
 */

#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/unaligned.h>

#include "agent.h"

static atomic64_t last_generation = ATOMIC64_INIT(0);

/* Bundles that another agent of the same manifest may get. */
static DEFINE_HASHTABLE(shared, 8);
static DEFINE_MUTEX(shared_mutex);

static void put_bundle_parts(struct agent_bundle *bundle)
{
	u32 i;

	agent_roots_free(bundle);
	for (i = 0; i < bundle->nr_caps; i++)
		agent_cap_put(bundle->caps[i]);
	kvfree(bundle->caps);
	kvfree(bundle->named);
	kfree(bundle);
}

static void free_bundle(struct work_struct *work)
{
	put_bundle_parts(container_of(to_rcu_work(work), struct agent_bundle,
				      rwork));
}

static void put_bundle(struct agent_bundle *bundle)
{
	mutex_lock(&shared_mutex);
	if (!refcount_dec_and_test(&bundle->usage)) {
		mutex_unlock(&shared_mutex);
		return;
	}
	hash_del(&bundle->node);
	mutex_unlock(&shared_mutex);
	INIT_RCU_WORK(&bundle->rwork, free_bundle);
	queue_rcu_work(system_unbound_wq, &bundle->rwork);
}

/* Whether the agent has a hole where the capability has none. */
static bool has_hole_in(const struct agent_bundle *bundle,
			const struct agent_cap *cap)
{
	bool in;
	u32 i, j;

	for (i = 0; i < bundle->nr_roots; i++) {
		const struct agent_root *root = &bundle->roots[i];

		if (root->rights & AGENT_RIGHT(cap->id) ||
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

/* The least that a capability takes, with its name, is more than a word. */
static u32 named_slot(const struct agent_bundle *bundle, const void *cbor,
		      u32 size)
{
	u64 last = size < sizeof(u64) ? 0 :
		   get_unaligned((const u64 *)(cbor + size - sizeof(u64)));

	return hash_64(last ^ size, 32) & bundle->named_mask;
}

/* What is asked for by the very bytes of a capability is found at once. */
static int name_caps(struct agent_bundle *bundle,
		     const struct agent_bundle *parent)
{
	u32 i, slot;

	bundle->named_mask = roundup_pow_of_two(2 * bundle->nr_caps + 2) - 1;
	bundle->named = kvcalloc(bundle->named_mask + 1,
				 sizeof(*bundle->named), GFP_KERNEL_ACCOUNT);
	if (!bundle->named)
		return -ENOMEM;
	for (i = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		bundle->held |= BIT(cap->id);
		/* The spawner may have less of it than it says. */
		if (parent && cap->scope.at.path.dentry)
			continue;
		slot = named_slot(bundle, cap->cbor, cap->cbor_size);
		while (bundle->named[slot])
			slot = (slot + 1) & bundle->named_mask;
		bundle->named[slot] = i + 1;
	}
	return 0;
}

/* Takes over nothing: the new bundle holds references of its own. */
static struct agent_bundle *make_bundle(const struct agent *agent,
					struct agent_cap *const *caps,
					u32 nr_caps,
					const struct agent_bundle *parent)
{
	struct agent_bundle *bundle = kzalloc(sizeof(*bundle),
					      GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;
	u32 i;

	if (!bundle)
		return ERR_PTR(err);
	refcount_set(&bundle->usage, 1);
	bundle->caps = kvcalloc(nr_caps ?: 1, sizeof(*bundle->caps),
				GFP_KERNEL_ACCOUNT);
	if (!bundle->caps)
		goto free;
	for (i = 0; i < nr_caps; i++) {
		if (agent_cap_expired(caps[i]))
			continue;
		refcount_inc(&caps[i]->usage);
		bundle->caps[bundle->nr_caps++] = caps[i];
	}
	err = agent_roots_make(bundle, agent, parent);
	if (!err)
		err = name_caps(bundle, parent);
	if (!err)
		return bundle;
free:
	put_bundle_parts(bundle);
	return ERR_PTR(err);
}

static void schedule_expiry(struct agent *agent,
			    const struct agent_bundle *bundle)
{
	u64 now = ktime_get_boottime_ns();
	u64 next = U64_MAX;
	u32 i;

	for (i = 0; i < bundle->nr_caps; i++) {
		if (bundle->caps[i]->expires)
			next = min(next, bundle->caps[i]->expires);
	}
	if (next == U64_MAX)
		return;
	next = next > now ? next - now : 0;
	mod_delayed_work(system_unbound_wq, &agent->expiry,
			 nsecs_to_jiffies64(next) + 1);
}

static void publish(struct agent *agent, struct agent_bundle *bundle)
{
	struct agent_bundle *old;

	lockdep_assert_held(&agent->mutex);
	old = rcu_replace_pointer(agent->bundle, bundle,
				  lockdep_is_held(&agent->mutex));
	/* Who sees the new number sees the new bundle. */
	smp_store_release(&agent->generation,
			  atomic64_inc_return(&last_generation));
	schedule_expiry(agent, bundle);
	if (old)
		put_bundle(old);
}

/*
 * What makes two first bundles alike, but for where their scopes lead: the
 * manifest, the granter, and what that had then.
 */
static u64 share_key(const struct agent *agent)
{
	const struct agent *parent = agent->parent;
	u64 key;
	u32 i, j;

	if (!parent)
		return 0;
	memcpy(&key, agent->attestation.manifest_digest, sizeof(key));
	key ^= hash_64(parent->aid, 64);
	if (parent->aid != AGENT_AID_ROOT)
		key ^= hash_64(READ_ONCE(parent->generation), 32);
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
	    a->expires || b->expires || a->spec.uses || b->spec.uses ||
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

/* Agents of one manifest are many, and one bundle will do for them. */
static bool share(struct agent *agent, u64 key, struct agent_cap *const *caps,
		  u32 nr_caps)
{
	struct agent_bundle *bundle;

	mutex_lock(&shared_mutex);
	hash_for_each_possible(shared, bundle, node, key) {
		if (bundle->key == key && is_same(bundle, caps, nr_caps)) {
			refcount_inc(&bundle->usage);
			mutex_unlock(&shared_mutex);
			publish(agent, bundle);
			return true;
		}
	}
	mutex_unlock(&shared_mutex);
	return false;
}

static void offer(const struct agent *agent, u64 key)
{
	struct agent_bundle *bundle = rcu_dereference_protected(agent->bundle,
						lockdep_is_held(&agent->mutex));

	bundle->key = key;
	if (!key)
		return;
	mutex_lock(&shared_mutex);
	hash_add(shared, &bundle->node, bundle->key);
	mutex_unlock(&shared_mutex);
}

/* What the spawner has limits the child; AID 1 has everything. */
static int publish_from(struct agent *agent, struct agent_cap *const *caps,
			u32 nr_caps)
{
	struct agent *parent = agent->parent;
	struct agent_bundle *bundle;
	bool limited = parent && parent->aid != AGENT_AID_ROOT;

	lockdep_assert_held(&agent->mutex);
	if (limited)
		mutex_lock_nested(&parent->mutex, SINGLE_DEPTH_NESTING);
	bundle = make_bundle(agent, caps, nr_caps, limited ?
			     rcu_dereference_protected(parent->bundle, true) :
			     NULL);
	if (limited)
		mutex_unlock(&parent->mutex);
	if (IS_ERR(bundle))
		return PTR_ERR(bundle);
	publish(agent, bundle);
	return 0;
}

/**
 * agent_bundle_install - give a new agent its first bundle
 * @agent: the agent
 * @caps: its capabilities; the caller keeps its references
 * @nr_caps: how many
 *
 * Return: 0, or -ENOMEM.
 */
int agent_bundle_install(struct agent *agent, struct agent_cap **caps,
			 u32 nr_caps)
{
	/* Taken before the spawner's bundle is: later it may have less. */
	const u64 key = share_key(agent);
	int err = 0;

	mutex_lock(&agent->mutex);
	if (!share(agent, key, caps, nr_caps)) {
		err = publish_from(agent, caps, nr_caps);
		if (!err)
			offer(agent, key);
	}
	mutex_unlock(&agent->mutex);
	return err;
}

static struct agent_bundle *current_bundle(struct agent *agent)
{
	return rcu_dereference_protected(agent->bundle,
					 lockdep_is_held(&agent->mutex));
}

/**
 * agent_bundle_add - publish a bundle with one capability more
 * @agent: the agent
 * @cap: the capability; the caller keeps its reference
 *
 * Return: 0, -E2BIG when the bundle is full, or -ENOMEM.
 */
int agent_bundle_add(struct agent *agent, struct agent_cap *cap)
{
	struct agent_bundle *old;
	struct agent_cap **caps;
	int err = -E2BIG;

	mutex_lock(&agent->mutex);
	old = current_bundle(agent);
	if (old->nr_caps >= AGENT_CAPS_MAX)
		goto unlock;
	caps = kvmalloc_array(old->nr_caps + 1, sizeof(*caps), GFP_KERNEL);
	err = -ENOMEM;
	if (!caps)
		goto unlock;
	memcpy(caps, old->caps, array_size(old->nr_caps, sizeof(*caps)));
	caps[old->nr_caps] = cap;
	err = publish_from(agent, caps, old->nr_caps + 1);
	kvfree(caps);
unlock:
	mutex_unlock(&agent->mutex);
	return err;
}

/**
 * agent_bundle_remove - publish a bundle with one capability less, or none
 * @agent: the agent
 * @handle: the capability to remove, 0 for all
 * @removed: how many were removed
 *
 * Return: 0, -ENOENT when there is no such handle, or -ENOMEM.
 */
int agent_bundle_remove(struct agent *agent, u64 handle, u64 *removed)
{
	struct agent_bundle *old;
	struct agent_cap **caps;
	u32 i, kept = 0;
	int err = -ENOMEM;

	mutex_lock(&agent->mutex);
	old = current_bundle(agent);
	caps = kvmalloc_array(old->nr_caps ?: 1, sizeof(*caps), GFP_KERNEL);
	if (!caps)
		goto unlock;
	for (i = 0; i < old->nr_caps; i++) {
		if (handle && old->caps[i]->handle != handle)
			caps[kept++] = old->caps[i];
	}
	*removed = old->nr_caps - kept;
	err = -ENOENT;
	if (*removed || !handle)
		err = publish_from(agent, caps, kept);
	kvfree(caps);
unlock:
	mutex_unlock(&agent->mutex);
	return err;
}

/**
 * agent_bundle_refresh - publish a bundle without what is spent or expired
 * @agent: the agent
 *
 * Context: May sleep.
 */
void agent_bundle_refresh(struct agent *agent)
{
	struct agent_bundle *old;

	mutex_lock(&agent->mutex);
	old = current_bundle(agent);
	publish_from(agent, old->caps, old->nr_caps);
	mutex_unlock(&agent->mutex);
}

/**
 * agent_bundle_expire - withdraw what has expired, so that open files know
 * @work: the agent's expiry work
 */
void agent_bundle_expire(struct work_struct *work)
{
	agent_bundle_refresh(container_of(to_delayed_work(work), struct agent,
					  expiry));
}

/**
 * agent_bundle_drop - free the bundle of an agent that nobody can reach
 * @agent: the agent
 */
void agent_bundle_drop(struct agent *agent)
{
	struct agent_bundle *bundle = rcu_dereference_protected(agent->bundle,
								true);

	if (bundle)
		put_bundle(bundle);
}

/* A host's name is covered by the same name, or by all addresses. */
static bool covers_host(const struct agent_cap *held,
			const struct agent_cap *wanted)
{
	return held->spec.host.size && wanted->spec.host.size ==
	       held->spec.host.size &&
	       !memcmp(held->spec.host.data, wanted->spec.host.data,
		       held->spec.host.size) &&
	       agent_net_covers(&held->net, &wanted->net);
}

static bool covers_cap(const struct agent_cap *held,
		       const struct agent_cap *wanted)
{
	if (held->id != wanted->id || !agent_cap_live(held))
		return false;
	switch (wanted->id) {
	case AGENT_CAP_NET_CONNECT:
	case AGENT_CAP_NET_BIND:
		return covers_host(held, wanted) ||
		       (!held->spec.host.size &&
			agent_net_covers(&held->net, &wanted->net));
	case AGENT_CAP_PROC_SIGNAL:
	case AGENT_CAP_PROC_TRACE:
	case AGENT_CAP_IPC:
	case AGENT_CAP_AUDIT_READ:
	case AGENT_CAP_QUOTA_SET:
	case AGENT_CAP_ATTEST:
	case AGENT_CAP_MEM_TIER:
		return held->relation >= wanted->relation;
	case AGENT_CAP_USER:
		return held->spec.name.size == wanted->spec.name.size &&
		       !memcmp(held->spec.name.data, wanted->spec.name.data,
			       wanted->spec.name.size) &&
		       (!held->spec.scope.size ||
			(held->spec.scope.size == wanted->spec.scope.size &&
			 !memcmp(held->spec.scope.data, wanted->spec.scope.data,
				 wanted->spec.scope.size)));
	default:
		return true;
	}
}

/**
 * agent_bundle_covers - whether an agent holds at least a capability
 * @agent: the agent
 * @cap: the capability wanted, bound
 *
 * A path scope is covered when its root is; holes below it that the agent has
 * and @cap lacks are carved into a child's bundle when that is made.
 *
 * Return: true if it does.
 */
bool agent_bundle_covers(struct agent *agent, const struct agent_cap *cap)
{
	const struct agent_bundle *bundle;
	const struct agent_root *root;
	bool covered = false;
	u32 i;

	if (agent->aid == AGENT_AID_ROOT)
		return true;
	mutex_lock(&agent->mutex);
	bundle = current_bundle(agent);
	if (cap->scope.at.path.dentry) {
		root = agent_bundle_rights(bundle, &cap->scope.at);
		covered = root && root->rights & AGENT_RIGHT(cap->id) &&
			  agent_cap_live(agent_root_cap(bundle, root, cap->id));
	} else {
		for (i = 0; !covered && i < bundle->nr_caps; i++)
			covered = covers_cap(bundle->caps[i], cap);
	}
	mutex_unlock(&agent->mutex);
	return covered;
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
	bool holds = agent_bundle_covers(agent, cap);

	if (!holds || !cap->scope.at.path.dentry ||
	    agent->aid == AGENT_AID_ROOT)
		return holds;
	mutex_lock(&agent->mutex);
	holds = !has_hole_in(current_bundle(agent), cap);
	mutex_unlock(&agent->mutex);
	return holds;
}

/**
 * agent_bundle_names - whether a bundle has a capability of the very same bytes
 * @bundle: the bundle, under RCU or otherwise kept by the caller
 * @cbor: the capability
 * @size: its length in bytes
 *
 * Context: Any.
 * Return: true if it has, and it is live; false may mean a wider one.
 */
bool agent_bundle_names(const struct agent_bundle *bundle, const void *cbor,
			u32 size)
{
	u32 slot = named_slot(bundle, cbor, size);
	const struct agent_cap *cap;

	for (; bundle->named[slot]; slot = (slot + 1) & bundle->named_mask) {
		cap = bundle->caps[bundle->named[slot] - 1];
		if (cap->cbor_size == size && !memcmp(cap->cbor, cbor, size) &&
		    agent_cap_live(cap))
			return true;
	}
	return false;
}

/**
 * agent_holds - whether an agent has a capability that has no scope
 * @agent: the agent
 * @id: the capability
 *
 * Context: Any.
 * Return: true if it has, and one use of it was taken.
 */
bool agent_holds(struct agent *agent, enum agent_cap_id id)
{
	const struct agent_bundle *bundle;
	bool has = false;
	u32 i;

	if (agent->aid == AGENT_AID_ROOT)
		return true;
	rcu_read_lock();
	bundle = rcu_dereference(agent->bundle);
	for (i = 0; bundle->held & BIT(id) && !has && i < bundle->nr_caps; i++)
		has = bundle->caps[i]->id == id &&
		      agent_cap_use(bundle->caps[i]);
	rcu_read_unlock();
	return has;
}

/**
 * agent_has - whether a relation-scoped capability reaches another agent
 * @subject: who acts; NULL for AID 0, which has none
 * @id: the capability
 * @object: on whom
 *
 * Context: Any.
 * Return: true if it does.
 */
bool agent_has(struct agent *subject, enum agent_cap_id id,
	       const struct agent *object)
{
	const struct agent_bundle *bundle;
	bool self, below, has = false;
	u32 i;

	if (!subject)
		return false;
	if (subject->aid == AGENT_AID_ROOT)
		return true;
	self = subject == object;
	below = object && agent_is_ancestor(subject, object);
	rcu_read_lock();
	bundle = rcu_dereference(subject->bundle);
	for (i = 0; bundle && !has && i < bundle->nr_caps; i++) {
		struct agent_cap *cap = bundle->caps[i];

		has = cap->id == id && agent_cap_live(cap) &&
		      agent_relation_covers(cap->relation, self, below) &&
		      agent_cap_use(cap);
	}
	rcu_read_unlock();
	return has;
}
