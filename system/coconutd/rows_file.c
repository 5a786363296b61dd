// SPDX-License-Identifier: MIT
/*
 * coconutd: rows of any segment, a piece at a time
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "chain.h"

#define PIECE 16384
#define WINDOW_LOG_MAX 23 /* 8 MiB of memory for each reader at most */

/**
 * struct rows_file - a segment that is read
 * @fd: the file
 * @unpack: undoes its compression, or NULL
 * @input: bytes read and not yet unpacked, in @data
 * @data: room for them
 */
struct rows_file {
	int fd;
	ZSTD_DStream *unpack;
	ZSTD_inBuffer input;
	uint8_t data[PIECE];
};

static int open_file(const char *dir, uint64_t first, bool plain)
{
	struct coconut_segment segment = { .first = first, .plain = plain };
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];

	coconut_segment_name(&segment, name);
	return open(chain_path(path, dir, name), O_RDONLY | O_CLOEXEC);
}

/**
 * rows_file_open - begin to read a segment
 * @dir: its directory
 * @first: number of its first row
 *
 * Return: the segment, for rows_file_close(), or NULL.
 */
struct rows_file *rows_file_open(const char *dir, uint64_t first)
{
	struct rows_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->input.src = file->data;
	file->fd = open_file(dir, first, true);
	if (file->fd >= 0)
		return file;
	file->fd = open_file(dir, first, false);
	file->unpack = ZSTD_createDStream();
	if (file->fd < 0 || !file->unpack) {
		rows_file_close(file);
		return NULL;
	}
	ZSTD_DCtx_setParameter(file->unpack, ZSTD_d_windowLogMax,
			       WINDOW_LOG_MAX);
	return file;
}

static ssize_t read_packed(struct rows_file *file, void *data, size_t size)
{
	ZSTD_outBuffer output = { .dst = data, .size = size };
	ssize_t got = 1;

	while (!output.pos && got > 0) {
		if (file->input.pos == file->input.size) {
			got = read(file->fd, file->data, sizeof(file->data));
			file->input.pos = 0;
			file->input.size = got > 0 ? (size_t)got : 0;
		}
		if (ZSTD_isError(ZSTD_decompressStream(file->unpack, &output,
						       &file->input))) {
			errno = EBADMSG;
			return -1;
		}
	}
	return got < 0 ? got : (ssize_t)output.pos;
}

/**
 * rows_file_read - read some more of a segment
 * @file: the segment
 * @data: gets the bytes
 * @size: how many at most
 *
 * Return: how many; 0 at the end, -1 on failure, as read().
 */
ssize_t rows_file_read(struct rows_file *file, void *data, size_t size)
{
	return file->unpack ? read_packed(file, data, size) :
			      read(file->fd, data, size);
}

/**
 * rows_file_close - end reading a segment
 * @file: the segment, or NULL
 */
void rows_file_close(struct rows_file *file)
{
	if (!file)
		return;
	ZSTD_freeDStream(file->unpack);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}
