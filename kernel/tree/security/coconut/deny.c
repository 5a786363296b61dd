// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: denials, and the rows that they leave
 */

#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <trace/events/agent.h>

#include "cache.h"

/* The boundary is near the beginning; a row is no place to write pages to. */
#define ASKED_MAX	512

/* Where the name of an object is put together for its row. */
struct name_buf {
	char *page;
	const char *name;
	u32 size;
};

static void name_path(struct name_buf *buf, const struct path *path,
		      bool atomic)
{
	static const char unnamed[] = "(unnamed)";
	char *name = NULL;

	buf->page = kmem_cache_alloc(names_cachep,
				     atomic ? GFP_ATOMIC : GFP_KERNEL);
	if (buf->page)
		name = d_absolute_path(path, buf->page, PATH_MAX);
	if (IS_ERR_OR_NULL(name))
		name = (char *)unnamed;
	buf->name = name;
	buf->size = strlen(name);
}

static void put_name(struct name_buf *buf)
{
	if (buf->page)
		kmem_cache_free(names_cachep, buf->page);
}

static u64 dev_of(const struct path *path)
{
	return path->dentry->d_sb->s_dev;
}

static u64 ino_of(const struct path *path)
{
	const struct inode *inode = d_backing_inode(path->dentry);

	return inode ? inode->i_ino : 0;
}

static void write_use(struct agent *agent, enum agent_cap_id cap,
		      const struct path *path, const struct name_buf *buf,
		      bool atomic)
{
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = cap,
		.verdict = AGENT_VERDICT_ALLOW,
		.object = { dev_of(path), ino_of(path) },
		.payload = buf->name,
		.payload_size = buf->size,
		.atomic = atomic,
		.paused = !atomic,
	});
}

static bool write_if_named(struct agent *agent, enum agent_cap_id cap,
			   const struct path *path, bool atomic)
{
	static const struct name_buf none;

	if (!coconut_is_named(agent, path, d_backing_inode(path->dentry)))
		return false;
	write_use(agent, cap, path, &none, atomic);
	return true;
}

/*
 * A row without a name, if it may be one.  Another task of the agent could write
 * one between the look at what was told and the row, by another name.
 */
static bool write_again(struct agent *agent, enum agent_cap_id cap,
			const struct path *path, bool atomic)
{
	const struct inode *inode = d_backing_inode(path->dentry);
	/* Pairs with cmpxchg_release() in cache_of(). */
	struct coconut_cache *cache = smp_load_acquire(&agent->cache);
	bool named;

	if (!inode || !cache)
		return false;
	if (!atomic)
		agent_audit_pause();
	if (atomic_read(&agent->tasks) == 1)
		return write_if_named(agent, cap, path, atomic);
	spin_lock(&cache->lock);
	named = write_if_named(agent, cap, path, atomic);
	spin_unlock(&cache->lock);
	return named;
}

/**
 * coconut_record_again - count and write the row of a use of what is named
 * @agent: who uses it
 * @cap: the capability
 * @path: the file
 *
 * Return: false when the row needs a name, and nothing was done.
 */
bool coconut_record_again(struct agent *agent, enum agent_cap_id cap,
			  const struct path *path)
{
	if (!write_again(agent, cap, path, false))
		return false;
	atomic64_inc(&agent->uses);
	return true;
}

/* unlink() holds the directory's lock until the name is gone. */
static bool keeps_name(const struct path *path)
{
	const struct dentry *dentry = path->dentry;
	struct inode *dir;
	bool locked;

	rcu_read_lock();
	dir = d_inode_rcu(READ_ONCE(dentry->d_parent));
	locked = !dir || inode_is_locked(dir);
	rcu_read_unlock();
	return !locked && !d_unlinked(dentry) &&
	       d_backing_inode(dentry)->i_nlink == 1;
}

static void write_and_note(struct agent *agent, enum agent_cap_id cap,
			   const struct path *path, const struct name_buf *buf,
			   u64 stamp, bool atomic)
{
	/* Pairs with cmpxchg_release() in cache_of(). */
	struct coconut_cache *cache = smp_load_acquire(&agent->cache);

	if (!cache) {
		write_use(agent, cap, path, buf, atomic);
		return;
	}
	spin_lock(&cache->lock);
	write_use(agent, cap, path, buf, atomic);
	/* A row that had no room for the whole name has not told it. */
	if (atomic || fatal_signal_pending(current) || !keeps_name(path))
		stamp = 0;
	coconut_note_named(cache, path, stamp);
	spin_unlock(&cache->lock);
}

static void write_named(struct agent *agent, enum agent_cap_id cap,
			const struct path *path, bool atomic)
{
	u64 stamp = coconut_stamp(agent);
	struct name_buf buf = {};

	name_path(&buf, path, atomic);
	/* What is known then holds for the next use as well. */
	coconut_known(agent, path);
	if (!atomic)
		agent_audit_pause();
	write_and_note(agent, cap, path, &buf, stamp, atomic);
	put_name(&buf);
}

