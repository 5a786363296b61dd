/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The coconut LSM: the table of what was decided, as the hot paths see it
 */
#ifndef _SECURITY_COCONUT_CACHE_H
#define _SECURITY_COCONUT_CACHE_H

#include <linux/mount.h>
#include <linux/seqlock.h>

#include "../../fs/mount.h"
#include "coconut.h"

#define SLOTS		64
#define NET_SLOTS	8

/**
 * struct slot - one object
 * @seq: for those who read it without the lock
 * @known: COCONUT_* about it
 * @id: of its inode, 0 for a free slot
 * @mnt: the mount it was reached by
 * @stamp: when it was decided, see coconut_stamp(); 0 for never
 * @ino: number of its inode
 * @repeats: uses of @counted since they last had a row
 * @dev: its device
 * @seen: mask of AGENT_RIGHT() whose first use has its row
 * @counted: the capability that @repeats is about; 0 for an agent whose uses
 *	all have rows
 * @named: when a row of a use of it last told its name, as @stamp
 */
struct slot {
	seqcount_t seq;
	u32 known;
	u64 id;
	const struct vfsmount *mnt;
	u64 stamp;
	u64 ino;
	u64 repeats;
	dev_t dev;
	u16 seen;
	u16 counted;
	u64 named;
} __aligned(64);

/**
 * struct net_slot - one capability for addresses
 * @handle: names it, 0 for a free slot
 * @repeats: its uses since they last had a row
 * @cap: net.connect or net.bind
 */
struct net_slot {
	u64 handle;
	u64 repeats;
	u16 cap;
};

/**
 * struct coconut_cache - the objects that an agent has asked about last
 * @lock: guards writing to @slots
 * @slots: by the lowest bits of the inode's number
 * @nets: by the lowest bits of the capability's handle; guarded by @lock
 */
struct coconut_cache {
	spinlock_t lock;	/* writing to slots, nets */
	struct slot slots[SLOTS];
	struct net_slot nets[NET_SLOTS];
};

u32 coconut_decide(struct agent *agent, const struct path *path);
void coconut_note_named(struct coconut_cache *cache, const struct path *path,
			u64 stamp);
bool coconut_repeats_shared(struct agent *agent, struct slot *slot,
			    const struct path *path, u64 id);

/*
 * The numbers below the generation only ever grow, so their sum stays as it was
 * only while each of them does, until it wraps.  An entry that is computed while
 * one is about to grow is noted under a sum that has passed by then.
 */
static __always_inline u64 coconut_stamp(const struct agent *agent)
{
	u32 others = (u32)atomic64_read(&coconut_unlinks) +
		     READ_ONCE(rename_lock.seqcount.seqcount.sequence) +
		     READ_ONCE(mount_lock.seqcount.seqcount.sequence);

	return coconut_generation(agent) << 32 | others;
}

static __always_inline bool coconut_is_of(const struct slot *slot, u64 id,
					  const struct vfsmount *mnt)
{
	return slot->id == id && slot->mnt == mnt;
}

/**
 * coconut_noted_at - what is noted of an object whose inode is at hand
 * @agent: the agent
 * @path: the object, under RCU or referenced
 * @inode: its inode
 *
 * Context: Any; does not sleep.
 * Return: AGENT_RIGHT() and COCONUT_*, 0 when nothing is noted.
 */
static __always_inline u32 coconut_noted_at(struct agent *agent,
					    const struct path *path,
					    const struct inode *inode)
{
	/* Pairs with cmpxchg_release() in cache_of(). */
	struct coconut_cache *cache = smp_load_acquire(&agent->cache);
	const struct slot *slot;
	unsigned int seq;
	u32 known;
	u64 id;

	if (unlikely(!cache))
		return 0;
	/* Without a number it finds no slot, since no slot in use has id 0. */
	id = READ_ONCE(coconut_inode(inode)->id);
	slot = &cache->slots[id % SLOTS];
	/* Even, so that one that is being written never matches. */
	seq = raw_seqcount_begin(&slot->seq);
	known = slot->known;
	return likely(coconut_is_of(slot, id, path->mnt) &&
		      slot->stamp == coconut_stamp(agent) &&
		      !read_seqcount_retry(&slot->seq, seq)) ? known : 0;
}

