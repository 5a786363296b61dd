// SPDX-License-Identifier: MIT
/*
 * coconutd: what earlier boots left, and what a crash did to it
 *
 * Read is what follows the last mark, and the open segment before it; without a
 * mark, what follows the newest signature, and the rest only for its AIDs. What
 * a mark covers was acknowledged to the kernel: it stays as it is, damaged or
 * not, and the chain goes on behind it, so that verify names the damage. What
 * follows it was not: half a row is cut off, and what is no row is moved aside.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

/**
 * struct reading - the past being learned
 * @dir: the directory of segments
 * @segments: what is in it
 * @count: how many
 * @past: what is known so far
 */
struct reading {
	const char *dir;
	struct coconut_segment *segments;
	size_t count;
	struct past *past;
};

static const struct coconut_segment *find(const struct reading *reading,
					  uint64_t first)
{
	size_t i;

	for (i = 0; i < reading->count; i++) {
		if (reading->segments[i].first == first)
			return &reading->segments[i];
	}
	return NULL;
}

static char *path_of(const struct reading *reading,
		     const struct coconut_segment *segment, char *path)
{
	char name[COCONUT_SEGMENT_NAME_MAX];

	return chain_path(path, reading->dir,
			  coconut_segment_name(segment, name));
}

/* A signature that is none was being written; one that is ends a segment. */
static bool is_closed(const struct reading *reading,
		      const struct coconut_segment *segment)
{
	struct coconut_signature signature;
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];

	if (!segment->plain)
		return true;
	if (!segment->has_signature)
		return false;
	chain_path(path, reading->dir,
		   coconut_signature_name(segment->first, name));
	if (coconut_signature_read(path, &signature, NULL) != -EBADMSG)
		return true;
	note("%s: half a signature, removed; the segment goes on", path);
	return unlink(path) || chain_sync_dir(reading->dir);
}

/* Take the rows that follow; returns what ended them. */
static int take_rows(struct past *past, struct tail *tail)
{
	struct coconut_row row;
	size_t next = tail->offset;
	int found;

	while ((found = coconut_row_next(tail->data, tail->size, &next,
					 &row)) == 1 &&
	       chain_row_follows(&past->point, &row)) {
		if (!tail->offset)
			past->opened = row.time;
		chain_point_take(&past->point, &row);
		tail->offset = next;
	}
	past->point.bytes = tail->offset;
	return found;
}

/* Rows came behind it, so it was acknowledged: nothing of it is touched. */
static bool is_last(const struct reading *reading,
		    const struct coconut_segment *segment)
{
	return segment == &reading->segments[reading->count - 1];
}

/* Return: whether the segment may go on. */
static bool read_tail(struct reading *reading,
		      const struct coconut_segment *segment, size_t offset)
{
	struct chain_point *point = &reading->past->point;
	bool closed = is_closed(reading, segment), good = true;
	char path[CHAIN_PATH_MAX];
	struct tail tail = { .dir = reading->dir, .path = path };
	struct coconut_error error;
	int found;

	tail.offset = offset;
	if (coconut_segment_read(path_of(reading, segment, path), &tail.data,
				 &tail.size, &error)) {
		note("%s", error.message);
		return false;
	}
	point->segment = segment->first;
	if (!offset)
		memcpy(point->before, point->head, sizeof(point->head));
	found = take_rows(reading->past, &tail);
	if (!closed && is_last(reading, segment))
		good = tail_end(&tail, point, found == -EAGAIN);
	else if (tail.offset != tail.size)
		note("%s: no rows of this chain from byte %zu on; left as it is",
		     path, tail.offset);
	free(tail.data);
	return good && !closed;
}

/* Behind damage the chain is taken up where the newest segment begins. */
static const struct coconut_segment *skip_damage(struct reading *reading,
						 size_t *ret_offset)
{
	const struct coconut_segment *last;
	char path[CHAIN_PATH_MAX];
	struct coconut_row row;
	uint8_t *data;
	size_t size;

	if (!reading->count)
		return NULL;
	last = &reading->segments[reading->count - 1];
	if (last->first <= reading->past->point.seq + 1 ||
	    coconut_segment_read(path_of(reading, last, path), &data, &size,
				 NULL))
		return NULL;
	*ret_offset = 0;
	if (coconut_row_next(data, size, ret_offset, &row) != 1 ||
	    row.seq != last->first) {
		free(data);
		return NULL;
	}
	note("rows between row %" PRIu64 " and row %" PRIu64
	     " are missing or damaged, though rows follow: verify names them",
	     reading->past->point.seq, row.seq);
	chain_point_take(&reading->past->point, &row);
	free(data);
	return last;
}

/* A segment, and all that follow it. */
static void read_on(struct reading *reading,
		    const struct coconut_segment *segment, size_t offset)
{
	struct chain_point *point = &reading->past->point;
	bool open = false, skipped = false;

	do {
		if (!segment) {
			segment = skip_damage(reading, &offset);
			skipped = segment != NULL;
		}
		if (!segment)
			break;
		open = read_tail(reading, segment, offset);
		offset = 0;
		segment = is_last(reading, segment) ?
				  NULL :
				  find(reading, point->seq + 1);
	} while (!skipped);
	/* What comes before a segment is signed with it, and has to be known. */
	if (!open || skipped)
		point->segment = 0;
}

