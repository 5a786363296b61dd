/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Agents: the ABI.
 *
 * This header is the contract between the kernel's agent subsystem and all
 * that stands on it.  Every call takes a pointer to its argument structure
 * and that structure's size, as clone3() does: a shorter (older) structure is
 * extended with zeroes, a longer (newer) one must be zero past the part this
 * kernel knows, and bits and fields marked reserved must be zero.
 *
 * All integers are in host byte order but for audit rows, which are little
 * endian wherever they are written (see struct agent_audit_row).
 */
#ifndef _UAPI_LINUX_AGENT_H
#define _UAPI_LINUX_AGENT_H

#include <linux/types.h>

#define AGENT_ABI_VERSION	1

/* System call numbers: the same in the x86_64 and in the generic table. */
#ifndef __NR_agent_spawn
#define __NR_agent_spawn	600
#define __NR_agent_attest	601
#define __NR_agent_quota	602
#define __NR_agent_cap_grant	603
#define __NR_agent_cap_revoke	604
#define __NR_agent_cap_present	605
#define __NR_agent_audit_query	606
#define __NR_agent_memory_tier	607
#endif

#ifndef ECAPABILITY
#define ECAPABILITY		134	/* Not within the agent's capabilities */
#endif

/* AIDs with a meaning of their own. */
#define AGENT_AID_LEGACY	0	/* tasks that belong to no agent */
#define AGENT_AID_ROOT		1	/* the measured PID 1 image */
#define AGENT_AID_SELF		(~0ULL)	/* in an argument: the caller's agent */

/* Bounds of what a call accepts; beyond them it fails with E2BIG. */
#define AGENT_DIGEST_SIZE	32	/* BLAKE3 */
#define AGENT_NAME_MAX		64	/* with the final NUL */
#define AGENT_MANIFEST_MAX	65536	/* bytes of CBOR */
#define AGENT_SIGNATURE_MAX	16384	/* bytes of CMS */
#define AGENT_CAPS_MAX		1024	/* capabilities of one bundle */
#define AGENT_EXCEPT_MAX	64	/* holes in one path scope */
#define AGENT_CODE_MAX		256	/* digests of code that a manifest names */
#define AGENT_KEEP_MAX		64	/* descriptors passed to a spawned agent */
#define AGENT_HOST_MAX		253	/* bytes of a host's name */
#define AGENT_CAP_CBOR_MAX	4096	/* bytes of one capability's CBOR */

/**
 * enum agent_state - where an agent is in its life
 * @AGENT_SPAWNING: made, running its spawner's code, may only exec its image
 * @AGENT_ATTESTED: the image's digest is the one its manifest names
 * @AGENT_ACTIVE: runs its image
 * @AGENT_INFERENCE_BLOCKED: waits for inference tokens
 * @AGENT_CAPABILITY_DENIED: its last decision was a denial
 * @AGENT_QUARANTINED: frozen, releasable, nothing lost
 * @AGENT_TERMINATED_CLEAN: its last task has exited
 * @AGENT_TERMINATED_REVOKED: ended by revocation of the whole agent
 */
enum agent_state {
	AGENT_SPAWNING = 0,
	AGENT_ATTESTED = 1,
	AGENT_ACTIVE = 2,
	AGENT_INFERENCE_BLOCKED = 3,
	AGENT_CAPABILITY_DENIED = 4,
	AGENT_QUARANTINED = 5,
	AGENT_TERMINATED_CLEAN = 6,
	AGENT_TERMINATED_REVOKED = 7,
	AGENT_STATE_COUNT
};

/**
 * enum agent_cap_id - the capabilities that the kernel itself decides
 *
 * The names that people write are in the comments; docs/capabilities.md
 * gives the scope of each.
 */
