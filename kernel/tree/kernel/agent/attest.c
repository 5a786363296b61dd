// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: what the kernel vouches for
 */

#include <linux/slab.h>
#include <linux/uaccess.h>

#include "agent.h"

static void fill(struct agent *agent, struct agent_attestation *at,
		 const u8 *nonce)
{
	const struct agent_bundle *bundle;

	*at = agent->attestation;
	at->aid = agent->aid;
	at->parent = agent->parent ? agent->parent->aid : AGENT_AID_LEGACY;
	at->state = READ_ONCE(agent->state);
	at->tasks = atomic_read(&agent->tasks);
	at->children = atomic_read(&agent->children);
	at->spawned_ns = agent->spawned;
	at->denials = atomic64_read(&agent->denials);
	at->uses = atomic64_read(&agent->uses);
	memcpy(at->root_digest, agent_root_digest(), AGENT_DIGEST_SIZE);
	memcpy(at->nonce, nonce, sizeof(at->nonce));
	rcu_read_lock();
	bundle = rcu_dereference(agent->bundle);
	at->caps = bundle ? bundle->nr_caps : 0;
	rcu_read_unlock();
	agent_audit_head(&at->chain_seq, at->chain_head);
}

/**
 * agent_attest_one - write the attestation of an agent
 * @agent: the agent
 * @args: the call's arguments
 *
 * Return: bytes written, -EFAULT or -ENOMEM.
 */
long agent_attest_one(struct agent *agent, const struct agent_attest_args *args)
{
	struct agent_attestation *at = kzalloc(sizeof(*at), GFP_KERNEL);
	size_t size = min_t(u64, args->buf_size, sizeof(*at));
	long ret = size;

	if (!at)
		return -ENOMEM;
	fill(agent, at, args->nonce);
	if (copy_to_user(u64_to_user_ptr(args->buf), at, size))
		ret = -EFAULT;
	kfree(at);
	return ret;
}

static u32 info_size(const struct agent_cap *cap)
{
	return sizeof(struct agent_cap_info) + ALIGN(cap->cbor_size, 8);
}

static void fill_info(const struct agent_cap *cap, void *to)
{
	s64 uses = atomic64_read(&cap->uses);
	struct agent_cap_info *info = to;

	*info = (struct agent_cap_info) {
		.handle = cap->handle,
		.id = cap->spec.id,
		.flags = cap->flags |
			 (cap->from ? AGENT_CAP_INFO_DERIVED : 0),
		.expires_ns = cap->expires,
		.uses_left = cap->spec.uses ? uses : ~0ULL,
		.granter = cap->granter,
		.size = info_size(cap),
		.cbor_size = cap->cbor_size,
	};
	memcpy(info + 1, cap->cbor, cap->cbor_size);
}

/**
 * agent_attest_caps - write the capabilities of an agent
 * @agent: the agent
 * @args: the call's arguments
 *
 * Return: bytes written, -ENOSPC when they don't fit, -EFAULT or -ENOMEM.
 */
long agent_attest_caps(struct agent *agent, const struct agent_attest_args *args)
{
	const struct agent_bundle *bundle;
	size_t size = 0, done = 0;
	void *list = NULL;
	long ret;
	u32 i;

	mutex_lock(&agent->mutex);
	bundle = rcu_dereference_protected(agent->bundle,
					   lockdep_is_held(&agent->mutex));
	for (i = 0; i < bundle->nr_caps; i++)
		size += info_size(bundle->caps[i]);
	ret = -ENOSPC;
	if (size > args->buf_size)
		goto unlock;
	list = kvzalloc(size ?: 1, GFP_KERNEL);
	ret = -ENOMEM;
	if (!list)
		goto unlock;
	for (i = 0; i < bundle->nr_caps; i++) {
		fill_info(bundle->caps[i], list + done);
		done += info_size(bundle->caps[i]);
	}
	ret = size;
unlock:
	mutex_unlock(&agent->mutex);
	if (ret > 0 && copy_to_user(u64_to_user_ptr(args->buf), list, size))
		ret = -EFAULT;
	kvfree(list);
	return ret;
}
