// SPDX-License-Identifier: MIT
/*
 * coconutd: up to which row the disk is told to have all
 *
 * A mark is written, and is durable, before the kernel hears that rows are, for
 * then it may overwrite them. So what follows the mark was never acknowledged,
 * and may be cut off after a crash; what it covers was, and is never touched.
 * There are two places for marks, used in turn: one that is half written leaves
 * the one before it. They are overwritten where they are, which needs no room on
 * a full disk.
 */

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "chain.h"

#define NAME "mark"
#define MAGIC "CNUTMARK"
#define PLACE 4096 /* from one place to the other, in different blocks */

/* On disk; little endian. */
struct place {
	uint8_t magic[8];
	uint64_t count;
	uint64_t seq;
	uint64_t boot;
	uint64_t aid;
	uint64_t segment;
	uint64_t bytes;
	uint8_t head[AGENT_DIGEST_SIZE];
	uint8_t before[AGENT_DIGEST_SIZE];
	uint8_t digest[AGENT_DIGEST_SIZE];
};

/**
 * chain_writable - whether a file's filesystem can be written at all
 * @fd: the file
 *
 * One that became read-only by force takes what is written by open descriptors
 * and loses it.
 *
 * Return: 0, or a negative errno value.
 */
int chain_writable(int fd)
{
	struct statvfs fs;

	if (fstatvfs(fd, &fs))
		return -errno;
	return fs.f_flag & ST_RDONLY ? -EROFS : 0;
}

/**
 * chain_sync - make a file's bytes durable
 * @fd: the file
 *
 * A filesystem that became read-only says that it has synced, and has not.
 *
 * Return: 0, or a negative errno value.
 */
int chain_sync(int fd)
{
	return fdatasync(fd) ? -errno : chain_writable(fd);
}

static int make(const char *dir, const char *path)
{
	static const uint8_t nothing[2 * PLACE];
	struct coconut_error error;
	int err;

	err = coconut_file_write(path, nothing, sizeof(nothing), 0600, &error);
	return err ? err : chain_sync_dir(dir);
}

/**
 * mark_open - open the file of marks, and make it where there is none
 * @mark: gets it; zeroes at first, its count is kept when opened again
 * @dir: its directory
 *
 * Return: 0, or a negative errno value.
 */
int mark_open(struct mark *mark, const char *dir)
{
	char path[CHAIN_PATH_MAX];
	int err = 0;

	chain_path(path, dir, NAME);
	mark->fd = open(path, O_RDWR | O_CLOEXEC);
	if (mark->fd < 0 && errno == ENOENT) {
		err = make(dir, path);
		if (!err)
			mark->fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (mark->fd < 0 && errno == EROFS)
		mark->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (err)
		return err;
	return mark->fd < 0 ? -errno : 0;
}

static void digest_of(const struct place *place, uint8_t *digest)
{
	coconut_digest(place, offsetof(struct place, digest), digest);
}

static bool load_place(int fd, int number, struct place *place)
{
	uint8_t digest[AGENT_DIGEST_SIZE];

	if (pread(fd, place, sizeof(*place), (off_t)number * PLACE) !=
		    sizeof(*place) ||
	    memcmp(place->magic, MAGIC, sizeof(place->magic)) != 0)
		return false;
	digest_of(place, digest);
	return !memcmp(digest, place->digest, sizeof(digest));
}

/**
 * mark_load - read the newest mark
 * @mark: the file
 * @ret_point: gets the row it stands at
 *
 * Return: false when there is none.
 */
bool mark_load(struct mark *mark, struct chain_point *ret_point)
{
	struct place place, best = { 0 };
	int number;

	for (number = 0; number < 2; number++) {
		if (load_place(mark->fd, number, &place) &&
		    le64toh(place.count) > le64toh(best.count))
			best = place;
	}
	mark->count = le64toh(best.count);
	if (!mark->count)
		return false;
	*ret_point = (struct chain_point){
		.seq = le64toh(best.seq),
		.boot = le64toh(best.boot),
		.aid = le64toh(best.aid),
		.segment = le64toh(best.segment),
		.bytes = le64toh(best.bytes),
	};
	memcpy(ret_point->head, best.head, sizeof(best.head));
	memcpy(ret_point->before, best.before, sizeof(best.before));
	return true;
}

/**
 * mark_store - set a mark, durably
 * @mark: the file
 * @point: the row up to which all is durable
 *
 * Return: 0, or a negative errno value.
 */
int mark_store(struct mark *mark, const struct chain_point *point)
{
	struct place place = {
		.magic = MAGIC,
		.count = htole64(mark->count + 1),
		.seq = htole64(point->seq),
		.boot = htole64(point->boot),
		.aid = htole64(point->aid),
		.segment = htole64(point->segment),
		.bytes = htole64(point->bytes),
	};
	int err = chain_writable(mark->fd);
	ssize_t done;

	if (err)
		return err;
	memcpy(place.head, point->head, sizeof(place.head));
	memcpy(place.before, point->before, sizeof(place.before));
	digest_of(&place, place.digest);
	done = pwrite(mark->fd, &place, sizeof(place),
		      (off_t)((mark->count + 1) % 2) * PLACE);
	if (done != sizeof(place))
		return done < 0 ? -errno : -EIO;
	err = chain_sync(mark->fd);
	/* Until it is durable the other place has the only one that counts. */
	if (!err)
		mark->count++;
	return err;
}