enum agent_cap_id {
	AGENT_CAP_NONE = 0,
	AGENT_CAP_FS_READ = 1,		/* fs.read	path */
	AGENT_CAP_FS_WRITE = 2,		/* fs.write	path */
	AGENT_CAP_FS_CREATE = 3,	/* fs.create	path */
	AGENT_CAP_FS_DELETE = 4,	/* fs.delete	path */
	AGENT_CAP_FS_EXEC = 5,		/* fs.exec	path */
	AGENT_CAP_UNIX_CONNECT = 6,	/* unix.connect	path of the socket */
	AGENT_CAP_NET_CONNECT = 7,	/* net.connect	address, ports, protocol */
	AGENT_CAP_NET_BIND = 8,		/* net.bind	address, ports, protocol */
	AGENT_CAP_PROC_SIGNAL = 9,	/* proc.signal	relation */
	AGENT_CAP_AGENT_SPAWN = 10,	/* agent.spawn	none */
	AGENT_CAP_CAP_GRANT = 11,	/* cap.grant	name of what may be granted */
	AGENT_CAP_AUDIT_READ = 12,	/* audit.read	relation */
	AGENT_CAP_QUOTA_SET = 13,	/* quota.set	relation */
	AGENT_CAP_ATTEST = 14,		/* attest	relation */
	AGENT_CAP_MEM_TIER = 15,	/* mem.tier	relation */
	AGENT_CAP_USER = 16,		/* any other dotted name: userspace's own */
	AGENT_CAP_DEV_IOCTL = 17,	/* dev.ioctl	path of the device */
	AGENT_CAP_MEM_EXEC = 18,	/* mem.exec	none: code made at run time */
	AGENT_CAP_PROC_TRACE = 19,	/* proc.trace	relation, held even for self */
	AGENT_CAP_IPC = 20,		/* ipc		relation to who made the object */
	AGENT_CAP_KEY = 21,		/* key		none */
	AGENT_CAP_TIME = 22,		/* time		none */
	AGENT_CAP_NET_RAW = 23,		/* net.raw	none */
	AGENT_CAP_NET_ADMIN = 24,	/* net.admin	none */
	AGENT_CAP_COUNT
};

/* Relation of the object agent to the subject, the scope of proc.signal etc. */
#define AGENT_REL_SELF		0	/* itself: held by every agent */
#define AGENT_REL_DESCENDANTS	1	/* itself and all below it */
#define AGENT_REL_ALL		2	/* every agent */

/* Which uses leave a row of their own (the manifest's audit). */
#define AGENT_AUDIT_USES	0	/* each of them */
#define AGENT_AUDIT_COALESCED	1	/* the first of an object; repeats are counted */
#define AGENT_AUDIT_FULL	2	/* each of them, and each system call */

/* What follows a denial (the manifest's on_deny). */
#define AGENT_DENY_CONTINUE	0	/* the call fails, the agent goes on */
#define AGENT_DENY_STOP		1	/* stopped until acknowledged */
#define AGENT_DENY_QUARANTINE	2	/* frozen in AGENT_QUARANTINED */
#define AGENT_DENY_TRAP		3	/* SIGTRAP at the call; struct agent_trap */

/**
 * struct agent_spawn_args - agent_spawn()
 * @flags: AGENT_SPAWN_*
 * @manifest: address of the manifest, deterministic CBOR
 * @manifest_size: its length in bytes, 1 to AGENT_MANIFEST_MAX
 * @signature: address of the detached CMS signature over the manifest, DER
 * @signature_size: its length in bytes, 1 to AGENT_SIGNATURE_MAX
 * @pidfd: address of an int that gets a pidfd of the first task, or 0
 * @stack: as in clone3(): lowest address of the child's stack, 0 for a copy
 *	of the caller's (not with AGENT_SPAWN_VFORK)
 * @stack_size: as in clone3()
 * @exit_signal: as in clone3(): what the spawner gets when the task ends
 * @error_cap: out: index of the capability at fault, or ~0
 * @error_offset: out: byte of the manifest at fault, or ~0
 * @reserved: 0
 * @keep: address of @nr_keep descriptor numbers (__u32) that stay open in the
 *	agent's image, beside 0, 1 and 2; every other one is closed by the exec
 * @nr_keep: how many, up to AGENT_KEEP_MAX
 *
 * The spawner gets the new agent's AID as the return value, the child
 * continues after the call with 0.
 */
