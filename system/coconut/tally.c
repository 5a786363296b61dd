// SPDX-License-Identifier: MIT
#include "tally.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"

#define SECOND_NS 1000000000ULL
/* No capability has this number: the place of the agent itself. */
#define AGENT_ITSELF UINT32_MAX

/* Room for one more at the end of an array that doubles. */
static void *one_more(void *array, size_t count, size_t size)
{
	/* Powers of two are where the room ends. */
	if (count & (count - 1))
		return array;
	array = reallocarray(array, count ? 2 * count : 1, size);
	if (array)
		return array;
	complain("out of memory");
	exit(EXIT_REFUSED);
}

static struct tally_agent *agent_at(struct tally *tally,
				    const struct coconut_row *row)
{
	const uint64_t key[3] = { row->aid, AGENT_ITSELF };
	const struct view_entry *place = view_table_find(&tally->places, key);
	struct tally_agent *agent;

	if (place)
		return &tally->agents[place->seq - 1];
	tally->agents = one_more(tally->agents, tally->nr_agents,
				 sizeof(*tally->agents));
	agent = &tally->agents[tally->nr_agents++];
	*agent = (struct tally_agent){ .aid = row->aid, .parent = row->parent };
	view_table_add(&tally->places, key, tally->nr_agents);
	return agent;
}

static struct tally_line *line_at(struct tally *tally,
				  const struct coconut_row *row)
{
	const uint64_t key[3] = { row->aid, row->cap };
	const struct view_entry *place = view_table_find(&tally->places, key);
	struct tally_line *line;

	if (place)
		return &tally->lines[place->seq - 1];
	tally->lines =
		one_more(tally->lines, tally->nr_lines, sizeof(*tally->lines));
	line = &tally->lines[tally->nr_lines++];
	*line = (struct tally_line){ .aid = row->aid,
				     .cap = row->cap,
				     .first = row->time };
	view_table_add(&tally->places, key, tally->nr_lines);
	return line;
}

/* A row of repeats stands for as many uses as it tells. */
static uint64_t uses_of(const struct coconut_row *row)
{
	uint64_t count;

	if (row->reason != AGENT_REASON_REPEATS ||
	    row->payload_size != sizeof(count))
		return 1;
	memcpy(&count, row->payload, sizeof(count));
	return le64toh(count);
}

/* Twice as long, half as many. */
static void widen(struct tally *tally)
{
	size_t i;

	for (i = 0; i < TALLY_SPANS / 2; i++) {
		const struct tally_span *pair = &tally->spans[2 * i];
		struct tally_span both = {
			.allowed = pair[0].allowed + pair[1].allowed,
			.denied = pair[0].denied + pair[1].denied,
		};

		tally->spans[i] = both;
	}
	memset(&tally->spans[i], 0, i * sizeof(tally->spans[i]));
	tally->width *= 2;
}

static struct tally_span *span_at(struct tally *tally, uint64_t time)
{
	uint64_t since = time > tally->base ? time - tally->base : 0;

	while (since / tally->width >= TALLY_SPANS)
		widen(tally);
	return &tally->spans[since / tally->width];
}

/* What stands between the capability and the reason, as it is printed. */
static char *object_of(const struct coconut_row *row)
{
	char text[COCONUT_ROW_TEXT_MAX], *start, *end = NULL, *next;

	coconut_row_format(row, text, sizeof(text));
	start = strstr(text, " DENY");
	if (!start)
		return NULL;
	start += strlen(" DENY");
	if (row->cap && *start)
		start += 1 + strcspn(start + 1, " ");
	for (next = start; (next = strstr(next, " reason=")); next++)
		end = next;
	if (end)
		*end = '\0';
	return *start ? strdup(start + 1) : NULL;
}

static void add_decision(struct tally *tally, struct tally_agent *agent,
			 const struct coconut_row *row)
{
	struct tally_line *line = line_at(tally, row);
	struct tally_span *span = span_at(tally, row->time);
	uint64_t count = uses_of(row);

	line->first = row->time < line->first ? row->time : line->first;
	line->last = row->time > line->last ? row->time : line->last;
	if (row->event == AGENT_EVENT_USE) {
		agent->allowed += count;
		line->allowed += count;
		span->allowed += count;
		return;
	}
	agent->denied++;
	line->denied++;
	span->denied++;
	free(line->object);
	line->object = object_of(row);
}

static void take_name(struct tally_agent *agent, const struct coconut_row *row)
{
	size_t i, size = row->payload_size - AGENT_DIGEST_SIZE;

	if (row->payload_size < AGENT_DIGEST_SIZE ||
	    size >= sizeof(agent->name))
		return;
	for (i = 0; i < size; i++) {
		uint8_t byte = row->payload[AGENT_DIGEST_SIZE + i];

		agent->name[i] = byte > 0x20 && byte < 0x7f ? (char)byte : '?';
	}
	agent->name[size] = '\0';
}

void tally_add(struct tally *tally, const struct coconut_row *row)
{
	struct tally_agent *agent;

	if (!tally->rows++) {
		tally->first = tally->last = tally->base = row->time;
		tally->from = row->seq;
		tally->width = SECOND_NS / 1000;
	}
	/* The clock may be set back between two rows. */
	tally->first = row->time < tally->first ? row->time : tally->first;
	tally->last = row->time > tally->last ? row->time : tally->last;
	tally->to = row->seq;
	agent = agent_at(tally, row);
	agent->rows++;
	if (row->event == AGENT_EVENT_SPAWN)
		take_name(agent, row);
	if (row->event == AGENT_EVENT_USE || row->event == AGENT_EVENT_DENY)
		add_decision(tally, agent, row);
}

static int compare_lines(const void *left, const void *right)
{
	const struct tally_line *a = left, *b = right;

	if (a->aid != b->aid)
		return a->aid < b->aid ? -1 : 1;
	return (a->cap > b->cap) - (a->cap < b->cap);
}

static int compare_agents(const void *left, const void *right)
{
	const struct tally_agent *a = left, *b = right;

	return (a->aid > b->aid) - (a->aid < b->aid);
}

void tally_sort(struct tally *tally)
{
	if (tally->nr_lines)
		qsort(tally->lines, tally->nr_lines, sizeof(*tally->lines),
		      compare_lines);
	if (tally->nr_agents)
		qsort(tally->agents, tally->nr_agents, sizeof(*tally->agents),
		      compare_agents);
}

const struct tally_agent *tally_agent_of(const struct tally *tally,
					 uint64_t aid)
{
	const struct tally_agent key = { .aid = aid };

	return bsearch(&key, tally->agents, tally->nr_agents, sizeof(key),
		       compare_agents);
}

const char *tally_cap_name(const struct tally_line *line)
{
	return line->cap ? coconut_cap_id_name(line->cap) : "other";
}

char *tally_time(uint64_t time, char *text)
{
	time_t seconds = (time_t)(time / SECOND_NS);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, TALLY_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return text;
}

void tally_clear(struct tally *tally)
{
	size_t i;

	for (i = 0; i < tally->nr_lines; i++)
		free(tally->lines[i].object);
	free(tally->lines);
	free(tally->agents);
	view_table_clear(&tally->places);
}
