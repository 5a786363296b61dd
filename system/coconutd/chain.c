// SPDX-License-Identifier: MIT
/*
 * coconutd: rows from the kernel to the disk
 *
 * A segment is rows and nothing else, named for the first of them. Rows are
 * written as they are sealed, made durable within SYNC_MS, and only then may
 * the kernel overwrite them. When they can't be written nothing is lost: they
 * stay here and in the kernel's ring, and no agent is admitted until they can.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "coconutd.h"

#define SEGMENT_MAX (16 << 20)
#define SYNC_MS 50
#define RETRY_MS 1000

static struct source rows = { .fd = -1 };
static struct source timer = { .fd = -1 };
static int segment_fd = -1;
static uint64_t segment_size;
static uint64_t written;   /* last row in a segment */
static uint64_t committed; /* last row that is durable */
static uint64_t boot = 1;
static uint8_t pending[1 << 16];
static size_t pending_size;
static bool failing;

/* What earlier boots left, learned by reading all of it. */
struct past {
	uint64_t seq;
	uint64_t boot;
	uint64_t aid;
	uint8_t head[AGENT_DIGEST_SIZE];
};

static int is_segment(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length == 24 && !strcmp(entry->d_name + 20, ".seg");
}

static void learn_row(struct past *past, const struct coconut_row *row)
{
	past->seq = row->seq;
	past->boot = row->boot;
	if (row->aid > past->aid)
		past->aid = row->aid;
	memcpy(past->head, row->chain, AGENT_DIGEST_SIZE);
}

/* A power cut may leave part of a row at the end; it was never committed. */
static void cut_tail(const char *path, size_t size, size_t whole)
{
	if (whole == size)
		return;
	note("%s: %zu bytes of an unfinished row cut off", path, size - whole);
	if (truncate(path, whole))
		note("%s: cannot be cut: %m", path);
}

static void learn_segment(struct past *past, const char *name)
{
	char path[sizeof(CHAIN_DIR) + 32];
	struct coconut_error error;
	struct coconut_row row;
	size_t size, offset = 0;
	uint8_t *data;

	snprintf(path, sizeof(path), CHAIN_DIR "/%.24s", name);
	if (coconut_file_read(path, 2 * SEGMENT_MAX, &data, &size, &error)) {
		note("%s", error.message);
		return;
	}
	while (coconut_row_next(data, size, &offset, &row) == 1)
		learn_row(past, &row);
	cut_tail(path, size, offset);
	free(data);
}

static void learn_past(struct past *past)
{
	struct dirent **names;
	int i, count = scandir(CHAIN_DIR, &names, is_segment, alphasort);

	for (i = 0; i < count; i++) {
		learn_segment(past, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void seed_kernel(const struct past *past)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_SEED,
		.seq = past->seq,
		.buf = (uintptr_t)past->head,
		.buf_size = sizeof(past->head),
		.boot = past->boot + 1,
		.next_seq = past->aid < AGENT_AID_ROOT ? AGENT_AID_ROOT + 1 :
							 past->aid + 1,
	};
	int64_t err = coconut_audit_query(&args);

	if (err)
		note("the kernel does not take up the chain: %s",
		     coconut_strerror(err));
	written = committed = past->seq;
	boot = args.boot;
}

static bool open_segment(uint64_t first)
{
	char path[sizeof(CHAIN_DIR) + 32];

	if (segment_fd >= 0) {
		fdatasync(segment_fd);
		close(segment_fd);
	}
	snprintf(path, sizeof(path), CHAIN_DIR "/%020" PRIu64 ".seg", first);
	segment_fd =
		open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (segment_fd < 0)
		return false;
	segment_size = lseek(segment_fd, 0, SEEK_END);
	return true;
}

static void set_timer(int milliseconds)
{
	struct itimerspec when = {
		.it_value.tv_sec = milliseconds / 1000,
		.it_value.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	timerfd_settime(timer.fd, 0, &when, NULL);
}

static void fail(const char *what)
{
	if (!failing)
		note("%s the chain: %m; no agent is admitted until that works",
		     what);
	failing = true;
	set_timer(RETRY_MS);
}

/* All or nothing: a row cut short by a full disk is taken back. */
static bool write_pending(void)
{
	struct coconut_row row;
	size_t offset = 0;
	ssize_t done;

	if (segment_fd < 0 || segment_size >= SEGMENT_MAX) {
		if (!open_segment(written + 1))
			return false;
	}
	done = write(segment_fd, pending, pending_size);
	if (done != (ssize_t)pending_size) {
		if (done >= 0) {
			ftruncate(segment_fd, segment_size);
			errno = ENOSPC;
		}
		return false;
	}
	segment_size += pending_size;
	while (coconut_row_next(pending, pending_size, &offset, &row) == 1) {
		written = row.seq;
		holders_see(&row);
	}
	pending_size = 0;
	return true;
}

static void commit(void)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_COMMIT,
		.seq = written,
	};

	if (committed == written)
		return;
	if (fdatasync(segment_fd)) {
		fail("cannot sync");
		return;
	}
	if (!coconut_audit_query(&args))
		committed = written;
}

/* Return: whether there may be more. */
static bool take_rows(void)
{
	ssize_t got;

	if (!pending_size) {
		got = read(rows.fd, pending, sizeof(pending));
		if (got <= 0)
			return false;
		pending_size = got;
	}
	if (!write_pending()) {
		fail("cannot write");
		return false;
	}
	if (failing)
		note("the chain is written again");
	failing = false;
	return true;
}

static void handle_rows(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
	if (failing)
		return;
	if (take_rows()) {
		set_timer(SYNC_MS);
		control_rows_written();
	}
}

static void handle_timer(struct source *source, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	if (failing && !take_rows())
		return;
	commit();
}

/**
 * chain_open - take up the chain where earlier boots left it
 */
void chain_open(void)
{
	struct agent_audit_query_args args = { .flags = AGENT_AUDIT_FOLLOW };
	struct past past = { 0 };

	learn_past(&past);
	seed_kernel(&past);
	rows.fd = coconut_audit_query(&args);
	if (rows.fd < 0) {
		note("cannot follow the chain: %s", coconut_strerror(rows.fd));
		return;
	}
	fcntl(rows.fd, F_SETFL, O_NONBLOCK);
	timer.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	rows.handle = handle_rows;
	timer.handle = handle_timer;
	loop_add(&rows, EPOLLIN);
	loop_add(&timer, EPOLLIN);
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
		    at.chain_seq == written && tries > 1)
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
	return written;
}