/**
 * coconut_record_use - write the row of a use of a file
 * @agent: who uses it
 * @cap: the capability
 * @path: the file
 * @atomic: the caller can't sleep
 */
void coconut_record_use(struct agent *agent, enum agent_cap_id cap,
			const struct path *path, bool atomic)
{
	if (!write_again(agent, cap, path, atomic))
		write_named(agent, cap, path, atomic);
}

/**
 * agent_deny - deny, count the denial and record it
 * @record: who is denied (NULL for AID 0), what it lacks, why, and the object
 *
 * Context: Any with @record->atomic.
 * Return: -ECAPABILITY.
 */
int agent_deny(struct agent_audit_record *record)
{
	struct agent *agent = record->agent;
	u64 number = 0;

	record->event = AGENT_EVENT_DENY;
	record->verdict = AGENT_VERDICT_DENY;
	record->error = ECAPABILITY;
	agent_audit_count_denial(record->cap);
	if (agent) {
		number = atomic64_inc_return(&agent->denials);
		agent_reason_keep(record, number);
	}
	agent_audit(record);
	trace_agent_deny(agent ? agent->aid : AGENT_AID_LEGACY, record->cap,
			 record->reason, number);
	if (agent)
		agent_denied(record, number);
	return -ECAPABILITY;
}

/**
 * coconut_deny - deny what has no place in the file hierarchy
 * @agent: who is denied, NULL for AID 0
 * @cap: what it lacks
 * @reason: why
 * @payload: what it reached for, as the row will tell it
 * @payload_size: bytes of @payload
 * @atomic: the caller can't sleep
 *
 * Return: -ECAPABILITY.
 */
int coconut_deny(struct agent *agent, enum agent_cap_id cap,
		 enum agent_audit_reason reason, const void *payload,
		 u32 payload_size, bool atomic)
{
	return agent_deny(&(struct agent_audit_record) {
		.agent = agent,
		.cap = cap,
		.reason = reason,
		.payload = payload,
		.payload_size = payload_size,
		.atomic = atomic,
	});
}

/**
 * coconut_deny_path - deny the way to a file
 * @agent: who is denied
 * @cap: what it lacks
 * @reason: why
 * @path: the file
 * @atomic: the caller can't sleep
 *
 * Return: -ECAPABILITY.
 */
int coconut_deny_path(struct agent *agent, enum agent_cap_id cap,
		      enum agent_audit_reason reason, const struct path *path,
		      bool atomic)
{
	struct name_buf buf;

	name_path(&buf, path, atomic);
	agent_deny(&(struct agent_audit_record) {
		.agent = agent,
		.cap = cap,
		.reason = reason,
		.object = { dev_of(path), ino_of(path) },
		.payload = buf.name,
		.payload_size = buf.size,
		.atomic = atomic,
	});
	put_name(&buf);
	return -ECAPABILITY;
}

/**
 * coconut_close - refuse what is closed to agents, whatever they hold
 * @agent: who asked for it
 * @what: its name, for the row
 *
 * Context: Any.
 * Return: -ECAPABILITY.
 */
int coconut_close(struct agent *agent, const char *what)
{
	return coconut_deny(agent, AGENT_CAP_NONE, AGENT_REASON_CLOSED, what,
			    strlen(what), true);
}

/**
 * agent_closed - refuse a system call that is closed to agents
 * @what: its name, for the row
 *
 * Return: -ECAPABILITY to an agent, 0 to AID 0 and AID 1.
 */
int agent_closed(const char *what)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 : coconut_close(agent, what);
}

/**
 * coconut_step_denied - deny the lookup of a name
 * @agent: who walks
 * @dir: the directory, referenced
 * @rest: the name and all that was to follow it
 *
 * Return: -ECAPABILITY, or -ENOMEM.
 */
int coconut_step_denied(struct agent *agent, const struct path *dir,
			const char *rest)
{
	struct name_buf buf;
	char *whole;
	int size;

	whole = kmem_cache_alloc(names_cachep, GFP_KERNEL);
	if (!whole)
		return -ENOMEM;
	name_path(&buf, dir, false);
	size = scnprintf(whole, ASKED_MAX, "%s%s%s", buf.name,
			 buf.size > 1 ? "/" : "", rest);
	put_name(&buf);
	agent_deny(&(struct agent_audit_record) {
		.agent = agent,
		.cap = AGENT_CAP_FS_READ,
		.reason = agent_is_running(agent) ? AGENT_REASON_SCOPE :
						    AGENT_REASON_STATE,
		.object = { dev_of(dir), ino_of(dir) },
		.payload = whole,
		.payload_size = size,
	});
	kmem_cache_free(names_cachep, whole);
	return -ECAPABILITY;
}
