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
struct page;
struct sock;
struct vm_area_struct;

#ifdef CONFIG_AGENT

#include <linux/agent_bundle.h>
#include <linux/agent_inode.h>
#ifdef CONFIG_DCACHE_WORD_ACCESS
#include <asm/word-at-a-time.h>
#endif

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
 * @ended: its last task has gone; set once, under @mutex
 * @lock: guards state and limits
 * @mutex: serialises those who publish a bundle, and its end with them
 * @sweep: serialises those who take away what was revoked
 * @swept: the last sweep that went over all its tasks; under @task_lock
 * @task_lock: guards @task_list; may be taken under tasklist_lock
 * @task_list: its live tasks
 * @family: guards @offspring
 * @offspring: agents that it has spawned, until they are freed
 * @sibling: among those of @parent
 * @tasks: live tasks
 * @children: live agents that it has spawned
 * @denials: rows of event DENY so far
 * @uses: rows of event USE so far
 * @unsaved: bytes of its rows that are not on disk yet
 * @limits: by AGENT_QUOTA_*
 * @reached: bits of the limits that it ran into, and has not kept since
 * @ram_limit: bytes of private memory of one address space
 * @on_deny: AGENT_DENY_*
 * @audit: AGENT_AUDIT_*
 * @code: digests of code that its manifest names, one after another
 * @nr_code: how many
 * @way: the steps to its image and to its working directory
 * @keep: descriptors that stay open in its image, beside 0, 1 and 2
 * @nr_keep: how many
 * @cache: what was decided about objects; see security/coconut/cache.c
 * @hints: what its manifest says to who reads a denial, or NULL
 * @reasons: its last denials, or NULL; under @lock
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
	bool ended;
	spinlock_t lock;	/* state, resume, limits, reasons */
	struct mutex mutex;	/* publishing a bundle, ended */
	struct mutex sweep;	/* taking away what was revoked */
	u64 swept;
	spinlock_t task_lock;	/* task_list, swept */
	struct list_head task_list;
	spinlock_t family;	/* offspring */
	struct list_head offspring;
	struct list_head sibling;
	atomic_t tasks;
	atomic_t children;
	atomic64_t denials;
	atomic64_t uses;
	atomic64_t unsaved;
	u64 limits[AGENT_QUOTA_COUNT];
	unsigned long reached;
	u64 ram_limit;
	u32 on_deny;
	u32 audit;
	u8 *code;
	u32 nr_code;
	struct agent_scope way[2];
	u32 *keep;
	u32 nr_keep;
	struct coconut_cache *cache;
	struct agent_hints *hints;
	struct agent_reasons *reasons;
	u64 spawned;
	struct delayed_work expiry;
	struct work_struct stop;
	struct agent_attestation attestation;
};

/**
 * struct agent_toll - what a revocation has taken away
 * @removed: capabilities
 * @agents: agents that lost one
 * @files: open files and sockets that are no longer of use to them
 * @mappings: mappings that are gone
 */
struct agent_toll {
	u64 removed;
	u64 agents;
	u64 files;
	u64 mappings;
};

/* Set once the LSM has been initialised; without it there are no agents. */
extern bool agent_enabled;

int agent_fork(struct task_struct *task, struct agent *agent);
void agent_unfork(struct task_struct *task);
void agent_join(struct task_struct *task);
void agent_sweep_forked(struct task_struct *task);
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
static __always_inline struct agent_edge *
agent_edge_first(const struct agent_bundle *bundle, const struct inode *dir,
		 u32 hash)
{
	u32 offset = (hash << AGENT_EDGE_SHIFT) ^ (u32)(unsigned long)dir;

	return (void *)bundle->edges + (offset & bundle->edge_mask);
}

static __always_inline struct agent_edge *
agent_edge_next(const struct agent_bundle *bundle,
		const struct agent_edge *edge)
{
	u32 offset = (void *)(edge + 1) - (void *)bundle->edges;

	return (void *)bundle->edges + (offset & bundle->edge_mask);
}

