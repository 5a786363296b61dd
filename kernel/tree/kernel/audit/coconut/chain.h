/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit chain: what its units share among themselves.
 */
#ifndef _KERNEL_AUDIT_COCONUT_CHAIN_H
#define _KERNEL_AUDIT_COCONUT_CHAIN_H

#include <linux/agent_audit.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/wait.h>

#define STAGE_SIZE	SZ_128K	/* bytes for each processor; a power of two */
#define RESERVE_SIZE	SZ_4M	/* for all, once a processor's are used up */
#define LOG_SIZE	SZ_8M	/* sealed rows; a power of two */
#define LOG_SHARE	SZ_4M	/* of which this much for who can wait */
#define LOG_SHORT	SZ_2M	/* with less free, hasty rows have no payload */
#define HASTY_PAYLOAD	256	/* bytes of it that they have at most */
#define WINDOW_MS	5	/* a row is sealed after so long, or sooner */
#define WINDOW_ROWS	500	/* no more wait to be sealed, on all processors */

/**
 * struct audit_ring - rows in a row, from one position to another
 * @data: @size bytes
 * @size: a power of two
 * @tail: position of the oldest row
 * @head: where the next row goes
 *
 * Positions count bytes since boot; modulo @size they index @data. Rows are
 * multiples of 8 bytes, so their size field is never cut in two.
 */
struct audit_ring {
	u8 *data;
	u32 size;
	u64 tail;
	u64 head;
};

static inline void audit_ring_put(struct audit_ring *ring, u64 pos,
				  const void *from, u32 size)
{
	u32 start = pos & (ring->size - 1);
	u32 first = min(size, ring->size - start);

	memcpy(ring->data + start, from, first);
	if (unlikely(first != size))
		memcpy(ring->data, from + first, size - first);
}

static inline void audit_ring_get(const struct audit_ring *ring, u64 pos,
				  void *to, u32 size)
{
	u32 start = pos & (ring->size - 1);
	u32 first = min(size, ring->size - start);

	memcpy(to, ring->data + start, first);
	if (unlikely(first != size))
		memcpy(to + first, ring->data, size - first);
}

static inline u32 audit_ring_row_size(const struct audit_ring *ring, u64 pos)
{
	return le32_to_cpup((__le32 *)(ring->data + (pos & (ring->size - 1))));
}

/**
 * struct audit_stage - rows that are not sealed yet
 * @ring: the rows; their time is CLOCK_MONOTONIC until they are sealed
 * @rows: how many were ever put here
 * @taken: how many of them were sealed
 *
 * One writes at a time: on the processor whose stage it is with interrupts
 * off, or under a lock. The sealer alone takes rows, without it.
 */
struct audit_stage {
	struct audit_ring ring;
	u32 rows;
	u32 taken;
};

/**
 * struct audit_filter - which rows a reader wants, and may have
 * @aid: rows of this agent only, 0 for all
 * @subtree: and of those below it
 * @seq: rows from this sequence number on
 * @events: bits of the events wanted, 0 for all
 * @cap: rows of this capability only, 0 for all
 * @verdicts: bits of the verdicts wanted, 0 for all
 * @time_from: rows at or after, CLOCK_REALTIME nanoseconds
 * @time_to: rows before, 0 for no end
 * @subject: AID of the reader
 * @relation: AGENT_REL_*: how far the reader's audit.read reaches
 */
struct audit_filter {
	u64 aid;
	bool subtree;
	u64 seq;
	u32 events;
	u32 cap;
	u32 verdicts;
	u64 time_from;
	u64 time_to;
	u64 subject;
	u32 relation;
};

/* The linker's notes, among which is the kernel's own build ID. */
extern const u8 audit_notes_start[] __asm__("__start_notes");
extern const u8 audit_notes_stop[] __asm__("__stop_notes");

extern wait_queue_head_t audit_sealed_wait;
extern wait_queue_head_t audit_space;

struct audit_stage *audit_stage_of(int cpu);
struct audit_stage *audit_stage_reserve(void);
void audit_stage_window(void);
bool audit_is_waited_for(void);
void audit_stage_boot(struct agent_audit_row *row);
void audit_stage_sum(struct agent_audit_counts *counts);

u32 audit_boot_text(char *text, u32 size, u64 seq,
		    const u8 chain[AGENT_DIGEST_SIZE]);

void audit_sealer_wake(void);
u64 audit_log_used(void);
void audit_settle(void);
bool audit_row_next(u64 *pos, void *row);
bool audit_row_pending(u64 pos);

#endif /* _KERNEL_AUDIT_COCONUT_CHAIN_H */
