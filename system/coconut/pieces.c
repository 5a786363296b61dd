// SPDX-License-Identifier: MIT
#include "pieces.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"

#define RANGE_MAX 4096

static char *join(const char *directory, size_t length, const char *name)
{
	char *path;

	if (asprintf(&path, "%.*s%s", (int)length, directory, name) >= 0)
		return path;
	complain("out of memory");
	exit(EXIT_REFUSED);
}

static struct piece *add(struct pieces *pieces)
{
	struct piece *list =
		reallocarray(pieces->list, pieces->count + 1, sizeof(*list));

	if (!list) {
		complain("out of memory");
		exit(EXIT_REFUSED);
	}
	pieces->list = list;
	list[pieces->count] = (struct piece){ 0 };
	return &list[pieces->count++];
}

/* "X.sig" for "X.seg" and for "X.seg.zst". */
static int add_file(struct pieces *pieces, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t directory = slash ? (size_t)(slash + 1 - path) : 0;
	const char *name = path + directory, *dot = strstr(name, ".seg");
	struct piece *piece = add(pieces);

	piece->path = join(path, strlen(path), "");
	piece->signature =
		join(path, dot ? (size_t)(dot - path) : strlen(path), ".sig");
	piece->key = join(path, directory, KEY_FILE);
	piece->part = true;
	if (dot && strspn(name, "0123456789") == 20 && dot == name + 20)
		piece->first = strtoull(name, NULL, 10);
	return EXIT_GOOD;
}

static void add_segment(struct pieces *pieces, const char *directory,
			const struct coconut_segment *segment)
{
	struct piece *piece = add(pieces);
	char name[COCONUT_SEGMENT_NAME_MAX + 1] = "/";
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	coconut_segment_name(segment, name + 1);
	piece->path = join(directory, length, name);
	coconut_signature_name(segment->first, name + 1);
	piece->signature = join(directory, length, name);
	piece->key = join(directory, length, "/" KEY_FILE);
	piece->first = segment->first;
}

/* "coconut-range 1", "from N", "to N"; 0 when there is none. */
static int read_range(struct pieces *pieces, const char *directory)
{
	char *path = join(directory, strlen(directory), "/" RANGE_FILE);
	struct coconut_error error;
	uint8_t *text;
	size_t size;
	int r = coconut_file_read(path, RANGE_MAX, &text, &size, &error);

	free(path);
	if (r == -ENOENT)
		return EXIT_GOOD;
	if (!r) {
		if (sscanf((const char *)text,
			   "coconut-range 1\nfrom %" SCNu64 "\nto %" SCNu64,
			   &pieces->from, &pieces->to) != 2 ||
		    !pieces->from || pieces->to < pieces->from)
			r = -EINVAL;
		free(text);
	}
	if (r)
		complain("%s/" RANGE_FILE ": %s", directory,
			 r == -EINVAL ? "tells no range" : error.message);
	return r ? EXIT_REFUSED : EXIT_GOOD;
}

static int add_directory(struct pieces *pieces, const char *path)
{
	struct coconut_segment *segments;
	struct coconut_error error;
	size_t count, i;
	bool exported;
	int r = coconut_segment_list(path, &segments, &count, &error);

	if (r == -EACCES)
		return r;
	if (r < 0 || !count) {
		complain(r < 0 ? "%s" : "%s: no segment (*.seg) in it",
			 r < 0 ? error.message : path);
		return EXIT_REFUSED;
	}
	r = read_range(pieces, path);
	exported = pieces->from != 0;
	for (i = 0; i < count; i++) {
		add_segment(pieces, path, &segments[i]);
		pieces->list[pieces->count - 1].closed =
			exported || i + 1 < count;
		pieces->list[pieces->count - 1].part = exported;
	}
	free(segments);
	return r;
}

int pieces_add(struct pieces *pieces, const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0) {
		complain("%s: %s", path, coconut_strerror(errno));
		return EXIT_REFUSED;
	}
	return S_ISDIR(status.st_mode) ? add_directory(pieces, path) :
					 add_file(pieces, path);
}

const struct piece *pieces_find(const struct pieces *pieces, uint64_t seq)
{
	const struct piece *found = NULL;
	size_t i;

	for (i = 0; i < pieces->count; i++)
		if (pieces->list[i].first && pieces->list[i].first <= seq)
			found = &pieces->list[i];
	return found;
}

void pieces_clear(struct pieces *pieces)
{
	size_t i;

	for (i = 0; i < pieces->count; i++) {
		free(pieces->list[i].path);
		free(pieces->list[i].signature);
		free(pieces->list[i].key);
	}
	free(pieces->list);
}
