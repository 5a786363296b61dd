/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit chain: what its units share among themselves.
 */
#ifndef _KERNEL_AUDIT_COCONUT_CHAIN_H
#define _KERNEL_AUDIT_COCONUT_CHAIN_H

#include <linux/agent_audit.h>
#include <linux/wait.h>

#define RING_SIZE	SZ_8M	/* bytes; a power of two */
#define RING_RESERVE	SZ_4M	/* kept for rows whose writer can't wait */
#define RING_SHORT	SZ_2M	/* from here on these have no payload */
#define ATOMIC_PAYLOAD	256	/* bytes of it that they have at most */

/**
 * struct audit_filter - which rows a reader wants, and may have
 * @aid: rows of this agent only, 0 for all
 * @seq: rows from this sequence number on
 * @events: bits of the events wanted, 0 for all
 * @cap: rows of this capability only, 0 for all
 * @time_from: rows at or after, CLOCK_REALTIME nanoseconds
 * @time_to: rows before, 0 for no end
 * @subject: AID of the reader
 * @relation: AGENT_REL_*: how far the reader's audit.read reaches
 */
struct audit_filter {
	u64 aid;
	u64 seq;
	u32 events;
	u32 cap;
	u64 time_from;
	u64 time_to;
	u64 subject;
	u32 relation;
};

extern wait_queue_head_t audit_sealed_wait;

bool audit_row_next(u64 *pos, void *row);
bool audit_row_pending(u64 pos);

#endif /* _KERNEL_AUDIT_COCONUT_CHAIN_H */
