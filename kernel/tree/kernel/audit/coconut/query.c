// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: reading sealed rows, once or as they come
 */

#include <linux/agent.h>
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "chain.h"

/**
 * struct audit_reader - an open descriptor that follows the chain
 * @filter: which rows it gives
 * @lock: guards @pos, @row and @held
 * @pos: position in the ring
 * @held: a row that did not fit into the last read waits in @row
 * @row: one row
 */
struct audit_reader {
	struct audit_filter filter;
	struct mutex lock;	/* pos, held, row */
	u64 pos;
	bool held;
	u8 row[AGENT_AUDIT_ROW_MAX] __aligned(8);
};

static bool descends(u64 subject, u64 aid)
{
	struct agent *above = agent_get_by_aid(subject);
	struct agent *below = agent_get_by_aid(aid);
	bool descends = above && below && agent_is_ancestor(above, below);

	if (above)
		agent_put(above);
	if (below)
		agent_put(below);
	return descends;
}

/* An agent that has ended is known by its spawner, which its rows tell. */
static bool is_below(u64 above, const struct agent_audit_row *row)
{
	u64 parent = le64_to_cpu(row->parent);

	return parent == above || descends(above, le64_to_cpu(row->aid)) ||
	       descends(above, parent);
}

static bool may_see(const struct audit_filter *filter,
		    const struct agent_audit_row *row)
{
	if (filter->relation == AGENT_REL_ALL ||
	    le64_to_cpu(row->aid) == filter->subject)
		return true;
	return filter->relation == AGENT_REL_DESCENDANTS &&
	       is_below(filter->subject, row);
}

static bool wanted(const struct audit_filter *filter,
		   const struct agent_audit_row *row)
{
	u64 time = le64_to_cpu(row->time);
	u64 aid = le64_to_cpu(row->aid);

	if (filter->aid && aid != filter->aid &&
	    !(filter->subtree && is_below(filter->aid, row)))
		return false;
	if (filter->verdicts && !(filter->verdicts & BIT(row->verdict)))
		return false;
	if (le64_to_cpu(row->seq) < filter->seq)
		return false;
	if (filter->events && !(filter->events & BIT(le16_to_cpu(row->event))))
		return false;
	if (filter->cap && le16_to_cpu(row->cap) != filter->cap)
		return false;
	if (time < filter->time_from ||
	    (filter->time_to && time >= filter->time_to))
		return false;
	return may_see(filter, row);
}

/* How far the subject's audit.read reaches; its own rows it may always read. */
static u32 relation_of(struct agent *subject)
{
	const struct agent_bundle *bundle;
	u32 i, relation = AGENT_REL_SELF;

	if (subject->aid == AGENT_AID_ROOT)
		return AGENT_REL_ALL;
	rcu_read_lock();
	bundle = rcu_dereference(subject->bundle);
	for (i = 0; bundle && i < bundle->nr_caps; i++) {
		if (bundle->caps[i]->spec.id == AGENT_CAP_AUDIT_READ &&
		    agent_cap_live(bundle->caps[i]))
			relation = max(relation, bundle->caps[i]->spec.relation);
	}
	rcu_read_unlock();
	return relation;
}

static void make_filter(struct audit_filter *filter,
			const struct agent_audit_query_args *query,
			struct agent *subject)
{
	*filter = (struct audit_filter) {
		.aid = query->aid == AGENT_AID_SELF ? subject->aid : query->aid,
		.subtree = query->flags & AGENT_AUDIT_SUBTREE,
		.seq = query->seq,
		.events = query->events,
		.cap = query->cap,
		.verdicts = query->verdicts,
		.time_from = query->time_from,
		.time_to = query->time_to,
		.subject = subject->aid,
		.relation = relation_of(subject),
	};
}

/* Give as many whole rows as fit; a row that doesn't is kept for later. */
static ssize_t give_rows(struct audit_reader *reader, char __user *buf,
			 size_t size)
{
	const struct agent_audit_row *row = (const void *)reader->row;
	size_t done = 0;
	u32 length;

	while (reader->held || audit_row_next(&reader->pos, reader->row)) {
		if (!reader->held && !wanted(&reader->filter, row))
			continue;
		reader->held = true;
		length = le32_to_cpu(row->size);
		if (length > size - done)
			return done ?: -ENOSPC;
		if (copy_to_user(buf + done, row, length))
			return done ?: -EFAULT;
		reader->held = false;
		done += length;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static struct audit_reader *
make_reader(const struct agent_audit_query_args *query, struct agent *subject)
{
	struct audit_reader *reader = kzalloc(sizeof(*reader),
					      GFP_KERNEL_ACCOUNT);

	if (!reader)
		return NULL;
	mutex_init(&reader->lock);
	make_filter(&reader->filter, query, subject);
	return reader;
}

/**
 * agent_audit_read - give the rows that match a query
 * @query: the query, whose @buf and @buf_size take the rows
 * @subject: who asks
 * @next_seq: the sequence number from which to go on
 *
 * Return: bytes written; -ENOSPC when not even the first row fits, -EFAULT,
 * or -ENOMEM.
 */
ssize_t agent_audit_read(const struct agent_audit_query_args *query,
			 struct agent *subject, u64 *next_seq)
{
	const struct agent_audit_row *row;
	struct audit_reader *reader = make_reader(query, subject);
	u8 chain[AGENT_DIGEST_SIZE];
	ssize_t done;
	u64 seq;

	if (!reader)
		return -ENOMEM;
	audit_settle();
	agent_audit_head(next_seq, chain);
	*next_seq += 1;
	done = give_rows(reader, u64_to_user_ptr(query->buf), query->buf_size);
	/* Rows that were sealed meanwhile have been given as well. */
	row = (const void *)reader->row;
	seq = le64_to_cpu(row->seq);
	*next_seq = reader->held ? seq : max(*next_seq, seq + 1);
	kfree(reader);
	return done;
}

static ssize_t reader_read(struct file *file, char __user *buf, size_t size,
			   loff_t *pos)
{
	struct audit_reader *reader = file->private_data;
	ssize_t done;
	int err;

	do {
		mutex_lock(&reader->lock);
		done = give_rows(reader, buf, size);
		mutex_unlock(&reader->lock);
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(audit_sealed_wait,
					       audit_row_pending(reader->pos));
	} while (!err);
	return err;
}

static __poll_t reader_poll(struct file *file, poll_table *wait)
{
	struct audit_reader *reader = file->private_data;

	poll_wait(file, &audit_sealed_wait, wait);
	if (READ_ONCE(reader->held) || audit_row_pending(reader->pos))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

static int reader_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations reader_fops = {
	.owner = THIS_MODULE,
	.read = reader_read,
	.poll = reader_poll,
	.release = reader_release,
};

/**
 * agent_audit_follow - open a descriptor that gives matching rows as they come
 * @query: the query
 * @subject: who asks; its authority is that of this moment
 *
 * Return: the descriptor, or a negative errno.
 */
int agent_audit_follow(const struct agent_audit_query_args *query,
		       struct agent *subject)
{
	struct audit_reader *reader = make_reader(query, subject);
	int fd;

	if (!reader)
		return -ENOMEM;
	fd = anon_inode_getfd("[agent-audit]", &reader_fops, reader,
			      O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		kfree(reader);
	return fd;
}
