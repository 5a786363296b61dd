// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: rows get their order, their number and their chain value
 *
 * The sealer, a kernel thread, takes rows from the stages of all processors in
 * the order of their time, and puts them into the log, from where they are
 * read and saved.  It looks at the clock first and at the stages then, and
 * takes no row that is younger: a row that was whole before another was begun
 * has the earlier time, and was there to be seen if that other one was.  So no
 * row stands in the chain before one that it may follow from.
 *
 * Who must not return before its row is sealed wakes the sealer and waits.
 *
 *	tail <= saved <= head		head - tail <= LOG_SIZE
 *
 * A sealed row is overwritten only after AID 1 has said that it is on disk.
 */

#include <crypto/blake3.h>
#include <linux/agent.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "chain.h"

/**
 * struct audit_log - sealed rows, and the state of the chain
 * @lock: guards the positions, and @seq and @chain together
 * @ring: the rows
 * @saved: rows before this position are on disk
 * @saved_seq: number of the last of them, 0 before the first of this boot
 * @saved_chain: its chain value
 * @seq: sequence number of the last row
 * @chain: its chain value
 * @first: sequence number of this boot's first row
 * @boot: number of this boot, 0 until the chain goes on from what is on disk
 * @sealed: rows sealed since boot, by enum agent_audit_event
 *
 * The holder of the sealer's mutex alone writes rows, from the head on, where
 * nobody reads. Positions are read without the lock by who waits.
 */
static struct audit_log {
	spinlock_t lock;	/* tail, head, saved, seq, chain */
	struct audit_ring ring;
	u64 saved;
	u64 saved_seq;
	u8 saved_chain[AGENT_DIGEST_SIZE];
	u64 seq;
	u8 chain[AGENT_DIGEST_SIZE];
	u64 first;
	u64 boot;
	u64 sealed[AGENT_EVENT_COUNT];
} audit_log = {
	.lock = __SPIN_LOCK_UNLOCKED(audit_log.lock),
};

/**
 * struct sealing - a round of the sealer's
 * @until: time of the youngest row to take
 * @pos: where the next row goes in the log
 * @seq: the last row's number
 * @chain: and its chain value
 */
struct sealing {
	u64 until;
	u64 pos;
	u64 seq;
	u8 chain[AGENT_DIGEST_SIZE];
};

/**
 * struct cursor - how far a stage has been taken from
 * @stage: the stage
 * @head: its head when the round began
 * @time: of its oldest row
 */
struct cursor {
	struct audit_stage *stage;
	u64 head;
	u64 time;
};

#define ROUND_ROWS	64	/* sealed before others see them */

static struct cursor cursors[NR_CPUS + 1];

/* A row, and before it the chain value of the one before: what is hashed. */
static struct {
	u8 chain[AGENT_DIGEST_SIZE];
	u8 row[AGENT_AUDIT_ROW_MAX];
} __aligned(8) hashed;
static DEFINE_MUTEX(seal_mutex);	/* cursors, hashed, taking from stages */
static struct task_struct *sealer_task;
static bool due;

/* Who has written a row up to this time finds it sealed. */
static u64 sealed_until;
static bool log_full;
static DECLARE_WAIT_QUEUE_HEAD(round_wait);

DECLARE_WAIT_QUEUE_HEAD(audit_sealed_wait);

/**
 * audit_sealer_wake - have rows sealed soon
 *
 * Context: Any.
 */
void audit_sealer_wake(void)
{
	/* Who finds it awake has put its row where it is yet to look. */
	smp_mb();
	if (READ_ONCE(due))
		return;
	WRITE_ONCE(due, true);
	if (sealer_task)
		wake_up_process(sealer_task);
}

/**
 * audit_log_used - how much waits to be saved
 *
 * Return: bytes of sealed rows that are not on disk.
 */
u64 audit_log_used(void)
{
	return READ_ONCE(audit_log.ring.head) - READ_ONCE(audit_log.saved);
}

static u64 time_at(const struct audit_ring *ring, u64 pos)
{
	struct agent_audit_row head;

	audit_ring_get(ring, pos, &head, sizeof(head));
	return le64_to_cpu(head.time);
}

static bool point(struct cursor *cursor, u64 until)
{
	const struct audit_ring *ring = &cursor->stage->ring;

	if (ring->tail == cursor->head)
		return false;
	cursor->time = time_at(ring, ring->tail);
	return cursor->time <= until;
}

static int add_stage(int nr, struct audit_stage *stage, u64 until)
{
	cursors[nr].stage = stage;
	/* Pairs with the release in stage.c. */
	cursors[nr].head = smp_load_acquire(&stage->ring.head);
	return point(&cursors[nr], until) ? nr + 1 : nr;
}

