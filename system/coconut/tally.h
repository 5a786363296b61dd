/* SPDX-License-Identifier: MIT */
/* Who did what: rows added up by agent and capability. */
#ifndef COCONUT_TALLY_H
#define COCONUT_TALLY_H

#include "view_table.h"

#include <coconut.h>

#define TALLY_SPANS 96

/**
 * struct tally_line - what one agent did with one capability
 * @aid: the agent
 * @cap: enum agent_cap_id, 0 for what belongs to none
 * @allowed: uses, repeats counted
 * @denied: denials
 * @first: the earliest time of one, CLOCK_REALTIME nanoseconds
 * @last: the latest
 * @object: what was denied last, safe for a terminal; NULL for nothing
 */
struct tally_line {
	uint64_t aid;
	uint32_t cap;
	uint64_t allowed;
	uint64_t denied;
	uint64_t first;
	uint64_t last;
	char *object;
};

/**
 * struct tally_agent - an agent
 * @aid: it
 * @parent: its spawner
 * @name: what its manifest calls it; empty when its spawn is not among the rows
 * @rows: rows about it
 * @allowed: its uses, repeats counted
 * @denied: its denials
 */
struct tally_agent {
	uint64_t aid;
	uint64_t parent;
	char name[AGENT_NAME_MAX];
	uint64_t rows;
	uint64_t allowed;
	uint64_t denied;
};

/**
 * struct tally_span - a part of the time
 * @allowed: uses in it
 * @denied: denials in it
 */
struct tally_span {
	uint64_t allowed;
	uint64_t denied;
};

/**
 * struct tally - all of it
 * @lines: by agent and capability, once tally_sort() has been called
 * @nr_lines: how many
 * @agents: by AID, likewise
 * @nr_agents: how many
 * @places: where lines and agents are
 * @rows: rows seen
 * @from: number of the first
 * @to: number of the last
 * @first: the earliest time of one
 * @last: the latest
 * @base: when the row @from was
 * @spans: the time from then on
 * @width: how long each is, nanoseconds
 */
struct tally {
	struct tally_line *lines;
	size_t nr_lines;
	struct tally_agent *agents;
	size_t nr_agents;
	struct view_table places;
	uint64_t rows;
	uint64_t from;
	uint64_t to;
	uint64_t first;
	uint64_t last;
	uint64_t base;
	struct tally_span spans[TALLY_SPANS];
	uint64_t width;
};

/**
 * tally_add - add a row
 * @tally: all of it, zeroes before the first
 * @row: the row
 */
void tally_add(struct tally *tally, const struct coconut_row *row);

/**
 * tally_sort - no row follows
 * @tally: all of it
 */
void tally_sort(struct tally *tally);

/**
 * tally_agent_of - find an agent
 * @tally: all of it, sorted
 * @aid: the agent
 *
 * Return: the agent, which every line has.
 */
const struct tally_agent *tally_agent_of(const struct tally *tally,
					 uint64_t aid);

/**
 * tally_cap_name - what a line is about
 * @line: the line
 *
 * Return: the capability's name, or "other".
 */
const char *tally_cap_name(const struct tally_line *line);

/**
 * tally_time - write a time
 * @time: CLOCK_REALTIME nanoseconds
 * @text: gets it, TALLY_TIME_MAX bytes
 *
 * Return: @text.
 */
#define TALLY_TIME_MAX 40
char *tally_time(uint64_t time, char *text);

/**
 * tally_clear - free what it holds
 * @tally: all of it
 */
void tally_clear(struct tally *tally);

#endif /* COCONUT_TALLY_H */
