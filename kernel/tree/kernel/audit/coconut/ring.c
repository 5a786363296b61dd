// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: rows on their way from whoever writes them to the disk
 *
 * Rows are appended to a ring under a spinlock, which hashes nothing.  The
 * sealer, a kernel thread, gives each row its sequence number and its chain
 * value in the order of the ring.  Readers see sealed rows only.  A sealed row
 * is overwritten only after AID 1 has said that it is on disk.
 *
 *	tail <= committed <= sealed <= head		head - tail <= RING_SIZE
 *
 * A writer that may sleep waits while less than RING_RESERVE is free. The
 * reserve is for the others, who wait before they are back in userspace, or
 * before the next request of many that one call submits; so each task has one
 * such row there at most.  Their payload is short, and when half of the reserve
 * is gone they have none: it holds the rows of more than 20 000 tasks.  No row
 * is ever dropped: were the reserve to run out, the machine would stop rather
 * than go on unrecorded.
 */

#include <crypto/blake3.h>
#include <linux/agent.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "chain.h"

/**
 * struct audit_ring - the ring and the state of the chain
 * @lock: guards all but @data between @committed and @sealed
 * @data: RING_SIZE bytes
 * @tail: position of the oldest row still held
 * @committed: rows before this position are on disk
 * @sealed: rows before this position have their chain value
 * @head: where the next row goes
 * @seq: sequence number of the last sealed row
 * @boot: number of this boot
 * @seeded: @seq, @boot and @chain go on from what is on disk
 * @chain: chain value of the last sealed row
 * @space: writers wait here for room
 * @work: the sealer waits here for rows
 *
 * Positions count bytes since boot; modulo RING_SIZE they index @data. They are
 * written under the lock, and read without it by who waits.
 */
static struct audit_ring {
	spinlock_t lock;	/* all positions, seq, chain */
	u8 *data;
	u64 tail;
	u64 committed;
	u64 sealed;
	u64 head;
	u64 seq;
	u64 boot;
	bool seeded;
	u8 chain[AGENT_DIGEST_SIZE];
	wait_queue_head_t space;
	wait_queue_head_t work;
} ring = {
	.lock = __SPIN_LOCK_UNLOCKED(ring.lock),
	.space = __WAIT_QUEUE_HEAD_INITIALIZER(ring.space),
	.work = __WAIT_QUEUE_HEAD_INITIALIZER(ring.work),
	.boot = 1,
};

DECLARE_WAIT_QUEUE_HEAD(audit_sealed_wait);

static void ring_put(u64 pos, const void *from, u32 size)
{
	u32 start = pos & (RING_SIZE - 1);
	u32 first = min_t(u32, size, RING_SIZE - start);

	memcpy(ring.data + start, from, first);
	memcpy(ring.data, from + first, size - first);
}

static void ring_get(u64 pos, void *to, u32 size)
{
	u32 start = pos & (RING_SIZE - 1);
	u32 first = min_t(u32, size, RING_SIZE - start);

	memcpy(to, ring.data + start, first);
	memcpy(to + first, ring.data, size - first);
}

/* Rows are multiples of 8 bytes, so the size field never wraps. */
static u32 row_size(u64 pos)
{
	return le32_to_cpup((__le32 *)(ring.data + (pos & (RING_SIZE - 1))));
}

static u64 ring_free(void)
{
	return RING_SIZE - (ring.head - ring.committed);
}

static bool has_room(void)
{
	return RING_SIZE - (READ_ONCE(ring.head) - READ_ONCE(ring.committed)) >=
	       RING_RESERVE;
}

/*
 * The persister, the first thread of AID 1, must never wait for itself, nor for
 * a task whose exec it waits for: that of an agent it has spawned. The few rows
 * of a spawn have room in the reserve, and its spawner waited for the first of
 * them.
 */
static bool is_waited_for(void)
{
	const struct agent *agent = current->agent;

	return agent && ((agent->aid == AGENT_AID_ROOT &&
			  thread_group_leader(current)) ||
			 !agent_is_running(agent));
}

/* A task that is being killed must be able to die. */
static void wait_for_room(void)
{
	if (likely(has_room()) || is_waited_for())
		return;
	wait_event_killable(ring.space, has_room());
}

static void pause_here(struct callback_head *pause)
{
	kfree(pause);
	wait_for_room();
}

/*
 * Who writes a row where it can't wait does so on its way back to userspace, so
 * that a task fills at most what one system call of it may write.
 */
static void wait_later(void)
{
	struct callback_head *pause;

	if (likely(has_room()) || !in_task() || is_waited_for() ||
	    current->flags & (PF_KTHREAD | PF_EXITING))
		return;
	/* Once is enough, however many rows the call writes. */
	pause = task_work_cancel_func(current, pause_here);
	if (!pause)
		pause = kmalloc(sizeof(*pause), GFP_ATOMIC);
	if (!pause)
		return;
	init_task_work(pause, pause_here);
	if (task_work_add(current, pause, TWA_RESUME))
		kfree(pause);
}