struct agent_spawn_args {
	__aligned_u64 flags;
	__aligned_u64 manifest;
	__aligned_u64 manifest_size;
	__aligned_u64 signature;
	__aligned_u64 signature_size;
	__aligned_u64 pidfd;
	__aligned_u64 stack;
	__aligned_u64 stack_size;
	__s32 exit_signal;
	__u32 error_cap;
	__u32 error_offset;
	__u32 reserved;
	__aligned_u64 keep;
	__aligned_u64 nr_keep;
};

#define AGENT_SPAWN_ARGS_SIZE_V0	80
#define AGENT_SPAWN_ARGS_SIZE_V1	96
#define AGENT_SPAWN_VFORK	(1ULL << 0)	/* share memory, wait for exec */

/**
 * struct agent_attestation - what the kernel vouches for, about one agent
 * @aid: the agent
 * @parent: the AID of its spawner
 * @state: enum agent_state
 * @tasks: live tasks
 * @caps: capabilities in its bundle
 * @children: live agents it has spawned
 * @spawned_ns: when it was spawned, CLOCK_BOOTTIME nanoseconds
 * @denials: denials so far; as many rows of the audit chain
 * @uses: uses so far; as many rows of the audit chain
 * @chain_seq: sequence number of the last sealed row when this was read
 * @chain_head: the chain value of that row
 * @image_digest: BLAKE3 of the image that runs
 * @manifest_digest: BLAKE3 of the manifest
 * @root_digest: BLAKE3 of the image that is PID 1 (AID 1)
 * @nonce: the caller's, returned
 * @signer_id: subject key identifier of the signing certificate, zero padded
 * @name: the manifest's name
 * @signer: subject of the signing certificate
 * @authority: its issuer, by whose key it is vouched for
 * @image: path of the image in the manifest
 */
struct agent_attestation {
	__aligned_u64 aid;
	__aligned_u64 parent;
	__u32 state;
	__u32 tasks;
	__u32 caps;
	__u32 children;
	__aligned_u64 spawned_ns;
	__aligned_u64 denials;
	__aligned_u64 uses;
	__aligned_u64 chain_seq;
	__u8 chain_head[AGENT_DIGEST_SIZE];
	__u8 image_digest[AGENT_DIGEST_SIZE];
	__u8 manifest_digest[AGENT_DIGEST_SIZE];
	__u8 root_digest[AGENT_DIGEST_SIZE];
	__u8 nonce[32];
	__u8 signer_id[32];
	char name[AGENT_NAME_MAX];
	char signer[128];
	char authority[128];
	char image[256];
};

/**
 * struct agent_cap_info - one capability of a bundle, as agent_attest() lists it
 * @handle: names this capability in agent_cap_revoke(); never reused
 * @id: enum agent_cap_id
 * @flags: AGENT_CAP_INFO_*
 * @expires_ns: CLOCK_BOOTTIME nanoseconds, 0 for never
 * @uses_left: uses that remain, ~0 without a count
 * @granter: AID that granted it, or the spawner
 * @size: length in bytes of this record with its CBOR, a multiple of 8
 * @cbor_size: length in bytes of the capability's CBOR, which follows
 */
struct agent_cap_info {
	__aligned_u64 handle;
	__u32 id;
	__u32 flags;
	__aligned_u64 expires_ns;
	__aligned_u64 uses_left;
	__aligned_u64 granter;
	__u32 size;
	__u32 cbor_size;
};

#define AGENT_CAP_INFO_GRANTED	(1U << 0)	/* came by agent_cap_grant() */
#define AGENT_CAP_INFO_DERIVED	(1U << 1)	/* goes with one of its spawner's, or its host's */

/**
 * struct agent_attest_args - agent_attest()
 * @flags: AGENT_ATTEST_*
 * @aid: the agent asked about, AGENT_AID_SELF for one's own
 * @buf: address of what is filled in: a struct agent_attestation or, with
 *	AGENT_ATTEST_CAPS, struct agent_cap_info records one after another
 * @buf_size: its length in bytes
 * @nonce: returned in the attestation
 *
 * Return: bytes written (a caller's older, shorter attestation is cut to its
 * size; a list of capabilities that does not fit fails with ENOSPC).
 */