/* The clock first, the stages then. */
static int find_rows(struct sealing *sealing)
{
	int cpu, nr = 0;

	audit_stage_window();
	sealing->until = ktime_get_ns();
	for_each_possible_cpu(cpu)
		nr = add_stage(nr, audit_stage_of(cpu), sealing->until);
	return add_stage(nr, audit_stage_reserve(), sealing->until);
}

static struct cursor *oldest(int nr)
{
	struct cursor *found = &cursors[0];
	int i;

	for (i = 1; i < nr; i++)
		if (cursors[i].time < found->time)
			found = &cursors[i];
	return found;
}

/* Room for the next rows, where saved ones were. Return: false for none. */
static bool make_way(const struct sealing *sealing, u32 size)
{
	struct audit_ring *ring = &audit_log.ring;
	u64 until = sealing->pos + size;

	if (until - ring->tail <= LOG_SIZE)
		return true;
	if (until - READ_ONCE(audit_log.saved) > LOG_SIZE)
		return false;
	spin_lock_irq(&audit_log.lock);
	/* Some more than is needed, not to come here for each row. */
	while (ring->tail != audit_log.saved &&
	       until + SZ_64K - ring->tail > LOG_SIZE)
		ring->tail += audit_ring_row_size(ring, ring->tail);
	spin_unlock_irq(&audit_log.lock);
	return true;
}

/* What is hashed.row, but for its chain value, becomes the chain's next row. */
static void seal_row(struct sealing *sealing, u32 size)
{
	struct agent_audit_row *row = (struct agent_audit_row *)hashed.row;
	u8 *value = hashed.row + size - AGENT_DIGEST_SIZE;

	row->seq = cpu_to_le64(++sealing->seq);
	row->boot = cpu_to_le64(audit_log.boot);
	row->time = cpu_to_le64(ktime_mono_to_real(le64_to_cpu(row->time)));
	memcpy(hashed.chain, sealing->chain, AGENT_DIGEST_SIZE);
	blake3(value, &hashed, size);
	memcpy(sealing->chain, value, AGENT_DIGEST_SIZE);
	audit_ring_put(&audit_log.ring, sealing->pos, hashed.row, size);
	sealing->pos += size;
	audit_log.sealed[le16_to_cpu(row->event)]++;
}

static void take_row(struct sealing *sealing, struct audit_stage *stage)
{
	struct audit_ring *ring = &stage->ring;
	u32 size = audit_ring_row_size(ring, ring->tail);

	audit_ring_get(ring, ring->tail, hashed.row, size - AGENT_DIGEST_SIZE);
	seal_row(sealing, size);
	WRITE_ONCE(stage->taken, stage->taken + 1);
	/* Pairs with the acquire in stage.c. */
	smp_store_release(&ring->tail, ring->tail + size);
}

static void begin(struct sealing *sealing)
{
	sealing->pos = audit_log.ring.head;
	sealing->seq = audit_log.seq;
	memcpy(sealing->chain, audit_log.chain, AGENT_DIGEST_SIZE);
}

static void publish(const struct sealing *sealing)
{
	spin_lock_irq(&audit_log.lock);
	audit_log.seq = sealing->seq;
	memcpy(audit_log.chain, sealing->chain, AGENT_DIGEST_SIZE);
	WRITE_ONCE(audit_log.ring.head, sealing->pos);
	spin_unlock_irq(&audit_log.lock);
	wake_up_all(&audit_sealed_wait);
	if (wq_has_sleeper(&audit_space))
		wake_up_all(&audit_space);
}

static void end_round(const struct sealing *sealing, bool whole)
{
	WRITE_ONCE(log_full, !whole);
	if (whole)
		WRITE_ONCE(sealed_until, sealing->until);
	if (wq_has_sleeper(&round_wait))
		wake_up_all(&round_wait);
}

/* Seal all rows there are, as far as the log has room. */
static void seal_all(void)
{
	struct sealing sealing;
	int nr, done = 0;

	lockdep_assert_held(&seal_mutex);
	if (!audit_log.boot)
		return;
	begin(&sealing);
	nr = find_rows(&sealing);
	while (nr) {
		struct cursor *from = oldest(nr);
		struct audit_ring *ring = &from->stage->ring;

		if (!make_way(&sealing, audit_ring_row_size(ring, ring->tail)))
			break;
		take_row(&sealing, from->stage);
		if (!point(from, sealing.until))
			*from = cursors[--nr];
		if (++done % ROUND_ROWS == 0) {
			publish(&sealing);
			cond_resched();
		}
	}
	if (done % ROUND_ROWS)
		publish(&sealing);
	end_round(&sealing, !nr);
}

