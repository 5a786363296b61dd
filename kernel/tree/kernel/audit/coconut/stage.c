// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: rows as they are written
 *
 * A row goes into the ring of the processor it is written on, with interrupts
 * off and without a lock; the sealer takes it from there (seal.c).  When that
 * ring is full it goes into the reserve, which all share.  No row is ever
 * dropped: were the reserve to run out, the machine would stop rather than go
 * on unrecorded.
 *
 * Who may sleep waits before it writes, and who may not on its way back to
 * userspace, while the rows that are not on disk yet and its own of them make
 * more than LOG_SHARE together.  So who has written much waits, and half of
 * what is left is always there for who has not.  A denial is written first and
 * waited for then, as by who may not sleep; so the rows of uses never hold it
 * up.  Each task has one such row at most beyond its share, of a bounded
 * payload; the log's other half and the reserve hold those of more than 20 000.
 */

#include <linux/agent.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "chain.h"

/**
 * struct audit_counters - what one processor has counted
 * @denials: by enforcement, by enum agent_cap_id
 * @rows: by enum agent_audit_event
 */
struct audit_counters {
	u64 denials[AGENT_CAP_COUNT];
	u64 rows[AGENT_EVENT_COUNT];
};

static DEFINE_PER_CPU(struct audit_stage, stages);
static DEFINE_PER_CPU(struct audit_counters, counters);

static struct audit_stage reserve;
static DEFINE_SPINLOCK(reserve_lock);

DECLARE_WAIT_QUEUE_HEAD(audit_space);

/* Rings until the sealer: a timer that is started by the first row of many. */
static struct hrtimer window;
static atomic_t window_open;
static u32 batch __read_mostly = 8;
static bool ready __read_mostly;

struct audit_stage *audit_stage_of(int cpu)
{
	return per_cpu_ptr(&stages, cpu);
}

struct audit_stage *audit_stage_reserve(void)
{
	return &reserve;
}

static bool has_room(const struct agent *agent)
{
	u64 own = agent ? atomic64_read(&agent->unsaved) : 0;

	return audit_log_used() + own < LOG_SHARE &&
	       READ_ONCE(reserve.ring.head) - READ_ONCE(reserve.ring.tail) <
	       RESERVE_SIZE / 2;
}

/**
 * audit_is_waited_for - whether rows are saved only if this task goes on
 *
 * The persister, the first thread of AID 1, must never wait for itself, nor for
 * a task whose exec it waits for: that of an agent it has spawned. The few rows
 * of a spawn have room in the reserve, and its spawner waited for the first of
 * them. What another agent has spawned runs that one's code until its exec.
 *
 * Return: true for such a task.
 */
bool audit_is_waited_for(void)
{
	const struct agent *agent = current->agent;

	if (!agent)
		return false;
	if (agent->aid == AGENT_AID_ROOT)
		return thread_group_leader(current);
	return !agent_is_running(agent) &&
	       agent->parent->aid == AGENT_AID_ROOT;
}