struct agent_attest_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__aligned_u64 buf;
	__aligned_u64 buf_size;
	__u8 nonce[32];
};

#define AGENT_ATTEST_ARGS_SIZE_V0	64
#define AGENT_ATTEST_NEXT	(1ULL << 0)	/* the first live AID above @aid */
#define AGENT_ATTEST_CAPS	(1ULL << 1)	/* list the bundle instead */

/**
 * struct agent_quota_args - agent_quota()
 * @flags: AGENT_QUOTA_SET to set @limit, 0 to read only
 * @aid: the agent, AGENT_AID_SELF for one's own
 * @resource: AGENT_QUOTA_*
 * @reserved: 0
 * @limit: in with AGENT_QUOTA_SET, and out: the limit, AGENT_QUOTA_UNLIMITED
 * @usage: out: in use now
 */
struct agent_quota_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__u32 resource;
	__u32 reserved;
	__aligned_u64 limit;
	__aligned_u64 usage;
};

#define AGENT_QUOTA_ARGS_SIZE_V0	40
#define AGENT_QUOTA_SET		(1ULL << 0)
#define AGENT_QUOTA_UNLIMITED	(~0ULL)
#define AGENT_QUOTA_TASKS	0	/* tasks (threads and processes) at once */
#define AGENT_QUOTA_AGENTS	1	/* live agents spawned by this one */
#define AGENT_QUOTA_COUNT	2

/**
 * struct agent_cap_grant_args - agent_cap_grant()
 * @flags: AGENT_GRANT_*
 * @aid: the agent that gets the capability
 * @cap: address of the capability, deterministic CBOR
 * @cap_size: its length in bytes, 1 to AGENT_CAP_CBOR_MAX
 * @handle: out: the new capability's handle
 */
struct agent_cap_grant_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__aligned_u64 cap;
	__aligned_u64 cap_size;
	__aligned_u64 handle;
};

#define AGENT_CAP_GRANT_ARGS_SIZE_V0	40
/* No capability: let a stopped or quarantined agent go on. */
#define AGENT_GRANT_RELEASE	(1ULL << 0)

/**
 * struct agent_cap_revoke_args - agent_cap_revoke()
 * @flags: AGENT_REVOKE_*
 * @aid: the agent that loses the capability
 * @handle: which, from agent_attest(AGENT_ATTEST_CAPS) or agent_cap_grant();
 *	0 with AGENT_REVOKE_ALL, _QUARANTINE and _TERMINATE
 * @removed: out: capabilities removed, those of descendants that came from
 *	them counted; or processes frozen or ended
 * @agents: out: agents that lost a capability
 * @files: out: open files and sockets of theirs that are no longer of use
 * @mappings: out: mappings that were taken away
 */
struct agent_cap_revoke_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__aligned_u64 handle;
	__aligned_u64 removed;
	__aligned_u64 agents;
	__aligned_u64 files;
	__aligned_u64 mappings;
};

#define AGENT_CAP_REVOKE_ARGS_SIZE_V0	32
#define AGENT_CAP_REVOKE_ARGS_SIZE_V1	56
#define AGENT_REVOKE_ALL	(1ULL << 0)	/* the whole bundle */
#define AGENT_REVOKE_QUARANTINE	(1ULL << 1)	/* freeze the agent */
#define AGENT_REVOKE_TERMINATE	(1ULL << 2)	/* end it: AGENT_TERMINATED_REVOKED */

/**
 * struct agent_cap_present_args - agent_cap_present()
 * @flags: AGENT_PRESENT_*
 * @aid: the agent asked about, AGENT_AID_SELF for one's own
 * @cap: address of the capability it should hold, deterministic CBOR
 * @cap_size: its length in bytes, 1 to AGENT_CAP_CBOR_MAX
 *
 * Return: 0 when it holds one at least as wide, -ECAPABILITY when not.
 */
