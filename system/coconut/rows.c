// SPDX-License-Identifier: MIT
#include "rows.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "command.h"

/* coconutd begins another segment long before. */
#define SEGMENT_MAX ((size_t)1 << 30)

int row_filter_option(struct row_filter *filter, int option,
		      const char *argument)
{
	int number;

	switch (option) {
	case 'a':
		filter->by_aid = true;
		return parse_number(argument, "--aid", &filter->aid);
	case 'f':
		return parse_number(argument, "--from", &filter->from);
	case 'e':
		number = coconut_event_from_name(argument);
		if (number < 0)
			return misuse("--event: '%s' is no event", argument);
		filter->event = (uint32_t)number;
		return 0;
	case 'c':
		number = coconut_cap_id_from_name(argument);
		if (number < 0)
			return misuse("--cap: '%s' is no capability's name",
				      argument);
		filter->cap = (uint32_t)number;
		return 0;
	default:
		return EXIT_USAGE;
	}
}

bool row_is_wanted(const struct row_filter *filter,
		   const struct coconut_row *row)
{
	return row->seq >= filter->from &&
	       (!filter->by_aid || row->aid == filter->aid) &&
	       (!filter->event || row->event == filter->event) &&
	       (!filter->cap || row->cap == filter->cap);
}

void row_print(const struct row_filter *filter, bool json,
	       const struct coconut_row *row)
{
	char text[COCONUT_ROW_TEXT_MAX];

	if (!row_is_wanted(filter, row))
		return;
	if (json)
		coconut_row_json(row, text, sizeof(text));
	else
		coconut_row_format(row, text, sizeof(text));
	puts(text);
}

static int request_rows(const struct row_filter *filter, bool follow,
			int *ret_fd)
{
	struct message request;

	request_init(&request, "audit");
	message_add_uint(&request, "from_seq", filter->from);
	message_add_bool(&request, "follow", follow);
	if (filter->by_aid)
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

	r = coconut_file_read(path, SEGMENT_MAX, &data, &size, &error);
	if (r < 0) {
		complain("%s", error.message);
		return EXIT_REFUSED;
	}
	r = taker->take(taker->context, path, true, data, size);
	free(data);
	return r;
}

static int is_segment(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && !strcmp(dot, ".seg");
}

/* Names have as many digits each, so that their order is that of the rows. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int from_entries(const char *path, struct dirent **entries, int count,
			const struct row_taker *taker)
{
	int i, status = 0;
	char *file;

	for (i = 0; i < count; i++) {
		if (!status &&
		    asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) {
			status = from_file(file, taker);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	return status;
}

/* Return: an exit status, or -EACCES when the directory may not be read. */
static int from_directory(const char *path, const struct row_taker *taker)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_segment, compare_names);

	if (count < 0 && errno == EACCES)
		return -EACCES;
	if (count < 0) {
		complain("%s: %s", path, coconut_strerror(errno));
		return EXIT_REFUSED;
	}
	if (count == 0) {
		free(entries);
		complain("%s: no segment (*.seg) in it", path);
		return EXIT_REFUSED;
	}
	return from_entries(path, entries, count, taker);
}

static int from_path(const char *path, const struct row_taker *taker)
{
	struct stat status;
	int r;

	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return from_file(path, taker);
	r = from_directory(path, taker);
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
		status = from_directory(SEGMENT_DIRECTORY, taker);
		return status == -EACCES ?
			       rows_from_coconutd(filter, false, taker) :
			       status;
	}
	for (i = 0; i < count && !status; i++)
		status = from_path(paths[i], taker);
	return status;
}
