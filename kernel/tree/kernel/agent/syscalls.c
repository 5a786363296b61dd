// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the system calls, but for those about capabilities
 *
 * Each is decode, then invoke: the arguments are copied and judged, then the
 * caller's authority, and only then is anything big copied or changed.
 */

#include <linux/agent_core.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>

#include "calls.h"

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
		     AGENT_CAP_REVOKE_ARGS_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct agent_cap_present_args) !=
		     AGENT_CAP_PRESENT_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_audit_query_args) !=
		     AGENT_AUDIT_QUERY_ARGS_SIZE_V1);
	BUILD_BUG_ON(sizeof(struct agent_memory_tier_args) !=
		     AGENT_MEMORY_TIER_ARGS_SIZE_V0);
	BUILD_BUG_ON(sizeof(struct agent_attestation) != 832);
	BUILD_BUG_ON(sizeof(struct agent_cap_info) != 48);
	BUILD_BUG_ON(sizeof(struct agent_denial) != 568);
	BUILD_BUG_ON(sizeof(struct agent_trap) != 32);
}

/**
 * agent_refuse_for - refuse a call that its caller has no authority for
 * @cap: what it lacks
 * @aid: the agent that the call is about
 * @reason: why
 *
 * Return: -ECAPABILITY; it leaves a row.
 */
int agent_refuse_for(enum agent_cap_id cap, u64 aid,
		     enum agent_audit_reason reason)
{
	struct agent *agent = current->agent;

	return agent_deny(&(struct agent_audit_record) {
		.agent = agent,
		.cap = cap,
		.reason = agent ? reason : AGENT_REASON_LEGACY,
		.object = { aid },
	});
}

/**
 * agent_refuse - the same for the common reason
 * @cap: what it lacks
 * @aid: the agent that the call is about
 *
 * Return: -ECAPABILITY.
 */
int agent_refuse(enum agent_cap_id cap, u64 aid)
{
	return agent_refuse_for(cap, aid, AGENT_REASON_AUTHORITY);
}

/**
 * agent_find_for - find the agent a call is about, if the caller has authority
 * @aid: the agent asked for, or AGENT_AID_SELF
 * @cap: the relation-scoped capability that the call needs
 * @self_free: the caller may always do this to itself
 *
 * Without authority over all agents, one that does not exist looks like one
 * that the caller has no authority over.
 *
 * Return: the agent with a reference, -ECAPABILITY, or -ESRCH.
 */
struct agent *agent_find_for(u64 aid, enum agent_cap_id cap, bool self_free)
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
	return ERR_PTR(agent_refuse(cap, aid));
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
	/* Until it runs its image, it is its spawner's code that would spawn. */
	if (parent && !agent_is_running(parent))
		return agent_refuse_for(AGENT_CAP_AGENT_SPAWN, AGENT_AID_SELF,
				  AGENT_REASON_STATE);
	if (!agent_has(parent, AGENT_CAP_AGENT_SPAWN, parent))
		return agent_refuse(AGENT_CAP_AGENT_SPAWN, AGENT_AID_SELF);

	args.error_cap = ~0U;
	args.error_offset = ~0U;
	ret = agent_spawn_one(parent, &args);
	if (ret == -ECAPABILITY)
		agent_refuse(AGENT_CAP_AGENT_SPAWN, AGENT_AID_SELF);
	if (ret < 0 && (PUT_FIELD(args.error_cap, &uargs->error_cap) ||
			PUT_FIELD(args.error_offset, &uargs->error_offset)))
		return -EFAULT;
	return ret;
}

