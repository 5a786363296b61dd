// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the eight system calls
 *
 * Each is decode, then invoke: the arguments are copied and judged, then the
 * caller's authority, and only then is anything big copied or changed.
 */

#include <linux/agent_core.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include "agent.h"

/* Bytes of CBOR that most capabilities have at most. */
#define SHORT_CAP	128

static void __maybe_unused check_abi(void)
{
	BUILD_BUG_ON(sizeof(struct agent_spawn_args) !=
		     AGENT_SPAWN_ARGS_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct agent_attest_args) !=
		     AGENT_ATTEST_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_quota_args) !=
		     AGENT_QUOTA_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_cap_grant_args) !=
		     AGENT_CAP_GRANT_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_cap_revoke_args) !=
		     AGENT_CAP_REVOKE_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_cap_present_args) !=
		     AGENT_CAP_PRESENT_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_audit_query_args) !=
		     AGENT_AUDIT_QUERY_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_memory_tier_args) !=
		     AGENT_MEMORY_TIER_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_attestation) != 832);
	BUILD_BUG_ON(sizeof(struct agent_cap_info) != 48);
}

/* The size rules of clone3(): at least the first version, at most a page. */
static int copy_args(void *args, size_t known, const void __user *from,
		     size_t size, size_t least)
{
	if (!agent_enabled)
		return -EOPNOTSUPP;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < least)
		return -EINVAL;
	return copy_struct_from_user(args, known, from, size);
}

#define COPY_ARGS(args, from, size, least) \
	copy_args(&(args), sizeof(args), from, size, least)

#define PUT_FIELD(value, to) (put_user(value, to) ? -EFAULT : 0)

/* A call that the caller has no authority for leaves a row. */
static int refuse(enum agent_cap_id cap, u64 aid)
{
	struct agent *agent = current->agent;

	return agent_deny(&(struct agent_audit_record) {
		.agent = agent,
		.cap = cap,
		.reason = agent ? AGENT_REASON_AUTHORITY : AGENT_REASON_LEGACY,
		.object = { aid },
	});
}

/**
 * find_for - find the agent a call is about, if the caller has authority
 * @aid: the agent asked for, or AGENT_AID_SELF
 * @cap: the relation-scoped capability that the call needs
 * @self_free: the caller may always do this to itself
 *
 * Without authority over all agents, one that does not exist looks like one
 * that the caller has no authority over.
 *
 * Return: the agent with a reference, -ECAPABILITY, or -ESRCH.
 */
static struct agent *find_for(u64 aid, enum agent_cap_id cap, bool self_free)
{
	struct agent *subject = current->agent;
	struct agent *agent;

	if (aid == AGENT_AID_SELF && subject)
		aid = subject->aid;
	agent = subject ? agent_get_by_aid(aid) : NULL;
	if (agent && agent == subject && self_free)
		return agent;
	if (agent_has(subject, cap, agent))
		return agent ?: ERR_PTR(-ESRCH);
	if (agent)
		agent_put(agent);
	return ERR_PTR(refuse(cap, aid));
}

/**
 * sys_agent_spawn - spawn an agent from a signed manifest
 * @uargs: struct agent_spawn_args
 * @size: its size
 *
 * Return: the AID in the spawner, 0 in the new agent's first task, or a
 * negative errno; docs/abi.md has the table.
 */
SYSCALL_DEFINE2(agent_spawn, struct agent_spawn_args __user *, uargs,
		size_t, size)
{
	struct agent_spawn_args args;
	struct agent *parent = current->agent;
	long ret;

	ret = COPY_ARGS(args, uargs, size, AGENT_SPAWN_ARGS_SIZE_V0);
	if (ret)
		return ret;
	if (args.flags & ~AGENT_SPAWN_VFORK || args.reserved ||
	    !valid_signal(args.exit_signal) || args.exit_signal < 0)
		return -EINVAL;
	if (!args.stack != !args.stack_size ||
	    (args.flags & AGENT_SPAWN_VFORK && !args.stack))
		return -EINVAL;
	if (args.stack && !access_ok(u64_to_user_ptr(args.stack),
				     args.stack_size))
		return -EINVAL;
	if (!args.manifest_size || !args.signature_size ||
	    !args.keep != !args.nr_keep)
		return -EINVAL;
	if (args.nr_keep > AGENT_KEEP_MAX ||
	    args.manifest_size > AGENT_MANIFEST_MAX ||
	    args.signature_size > AGENT_SIGNATURE_MAX)
		return -E2BIG;
	if (!agent_has(parent, AGENT_CAP_AGENT_SPAWN, parent))
		return refuse(AGENT_CAP_AGENT_SPAWN, AGENT_AID_SELF);

	args.error_cap = ~0U;
	args.error_offset = ~0U;
	ret = agent_spawn_one(parent, &args);
	if (ret == -ECAPABILITY)
		refuse(AGENT_CAP_AGENT_SPAWN, AGENT_AID_SELF);
	if (ret < 0 && (PUT_FIELD(args.error_cap, &uargs->error_cap) ||
			PUT_FIELD(args.error_offset, &uargs->error_offset)))
		return -EFAULT;
	return ret;
}

