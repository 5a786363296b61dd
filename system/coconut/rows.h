/* SPDX-License-Identifier: MIT */
/* Audit rows: where they come from, and which are shown. */
#ifndef COCONUT_ROWS_H
#define COCONUT_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <coconut.h>

#include "filter.h"

#define SEGMENT_DIRECTORY "/var/log/coconut/kernel"

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
 * @filter: which; its @by_aid and @aid, @event, @cap and @from are asked for
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
 * @filter: which rows coconutd is asked for; segments of a directory that end
 *	before its @from are left out
 * @taker: gets them, each segment at once
 *
 * Return: exit status.
 */
int rows_from(char *const *paths, size_t count, const struct row_filter *filter,
	      const struct row_taker *taker);

#endif /* COCONUT_ROWS_H */
