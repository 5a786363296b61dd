// SPDX-License-Identifier: MIT
/*
 * The report as a page.  All that comes from rows goes through escape(): who
 * named a file must not be able to write a page.
 */
#include "audit_html.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define BAR 8      /* width of a span, with its gap */
#define TALL 120   /* height of the tallest */
#define LONG 480   /* length of the longest agent's bar */
#define STEP 22    /* from one agent's bar to the next */
#define LABELS 190 /* room for agents' names */
#define NAME 24    /* so much of a name is drawn, with the NUL */
#define AGENTS 40  /* so many are drawn; all are in the table */

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<title>Coconut OS: who did what</title>\n<style>\n"
	"body{font:15px/1.45 system-ui,sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#1c2430;background:#fff}\n"
	"h1{font-size:1.5em;margin:0}h2{font-size:1.1em;margin:2em 0 .5em}p{color:#566173;margin:.3em 0}\n"
	"table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3em .7em;border-bottom:1px solid #e3e7ec;vertical-align:top}\n"
	"th{font-weight:600;color:#566173}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	"td.d{overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:.85em}td.bad{color:#b3261e;font-weight:600}\n"
	"svg{display:block;max-width:100%;height:auto}text{font-size:12px;fill:#566173}\n"
	".a{fill:#2e7d5b}.x{fill:#c5352b}.axis{stroke:#c3cad3}\n"
	"@media(prefers-color-scheme:dark){body{background:#14181e;color:#e4e8ee}p,th,text{color:#9aa6b6;fill:#9aa6b6}th,td{border-color:#2a313b}td.bad{color:#ff8a80}}\n"
	"</style>\n</head>\n<body>\n";

/* The text of an element, or an attribute between quotes. */
static void escape(FILE *file, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", file);
			break;
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '"':
			fputs("&quot;", file);
			break;
		case '\'':
			fputs("&#39;", file);
			break;
		default:
			fputc(*text, file);
		}
	}
}

/* What @part is of @most, in @length; what is there is seen. */
static uint64_t scale(uint64_t part, uint64_t most, uint64_t length)
{
	uint64_t scaled =
		(uint64_t)((double)part / (double)most * (double)length);

	return part && !scaled ? 1 : scaled;
}

static void bar(FILE *file, const char *class, uint64_t x, uint64_t y,
		uint64_t width, uint64_t height)
{
	if (width && height)
		fprintf(file,
			"<rect class=\"%s\" x=\"%" PRIu64 "\" y=\"%" PRIu64
			"\" width=\"%" PRIu64 "\" height=\"%" PRIu64 "\"/>\n",
			class, x, y, width, height);
}

static uint64_t tallest(const struct tally *tally)
{
	uint64_t most = 1;
	size_t i;

	for (i = 0; i < TALLY_SPANS; i++) {
		uint64_t sum = tally->spans[i].allowed + tally->spans[i].denied;

		most = sum > most ? sum : most;
	}
	return most;
}

/* The picture ends with the last row. */
static size_t count_spans(const struct tally *tally)
{
	uint64_t since =
		tally->last > tally->base ? tally->last - tally->base : 0;
	uint64_t count = since / tally->width + 1;

	return count < TALLY_SPANS ? count : TALLY_SPANS;
}

/* Denials stand on top of uses. */
static void draw_time(FILE *file, const struct tally *tally)
{
	uint64_t most = tallest(tally);
	size_t count = count_spans(tally), wide = count * BAR;
	char first[TALLY_TIME_MAX], last[TALLY_TIME_MAX];
	size_t i;

	fprintf(file,
		"<svg viewBox=\"0 0 %zu %d\" role=\"img\" aria-label=\"uses and denials over time\">\n",
		wide, TALL + 22);
	for (i = 0; i < count; i++) {
		const struct tally_span *span = &tally->spans[i];
		uint64_t used = scale(span->allowed, most, TALL);
		uint64_t denied = scale(span->denied, most, TALL);

		if (used + denied > TALL)
			used = TALL - denied;
		bar(file, "a", i * BAR, TALL - used, BAR - 1, used);
		bar(file, "x", i * BAR, TALL - used - denied, BAR - 1, denied);
	}
	fprintf(file,
		"<line class=\"axis\" x1=\"0\" y1=\"%d\" x2=\"%zu\" y2=\"%d\"/>\n"
		"<text x=\"0\" y=\"%d\">%s</text><text x=\"%zu\" y=\"%d\" text-anchor=\"end\">%s</text>\n</svg>\n",
		TALL, wide, TALL, TALL + 16, tally_time(tally->base, first),
		wide, TALL + 16, tally_time(tally->last, last));
}

static int compare_busy(const void *left, const void *right)
{
	const struct tally_agent *a = *(const struct tally_agent *const *)left;
	const struct tally_agent *b = *(const struct tally_agent *const *)right;

	if (a->denied != b->denied)
		return a->denied < b->denied ? 1 : -1;
	if (a->allowed != b->allowed)
		return a->allowed < b->allowed ? 1 : -1;
	return (a->aid > b->aid) - (a->aid < b->aid);
}

