// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: what was decided about an object, for as long as it holds
 *
 * Each agent has a small table of its own, so that agents neither share a cache
 * line nor displace one another's entries.  An entry names an inode by a number
 * that is never given out again, so that it can't outlive it, and the mount it
 * was reached by; it holds under one bundle and until something is renamed or
 * mounted.
 *
 * With AGENT_AUDIT_COALESCED an entry also counts: the first use of an object
 * leaves a row, what follows is one number, written when the entry goes.
 */

#include <linux/fs.h>
#include <linux/slab.h>

#include "cache.h"

static atomic64_t last_id = ATOMIC64_INIT(0);

static u64 id_of(const struct inode *inode)
{
	struct coconut_inode *blob = coconut_inode(inode);
	u64 id = READ_ONCE(blob->id);

	if (likely(id))
		return id;
	id = atomic64_inc_return(&last_id);
	return cmpxchg(&blob->id, 0, id) ?: id;
}

/* May be asked during a lookup that must not sleep. */
static struct coconut_cache *cache_of(struct agent *agent)
{
	/* Pairs with cmpxchg_release() below. */
	struct coconut_cache *cache = smp_load_acquire(&agent->cache);
	struct coconut_cache *other;
	int i;

	if (likely(cache))
		return cache;
	cache = kzalloc(sizeof(*cache), GFP_NOWAIT | __GFP_NOWARN | __GFP_ACCOUNT);
	if (!cache)
		return NULL;
	spin_lock_init(&cache->lock);
	for (i = 0; i < SLOTS; i++)
		seqcount_init(&cache->slots[i].seq);
	other = cmpxchg_release(&agent->cache, NULL, cache);
	if (!other)
		return cache;
	kfree(cache);
	return other;
}

static u32 see_name(const struct agent_bundle *bundle, struct dentry *dentry)
{
	const struct agent_edge *edge;
	u32 known = 0;

	if (IS_ROOT(dentry))
		return 0;
	/* A name is only whole under its lock. */
	spin_lock(&dentry->d_lock);
	edge = agent_bundle_edge(bundle, d_inode_rcu(dentry->d_parent),
				 &dentry->d_name);
	if (edge && edge->to != AGENT_HOLE)
		known = COCONUT_VISIBLE;
	spin_unlock(&dentry->d_lock);
	return known;
}

static u32 compute(const struct agent *agent, const struct path *path)
{
	const struct inode *inode = d_inode_rcu(path->dentry);
	const struct agent_bundle *bundle;
	const struct agent_root *root;
	u32 known = 0;

	rcu_read_lock();
	bundle = rcu_dereference(agent->bundle);
	root = agent_bundle_nearest(bundle, path);
	if (root && root->rights)
		known = root->rights | COCONUT_VISIBLE |
			root->limited << COCONUT_LIMITED_SHIFT;
	if (inode && S_ISDIR(inode->i_mode) &&
	    agent_bundle_marks(bundle, inode))
		known |= COCONUT_VISIBLE;
	if (!known)
		known = see_name(bundle, path->dentry);
	rcu_read_unlock();
	return known;
}

/* What a file of several names is to an agent depends on the one used. */
static bool has_one_name(const struct inode *inode)
{
	return S_ISDIR(inode->i_mode) || inode->i_nlink == 1;
}

static bool take_repeats(struct slot *slot, struct slot *old)
{
	if (!slot->repeats)
		return false;
	*old = *slot;
	slot->repeats = 0;
	return true;
}

static void record_repeats(struct agent *agent, const struct slot *old,
			   bool atomic)
{
	__le64 count = cpu_to_le64(old->repeats);

	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = old->counted,
		.verdict = AGENT_VERDICT_ALLOW,
		.reason = AGENT_REASON_REPEATS,
		.object = { old->dev, old->ino },
		.payload = &count,
		.payload_size = sizeof(count),
		.atomic = atomic,
	});
}

