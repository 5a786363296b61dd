// SPDX-License-Identifier: MIT
/*
 * coconutd: rows from the kernel to the disk
 *
 * Rows are written as they are sealed. SYNC_MS after the first that is not
 * durable yet all are made so, then the mark is, and only then is the kernel
 * told, which may overwrite them in its ring: so a denial is on disk within
 * 100 ms, whatever else is written, where the disk syncs twice in 50 ms.
 *
 * When something fails nothing is lost: what was not told stays in the ring, no
 * agent is admitted, and each RETRY_MS all of it is read and written again from
 * the last row that was told. A file of which a sync failed is not believed to
 * hold what was written since.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

#define SYNC_MS 50
#define RETRY_MS 1000

static struct source rows = { .fd = -1 };
static struct source timer = { .fd = -1 };
static struct mark mark = { .fd = -1 };
static struct segment segment = { .dir = CHAIN_DIR, .fd = -1 };
static struct chain_point committed; /* the last row the kernel was told of */
static uint64_t seen;                /* the last row that others were told of */
static uint64_t boot = 1;
static uint8_t pending[1 << 16];
static bool failing;
static bool waiting; /* for the timer */

static void set_timer(int milliseconds)
{
	struct itimerspec when = {
		.it_value.tv_sec = milliseconds / 1000,
		.it_value.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	timerfd_settime(timer.fd, 0, &when, NULL);
	waiting = true;
}

static bool fail(const char *what, int err)
{
	if (!failing)
		note("cannot %s the chain: %s; no agent is admitted until that works",
		     what, coconut_strerror(err));
	failing = true;
	set_timer(RETRY_MS);
	return false;
}

static void tell_others(const void *data, size_t size)
{
	struct coconut_row row;
	size_t offset = 0;

	while (coconut_row_next(data, size, &offset, &row) == 1) {
		if (row.seq > seen) {
			seen = row.seq;
			holders_see(&row);
		}
	}
}

static bool commit(void)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_COMMIT,
		.seq = segment.point.seq,
	};
	int64_t err;

	if (committed.seq == segment.point.seq)
		return true;
	err = chain_sync(segment.fd);
	if (!err)
		err = mark_store(&mark, &segment.point);
	if (err)
		return fail("sync", (int)err);
	err = coconut_audit_query(&args);
	if (err)
		return fail("acknowledge", (int)err);
	committed = segment.point;
	return true;
}

/* Return: whether there may be more. */
static bool take_rows(void)
{
	ssize_t got;
	int err;

	if (segment.point.bytes >= close_bytes() && chain_close(NULL))
		return false;
	got = read(rows.fd, pending, sizeof(pending));
	if (got <= 0)
		return false;
	err = segment_write(&segment, pending, (size_t)got);
	if (err) {
		commit();
		return fail("write", err);
	}
	tell_others(pending, (size_t)got);
	return true;
}

static int follow(void)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_FOLLOW,
		.seq = committed.seq + 1,
	};
	int64_t fd = coconut_audit_query(&args);

	if (fd < 0)
		return (int)fd;
	fcntl((int)fd, F_SETFL, O_NONBLOCK);
	rows.fd = (int)fd;
	loop_add(&rows, EPOLLIN);
	return 0;
}

/* Begin again behind the last row that the kernel was told of. */
static bool rewind_rows(void)
{
	int err = mark_open(&mark, STATE_DIR);

	if (rows.fd >= 0) {
		loop_remove(&rows);
		close(rows.fd);
		rows.fd = -1;
	}
	segment_shut(&segment);
	segment.point = committed;
	if (!err)
		err = follow();
	if (!err)
		err = segment_open(&segment);
	return err ? fail("write", err) : true;
}

static void recover(void)
{
	if (!rewind_rows())
		return;
	failing = false;
	while (take_rows())
		;
	if (failing || !commit())
		return;
	note("the chain is written again");
	control_rows_written();
}

static void handle_rows(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	if (failing || !take_rows())
		return;
	if (!waiting)
		set_timer(SYNC_MS);
	control_rows_written();
}

static void handle_timer(struct source *source, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	waiting = false;
	if (failing)
		recover();
	else
		commit();
}

/* ---- for others ------------------------------------------------------ */

static void seed_kernel(void)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_SEED,
		.seq = segment.point.seq,
		.buf = (uintptr_t)segment.point.head,
		.buf_size = sizeof(segment.point.head),
		.boot = segment.point.boot + 1,
		.next_seq = segment.point.aid < AGENT_AID_ROOT ?
				    AGENT_AID_ROOT + 1 :
				    segment.point.aid + 1,
	};
	int64_t err = coconut_audit_query(&args);

	if (err)
		note("the kernel does not take up the chain: %s",
		     coconut_strerror((int)err));
	boot = args.boot;
}

/**
 * chain_open - take up the chain where earlier boots left it
 */
void chain_open(void)
{
	struct chain_point last;
	struct past past;
	int err = mark_open(&mark, STATE_DIR);
	bool marked = mark.fd >= 0 && mark_load(&mark, &last);

	past_learn(CHAIN_DIR, marked ? &last : NULL, &past);
	segment.point = committed = past.point;
	segment.opened = past.opened;
	seen = segment.point.seq;
	seed_kernel();
	timer.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	rows.handle = handle_rows;
	timer.handle = handle_timer;
	loop_add(&timer, EPOLLIN);
	if (!err)
		err = follow();
	if (err)
		fail("follow", err);
	close_init();
}

/**
 * chain_close - end the segment that is written; the next row begins another
 * @ret_closed: gets what is to be signed of it; may be NULL
 *
 * Return: 0, -ENODATA when there is none, or what it fails with.
 */
int chain_close(struct coconut_signature *ret_closed)
{
	struct coconut_signature closed;

	if (!segment.point.bytes)
		return -ENODATA;
	if (failing || !commit())
		return -EIO;
	segment_end(&segment, &closed);
	committed = segment.point;
	close_done(&closed);
	if (ret_closed)
		*ret_closed = closed;
	return 0;
}

uint64_t chain_age(void)
{
	return segment_age(&segment);
}

/**
 * chain_drain - put on disk what has been sealed so far
 */
void chain_drain(void)
{
	struct agent_attestation at = { 0 };
	struct agent_attest_args args = {
		.aid = AGENT_AID_SELF,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};
	int tries;

	/* The sealer may be a moment behind those who wrote rows last. */
	for (tries = 0; tries < 20; tries++) {
		while (take_rows())
			;
		if (coconut_agent_attest(&args) > 0 &&
		    at.chain_seq == segment.point.seq && tries > 1)
			break;
		usleep(5000);
	}
	commit();
	control_rows_written();
}

bool chain_can_record(void)
{
	return rows.fd >= 0 && !failing;
}

uint64_t chain_boot(void)
{
	return boot;
}

uint64_t chain_written(void)
{
	return segment.point.seq;
}
