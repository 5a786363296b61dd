// SPDX-License-Identifier: MIT
/*
 * coconutd: what is behind the last good row of a segment
 *
 * Half a row is cut off. What is no row of the chain is kept in another file,
 * for a person to look at, before it is gone from this one.
 */

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

#define ROW_KNOWN 16 /* bytes of a row that tell its number */

/* Return: 0, or a negative errno value. */
static int cut(const char *path, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0 || ftruncate(fd, (off_t)size) || fsync(fd))
		err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* A name that is not taken, for rows that can't be believed. */
static bool name_aside(const char *dir, uint64_t seq, char *path)
{
	char name[64];
	unsigned int i;

	for (i = 1; i < 100; i++) {
		snprintf(name, sizeof(name),
			 i == 1 ? "%020" PRIu64 ".bad" :
				  "%020" PRIu64 "-%u.bad",
			 seq, i);
		if (access(chain_path(path, dir, name), F_OK))
			return errno == ENOENT;
	}
	return false;
}

/* They are in the other file, durably, before they are gone from this one. */
static bool move_aside(const struct tail *tail, uint64_t seq)
{
	size_t size = tail->size - tail->offset;
	struct coconut_error error = { .message = "no name is left" };
	char aside[CHAIN_PATH_MAX];

	if (!name_aside(tail->dir, seq, aside) ||
	    coconut_file_write(aside, tail->data + tail->offset, size, 0640,
			       &error) ||
	    cut(tail->path, tail->offset)) {
		note("%s: from byte %zu on there are no rows, and they cannot be moved aside (%s); the chain goes on in a new segment",
		     tail->path, tail->offset, error.message);
		return false;
	}
	note("%s: row %" PRIu64
	     " and what follows it, %zu bytes, are no rows of this chain and were never acknowledged: moved to %s",
	     tail->path, seq, size, aside);
	return true;
}

/* Is it the start of the row that would come next? */
static bool is_half_row(const struct chain_point *point, const uint8_t *data,
			size_t size)
{
	struct agent_audit_row head = { 0 };

	if (size < ROW_KNOWN)
		return true;
	memcpy(&head, data, size < sizeof(head) ? size : sizeof(head));
	return le64toh(head.seq) == point->seq + 1 &&
	       le16toh(head.version) == AGENT_AUDIT_VERSION;
}

/**
 * tail_end - end a segment behind its last good row
 * @tail: the segment
 * @point: that row
 * @half: the file ends within what may be the next one
 *
 * Return: false when that can't be done and the segment can't go on.
 */
bool tail_end(const struct tail *tail, const struct chain_point *point,
	      bool half)
{
	size_t size = tail->size - tail->offset;
	int err;

	if (!size)
		return true;
	if (!half || !is_half_row(point, tail->data + tail->offset, size))
		return move_aside(tail, point->seq + 1);
	note("%s: %zu bytes of an unfinished row cut off", tail->path, size);
	err = cut(tail->path, tail->offset);
	/* What is written next is written over it. */
	if (err)
		note("%s: cannot be cut: %s", tail->path,
		     coconut_strerror(err));
	return true;
}

/**
 * tail_clear - make way for a new segment
 * @dir: the directory of segments
 * @first: number of its first row
 *
 * Files of that name are another chain's, or of rows that are not believed.
 */
void tail_clear(const char *dir, uint64_t first)
{
	static const char *const endings[] = { "seg", "seg.zst", "sig" };
	char path[CHAIN_PATH_MAX], aside[CHAIN_PATH_MAX], name[64];
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(name, sizeof(name), "%020" PRIu64 ".%s", first,
			 endings[i]);
		if (access(chain_path(path, dir, name), F_OK) ||
		    !name_aside(dir, first, aside))
			continue;
		note("%s is in the way of the chain: moved to %s", path, aside);
		if (rename(path, aside))
			note("%s: %m", path);
	}
}