/* Whether an edge is of this name; longer ones are rare, and asked elsewhere. */
static __always_inline bool agent_is_edge(const struct agent_edge *edge,
					  const struct inode *dir,
					  const struct qstr *name)
{
	return edge->dir == dir && edge->hash_len == name->hash_len &&
	       !((agent_name_word(name) ^ edge->word) & edge->mask);
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
	edge = agent_edge_first(bundle, dir, name->hash);
	if (!agent_is_edge(edge, dir, name)) {
		if (!edge->dir)
			return pace->inside;
		/* Another has its place, so it is behind that, if anywhere. */
		edge = agent_edge_next(bundle, edge);
		if (!agent_is_edge(edge, dir, name))
			return !edge->dir && pace->inside;
	}
	if (edge->to == AGENT_HOLE)
		return false;
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
int coconut_trace_on(struct task_struct *task);
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

void io_uring_each_file(struct file *ring,
			void (*each)(struct file *file, void *arg), void *arg);
int coconut_answer_request(struct file *file);
bool coconut_begins_again(void);
bool coconut_has_lost(const struct file *file);
bool coconut_may_fault(struct agent *agent, struct vm_area_struct *vma);
bool coconut_may_pin(const struct vm_area_struct *vma);
bool coconut_copies_from(const struct file *file);
int coconut_copy_pages(struct page **pages, u32 nr_pages);
int agent_of_peer(struct sock *sk, u64 *aid);

/* In copy_process(), under tasklist_lock: the new task can be found. */
static inline void agent_forked(struct task_struct *task)
{
	if (unlikely(task->agent))
		agent_join(task);
}

/* At the end of copy_process(): what was revoked meanwhile is not copied. */
static inline void agent_fork_swept(struct task_struct *task)
{
	if (unlikely(task->agent))
		agent_sweep_forked(task);
}

/**
 * agent_may_fault - whether the caller may have a page of a mapped file
 * @vma: the mapping
 *
 * Context: Any; does not sleep.
 * Return: false for SIGBUS.
 */
static inline bool agent_may_fault(struct vm_area_struct *vma)
{
	return likely(!current->agent) ||
	       coconut_may_fault(current->agent, vma);
}

/**
 * agent_trace_on - whether the caller may go on tracing
 * @task: whom
 *
 * Return: 0, or -ECAPABILITY.
 */
static inline int agent_trace_on(struct task_struct *task)
{
	return likely(!current->agent) ? 0 : coconut_trace_on(task);
}

/**
 * agent_may_pin - whether the caller may keep pages of a mapping for good
 * @vma: the mapping
 *
 * Return: false for -EFAULT: what is revoked is to be gone with the mapping.
 */
static inline bool agent_may_pin(const struct vm_area_struct *vma)
{
	return likely(!current->agent) || coconut_may_pin(vma);
}

/**
 * agent_copies - whether what the caller hands on is a copy
 *
 * Return: true for an agent: a page of a file that it leaves in a pipe or with
 * a socket would show what the file holds after a revocation.
 */
static inline bool agent_copies(void)
{
	return unlikely(agent_confined());
}

/* Whether splicing from a file copies, rather than lend its pages. */
static inline bool agent_copies_from(const struct file *file)
{
	return agent_copies() && coconut_copies_from(file);
}

/**
 * agent_copy_pages - pages to hand on
 * @pages: pages of the caller's, referenced; replaced if they are of a file
 * @nr_pages: how many
 *
 * Return: 0, or -ENOMEM; then all of them are put.
 */
static inline int agent_copy_pages(struct page **pages, u32 nr_pages)
{
	return agent_copies() ? coconut_copy_pages(pages, nr_pages) : 0;
}

/**
 * agent_answer_request - let a request that was interrupted say why
 * @file: its file, or NULL
 * @res: its result
 */
static inline void agent_answer_request(struct file *file, s32 *res)
{
	if (unlikely(current->agent) && file &&
	    (*res == -EINTR || *res == -ECONNABORTED))
		*res = coconut_answer_request(file) ?: *res;
}

/**
 * agent_has_lost - whether there is nothing more to wait for at a file
 * @file: the file
 *
 * Return: true once the caller's agent has lost what it was opened by.
 */
static inline bool agent_has_lost(const struct file *file)
{
	return unlikely(current->agent) && coconut_has_lost(file);
}

/**
 * agent_lost_request - answer a request on a file that was lost
 * @file: its file, or NULL
 *
 * Return: 0, or -ECAPABILITY.
 */
static inline int agent_lost_request(struct file *file)
{
	return file && agent_has_lost(file) ? coconut_answer_request(file) : 0;
}

/**
 * agent_begins_again - whether a request was interrupted by a revocation
 * @err: what it says
 *
 * Return: true if it is to be begun again, and asked about.
 */
static inline bool agent_begins_again(int err)
{
	return unlikely(current->agent) &&
	       (err == -EINTR || err == -ERESTARTSYS) &&
	       coconut_begins_again();
}

/**
 * agent_is_frozen - whether only a release lets an agent go on
 * @agent: the agent
 *
 * Return: true while it is quarantined, or stopped by a denial.
 */
static inline bool agent_is_frozen(const struct agent *agent)
{
	enum agent_state state = READ_ONCE(agent->state);

	return state == AGENT_QUARANTINED ||
	       (state == AGENT_CAPABILITY_DENIED &&
		agent->on_deny == AGENT_DENY_STOP);
}

static inline bool agent_is_task_frozen(const struct task_struct *task)
{
	return unlikely(task->agent) && agent_is_frozen(task->agent);
}

bool agent_is_ancestor(const struct agent *ancestor, const struct agent *agent);
int agent_set_state(struct agent *agent, enum agent_state to);
void agent_denied(const struct agent_audit_record *record, u64 number);
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

struct agent *agent_of_code(struct agent *agent);
struct task_struct *agent_next_unswept(struct agent *agent, u64 sweep);
u32 agent_each_task(struct agent *agent, u32 (*each)(struct task_struct *task));
void coconut_withdraw(struct agent *agent, struct agent_toll *toll);
void coconut_sweep_task(struct agent *agent, struct task_struct *task);
void agent_reason_keep(const struct agent_audit_record *record, u64 number);

int agent_walk_record(struct agent_walk *walk, const struct path *dir,
		      const struct qstr *name);
bool agent_step_is(const struct agent_step *step, struct dentry *dentry);

bool agent_cap_expired(const struct agent_cap *cap);
bool agent_cap_live(const struct agent_cap *cap);
enum agent_audit_reason agent_cap_use(struct agent_cap *cap);
enum agent_audit_reason agent_ask(struct agent *subject, enum agent_cap_id id,
				  const struct agent *object);
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
bool agent_reaches(struct agent *subject, enum agent_cap_id id,
		   const struct agent *object);

void coconut_cache_flush(struct agent *agent);
void coconut_cache_free(struct agent *agent);

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

static inline int agent_trace_on(struct task_struct *task)
{
	return 0;
}

static inline int agent_fork(struct task_struct *task, struct agent *agent)
{
	return 0;
}

static inline void agent_unfork(struct task_struct *task) { }
static inline void agent_forked(struct task_struct *task) { }
static inline void agent_fork_swept(struct task_struct *task) { }
static inline void agent_exit(struct task_struct *task, long code) { }
static inline void agent_task_free(struct task_struct *task) { }

static inline int agent_file_permission(struct file *file, int mask)
{
	return 0;
}

static inline bool agent_may_fault(struct vm_area_struct *vma)
{
	return true;
}

static inline bool agent_may_pin(const struct vm_area_struct *vma)
{
	return true;
}

static inline bool agent_copies(void)
{
	return false;
}

static inline bool agent_copies_from(const struct file *file)
{
	return false;
}

static inline int agent_copy_pages(struct page **pages, u32 nr_pages)
{
	return 0;
}

static inline void agent_answer_request(struct file *file, s32 *res) { }

static inline int agent_lost_request(struct file *file)
{
	return 0;
}

static inline bool agent_begins_again(int err)
{
	return false;
}

static inline bool agent_is_task_frozen(const struct task_struct *task)
{
	return false;
}

static inline int agent_of_peer(struct sock *sk, u64 *aid)
{
	return -ENOPROTOOPT;
}

static inline bool agent_has_lost(const struct file *file)
{
	return false;
}

#endif /* CONFIG_AGENT */
#endif /* _LINUX_AGENT_H */
