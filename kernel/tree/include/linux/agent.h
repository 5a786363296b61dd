/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents, as the rest of the kernel sees them.
 */
#ifndef _LINUX_AGENT_H
#define _LINUX_AGENT_H

#include <linux/agent_core.h>
#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/mutex.h>
#include <linux/path.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct agent;
struct agent_audit_record;
struct file;
struct key;
struct linux_binprm;

#ifdef CONFIG_AGENT

#include <linux/agent_inode.h>
#ifdef CONFIG_DCACHE_WORD_ACCESS
#include <asm/word-at-a-time.h>
#endif

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
 * @usage: references: one for each bundle that lists it
 * @handle: names it to userspace, never reused
 * @id: what it permits
 * @flags: AGENT_CAP_INFO_*
 * @granter: AID that granted it, or the spawner
 * @expires: CLOCK_BOOTTIME nanoseconds, 0 for never
 * @uses: uses that remain; S64_MAX without a count
 * @scope: top of a path scope
 * @except: the holes in it
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
	struct agent_scope scope;
	struct agent_scope *except;
	u32 nr_except;
	struct agent_net_scope net;
	u32 relation;
	struct agent_cap_spec spec;
	u32 cbor_size;
	u8 cbor[] __counted_by(cbor_size);
};

/**
 * struct agent_root - where in the file hierarchy rights change
 * @at: the place
 * @rights: mask of AGENT_RIGHT() that hold from here down to the next root
 * @limited: those of @rights that end with a time or a count
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
	unsigned long pad[2];	/* found by a shift */
};

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
 * @edge_mask: slots of @edges less one; a power of two less one
 * @edges: open-addressed hash table, keyed by directory and name
 * @named_mask: slots of @named less one; a power of two less one
 * @named: open-addressed hash table, keyed by CBOR, of indices of @caps
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
};

/**
 * struct agent - a principal of its own: one or more tasks under one bundle
 * @usage: references
 * @rwork: frees it after a grace period, in a context that may sleep
 * @aid: never reused
 * @parent: its spawner, referenced; NULL for AID 1
 * @generation: of @bundle with this agent, unique among all agents and never
 *	0, so that a read compares one number
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
 * @audit: AGENT_AUDIT_*
 * @code: digests of code that its manifest names, one after another
 * @nr_code: how many
 * @way: the steps to its image and to its working directory
 * @keep: descriptors that stay open in its image, beside 0, 1 and 2
 * @nr_keep: how many
 * @cache: what was decided about objects; see security/coconut/cache.c
 * @spawned: CLOCK_BOOTTIME nanoseconds
 * @expiry: withdraws capabilities whose time has come
 * @stop: stops its processes after a denial, where the manifest says so
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
	u32 audit;
	u8 *code;
	u32 nr_code;
	struct agent_scope way[2];
	u32 *keep;
	u32 nr_keep;
	struct coconut_cache *cache;
	u64 spawned;
	struct delayed_work expiry;
	struct work_struct stop;
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

/**
 * agent_of_current - the caller's agent
 *
 * Return: the agent, or NULL for a legacy task.
 */
static inline struct agent *agent_of_current(void)
{
	return current->agent;
}

/* The walk in which the caller binds a place, or NULL. */
static inline struct agent_walk *agent_walk_of_current(void)
{
	return current->agent_walk;
}

/**
 * struct agent_pace - how a walk along a path stands
 * @inside: any name may be looked up here, but special ones in directories
 *	that are marked
 * @to: another directory of which that is known; under the walk's RCU
 */
struct agent_pace {
	bool inside;
	const struct inode *to;
};

/*
 * A name of a word or less is compared at once.  For a longer one stands what
 * no name's first word is, since none has a zero in it.
 */
#ifdef CONFIG_DCACHE_WORD_ACCESS
static __always_inline unsigned long agent_name_word(const struct qstr *name)
{
	return load_unaligned_zeropad(name->name);
}

static inline unsigned long agent_name_mask(u32 len)
{
	return len < sizeof(long) ? bytemask_from_count(len) : ~0UL;
}

#define AGENT_WORD_LONG		0
#else
static __always_inline unsigned long agent_name_word(const struct qstr *name)
{
	return 0;
}

static inline unsigned long agent_name_mask(u32 len)
{
	return ~0UL;
}

#define AGENT_WORD_LONG		1
#endif

/* Where the search for a name begins; a directory's own mark has none. */
static __always_inline u32 agent_edge_slot(const struct agent_bundle *bundle,
					   const struct inode *dir, u32 hash)
{
	return (hash ^ (u32)((unsigned long)dir >> 6)) & bundle->edge_mask;
}

