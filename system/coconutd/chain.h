/* SPDX-License-Identifier: MIT */
/*
 * coconutd: the chain on disk. What its units share.
 *
 *	chain.c		rows from the kernel to the disk
 *	segment.c	the segment that is written
 *	mark.c		up to which row the disk is told to have all
 *	past.c		what earlier boots left, and what a crash did to it, with
 *			past_tail.c
 *	point.c		a row, and what stands on disk up to it
 *	close.c		when a segment ends, and who then sees to it
 *	archive.c	the child that signs and compresses closed segments
 *	key.c		the key that signs, with key_tpm.c
 *	rows_file.c	rows of any segment, for stream.c
 */
#ifndef COCONUTD_CHAIN_H
#define COCONUTD_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <coconut.h>

#define STATE_DIR "/var/lib/coconut/audit"
#define CHAIN_PATH_MAX 512

/**
 * struct chain_point - a row, and what stands on disk up to it
 * @seq: its number, 0 before the first
 * @boot: number of its boot
 * @aid: the highest AID of the rows up to it
 * @segment: number of the first row of its segment; 0 when that is closed
 * @bytes: length of its segment up to its end
 * @head: its chain value
 * @before: chain value of the row before the first of its segment
 */
struct chain_point {
	uint64_t seq;
	uint64_t boot;
	uint64_t aid;
	uint64_t segment;
	uint64_t bytes;
	uint8_t head[AGENT_DIGEST_SIZE];
	uint8_t before[AGENT_DIGEST_SIZE];
};

/* Path of a file in a directory; the name is cut, not the room overrun. */
char *chain_path(char *path, const char *dir, const char *name);
/* Make what was created, renamed or removed in a directory durable. */
int chain_sync_dir(const char *dir);
void chain_point_take(struct chain_point *point, const struct coconut_row *row);
/* Is a row the one after this point, by its number and its chain value? */
bool chain_row_follows(const struct chain_point *point,
		       const struct coconut_row *row);

/* ---- mark.c ---------------------------------------------------------- */

/**
 * struct mark - the file that tells up to which row all is durable
 * @fd: the file, or -1
 * @count: how many marks have been set
 */
struct mark {
	int fd;
	uint64_t count;
};

int mark_open(struct mark *mark, const char *dir);
bool mark_load(struct mark *mark, struct chain_point *ret_point);
int mark_store(struct mark *mark, const struct chain_point *point);
int chain_writable(int fd);
int chain_sync(int fd);

/* ---- past.c ---------------------------------------------------------- */

/**
 * struct past - where to go on
 * @point: the last row; @point.segment is 0 when a new segment is to begin
 * @opened: time of the open segment's first row
 */
struct past {
	struct chain_point point;
	uint64_t opened;
};

void past_learn(const char *dir, const struct chain_point *mark,
		struct past *ret_past);

/* ---- past_tail.c ----------------------------------------------------- */

/**
 * struct tail - the end of a segment, in memory
 * @dir: the directory of segments
 * @path: the segment
 * @data: its bytes
 * @size: how many
 * @offset: where its last good row ends
 */
struct tail {
	const char *dir;
	const char *path;
	uint8_t *data;
	size_t size;
	size_t offset;
};

bool tail_end(const struct tail *tail, const struct chain_point *point,
	      bool half);
void tail_clear(const char *dir, uint64_t first);

/* ---- segment.c ------------------------------------------------------- */

/**
 * struct segment - the segment that is written
 * @dir: its directory
 * @fd: its file, or -1
 * @point: the last row in it
 * @opened: time of its first row
 */
struct segment {
	const char *dir;
	int fd;
	struct chain_point point;
	uint64_t opened;
};

int segment_open(struct segment *segment);
int segment_write(struct segment *segment, const void *data, size_t size);
void segment_end(struct segment *segment, struct coconut_signature *ret_closed);
void segment_shut(struct segment *segment);
uint64_t segment_age(const struct segment *segment);

/* ---- close.c --------------------------------------------------------- */

/* A segment is closed when it has so many bytes. */
uint64_t close_bytes(void);
void close_init(void);
void close_done(const struct coconut_signature *closed);

/* ---- archive.c ------------------------------------------------------- */

enum archive_end {
	ARCHIVE_GOOD = 0,
	ARCHIVE_LATER = 1,   /* something failed that may work another time */
	ARCHIVE_REFUSED = 2, /* the segment is not what was written */
};

enum archive_end archive_run(const char *dir, const char *state_dir,
			     const struct coconut_signature *closed);

/* ---- key.c, key_tpm.c ------------------------------------------------ */

/**
 * struct key - the key that signs
 * @soft: where it is in memory, or NULL
 * @tpm_fd: the TPM in which it is, or -1
 * @tpm_handle: its handle there
 * @digest: SHA-256 of its SubjectPublicKeyInfo
 */
struct key {
	void *soft;
	int tpm_fd;
	uint32_t tpm_handle;
	uint8_t digest[32];
};

/* A point of P-256, as a TPM tells it. */
struct key_point {
	uint8_t x[32];
	uint8_t y[32];
};

int key_open(struct key *key, const char *dir, const char *state_dir);
int key_sign(const struct key *key, const void *data, size_t size,
	     struct coconut_signature *signature);
void key_close(struct key *key);

bool key_tpm_is_there(void);
int key_tpm_open(const char *path, int *ret_fd, uint32_t *ret_handle,
		 struct key_point *ret_point);
int key_tpm_sign(int fd, uint32_t handle, const uint8_t digest[32],
		 struct key_point *ret_pair);

/* ---- rows_file.c ----------------------------------------------------- */

struct rows_file;

struct rows_file *rows_file_open(const char *dir, uint64_t first);
ssize_t rows_file_read(struct rows_file *file, void *data, size_t size);
void rows_file_close(struct rows_file *file);

#endif /* COCONUTD_CHAIN_H */
