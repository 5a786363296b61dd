// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes, offsets and numbers: what a program that was compiled once relies on
 * for good.  The figures stand here a second time on purpose.
 */

#include <string.h>

#include "calls.h"
#include "harness.h"
#include "tests.h"

#define SIZE(name, size) \
	expect(sizeof(struct name), size, "size of struct %s", #name)

#define FIELD(name, field, offset) \
	expect(offsetof(struct name, field), offset, "offset of %s.%s", \
	       #name, #field)

#define NUMBER(name, number) expect(name, number, "number %s", #name)

static void sizes(void)
{
	SIZE(agent_spawn_args, 96);
	SIZE(agent_attest_args, 64);
	SIZE(agent_quota_args, 40);
	SIZE(agent_cap_grant_args, 40);
	SIZE(agent_cap_revoke_args, 56);
	SIZE(agent_cap_present_args, 32);
	SIZE(agent_audit_query_args, 88);
	SIZE(agent_audit_counts, 1056);
	SIZE(agent_memory_tier_args, 40);
	SIZE(agent_attestation, 832);
	SIZE(agent_cap_info, 48);
	SIZE(agent_audit_row, 80);
	SIZE(agent_denial, 568);
	SIZE(agent_trap, 32);
}

static void offsets_of_args(void)
{
	FIELD(agent_spawn_args, flags, 0);
	FIELD(agent_spawn_args, manifest, 8);
	FIELD(agent_spawn_args, manifest_size, 16);
	FIELD(agent_spawn_args, signature, 24);
	FIELD(agent_spawn_args, signature_size, 32);
	FIELD(agent_spawn_args, pidfd, 40);
	FIELD(agent_spawn_args, stack, 48);
	FIELD(agent_spawn_args, stack_size, 56);
	FIELD(agent_spawn_args, exit_signal, 64);
	FIELD(agent_spawn_args, error_cap, 68);
	FIELD(agent_spawn_args, error_offset, 72);
	FIELD(agent_spawn_args, reserved, 76);
	FIELD(agent_spawn_args, keep, 80);
	FIELD(agent_spawn_args, nr_keep, 88);
	FIELD(agent_attest_args, aid, 8);
	FIELD(agent_attest_args, buf, 16);
	FIELD(agent_attest_args, buf_size, 24);
	FIELD(agent_attest_args, nonce, 32);
	FIELD(agent_quota_args, aid, 8);
	FIELD(agent_quota_args, resource, 16);
	FIELD(agent_quota_args, reserved, 20);
	FIELD(agent_quota_args, limit, 24);
	FIELD(agent_quota_args, usage, 32);
	FIELD(agent_cap_grant_args, aid, 8);
	FIELD(agent_cap_grant_args, cap, 16);
	FIELD(agent_cap_grant_args, cap_size, 24);
	FIELD(agent_cap_grant_args, handle, 32);
	FIELD(agent_cap_revoke_args, aid, 8);
	FIELD(agent_cap_revoke_args, handle, 16);
	FIELD(agent_cap_revoke_args, removed, 24);
	FIELD(agent_cap_revoke_args, agents, 32);
	FIELD(agent_cap_revoke_args, files, 40);
	FIELD(agent_cap_revoke_args, mappings, 48);
	FIELD(agent_cap_present_args, aid, 8);
	FIELD(agent_cap_present_args, cap, 16);
	FIELD(agent_cap_present_args, cap_size, 24);
	FIELD(agent_audit_query_args, aid, 8);
	FIELD(agent_audit_query_args, seq, 16);
	FIELD(agent_audit_query_args, events, 24);
	FIELD(agent_audit_query_args, cap, 28);
	FIELD(agent_audit_query_args, time_from, 32);
	FIELD(agent_audit_query_args, time_to, 40);
	FIELD(agent_audit_query_args, buf, 48);
	FIELD(agent_audit_query_args, buf_size, 56);
	FIELD(agent_audit_query_args, next_seq, 64);
	FIELD(agent_audit_query_args, boot, 72);
	FIELD(agent_audit_query_args, verdicts, 80);
	FIELD(agent_audit_counts, denials, 32);
	FIELD(agent_audit_counts, rows, 544);
	FIELD(agent_audit_counts, sealed, 800);
	FIELD(agent_memory_tier_args, aid, 8);
	FIELD(agent_memory_tier_args, tier, 16);
	FIELD(agent_memory_tier_args, limit, 24);
	FIELD(agent_memory_tier_args, usage, 32);
}

static void offsets_of_answers(void)
{
	FIELD(agent_attestation, aid, 0);
	FIELD(agent_attestation, parent, 8);
	FIELD(agent_attestation, state, 16);
	FIELD(agent_attestation, tasks, 20);
	FIELD(agent_attestation, caps, 24);
	FIELD(agent_attestation, children, 28);
	FIELD(agent_attestation, spawned_ns, 32);
	FIELD(agent_attestation, denials, 40);
	FIELD(agent_attestation, uses, 48);
	FIELD(agent_attestation, chain_seq, 56);
	FIELD(agent_attestation, chain_head, 64);
	FIELD(agent_attestation, image_digest, 96);
	FIELD(agent_attestation, manifest_digest, 128);
	FIELD(agent_attestation, root_digest, 160);
	FIELD(agent_attestation, nonce, 192);
	FIELD(agent_attestation, signer_id, 224);
	FIELD(agent_attestation, name, 256);
	FIELD(agent_attestation, signer, 320);
	FIELD(agent_attestation, authority, 448);
	FIELD(agent_attestation, image, 576);
	FIELD(agent_cap_info, handle, 0);
	FIELD(agent_cap_info, id, 8);
	FIELD(agent_cap_info, flags, 12);
	FIELD(agent_cap_info, expires_ns, 16);
	FIELD(agent_cap_info, uses_left, 24);
	FIELD(agent_cap_info, granter, 32);
	FIELD(agent_cap_info, size, 40);
	FIELD(agent_cap_info, cbor_size, 44);
	FIELD(agent_audit_row, size, 0);
	FIELD(agent_audit_row, version, 4);
	FIELD(agent_audit_row, event, 6);
	FIELD(agent_audit_row, seq, 8);
	FIELD(agent_audit_row, boot, 16);
	FIELD(agent_audit_row, time, 24);
	FIELD(agent_audit_row, aid, 32);
	FIELD(agent_audit_row, parent, 40);
	FIELD(agent_audit_row, object, 48);
	FIELD(agent_audit_row, pid, 64);
	FIELD(agent_audit_row, cap, 68);
	FIELD(agent_audit_row, verdict, 70);
	FIELD(agent_audit_row, reason, 71);
	FIELD(agent_audit_row, error, 72);
	FIELD(agent_audit_row, payload_size, 76);
}

static void offsets_of_reasons(void)
{
	FIELD(agent_denial, number, 0);
	FIELD(agent_denial, time_ns, 8);
	FIELD(agent_denial, object, 16);
	FIELD(agent_denial, pid, 32);
	FIELD(agent_denial, cap, 36);
	FIELD(agent_denial, reason, 40);
	FIELD(agent_denial, error, 44);
	FIELD(agent_denial, text_size, 48);
	FIELD(agent_denial, hint_size, 52);
	FIELD(agent_denial, text, 56);
	FIELD(agent_denial, hint, 312);
	FIELD(agent_trap, address, 0);
	FIELD(agent_trap, number, 8);
	FIELD(agent_trap, object, 16);
	FIELD(agent_trap, cap, 24);
	FIELD(agent_trap, reason, 28);
}

static void bits(void)
{
	NUMBER(AGENT_SPAWN_VFORK, 1);
	NUMBER(AGENT_CAP_INFO_GRANTED, 1);
	NUMBER(AGENT_CAP_INFO_DERIVED, 2);
	NUMBER(AGENT_ATTEST_NEXT, 1);
	NUMBER(AGENT_ATTEST_CAPS, 2);
	NUMBER(AGENT_QUOTA_SET, 1);
	NUMBER(AGENT_GRANT_RELEASE, 1);
	NUMBER(AGENT_REVOKE_ALL, 1);
	NUMBER(AGENT_REVOKE_QUARANTINE, 2);
	NUMBER(AGENT_REVOKE_TERMINATE, 4);
	NUMBER(AGENT_PRESENT_USE, 1);
	NUMBER(AGENT_AUDIT_FOLLOW, 1);
	NUMBER(AGENT_AUDIT_COMMIT, 2);
	NUMBER(AGENT_AUDIT_SEED, 4);
	NUMBER(AGENT_AUDIT_REASONS, 8);
	NUMBER(AGENT_TIER_SET, 1);
	NUMBER(AGENT_CAP_REVOKE_ARGS_SIZE_V0, 32);
	NUMBER(AGENT_CAP_REVOKE_ARGS_SIZE_V1, 56);
	NUMBER(AGENT_DENY_CONTINUE, 0);
	NUMBER(AGENT_DENY_STOP, 1);
	NUMBER(AGENT_DENY_QUARANTINE, 2);
	NUMBER(AGENT_DENY_TRAP, 3);
	NUMBER(AGENT_DENIALS_KEPT, 16);
	NUMBER(AGENT_DENIAL_TEXT_MAX, 256);
	NUMBER(TRAP_AGENT, 600);
	NUMBER(SO_PEERAID, 600);
}

static void numbers(void)
{
	NUMBER(__NR_agent_spawn, 600);
	NUMBER(__NR_agent_attest, 601);
	NUMBER(__NR_agent_quota, 602);
	NUMBER(__NR_agent_cap_grant, 603);
	NUMBER(__NR_agent_cap_revoke, 604);
	NUMBER(__NR_agent_cap_present, 605);
	NUMBER(__NR_agent_audit_query, 606);
	NUMBER(__NR_agent_memory_tier, 607);
	NUMBER(ECAPABILITY, 134);
	NUMBER(AGENT_SPAWNING, 0);
	NUMBER(AGENT_ATTESTED, 1);
	NUMBER(AGENT_ACTIVE, 2);
	NUMBER(AGENT_INFERENCE_BLOCKED, 3);
	NUMBER(AGENT_CAPABILITY_DENIED, 4);
	NUMBER(AGENT_QUARANTINED, 5);
	NUMBER(AGENT_TERMINATED_CLEAN, 6);
	NUMBER(AGENT_TERMINATED_REVOKED, 7);
	NUMBER(AGENT_CAP_FS_READ, 1);
	NUMBER(AGENT_CAP_FS_WRITE, 2);
	NUMBER(AGENT_CAP_FS_CREATE, 3);
	NUMBER(AGENT_CAP_FS_DELETE, 4);
	NUMBER(AGENT_CAP_FS_EXEC, 5);
	NUMBER(AGENT_CAP_UNIX_CONNECT, 6);
	NUMBER(AGENT_CAP_NET_CONNECT, 7);
	NUMBER(AGENT_CAP_NET_BIND, 8);
	NUMBER(AGENT_CAP_PROC_SIGNAL, 9);
	NUMBER(AGENT_CAP_AGENT_SPAWN, 10);
	NUMBER(AGENT_CAP_CAP_GRANT, 11);
	NUMBER(AGENT_CAP_AUDIT_READ, 12);
	NUMBER(AGENT_CAP_QUOTA_SET, 13);
	NUMBER(AGENT_CAP_ATTEST, 14);
	NUMBER(AGENT_CAP_MEM_TIER, 15);
	NUMBER(AGENT_CAP_USER, 16);
	NUMBER(AGENT_CAP_DEV_IOCTL, 17);
	NUMBER(AGENT_CAP_MEM_EXEC, 18);
	NUMBER(AGENT_CAP_PROC_TRACE, 19);
	NUMBER(AGENT_CAP_IPC, 20);
	NUMBER(AGENT_CAP_KEY, 21);
	NUMBER(AGENT_CAP_TIME, 22);
	NUMBER(AGENT_CAP_NET_RAW, 23);
	NUMBER(AGENT_CAP_NET_ADMIN, 24);
	NUMBER(AGENT_REL_SELF, 0);
	NUMBER(AGENT_REL_DESCENDANTS, 1);
	NUMBER(AGENT_REL_ALL, 2);
	NUMBER(AGENT_AUDIT_USES, 0);
	NUMBER(AGENT_AUDIT_COALESCED, 1);
	NUMBER(AGENT_AUDIT_FULL, 2);
	NUMBER(AGENT_CODE_MAX, 256);
	NUMBER(AGENT_KEEP_MAX, 64);
	NUMBER(AGENT_HOST_MAX, 253);
	NUMBER(AGENT_EVENT_BOOT, 1);
	NUMBER(AGENT_EVENT_SPAWN, 2);
	NUMBER(AGENT_EVENT_STATE, 3);
	NUMBER(AGENT_EVENT_GRANT, 4);
	NUMBER(AGENT_EVENT_REVOKE, 5);
	NUMBER(AGENT_EVENT_DENY, 6);
	NUMBER(AGENT_EVENT_USE, 7);
	NUMBER(AGENT_EVENT_EXIT, 8);
	NUMBER(AGENT_EVENT_QUOTA, 9);
	NUMBER(AGENT_EVENT_KILL, 10);
	NUMBER(AGENT_EVENT_ATTEST, 11);
	NUMBER(AGENT_EVENT_REFUSE, 12);
	NUMBER(AGENT_EVENT_CALL, 13);
	NUMBER(AGENT_EVENT_LIMIT, 14);
	NUMBER(AGENT_REASON_NONE, 0);
	NUMBER(AGENT_REASON_SCOPE, 1);
	NUMBER(AGENT_REASON_STATE, 2);
	NUMBER(AGENT_REASON_IMAGE, 3);
	NUMBER(AGENT_REASON_EXPIRED, 4);
	NUMBER(AGENT_REASON_AUTHORITY, 5);
	NUMBER(AGENT_REASON_FAMILY, 6);
	NUMBER(AGENT_REASON_LEGACY, 7);
	NUMBER(AGENT_REASON_CODE, 8);
	NUMBER(AGENT_REASON_CLOSED, 9);
	NUMBER(AGENT_REASON_REPEATS, 10);
	NUMBER(AGENT_REASON_RATE, 11);
	NUMBER(AGENT_REASON_REVOKED, 12);
}

void test_abi(void)
{
	sizes();
	offsets_of_args();
	offsets_of_answers();
	offsets_of_reasons();
	numbers();
	bits();
}
