// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: agent_spawn(), which is clone3() plus a principal
 */

#include <crypto/blake3.h>
#include <linux/pid.h>
#include <linux/seccomp.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <trace/events/agent.h>

#include "agent.h"

static void name_fault(struct agent_spawn_args *args,
		       const struct agent_fault *fault)
{
	args->error_cap = fault->cap;
	args->error_offset = fault->offset;
}

/* What the spawner brings, which is not needed once there is an agent. */
struct papers {
	u8 *manifest;
	u32 size;
};

/* The signature is checked before one byte of the manifest is understood. */
static int read_signed(struct agent *agent, const struct agent_spawn_args *args,
		       struct papers *papers)
{
	void *signature;
	int err;

	papers->size = args->manifest_size;
	papers->manifest = vmemdup_user(u64_to_user_ptr(args->manifest),
					papers->size);
	if (IS_ERR(papers->manifest)) {
		err = PTR_ERR(papers->manifest);
		papers->manifest = NULL;
		return err;
	}
	signature = vmemdup_user(u64_to_user_ptr(args->signature),
				 args->signature_size);
	if (IS_ERR(signature))
		return PTR_ERR(signature);
	err = agent_manifest_verify(papers->manifest, papers->size,
				    signature, args->signature_size,
				    &agent->attestation);
	kvfree(signature);
	return err;
}

static int copy_code(struct agent *agent, const struct papers *papers,
		     const struct agent_manifest *manifest)
{
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	u32 i;
	int err;

	if (!manifest->nr_code)
		return 0;
	agent->code = kcalloc(manifest->nr_code, AGENT_DIGEST_SIZE,
			      GFP_KERNEL_ACCOUNT);
	if (!agent->code)
		return -ENOMEM;
	agent_cbor_init(&cbor, papers->manifest, papers->size);
	cbor.pos = manifest->code;
	err = agent_cbor_expect(&cbor, AGENT_CBOR_ARRAY, &item);
	for (i = 0; !err && i < manifest->nr_code; i++) {
		err = agent_cbor_expect(&cbor, AGENT_CBOR_BYTES, &item);
		if (!err)
			memcpy(agent->code + i * AGENT_DIGEST_SIZE, item.data,
			       AGENT_DIGEST_SIZE);
	}
	agent->nr_code = i;
	return err;
}

static void describe(struct agent *agent, const struct agent_manifest *manifest)
{
	struct agent_attestation *at = &agent->attestation;

	memcpy(at->image_digest, manifest->digest, AGENT_DIGEST_SIZE);
	memcpy(at->name, manifest->name.data,
	       min_t(u32, manifest->name.size, sizeof(at->name) - 1));
	memcpy(at->image, manifest->image.data,
	       min_t(u32, manifest->image.size, sizeof(at->image) - 1));
	agent->on_deny = manifest->on_deny;
	agent->audit = manifest->audit;
	agent->limits[AGENT_QUOTA_TASKS] = manifest->limits[AGENT_LIMIT_TASKS];
	agent->limits[AGENT_QUOTA_AGENTS] = manifest->limits[AGENT_LIMIT_AGENTS];
	agent->ram_limit = manifest->limits[AGENT_LIMIT_RAM];
}

/* A spawner can't give what it doesn't hold; AID 1 holds everything. */
static int derive(struct agent *agent, struct agent_cap *cap)
{
	struct agent_cap *from;

	if (agent->parent->aid == AGENT_AID_ROOT)
		return 0;
	from = agent_find_source(agent->parent, cap);
	if (!from)
		return -ECAPABILITY;
	agent_cap_derive(cap, from);
	return 0;
}

/* Bind each capability in turn. */
static int bind_caps(struct agent *agent, const struct papers *papers,
		     const struct agent_manifest *manifest,
		     struct agent_spawn_args *args, struct agent_cap **caps)
{
	struct agent_fault fault;
	struct agent_cap_spec spec;
	struct agent_cbor cbor;
	u32 i;
	int err;

	agent_cbor_init(&cbor, papers->manifest, papers->size);
	cbor.pos = manifest->caps;
	for (i = 0; i < manifest->nr_caps; i++) {
		args->error_cap = i;
		args->error_offset = cbor.pos;
		err = agent_cap_read(&cbor, &spec, &fault);
		if (err)
			return err;
		caps[i] = agent_cap_bind(&spec, agent->parent->aid, 0);
		if (IS_ERR(caps[i])) {
			err = PTR_ERR(caps[i]);
			caps[i] = NULL;
			return err;
		}
		err = derive(agent, caps[i]);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	args->error_cap = ~0U;
	args->error_offset = ~0U;
	return 0;
}

/* The agent may go the way to its image and to where it starts. */
static int bind_way(struct agent *agent, const struct agent_manifest *manifest)
{
	int err = agent_scope_bind(&agent->way[0], manifest->image);

	/* Without an image the exec fails, and says so better. */
	if (err == -ENOENT)
		err = 0;
	if (!err && manifest->cwd.size)
		err = agent_scope_bind(&agent->way[1], manifest->cwd);
	return err == -ENOENT ? 0 : err;
}

static int give_bundle(struct agent *agent, const struct papers *papers,
		       struct agent_spawn_args *args)
{
	struct agent_fault fault = { .offset = ~0U, .cap = ~0U };
	struct agent_manifest manifest;
	struct agent_cap **caps;
	u32 i;
	int err;

