// SPDX-License-Identifier: MIT
/* coconut audit report */
#include <inttypes.h>
#include <string.h>

#include "audit.h"
#include "audit_html.h"
#include "table.h"
#include "view.h"

struct report {
	struct row_view view;
	struct tally tally;
	const char *html;
};

static int take_rows(void *context, const char *name, bool first,
		     const uint8_t *data, size_t size)
{
	struct report *report = context;
	struct coconut_row row;
	size_t offset = 0;
	int r;

	(void)first;
	while ((r = coconut_row_next(data, size, &offset, &row)) > 0)
		if (view_take(&report->view, &row))
			tally_add(&report->tally, &row);
	return r ? audit_bad_row(name, offset, r) : EXIT_GOOD;
}

static void print_lines(const struct tally *tally)
{
	struct table table = { .columns = 8 };
	char first[TALLY_TIME_MAX], last[TALLY_TIME_MAX];
	size_t i;

	for (i = 0; i < 8; i++)
		table_add(&table, "%s",
			  ((const char *const[]){ "AID", "NAME", "CAPABILITY",
						  "ALLOWED", "DENIED", "FIRST",
						  "LAST", "LAST DENIED" })[i]);
	for (i = 0; i < tally->nr_lines; i++) {
		const struct tally_line *line = &tally->lines[i];

		table_add(&table, "%" PRIu64, line->aid);
		table_add(&table, "%s", tally_agent_of(tally, line->aid)->name);
		table_add(&table, "%s", tally_cap_name(line));
		table_add(&table, "%" PRIu64, line->allowed);
		table_add(&table, "%" PRIu64, line->denied);
		table_add(&table, "%s", tally_time(line->first, first));
		table_add(&table, "%s", tally_time(line->last, last));
		table_add(&table, "%s", line->object ? line->object : "");
	}
	table_print(&table);
}

static void print_text(const struct tally *tally)
{
	char first[TALLY_TIME_MAX], last[TALLY_TIME_MAX];

	if (!tally->rows) {
		puts("no rows");
		return;
	}
	printf("%" PRIu64 " rows, %" PRIu64 " to %" PRIu64 ", %s to %s\n\n",
	       tally->rows, tally->from, tally->to,
	       tally_time(tally->first, first), tally_time(tally->last, last));
	print_lines(tally);
}

static void json_line(const struct tally_line *line, bool first)
{
	char from[TALLY_TIME_MAX], to[TALLY_TIME_MAX];

	printf("%s{\"cap\": \"%s\", \"allowed\": %" PRIu64
	       ", \"denied\": %" PRIu64 ", \"first\": \"%s\", \"last\": \"%s\"",
	       first ? "" : ", ", tally_cap_name(line), line->allowed,
	       line->denied, tally_time(line->first, from),
	       tally_time(line->last, to));
	if (line->object) {
		json_key("last_denied", false);
		json_text(line->object, strlen(line->object));
	}
	putchar('}');
}

static void json_agent(const struct tally *tally,
		       const struct tally_agent *agent)
{
	bool first = true;
	size_t i;

	printf("{\"aid\": %" PRIu64 ", \"parent\": %" PRIu64 ", \"name\": ",
	       agent->aid, agent->parent);
	json_text(agent->name, strlen(agent->name));
	printf(", \"rows\": %" PRIu64 ", \"capabilities\": [", agent->rows);
	for (i = 0; i < tally->nr_lines; i++) {
		if (tally->lines[i].aid != agent->aid)
			continue;
		json_line(&tally->lines[i], first);
		first = false;
	}
	fputs("]}", stdout);
}

static void print_json(const struct tally *tally)
{
	char first[TALLY_TIME_MAX], last[TALLY_TIME_MAX];
	size_t i;

	printf("{\"rows\": %" PRIu64 ", \"from\": %" PRIu64 ", \"to\": %" PRIu64
	       ", \"first\": \"%s\", \"last\": \"%s\", \"agents\": [",
	       tally->rows, tally->from, tally->to,
	       tally_time(tally->first, first), tally_time(tally->last, last));
	for (i = 0; i < tally->nr_agents; i++) {
		fputs(i ? ", " : "", stdout);
		json_agent(tally, &tally->agents[i]);
	}
	puts("]}");
}

static int parse(struct report *report, int argc, char **argv)
{
	static const struct option longs[] = {
		ROW_FILTER_OPTIONS,
		{ "html", required_argument, NULL, 'H' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == 'j')
			report->view.json = true;
		else if (option == 'H')
			report->html = optarg;
		else if (option == '?' ||
			 row_filter_option(&report->view.filter, option,
					   optarg))
			return EXIT_USAGE;
	}
	if (report->html && report->view.json)
		return misuse("--html and --json exclude each other");
	return 0;
}

int audit_report(int argc, char **argv)
{
	struct report report = { .view.filter = ROW_FILTER_ALL };
	struct row_taker taker = { .take = take_rows, .context = &report };
	struct row_filter ask;
	int status = parse(&report, argc, argv);

	if (status)
		return status;
	view_ask(&report.view, &ask);
	status =
		rows_from(argv + optind, (size_t)(argc - optind), &ask, &taker);
	tally_sort(&report.tally);
	if (!status && report.html)
		status = audit_html(&report.tally, report.html);
	else if (!status && report.view.json)
		print_json(&report.tally);
	else if (!status)
		print_text(&report.tally);
	tally_clear(&report.tally);
	view_clear(&report.view);
	return status;
}
