// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: bundles, which are made from capabilities
 *
 * A bundle never changes.  Granting, revoking and expiry each make a new one
 * under agent->mutex and publish it; readers take one pointer under RCU.
 *
 * A capability that was derived from one of the spawner's comes into a bundle
 * only while that one is in the spawner's, and goes with it by the revocation
 * that takes it; see revoke.c. Both are looked at under both agents' mutexes,
 * the child's taken first.
 */

#include <linux/hash.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/unaligned.h>
#include <trace/events/agent.h>

#include "agent.h"

static atomic64_t last_generation = ATOMIC64_INIT(0);

/* For who loses something while there is no memory for what remains. */
static struct agent_bundle *nothing;

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
	if (!agent_share_put(bundle))
		return;
	INIT_RCU_WORK(&bundle->rwork, free_bundle);
	queue_rcu_work(system_unbound_wq, &bundle->rwork);
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
static int name_caps(struct agent_bundle *bundle)
{
	u32 i, slot;

	bundle->named_mask = roundup_pow_of_two(2 * bundle->nr_caps + 2) - 1;
	bundle->named = kvcalloc(bundle->named_mask + 1,
				 sizeof(*bundle->named), GFP_KERNEL_ACCOUNT);
	if (!bundle->named)
		return -ENOMEM;
	for (i = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		bundle->held |= BIT(cap->spec.id);
		slot = named_slot(bundle, cap->cbor, cap->cbor_size);
		while (bundle->named[slot])
			slot = (slot + 1) & bundle->named_mask;
		bundle->named[slot] = i + 1;
	}
	return 0;
}

static const struct agent_cap *named_at(const struct agent_bundle *bundle,
					u32 *slot)
{
	u16 named = bundle->named[*slot];

	*slot = (*slot + 1) & bundle->named_mask;
	return named ? bundle->caps[named - 1] : NULL;
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

	while ((cap = named_at(bundle, &slot))) {
		if (cap->cbor_size == size && !memcmp(cap->cbor, cbor, size) &&
		    /* The spawner may have less of it than it says. */
		    !(bundle->limited && cap->scope.at.path.dentry) &&
		    agent_cap_live(cap))
			return true;
	}
	return false;
}

static bool lists(const struct agent_bundle *bundle,
		  const struct agent_cap *wanted)
{
	u32 slot = named_slot(bundle, wanted->cbor, wanted->cbor_size);
	const struct agent_cap *cap;

	while ((cap = named_at(bundle, &slot))) {
		if (cap == wanted)
			return true;
	}
	return false;
}

/* An address comes from its host, which the same agent holds, and before it. */
static bool has_host(const struct agent_bundle *bundle,
		     const struct agent_cap *host)
{
	u32 i;

	for (i = 0; i < bundle->nr_caps; i++) {
		if (bundle->caps[i] == host)
			return true;
	}
	return false;
}

static bool is_of_host(const struct agent_cap *cap)
{
	return cap->from && agent_cap_is_host(&cap->from->spec) &&
	       !agent_cap_is_host(&cap->spec);
}

/* Whether that from which a capability was derived has been taken back. */
static bool is_orphan(const struct agent_bundle *bundle,
		      const struct agent_cap *cap,
		      const struct agent_bundle *parent)
{
	if (!cap->from)
		return false;
	if (is_of_host(cap))
		return !has_host(bundle, cap->from);
	return !parent || !lists(parent, cap->from);
}

static void note_loss(struct agent_loss *loss, const struct agent_cap *cap)
{
	if (cap->scope.at.path.dentry)
		loss->rights |= AGENT_RIGHT(cap->spec.id);
	if (loss->nr < ARRAY_SIZE(loss->handles))
		loss->handles[loss->nr] = cpu_to_le64(cap->handle);
	loss->nr++;
}

/*
 * Takes over nothing: the new bundle holds references of its own. What comes
 * before @first is kept though it is an orphan: it goes by a revocation alone
 * that comes here, since that has to go on to those below. In the same way what
 * has expired goes by the expiry work.
 */
static void keep_caps(struct agent_bundle *bundle,
		      struct agent_cap *const *caps, u32 nr_caps, u32 first,
		      const struct agent_bundle *parent,
		      struct agent_loss *loss)
{
	u32 i;

	for (i = 0; i < nr_caps; i++) {
		if (loss->expire && agent_cap_expired(caps[i])) {
			loss->expired++;
			if (caps[i]->scope.at.path.dentry)
				loss->rights |= AGENT_RIGHT(caps[i]->spec.id);
		} else if ((i >= first || is_of_host(caps[i])) &&
			   is_orphan(bundle, caps[i], parent)) {
			note_loss(loss, caps[i]);
		} else {
			refcount_inc(&caps[i]->usage);
			bundle->caps[bundle->nr_caps++] = caps[i];
		}
	}
}