struct agent_cap_present_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__aligned_u64 cap;
	__aligned_u64 cap_size;
};

#define AGENT_CAP_PRESENT_ARGS_SIZE_V0	32
/* It is used now: count it and write the row of the use, or of the denial. */
#define AGENT_PRESENT_USE	(1ULL << 0)

/* What happened: the event of an audit row. */
enum agent_audit_event {
	AGENT_EVENT_BOOT = 1,	/* payload: lines of text, see docs/audit.md */
	AGENT_EVENT_SPAWN = 2,	/* payload: manifest digest, then name */
	AGENT_EVENT_STATE = 3,	/* object[0] from, object[1] to */
	AGENT_EVENT_GRANT = 4,	/* object[0] handle; payload: its CBOR */
	AGENT_EVENT_REVOKE = 5,	/* object[0] handle, object[1] revoker */
	AGENT_EVENT_DENY = 6,	/* payload: path, address or name */
	AGENT_EVENT_USE = 7,	/* as AGENT_EVENT_DENY, and it was allowed; */
				/* without a payload: named as in the agent's */
				/* last such row of the object that has one */
				/* with AGENT_REASON_REPEATS: payload is a */
				/* __le64, how often since its first row */
	AGENT_EVENT_EXIT = 8,	/* object[0] exit code of the last task */
	AGENT_EVENT_QUOTA = 9,	/* object[0] resource, object[1] new limit */
	AGENT_EVENT_KILL = 10,	/* AID 0 root ended an agent; object[0] its pid */
	AGENT_EVENT_ATTEST = 11, /* object[0] the AID that was asked about */
	AGENT_EVENT_REFUSE = 12, /* a manifest was refused; payload: its BLAKE3 */
				/* digest, then the image's path if it is known */
	AGENT_EVENT_CALL = 13,	/* of an agent with AGENT_AUDIT_FULL: object[0] */
				/* number, object[1] result; payload: six */
				/* __le64, the arguments */
	AGENT_EVENT_LIMIT = 14,	/* object[0] resource, object[1] its limit, which */
				/* was reached */
	AGENT_EVENT_COUNT
};

/* Why a denial was one: the reason of an audit row. */
enum agent_audit_reason {
	AGENT_REASON_NONE = 0,
	AGENT_REASON_SCOPE = 1,		/* no capability covers the object */
	AGENT_REASON_STATE = 2,		/* not in this state (still spawning) */
	AGENT_REASON_IMAGE = 3,		/* the image is not the manifest's */
	AGENT_REASON_EXPIRED = 4,	/* the capability's time or count ran out */
	AGENT_REASON_AUTHORITY = 5,	/* the call needs an authority it lacks */
	AGENT_REASON_FAMILY = 6,	/* socket family or type closed to agents */
	AGENT_REASON_LEGACY = 7,	/* AID 0 reached for an agent */
	AGENT_REASON_CODE = 8,		/* code that neither base nor manifest names */
	AGENT_REASON_CLOSED = 9,	/* closed to agents, whatever they hold */
	AGENT_REASON_REPEATS = 10,	/* of a use: one row for repeats of it */
	AGENT_REASON_RATE = 11,		/* the capability's rate is used up for now */
	AGENT_REASON_REVOKED = 12,	/* it was allowed before, and is no longer */
	AGENT_REASON_COUNT
};

/**
 * struct agent_audit_row - the fixed head of a row; little endian
 * @size: length in bytes of the whole row: head, payload, zero padding to a
 *	multiple of 8, and the chain value
 * @version: AGENT_AUDIT_VERSION
 * @event: enum agent_audit_event
 * @seq: 1 for the first row of a chain, then one more for each
 * @boot: number of this boot, from 1
 * @time: CLOCK_REALTIME in nanoseconds
 * @aid: the agent concerned
 * @parent: AID of its spawner
 * @object: two numbers; for files device and inode
 * @pid: the task, in the initial PID namespace
 * @cap: enum agent_cap_id or 0
 * @verdict: AGENT_VERDICT_*
 * @reason: enum agent_audit_reason
 * @error: the errno given (positive), or 0
 * @payload_size: bytes of payload that follow this head
 *
 * After the padding stand AGENT_DIGEST_SIZE bytes: the BLAKE3 digest of the
 * previous row's chain value (zeroes before the first row) followed by this
 * row without its own chain value.
 */