/* The slot's former object, if there was one to count, goes to @old. */
static bool fill(struct slot *slot, const struct inode *inode, u64 id,
		 const struct vfsmount *mnt, struct slot *old)
{
	bool counted = false;

	if (coconut_is_of(slot, id, mnt))
		return false;
	counted = take_repeats(slot, old);
	slot->id = id;
	slot->mnt = mnt;
	slot->dev = inode->i_sb->s_dev;
	slot->ino = inode->i_ino;
	slot->seen = 0;
	slot->named = 0;
	return counted;
}

static void note(struct agent *agent, struct coconut_cache *cache,
		 const struct path *path, const struct inode *inode, u64 id,
		 u64 stamp, u32 known)
{
	struct slot *slot = &cache->slots[id % SLOTS], old;
	bool counted;

	spin_lock(&cache->lock);
	raw_write_seqcount_begin(&slot->seq);
	WRITE_ONCE(slot->stamp, 0);
	counted = fill(slot, inode, id, path->mnt, &old);
	slot->known = known;
	WRITE_ONCE(slot->stamp, stamp);
	raw_write_seqcount_end(&slot->seq);
	spin_unlock(&cache->lock);
	if (counted)
		record_repeats(agent, &old, true);
}

/**
 * coconut_decide - what an agent may do with an object, found out anew
 * @agent: the agent
 * @path: the object, under RCU or referenced
 *
 * Context: Any; does not sleep.
 * Return: as coconut_known().
 */
u32 coconut_decide(struct agent *agent, const struct path *path)
{
	const struct inode *inode = d_inode_rcu(path->dentry);
	struct coconut_cache *cache = cache_of(agent);
	u64 stamp = coconut_stamp(agent);
	u32 known = compute(agent, path);

	/* So what is kept of an agent is of one that runs its image. */
	if (!agent_is_running(agent))
		return known & ~COCONUT_VISIBLE;
	if (cache && inode)
		note(agent, cache, path, inode, id_of(inode),
		     has_one_name(inode) ? stamp : 0, known);
	return known;
}

static bool count(struct agent *agent, struct slot *slot, u16 cap,
		  struct slot *old)
{
	bool counted = slot->counted != cap && take_repeats(slot, old);

	slot->counted = cap;
	slot->repeats++;
	atomic64_inc(&agent->uses);
	return counted;
}

/**
 * coconut_repeats_shared - coconut_repeats() for an agent of several tasks
 * @agent: the agent
 * @slot: where the file would be
 * @path: the file
 * @id: of its inode
 *
 * Return: false when it needs a decision of its own.
 */
bool coconut_repeats_shared(struct agent *agent, struct slot *slot,
			    const struct path *path, u64 id)
{
	bool repeats;

	spin_lock(&agent->cache->lock);
	repeats = coconut_is_read_repeat(agent, slot, path, id);
	if (repeats)
		slot->repeats++;
	spin_unlock(&agent->cache->lock);
	return repeats;
}

/**
 * coconut_is_repeat - whether a use that was allowed needs no row, and count it
 * @agent: the agent
 * @cap: the path-scoped capability that was used
 * @path: the object
 * @atomic: the caller can't sleep
 *
 * Return: false when the use is the first that is known of.
 */
bool coconut_is_repeat(struct agent *agent, enum agent_cap_id cap,
		       const struct path *path, bool atomic)
{
	const struct inode *inode = d_backing_inode(path->dentry);
	bool repeat, counted = false, displaced = false;
	struct coconut_cache *cache;
	struct slot *slot, old;
	u64 id;

	if (agent->audit != AGENT_AUDIT_COALESCED || !inode)
		return false;
	cache = cache_of(agent);
	if (!cache)
		return false;
	/* What is known then holds for the next use as well. */
	coconut_known(agent, path);
	id = id_of(inode);
	slot = &cache->slots[id % SLOTS];
	spin_lock(&cache->lock);
	raw_write_seqcount_begin(&slot->seq);
	if (!coconut_is_of(slot, id, path->mnt)) {
		displaced = fill(slot, inode, id, path->mnt, &old);
		slot->stamp = 0;
	}
	repeat = slot->seen & AGENT_RIGHT(cap);
	if (repeat)
		counted = count(agent, slot, cap, &old);
	slot->seen |= AGENT_RIGHT(cap);
	raw_write_seqcount_end(&slot->seq);
	spin_unlock(&cache->lock);
	if (counted || displaced)
		record_repeats(agent, &old, atomic);
	return repeat;
}