/* AID 1 asks all the time, for those whose question has a row. */
static void record_attest(const struct agent *agent)
{
	struct agent *subject = current->agent;

	if (subject->aid == AGENT_AID_ROOT)
		return;
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_ATTEST,
		.agent = subject,
		.object = { agent->aid },
	});
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
			return agent_refuse(AGENT_CAP_ATTEST, args.aid);
		agent = agent_get_next(args.aid) ?: ERR_PTR(-ESRCH);
	} else {
		agent = agent_find_for(args.aid, AGENT_CAP_ATTEST, true);
	}
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	record_attest(agent);
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
	agent = agent_find_for(args.aid, AGENT_CAP_QUOTA_SET,
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
		return agent_refuse(AGENT_CAP_AUDIT_READ, AGENT_AID_ROOT);
	if (args->flags & AGENT_AUDIT_SEED)
		return seed(args);
	return agent_audit_commit(args->seq);
}

/* The machine's own: for its root, and for AID 1. */
static long give_counts(const struct agent_audit_query_args *args)
{
	struct agent_audit_counts *counts;
	struct agent *subject = current->agent;
	long ret = sizeof(*counts);

	if (subject ? subject->aid != AGENT_AID_ROOT : !capable(CAP_SYS_ADMIN))
		return agent_refuse(AGENT_CAP_AUDIT_READ, AGENT_AID_ROOT);
	if (args->buf_size < sizeof(*counts))
		return -ENOSPC;
	counts = kmalloc(sizeof(*counts), GFP_KERNEL);
	if (!counts)
		return -ENOMEM;
	agent_audit_counts(counts);
	if (copy_to_user(u64_to_user_ptr(args->buf), counts, sizeof(*counts)))
		ret = -EFAULT;
	kfree(counts);
	return ret;
}

static bool is_query(const struct agent_audit_query_args *args)
{
	const u64 kinds = AGENT_AUDIT_FOLLOW | AGENT_AUDIT_COMMIT |
			  AGENT_AUDIT_SEED | AGENT_AUDIT_REASONS |
			  AGENT_AUDIT_COUNTS;

	if (args->flags & ~(kinds | AGENT_AUDIT_SUBTREE) || args->reserved ||
	    hweight64(args->flags & kinds) > 1)
		return false;
	if (args->flags & AGENT_AUDIT_SUBTREE &&
	    args->flags & kinds & ~AGENT_AUDIT_FOLLOW)
		return false;
	return !(args->events & ~(BIT(AGENT_EVENT_COUNT) - 1)) &&
	       args->cap < AGENT_CAP_COUNT &&
	       args->verdicts <= (BIT(AGENT_VERDICT_DENY + 1) - 1);
}

static long read_reasons(struct agent_audit_query_args *args)
{
	struct agent *agent;
	long ret;

	if (args->events || args->cap || args->time_from || args->time_to ||
	    args->verdicts || !args->buf_size)
		return -EINVAL;
	agent = agent_find_for(args->aid, AGENT_CAP_AUDIT_READ, true);
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	ret = agent_reasons_read(agent, args);
	agent_put(agent);
	return ret;
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
	if (!is_query(&args))
		return -EINVAL;
	if (args.flags & AGENT_AUDIT_COUNTS)
		return give_counts(&args);
	if (args.flags & (AGENT_AUDIT_COMMIT | AGENT_AUDIT_SEED))
		return tend_chain(&args);
	if (args.flags & AGENT_AUDIT_REASONS) {
		ret = read_reasons(&args);
		if (ret >= 0 && PUT_FIELD(args.next_seq, &uargs->next_seq))
			ret = -EFAULT;
		return ret;
	}
	if (!(args.flags & AGENT_AUDIT_FOLLOW) && !args.buf_size)
		return -EINVAL;

	/* Rows of all agents or of one that has ended: by relation alone. */
	agent = current->agent;
	if (!agent)
		return agent_refuse(AGENT_CAP_AUDIT_READ, args.aid);
	if (args.aid != AGENT_AID_SELF && args.aid != agent->aid &&
	    !agent_has(agent, AGENT_CAP_AUDIT_READ, agent))
		return agent_refuse(AGENT_CAP_AUDIT_READ, args.aid);
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
	agent = agent_find_for(args.aid, AGENT_CAP_MEM_TIER,
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