/**
 * sys_agent_attest - ask what the kernel vouches for about an agent
 * @uargs: struct agent_attest_args
 * @size: its size
 *
 * Return: bytes written, or a negative errno.
 */
SYSCALL_DEFINE2(agent_attest, struct agent_attest_args __user *, uargs,
		size_t, size)
{
	struct agent_attest_args args;
	struct agent *agent;
	long ret;

	ret = COPY_ARGS(args, uargs, size, AGENT_ATTEST_ARGS_SIZE_V0);
	if (ret)
		return ret;
	if (args.flags & ~(AGENT_ATTEST_NEXT | AGENT_ATTEST_CAPS) ||
	    !args.buf_size)
		return -EINVAL;
	if (args.flags & AGENT_ATTEST_NEXT) {
		/* Who may list must be able to attest any agent there is. */
		if (!agent_has(current->agent, AGENT_CAP_ATTEST, NULL))
			return refuse(AGENT_CAP_ATTEST, args.aid);
		agent = agent_get_next(args.aid) ?: ERR_PTR(-ESRCH);
	} else {
		agent = find_for(args.aid, AGENT_CAP_ATTEST, true);
	}
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	if (args.flags & AGENT_ATTEST_CAPS)
		ret = agent_attest_caps(agent, &args);
	else
		ret = agent_attest_one(agent, &args);
	agent_put(agent);
	return ret;
}

/**
 * sys_agent_quota - read or set a limit of an agent
 * @uargs: struct agent_quota_args
 * @size: its size
 *
 * Return: 0, or a negative errno.
 */
SYSCALL_DEFINE2(agent_quota, struct agent_quota_args __user *, uargs,
		size_t, size)
{
	struct agent_quota_args args;
	struct agent *agent;
	int err;

	err = COPY_ARGS(args, uargs, size, AGENT_QUOTA_ARGS_SIZE_V0);
	if (err)
		return err;
	if (args.flags & ~AGENT_QUOTA_SET || args.reserved ||
	    args.resource >= AGENT_QUOTA_COUNT)
		return -EINVAL;
	agent = find_for(args.aid, AGENT_CAP_QUOTA_SET,
			 !(args.flags & AGENT_QUOTA_SET));
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	err = agent_quota_apply(agent, &args);
	agent_put(agent);
	if (!err)
		err = PUT_FIELD(args.limit, &uargs->limit);
	if (!err)
		err = PUT_FIELD(args.usage, &uargs->usage);
	return err;
}

/* Bind the one capability that a call brings. */
static struct agent_cap *read_cap(u64 from, u64 size, u32 flags)
{
	struct agent_cap_spec spec;
	struct agent_fault fault;
	struct agent_cbor cbor;
	struct agent_cap *cap;
	void *data;
	int err;

	data = vmemdup_user(u64_to_user_ptr(from), size);
	if (IS_ERR(data))
		return data;
	agent_cbor_init(&cbor, data, size);
	err = agent_cap_read(&cbor, &spec, &fault);
	if (!err && !agent_cbor_at_end(&cbor))
		err = -EBADMSG;
	cap = err ? ERR_PTR(err) :
		    agent_cap_bind(&spec, current->agent->aid, flags);
	kvfree(data);
	return cap;
}

static int check_cap_size(u64 size)
{
	if (!size)
		return -EINVAL;
	return size > AGENT_CAP_CBOR_MAX ? -E2BIG : 0;
}

/* AID 1 rules over all; others with cap.grant over those they spawned. */
static struct agent *find_ruled(u64 aid, bool self_free)
{
	struct agent *subject = current->agent;
	struct agent *agent;

	if (aid == AGENT_AID_SELF && subject)
		aid = subject->aid;
	agent = subject ? agent_get_by_aid(aid) : NULL;
	if (agent && agent == subject && self_free)
		return agent;
	if (subject && subject->aid == AGENT_AID_ROOT)
		return agent ?: ERR_PTR(-ESRCH);
	if (agent && agent_is_ancestor(subject, agent) &&
	    agent_has(subject, AGENT_CAP_CAP_GRANT, subject))
		return agent;
	if (agent)
		agent_put(agent);
	return ERR_PTR(refuse(AGENT_CAP_CAP_GRANT, aid));
}

