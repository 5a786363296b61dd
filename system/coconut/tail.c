// SPDX-License-Identifier: MIT
/* coconut-tail: audit rows as they come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "rows.h"

static const char help_text[] =
	"usage: coconut-tail [--aid N] [--event E] [--cap C] [--from SEQ] [--json]\n"
	"                    [-n ROWS] [--no-follow]\n\n"
	"Prints audit rows, and goes on with new ones as they come.\n\n"
	"  --aid N      only rows of this agent\n"
	"  --event E    only rows of this event, such as deny\n"
	"  --cap C      only rows of this capability, such as fs.read\n"
	"  --from SEQ   from this row on, not from the first that coconutd has\n"
	"  --json       one object a line\n"
	"  -n ROWS      end after so many rows; with --no-follow, the last so many\n"
	"  --no-follow  end with the last row there is\n\n"
	"Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 coconutd sent\n"
	"what are no rows.\n";

struct tail {
	struct row_filter filter;
	bool json;
	bool follow;
	bool counted;
	uint64_t count;
	uint64_t seen;
	char **lines;
};

/* Not an exit status: enough rows have been seen. */
#define TAIL_ENOUGH (-1)

static char *format_line(const struct tail *tail, const struct coconut_row *row)
{
	char text[COCONUT_ROW_TEXT_MAX];

	if (tail->json)
		coconut_row_json(row, text, sizeof(text));
	else
		coconut_row_format(row, text, sizeof(text));
	return strdup(text);
}

/* Only the end of what there is counts: the last lines are kept in a ring. */
static void keep_row(struct tail *tail, const struct coconut_row *row)
{
	char **line = &tail->lines[tail->seen++ % tail->count];

	free(*line);
	*line = format_line(tail, row);
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
		if (!row_is_wanted(&tail->filter, &row))
			continue;
		if (tail->lines) {
			keep_row(tail, &row);
			continue;
		}
		row_print(&tail->filter, tail->json, &row);
		if (tail->counted && ++tail->seen >= tail->count)
			break;
	}
	/* Who reads a pipe sees each row when it comes. */
	if (fflush(stdout))
		return EXIT_REFUSED;
	if (r < 0)
		complain("%s: no row at offset %zu", name, offset);
	if (r < 0)
		return EXIT_UNVERIFIED;
	return r ? TAIL_ENOUGH : EXIT_GOOD;
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

	while ((option = next_option(argc, argv, ":n:", longs)) != -1) {
		if (option == 'j') {
			tail->json = true;
		} else if (option == 'F') {
			tail->follow = false;
		} else if (option == 'n') {
			tail->counted = true;
			if (parse_number(optarg, "-n", &tail->count))
				return EXIT_USAGE;
		} else if (option == '?' ||
			   row_filter_option(&tail->filter, option, optarg)) {
			return EXIT_USAGE;
		}
	}
	if (optind < argc)
		return misuse("unexpected argument '%s'", argv[optind]);
	if (tail->counted && (!tail->count || tail->count > 1000000))
		return misuse("-n: ROWS is from 1 to 1000000");
	return 0;
}

int main(int argc, char **argv)
{
	struct tail tail = { .filter.from = 1, .follow = true };
	struct row_taker taker = { .take = take_rows, .context = &tail };
	int i, status;

	program_invocation_short_name = "coconut-tail";
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h"))
			continue;
		fputs(help_text, stdout);
		return finish_output(EXIT_GOOD);
	}
	status = parse(&tail, argc, argv);
	if (status)
		return status;
	if (tail.counted && !tail.follow) {
		tail.lines = calloc(tail.count, sizeof(*tail.lines));
		if (!tail.lines) {
			complain("out of memory");
			return EXIT_REFUSED;
		}
	}
	status = rows_from_coconutd(&tail.filter, tail.follow, &taker);
	if (tail.lines)
		print_kept(&tail);
	return finish_output(status == TAIL_ENOUGH ? EXIT_GOOD : status);
}