/**
 * coconut_note_named - a row of a use has told an object's name
 * @cache: the agent's, locked since before the row was written
 * @path: the object
 * @stamp: coconut_stamp() from before the name was made; 0 when the next row is
 *	to tell it again
 *
 * By another mount it has another name, so what was told before is no longer
 * the last.
 *
 * Context: Any; under @cache->lock.
 */
void coconut_note_named(struct coconut_cache *cache, const struct path *path,
			u64 stamp)
{
	const struct inode *inode = d_backing_inode(path->dentry);
	struct slot *slot;
	u64 id;

	lockdep_assert_held(&cache->lock);
	if (!inode)
		return;
	id = id_of(inode);
	slot = &cache->slots[id % SLOTS];
	if (slot->id != id)
		return;
	raw_write_seqcount_begin(&slot->seq);
	slot->named = slot->mnt == path->mnt ? stamp : 0;
	raw_write_seqcount_end(&slot->seq);
}

static void record_net_repeats(struct agent *agent, const struct net_slot *old)
{
	__le64 count = cpu_to_le64(old->repeats);

	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = old->cap,
		.verdict = AGENT_VERDICT_ALLOW,
		.reason = AGENT_REASON_REPEATS,
		.object = { old->handle },
		.payload = &count,
		.payload_size = sizeof(count),
		.atomic = true,
	});
}

/**
 * coconut_is_net_repeat - whether a use of addresses needs no row, and count it
 * @agent: the agent
 * @by: the capability that was used
 *
 * Context: Any.
 * Return: false when the use is the first that is known of.
 */
bool coconut_is_net_repeat(struct agent *agent, const struct agent_cap *by)
{
	struct coconut_cache *cache;
	struct net_slot *slot, old;
	bool repeat;

	if (agent->audit != AGENT_AUDIT_COALESCED)
		return false;
	cache = cache_of(agent);
	if (!cache)
		return false;
	slot = &cache->nets[by->handle % NET_SLOTS];
	spin_lock(&cache->lock);
	old = *slot;
	repeat = slot->handle == by->handle;
	if (repeat)
		slot->repeats++;
	else
		*slot = (struct net_slot) { by->handle, 0, by->spec.id };
	spin_unlock(&cache->lock);
	if (!repeat && old.repeats)
		record_net_repeats(agent, &old);
	return repeat;
}

/**
 * coconut_cache_flush - write the rows of all uses that were only counted
 * @agent: an agent whose last task is ending
 *
 * Context: May sleep.
 */
void coconut_cache_flush(struct agent *agent)
{
	struct coconut_cache *cache = agent->cache;
	struct slot old;
	bool counted;
	int i;

	for (i = 0; cache && i < SLOTS; i++) {
		spin_lock(&cache->lock);
		counted = take_repeats(&cache->slots[i], &old);
		spin_unlock(&cache->lock);
		if (counted)
			record_repeats(agent, &old, false);
	}
	for (i = 0; cache && i < NET_SLOTS; i++) {
		if (cache->nets[i].repeats)
			record_net_repeats(agent, &cache->nets[i]);
	}
}

/**
 * coconut_cache_free - free what was decided about objects
 * @agent: an agent that nobody can reach
 */
void coconut_cache_free(struct agent *agent)
{
	kfree(agent->cache);
}
