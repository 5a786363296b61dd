// SPDX-License-Identifier: MIT
/*
 * coconutd: the child that signs and compresses closed segments
 *
 * Signed is what PID 1 says that it has written, once the file holds just that;
 * after a crash, when nobody knows, the newest closed segment only, if its rows
 * follow from those before it and are followed by those after it. Compressed are
 * signed ones older than the newest of them. The plain file goes when the other
 * one is durable and has been read back.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "archive.h"
#include "coconutd.h"

static void clean(const char *dir)
{
	DIR *entries = opendir(dir);
	char path[CHAIN_PATH_MAX];
	struct dirent *entry;
	const char *ending;

	while (entries && (entry = readdir(entries))) {
		ending = entry->d_name + strspn(entry->d_name, "0123456789");
		if (ending != entry->d_name + 20 ||
		    (strncmp(ending, ".sig.", 5) != 0 &&
		     strncmp(ending, ".seg.zst.", 9) != 0))
			continue;
		note("%s: not finished; removed", entry->d_name);
		unlink(chain_path(path, dir, entry->d_name));
	}
	if (entries)
		closedir(entries);
}

char *archive_path(const struct archive *archive,
		   const struct coconut_segment *segment, char *path)
{
	char name[COCONUT_SEGMENT_NAME_MAX];

	return chain_path(path, archive->dir,
			  coconut_segment_name(segment, name));
}

/* The newest that has a signature, or the count. */
static size_t newest_signed(const struct archive *archive)
{
	size_t i;

	for (i = archive->count; i; i--) {
		if (archive->segments[i - 1].has_signature)
			return i - 1;
	}
	return archive->count;
}

/* ---- compressing ----------------------------------------------------- */

static size_t pack(const uint8_t *data, size_t size, void *to, size_t room)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t done;

	if (!ctx)
		return 0;
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, ARCHIVE_LEVEL);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	done = ZSTD_compress2(ctx, to, room, data, size);
	ZSTD_freeCCtx(ctx);
	return ZSTD_isError(done) ? 0 : done;
}

static bool unpacks_to(const uint8_t *packed, size_t packed_size,
		       const uint8_t *data, size_t size)
{
	uint8_t *rows;
	size_t rows_size;
	bool same;

	if (coconut_segment_unpack(packed, packed_size, &rows, &rows_size))
		return false;
	same = rows_size == size && !memcmp(rows, data, size);
	free(rows);
	return same;
}

static int write_packed(const char *path, const uint8_t *data, size_t size)
{
	size_t room = ZSTD_compressBound(size), packed_size;
	uint8_t *packed = malloc(room);
	int err = -EIO;

	if (!packed)
		return -ENOMEM;
	packed_size = pack(data, size, packed, room);
	if (packed_size && unpacks_to(packed, packed_size, data, size))
		err = coconut_file_write(path, packed, packed_size, 0640, NULL);
	free(packed);
	return err;
}

/* One that was there before may be half of it, as after a crash. */
static bool is_packed(const char *path, const uint8_t *data, size_t size)
{
	struct coconut_error error;
	uint8_t *packed;
	size_t packed_size;
	bool good;

	if (coconut_file_read(path, COCONUT_SEGMENT_MAX, &packed, &packed_size,
			      &error))
		return false;
	good = unpacks_to(packed, packed_size, data, size);
	free(packed);
	if (!good)
		note("%s: not the segment; made again", path);
	return good;
}

static int replace(const struct archive *archive,
		   const struct coconut_segment *segment, const uint8_t *data,
		   size_t size)
{
	struct coconut_segment packed = { .first = segment->first };
	char plain_path[CHAIN_PATH_MAX], path[CHAIN_PATH_MAX];
	int err = 0;

	archive_path(archive, segment, plain_path);
	archive_path(archive, &packed, path);
	if (!segment->packed || !is_packed(path, data, size))
		err = write_packed(path, data, size);
	if (!err)
		err = chain_sync_dir(archive->dir);
	if (!err && unlink(plain_path))
		err = -errno;
	if (!err)
		err = chain_sync_dir(archive->dir);
	if (err)
		note("%s: not compressed: %s", plain_path,
		     coconut_strerror(err));
	return err;
}

static int compress(const struct archive *archive,
		    const struct coconut_segment *segment)
{
	char path[CHAIN_PATH_MAX], name[COCONUT_SEGMENT_NAME_MAX];
	struct coconut_signature signature;
	uint8_t *data;
	size_t size;
	int err;

	chain_path(path, archive->dir,
		   coconut_signature_name(segment->first, name));
	if (coconut_signature_read(path, &signature, NULL) ||
	    coconut_file_read(archive_path(archive, segment, path),
			      COCONUT_SEGMENT_MAX, &data, &size, NULL))
		return 0;
	/* What is not what was signed stays for who comes to look at it. */
	if (!archive_is(data, size, &signature)) {
		free(data);
		return 0;
	}
	err = replace(archive, segment, data, size);
	free(data);
	return err;
}

static enum archive_end compress_all(const struct archive *archive)
{
	size_t i, newest = newest_signed(archive);

	for (i = 0; newest < archive->count && i < newest; i++) {
		const struct coconut_segment *segment = &archive->segments[i];

		if (segment->plain && segment->has_signature &&
		    compress(archive, segment))
			return ARCHIVE_LATER;
	}
	return ARCHIVE_GOOD;
}

/* ---- all of it ------------------------------------------------------- */

static int list(struct archive *archive)
{
	struct coconut_error error;
	int err;

	free(archive->segments);
	archive->segments = NULL;
	archive->count = 0;
	err = coconut_segment_list(archive->dir, &archive->segments,
				   &archive->count, &error);
	if (err)
		note("%s", error.message);
	return err;
}

/**
 * archive_run - do what is to be done with closed segments
 * @dir: the directory of segments
 * @state_dir: where the key and the mark are
 * @closed: one that was closed just now, or NULL
 *
 * Return: how it went.
 */
enum archive_end archive_run(const char *dir, const char *state_dir,
			     const struct coconut_signature *closed)
{
	struct archive archive = { .dir = dir, .state_dir = state_dir };
	enum archive_end end = ARCHIVE_LATER, packed = ARCHIVE_LATER;
	int err;

	clean(dir);
	err = key_open(&archive.key, dir, state_dir);
	if (err)
		note("no key to sign segments with: %s", coconut_strerror(err));
	else if (!list(&archive))
		end = closed ? archive_sign(&archive, closed) :
			       archive_sign_newest(&archive);
	if (!err && !list(&archive))
		packed = compress_all(&archive);
	if (!err)
		key_close(&archive.key);
	free(archive.segments);
	return end == ARCHIVE_GOOD ? packed : end;
}