	err = agent_manifest_read(papers->manifest, papers->size, &manifest,
				  &fault);
	if (err) {
		name_fault(args, &fault);
		return err;
	}
	describe(agent, &manifest);
	caps = kvcalloc(manifest.nr_caps ?: 1, sizeof(*caps), GFP_KERNEL);
	if (!caps)
		return -ENOMEM;
	err = copy_code(agent, papers, &manifest);
	if (!err)
		err = bind_way(agent, &manifest);
	if (!err)
		err = bind_caps(agent, papers, &manifest, args, caps);
	if (!err)
		err = agent_hints_keep(agent, caps, manifest.nr_caps);
	if (!err)
		err = agent_bundle_install(agent, caps, manifest.nr_caps);
	for (i = 0; i < manifest.nr_caps; i++) {
		if (caps[i])
			agent_cap_put(caps[i]);
	}
	kvfree(caps);
	return err;
}

static int take_keep(struct agent *agent, const struct agent_spawn_args *args)
{
	if (!args->nr_keep)
		return 0;
	agent->keep = memdup_array_user(u64_to_user_ptr(args->keep),
					args->nr_keep, sizeof(*agent->keep));
	if (IS_ERR(agent->keep)) {
		int err = PTR_ERR(agent->keep);

		agent->keep = NULL;
		return err;
	}
	agent->nr_keep = args->nr_keep;
	return 0;
}

/* What was given is told by its digest, whatever is wrong with it. */
static void record_refusal(const struct agent *agent,
			   const struct papers *papers, int err)
{
	const struct agent_attestation *at = &agent->attestation;
	u8 payload[AGENT_DIGEST_SIZE + sizeof(at->image)];

	if (!papers->manifest)
		return;
	blake3(payload, papers->manifest, papers->size);
	strscpy(payload + AGENT_DIGEST_SIZE, at->image, sizeof(at->image));
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_REFUSE,
		.agent = agent->parent,
		.error = -err,
		.payload = payload,
		.payload_size = AGENT_DIGEST_SIZE + strlen(at->image),
	});
}

static void record_spawn(struct agent *agent)
{
	struct agent_attestation *at = &agent->attestation;
	const struct agent_bundle *bundle;
	u8 payload[AGENT_DIGEST_SIZE + AGENT_NAME_MAX];

	memcpy(payload, at->manifest_digest, AGENT_DIGEST_SIZE);
	memcpy(payload + AGENT_DIGEST_SIZE, at->name, AGENT_NAME_MAX);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_SPAWN,
		.agent = agent,
		.payload = payload,
		.payload_size = AGENT_DIGEST_SIZE + strlen(at->name),
	});
	trace_agent_spawn(agent->aid, agent->parent->aid, at->name);
	rcu_read_lock();
	bundle = rcu_dereference(agent->bundle);
	trace_agent_bind(agent->aid, agent->generation, bundle->nr_caps,
			 bundle->nr_roots);
	rcu_read_unlock();
}

static long clone_into(struct agent *agent, const struct agent_spawn_args *args)
{
	/* No tracer of the spawner's comes along. */
	struct kernel_clone_args clone = {
		.flags = CLONE_UNTRACED,
		.exit_signal = args->exit_signal,
		.stack = args->stack,
		.stack_size = args->stack_size,
		.agent = agent,
	};
	pid_t pid;

	if (args->flags & AGENT_SPAWN_VFORK)
		clone.flags |= CLONE_VM | CLONE_VFORK;
	if (args->pidfd) {
		clone.flags |= CLONE_PIDFD;
		clone.pidfd = u64_to_user_ptr(args->pidfd);
	}
	/* The architectures' clone() wants the top of the stack, as clone3(). */
	if (clone.stack)
		clone.stack += clone.stack_size;
	clone.stack_size = 0;
	pid = kernel_clone(&clone);
	return pid < 0 ? pid : 0;
}

/* Count the child before it is there, so that a race can't exceed the limit. */
static int count_child(struct agent *parent)
{
	if (atomic_inc_return(&parent->children) <=
	    READ_ONCE(parent->limits[AGENT_QUOTA_AGENTS])) {
		agent_limit_kept(parent, AGENT_QUOTA_AGENTS);
		return 0;
	}
	atomic_dec(&parent->children);
	agent_limit_reached(parent, AGENT_QUOTA_AGENTS);
	return -EAGAIN;
}

/**
 * agent_spawn_one - make an agent and its first task
 * @parent: the spawner, the caller's own agent, whose authority was checked
 * @args: the call's arguments, valid in themselves; the error fields are set
 *
 * Nothing is left behind when it fails: an agent that was registered already
 * gets an exit row after its spawn row.
 *
 * Return: the AID, or a negative errno.
 */
long agent_spawn_one(struct agent *parent, struct agent_spawn_args *args)
{
	struct papers papers = {};
	struct agent *agent;
	u64 aid;
	long err;

	/* Nor does a filter, by which its system calls would be answered. */
	if (current->seccomp.mode != SECCOMP_MODE_DISABLED)
		return -EPERM;
	err = count_child(parent);
	if (err)
		return err;
	agent = agent_alloc(parent);
	err = -ENOMEM;
	if (!agent)
		goto uncount;
	err = take_keep(agent, args);
	if (!err) {
		err = read_signed(agent, args, &papers);
		if (!err)
			err = give_bundle(agent, &papers, args);
		if (err)
			record_refusal(agent, &papers, err);
	}
	kvfree(papers.manifest);
	if (!err)
		err = agent_register(agent, 0);
	if (err)
		goto put;

	aid = agent->aid;
	record_spawn(agent);
	err = clone_into(agent, args);
	if (err)
		agent_end(agent, err);
	agent_put(agent);
	agent_audit_seal();
	return err ?: aid;
put:
	agent_put(agent);
uncount:
	atomic_dec(&parent->children);
	return err;
}