static void fill_row(struct agent_audit_row *row,
		     const struct agent_audit_record *record, u32 payload_size)
{
	const struct agent *agent = record->agent;
	const struct agent *parent = agent ? agent->parent : NULL;

	*row = (struct agent_audit_row) {
		.size = cpu_to_le32(ALIGN(sizeof(*row) + payload_size, 8) +
				    AGENT_DIGEST_SIZE),
		.version = cpu_to_le16(AGENT_AUDIT_VERSION),
		.event = cpu_to_le16(record->event),
		.time = cpu_to_le64(ktime_get_real_ns()),
		.aid = cpu_to_le64(agent ? agent->aid : AGENT_AID_LEGACY),
		.parent = cpu_to_le64(parent ? parent->aid : AGENT_AID_LEGACY),
		.object[0] = cpu_to_le64(record->object[0]),
		.object[1] = cpu_to_le64(record->object[1]),
		.pid = cpu_to_le32(task_pid_nr(current)),
		.cap = cpu_to_le16(record->cap),
		.verdict = record->verdict,
		.reason = record->reason,
		.error = cpu_to_le32(record->error),
		.payload_size = cpu_to_le32(payload_size),
	};
}

/* Overwrites rows that are on disk, as far as the new one needs the room. */
static void append(const struct agent_audit_row *row, const void *payload,
		   u32 payload_size)
{
	static const u8 zeroes[8];
	u32 size = le32_to_cpu(row->size);
	u64 pos = ring.head;

	lockdep_assert_held(&ring.lock);
	if (ring_free() < size)
		panic("coconut: the audit ring is full and a row would be lost");
	while (RING_SIZE - (ring.head - ring.tail) < size)
		ring.tail += row_size(ring.tail);

	ring_put(pos, row, sizeof(*row));
	ring_put(pos + sizeof(*row), payload, payload_size);
	ring_put(pos + sizeof(*row) + payload_size, zeroes,
		 ALIGN(payload_size, 8) - payload_size);
	WRITE_ONCE(ring.head, pos + size);
}

/**
 * agent_audit_pause - wait between the requests of one call
 *
 * Context: May sleep.
 * Return: 0, or -EINTR when the caller is being killed and there is no room.
 */
int agent_audit_pause(void)
{
	wait_for_room();
	return fatal_signal_pending(current) && !has_room() ? -EINTR : 0;
}

static u32 payload_of(const struct agent_audit_record *record)
{
	if (record->paused ||
	    (!record->atomic && !fatal_signal_pending(current)))
		return min_t(u32, record->payload_size,
			     AGENT_AUDIT_PAYLOAD_MAX);
	if (RING_SIZE - (READ_ONCE(ring.head) - READ_ONCE(ring.committed)) <
	    RING_SHORT)
		return 0;
	return min_t(u32, record->payload_size, ATOMIC_PAYLOAD);
}

/**
 * agent_audit - write a row
 * @record: what it is made from
 *
 * The row is in the ring when this returns, and sealed soon after.
 *
 * Context: Any with @record->atomic; otherwise waits while the ring is short
 * of room.
 */
void agent_audit(const struct agent_audit_record *record)
{
	struct agent_audit_row row;
	unsigned long flags;
	u32 payload_size;

	if (!ring.data)
		return;
	if (record->atomic)
		wait_later();
	else if (!record->paused)
		wait_for_room();
	payload_size = payload_of(record);
	fill_row(&row, record, payload_size);
	spin_lock_irqsave(&ring.lock, flags);
	append(&row, record->payload, payload_size);
	spin_unlock_irqrestore(&ring.lock, flags);
	/* Paired with the barrier of wait_event_idle() in the sealer. */
	if (wq_has_sleeper(&ring.work))
		wake_up(&ring.work);
}

/* Only the sealer writes between sealed and head, so it needs no lock there. */
static u64 seal_row(u64 pos, u8 *row)
{
	struct agent_audit_row *head = (struct agent_audit_row *)row;
	u32 size = row_size(pos);
	struct blake3_ctx ctx;

	ring_get(pos, row, size - AGENT_DIGEST_SIZE);
	head->seq = cpu_to_le64(ring.seq + 1);
	head->boot = cpu_to_le64(ring.boot);
	blake3_init(&ctx);
	blake3_update(&ctx, ring.chain, sizeof(ring.chain));
	blake3_update(&ctx, row, size - AGENT_DIGEST_SIZE);
	blake3_final(&ctx, row + size - AGENT_DIGEST_SIZE, AGENT_DIGEST_SIZE);
	ring_put(pos, row, sizeof(*head));
	ring_put(pos + size - AGENT_DIGEST_SIZE, row + size - AGENT_DIGEST_SIZE,
		 AGENT_DIGEST_SIZE);

	spin_lock_irq(&ring.lock);
	ring.seq++;
	memcpy(ring.chain, row + size - AGENT_DIGEST_SIZE, AGENT_DIGEST_SIZE);
	WRITE_ONCE(ring.sealed, pos + size);
	spin_unlock_irq(&ring.lock);
	return pos + size;
}

