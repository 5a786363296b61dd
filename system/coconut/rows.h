/* SPDX-License-Identifier: MIT */
/* Audit rows: where they come from, and which are shown. */
#ifndef COCONUT_ROWS_H
#define COCONUT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coconut.h>

#define SEGMENT_DIRECTORY "/var/log/coconut/kernel"

/**
 * struct row_filter - which rows are wanted
 * @by_aid: only those of @aid
 * @aid: the agent
 * @event: enum agent_audit_event, 0 for all
 * @cap: enum agent_cap_id, 0 for all
 * @from: the first sequence number
 */
struct row_filter {
	bool by_aid;
	uint64_t aid;
	uint32_t event;
	uint32_t cap;
	uint64_t from;
};

/* What options in struct option fill in a filter. */
#define ROW_FILTER_OPTIONS                                 \
	{ "aid", required_argument, NULL, 'a' },           \
		{ "event", required_argument, NULL, 'e' }, \
		{ "cap", required_argument, NULL, 'c' },   \
		{ "from", required_argument, NULL, 'f' }

/**
 * row_filter_option - take an option of ROW_FILTER_OPTIONS
 * @filter: the filter
 * @option: what next_option() gave
 * @argument: its argument
 *
 * Return: 0, or EXIT_USAGE once the mistake has been told.
 */
int row_filter_option(struct row_filter *filter, int option,
		      const char *argument);

/**
 * row_is_wanted - does a filter want a row
 * @filter: the filter
 * @row: the row
 *
 * Return: whether it does.
 */
bool row_is_wanted(const struct row_filter *filter,
		   const struct coconut_row *row);

/**
 * row_print - print a row, where the filter wants it
 * @filter: the filter
 * @json: as JSON
 * @row: the row
 */
void row_print(const struct row_filter *filter, bool json,
	       const struct coconut_row *row);

/**
 * struct row_taker - what is done with rows as they come
 * @take: gets rows, one after another, and the name of where they come from,
 *	which is a new one when @first; gives an exit status
 * @context: for it
 */
struct row_taker {
	int (*take)(void *context, const char *name, bool first,
		    const uint8_t *data, size_t size);
	void *context;
};

/**
 * rows_from_coconutd - ask coconutd for rows
 * @filter: which
 * @follow: go on for ever
 * @taker: gets them
 *
 * Return: exit status.
 */
int rows_from_coconutd(const struct row_filter *filter, bool follow,
		       const struct row_taker *taker);

/**
 * rows_from - read segments, or ask coconutd for what only it may read
 * @paths: directories of segments, and segments
 * @count: how many; with 0, the kernel's chain
 * @filter: which rows coconutd is asked for
 * @taker: gets them, each segment at once
 *
 * Return: exit status.
 */
int rows_from(char *const *paths, size_t count, const struct row_filter *filter,
	      const struct row_taker *taker);

#endif /* COCONUT_ROWS_H */
