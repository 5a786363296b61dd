// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: decisions, and the row each of them leaves
 */

#include <linux/agent_audit.h>
#include <linux/fs.h>
#include <linux/in.h>
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

static void record_path(struct agent *agent, u16 event, enum agent_cap_id cap,
			enum agent_audit_reason reason, const struct path *path,
			bool atomic)
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
	record_path(agent, AGENT_EVENT_DENY, cap, reason, path, atomic);
	agent_denied(agent);
	return -ECAPABILITY;
}

/**
 * decide_path - the pure decision about one path and one capability
 * @bundle: what the agent has
 * @cap: what it needs
 * @path: where
 * @again: it goes on with what it has opened, which is no new use
 *
 * Return: AGENT_REASON_NONE if it may, or why not.
 */
static enum agent_audit_reason
decide_path(const struct agent_bundle *bundle, enum agent_cap_id cap,
	    const struct path *path, bool again)
{
	const struct agent_root *root = agent_bundle_nearest(bundle, path);
	struct agent_cap *by;
	bool good;

	if (!root || !(root->rights & AGENT_RIGHT(cap)))
		return AGENT_REASON_SCOPE;
	by = bundle->caps[root->grant[cap]];
	good = again ? !agent_cap_expired(by) : agent_cap_use(by);
	return good ? AGENT_REASON_NONE : AGENT_REASON_EXPIRED;
}

/* Another capability may give what the spent one gave until now. */
static enum agent_audit_reason
ask_path(struct agent *agent, enum agent_cap_id cap, const struct path *path,
	 bool again, bool atomic)
{
	enum agent_audit_reason reason;
	int tries = atomic ? 1 : 2;

	for (;;) {
		rcu_read_lock();
		reason = decide_path(rcu_dereference(agent->bundle), cap, path,
				     again);
		rcu_read_unlock();
		if (reason != AGENT_REASON_EXPIRED || !--tries)
			return reason;
		agent_bundle_refresh(agent);
	}
}

static int answer_path(struct agent *agent, enum agent_cap_id cap,
		       enum agent_audit_reason reason, const struct path *path,
		       bool atomic)
{
	if (reason != AGENT_REASON_NONE)
		return coconut_deny_path(agent, cap, reason, path, atomic);
	agent_allowed(agent);
	atomic64_inc(&agent->uses);
	record_path(agent, AGENT_EVENT_USE, cap, AGENT_REASON_NONE, path,
		    atomic);
	return 0;
}

/**
 * coconut_may_path - decide about a path, and record it
 * @agent: who asks
 * @cap: a path-scoped capability
 * @path: the object
 * @atomic: the caller can't sleep
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_path(struct agent *agent, enum agent_cap_id cap,
		     const struct path *path, bool atomic)
{
	return answer_path(agent, cap, ask_path(agent, cap, path, false, atomic),
			   path, atomic);
}

/**
 * coconut_may_still - decide about what is open already, and record it
 * @agent: who asks
 * @cap: a path-scoped capability
 * @path: the object
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_still(struct agent *agent, enum agent_cap_id cap,
		      const struct path *path)
{
	return answer_path(agent, cap, ask_path(agent, cap, path, true, false),
			   path, false);
}

/**
 * coconut_path_rights - what an agent may do at a path, without doing it
 * @agent: the agent
 * @path: the object
 *
 * Return: mask of AGENT_RIGHT().
 */
u32 coconut_path_rights(struct agent *agent, const struct path *path)
{
	const struct agent_root *root;
	u32 rights;

	rcu_read_lock();
	root = agent_bundle_nearest(rcu_dereference(agent->bundle), path);
	rights = root ? root->rights : 0;
	rcu_read_unlock();
	return rights;
}

static u32 name_net(char *to, size_t size, const struct agent_net_scope *net)
{
	const char *protocol = net->protocol == IPPROTO_UDP ? "udp" : "tcp";

	if (net->family == 4)
		return scnprintf(to, size, "%pI4:%u/%s", net->address,
				 net->port_low, protocol);
	return scnprintf(to, size, "[%pI6c]:%u/%s", net->address, net->port_low,
			 protocol);
}

static enum agent_audit_reason
decide_net(const struct agent_bundle *bundle, enum agent_cap_id cap,
	   const struct agent_net_scope *wanted)
{
	enum agent_audit_reason reason = AGENT_REASON_SCOPE;
	u32 i;

	for (i = 0; i < bundle->nr_caps; i++) {
		if (bundle->caps[i]->id != cap ||
		    !agent_net_covers(&bundle->caps[i]->net, wanted))
			continue;
		if (agent_cap_use(bundle->caps[i]))
			return AGENT_REASON_NONE;
		reason = AGENT_REASON_EXPIRED;
	}
	return reason;
}

/**
 * coconut_may_net - decide about an address, and record it
 * @agent: who asks
 * @cap: net.connect or net.bind
 * @wanted: one address, port and protocol
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_net(struct agent *agent, enum agent_cap_id cap,
		    const struct agent_net_scope *wanted)
{
	enum agent_audit_reason reason;
	char name[64];
	u32 size = name_net(name, sizeof(name), wanted);

	rcu_read_lock();
	reason = decide_net(rcu_dereference(agent->bundle), cap, wanted);
	rcu_read_unlock();
	if (reason != AGENT_REASON_NONE)
		return coconut_deny(agent, cap, reason, name, size, false);
	agent_allowed(agent);
	atomic64_inc(&agent->uses);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = cap,
		.verdict = AGENT_VERDICT_ALLOW,
		.payload = name,
		.payload_size = size,
	});
	return 0;
}

/**
 * coconut_may_reach - decide whether an agent may act on another
 * @subject: who acts
 * @cap: a relation-scoped capability
 * @object: on whom, NULL for a legacy task
 * @atomic: the caller can't sleep
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_reach(struct agent *subject, enum agent_cap_id cap,
		      struct agent *object, bool atomic)
{
	u64 aid = object ? object->aid : AGENT_AID_LEGACY;

	if (!object || !agent_has(subject, cap, object)) {
		atomic64_inc(&subject->denials);
		agent_audit(&(struct agent_audit_record) {
			.event = AGENT_EVENT_DENY,
			.agent = subject,
			.cap = cap,
			.verdict = AGENT_VERDICT_DENY,
			.reason = AGENT_REASON_SCOPE,
			.error = ECAPABILITY,
			.object = { aid },
			.atomic = atomic,
		});
		agent_denied(subject);
		return -ECAPABILITY;
	}
	agent_allowed(subject);
	atomic64_inc(&subject->uses);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = subject,
		.cap = cap,
		.verdict = AGENT_VERDICT_ALLOW,
		.object = { aid },
		.atomic = atomic,
	});
	return 0;
}
