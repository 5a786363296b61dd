// SPDX-License-Identifier: MIT
/*
 * coconutd: signatures of closed segments
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "archive.h"
#include "coconutd.h"

#define MACHINE_ID "/etc/machine-id"

/* Rows from the start of a segment on, as far as they follow. */
static size_t walk(const uint8_t *data, size_t size, struct chain_point *point)
{
	struct coconut_row row;
	size_t offset = 0, good = 0;

	while (coconut_row_next(data, size, &offset, &row) == 1 &&
	       chain_row_follows(point, &row)) {
		chain_point_take(point, &row);
		good = offset;
	}
	return good;
}

/**
 * archive_is - whether rows are those of a signature
 * @data: a segment's bytes
 * @size: how many
 * @signature: what they should be; its key is not looked at
 *
 * Return: true if so.
 */
bool archive_is(const uint8_t *data, size_t size,
		const struct coconut_signature *signature)
{
	struct chain_point point = { .seq = signature->first - 1 };

	memcpy(point.head, signature->before, sizeof(point.head));
	return size == signature->bytes && walk(data, size, &point) == size &&
	       point.seq == signature->last && point.boot == signature->boot &&
	       !memcmp(point.head, signature->head, sizeof(point.head));
}

static void read_machine(uint8_t machine[16])
{
	char text[40] = "";
	FILE *file = fopen(MACHINE_ID, "re");

	if (file && fgets(text, sizeof(text), file))
		text[strcspn(text, "\n")] = '\0';
	if (file)
		fclose(file);
	if (coconut_unhex(text, machine, 16)) {
		note(MACHINE_ID " has no number: the signature tells none");
		memset(machine, 0, 16);
	}
}

static bool is_there(const char *path)
{
	struct coconut_signature signature;

	return !coconut_signature_read(path, &signature, NULL);
}

static enum archive_end write_signature(struct archive *archive,
					struct coconut_signature *signature)
{
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];
	char text[COCONUT_SIGNATURE_TEXT_MAX];
	struct coconut_error error = { 0 };
	size_t size;
	int err;

	read_machine(signature->machine);
	memcpy(signature->key, archive->key.digest, sizeof(signature->key));
	size = coconut_signature_body(signature, text, sizeof(text));
	err = key_sign(&archive->key, text, size, signature);
	if (err) {
		note("the key does not sign: %s", coconut_strerror(err));
		return ARCHIVE_LATER;
	}
	size = coconut_signature_format(signature, text, sizeof(text));
	chain_path(path, archive->dir,
		   coconut_signature_name(signature->first, name));
	err = coconut_file_write(path, text, size, 0640, &error);
	if (err)
		note("%s", error.message);
	return err ? ARCHIVE_LATER : ARCHIVE_GOOD;
}

/**
 * archive_sign - sign what PID 1 has closed, if the file holds it
 * @archive: the segments
 * @closed: what was written
 *
 * Return: how it went.
 */
enum archive_end archive_sign(struct archive *archive,
			      const struct coconut_signature *closed)
{
	struct coconut_segment segment = { .first = closed->first,
					   .plain = true };
	struct coconut_signature signature = *closed;
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];
	struct coconut_error error;
	uint8_t *data;
	size_t size;
	bool good;

	chain_path(path, archive->dir,
		   coconut_signature_name(closed->first, name));
	if (is_there(path))
		return ARCHIVE_GOOD;
	if (coconut_segment_read(archive_path(archive, &segment, path), &data,
				 &size, &error)) {
		note("%s", error.message);
		return error.code == ENOENT ? ARCHIVE_REFUSED : ARCHIVE_LATER;
	}
	good = archive_is(data, size, closed);
	free(data);
	if (!good) {
		note("%s: not what was written; it is not signed", path);
		return ARCHIVE_REFUSED;
	}
	return write_signature(archive, &signature);
}

/* ---- after a crash --------------------------------------------------- */

static int read_rows(const struct archive *archive, size_t i, uint8_t **data,
		     size_t *size)
{
	struct coconut_error error;
	char path[CHAIN_PATH_MAX];
	int err;

	err = coconut_segment_read(archive_path(archive, &archive->segments[i],
						path),
				   data, size, &error);
	if (err)
		note("%s", error.message);
	return err;
}

/* Chain value of the last row of a segment. */
static bool end_of(const struct archive *archive, size_t i, uint8_t *head)
{
	struct coconut_row row = { 0 };
	size_t size, offset = 0;
	uint8_t *data;

	if (read_rows(archive, i, &data, &size))
		return false;
	while (coconut_row_next(data, size, &offset, &row) == 1)
		memcpy(head, row.chain, AGENT_DIGEST_SIZE);
	free(data);
	return row.seq + 1 == archive->segments[i + 1].first;
}

/* Do the rows of the next segment follow, or does at least the mark say so? */
static bool is_followed(const struct archive *archive, size_t i,
			const struct chain_point *point)
{
	struct mark mark = { .fd = -1 };
	struct chain_point at = { 0 };
	struct coconut_row row;
	size_t size, offset = 0;
	uint8_t *data;
	bool good = false;

	if (archive->segments[i + 1].first != point->seq + 1 ||
	    read_rows(archive, i + 1, &data, &size))
		return false;
	if (size)
		good = coconut_row_next(data, size, &offset, &row) == 1 &&
		       chain_row_follows(point, &row);
	else if (!mark_open(&mark, archive->state_dir) && mark_load(&mark, &at))
		good = at.seq == point->seq &&
		       !memcmp(at.head, point->head, sizeof(at.head));
	free(data);
	return good;
}

static bool know(const struct archive *archive, size_t i,
		 struct coconut_signature *signature)
{
	struct chain_point point = {
		.seq = archive->segments[i].first - 1,
	};
	size_t size;
	uint8_t *data;
	bool whole;

	if (point.seq && (!i || !end_of(archive, i - 1, point.head)))
		return false;
	memcpy(signature->before, point.head, sizeof(point.head));
	if (read_rows(archive, i, &data, &size))
		return false;
	whole = size && walk(data, size, &point) == size;
	free(data);
	signature->first = archive->segments[i].first;
	signature->last = point.seq;
	signature->bytes = size;
	signature->boot = point.boot;
	memcpy(signature->head, point.head, sizeof(point.head));
	return whole && is_followed(archive, i, &point);
}

/**
 * archive_sign_newest - sign the newest closed segment if nobody has
 * @archive: the segments
 *
 * Return: how it went.
 */
enum archive_end archive_sign_newest(struct archive *archive)
{
	struct coconut_signature signature = { 0 };
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];
	struct timespec now;
	size_t i;

	if (archive->count < 2)
		return ARCHIVE_GOOD;
	i = archive->count - 2;
	chain_path(path, archive->dir,
		   coconut_signature_name(archive->segments[i].first, name));
	if (!archive->segments[i].plain || is_there(path))
		return ARCHIVE_GOOD;
	if (!know(archive, i, &signature)) {
		note("%s: its rows do not follow from those before and to those after it; it is not signed",
		     archive_path(archive, &archive->segments[i], path));
		return ARCHIVE_GOOD;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	signature.closed =
		(uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
	return write_signature(archive, &signature);
}
