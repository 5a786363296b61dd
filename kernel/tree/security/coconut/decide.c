// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: decisions, and the row that each use leaves
 */

#include <linux/fs.h>
#include <linux/in.h>
#include <linux/mount.h>
#include <linux/slab.h>

#include "cache.h"

/**
 * coconut_has_no_place - whether an object is outside the file hierarchy
 * @path: the object
 *
 * Pipes, sockets and memory files have no place there to gate.
 *
 * Return: true if so.
 */
bool coconut_has_no_place(const struct path *path)
{
	const struct dentry *dentry = path->dentry;

	return dentry->d_sb->s_flags & SB_NOUSER ||
	       (d_is_positive(dentry) && IS_PRIVATE(d_backing_inode(dentry)));
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

	if (!root || !(root->rights & AGENT_RIGHT(cap)))
		return AGENT_REASON_SCOPE;
	by = bundle->caps[root->grant[AGENT_PATH_INDEX(cap)]];
	if (!again)
		return agent_cap_use(by);
	return agent_cap_expired(by) ? AGENT_REASON_EXPIRED : AGENT_REASON_NONE;
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
	if (coconut_is_repeat(agent, cap, path, atomic))
		return 0;
	atomic64_inc(&agent->uses);
	coconut_record_use(agent, cap, path, atomic);
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
 * @atomic: the caller can't sleep
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_still(struct agent *agent, enum agent_cap_id cap,
		      const struct path *path, bool atomic)
{
	enum agent_audit_reason reason = ask_path(agent, cap, path, true,
						  atomic);

	/* What was opened to be read may never have been for execution. */
	if (reason == AGENT_REASON_SCOPE && cap != AGENT_CAP_FS_EXEC)
		reason = AGENT_REASON_REVOKED;
	return answer_path(agent, cap, reason, path, atomic);
}

/**
 * coconut_need - decide about a path for an agent that may not run yet
 * @agent: who asks
 * @cap: a path-scoped capability
 * @path: the object
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_need(struct agent *agent, enum agent_cap_id cap,
		 const struct path *path)
{
	if (!agent_is_running(agent))
		return coconut_deny_path(agent, cap, AGENT_REASON_STATE, path,
					 false);
	return coconut_may_path(agent, cap, path, false);
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
	return coconut_known(agent, path) & AGENT_PATH_RIGHTS;
}

/**
 * coconut_may_see - decide whether an object may be looked at
 * @agent: who asks
 * @path: the object
 *
 * To look is no use: it leaves a row only where it is denied.
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_see(struct agent *agent, const struct path *path)
{
	if (likely(coconut_known(agent, path) & COCONUT_VISIBLE))
		return 0;
	if (coconut_has_no_place(path))
		return 0;
	return coconut_deny_path(agent, AGENT_CAP_FS_READ,
				 agent_is_running(agent) ? AGENT_REASON_SCOPE :
							   AGENT_REASON_STATE,
				 path, false);
}

/*
 * Some hooks don't tell by which mount an object was reached.  Any that the
 * caller could have used will do.
 */
static bool find_mount(struct path *path, const struct vfsmount *after)
{
	const struct super_block *sb = path->dentry->d_sb;
	bool passed = !after;
	struct mount *mnt;

	path->mnt = NULL;
	read_seqlock_excl(&mount_lock);
	list_for_each_entry(mnt, &sb->s_mounts, mnt_instance) {
		if (passed && mnt->mnt_ns == (void *)current->nsproxy->mnt_ns &&
		    is_subdir(path->dentry, mnt->mnt.mnt_root)) {
			path->mnt = mntget(&mnt->mnt);
			break;
		}
		passed |= &mnt->mnt == after;
	}
	read_sequnlock_excl(&mount_lock);
	return path->mnt;
}

/**
 * coconut_may_dentry - decide about an object whose mount is not told
 * @agent: who asks
 * @cap: a path-scoped capability, or AGENT_CAP_NONE to look at it
 * @dentry: the object
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_may_dentry(struct agent *agent, enum agent_cap_id cap,
		       struct dentry *dentry)
{
	u32 wanted = cap ? AGENT_RIGHT(cap) : COCONUT_VISIBLE;
	struct path path = { .dentry = dentry };
	struct vfsmount *last = NULL;
	int err;

	while (find_mount(&path, last)) {
		mntput(last);
		last = path.mnt;
		if (coconut_known(agent, &path) & wanted)
			break;
	}
	path.mnt = last;
	if (!last)
		return coconut_has_no_place(&path) ? 0 :
		       coconut_deny(agent, cap, AGENT_REASON_SCOPE,
				    dentry->d_name.name, dentry->d_name.len,
				    false);
	err = cap ? coconut_need(agent, cap, &path) :
		    coconut_may_see(agent, &path);
	mntput(last);
	return err;
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

/* A host's name gives nothing by itself: AID 1 grants its addresses. */
static bool gives_net(const struct agent_cap *by, enum agent_cap_id cap,
		      const struct agent_net_scope *wanted)
{
	return by->spec.id == cap && !agent_cap_is_host(&by->spec) &&
	       agent_net_covers(&by->spec.net, wanted);
}

static struct agent_cap *find_net(const struct agent_bundle *bundle,
				  enum agent_cap_id cap,
				  const struct agent_net_scope *wanted,
				  bool again, enum agent_audit_reason *reason)
{
	u32 i;

	*reason = AGENT_REASON_SCOPE;
	for (i = 0; bundle->held & BIT(cap) && i < bundle->nr_caps; i++) {
		struct agent_cap *by = bundle->caps[i];

		if (!gives_net(by, cap, wanted))
			continue;
		if (!again)
			*reason = agent_cap_use(by);
		else
			*reason = agent_cap_expired(by) ? AGENT_REASON_EXPIRED
							: AGENT_REASON_NONE;
		if (*reason == AGENT_REASON_NONE)
			return by;
	}
	return NULL;
}

/**
 * coconut_has_net - whether a bundle has an address, without using it
 * @agent: the agent
 * @cap: net.connect or net.bind
 * @wanted: one address, port and protocol
 *
 * What has expired goes from the bundle, and until then is not gone.
 *
 * Return: true if it has.
 */
bool coconut_has_net(struct agent *agent, enum agent_cap_id cap,
		     const struct agent_net_scope *wanted)
{
	const struct agent_bundle *bundle;
	bool has = false;
	u32 i;

	rcu_read_lock();
	bundle = rcu_dereference(agent->bundle);
	for (i = 0; !has && i < bundle->nr_caps; i++)
		has = gives_net(bundle->caps[i], cap, wanted);
	rcu_read_unlock();
	return has;
}

static void record_net(struct agent *agent, enum agent_cap_id cap,
		       const struct agent_net_scope *wanted)
{
	char name[64];
	u32 size = name_net(name, sizeof(name), wanted);

	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = cap,
		.verdict = AGENT_VERDICT_ALLOW,
		.payload = name,
		.payload_size = size,
	});
}

