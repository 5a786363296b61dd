/* SPDX-License-Identifier: MIT */
/* Audit rows as they are shown: selected, named, coloured. */
#ifndef COCONUT_VIEW_H
#define COCONUT_VIEW_H

#include "filter.h"
#include "view_table.h"

/**
 * struct row_view - rows on their way to whoever looks at them
 * @filter: which are shown
 * @json: as JSON, and not for people
 * @colour: in colour
 * @names: of this boot's objects
 * @family: the agents of the filter's subtree
 * @plain: remember no names: nothing is shown that would need them
 */
struct row_view {
	struct row_filter filter;
	bool json;
	bool colour;
	bool plain;
	struct view_table names;
	struct view_table family;
};

/**
 * view_colour - may output be coloured
 *
 * Return: whether it is a terminal that has colours, and NO_COLOR is not set.
 */
bool view_colour(void);

/**
 * view_ask - what has to be read so that a view can show its rows
 * @view: the view; its @plain is set here
 * @ret_ask: gets the filter to ask by, which may let more through
 */
void view_ask(struct row_view *view, struct row_filter *ret_ask);

/**
 * view_take - see a row, each of them and in order
 * @view: the view
 * @row: the row; gets the name of its object, where an earlier row told it, which
 *	holds until the next row is seen
 *
 * Return: whether it is to be shown.
 */
bool view_take(struct row_view *view, struct coconut_row *row);

/**
 * view_text - write a row as one line
 * @view: the view
 * @row: the row
 *
 * Return: the line, to be given to free(), or NULL when memory is short.
 */
char *view_text(const struct row_view *view, const struct coconut_row *row);

/**
 * view_print - print a row
 * @view: the view
 * @row: the row
 */
void view_print(const struct row_view *view, const struct coconut_row *row);

/**
 * view_clear - forget all
 * @view: the view
 */
void view_clear(struct row_view *view);

#endif /* COCONUT_VIEW_H */
