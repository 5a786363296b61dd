/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents, as the rest of the kernel sees them.
 */
#ifndef _LINUX_AGENT_H
#define _LINUX_AGENT_H

#include <linux/agent_core.h>
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct agent;
struct file;
struct key;
struct linux_binprm;

#ifdef CONFIG_AGENT

/* Bit of a capability in a mask of rights; only path-scoped ones occur. */
#define AGENT_RIGHT(id)		(1U << (id))
#define AGENT_PATH_RIGHTS	(AGENT_RIGHT(AGENT_CAP_FS_READ) | \
				 AGENT_RIGHT(AGENT_CAP_FS_WRITE) | \
				 AGENT_RIGHT(AGENT_CAP_FS_CREATE) | \
				 AGENT_RIGHT(AGENT_CAP_FS_DELETE) | \
				 AGENT_RIGHT(AGENT_CAP_FS_EXEC) | \
				 AGENT_RIGHT(AGENT_CAP_UNIX_CONNECT))
#define AGENT_PATH_CAPS		(AGENT_CAP_UNIX_CONNECT + 1)

/**
 * struct agent_cap - one capability that an agent holds
 * @usage: references: one for each bundle that lists it
 * @handle: names it to userspace, never reused
 * @id: what it permits
 * @flags: AGENT_CAP_INFO_*
 * @granter: AID that granted it, or the spawner
 * @expires: CLOCK_BOOTTIME nanoseconds, 0 for never
 * @uses: uses that remain; S64_MAX without a count
 * @path: root of a path scope; holds the mount
 * @except: roots of the holes in it
 * @nr_except: how many
 * @net: address scope
 * @relation: AGENT_REL_*
 * @spec: the capability as read from @cbor
 * @cbor_size: bytes of @cbor
 * @cbor: the capability as it was given
 *
 * All but @usage and @uses are constant once the capability is published.
 */
struct agent_cap {
	refcount_t usage;
	u64 handle;
	enum agent_cap_id id;
	u32 flags;
	u64 granter;
	u64 expires;
	atomic64_t uses;
	struct path path;
	struct path *except;
	u32 nr_except;
	struct agent_net_scope net;
	u32 relation;
	struct agent_cap_spec spec;
	u32 cbor_size;
	u8 cbor[] __counted_by(cbor_size);
};

/**
 * struct agent_root - where in the file hierarchy rights change
 * @inode: the directory or file; NULL marks a free slot of the table
 * @path: the same, with its mount held
 * @rights: mask of AGENT_RIGHT() that hold from here down to the next root
 * @grant: for each right held, the index of the capability that gives it
 */
struct agent_root {
	const struct inode *inode;
	struct path path;
	u32 rights;
	u16 grant[AGENT_PATH_CAPS];
};

/**
 * struct agent_bundle - what an agent may do, immutable once published
 * @rwork: frees it after a grace period, in a context that may sleep
 * @generation: unique among all bundles of all agents, never 0
 * @nr_caps: capabilities
 * @caps: the capabilities, in the order in which they came
 * @root_mask: slots of @roots less one; a power of two less one
 * @roots: open-addressed hash table of the roots, keyed by inode
 *
 * The nearest root at or above an object decides its rights alone: what holds
 * at a root is computed from all scopes and holes when the bundle is made.
 */
struct agent_bundle {
	struct rcu_work rwork;
	u64 generation;
	u32 nr_caps;
	struct agent_cap **caps;
	u32 root_mask;
	struct agent_root *roots;
};

/**
 * struct agent - a principal of its own: one or more tasks under one bundle
 * @usage: references
 * @rwork: frees it after a grace period, in a context that may sleep
 * @aid: never reused
 * @parent: its spawner, referenced; NULL for AID 1
 * @generation: of @bundle, repeated here so that a read compares one number
 * @bundle: what it may do; published under @mutex, read under RCU
 * @state: enum agent_state; written under @lock
 * @resume: state to which a denial or quarantine returns; under @lock
 * @running: its image has taken over; set once and never cleared
 * @lock: guards state and limits
 * @mutex: serialises those who publish a bundle
 * @tasks: live tasks
 * @children: live agents that it has spawned
 * @denials: rows of event DENY so far
 * @uses: rows of event USE so far
 * @limits: by AGENT_QUOTA_*
 * @ram_limit: bytes of private memory of one address space
 * @on_deny: AGENT_DENY_*
 * @spawned: CLOCK_BOOTTIME nanoseconds
 * @expiry: withdraws capabilities whose time has come
 * @stop: stops its processes after a denial, where the manifest says so
 * @manifest: the manifest's CBOR
 * @manifest_size: its length in bytes
 * @attestation: the constant part of what agent_attest() tells
 */