struct agent_audit_row {
	__le32 size;
	__le16 version;
	__le16 event;
	__le64 seq;
	__le64 boot;
	__le64 time;
	__le64 aid;
	__le64 parent;
	__le64 object[2];
	__le32 pid;
	__le16 cap;
	__u8 verdict;
	__u8 reason;
	__le32 error;
	__le32 payload_size;
};

#define AGENT_AUDIT_VERSION	1
#define AGENT_AUDIT_HEAD_SIZE	80
#define AGENT_AUDIT_PAYLOAD_MAX	4096
#define AGENT_AUDIT_ROW_MAX	(AGENT_AUDIT_HEAD_SIZE + \
				 AGENT_AUDIT_PAYLOAD_MAX + AGENT_DIGEST_SIZE)
#define AGENT_VERDICT_NONE	0
#define AGENT_VERDICT_ALLOW	1
#define AGENT_VERDICT_DENY	2

/**
 * struct agent_audit_query_args - agent_audit_query()
 * @flags: AGENT_AUDIT_*
 * @aid: only rows of this agent; AGENT_AID_SELF for one's own, 0 for all
 * @seq: only rows from this sequence number on; with AGENT_AUDIT_COMMIT the
 *	last row that is safe on disk; with AGENT_AUDIT_SEED the last row of
 *	the chain so far
 * @events: only rows whose event's bit is set, 0 for all
 * @cap: only rows of this capability, 0 for all
 * @time_from: only rows at or after, CLOCK_REALTIME nanoseconds
 * @time_to: only rows before, 0 for no end
 * @buf: address of the rows, one after another; with AGENT_AUDIT_SEED of the
 *	chain value of row @seq
 * @buf_size: its length in bytes
 * @next_seq: out: the sequence number to go on from; in with
 *	AGENT_AUDIT_SEED: the first AID to give out
 * @boot: in with AGENT_AUDIT_SEED: number of this boot
 * @verdicts: only rows whose AGENT_VERDICT_* has its bit set, 0 for all
 * @reserved: 0
 *
 * Return: bytes written, 0 when there is nothing; a file descriptor with
 * AGENT_AUDIT_FOLLOW.
 */
struct agent_audit_query_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__aligned_u64 seq;
	__u32 events;
	__u32 cap;
	__aligned_u64 time_from;
	__aligned_u64 time_to;
	__aligned_u64 buf;
	__aligned_u64 buf_size;
	__aligned_u64 next_seq;
	__aligned_u64 boot;
	__u32 verdicts;
	__u32 reserved;
};

#define AGENT_AUDIT_QUERY_ARGS_SIZE_V0	80
#define AGENT_AUDIT_QUERY_ARGS_SIZE_V1	88
#define AGENT_AUDIT_FOLLOW	(1ULL << 0)	/* a pollable descriptor of matching rows */
#define AGENT_AUDIT_COMMIT	(1ULL << 1)	/* AID 1: rows up to @seq are on disk */
#define AGENT_AUDIT_SEED	(1ULL << 2)	/* AID 1, once: go on from this chain */
#define AGENT_AUDIT_REASONS	(1ULL << 3)	/* struct agent_denial of @aid, oldest first */
#define AGENT_AUDIT_SUBTREE	(1ULL << 4)	/* of @aid and all below it */
#define AGENT_AUDIT_COUNTS	(1ULL << 5)	/* struct agent_audit_counts */

#define AGENT_COUNT_CAPS	64
#define AGENT_COUNT_EVENTS	32