/**
 * coconut_may_net - decide about an address, and record a use of it
 * @agent: who asks
 * @cap: net.connect or net.bind
 * @wanted: one address, port and protocol
 * @again: it goes on with a socket that is there, which spends nothing
 * @reason: why not
 *
 * Return: true if it may.
 */
bool coconut_may_net(struct agent *agent, enum agent_cap_id cap,
		     const struct agent_net_scope *wanted, bool again,
		     enum agent_audit_reason *reason)
{
	struct agent_cap *by;
	bool repeat = false;

	rcu_read_lock();
	by = find_net(rcu_dereference(agent->bundle), cap, wanted, again,
		      reason);
	if (by)
		repeat = coconut_is_net_repeat(agent, by);
	rcu_read_unlock();
	if (!by)
		return false;
	agent_allowed(agent);
	atomic64_inc(&agent->uses);
	if (!repeat)
		record_net(agent, cap, wanted);
	return true;
}

/**
 * coconut_need_net - decide about an address, and record it
 * @agent: who asks
 * @cap: net.connect or net.bind
 * @wanted: one address, port and protocol
 * @again: as for coconut_may_net()
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_need_net(struct agent *agent, enum agent_cap_id cap,
		     const struct agent_net_scope *wanted, bool again)
{
	enum agent_audit_reason reason;
	char name[64];
	u32 size;

	if (coconut_may_net(agent, cap, wanted, again, &reason))
		return 0;
	if (again && reason == AGENT_REASON_SCOPE)
		reason = AGENT_REASON_REVOKED;
	size = name_net(name, sizeof(name), wanted);
	return coconut_deny(agent, cap, reason, name, size, false);
}

/**
 * coconut_need_cap - decide about a capability without a scope, and record it
 * @agent: who asks
 * @cap: the capability
 * @what: what it is asked for, for the row
 *
 * Context: Any.
 * Return: 0, or -ECAPABILITY.
 */
int coconut_need_cap(struct agent *agent, enum agent_cap_id cap,
		     const char *what)
{
	enum agent_audit_reason reason = AGENT_REASON_STATE;

	if (agent_is_running(agent))
		reason = agent_ask(agent, cap, agent);
	if (reason != AGENT_REASON_NONE)
		return coconut_deny(agent, cap, reason, what, strlen(what),
				    true);
	agent_allowed(agent);
	atomic64_inc(&agent->uses);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = cap,
		.verdict = AGENT_VERDICT_ALLOW,
		.payload = what,
		.payload_size = strlen(what),
		.atomic = true,
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
	enum agent_audit_reason reason = AGENT_REASON_SCOPE;

	if (object)
		reason = agent_ask(subject, cap, object);
	if (reason != AGENT_REASON_NONE)
		return agent_deny(&(struct agent_audit_record) {
			.agent = subject,
			.cap = cap,
			.reason = reason,
			.object = { aid },
			.atomic = atomic,
		});
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
