/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit chain, as those who write rows see it.
 */
#ifndef _LINUX_AGENT_AUDIT_H
#define _LINUX_AGENT_AUDIT_H

#include <linux/agent_core.h>
#include <linux/types.h>

struct agent;

/**
 * struct agent_audit_record - what a row is made from
 * @event: enum agent_audit_event
 * @agent: the agent concerned, NULL for AID 0
 * @cap: enum agent_cap_id, or 0
 * @verdict: AGENT_VERDICT_*
 * @reason: enum agent_audit_reason
 * @error: positive errno given, or 0
 * @object: two numbers whose meaning the event gives
 * @payload: bytes that follow the head, cut to AGENT_AUDIT_PAYLOAD_MAX
 * @payload_size: how many
 * @atomic: the caller can't sleep
 * @paused: the caller has called agent_audit_pause() and holds what others wait
 *	for by now, so the row is not waited with, and is written in full
 */
struct agent_audit_record {
	u16 event;
	struct agent *agent;
	u16 cap;
	u8 verdict;
	u8 reason;
	u32 error;
	u64 object[2];
	const void *payload;
	u32 payload_size;
	bool atomic;
	bool paused;
};

void agent_audit(const struct agent_audit_record *record);
void agent_audit_count_denial(enum agent_cap_id cap);
void agent_audit_seal(void);
void agent_audit_saved(u64 *seq, u8 head[AGENT_DIGEST_SIZE]);
u64 agent_audit_boot(void);
void agent_audit_counts(struct agent_audit_counts *counts);
void agent_audit_head(u64 *seq, u8 head[AGENT_DIGEST_SIZE]);

int agent_audit_seed(u64 seq, const u8 head[AGENT_DIGEST_SIZE], u64 boot);
int agent_audit_commit(u64 seq);
ssize_t agent_audit_read(const struct agent_audit_query_args *query,
			 struct agent *subject, u64 *next_seq);
int agent_audit_follow(const struct agent_audit_query_args *query,
		       struct agent *subject);

#endif /* _LINUX_AGENT_AUDIT_H */