static bool has_unsealed(void)
{
	return READ_ONCE(ring.seeded) &&
	       READ_ONCE(ring.head) != READ_ONCE(ring.sealed);
}

static int sealer(void *unused)
{
	static u8 row[AGENT_AUDIT_ROW_MAX] __aligned(8);
	u64 head, pos;

	while (!kthread_should_stop()) {
		wait_event_idle(ring.work, has_unsealed());
		spin_lock_irq(&ring.lock);
		head = ring.head;
		pos = ring.sealed;
		spin_unlock_irq(&ring.lock);
		while (pos != head) {
			pos = seal_row(pos, row);
			cond_resched();
		}
		wake_up_all(&audit_sealed_wait);
	}
	return 0;
}

/**
 * agent_audit_head - the last sealed row
 * @seq: its sequence number, 0 when there is none
 * @head: its chain value
 */
void agent_audit_head(u64 *seq, u8 head[AGENT_DIGEST_SIZE])
{
	spin_lock_irq(&ring.lock);
	*seq = ring.seq;
	memcpy(head, ring.chain, AGENT_DIGEST_SIZE);
	spin_unlock_irq(&ring.lock);
}

/**
 * agent_audit_seed - go on from the chain that is on disk
 * @seq: sequence number of its last row, 0 for a new chain
 * @head: chain value of that row, zeroes for a new chain
 * @boot: number of this boot, from 1
 *
 * Rows wait unsealed until this is called.
 *
 * Return: 0, -EINVAL for a boot of number 0, or -EBUSY the second time.
 */
int agent_audit_seed(u64 seq, const u8 head[AGENT_DIGEST_SIZE], u64 boot)
{
	int err = -EBUSY;

	if (!boot)
		return -EINVAL;
	spin_lock_irq(&ring.lock);
	if (!ring.seeded) {
		ring.seq = seq;
		ring.boot = boot;
		memcpy(ring.chain, head, AGENT_DIGEST_SIZE);
		WRITE_ONCE(ring.seeded, true);
		err = 0;
	}
	spin_unlock_irq(&ring.lock);
	wake_up(&ring.work);
	return err;
}

/**
 * agent_audit_commit - rows are on disk and may be overwritten
 * @seq: sequence number of the last of them
 *
 * Return: 0, or -EINVAL when there is no such sealed row yet.
 */
int agent_audit_commit(u64 seq)
{
	struct agent_audit_row row;
	int err = 0;

	spin_lock_irq(&ring.lock);
	if (seq > ring.seq)
		err = -EINVAL;
	while (!err && ring.committed != ring.sealed) {
		ring_get(ring.committed, &row, sizeof(row));
		if (le64_to_cpu(row.seq) > seq)
			break;
		WRITE_ONCE(ring.committed,
			   ring.committed + le32_to_cpu(row.size));
	}
	spin_unlock_irq(&ring.lock);
	wake_up_all(&ring.space);
	return err;
}

/**
 * audit_row_pending - whether there is a sealed row to read
 * @pos: the reader's position
 *
 * Return: true if there is.
 */
bool audit_row_pending(u64 pos)
{
	return pos < READ_ONCE(ring.sealed);
}

/**
 * audit_row_next - copy the next sealed row
 * @pos: the reader's position, 0 at first; moved past the row, and past rows
 *	that were overwritten since
 * @row: AGENT_AUDIT_ROW_MAX bytes
 *
 * Return: false when there is none yet.
 */
bool audit_row_next(u64 *pos, void *row)
{
	bool found;
	u32 size;

	spin_lock_irq(&ring.lock);
	*pos = max(*pos, ring.tail);
	found = *pos < ring.sealed;
	if (found) {
		size = row_size(*pos);
		ring_get(*pos, row, size);
		*pos += size;
	}
	spin_unlock_irq(&ring.lock);
	return found;
}

static int __init make_ring(void)
{
	struct task_struct *task;

	BUILD_BUG_ON(sizeof(struct agent_audit_row) != AGENT_AUDIT_HEAD_SIZE);
	BUILD_BUG_ON(RING_RESERVE < 16 * AGENT_AUDIT_ROW_MAX);
	ring.data = vzalloc(RING_SIZE);
	if (!ring.data)
		panic("coconut: no memory for the audit ring");
	task = kthread_run(sealer, NULL, "coconut-sealer");
	if (IS_ERR(task))
		panic("coconut: no audit sealer: %ld", PTR_ERR(task));
	return 0;
}
core_initcall(make_ring);
