// SPDX-License-Identifier: MIT
/* coconut audit show */
#include "audit.h"
#include "view.h"

struct show {
	struct row_view view;
	bool follow;
	uint64_t seen;
};

static int show_rows(void *context, const char *name, bool first,
		     const uint8_t *data, size_t size)
{
	struct show *show = context;
	struct coconut_row row;
	size_t offset = 0;
	int r;

	(void)first;
	while ((r = coconut_row_next(data, size, &offset, &row)) > 0) {
		show->seen = row.seq;
		if (view_take(&show->view, &row))
			view_print(&show->view, &row);
	}
	if (r)
		return audit_bad_row(name, offset, r);
	return show->follow && fflush(stdout) ? EXIT_REFUSED : EXIT_GOOD;
}

static int parse(struct show *show, int argc, char **argv)
{
	static const struct option longs[] = {
		ROW_FILTER_OPTIONS,
		{ "follow", no_argument, NULL, 'f' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":f", longs)) != -1) {
		if (option == 'j')
			show->view.json = true;
		else if (option == 'f')
			show->follow = true;
		else if (option == '?' ||
			 row_filter_option(&show->view.filter, option, optarg))
			return EXIT_USAGE;
	}
	if (show->follow && optind < argc)
		return misuse("--follow is for the kernel's own chain");
	return 0;
}

int audit_show(int argc, char **argv)
{
	struct show show = { .view.filter = ROW_FILTER_ALL };
	struct row_taker taker = { .take = show_rows, .context = &show };
	struct row_filter ask;
	int status = parse(&show, argc, argv);

	if (status)
		return status;
	show.view.colour = view_colour();
	view_ask(&show.view, &ask);
	status =
		rows_from(argv + optind, (size_t)(argc - optind), &ask, &taker);
	if (!status && show.follow) {
		ask.from = show.seen + 1;
		status = rows_from_coconutd(&ask, true, &taker);
	}
	view_clear(&show.view);
	return status;
}
