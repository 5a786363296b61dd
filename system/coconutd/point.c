// SPDX-License-Identifier: MIT
/*
 * coconutd: a row, and what stands on disk up to it
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"

/**
 * chain_path - the path of a file in a directory
 * @path: gets it, CHAIN_PATH_MAX bytes
 * @dir: the directory
 * @name: the file
 *
 * Return: @path.
 */
char *chain_path(char *path, const char *dir, const char *name)
{
	snprintf(path, CHAIN_PATH_MAX, "%s/%s", dir, name);
	return path;
}

/**
 * chain_sync_dir - make durable what was made or removed in a directory
 * @dir: the directory
 *
 * Return: 0, or a negative errno value.
 */
int chain_sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd))
		err = -errno;
	close(fd);
	return err;
}

/**
 * chain_point_take - go on to the next row
 * @point: the row before it
 * @row: the next one
 */
void chain_point_take(struct chain_point *point, const struct coconut_row *row)
{
	point->seq = row->seq;
	point->boot = row->boot;
	if (row->aid > point->aid)
		point->aid = row->aid;
	memcpy(point->head, row->chain, sizeof(point->head));
}

/**
 * chain_row_follows - whether a row is the next one
 * @point: the row before it
 * @row: the row
 *
 * Return: true when its number and its chain value say so.
 */
bool chain_row_follows(const struct chain_point *point,
		       const struct coconut_row *row)
{
	uint8_t hashed[AGENT_DIGEST_SIZE + AGENT_AUDIT_ROW_MAX];
	uint8_t value[AGENT_DIGEST_SIZE];

	if (row->seq != point->seq + 1)
		return false;
	memcpy(hashed, point->head, AGENT_DIGEST_SIZE);
	memcpy(hashed + AGENT_DIGEST_SIZE, row->raw,
	       row->size - AGENT_DIGEST_SIZE);
	coconut_digest(hashed, row->size, value);
	return !memcmp(value, row->chain, sizeof(value));
}