/**
 * coconut_is_named - whether the agent's last row of a use tells the same name
 * @agent: the agent
 * @path: the object
 * @inode: its inode
 *
 * Context: Any; does not sleep.
 * Return: true when the next row needs no name.
 */
static __always_inline bool coconut_is_named(struct agent *agent,
					     const struct path *path,
					     const struct inode *inode)
{
	/* Pairs with cmpxchg_release() in cache_of(). */
	struct coconut_cache *cache = smp_load_acquire(&agent->cache);
	const struct slot *slot;
	unsigned int seq;
	u64 id;

	if (unlikely(!cache || inode->i_nlink != 1))
		return false;
	id = READ_ONCE(coconut_inode(inode)->id);
	slot = &cache->slots[id % SLOTS];
	seq = raw_seqcount_begin(&slot->seq);
	return coconut_is_of(slot, id, path->mnt) &&
	       slot->named == coconut_stamp(agent) &&
	       !read_seqcount_retry(&slot->seq, seq);
}

/**
 * coconut_reads_again - whether an agent may read a file, as is noted of it
 * @agent: an agent each of whose uses leaves a row
 * @path: the file
 * @inode: its inode
 *
 * The whole decision about a file that is opened again for reading.
 *
 * Context: Any; does not sleep.
 * Return: false when it needs a decision of its own.
 */
static __always_inline bool coconut_reads_again(struct agent *agent,
						const struct path *path,
						const struct inode *inode)
{
	const u32 right = AGENT_RIGHT(AGENT_CAP_FS_READ);
	u32 known = coconut_noted_at(agent, path, inode);

	return (known & (right | right << COCONUT_LIMITED_SHIFT)) == right;
}

/**
 * coconut_known - what an agent may do with an object
 * @agent: the agent
 * @path: the object, under RCU or referenced
 *
 * Context: Any; does not sleep.
 * Return: AGENT_RIGHT() and COCONUT_*; the latter only once it runs its image.
 */
static inline u32 coconut_known(struct agent *agent, const struct path *path)
{
	const struct inode *inode = d_inode_rcu(path->dentry);

	return (inode ? coconut_noted_at(agent, path, inode) : 0) ?:
	       coconut_decide(agent, path);
}

static __always_inline bool coconut_is_read_repeat(const struct agent *agent,
						   const struct slot *slot,
						   const struct path *path,
						   u64 id)
{
	const u32 right = AGENT_RIGHT(AGENT_CAP_FS_READ);

	return coconut_is_of(slot, id, path->mnt) &&
	       slot->counted == AGENT_CAP_FS_READ &&
	       slot->stamp == coconut_stamp(agent) &&
	       (slot->known & (right | right << COCONUT_LIMITED_SHIFT)) ==
	       right && slot->seen & right;
}

/**
 * coconut_repeats - whether an open is a repeat that is allowed, and count it
 * @agent: the agent
 * @path: the file
 * @inode: its inode
 *
 * The whole decision about a file that is opened again for reading, in the
 * common case.
 *
 * Return: false when it needs a decision of its own.
 */
static __always_inline bool coconut_repeats(struct agent *agent,
					    const struct path *path,
					    const struct inode *inode)
{
	struct coconut_cache *cache = READ_ONCE(agent->cache);
	struct slot *slot;
	u64 id;

	if (unlikely(!cache))
		return false;
	id = coconut_inode(inode)->id;
	slot = &cache->slots[id % SLOTS];
	/* The only task of an agent is alone with its table. */
	if (unlikely(atomic_read(&agent->tasks) != 1)) {
		if (!coconut_repeats_shared(agent, slot, path, id))
			return false;
	} else {
		if (!coconut_is_read_repeat(agent, slot, path, id))
			return false;
		slot->repeats++;
	}
	atomic64_inc(&agent->uses);
	return true;
}

#endif /* _SECURITY_COCONUT_CACHE_H */