static struct agent_bundle *make_bundle(const struct agent *agent,
					struct agent_cap *const *caps,
					u32 nr_caps, u32 first,
					const struct agent_bundle *parent,
					struct agent_loss *loss)
{
	struct agent_bundle *bundle = kzalloc(sizeof(*bundle),
					      GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	if (!bundle)
		return ERR_PTR(err);
	refcount_set(&bundle->usage, 1);
	bundle->limited = parent;
	bundle->caps = kvcalloc(nr_caps ?: 1, sizeof(*bundle->caps),
				GFP_KERNEL_ACCOUNT);
	if (!bundle->caps)
		goto free;
	keep_caps(bundle, caps, nr_caps, first, parent, loss);
	err = agent_roots_make(bundle, agent, parent);
	if (!err)
		err = name_caps(bundle);
	if (!err)
		return bundle;
free:
	put_bundle_parts(bundle);
	return ERR_PTR(err);
}

static struct agent_bundle *current_bundle(struct agent *agent)
{
	return rcu_dereference_protected(agent->bundle,
					 lockdep_is_held(&agent->mutex));
}

/* What the spawner has limits the child; AID 1 has everything. */
static bool is_limited(const struct agent *agent)
{
	return agent->parent && agent->parent->aid != AGENT_AID_ROOT;
}

static struct agent_bundle *make_within(struct agent *agent,
					struct agent_cap *const *caps,
					u32 nr_caps, u32 first,
					struct agent_loss *loss)
{
	struct agent *parent = agent->parent;
	struct agent_bundle *bundle;

	lockdep_assert_held(&agent->mutex);
	if (!is_limited(agent))
		return make_bundle(agent, caps, nr_caps, first, NULL, loss);
	mutex_lock_nested(&parent->mutex, SINGLE_DEPTH_NESTING);
	bundle = make_bundle(agent, caps, nr_caps, first,
			     current_bundle(parent), loss);
	mutex_unlock(&parent->mutex);
	return bundle;
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
	/* The first one is told of with the spawn, when there is an AID. */
	if (agent->aid)
		trace_agent_bind(agent->aid, agent->generation,
				 bundle->nr_caps, bundle->nr_roots);
	if (old)
		put_bundle(old);
}

static int publish_from(struct agent *agent, struct agent_cap *const *caps,
			u32 nr_caps, u32 first, struct agent_loss *loss)
{
	struct agent_bundle *bundle = make_within(agent, caps, nr_caps, first,
						  loss);

	if (IS_ERR(bundle))
		return PTR_ERR(bundle);
	publish(agent, bundle);
	return 0;
}

/* The key names what the spawner has now, and that must not change meanwhile. */
static bool share(struct agent *agent, struct agent_cap *const *caps,
		  u32 nr_caps, u64 *key)
{
	struct agent_bundle *bundle;

	if (is_limited(agent))
		mutex_lock_nested(&agent->parent->mutex, SINGLE_DEPTH_NESTING);
	*key = agent_share_key(agent);
	bundle = agent_share_find(*key, caps, nr_caps);
	if (bundle)
		publish(agent, bundle);
	if (is_limited(agent))
		mutex_unlock(&agent->parent->mutex);
	return bundle;
}

/**
 * agent_bundle_install - give a new agent its first bundle
 * @agent: the agent, among the offspring of its spawner
 * @caps: its capabilities; the caller keeps its references
 * @nr_caps: how many
 *
 * Return: 0, -E2BIG, -EINTR for a caller that is being killed, or -ENOMEM.
 */
int agent_bundle_install(struct agent *agent, struct agent_cap **caps,
			 u32 nr_caps)
{
	struct agent_loss loss = {};
	int err = 0;
	u64 key;

	mutex_lock(&agent->mutex);
	if (!share(agent, caps, nr_caps, &key)) {
		err = publish_from(agent, caps, nr_caps, 0, &loss);
		if (!err)
			agent_share_offer(current_bundle(agent), key);
	}
	mutex_unlock(&agent->mutex);
	return err;
}

/**
 * agent_bundle_add - publish a bundle with one capability more
 * @agent: the agent, whose mutex the caller holds
 * @cap: the capability; the caller keeps its reference
 *
 * Return: 0, -ECAPABILITY when that from which it was derived has been taken
 * back meanwhile, -E2BIG when the bundle is full, or -ENOMEM.
 */
int agent_bundle_add(struct agent *agent, struct agent_cap *cap)
{
	struct agent_bundle *old = current_bundle(agent), *bundle;
	struct agent_loss loss = {};
	struct agent_cap **caps;
	int err = -ECAPABILITY;

	if (old->nr_caps >= AGENT_CAPS_MAX)
		return -E2BIG;
	caps = kvmalloc_array(old->nr_caps + 1, sizeof(*caps), GFP_KERNEL);
	if (!caps)
		return -ENOMEM;
	memcpy(caps, old->caps, array_size(old->nr_caps, sizeof(*caps)));
	caps[old->nr_caps] = cap;
	bundle = make_within(agent, caps, old->nr_caps + 1, old->nr_caps,
			     &loss);
	if (IS_ERR(bundle)) {
		err = PTR_ERR(bundle);
	} else if (lists(bundle, cap)) {
		publish(agent, bundle);
		err = 0;
	} else {
		put_bundle(bundle);
	}
	kvfree(caps);
	return err;
}

/**
 * agent_bundle_remove - publish a bundle with one capability less, or none
 * @agent: the agent, whose mutex the caller holds
 * @handle: the capability to remove, 0 for all
 * @loss: gets what was removed
 *
 * Return: 0, -ENOENT when there is no such handle, or -ENOMEM.
 */
int agent_bundle_remove(struct agent *agent, u64 handle,
			struct agent_loss *loss)
{
	struct agent_bundle *old = current_bundle(agent);
	struct agent_cap **caps;
	u32 i, kept = 0;
	int err = -ENOENT;