struct agent {
	refcount_t usage;
	struct rcu_work rwork;
	u64 aid;
	struct agent *parent;
	u64 generation;
	struct agent_bundle __rcu *bundle;
	enum agent_state state;
	enum agent_state resume;
	bool running;
	spinlock_t lock;	/* state, resume, limits */
	struct mutex mutex;	/* publishing a bundle */
	atomic_t tasks;
	atomic_t children;
	atomic64_t denials;
	atomic64_t uses;
	u64 limits[AGENT_QUOTA_COUNT];
	u64 ram_limit;
	u32 on_deny;
	u64 spawned;
	struct delayed_work expiry;
	struct work_struct stop;
	u8 *manifest;
	u32 manifest_size;
	struct agent_attestation attestation;
};

/* Set once the LSM has been initialised; without it there are no agents. */
extern bool agent_enabled;

int agent_fork(struct task_struct *task, struct agent *agent);
void agent_unfork(struct task_struct *task);
void agent_exit(struct task_struct *task, long code);
void agent_task_free(struct task_struct *task);

void agent_put(struct agent *agent);
struct agent *agent_get_by_aid(u64 aid);
struct agent *agent_get_next(u64 aid);
struct agent *agent_get_of(struct task_struct *task);

/**
 * agent_get - take a reference
 * @agent: an agent that is already referenced or published to the caller
 *
 * Return: @agent.
 */
static inline struct agent *agent_get(struct agent *agent)
{
	refcount_inc(&agent->usage);
	return agent;
}

/**
 * agent_confined - the caller's agent, if its bundle limits it
 *
 * Return: the agent, or NULL for a legacy task (AID 0) and for AID 1.
 */
static inline struct agent *agent_confined(void)
{
	struct agent *agent = current->agent;

	if (likely(!agent) || agent->aid == AGENT_AID_ROOT)
		return NULL;
	return agent;
}

int coconut_file_permission(struct file *file, int mask);

/**
 * agent_file_permission - whether an open file may still be used
 * @file: the file
 * @mask: MAY_*
 *
 * Return: 0, or -ECAPABILITY.
 */
static inline int agent_file_permission(struct file *file, int mask)
{
	return likely(!current->agent) ? 0 : coconut_file_permission(file, mask);
}

bool agent_is_ancestor(const struct agent *ancestor, const struct agent *agent);
int agent_set_state(struct agent *agent, enum agent_state to);
void agent_denied(struct agent *agent);
void agent_allowed_again(struct agent *agent);

/**
 * agent_is_running - whether an agent runs its image
 * @agent: the agent
 *
 * What state a denial or a quarantine has moved it to does not matter here:
 * until the attested image has taken over, it is its spawner's code that runs.
 *
 * Return: false while it is spawning or attested.
 */
static inline bool agent_is_running(const struct agent *agent)
{
	return READ_ONCE(agent->running);
}

/**
 * agent_allowed - note that a decision was in an agent's favour
 * @agent: the agent
 */
static inline void agent_allowed(struct agent *agent)
{
	if (unlikely(READ_ONCE(agent->state) == AGENT_CAPABILITY_DENIED))
		agent_allowed_again(agent);
}

u32 agent_signal_all(struct agent *agent, int sig);

bool agent_cap_expired(const struct agent_cap *cap);
bool agent_cap_live(const struct agent_cap *cap);
bool agent_cap_use(struct agent_cap *cap);
void agent_bundle_refresh(struct agent *agent);
const struct agent_root *agent_bundle_find(const struct agent_bundle *bundle,
					   const struct inode *inode);
const struct agent_root *agent_bundle_nearest(const struct agent_bundle *bundle,
					      const struct path *path);
bool agent_has(struct agent *subject, enum agent_cap_id id,
	       const struct agent *object);

bool agent_is_keyring(const struct key *key);
int agent_exec_check(struct linux_binprm *bprm);
void agent_exec_committing(void);
void agent_exec_committed(void);

#else /* !CONFIG_AGENT */

static inline int agent_fork(struct task_struct *task, struct agent *agent)
{
	return 0;
}

static inline void agent_unfork(struct task_struct *task) { }
static inline void agent_exit(struct task_struct *task, long code) { }
static inline void agent_task_free(struct task_struct *task) { }

static inline int agent_file_permission(struct file *file, int mask)
{
	return 0;
}

#endif /* CONFIG_AGENT */
#endif /* _LINUX_AGENT_H */