static int sealer(void *unused)
{
	/* Rows must not wait for who writes them to leave the processor. */
	sched_set_fifo_low(current);
	for (;;) {
		set_current_state(TASK_IDLE);
		if (!READ_ONCE(due))
			schedule();
		__set_current_state(TASK_RUNNING);
		WRITE_ONCE(due, false);
		/* The barrier in audit_stage_window() comes before the look. */
		mutex_lock(&seal_mutex);
		seal_all();
		mutex_unlock(&seal_mutex);
	}
	return 0;
}

/**
 * agent_audit_seal - wait until what was written so far is sealed
 *
 * For what must not have happened without its row. While the log is full of
 * rows that can't be saved it waits, but for those whom the saving waits for.
 * Before agent_audit_seed() nothing is sealed, and nothing waited for.
 *
 * Context: May sleep; ends early for a task that is being killed.
 */
void agent_audit_seal(void)
{
	u64 now = ktime_get_ns();

	if (!READ_ONCE(audit_log.boot))
		return;
	audit_sealer_wake();
	wait_event_killable(round_wait, READ_ONCE(sealed_until) >= now ||
			    (READ_ONCE(log_full) && audit_is_waited_for()));
}

/**
 * audit_settle - wait until what was written so far can be read
 *
 * As agent_audit_seal(), but while the log is full nobody waits.
 *
 * Context: May sleep.
 */
void audit_settle(void)
{
	u64 now = ktime_get_ns();

	if (!READ_ONCE(audit_log.boot))
		return;
	audit_sealer_wake();
	wait_event_killable(round_wait, READ_ONCE(sealed_until) >= now ||
			    READ_ONCE(log_full));
}

/**
 * agent_audit_head - the last sealed row
 * @seq: its sequence number, 0 when there is none
 * @head: its chain value
 */
void agent_audit_head(u64 *seq, u8 head[AGENT_DIGEST_SIZE])
{
	spin_lock_irq(&audit_log.lock);
	*seq = audit_log.seq;
	memcpy(head, audit_log.chain, AGENT_DIGEST_SIZE);
	spin_unlock_irq(&audit_log.lock);
}

/**
 * agent_audit_saved - the last row that is on disk
 * @seq: its sequence number, 0 when none of this boot's is
 * @head: its chain value
 */
void agent_audit_saved(u64 *seq, u8 head[AGENT_DIGEST_SIZE])
{
	spin_lock_irq(&audit_log.lock);
	*seq = audit_log.saved_seq;
	memcpy(head, audit_log.saved_chain, AGENT_DIGEST_SIZE);
	spin_unlock_irq(&audit_log.lock);
}

/**
 * agent_audit_boot - the number of this boot
 *
 * Return: 0 until agent_audit_seed().
 */
u64 agent_audit_boot(void)
{
	return READ_ONCE(audit_log.boot);
}

static void seal_boot(u64 boot)
{
	struct agent_audit_row *row = (struct agent_audit_row *)hashed.row;
	char *text = hashed.row + sizeof(*row);
	struct sealing sealing;
	u32 length, padded;

	begin(&sealing);
	audit_stage_boot(row);
	length = audit_boot_text(text, AGENT_AUDIT_PAYLOAD_MAX, sealing.seq,
				 sealing.chain);
	padded = ALIGN(length, 8);
	memset(text + length, 0, padded - length);
	/* When the clock began, since it stands before all rows of the boot. */
	row->time = 0;
	row->size = cpu_to_le32(sizeof(*row) + padded + AGENT_DIGEST_SIZE);
	row->payload_size = cpu_to_le32(length);
	WRITE_ONCE(audit_log.boot, boot);
	audit_log.first = sealing.seq + 1;
	seal_row(&sealing, sizeof(*row) + padded + AGENT_DIGEST_SIZE);
	publish(&sealing);
}

/**
 * agent_audit_seed - go on from the chain that is on disk
 * @seq: sequence number of its last row, 0 for a new chain
 * @head: chain value of that row, zeroes for a new chain
 * @boot: number of this boot, from 1
 *
 * Rows wait unsealed until this is called. The row of the boot is the first.
 *
 * Return: 0, -EINVAL for a boot of number 0, or -EBUSY the second time.
 */