/**
 * struct agent_audit_counts - what was counted since boot, and where the chain is
 * @seq: sequence number of the last sealed row
 * @boot: number of this boot
 * @first_seq: sequence number of this boot's first row
 * @unsealed: rows that were written and are not sealed yet
 * @denials: by enforcement, before any row was written, by enum agent_cap_id
 * @rows: by who writes rows, by enum agent_audit_event
 * @sealed: by the sealer, by enum agent_audit_event
 *
 * Where all rest, the chain has as many rows of deny for each capability as
 * @denials tells, and @rows and @sealed are the same.
 */
struct agent_audit_counts {
	__aligned_u64 seq;
	__aligned_u64 boot;
	__aligned_u64 first_seq;
	__aligned_u64 unsealed;
	__aligned_u64 denials[AGENT_COUNT_CAPS];
	__aligned_u64 rows[AGENT_COUNT_EVENTS];
	__aligned_u64 sealed[AGENT_COUNT_EVENTS];
};

#define AGENT_DENIALS_KEPT	16	/* of each agent: its last ones */
#define AGENT_DENIAL_TEXT_MAX	256

/**
 * struct agent_denial - why an agent was denied something, for itself to read
 * @number: 1 for the agent's first denial, then one more for each
 * @time_ns: when, CLOCK_BOOTTIME nanoseconds
 * @object: as in the row of the denial
 * @pid: the thread that was denied, in the initial PID namespace
 * @cap: enum agent_cap_id or 0
 * @reason: enum agent_audit_reason
 * @error: the errno given (positive)
 * @text_size: length in bytes of the object's name, of which @text may hold
 *	only the beginning
 * @hint_size: length in bytes of @hint
 * @text: path, address or name, as in the row; zero padded
 * @hint: what the manifest says to who reads a denial of this capability;
 *	zero padded
 *
 * Read by agent_audit_query() with AGENT_AUDIT_REASONS: those of @aid whose
 * number is at least @seq; @next_seq is one more than the last. One's own need
 * no capability, those of others audit.read.
 */
struct agent_denial {
	__aligned_u64 number;
	__aligned_u64 time_ns;
	__aligned_u64 object[2];
	__u32 pid;
	__u32 cap;
	__u32 reason;
	__u32 error;
	__u32 text_size;
	__u32 hint_size;
	char text[AGENT_DENIAL_TEXT_MAX];
	char hint[AGENT_DENIAL_TEXT_MAX];
};

/* si_code of the SIGTRAP that AGENT_DENY_TRAP sends; si_errno is ECAPABILITY. */
#define TRAP_AGENT		600

/**
 * struct agent_trap - what such a siginfo_t holds from byte 16 on
 * @address: of the instruction after the call, where si_addr is
 * @number: of the struct agent_denial, to be read by agent_audit_query()
 * @object: its @object[1]: the inode's number, for a file
 * @cap: enum agent_cap_id or 0
 * @reason: enum agent_audit_reason
 */
struct agent_trap {
	__aligned_u64 address;
	__aligned_u64 number;
	__aligned_u64 object;
	__u32 cap;
	__u32 reason;
};

/*
 * getsockopt(SOL_SOCKET, SO_PEERAID) of a unix socket: __u64, the AID of who
 * connected, or of who listened, or of who made the pair, at that time, whoever
 * holds the sockets now; AGENT_AID_LEGACY for a task of no agent.
 */
#define SO_PEERAID		600

/**
 * struct agent_memory_tier_args - agent_memory_tier()
 * @flags: AGENT_TIER_SET to set @limit, 0 to read only
 * @aid: the agent, AGENT_AID_SELF for one's own
 * @tier: AGENT_TIER_*
 * @reserved: 0
 * @limit: in with AGENT_TIER_SET, and out: bytes, AGENT_QUOTA_UNLIMITED
 * @usage: out: bytes resident now
 */
struct agent_memory_tier_args {
	__aligned_u64 flags;
	__aligned_u64 aid;
	__u32 tier;
	__u32 reserved;
	__aligned_u64 limit;
	__aligned_u64 usage;
};

#define AGENT_MEMORY_TIER_ARGS_SIZE_V0	40
#define AGENT_TIER_SET		(1ULL << 0)
#define AGENT_TIER_RAM		0

#endif /* _UAPI_LINUX_AGENT_H */
