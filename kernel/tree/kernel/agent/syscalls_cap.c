// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the system calls that grant, revoke and present capabilities
 */

#include <linux/slab.h>
#include <linux/syscalls.h>

#include "calls.h"

/* Bytes of CBOR that most capabilities have at most. */
#define SHORT_CAP	128

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

/*
 * AID 1 rules over all; others over those that they and theirs have spawned, as
 * far as their cap.grant goes. To an agent that is none of these, another looks
 * like one that there is not.
 */
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
	if (agent && agent_is_ancestor(subject, agent))
		return agent;
	if (agent)
		agent_put(agent);
	return ERR_PTR(agent_refuse(AGENT_CAP_CAP_GRANT, aid));
}

/* @spec is the capability in question, or NULL for what is more than one. */
static int need_grant(const struct agent *agent,
		      const struct agent_cap_spec *spec)
{
	struct agent *subject = current->agent;
	enum agent_audit_reason reason;

	if (subject == agent || subject->aid == AGENT_AID_ROOT)
		return 0;
	reason = agent_may_grant(subject, spec);
	if (reason == AGENT_REASON_NONE)
		return 0;
	return agent_refuse_for(AGENT_CAP_CAP_GRANT, agent->aid, reason);
}

/*
 * What a granter gives it holds itself, and so does the spawner of who gets it,
 * from whose capability this one is derived. An address of a host comes from
 * AID 1, who knows it, and is derived from the host.
 */
static int derive_grant(struct agent *agent, struct agent_cap *cap)
{
	struct agent *subject = current->agent, *above = agent->parent;
	struct agent_cap *from;
	int err = 0;

	if (subject->aid == AGENT_AID_ROOT &&
	    cap->spec.host.size && !agent_cap_is_host(&cap->spec)) {
		from = agent_find_host(agent, cap);
		agent_cap_derive(cap, from);
		return from ? 0 : -ECAPABILITY;
	}
	if (subject->aid != AGENT_AID_ROOT) {
		from = agent_find_source(subject, cap);
		if (!from)
			err = -ECAPABILITY;
		agent_cap_put(from);
	}
	if (err || !above || above->aid == AGENT_AID_ROOT)
		return err;
	from = agent_find_source(above, cap);
	agent_cap_derive(cap, from);
	return from ? 0 : -ECAPABILITY;
}

static int grant_to(struct agent *agent, struct agent_cap_grant_args *args)
{
	struct agent_cap *cap;
	int err;

	cap = read_cap(args->cap, args->cap_size, AGENT_CAP_INFO_GRANTED);
	if (IS_ERR(cap))
		return PTR_ERR(cap);
	args->handle = cap->handle;
	err = need_grant(agent, &cap->spec);
	if (err)
		goto put;
	err = derive_grant(agent, cap);
	if (!err)
		err = agent_grant(agent, cap, current->agent->aid);
	if (err == -ECAPABILITY)
		agent_refuse(cap->spec.id, agent->aid);
put:
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
		err = need_grant(agent, NULL) ?: agent_release(agent);
	else
		err = grant_to(agent, &args);
	agent_put(agent);
	agent_audit_seal();
	if (!err && !(args.flags & AGENT_GRANT_RELEASE))
		err = PUT_FIELD(args.handle, &uargs->handle);
	return err;
}

static bool is_granter(const struct agent *agent)
{
	struct agent *subject = current->agent;

	return subject == agent ||
	       agent_has(subject, AGENT_CAP_CAP_GRANT, subject);
}

/* One capability by its handle, as far as the caller may revoke such. */
static int revoke_one(struct agent *agent, u64 handle, struct agent_toll *toll)
{
	struct agent_cap *cap = agent_find_handle(agent, handle);
	int err;

	if (!cap)
		return is_granter(agent) ? -ENOENT :
		       agent_refuse(AGENT_CAP_CAP_GRANT, agent->aid);
	err = need_grant(agent, &cap->spec);
	agent_cap_put(cap);
	return err ?: agent_revoke(agent, handle, current->agent->aid, toll);
}

static int put_toll(struct agent_cap_revoke_args __user *uargs, size_t size,
		    const struct agent_toll *toll)
{
	int err = PUT_FIELD(toll->removed, &uargs->removed);

	if (err || size < AGENT_CAP_REVOKE_ARGS_SIZE_V1)
		return err;
	err = PUT_FIELD(toll->agents, &uargs->agents);
	if (!err)
		err = PUT_FIELD(toll->files, &uargs->files);
	if (!err)
		err = PUT_FIELD(toll->mappings, &uargs->mappings);
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
	struct agent_toll toll = {};
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
	if (agent->aid == AGENT_AID_ROOT)
		err = -EINVAL;
	else if (!args.flags)
		err = revoke_one(agent, args.handle, &toll);
	else
		err = need_grant(agent, NULL);
	if (err)
		goto put;
	if (args.flags & AGENT_REVOKE_QUARANTINE)
		err = agent_quarantine(agent, &toll.removed);
	else if (args.flags & AGENT_REVOKE_TERMINATE)
		err = agent_terminate(agent, &toll.removed);
	else if (args.flags & AGENT_REVOKE_ALL)
		err = agent_revoke(agent, 0, current->agent->aid, &toll);
put:
	agent_put(agent);
	agent_audit_seal();
	return err ?: put_toll(uargs, size, &toll);
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

/* What a service does for an agent is the agent's use, and its denial. */
static int use_for(struct agent *agent, const struct agent_cap *cap)
{
	enum agent_audit_reason reason = agent_use_held(agent, cap);
	struct agent_audit_record record = {
		.event = AGENT_EVENT_USE,
		.agent = agent,
		.cap = cap->spec.id,
		.verdict = AGENT_VERDICT_ALLOW,
		.reason = reason,
		.object = { current->agent->aid },
		.payload = cap->spec.name.data,
		.payload_size = cap->spec.name.size,
	};

	if (reason != AGENT_REASON_NONE)
		return agent_deny(&record);
	agent_allowed(agent);
	atomic64_inc(&agent->uses);
	agent_audit(&record);
	return 0;
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
	if (args.flags & ~AGENT_PRESENT_USE)
		return -EINVAL;
	err = check_cap_size(args.cap_size);
	if (err)
		return err;
	agent = agent_find_for(args.aid, AGENT_CAP_ATTEST, true);
	if (IS_ERR(agent))
		return PTR_ERR(agent);
	cap = read_cap(args.cap, args.cap_size, 0);
	if (IS_ERR(cap)) {
		err = PTR_ERR(cap);
	} else {
		if (args.flags & AGENT_PRESENT_USE)
			err = use_for(agent, cap);
		else if (!agent_bundle_holds(agent, cap))
			err = -ECAPABILITY;
		agent_cap_put(cap);
	}
	agent_put(agent);
	return err;
}
