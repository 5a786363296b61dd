/* SPDX-License-Identifier: MIT */
/* Segments: files of rows, as they are written or compressed. */
#include <dirent.h>
#include <inttypes.h>
#include <zstd.h>

#include "internal.h"

#define DIGITS 20 /* of a segment's name */

/* Return: what follows the number in a segment's name, or NULL. */
static const char *parse_name(const char *name, uint64_t *ret_first)
{
	char digits[DIGITS + 1];

	if (strspn(name, "0123456789") != DIGITS)
		return NULL;
	memcpy(digits, name, DIGITS);
	digits[DIGITS] = '\0';
	errno = 0;
	*ret_first = strtoull(digits, NULL, 10);
	return errno || !*ret_first ? NULL : name + DIGITS;
}

/**
 * struct list - segments being found
 * @segments: those found so far, and files that belong to one
 * @count: how many
 * @room: how many fit
 */
struct list {
	struct coconut_segment *segments;
	size_t count;
	size_t room;
};

static int add(struct list *list, const struct coconut_segment *segment)
{
	struct coconut_segment *grown;

	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		grown = reallocarray(list->segments, list->room,
				     sizeof(*segment));
		if (!grown)
			return -ENOMEM;
		list->segments = grown;
	}
	list->segments[list->count++] = *segment;
	return 0;
}

static int add_name(struct list *list, const char *name)
{
	struct coconut_segment segment = { 0 };
	const char *ending = parse_name(name, &segment.first);

	if (!ending)
		return 0;
	segment.plain = !strcmp(ending, ".seg");
	segment.packed = !strcmp(ending, ".seg.zst");
	segment.has_signature = !strcmp(ending, ".sig");
	if (!segment.plain && !segment.packed && !segment.has_signature)
		return 0;
	return add(list, &segment);
}

static int compare(const void *left, const void *right)
{
	const struct coconut_segment *a = left, *b = right;

	return (a->first > b->first) - (a->first < b->first);
}

/* One for all files of the same number; a signature alone is none. */
static void merge(struct list *list)
{
	struct coconut_segment *segments = list->segments;
	size_t from, to = 0;

	if (list->count)
		qsort(segments, list->count, sizeof(*segments), compare);
	for (from = 0; from < list->count;) {
		struct coconut_segment one = segments[from++];

		for (; from < list->count && segments[from].first == one.first;
		     from++) {
			one.plain |= segments[from].plain;
			one.packed |= segments[from].packed;
			one.has_signature |= segments[from].has_signature;
		}
		if (one.plain || one.packed)
			segments[to++] = one;
	}
	list->count = to;
}

int coconut_segment_list(const char *directory,
			 struct coconut_segment **ret_segments,
			 size_t *ret_count, struct coconut_error *error)
{
	struct list list = { 0 };
	DIR *dir = opendir(directory);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return fail_errno(error, errno, directory, "open");
	do {
		errno = 0;
		entry = readdir(dir);
		err = entry ? add_name(&list, entry->d_name) : -errno;
	} while (entry && !err);
	closedir(dir);
	if (err) {
		free(list.segments);
		return fail_errno(error, -err, directory, "read");
	}
	merge(&list);
	*ret_segments = list.segments;
	*ret_count = list.count;
	return 0;
}

char *coconut_segment_name(const struct coconut_segment *segment, char *name)
{
	snprintf(name, COCONUT_SEGMENT_NAME_MAX, "%020" PRIu64 ".seg%s",
		 segment->first, segment->plain ? "" : ".zst");
	return name;
}

char *coconut_signature_name(uint64_t first, char *name)
{
	snprintf(name, COCONUT_SEGMENT_NAME_MAX, "%020" PRIu64 ".sig", first);
	return name;
}

/* Bytes that a file holds when it is one frame and nothing else, or 0. */
static size_t unpacked_size(const uint8_t *data, size_t size)
{
	unsigned long long content = ZSTD_getFrameContentSize(data, size);

	if (content == ZSTD_CONTENTSIZE_UNKNOWN ||
	    content == ZSTD_CONTENTSIZE_ERROR ||
	    content > COCONUT_SEGMENT_MAX ||
	    ZSTD_findFrameCompressedSize(data, size) != size)
		return 0;
	return content;
}

int coconut_segment_unpack(const void *data, size_t size, uint8_t **ret_data,
			   size_t *ret_size)
{
	size_t room = unpacked_size(data, size), done;
	uint8_t *rows;

	if (!room)
		return -EBADMSG;
	rows = malloc(room + 1);
	if (!rows)
		return -ENOMEM;
	done = ZSTD_decompress(rows, room, data, size);
	if (ZSTD_isError(done) || done != room) {
		free(rows);
		return -EBADMSG;
	}
	rows[room] = '\0';
	*ret_data = rows;
	*ret_size = room;
	return 0;
}

static bool ends_with(const char *string, const char *ending)
{
	size_t length = strlen(string), least = strlen(ending);

	return length >= least && !strcmp(string + length - least, ending);
}

static int read_packed(const char *path, uint8_t **ret_data, size_t *ret_size,
		       struct coconut_error *error)
{
	uint8_t *data;
	size_t size;
	int err = coconut_file_read(path, COCONUT_SEGMENT_MAX, &data, &size,
				    error);

	if (err)
		return err;
	err = coconut_segment_unpack(data, size, ret_data, ret_size);
	free(data);
	if (err == -EBADMSG)
		return fail(error, EBADMSG, path,
			    "not one whole frame of zstd that tells its size");
	return err ? fail_memory(error) : 0;
}

int coconut_segment_read(const char *path, uint8_t **ret_data, size_t *ret_size,
			 struct coconut_error *error)
{
	char *packed;
	int err;

	if (ends_with(path, ".zst"))
		return read_packed(path, ret_data, ret_size, error);
	err = coconut_file_read(path, COCONUT_SEGMENT_MAX, ret_data, ret_size,
				error);
	if (err != -ENOENT || !ends_with(path, ".seg"))
		return err;
	/* It may have been compressed since its directory was read. */
	if (asprintf(&packed, "%s.zst", path) < 0)
		return fail_memory(error);
	if (!read_packed(packed, ret_data, ret_size, NULL))
		err = 0;
	free(packed);
	return err;
}