static void draw_agent(FILE *file, const struct tally_agent *agent, size_t at,
		       uint64_t most)
{
	uint64_t used = scale(agent->allowed, most, LONG);
	uint64_t denied = scale(agent->denied, most, LONG);
	uint64_t y = at * STEP;
	char name[NAME];

	snprintf(name, sizeof(name), "%.*s", NAME - 1, agent->name);
	fprintf(file, "<text x=\"%d\" y=\"%" PRIu64 "\" text-anchor=\"end\">",
		LABELS - 8, y + 14);
	escape(file, name);
	fprintf(file, " %" PRIu64 "</text>\n", agent->aid);
	bar(file, "a", LABELS, y + 3, used, STEP - 8);
	bar(file, "x", LABELS + used, y + 3, denied, STEP - 8);
	fprintf(file,
		"<text x=\"%" PRIu64 "\" y=\"%" PRIu64 "\">%" PRIu64
		" allowed, %" PRIu64 " denied</text>\n",
		LABELS + used + denied + 6, y + 14, agent->allowed,
		agent->denied);
}

/* Those that were denied most first, and then the busiest. */
static int draw_agents(FILE *file, const struct tally *tally)
{
	const struct tally_agent **busy =
		calloc(tally->nr_agents + 1, sizeof(*busy));
	size_t count = tally->nr_agents < AGENTS ? tally->nr_agents : AGENTS, i;
	uint64_t most = 1;

	if (!busy)
		return -ENOMEM;
	for (i = 0; i < tally->nr_agents; i++)
		busy[i] = &tally->agents[i];
	qsort(busy, tally->nr_agents, sizeof(*busy), compare_busy);
	while (count && !busy[count - 1]->allowed && !busy[count - 1]->denied)
		count--;
	for (i = 0; i < count; i++) {
		uint64_t sum = busy[i]->allowed + busy[i]->denied;

		most = sum > most ? sum : most;
	}
	fprintf(file,
		"<svg viewBox=\"0 0 %d %zu\" role=\"img\" aria-label=\"uses and denials by agent\">\n",
		LABELS + LONG + 190, count * STEP + 4);
	for (i = 0; i < count; i++)
		draw_agent(file, busy[i], i, most);
	fputs("</svg>\n", file);
	free(busy);
	return 0;
}

static void write_line(FILE *file, const struct tally *tally,
		       const struct tally_line *line)
{
	char first[TALLY_TIME_MAX], last[TALLY_TIME_MAX];

	fprintf(file, "<tr><td class=\"n\">%" PRIu64 "</td><td>", line->aid);
	escape(file, tally_agent_of(tally, line->aid)->name);
	fprintf(file,
		"</td><td>%s</td><td class=\"n\">%" PRIu64
		"</td><td class=\"n%s\">%" PRIu64
		"</td><td>%s</td><td>%s</td><td class=\"d\">",
		tally_cap_name(line), line->allowed, line->denied ? " bad" : "",
		line->denied, tally_time(line->first, first),
		tally_time(line->last, last));
	escape(file, line->object ? line->object : "");
	fputs("</td></tr>\n", file);
}

static int write_page(FILE *file, const struct tally *tally)
{
	char first[TALLY_TIME_MAX], last[TALLY_TIME_MAX];
	size_t i;

	fputs(head, file);
	fprintf(file,
		"<h1>Who did what</h1>\n<p>%" PRIu64
		" rows of the audit chain, %" PRIu64 " to %" PRIu64
		", %s to %s. Green was allowed, red denied.</p>\n",
		tally->rows, tally->from, tally->to,
		tally_time(tally->first, first), tally_time(tally->last, last));
	fputs("<h2>Over time</h2>\n", file);
	if (tally->rows)
		draw_time(file, tally);
	fputs("<h2>By agent</h2>\n", file);
	if (draw_agents(file, tally))
		return -ENOMEM;
	fputs("<h2>By agent and capability</h2>\n<table>\n<tr><th class=\"n\">AID</th><th>Name</th><th>Capability</th><th class=\"n\">Allowed</th><th class=\"n\">Denied</th><th>First</th><th>Last</th><th>Denied last</th></tr>\n",
	      file);
	for (i = 0; i < tally->nr_lines; i++)
		write_line(file, tally, &tally->lines[i]);
	fputs("</table>\n</body>\n</html>\n", file);
	return ferror(file) ? -EIO : 0;
}

int audit_html(const struct tally *tally, const char *path)
{
	FILE *file = fopen(path, "we");
	int r;

	if (!file) {
		complain("%s: %s", path, coconut_strerror(errno));
		return EXIT_REFUSED;
	}
	r = write_page(file, tally);
	if (fclose(file) && !r)
		r = -errno;
	if (!r)
		return EXIT_GOOD;
	complain("%s: %s", path, coconut_strerror(r));
	return EXIT_REFUSED;
}
