// SPDX-License-Identifier: MIT
/* coconut-tail: audit rows as they come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "rows.h"
#include "view.h"

#define DEFAULT_ROWS 10
#define ROWS_MAX 1000000

static const char help_text[] =
	"usage: coconut-tail " ROW_FILTER_USAGE "\n"
	"        [--json] [-n ROWS] [--no-follow]\n\n"
	"Prints the last rows of the audit chain, and goes on with new ones as\n"
	"they come.\n\n" ROW_FILTER_HELP "  --json       one object a line\n"
	"  -n ROWS      begin with the last ROWS rows, 10 when not given; all of\n"
	"               them with --from or --since\n"
	"  --no-follow  end with the last row there is\n\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 coconutd sent\n"
	"what are no rows.\n";

/**
 * struct tail - what is shown
 * @view: which rows, and how
 * @next: the row to go on from
 * @follow: go on for ever
 * @all: begin with the first of the rows, and not with the last @count
 * @count: how many rows there are in @lines
 * @lines: the last lines, a ring; NULL once rows are printed as they come
 * @seen: rows that have gone through the ring
 */
struct tail {
	struct row_view view;
	uint64_t next;
	bool follow;
	bool all;
	uint64_t count;
	char **lines;
	uint64_t seen;
};

static void keep_row(struct tail *tail, const struct coconut_row *row)
{
	char **line = &tail->lines[tail->seen++ % tail->count];

	free(*line);
	*line = view_text(&tail->view, row);
}

static int take_rows(void *context, const char *name, bool first,
		     const uint8_t *data, size_t size)
{
	struct tail *tail = context;
	struct coconut_row row;
	size_t offset = 0;
	int r;

	(void)first;
	while ((r = coconut_row_next(data, size, &offset, &row)) > 0) {
		tail->next = row.seq + 1;
		if (!view_take(&tail->view, &row))
			continue;
		if (tail->lines)
			keep_row(tail, &row);
		else
			view_print(&tail->view, &row);
	}
	if (r < 0) {
		complain("%s: no row at offset %zu", name, offset);
		return EXIT_UNVERIFIED;
	}
	/* Who reads a pipe sees each row when it comes. */
	return fflush(stdout) ? EXIT_REFUSED : EXIT_GOOD;
}

static void print_kept(struct tail *tail)
{
	uint64_t i;

	for (i = 0; i < tail->count; i++) {
		char *line = tail->lines[(tail->seen + i) % tail->count];

		if (line)
			puts(line);
		free(line);
	}
	free(tail->lines);
	tail->lines = NULL;
	fflush(stdout);
}

/* The last rows are known only once all have been seen. */
static int begin(struct tail *tail, const struct row_filter *ask,
		 const struct row_taker *taker)
{
	int status;

	if (!tail->count) {
		/* coconutd takes what is past the end for what comes next. */
		tail->next = UINT64_MAX;
		return 0;
	}
	tail->lines = calloc(tail->count, sizeof(*tail->lines));
	if (!tail->lines) {
		complain("out of memory");
		return EXIT_REFUSED;
	}
	status = rows_from_coconutd(ask, false, taker);
	print_kept(tail);
	return status;
}

static int run(struct tail *tail)
{
	struct row_taker taker = { .take = take_rows, .context = tail };
	struct row_filter ask;
	int status;

	tail->view.colour = view_colour();
	view_ask(&tail->view, &ask);
	if (tail->all)
		return rows_from_coconutd(&ask, tail->follow, &taker);
	tail->next = ask.from;
	status = begin(tail, &ask, &taker);
	if (status || !tail->follow)
		return status;
	ask.from = tail->next;
	return rows_from_coconutd(&ask, true, &taker);
}

static int take_option(struct tail *tail, int option, const char *argument)
{
	switch (option) {
	case 'j':
		tail->view.json = true;
		return 0;
	case 'F':
		tail->follow = false;
		return 0;
	case 'n':
		if (parse_number(argument, "-n", &tail->count))
			return EXIT_USAGE;
		if (tail->count > ROWS_MAX)
			return misuse("-n: ROWS is at most %d", ROWS_MAX);
		return 0;
	case '?':
		return EXIT_USAGE;
	default:
		tail->all |= option == OPTION_FROM || option == OPTION_SINCE;
		return row_filter_option(&tail->view.filter, option, argument);
	}
}

static int parse(struct tail *tail, int argc, char **argv)
{
	static const struct option longs[] = {
		ROW_FILTER_OPTIONS,
		{ "json", no_argument, NULL, 'j' },
		{ "no-follow", no_argument, NULL, 'F' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":n:", longs)) != -1)
		if (take_option(tail, option, optarg))
			return EXIT_USAGE;
	if (optind < argc)
		return misuse("unexpected argument '%s'", argv[optind]);
	return 0;
}

int main(int argc, char **argv)
{
	struct tail tail = {
		.view.filter = ROW_FILTER_ALL,
		.follow = true,
		.count = DEFAULT_ROWS,
	};
	int i, status;

	program_invocation_short_name = "coconut-tail";
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h"))
			continue;
		fputs(help_text, stdout);
		return finish_output(EXIT_GOOD);
	}
	status = parse(&tail, argc, argv);
	status = status ? status : finish_output(run(&tail));
	view_clear(&tail.view);
	return status;
}
