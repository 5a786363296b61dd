// SPDX-License-Identifier: MIT
/*
 * coconutd: the segment that is written
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

/**
 * segment_shut - let go of the file; the segment may be written on later
 * @segment: the segment
 */
void segment_shut(struct segment *segment)
{
	if (segment->fd >= 0)
		close(segment->fd);
	segment->fd = -1;
}

/* The name is durable before any row in it is said to be. */
static int make(struct segment *segment, const char *path)
{
	struct chain_point *point = &segment->point;
	int err;

	tail_clear(segment->dir, point->seq + 1);
	segment->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (segment->fd < 0)
		return -errno;
	err = chain_sync_dir(segment->dir);
	if (err) {
		segment_shut(segment);
		unlink(path);
		return err;
	}
	point->segment = point->seq + 1;
	point->bytes = 0;
	memcpy(point->before, point->head, sizeof(point->head));
	return 0;
}

/* What stands behind the last row, if anything, is of none. */
static int reopen(struct segment *segment, const char *path)
{
	int err;

	segment->fd = open(path, O_WRONLY | O_CLOEXEC);
	if (segment->fd < 0)
		return -errno;
	if (!ftruncate(segment->fd, (off_t)segment->point.bytes))
		return 0;
	err = -errno;
	segment_shut(segment);
	return err;
}

/**
 * segment_open - open the file of a segment, or begin another segment
 * @segment: the segment; one that is open already is left alone
 *
 * Return: 0, or a negative errno value.
 */
int segment_open(struct segment *segment)
{
	struct coconut_segment file = { .first = segment->point.segment,
					.plain = true };
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];

	if (segment->fd >= 0)
		return 0;
	if (!segment->point.segment)
		file.first = segment->point.seq + 1;
	chain_path(path, segment->dir, coconut_segment_name(&file, name));
	return segment->point.segment ? reopen(segment, path) :
					make(segment, path);
}

static void take(struct segment *segment, const void *data, size_t size)
{
	struct coconut_row row;
	size_t offset = 0;

	while (coconut_row_next(data, size, &offset, &row) == 1) {
		if (!segment->point.bytes)
			segment->opened = row.time;
		chain_point_take(&segment->point, &row);
		segment->point.bytes += row.size;
	}
}

/**
 * segment_write - write rows, all or nothing
 * @segment: the segment
 * @data: whole rows
 * @size: how many bytes
 *
 * Return: 0, or a negative errno value.
 */
int segment_write(struct segment *segment, const void *data, size_t size)
{
	off_t end;
	ssize_t done;
	int err = segment_open(segment);

	if (!err)
		err = chain_writable(segment->fd);
	if (err)
		return err;
	end = (off_t)segment->point.bytes;
	done = pwrite(segment->fd, data, size, end);
	if (done != (ssize_t)size) {
		err = done < 0 ? -errno : -ENOSPC;
		/* Of a file that can't be cut nothing is believed. */
		if (ftruncate(segment->fd, end))
			segment_shut(segment);
		return err;
	}
	take(segment, data, size);
	return 0;
}

/**
 * segment_end - close a segment; the next row begins another
 * @segment: the segment, all of whose rows are durable
 * @ret_closed: gets what is to be signed of it
 */
void segment_end(struct segment *segment, struct coconut_signature *ret_closed)
{
	struct chain_point *point = &segment->point;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret_closed = (struct coconut_signature){
		.first = point->segment,
		.last = point->seq,
		.bytes = point->bytes,
		.boot = point->boot,
		.closed = (uint64_t)now.tv_sec * NS_PER_SECOND +
			  (uint64_t)now.tv_nsec,
	};
	memcpy(ret_closed->before, point->before, sizeof(point->before));
	memcpy(ret_closed->head, point->head, sizeof(point->head));
	segment_shut(segment);
	point->segment = 0;
	point->bytes = 0;
}

/**
 * segment_age - how long a segment has been open
 * @segment: the segment
 *
 * Return: seconds since its first row; 0 when it has none.
 */
uint64_t segment_age(const struct segment *segment)
{
	uint64_t then = segment->opened / NS_PER_SECOND;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!segment->point.segment || !segment->point.bytes ||
	    (uint64_t)now.tv_sec < then)
		return 0;
	return (uint64_t)now.tv_sec - then;
}