static int grant_to(struct agent *agent, struct agent_cap_grant_args *args)
{
	struct agent_cap *cap;
	int err;

	cap = read_cap(args->cap, args->cap_size, AGENT_CAP_INFO_GRANTED);
	if (IS_ERR(cap))
		return PTR_ERR(cap);
	if (agent_bundle_covers(current->agent, cap))
		err = agent_grant(agent, cap, current->agent->aid);
	else
		err = refuse(cap->id, agent->aid);
	args->handle = cap->handle;
	agent_cap_put(cap);
	return err;
}

/**
 * sys_agent_cap_grant - give an agent a capability, or release it
 * @uargs: struct agent_cap_grant_args
 * @size: its size
 *
 * Return: 0, or a negative errno.
 */
SYSCALL_DEFINE2(agent_cap_grant, struct agent_cap_grant_args __user *, uargs,
		size_t, size)
{
	struct agent_cap_grant_args args;
	struct agent *agent;
	int err;

	err = COPY_ARGS(args, uargs, size, AGENT_CAP_GRANT_ARGS_SIZE_V0);
	if (err)
		return err;
	if (args.flags & ~AGENT_GRANT_RELEASE)
		return -EINVAL;
	if (args.flags & AGENT_GRANT_RELEASE)
		err = args.cap || args.cap_size ? -EINVAL : 0;
	else
		err = check_cap_size(args.cap_size);
	if (err)
		return err;
	agent = find_ruled(args.aid, false);
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	/* AID 1 holds everything; there is nothing to give it. */
	if (agent->aid == AGENT_AID_ROOT)
		err = -EINVAL;
	else if (args.flags & AGENT_GRANT_RELEASE)
		err = agent_release(agent);
	else
		err = grant_to(agent, &args);
	agent_put(agent);
	if (!err && !(args.flags & AGENT_GRANT_RELEASE))
		err = PUT_FIELD(args.handle, &uargs->handle);
	return err;
}

/**
 * sys_agent_cap_revoke - take a capability from an agent, freeze it or end it
 * @uargs: struct agent_cap_revoke_args
 * @size: its size
 *
 * Return: 0, or a negative errno.
 */
SYSCALL_DEFINE2(agent_cap_revoke, struct agent_cap_revoke_args __user *, uargs,
		size_t, size)
{
	const u64 wholes = AGENT_REVOKE_ALL | AGENT_REVOKE_QUARANTINE |
			   AGENT_REVOKE_TERMINATE;
	struct agent_cap_revoke_args args;
	struct agent *agent;
	int err;

	err = COPY_ARGS(args, uargs, size, AGENT_CAP_REVOKE_ARGS_SIZE_V0);
	if (err)
		return err;
	if (args.flags & ~wholes || hweight64(args.flags) > 1 ||
	    !args.flags == !args.handle)
		return -EINVAL;
	agent = find_ruled(args.aid, !(args.flags & ~AGENT_REVOKE_ALL));
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	args.removed = 0;
	if (agent->aid == AGENT_AID_ROOT)
		err = -EINVAL;
	else if (args.flags & AGENT_REVOKE_QUARANTINE)
		err = agent_quarantine(agent, &args.removed);
	else if (args.flags & AGENT_REVOKE_TERMINATE)
		err = agent_terminate(agent, &args.removed);
	else
		err = agent_revoke(agent, args.handle, args.flags,
				   current->agent->aid, &args.removed);
	agent_put(agent);
	return err ?: PUT_FIELD(args.removed, &uargs->removed);
}

/*
 * One's own capability, byte by byte as it was given, is the common question
 * and needs no reading of it. AID 1 has none by name, and goes the long way.
 */
static bool names_own(const struct agent_cap_present_args *args)
{
	struct agent *agent = current->agent;
	u8 cbor[SHORT_CAP];
	bool named;

	if (!agent || args->flags || !args->cap_size ||
	    args->cap_size > sizeof(cbor) ||
	    (args->aid != AGENT_AID_SELF && args->aid != agent->aid) ||
	    copy_from_user(cbor, u64_to_user_ptr(args->cap), args->cap_size))
		return false;
	rcu_read_lock();
	named = agent_bundle_names(rcu_dereference(agent->bundle), cbor,
				   args->cap_size);
	rcu_read_unlock();
	return named;
}

/**
 * sys_agent_cap_present - ask whether an agent holds a capability
 * @uargs: struct agent_cap_present_args
 * @size: its size
 *
 * Return: 0 when it does, -ECAPABILITY when not, or a negative errno.
 */