	caps = kvmalloc_array(old->nr_caps ?: 1, sizeof(*caps), GFP_KERNEL);
	if (!caps)
		return -ENOMEM;
	for (i = 0; i < old->nr_caps; i++) {
		if (handle && old->caps[i]->handle != handle)
			caps[kept++] = old->caps[i];
		else
			note_loss(loss, old->caps[i]);
	}
	if (loss->nr || !handle)
		err = publish_from(agent, caps, kept, kept, loss);
	kvfree(caps);
	return err;
}

/* Whether less of a right of the spawner's could be less of the agent's. */
static bool has_holes(struct agent *parent, u32 rights)
{
	const struct agent_bundle *bundle;
	bool holes;
	u32 i;

	rcu_read_lock();
	bundle = rcu_dereference(parent->bundle);
	holes = bundle->limited;
	for (i = 0; !holes && i < bundle->nr_caps; i++)
		holes = bundle->caps[i]->nr_except &&
			rights & AGENT_RIGHT(bundle->caps[i]->spec.id);
	rcu_read_unlock();
	return holes;
}

static bool has_orphan(struct agent *agent, const struct agent_bundle *bundle)
{
	struct agent *parent = agent->parent;
	bool orphan = false;
	u32 i;

	mutex_lock_nested(&parent->mutex, SINGLE_DEPTH_NESTING);
	for (i = 0; !orphan && i < bundle->nr_caps; i++)
		orphan = is_orphan(bundle, bundle->caps[i],
				   current_bundle(parent));
	mutex_unlock(&parent->mutex);
	return orphan;
}

/**
 * agent_bundle_follow - withdraw what an agent had from its spawner
 * @agent: the agent, whose mutex the caller holds, and whose spawner has lost
 *	something
 * @rights: AGENT_RIGHT() of what the spawner has lost
 * @loss: gets what was removed
 *
 * This does not fail: for want of memory, the agent loses all it has.
 *
 * Return: true if the agent has another bundle now.
 */
bool agent_bundle_follow(struct agent *agent, u32 rights,
			 struct agent_loss *loss)
{
	struct agent_bundle *old = current_bundle(agent);
	u32 i;

	/* One that is not made yet will be made from what the spawner has. */
	if (!old || (!has_orphan(agent, old) &&
		     !(rights && has_holes(agent->parent, rights))))
		return false;
	loss->rights |= rights;
	if (!publish_from(agent, old->caps, old->nr_caps, 0, loss))
		return true;
	*loss = (struct agent_loss) { .rights = AGENT_PATH_RIGHTS };
	for (i = 0; i < old->nr_caps; i++)
		note_loss(loss, old->caps[i]);
	pr_warn("agent %llu lost all: no memory for what remains\n",
		agent->aid);
	refcount_inc(&nothing->usage);
	publish(agent, nothing);
	return true;
}

/**
 * agent_bundle_refresh - publish a bundle in which what can be used comes first
 * @agent: the agent
 *
 * What is spent or has expired is passed over where something else will do.
 *
 * Context: May sleep.
 */
void agent_bundle_refresh(struct agent *agent)
{
	struct agent_loss unused = {};
	struct agent_bundle *old;

	mutex_lock(&agent->mutex);
	old = current_bundle(agent);
	publish_from(agent, old->caps, old->nr_caps, old->nr_caps, &unused);
	mutex_unlock(&agent->mutex);
}

/**
 * agent_bundle_lapse - publish a bundle without what has expired
 * @agent: the agent
 * @loss: gets what was removed
 *
 * Return: 0, or -ENOMEM; then the old one stays, and what has expired in it
 * gives nothing.
 */
int agent_bundle_lapse(struct agent *agent, struct agent_loss *loss)
{
	struct agent_bundle *old;
	int err;

	loss->expire = true;
	mutex_lock(&agent->mutex);
	old = current_bundle(agent);
	err = publish_from(agent, old->caps, old->nr_caps, old->nr_caps, loss);
	mutex_unlock(&agent->mutex);
	return err;
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

static int __init make_nothing(void)
{
	static const struct agent nobody;
	struct agent_loss loss = {};

	nothing = make_bundle(&nobody, NULL, 0, 0, NULL, &loss);
	if (IS_ERR(nothing))
		panic("coconut: no memory for a bundle of nothing");
	return 0;
}
core_initcall(make_nothing);