/* What was acknowledged of the open segment: told if it is not as it was. */
static bool check_acknowledged(const struct reading *reading, const char *path,
			       const uint8_t *data)
{
	const struct chain_point *mark = &reading->past->point;
	struct chain_point at = { .seq = mark->segment - 1 };
	struct coconut_row row;
	size_t offset = 0;

	memcpy(at.head, mark->before, sizeof(at.head));
	while (coconut_row_next(data, mark->bytes, &offset, &row) == 1 &&
	       chain_row_follows(&at, &row)) {
		if (row.seq == mark->segment)
			reading->past->opened = row.time;
		chain_point_take(&at, &row);
	}
	if (at.seq == mark->seq &&
	    !memcmp(at.head, mark->head, sizeof(at.head)))
		return true;
	note("%s: damaged behind row %" PRIu64
	     ", which was on disk: left as it is, and the chain goes on in a new segment",
	     path, at.seq);
	return false;
}

enum acknowledged {
	WHOLE,
	DAMAGED,
	SHORT
};

/* Is what the mark covers there? */
static enum acknowledged check_open(struct reading *reading,
				    const struct coconut_segment *segment)
{
	const struct chain_point *mark = &reading->past->point;
	enum acknowledged found = WHOLE;
	struct coconut_error error;
	char path[CHAIN_PATH_MAX];
	uint8_t *data;
	size_t size;

	path_of(reading, segment, path);
	if (coconut_segment_read(path, &data, &size, &error)) {
		note("%s", error.message);
		return SHORT;
	}
	if (size < mark->bytes) {
		found = SHORT;
		note("%s: %zu bytes where %" PRIu64
		     " were on disk: rows up to %" PRIu64
		     " are gone; the chain goes on in a new segment",
		     path, size, mark->bytes, mark->seq);
	} else if (!check_acknowledged(reading, path, data)) {
		found = DAMAGED;
	}
	free(data);
	return found;
}

static void from_mark(struct reading *reading, const struct chain_point *mark)
{
	const struct coconut_segment *segment = find(reading, mark->segment);
	struct chain_point *point = &reading->past->point;
	enum acknowledged found = SHORT;

	*point = *mark;
	if (segment)
		found = check_open(reading, segment);
	else if (mark->segment)
		note("the segment of row %" PRIu64
		     ", the last that was on disk, is not there; the chain goes on behind it",
		     mark->seq);
	point->segment = 0;
	if (found == SHORT)
		read_on(reading, find(reading, mark->seq + 1), 0);
	else
		read_on(reading, segment, mark->bytes);
	if (found == DAMAGED && point->segment == mark->segment)
		point->segment = 0;
}

/* The newest segment whose signature can be read; its end is a start. */
static size_t newest_signed(const struct reading *reading,
			    struct coconut_signature *signature)
{
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];
	size_t i;

	for (i = reading->count; i; i--) {
		if (!reading->segments[i - 1].has_signature)
			continue;
		chain_path(path, reading->dir,
			   coconut_signature_name(
				   reading->segments[i - 1].first, name));
		if (!coconut_signature_read(path, signature, NULL))
			break;
	}
	return i;
}

static void learn_aids(const struct reading *reading, size_t count)
{
	char path[CHAIN_PATH_MAX];
	struct coconut_row row;
	struct coconut_error error;
	uint8_t *data;
	size_t i, size, offset;

	for (i = 0; i < count; i++) {
		if (coconut_segment_read(path_of(reading, &reading->segments[i],
						 path),
					 &data, &size, &error)) {
			note("%s", error.message);
			continue;
		}
		offset = 0;
		while (coconut_row_next(data, size, &offset, &row) == 1) {
			if (row.aid > reading->past->point.aid)
				reading->past->point.aid = row.aid;
		}
		free(data);
	}
}

static void from_signature(struct reading *reading)
{
	struct coconut_signature signature = { 0 };
	struct chain_point *point = &reading->past->point;
	size_t closed = newest_signed(reading, &signature);

	learn_aids(reading, closed);
	point->seq = signature.last;
	point->boot = signature.boot;
	memcpy(point->head, signature.head, sizeof(point->head));
	read_on(reading, find(reading, point->seq + 1), 0);
}

/**
 * past_learn - where the chain goes on
 * @dir: the directory of segments
 * @mark: the last row that was acknowledged, or NULL when that is not known
 * @ret_past: gets it
 */
void past_learn(const char *dir, const struct chain_point *mark,
		struct past *ret_past)
{
	struct reading reading = { .dir = dir, .past = ret_past };
	struct coconut_error error;

	*ret_past = (struct past){ 0 };
	if (coconut_segment_list(dir, &reading.segments, &reading.count,
				 &error))
		note("%s", error.message);
	if (mark)
		from_mark(&reading, mark);
	else
		from_signature(&reading);
	free(reading.segments);
}
