/* SPDX-License-Identifier: MIT */
/* Which audit rows are wanted. */
#ifndef COCONUT_FILTER_H
#define COCONUT_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include <coconut.h>

/**
 * struct row_filter - which rows are wanted
 * @by_aid: only those of @aid
 * @subtree: with @by_aid, those of all agents below it too
 * @aid: the agent
 * @event: enum agent_audit_event, 0 for all
 * @cap: enum agent_cap_id, 0 for all
 * @by_verdict: only those with @verdict
 * @verdict: AGENT_VERDICT_*
 * @from: the first sequence number
 * @to: the last sequence number
 * @since: CLOCK_REALTIME nanoseconds; rows at or after it
 * @until: rows before it
 * @text: what must stand in the row as it is printed, from the event on; NULL
 *	for all
 */
struct row_filter {
	bool by_aid;
	bool subtree;
	uint64_t aid;
	uint32_t event;
	uint32_t cap;
	bool by_verdict;
	uint32_t verdict;
	uint64_t from;
	uint64_t to;
	uint64_t since;
	uint64_t until;
	const char *text;
};

#define ROW_FILTER_ALL { .from = 1, .to = UINT64_MAX, .until = UINT64_MAX }

/* What options in struct option fill in a filter; numbers that no letter has. */
enum {
	OPTION_AID = 256,
	OPTION_SUBTREE,
	OPTION_EVENT,
	OPTION_CAP,
	OPTION_VERDICT,
	OPTION_SINCE,
	OPTION_UNTIL,
	OPTION_FROM,
	OPTION_TO,
	OPTION_TEXT,
};
#define ROW_FILTER_OPTIONS                                              \
	{ "aid", required_argument, NULL, OPTION_AID },                 \
		{ "subtree", required_argument, NULL, OPTION_SUBTREE }, \
		{ "event", required_argument, NULL, OPTION_EVENT },     \
		{ "cap", required_argument, NULL, OPTION_CAP },         \
		{ "verdict", required_argument, NULL, OPTION_VERDICT }, \
		{ "since", required_argument, NULL, OPTION_SINCE },     \
		{ "until", required_argument, NULL, OPTION_UNTIL },     \
		{ "from", required_argument, NULL, OPTION_FROM },       \
		{ "to", required_argument, NULL, OPTION_TO },           \
	{                                                               \
		"text", required_argument, NULL, OPTION_TEXT            \
	}

/* The usage of these options, and what each does. */
#define ROW_FILTER_USAGE                                                \
	"[--aid N | --subtree N] [--event E] [--cap C] [--verdict V]\n" \
	"        [--since T] [--until T] [--from SEQ] [--to SEQ] [--text S]"
#define ROW_FILTER_HELP                                                       \
	"  --aid N      only rows of this agent\n"                            \
	"  --subtree N  only rows of this agent and of all below it\n"        \
	"  --event E    only rows of this event, such as deny\n"              \
	"  --cap C      only rows of this capability, such as fs.read\n"      \
	"  --verdict V  only rows with this verdict: allow, deny or none\n"   \
	"  --since T    only rows from this time on: 2026-01-31T12:00:00Z,\n" \
	"               a part of that, or 30s, 5m, 2h, 1d before now\n"      \
	"  --until T    only rows before this time\n"                         \
	"  --from SEQ   only rows from this one on\n"                         \
	"  --to SEQ     only rows up to this one\n"                           \
	"  --text S     only rows that show this text\n"

/**
 * row_filter_option - take an option of ROW_FILTER_OPTIONS
 * @filter: the filter
 * @option: what next_option() gave
 * @argument: its argument
 *
 * Return: 0, or EXIT_USAGE once the mistake has been told, or for an option
 * that is none of these.
 */
int row_filter_option(struct row_filter *filter, int option,
		      const char *argument);

/**
 * row_filter_wants - does a filter want a row, but for its @subtree and @text
 * @filter: the filter
 * @row: the row
 *
 * Return: whether it does.
 */
bool row_filter_wants(const struct row_filter *filter,
		      const struct coconut_row *row);

/**
 * parse_time - read a time
 * @text: "2026-01-31T12:00:00.5Z" or the beginning of one, in UTC, or "5m"
 * @what: what it is, for the message
 * @ret_time: gets CLOCK_REALTIME nanoseconds
 *
 * Return: 0, or EXIT_USAGE once the mistake has been told.
 */
int parse_time(const char *text, const char *what, uint64_t *ret_time);

#endif /* COCONUT_FILTER_H */