int agent_audit_seed(u64 seq, const u8 head[AGENT_DIGEST_SIZE], u64 boot)
{
	int err = -EBUSY;

	if (!boot)
		return -EINVAL;
	mutex_lock(&seal_mutex);
	if (!audit_log.boot) {
		audit_log.seq = seq;
		memcpy(audit_log.chain, head, AGENT_DIGEST_SIZE);
		seal_boot(boot);
		seal_all();
		err = 0;
	}
	mutex_unlock(&seal_mutex);
	return err;
}

/* Rows of one agent that follow each other: who, how much, how far, to which. */
struct run {
	u64 aid;
	u64 bytes;
	u64 pos;
	u64 seq;
};

static void next_run(struct run *run, u64 seq)
{
	struct audit_ring *ring = &audit_log.ring;
	struct agent_audit_row row;
	int rows = 0;

	while (run->pos != ring->head && rows++ < ROUND_ROWS) {
		audit_ring_get(ring, run->pos, &row, sizeof(row));
		if (le64_to_cpu(row.seq) > seq ||
		    (run->bytes && le64_to_cpu(row.aid) != run->aid))
			break;
		run->aid = le64_to_cpu(row.aid);
		run->bytes += le32_to_cpu(row.size);
		run->pos += le32_to_cpu(row.size);
		run->seq = le64_to_cpu(row.seq);
	}
}

static void note_saved(const struct run *run)
{
	u8 *to = audit_log.saved_chain;

	if (!run->bytes)
		return;
	WRITE_ONCE(audit_log.saved, run->pos);
	audit_log.saved_seq = run->seq;
	audit_ring_get(&audit_log.ring, run->pos - AGENT_DIGEST_SIZE, to,
		       AGENT_DIGEST_SIZE);
}

static void discharge(const struct run *run)
{
	struct agent *agent = run->aid ? agent_get_by_aid(run->aid) : NULL;

	if (!agent)
		return;
	atomic64_sub(run->bytes, &agent->unsaved);
	agent_put(agent);
}

/**
 * agent_audit_commit - rows are on disk and may be overwritten
 * @seq: sequence number of the last of them
 *
 * Return: 0, or -EINVAL when there is no such sealed row yet.
 */
int agent_audit_commit(u64 seq)
{
	struct run run;
	bool rows;

	do {
		spin_lock_irq(&audit_log.lock);
		run = (struct run) { .pos = audit_log.saved };
		rows = seq <= audit_log.seq;
		if (rows)
			next_run(&run, seq);
		note_saved(&run);
		spin_unlock_irq(&audit_log.lock);
		discharge(&run);
	} while (run.bytes);
	if (!rows)
		return -EINVAL;
	wake_up_all(&audit_space);
	/* There may be rows that had no room in the log. */
	audit_sealer_wake();
	return 0;
}

/**
 * audit_row_pending - whether there is a sealed row to read
 * @pos: the reader's position
 *
 * Return: true if there is.
 */
bool audit_row_pending(u64 pos)
{
	return pos < READ_ONCE(audit_log.ring.head);
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
	const struct audit_ring *ring = &audit_log.ring;
	bool found;
	u32 size;

	spin_lock_irq(&audit_log.lock);
	*pos = max(*pos, ring->tail);
	found = *pos < ring->head;
	if (found) {
		size = audit_ring_row_size(ring, *pos);
		audit_ring_get(ring, *pos, row, size);
		*pos += size;
	}
	spin_unlock_irq(&audit_log.lock);
	return found;
}

/**
 * agent_audit_counts - what was counted, and where the chain is
 * @counts: gets it
 */
void agent_audit_counts(struct agent_audit_counts *counts)
{
	u64 rows = 0, sealed = 0;
	int i;

	*counts = (struct agent_audit_counts) {};
	mutex_lock(&seal_mutex);
	seal_all();
	audit_stage_sum(counts);
	counts->seq = audit_log.seq;
	counts->boot = audit_log.boot;
	counts->first_seq = audit_log.first;
	for (i = 0; i < AGENT_EVENT_COUNT; i++) {
		counts->sealed[i] = audit_log.sealed[i];
		rows += counts->rows[i];
		sealed += counts->sealed[i];
	}
	counts->unsealed = rows - sealed;
	mutex_unlock(&seal_mutex);
}

static int __init start_sealer(void)
{
	struct task_struct *task;

	audit_log.ring.size = LOG_SIZE;
	audit_log.ring.data = vzalloc(LOG_SIZE);
	if (!audit_log.ring.data)
		panic("coconut: no memory for the audit log");
	task = kthread_run(sealer, NULL, "coconut-sealer");
	if (IS_ERR(task))
		panic("coconut: no audit sealer: %ld", PTR_ERR(task));
	sealer_task = task;
	audit_sealer_wake();
	return 0;
}
core_initcall(start_sealer);
