// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: denials, and the rows that they leave
 */

#include <linux/fs.h>
#include <linux/slab.h>

#include "coconut.h"

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

/**
 * coconut_record_path - write a row about a file
 * @agent: who uses it or is denied
 * @event: AGENT_EVENT_USE or AGENT_EVENT_DENY
 * @cap: the capability
 * @reason: why, for a denial
 * @path: the file
 * @atomic: the caller can't sleep
 */
void coconut_record_path(struct agent *agent, u16 event, enum agent_cap_id cap,
			 enum agent_audit_reason reason,
			 const struct path *path, bool atomic)
{
	const struct inode *inode = d_backing_inode(path->dentry);
	bool denied = event == AGENT_EVENT_DENY;
	struct name_buf buf;

	name_path(&buf, path, atomic);
	agent_audit(&(struct agent_audit_record) {
		.event = event,
		.agent = agent,
		.cap = cap,
		.verdict = denied ? AGENT_VERDICT_DENY : AGENT_VERDICT_ALLOW,
		.reason = reason,
		.error = denied ? ECAPABILITY : 0,
		.object = {
			path->dentry->d_sb->s_dev,
			inode ? inode->i_ino : 0,
		},
		.payload = buf.name,
		.payload_size = buf.size,
		.atomic = atomic,
	});
	put_name(&buf);
}

/**
 * coconut_deny - deny, count the denial and record it
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
	if (agent)
		atomic64_inc(&agent->denials);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_DENY,
		.agent = agent,
		.cap = cap,
		.verdict = AGENT_VERDICT_DENY,
		.reason = reason,
		.error = ECAPABILITY,
		.payload = payload,
		.payload_size = payload_size,
		.atomic = atomic,
	});
	if (agent)
		agent_denied(agent);
	return -ECAPABILITY;
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
	atomic64_inc(&agent->denials);
	coconut_record_path(agent, AGENT_EVENT_DENY, cap, reason, path,
			    atomic);
	agent_denied(agent);
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
	const struct inode *inode = d_backing_inode(dir->dentry);
	struct name_buf buf;
	char *whole;
	int size;

	whole = kmem_cache_alloc(names_cachep, GFP_KERNEL);
	if (!whole)
		return -ENOMEM;
	name_path(&buf, dir, false);
	size = scnprintf(whole, PATH_MAX, "%s%s%s", buf.name,
			 buf.size > 1 ? "/" : "", rest);
	put_name(&buf);
	atomic64_inc(&agent->denials);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_DENY,
		.agent = agent,
		.cap = AGENT_CAP_FS_READ,
		.verdict = AGENT_VERDICT_DENY,
		.reason = agent_is_running(agent) ? AGENT_REASON_SCOPE :
						    AGENT_REASON_STATE,
		.error = ECAPABILITY,
		.object = { dir->dentry->d_sb->s_dev, inode->i_ino },
		.payload = whole,
		.payload_size = size,
	});
	kmem_cache_free(names_cachep, whole);
	agent_denied(agent);
	return -ECAPABILITY;
}
