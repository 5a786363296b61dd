// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: bundles, which are made from capabilities
 *
 * A bundle never changes.  Granting, revoking and expiry each make a new one
 * under agent->mutex and publish it; readers take one pointer under RCU.
 *
 * Path scopes are flattened when a bundle is made.  Every scope and every hole
 * contributes a root, and at each root the rights that all scopes together
 * give there are computed once.  A decision then walks up from the object to
 * the nearest root, and that root's mask is the answer.
 */

#include <linux/dcache.h>
#include <linux/hash.h>
#include <linux/mount.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "../../fs/mount.h"
#include "agent.h"

static atomic64_t last_generation = ATOMIC64_INIT(0);

/**
 * agent_bundle_find - the root that an inode itself is
 * @bundle: the bundle
 * @inode: the inode, or NULL
 *
 * Return: the root, or NULL when rights don't change at this inode.
 */
const struct agent_root *agent_bundle_find(const struct agent_bundle *bundle,
					   const struct inode *inode)
{
	u32 slot = hash_ptr(inode, 32) & bundle->root_mask;

	/* The table is never full, so a free slot ends each search. */
	while (bundle->roots[slot].inode) {
		if (bundle->roots[slot].inode == inode)
			return &bundle->roots[slot];
		slot = (slot + 1) & bundle->root_mask;
	}
	return NULL;
}

static const struct agent_root *climb(const struct agent_bundle *bundle,
				      const struct path *path)
{
	const struct mount *parent, *mnt = real_mount(path->mnt);
	const struct dentry *dentry = path->dentry;
	const struct agent_root *root;

	for (;;) {
		root = agent_bundle_find(bundle, d_backing_inode(dentry));
		if (root)
			return root;
		if (dentry != mnt->mnt.mnt_root) {
			/* A directory that is connected to no root has no place. */
			if (IS_ROOT(dentry))
				return NULL;
			dentry = READ_ONCE(dentry->d_parent);
			continue;
		}
		parent = READ_ONCE(mnt->mnt_parent);
		if (parent == mnt)
			return NULL;
		dentry = READ_ONCE(mnt->mnt_mountpoint);
		mnt = parent;
	}
}

/**
 * agent_bundle_nearest - the root that decides about an object
 * @bundle: the bundle, under RCU or otherwise kept by the caller
 * @path: the object
 *
 * Climbs without a reference or a lock, as d_path() does, and climbs again
 * when a rename or a mount may have misled it.
 *
 * Context: Any.
 * Return: the nearest root at or above @path, or NULL when there is none.
 */
const struct agent_root *agent_bundle_nearest(const struct agent_bundle *bundle,
					      const struct path *path)
{
	const struct agent_root *root;
	unsigned int renames, mounts;

	rcu_read_lock();
	do {
		mounts = read_seqbegin(&mount_lock);
		renames = read_seqbegin(&rename_lock);
		root = climb(bundle, path);
	} while (read_seqretry(&rename_lock, renames) ||
		 read_seqretry(&mount_lock, mounts));
	rcu_read_unlock();
	return root;
}

static bool covers_path(const struct agent_cap *cap, const struct path *path)
{
	u32 i;

	if (!path_is_under(path, &cap->path))
		return false;
	for (i = 0; i < cap->nr_except; i++) {
		if (path_is_under(path, &cap->except[i]))
			return false;
	}
	return true;
}

static void put_bundle_parts(struct agent_bundle *bundle)
{
	u32 i;

	for (i = 0; bundle->roots && i <= bundle->root_mask; i++) {
		if (bundle->roots[i].inode)
			path_put(&bundle->roots[i].path);
	}
	kvfree(bundle->roots);
	for (i = 0; i < bundle->nr_caps; i++)
		agent_cap_put(bundle->caps[i]);
	kvfree(bundle->caps);
	kfree(bundle);
}

static void free_bundle(struct work_struct *work)
{
	put_bundle_parts(container_of(to_rcu_work(work), struct agent_bundle,
				      rwork));
}

static struct agent_root *add_root(struct agent_bundle *bundle,
				   const struct path *path)
{
	const struct inode *inode = d_backing_inode(path->dentry);
	u32 slot = hash_ptr(inode, 32) & bundle->root_mask;

	while (bundle->roots[slot].inode) {
		if (bundle->roots[slot].inode == inode)
			return &bundle->roots[slot];
		slot = (slot + 1) & bundle->root_mask;
	}
	bundle->roots[slot].inode = inode;
	bundle->roots[slot].path = *path;
	path_get(path);
	return &bundle->roots[slot];
}

