/* SPDX-License-Identifier: MIT */
/* The files of a chain, and what belongs to them. */
#ifndef COCONUT_PIECES_H
#define COCONUT_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coconut.h>

#define RANGE_FILE "range"
#define KEY_FILE "audit.pub"

/**
 * struct piece - a segment
 * @path: its file
 * @signature: the file of its signature
 * @key: the file of the public key beside it
 * @first: number of its first row by its name, 0 when that tells none
 * @closed: it must be signed
 * @part: the chain may begin with it, at the value that its signature tells
 */
struct piece {
	char *path;
	char *signature;
	char *key;
	uint64_t first;
	bool closed;
	bool part;
};

/**
 * struct pieces - a chain's segments, in order
 * @list: they
 * @count: how many
 * @from: first row that must be among them, 0 for none
 * @to: last row that must be
 */
struct pieces {
	struct piece *list;
	size_t count;
	uint64_t from;
	uint64_t to;
};

/**
 * pieces_add - add a segment, or those of a directory
 * @pieces: all of them, zeroes before the first
 * @path: file or directory; in one with a RANGE_FILE all segments are closed
 *
 * Return: an exit status, or -EACCES when the directory may not be read.
 */
int pieces_add(struct pieces *pieces, const char *path);

/**
 * pieces_find - the segment that holds a row
 * @pieces: all of them
 * @seq: the row's number
 *
 * Return: the last piece that begins at it or before it, or NULL.
 */
const struct piece *pieces_find(const struct pieces *pieces, uint64_t seq);

/**
 * pieces_clear - free what it holds
 * @pieces: all of them
 */
void pieces_clear(struct pieces *pieces);

#endif /* COCONUT_PIECES_H */