SYSCALL_DEFINE2(agent_cap_present, struct agent_cap_present_args __user *, uargs,
		size_t, size)
{
	struct agent_cap_present_args args;
	struct agent_cap *cap;
	struct agent *agent;
	int err;

	/* The question as it mostly comes, in a structure of this kernel's. */
	if (size == sizeof(args)) {
		if (copy_from_user(&args, uargs, sizeof(args)))
			return -EFAULT;
		if (names_own(&args))
			return 0;
	}
	err = COPY_ARGS(args, uargs, size, AGENT_CAP_PRESENT_ARGS_SIZE_V0);
	if (err)
		return err;
	if (args.flags)
		return -EINVAL;
	err = check_cap_size(args.cap_size);
	if (err)
		return err;
	agent = find_for(args.aid, AGENT_CAP_ATTEST, true);
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	cap = read_cap(args.cap, args.cap_size, 0);
	if (IS_ERR(cap)) {
		err = PTR_ERR(cap);
	} else {
		/* A question, not a use: asking leaves no row. */
		if (!agent_bundle_holds(agent, cap))
			err = -ECAPABILITY;
		agent_cap_put(cap);
	}
	agent_put(agent);
	return err;
}

static int seed(const struct agent_audit_query_args *args)
{
	u8 head[AGENT_DIGEST_SIZE];
	int err;

	if (args->buf_size != sizeof(head))
		return -EINVAL;
	if (copy_from_user(head, u64_to_user_ptr(args->buf), sizeof(head)))
		return -EFAULT;
	err = agent_seed_aid(args->next_seq);
	return err ?: agent_audit_seed(args->seq, head, args->boot);
}

/* What only AID 1 may do to the chain. */
static int tend_chain(const struct agent_audit_query_args *args)
{
	struct agent *subject = current->agent;

	if (!subject || subject->aid != AGENT_AID_ROOT)
		return refuse(AGENT_CAP_AUDIT_READ, AGENT_AID_ROOT);
	if (args->flags & AGENT_AUDIT_SEED)
		return seed(args);
	return agent_audit_commit(args->seq);
}

/**
 * sys_agent_audit_query - read the audit chain, or follow it
 * @uargs: struct agent_audit_query_args
 * @size: its size
 *
 * Return: bytes written, a descriptor with AGENT_AUDIT_FOLLOW, or a negative
 * errno.
 */
SYSCALL_DEFINE2(agent_audit_query, struct agent_audit_query_args __user *, uargs,
		size_t, size)
{
	struct agent_audit_query_args args;
	struct agent *agent;
	long ret;

	ret = COPY_ARGS(args, uargs, size, AGENT_AUDIT_QUERY_ARGS_SIZE_V0);
	if (ret)
		return ret;
	if (args.flags & ~(AGENT_AUDIT_FOLLOW | AGENT_AUDIT_COMMIT |
			   AGENT_AUDIT_SEED) || hweight64(args.flags) > 1)
		return -EINVAL;
	if (args.events & ~(BIT(AGENT_EVENT_COUNT) - 1) ||
	    args.cap >= AGENT_CAP_COUNT)
		return -EINVAL;
	if (args.flags & (AGENT_AUDIT_COMMIT | AGENT_AUDIT_SEED))
		return tend_chain(&args);
	if (!args.flags && !args.buf_size)
		return -EINVAL;

	/* Rows of all agents or of one that has ended: by relation alone. */
	agent = current->agent;
	if (!agent)
		return refuse(AGENT_CAP_AUDIT_READ, args.aid);
	if (args.aid != AGENT_AID_SELF && args.aid != agent->aid &&
	    !agent_has(agent, AGENT_CAP_AUDIT_READ, agent))
		return refuse(AGENT_CAP_AUDIT_READ, args.aid);
	if (args.flags & AGENT_AUDIT_FOLLOW)
		return agent_audit_follow(&args, agent);
	ret = agent_audit_read(&args, agent, &args.next_seq);
	if (ret >= 0 && PUT_FIELD(args.next_seq, &uargs->next_seq))
		ret = -EFAULT;
	return ret;
}

/**
 * sys_agent_memory_tier - read or set an agent's memory limit in a tier
 * @uargs: struct agent_memory_tier_args
 * @size: its size
 *
 * Return: 0, or a negative errno.
 */
SYSCALL_DEFINE2(agent_memory_tier, struct agent_memory_tier_args __user *, uargs,
		size_t, size)
{
	struct agent_memory_tier_args args;
	struct agent *agent;
	int err;

	err = COPY_ARGS(args, uargs, size, AGENT_MEMORY_TIER_ARGS_SIZE_V0);
	if (err)
		return err;
	if (args.flags & ~AGENT_TIER_SET || args.reserved ||
	    args.tier != AGENT_TIER_RAM)
		return -EINVAL;
	agent = find_for(args.aid, AGENT_CAP_MEM_TIER,
			 !(args.flags & AGENT_TIER_SET));
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	err = agent_tier_apply(agent, &args);
	agent_put(agent);
	if (!err)
		err = PUT_FIELD(args.limit, &uargs->limit);
	if (!err)
		err = PUT_FIELD(args.usage, &uargs->usage);
	return err;
}
