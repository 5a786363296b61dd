/* SPDX-License-Identifier: MIT */
/* The eight system calls, and the layout that they rely on. */
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define ASSERT_SIZE(type, bytes) \
	_Static_assert(sizeof(struct type) == (bytes), "ABI: size of " #type)
#define ASSERT_OFFSET(type, field, bytes)                       \
	_Static_assert(offsetof(struct type, field) == (bytes), \
		       "ABI: offset of " #type "." #field)

ASSERT_SIZE(agent_spawn_args, AGENT_SPAWN_ARGS_SIZE_V1);
ASSERT_OFFSET(agent_spawn_args, flags, 0);
ASSERT_OFFSET(agent_spawn_args, manifest, 8);
ASSERT_OFFSET(agent_spawn_args, manifest_size, 16);
ASSERT_OFFSET(agent_spawn_args, signature, 24);
ASSERT_OFFSET(agent_spawn_args, signature_size, 32);
ASSERT_OFFSET(agent_spawn_args, pidfd, 40);
ASSERT_OFFSET(agent_spawn_args, stack, 48);
ASSERT_OFFSET(agent_spawn_args, stack_size, 56);
ASSERT_OFFSET(agent_spawn_args, exit_signal, 64);
ASSERT_OFFSET(agent_spawn_args, error_cap, 68);
ASSERT_OFFSET(agent_spawn_args, error_offset, 72);
ASSERT_OFFSET(agent_spawn_args, reserved, 76);
ASSERT_OFFSET(agent_spawn_args, keep, AGENT_SPAWN_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_spawn_args, nr_keep, 88);

ASSERT_SIZE(agent_attestation, 832);
ASSERT_OFFSET(agent_attestation, aid, 0);
ASSERT_OFFSET(agent_attestation, parent, 8);
ASSERT_OFFSET(agent_attestation, state, 16);
ASSERT_OFFSET(agent_attestation, tasks, 20);
ASSERT_OFFSET(agent_attestation, caps, 24);
ASSERT_OFFSET(agent_attestation, children, 28);
ASSERT_OFFSET(agent_attestation, spawned_ns, 32);
ASSERT_OFFSET(agent_attestation, denials, 40);
ASSERT_OFFSET(agent_attestation, uses, 48);
ASSERT_OFFSET(agent_attestation, chain_seq, 56);
ASSERT_OFFSET(agent_attestation, chain_head, 64);
ASSERT_OFFSET(agent_attestation, image_digest, 96);
ASSERT_OFFSET(agent_attestation, manifest_digest, 128);
ASSERT_OFFSET(agent_attestation, root_digest, 160);
ASSERT_OFFSET(agent_attestation, nonce, 192);
ASSERT_OFFSET(agent_attestation, signer_id, 224);
ASSERT_OFFSET(agent_attestation, name, 256);
ASSERT_OFFSET(agent_attestation, signer, 320);
ASSERT_OFFSET(agent_attestation, authority, 448);
ASSERT_OFFSET(agent_attestation, image, 576);

ASSERT_SIZE(agent_cap_info, 48);
ASSERT_OFFSET(agent_cap_info, handle, 0);
ASSERT_OFFSET(agent_cap_info, id, 8);
ASSERT_OFFSET(agent_cap_info, flags, 12);
ASSERT_OFFSET(agent_cap_info, expires_ns, 16);
ASSERT_OFFSET(agent_cap_info, uses_left, 24);
ASSERT_OFFSET(agent_cap_info, granter, 32);
ASSERT_OFFSET(agent_cap_info, size, 40);
ASSERT_OFFSET(agent_cap_info, cbor_size, 44);

ASSERT_SIZE(agent_attest_args, AGENT_ATTEST_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_attest_args, flags, 0);
ASSERT_OFFSET(agent_attest_args, aid, 8);
ASSERT_OFFSET(agent_attest_args, buf, 16);
ASSERT_OFFSET(agent_attest_args, buf_size, 24);
ASSERT_OFFSET(agent_attest_args, nonce, 32);

ASSERT_SIZE(agent_quota_args, AGENT_QUOTA_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_quota_args, flags, 0);
ASSERT_OFFSET(agent_quota_args, aid, 8);
ASSERT_OFFSET(agent_quota_args, resource, 16);
ASSERT_OFFSET(agent_quota_args, reserved, 20);
ASSERT_OFFSET(agent_quota_args, limit, 24);
ASSERT_OFFSET(agent_quota_args, usage, 32);

ASSERT_SIZE(agent_cap_grant_args, AGENT_CAP_GRANT_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_cap_grant_args, flags, 0);
ASSERT_OFFSET(agent_cap_grant_args, aid, 8);
ASSERT_OFFSET(agent_cap_grant_args, cap, 16);
ASSERT_OFFSET(agent_cap_grant_args, cap_size, 24);
ASSERT_OFFSET(agent_cap_grant_args, handle, 32);

ASSERT_SIZE(agent_cap_revoke_args, AGENT_CAP_REVOKE_ARGS_SIZE_V1);
ASSERT_OFFSET(agent_cap_revoke_args, flags, 0);
ASSERT_OFFSET(agent_cap_revoke_args, aid, 8);
ASSERT_OFFSET(agent_cap_revoke_args, handle, 16);
ASSERT_OFFSET(agent_cap_revoke_args, removed, 24);
ASSERT_OFFSET(agent_cap_revoke_args, agents, AGENT_CAP_REVOKE_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_cap_revoke_args, files, 40);
ASSERT_OFFSET(agent_cap_revoke_args, mappings, 48);

ASSERT_SIZE(agent_cap_present_args, AGENT_CAP_PRESENT_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_cap_present_args, flags, 0);
ASSERT_OFFSET(agent_cap_present_args, aid, 8);
ASSERT_OFFSET(agent_cap_present_args, cap, 16);
ASSERT_OFFSET(agent_cap_present_args, cap_size, 24);

ASSERT_SIZE(agent_audit_query_args, AGENT_AUDIT_QUERY_ARGS_SIZE_V1);
ASSERT_OFFSET(agent_audit_query_args, flags, 0);
ASSERT_OFFSET(agent_audit_query_args, aid, 8);
ASSERT_OFFSET(agent_audit_query_args, seq, 16);
ASSERT_OFFSET(agent_audit_query_args, events, 24);
ASSERT_OFFSET(agent_audit_query_args, cap, 28);
ASSERT_OFFSET(agent_audit_query_args, time_from, 32);
ASSERT_OFFSET(agent_audit_query_args, time_to, 40);
ASSERT_OFFSET(agent_audit_query_args, buf, 48);
ASSERT_OFFSET(agent_audit_query_args, buf_size, 56);
ASSERT_OFFSET(agent_audit_query_args, next_seq, 64);
ASSERT_OFFSET(agent_audit_query_args, boot, 72);

ASSERT_SIZE(agent_denial, 568);
ASSERT_OFFSET(agent_denial, number, 0);
ASSERT_OFFSET(agent_denial, time_ns, 8);
ASSERT_OFFSET(agent_denial, object, 16);
ASSERT_OFFSET(agent_denial, pid, 32);
ASSERT_OFFSET(agent_denial, cap, 36);
ASSERT_OFFSET(agent_denial, reason, 40);
ASSERT_OFFSET(agent_denial, error, 44);
ASSERT_OFFSET(agent_denial, text_size, 48);
ASSERT_OFFSET(agent_denial, hint_size, 52);
ASSERT_OFFSET(agent_denial, text, 56);
ASSERT_OFFSET(agent_denial, hint, 312);

ASSERT_SIZE(agent_trap, 32);
ASSERT_OFFSET(agent_trap, address, 0);
ASSERT_OFFSET(agent_trap, number, 8);
ASSERT_OFFSET(agent_trap, object, 16);
ASSERT_OFFSET(agent_trap, cap, 24);
ASSERT_OFFSET(agent_trap, reason, 28);

ASSERT_SIZE(agent_memory_tier_args, AGENT_MEMORY_TIER_ARGS_SIZE_V0);
ASSERT_OFFSET(agent_memory_tier_args, flags, 0);
ASSERT_OFFSET(agent_memory_tier_args, aid, 8);
ASSERT_OFFSET(agent_memory_tier_args, tier, 16);
ASSERT_OFFSET(agent_memory_tier_args, reserved, 20);
ASSERT_OFFSET(agent_memory_tier_args, limit, 24);
ASSERT_OFFSET(agent_memory_tier_args, usage, 32);

ASSERT_SIZE(agent_audit_row, AGENT_AUDIT_HEAD_SIZE);
ASSERT_OFFSET(agent_audit_row, size, 0);
ASSERT_OFFSET(agent_audit_row, version, 4);
ASSERT_OFFSET(agent_audit_row, event, 6);
ASSERT_OFFSET(agent_audit_row, seq, 8);
ASSERT_OFFSET(agent_audit_row, boot, 16);
ASSERT_OFFSET(agent_audit_row, time, 24);
ASSERT_OFFSET(agent_audit_row, aid, 32);
ASSERT_OFFSET(agent_audit_row, parent, 40);
ASSERT_OFFSET(agent_audit_row, object, 48);
ASSERT_OFFSET(agent_audit_row, pid, 64);
ASSERT_OFFSET(agent_audit_row, cap, 68);
ASSERT_OFFSET(agent_audit_row, verdict, 70);
ASSERT_OFFSET(agent_audit_row, reason, 71);
ASSERT_OFFSET(agent_audit_row, error, 72);
ASSERT_OFFSET(agent_audit_row, payload_size, 76);

static int64_t call(long number, void *args, size_t size)
{
	int saved = errno;
	long result = syscall(number, args, size);

	if (result == -1) {
		result = -errno;
		errno = saved;
	}
	return result;
}

int64_t coconut_agent_spawn(struct agent_spawn_args *args)
{
	/* Such a child would return over the spawner's own stack frames. */
	if (args->stack || args->flags & AGENT_SPAWN_VFORK)
		return -EINVAL;
	return call(__NR_agent_spawn, args, sizeof(*args));
}

int64_t coconut_agent_attest(struct agent_attest_args *args)
{
	return call(__NR_agent_attest, args, sizeof(*args));
}

int coconut_agent_quota(struct agent_quota_args *args)
{
	return call(__NR_agent_quota, args, sizeof(*args));
}

int coconut_cap_grant(struct agent_cap_grant_args *args)
{
	return call(__NR_agent_cap_grant, args, sizeof(*args));
}

int coconut_cap_revoke(struct agent_cap_revoke_args *args)
{
	return call(__NR_agent_cap_revoke, args, sizeof(*args));
}

int coconut_cap_present(struct agent_cap_present_args *args)
{
	return call(__NR_agent_cap_present, args, sizeof(*args));
}

int64_t coconut_audit_query(struct agent_audit_query_args *args)
{
	return call(__NR_agent_audit_query, args, sizeof(*args));
}

int coconut_memory_tier(struct agent_memory_tier_args *args)
{
	return call(__NR_agent_memory_tier, args, sizeof(*args));
}