/*
 * The first capability that gives a right and can be used again is the one that
 * is used. One that is spent still covers what was opened with it.
 */
static void add_root_rights(struct agent_bundle *bundle,
			    struct agent_root *root)
{
	u32 i, usable = 0;

	for (i = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];
		const u32 right = AGENT_RIGHT(cap->id);

		if (!cap->path.dentry || usable & right ||
		    !covers_path(cap, &root->path))
			continue;
		root->rights |= right;
		root->grant[cap->id] = i;
		if (agent_cap_live(cap))
			usable |= right;
	}
}

/* A child has no right where its spawner has none. */
static void mask_by_parent(struct agent_root *root,
			   const struct agent_bundle *parent)
{
	const struct agent_root *above = agent_bundle_nearest(parent,
							      &root->path);

	root->rights &= above ? above->rights : 0;
}

static int make_roots(struct agent_bundle *bundle,
		      const struct agent_bundle *parent)
{
	u32 i, j, count = 0;

	for (i = 0; i < bundle->nr_caps; i++) {
		if (bundle->caps[i]->path.dentry)
			count += 1 + bundle->caps[i]->nr_except;
	}
	for (i = 0; parent && i <= parent->root_mask; i++)
		count += !!parent->roots[i].inode;

	bundle->root_mask = roundup_pow_of_two(2 * count + 2) - 1;
	bundle->roots = kvcalloc(bundle->root_mask + 1, sizeof(*bundle->roots),
				 GFP_KERNEL_ACCOUNT);
	if (!bundle->roots)
		return -ENOMEM;
	for (i = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		if (cap->path.dentry)
			add_root(bundle, &cap->path);
		for (j = 0; j < cap->nr_except; j++)
			add_root(bundle, &cap->except[j]);
	}
	for (i = 0; parent && i <= parent->root_mask; i++) {
		if (parent->roots[i].inode)
			add_root(bundle, &parent->roots[i].path);
	}
	for (i = 0; i <= bundle->root_mask; i++) {
		if (!bundle->roots[i].inode)
			continue;
		add_root_rights(bundle, &bundle->roots[i]);
		if (parent)
			mask_by_parent(&bundle->roots[i], parent);
		cond_resched();
	}
	return 0;
}

/* Takes over nothing: the new bundle holds references of its own. */
static struct agent_bundle *make_bundle(struct agent_cap *const *caps,
					u32 nr_caps,
					const struct agent_bundle *parent)
{
	struct agent_bundle *bundle = kzalloc(sizeof(*bundle),
					      GFP_KERNEL_ACCOUNT);
	u32 i;

	if (!bundle)
		return NULL;
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
	if (make_roots(bundle, parent))
		goto free;
	bundle->generation = atomic64_inc_return(&last_generation);
	return bundle;
free:
	put_bundle_parts(bundle);
	return NULL;
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
	smp_store_release(&agent->generation, bundle->generation);
	schedule_expiry(agent, bundle);
	if (old) {
		INIT_RCU_WORK(&old->rwork, free_bundle);
		queue_rcu_work(system_unbound_wq, &old->rwork);
	}
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
	bundle = make_bundle(caps, nr_caps, limited ?
			     rcu_dereference_protected(parent->bundle, true) :
			     NULL);
	if (limited)
		mutex_unlock(&parent->mutex);
	if (!bundle)
		return -ENOMEM;
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
	int err;

	mutex_lock(&agent->mutex);
	err = publish_from(agent, caps, nr_caps);
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
		put_bundle_parts(bundle);
}

static bool covers_cap(const struct agent_cap *held,
		       const struct agent_cap *wanted)
{
	if (held->id != wanted->id || !agent_cap_live(held))
		return false;
	switch (wanted->id) {
	case AGENT_CAP_NET_CONNECT:
	case AGENT_CAP_NET_BIND:
		return agent_net_covers(&held->net, &wanted->net);
	case AGENT_CAP_PROC_SIGNAL:
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
	if (cap->path.dentry) {
		root = agent_bundle_nearest(bundle, &cap->path);
		covered = root && root->rights & AGENT_RIGHT(cap->id) &&
			  agent_cap_live(bundle->caps[root->grant[cap->id]]);
	} else {
		for (i = 0; !covered && i < bundle->nr_caps; i++)
			covered = covers_cap(bundle->caps[i], cap);
	}
	mutex_unlock(&agent->mutex);
	return covered;
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