/* A task that is being killed must be able to die. */
static void wait_for_room(void)
{
	const struct agent *agent = current->agent;

	if (likely(has_room(agent)) || audit_is_waited_for())
		return;
	wait_event_killable(audit_space, has_room(agent));
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

	if (likely(has_room(current->agent)) || !in_task() || audit_is_waited_for() ||
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

/**
 * agent_audit_pause - wait between the requests of one call
 *
 * Context: May sleep.
 * Return: 0, or -EINTR when the caller is being killed and there is no room.
 */
int agent_audit_pause(void)
{
	wait_for_room();
	return fatal_signal_pending(current) && !has_room(current->agent) ?
	       -EINTR : 0;
}

static void fill_row(struct agent_audit_row *row,
		     const struct agent_audit_record *record, u32 payload_size)
{
	const struct agent *agent = record->agent;
	const struct agent *parent = agent ? agent->parent : NULL;

	row->size = cpu_to_le32(ALIGN(sizeof(*row) + payload_size, 8) +
				AGENT_DIGEST_SIZE);
	row->version = cpu_to_le16(AGENT_AUDIT_VERSION);
	row->event = cpu_to_le16(record->event);
	/* What the sealer fills in is not left as the stack had it. */
	row->seq = 0;
	row->boot = 0;
	row->time = 0;
	row->aid = cpu_to_le64(agent ? agent->aid : AGENT_AID_LEGACY);
	row->parent = cpu_to_le64(parent ? parent->aid : AGENT_AID_LEGACY);
	row->object[0] = cpu_to_le64(record->object[0]);
	row->object[1] = cpu_to_le64(record->object[1]);
	row->pid = cpu_to_le32(task_pid_nr(current));
	row->cap = cpu_to_le16(record->cap);
	row->verdict = record->verdict;
	row->reason = record->reason;
	row->error = cpu_to_le32(record->error);
	row->payload_size = cpu_to_le32(payload_size);
}

static void put_parts(struct audit_ring *ring, u64 pos,
		      const struct agent_audit_row *row, const void *payload,
		      u32 payload_size)
{
	static const u8 zeroes[8];
	u32 start = pos & (ring->size - 1);
	u8 *to = ring->data + start;

	if (likely(start + le32_to_cpu(row->size) <= ring->size)) {
		memcpy(to, row, sizeof(*row));
		if (!payload_size)
			return;
		/* The padding first, of which the payload covers a part. */
		memset(to + sizeof(*row) + ALIGN_DOWN(payload_size, 8), 0, 8);
		memcpy(to + sizeof(*row), payload, payload_size);
		return;
	}
	audit_ring_put(ring, pos, row, sizeof(*row));
	pos += sizeof(*row);
	audit_ring_put(ring, pos, payload, payload_size);
	audit_ring_put(ring, pos + payload_size, zeroes, -payload_size & 7);
}

/* Leaves room for the chain value. Return: false when there is not enough. */
static bool put_row(struct audit_stage *stage, struct agent_audit_row *row,
		    const void *payload)
{
	struct audit_ring *ring = &stage->ring;
	u32 size = le32_to_cpu(row->size);
	u64 pos = ring->head;

	/* Pairs with the release in seal.c: what is overwritten was read. */
	if (ring->size - (pos - smp_load_acquire(&ring->tail)) < size)
		return false;
	row->time = cpu_to_le64(ktime_get_ns());
	put_parts(ring, pos, row, payload, le32_to_cpu(row->payload_size));
	WRITE_ONCE(stage->rows, stage->rows + 1);
	/* Pairs with the acquire in seal.c: a row is seen when it is whole. */
	smp_store_release(&ring->head, pos + size);
	return true;
}

static void put_in_reserve(struct agent_audit_row *row, const void *payload)
{
	spin_lock(&reserve_lock);
	if (!put_row(&reserve, row, payload))
		panic("coconut: the audit reserve is full and a row would be lost");
	spin_unlock(&reserve_lock);
}

static enum hrtimer_restart window_ends(struct hrtimer *timer)
{
	audit_sealer_wake();
	return HRTIMER_NORESTART;
}

/**
 * audit_stage_window - the sealer looks at all rows there are now
 *
 * A row that is written from now on opens another window.
 */
void audit_stage_window(void)
{
	atomic_set(&window_open, 0);
	/* Pairs with the barrier in tell_sealer(). */
	smp_mb();
}

static void tell_sealer(const struct audit_stage *stage)
{
	if (unlikely(stage->rows - READ_ONCE(stage->taken) >= batch)) {
		audit_sealer_wake();
		return;
	}
	/* The row is there before it is looked for a window. */
	smp_mb();
	if (atomic_read(&window_open) || atomic_xchg(&window_open, 1))
		return;
	hrtimer_start(&window, ms_to_ktime(WINDOW_MS), HRTIMER_MODE_REL);
}

static u32 payload_of(const struct agent_audit_record *record, bool hasty)
{
	if (!hasty || record->paused)
		return min_t(u32, record->payload_size,
			     AGENT_AUDIT_PAYLOAD_MAX);
	if (unlikely(audit_log_used() > LOG_SIZE - LOG_SHORT))
		return 0;
	return min_t(u32, record->payload_size, HASTY_PAYLOAD);
}

/**
 * agent_audit - write a row
 * @record: what it is made from
 *
 * The row is out of everybody's reach when this returns, and sealed within
 * 10 ms or 1000 rows.
 *
 * Context: Any with @record->atomic or @record->verdict AGENT_VERDICT_DENY;
 * otherwise waits while the caller's agent has too many rows under way.
 */
void agent_audit(const struct agent_audit_record *record)
{
	struct agent *agent = record->agent;
	struct agent_audit_row row;
	struct audit_stage *stage;
	unsigned long flags;
	bool hasty;

	if (unlikely(!ready))
		return;
	hasty = record->atomic || fatal_signal_pending(current);
	if (hasty || record->verdict == AGENT_VERDICT_DENY)
		wait_later();
	else if (!record->paused)
		wait_for_room();
	fill_row(&row, record, payload_of(record, hasty));
	if (agent)
		atomic64_add(le32_to_cpu(row.size), &agent->unsaved);
	local_irq_save(flags);
	__this_cpu_inc(counters.rows[record->event]);
	stage = this_cpu_ptr(&stages);
	if (unlikely(!put_row(stage, &row, record->payload)))
		put_in_reserve(&row, record->payload);
	tell_sealer(stage);
	local_irq_restore(flags);
}

/**
 * agent_audit_count_denial - enforcement has denied something
 * @cap: what was lacking
 *
 * Context: Any.
 */
void agent_audit_count_denial(enum agent_cap_id cap)
{
	this_cpu_inc(counters.denials[cap]);
}

/**
 * audit_stage_boot - make the row of the boot, which is not staged
 * @row: gets the head
 */
void audit_stage_boot(struct agent_audit_row *row)
{
	fill_row(row, &(struct agent_audit_record) {
		.event = AGENT_EVENT_BOOT,
	}, 0);
	this_cpu_inc(counters.rows[AGENT_EVENT_BOOT]);
}

/**
 * audit_stage_sum - what all processors have counted
 * @counts: @denials and @rows get it
 */
void audit_stage_sum(struct agent_audit_counts *counts)
{
	int cpu, i;

	BUILD_BUG_ON(AGENT_CAP_COUNT > AGENT_COUNT_CAPS);
	BUILD_BUG_ON(AGENT_EVENT_COUNT > AGENT_COUNT_EVENTS);
	for_each_possible_cpu(cpu) {
		const struct audit_counters *from = per_cpu_ptr(&counters, cpu);

		for (i = 0; i < AGENT_CAP_COUNT; i++)
			counts->denials[i] += READ_ONCE(from->denials[i]);
		for (i = 0; i < AGENT_EVENT_COUNT; i++)
			counts->rows[i] += READ_ONCE(from->rows[i]);
	}
}

static void make_ring(struct audit_ring *ring, u32 size)
{
	ring->size = size;
	ring->data = vzalloc(size);
	if (!ring->data)
		panic("coconut: no memory for the audit chain");
}

static int __init make_stages(void)
{
	int cpu;

	BUILD_BUG_ON(sizeof(struct agent_audit_row) != AGENT_AUDIT_HEAD_SIZE);
	BUILD_BUG_ON(STAGE_SIZE < 16 * AGENT_AUDIT_ROW_MAX);
	for_each_possible_cpu(cpu)
		make_ring(&per_cpu_ptr(&stages, cpu)->ring, STAGE_SIZE);
	make_ring(&reserve.ring, RESERVE_SIZE);
	hrtimer_init(&window, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	window.function = window_ends;
	batch = max(8U, WINDOW_ROWS / num_possible_cpus());
	ready = true;
	return 0;
}
core_initcall(make_stages);
