// SPDX-License-Identifier: MIT
/* coconut-tail: audit rows as they come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "rows.h"

#define DEFAULT_ROWS 10
#define ROWS_MAX 1000000

static const char help_text[] =
	"usage: coconut-tail [--aid N] [--event E] [--cap C] [--json]\n"
	"                    [-n ROWS | --from SEQ] [--no-follow]\n\n"
	"Prints the last rows of the audit chain, and goes on with new ones as\n"
	"they come.\n\n"
	"  --aid N      only rows of this agent\n"
	"  --event E    only rows of this event, such as deny\n"
	"  --cap C      only rows of this capability, such as fs.read\n"
	"  --json       one object a line\n"
	"  -n ROWS      begin with the last ROWS rows, 10 when not given\n"
	"  --from SEQ   begin with this row\n"
	"  --no-follow  end with the last row there is\n\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 coconutd sent\n"
	"what are no rows.\n";

/**
 * struct tail - what is shown
 * @filter: which rows; its @from moves on with each
 * @json: as JSON
 * @follow: go on for ever
 * @by_seq: begin with row @from, and not with the last @count
 * @count: how many rows there are in @lines
 * @lines: the last lines, a ring; NULL once rows are printed as they come
 * @seen: rows that have gone through the ring
 */
struct tail {
	struct row_filter filter;
	bool json;
	bool follow;
	bool by_seq;
	uint64_t count;
	char **lines;
	uint64_t seen;
};

static void keep_row(struct tail *tail, const struct coconut_row *row)
{
	char **line = &tail->lines[tail->seen++ % tail->count];
	char text[COCONUT_ROW_TEXT_MAX];

	if (tail->json)
		coconut_row_json(row, text, sizeof(text));
	else
		coconut_row_format(row, text, sizeof(text));
	free(*line);
	*line = strdup(text);
}

static int take_rows(void *context, const char *name, bool first,
		     const uint8_t *data, size_t size)
{
	struct tail *tail = context;
	struct coconut_row row;
	size_t offset = 0;
	int r;

	(void)first;
	/* That only new rows were asked for has done its work. */
	if (tail->filter.from == UINT64_MAX)
		tail->filter.from = 0;
	while ((r = coconut_row_next(data, size, &offset, &row)) > 0) {
		if (!row_is_wanted(&tail->filter, &row))
			continue;
		if (tail->lines)
			keep_row(tail, &row);
		else
			row_print(&tail->filter, tail->json, &row);
		tail->filter.from = row.seq + 1;
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
static int begin(struct tail *tail, const struct row_taker *taker)
{
	int status;

	if (!tail->count) {
		/* coconutd takes what is past the end for what comes next. */
		tail->filter.from = UINT64_MAX;
		return 0;
	}
	tail->lines = calloc(tail->count, sizeof(*tail->lines));
	if (!tail->lines) {
		complain("out of memory");
		return EXIT_REFUSED;
	}
	status = rows_from_coconutd(&tail->filter, false, taker);
	print_kept(tail);
	return status;
}

static int run(struct tail *tail)
{
	struct row_taker taker = { .take = take_rows, .context = tail };
	int status;

	if (tail->by_seq)
		return rows_from_coconutd(&tail->filter, tail->follow, &taker);
	status = begin(tail, &taker);
	if (status || !tail->follow)
		return status;
	return rows_from_coconutd(&tail->filter, true, &taker);
}

static int take_option(struct tail *tail, int option, const char *argument)
{
	switch (option) {
	case 'j':
		tail->json = true;
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
		tail->by_seq |= option == 'f';
		return row_filter_option(&tail->filter, option, argument);
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
		.filter.from = 1,
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
	return status ? status : finish_output(run(&tail));
}
