// SPDX-License-Identifier: MIT
#include "rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "command.h"

static int request_rows(const struct row_filter *filter, bool follow,
			int *ret_fd)
{
	struct message request;

	request_init(&request, "audit");
	message_add_uint(&request, "from_seq", filter->from);
	message_add_bool(&request, "follow", follow);
	/* Who is below whom is learned here from all rows. */
	if (filter->by_aid && !filter->subtree)
		message_add_uint(&request, "aid", filter->aid);
	if (filter->event)
		message_add_uint(&request, "event", filter->event);
	if (filter->cap)
		message_add_uint(&request, "cap", filter->cap);
	return client_open(&request, ret_fd);
}

int rows_from_coconutd(const struct row_filter *filter, bool follow,
		       const struct row_taker *taker)
{
	bool first = true, end = false;
	int fd, status;

	status = request_rows(filter, follow, &fd);
	if (status)
		return status;
	while (!status && !end) {
		const uint8_t *rows;
		cbor_item_t *map;
		size_t size;

		status = client_next(fd, &map);
		if (status)
			break;
		rows = message_get_bytes(map, "rows", &size);
		if (rows)
			status = taker->take(taker->context, "coconutd", first,
					     rows, size);
		first = first && !rows;
		end = message_get_bool(map, "end");
		cbor_decref(&map);
	}
	close(fd);
	return status;
}

static int from_file(const char *path, const struct row_taker *taker)
{
	struct coconut_error error = { 0 };
	uint8_t *data;
	size_t size;
	int r;

	r = coconut_segment_read(path, &data, &size, &error);
	if (r < 0) {
		complain("%s", error.message);
		return r == -EBADMSG ? EXIT_UNVERIFIED : EXIT_REFUSED;
	}
	r = taker->take(taker->context, path, true, data, size);
	free(data);
	return r;
}

static int from_segments(const char *path,
			 const struct coconut_segment *segments, size_t count,
			 uint64_t from, const struct row_taker *taker)
{
	char name[COCONUT_SEGMENT_NAME_MAX], *file;
	int status = 0;
	size_t i;

	for (i = 0; i < count && !status; i++) {
		if (i + 1 < count && segments[i + 1].first <= from)
			continue;
		if (asprintf(&file, "%s/%s", path,
			     coconut_segment_name(&segments[i], name)) < 0) {
			complain("out of memory");
			return EXIT_REFUSED;
		}
		status = from_file(file, taker);
		free(file);
	}
	return status;
}

/* Return: an exit status, or -EACCES when the directory may not be read. */
static int from_directory(const char *path, uint64_t from,
			  const struct row_taker *taker)
{
	struct coconut_segment *segments;
	struct coconut_error error;
	size_t count;
	int r = coconut_segment_list(path, &segments, &count, &error);

	if (r == -EACCES)
		return r;
	if (r < 0) {
		complain("%s", error.message);
		return EXIT_REFUSED;
	}
	if (!count)
		complain("%s: no segment (*.seg) in it", path);
	r = count ? from_segments(path, segments, count, from, taker) :
		    EXIT_REFUSED;
	free(segments);
	return r;
}

static int from_path(const char *path, uint64_t from,
		     const struct row_taker *taker)
{
	struct stat status;
	int r;

	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return from_file(path, taker);
	r = from_directory(path, from, taker);
	if (r != -EACCES)
		return r;
	complain("%s: %s", path, coconut_strerror(EACCES));
	return EXIT_REFUSED;
}

int rows_from(char *const *paths, size_t count, const struct row_filter *filter,
	      const struct row_taker *taker)
{
	int status = 0;
	size_t i;

	if (!count) {
		status = from_directory(SEGMENT_DIRECTORY, filter->from, taker);
		return status == -EACCES ?
			       rows_from_coconutd(filter, false, taker) :
			       status;
	}
	for (i = 0; i < count && !status; i++)
		status = from_path(paths[i], filter->from, taker);
	return status;
}
