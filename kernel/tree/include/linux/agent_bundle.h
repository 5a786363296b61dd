/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: what a bundle is made of.
 */
#ifndef _LINUX_AGENT_BUNDLE_H
#define _LINUX_AGENT_BUNDLE_H

#include <linux/agent_core.h>
#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>

/*
 * Path-scoped capabilities are bits of a mask of rights: each has its own id
 * for a number, but for dev.ioctl, which takes 0, the one that no id has.
 */
#define AGENT_PATH_INDEX(id)	((id) % AGENT_CAP_DEV_IOCTL)
#define AGENT_PATH_CAPS		(AGENT_CAP_UNIX_CONNECT + 1)
#define AGENT_RIGHT(id)		(1U << AGENT_PATH_INDEX(id))
#define AGENT_PATH_RIGHTS	((1U << AGENT_PATH_CAPS) - 1)

#define AGENT_STEPS_MAX		256	/* names on the way to one place */

/**
 * struct agent_step - one name, looked up in one directory
 * @node: among all steps there are
 * @usage: references
 * @dir: the directory, with its mount
 * @name: the name as the directory hashes it
 * @rcu: frees it
 * @text: the name, zero padded to whole words
 */
struct agent_step {
	struct hlist_node node;
	refcount_t usage;
	struct path dir;
	struct qstr name;
	struct rcu_head rcu;
	char text[];
};

/**
 * struct agent_walk - the steps of a walk that binds a place
 * @nr_steps: how many so far
 * @steps: the steps, referenced
 */
struct agent_walk {
	u32 nr_steps;
	struct agent_step *steps[AGENT_STEPS_MAX];
};

/**
 * struct agent_place - an object, or a name that has no object yet
 * @path: the object, or the name's directory; holds the mount
 * @late: the name, or NULL
 */
struct agent_place {
	struct path path;
	struct agent_step *late;
};

/**
 * struct agent_scope - the top of a path scope, or a hole in it
 * @at: where it is
 * @nr_steps: steps of the way there
 * @steps: the steps, referenced
 */
struct agent_scope {
	struct agent_place at;
	u32 nr_steps;
	struct agent_step **steps;
};

/**
 * struct agent_cap - one capability that an agent holds
 * @usage: references: one for each bundle that lists it, and one for each
 *	capability that was derived from it
 * @handle: names it to userspace, never reused
 * @from: the capability from which it was derived, referenced, or NULL: of the
 *	spawner's bundle, or for an address that of its host
 * @flags: AGENT_CAP_INFO_*
 * @bounded: it ends with a time or a count, or has a rate, or @from has
 * @granter: AID that granted it, or the spawner
 * @expires: CLOCK_BOOTTIME nanoseconds, 0 for never; not after that of @from
 * @uses: uses that remain; S64_MAX without a count
 * @due: when the bucket of its rate will be full again; see agent_rate_take()
 * @scope: top of a path scope
 * @except: the holes in it
 * @nr_except: how many
 * @spec: the capability as read from @cbor
 * @cbor_size: bytes of @cbor
 * @cbor: the capability as it was given
 *
 * All but @usage, @uses and @due are constant once the capability is published.
 * A use takes one from it and from each one above it, or none from any.
 */
struct agent_cap {
	refcount_t usage;
	u32 flags;
	u64 handle;
	struct agent_cap *from;
	u64 granter;
	u64 expires;
	atomic64_t uses;
	u64 due;
	struct agent_scope scope;
	struct agent_scope *except;
	u32 nr_except;
	bool bounded;
	struct agent_cap_spec spec;
	u32 cbor_size;
	u8 cbor[] __counted_by(cbor_size);
};

/**
 * struct agent_root - where in the file hierarchy rights change
 * @at: the place
 * @rights: mask of AGENT_RIGHT() that hold from here down to the next root
 * @limited: those of @rights whose capability is bounded
 * @grant: for each right held, the index of the capability that gives it
 */
struct agent_root {
	struct agent_place at;
	u16 rights;
	u16 limited;
	u16 grant[AGENT_PATH_CAPS];
};

/**
 * struct agent_edge - a name that is special in its directory
 * @dir: the directory; NULL marks a free slot of the table
 * @hash_len: of the name, 0 with no @step
 * @word: the name's first bytes, as many as @mask has, or AGENT_WORD_LONG
 * @mask: the bytes of a word that the name has
 * @step: the name; NULL for the directory's own mark, that it has such names
 * @to: AGENT_HOLE when nothing below the name is for the agent; the directory
 *	to which the name leads, if any name but its special ones may be looked
 *	up there; or NULL
 */
struct agent_edge {
	const struct inode *dir;
	u64 hash_len;
	unsigned long word;
	unsigned long mask;
	struct agent_step *step;
	const struct inode *to;
	unsigned long pad[2];
};

#define AGENT_EDGE_SHIFT	6	/* of the size of an edge */
#define AGENT_HOLE		((const struct inode *)1)
#define AGENT_ROOTS_MAX		8192

/**
 * struct agent_bundle - what an agent may do, immutable once published
 * @usage: references: one for each agent that has it
 * @rwork: frees it after a grace period, in a context that may sleep
 * @node: among those that agents of the same manifest may share
 * @key: what these must have in common; see share_key()
 * @held: bit of each enum agent_cap_id of which it has a capability
 * @nr_caps: capabilities
 * @caps: the capabilities, in the order in which they came
 * @nr_roots: roots
 * @nr_late: roots that are names without an object yet
 * @roots: the roots
 * @root_mask: slots of @root_slots less one; a power of two less one
 * @root_slots: open-addressed hash table, keyed by inode, of indices of @roots
 * @nr_edges: used slots of @edges
 * @edge_mask: bytes of @edges less one edge; a power of two less one edge
 * @edges: open-addressed hash table, keyed by directory and name
 * @named_mask: slots of @named less one; a power of two less one
 * @named: open-addressed hash table, keyed by CBOR, of indices of @caps
 * @limited: a spawner other than AID 1 limits it: it may have less of a path
 *	than its capabilities say
 *
 * The nearest root at or above an object decides its rights alone: what holds
 * at a root is computed from all scopes and holes when the bundle is made.
 */
struct agent_bundle {
	refcount_t usage;
	struct rcu_work rwork;
	struct hlist_node node;
	u64 key;
	u32 held;
	u32 nr_caps;
	struct agent_cap **caps;
	u32 nr_roots;
	u32 nr_late;
	struct agent_root *roots;
	u32 root_mask;
	u16 *root_slots;
	u32 nr_edges;
	u32 edge_mask;
	struct agent_edge *edges;
	u32 named_mask;
	u16 *named;
	bool limited;
};

#endif /* _LINUX_AGENT_BUNDLE_H */