/**
 * agent_stride - a step as most of them are
 * @agent: who walks
 * @dir: the directory
 * @name: the name
 * @pace: how the walk stands
 *
 * Context: under RCU that began with the walk.
 * Return: true if the name may be looked up; false asks for coconut_step().
 */
static __always_inline bool agent_stride(const struct agent *agent,
					 const struct inode *dir,
					 const struct qstr *name,
					 struct agent_pace *pace)
{
	const struct agent_bundle *bundle;
	const struct agent_edge *edge;

	if (dir == pace->to)
		pace->inside = true;
	if (!coconut_is_marked(dir))
		return pace->inside;
	bundle = rcu_dereference_raw(agent->bundle);
	edge = &bundle->edges[agent_edge_slot(bundle, dir, name->hash)];
	/* A longer name, and one that is not where it should be, are rare. */
	if (edge->dir != dir || edge->hash_len != name->hash_len ||
	    (agent_name_word(name) ^ edge->word) & edge->mask ||
	    edge->to == AGENT_HOLE)
		return !edge->dir && pace->inside;
	pace->inside = false;
	pace->to = edge->to;
	return true;
}

int coconut_step(struct agent *agent, const struct path *dir,
		 const struct inode *inode, const struct qstr *name,
		 struct agent_pace *pace);
int coconut_step_denied(struct agent *agent, const struct path *dir,
			const char *rest);
int agent_closed(const char *what);
int agent_audit_pause(void);
int agent_deny(struct agent_audit_record *record);
int agent_need_mem_exec(void);
int agent_need_key(const char *what);
bool agent_may_see_task(struct task_struct *task);
bool agent_may_see_pid(struct pid *pid);
int agent_handle_task(struct task_struct *task);
int agent_handle_pid(struct pid *pid);
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

int agent_walk_record(struct agent_walk *walk, const struct path *dir,
		      const struct qstr *name);
bool agent_step_is(const struct agent_step *step, struct dentry *dentry);

bool agent_cap_expired(const struct agent_cap *cap);
bool agent_cap_live(const struct agent_cap *cap);
bool agent_cap_use(struct agent_cap *cap);
void agent_bundle_refresh(struct agent *agent);
const struct agent_edge *agent_bundle_edge(const struct agent_bundle *bundle,
					   const struct inode *dir,
					   const struct qstr *name);
bool agent_bundle_marks(const struct agent_bundle *bundle,
			const struct inode *dir);
const struct agent_root *agent_bundle_nearest(const struct agent_bundle *bundle,
					      const struct path *path);
bool agent_has(struct agent *subject, enum agent_cap_id id,
	       const struct agent *object);

void coconut_cache_flush(struct agent *agent);
void coconut_cache_free(struct agent *agent);
bool agent_holds(struct agent *agent, enum agent_cap_id id);

bool agent_is_keyring(const struct key *key);
bool agent_knows_code(const struct agent *agent,
		      const u8 digest[AGENT_DIGEST_SIZE]);
int coconut_code_digest(struct file *file, u8 digest[AGENT_DIGEST_SIZE]);
int agent_digest_file(struct file *file, u8 digest[AGENT_DIGEST_SIZE]);
int agent_exec_check(struct linux_binprm *bprm);
void agent_exec_committing(void);
void agent_exec_committed(void);

#else /* !CONFIG_AGENT */

struct agent_walk;

struct agent_pace {
	bool inside;
	const struct inode *to;
};

static inline struct agent *agent_of_current(void)
{
	return NULL;
}

static inline bool agent_stride(const struct agent *agent,
				const struct inode *dir,
				const struct qstr *name,
				struct agent_pace *pace)
{
	return false;
}

static inline struct agent_walk *agent_walk_of_current(void)
{
	return NULL;
}

static inline bool coconut_is_marked(const struct inode *dir)
{
	return false;
}

static inline int agent_walk_record(struct agent_walk *walk,
				    const struct path *dir,
				    const struct qstr *name)
{
	return 0;
}

static inline int coconut_step(struct agent *agent, const struct path *dir,
			       const struct inode *inode,
			       const struct qstr *name,
			       struct agent_pace *pace)
{
	return 0;
}

static inline int coconut_step_denied(struct agent *agent,
				      const struct path *dir, const char *rest)
{
	return 0;
}

static inline int agent_closed(const char *what)
{
	return 0;
}

static inline int agent_audit_pause(void)
{
	return 0;
}

static inline int agent_need_mem_exec(void)
{
	return 0;
}

static inline int agent_need_key(const char *what)
{
	return 0;
}

static inline bool agent_may_see_task(struct task_struct *task)
{
	return true;
}

static inline bool agent_may_see_pid(struct pid *pid)
{
	return true;
}

static inline int agent_handle_task(struct task_struct *task)
{
	return 0;
}

static inline int agent_handle_pid(struct pid *pid)
{
	return 0;
}

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
