// SPDX-License-Identifier: MIT
#include "filter.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"

#define SECOND_NS 1000000000ULL

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

/* "5m": so long before now. */
static bool read_relative(const char *text, uint64_t *ret_time)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = {
		{ 's', 1 },
		{ 'm', 60 },
		{ 'h', 3600 },
		{ 'd', 86400 },
	};
	size_t digits = strspn(text, "0123456789"), i;
	uint64_t count = strtoull(text, NULL, 10);

	if (!digits || digits > 9 || !text[digits] || text[digits + 1])
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t ago = count * units[i].seconds * SECOND_NS;
		uint64_t time = now();

		if (units[i].unit != text[digits])
			continue;
		*ret_time = ago < time ? time - ago : 0;
		return true;
	}
	return false;
}

/* ".5" as nanoseconds; moves @text past it. */
static uint64_t read_fraction(const char **text)
{
	uint64_t value = 0, unit = SECOND_NS;

	if (**text != '.')
		return 0;
	for ((*text)++; **text >= '0' && **text <= '9'; (*text)++) {
		unit /= 10;
		value += (uint64_t)(**text - '0') * unit;
	}
	return value;
}

static bool read_absolute(const char *text, uint64_t *ret_time)
{
	static const char *const formats[] = {
		"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M",    "%Y-%m-%d",
	};
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, formats[i], &tm);
		uint64_t fraction;
		time_t seconds;

		if (!end)
			continue;
		fraction = read_fraction(&end);
		end += *end == 'Z';
		seconds = timegm(&tm);
		if (*end || seconds < 0)
			continue;
		*ret_time = (uint64_t)seconds * SECOND_NS + fraction;
		return true;
	}
	return false;
}

int parse_time(const char *text, const char *what, uint64_t *ret_time)
{
	if (read_relative(text, ret_time) || read_absolute(text, ret_time))
		return 0;
	return misuse(
		"%s: '%s' is no time such as 2026-01-31T12:00:00Z or 5m (ago)",
		what, text);
}

static int take_event(struct row_filter *filter, const char *argument)
{
	int number = coconut_event_from_name(argument);

	if (number < 0)
		return misuse("--event: '%s' is no event", argument);
	filter->event = (uint32_t)number;
	return 0;
}

static int take_cap(struct row_filter *filter, const char *argument)
{
	int number = coconut_cap_id_from_name(argument);

	if (number < 0)
		return misuse("--cap: '%s' is no capability's name", argument);
	filter->cap = (uint32_t)number;
	return 0;
}

static int take_verdict(struct row_filter *filter, const char *argument)
{
	int number = coconut_verdict_from_name(argument);

	if (number < 0)
		return misuse("--verdict: '%s' is not allow, deny or none",
			      argument);
	filter->by_verdict = true;
	filter->verdict = (uint32_t)number;
	return 0;
}

static int take_aid(struct row_filter *filter, int option, const char *argument)
{
	bool subtree = option == OPTION_SUBTREE;

	if (filter->by_aid)
		return misuse("one --aid or --subtree is enough");
	filter->by_aid = true;
	filter->subtree = subtree;
	return parse_number(argument, subtree ? "--subtree" : "--aid",
			    &filter->aid);
}

int row_filter_option(struct row_filter *filter, int option,
		      const char *argument)
{
	switch (option) {
	case OPTION_AID:
	case OPTION_SUBTREE:
		return take_aid(filter, option, argument);
	case OPTION_EVENT:
		return take_event(filter, argument);
	case OPTION_CAP:
		return take_cap(filter, argument);
	case OPTION_VERDICT:
		return take_verdict(filter, argument);
	case OPTION_SINCE:
		return parse_time(argument, "--since", &filter->since);
	case OPTION_UNTIL:
		return parse_time(argument, "--until", &filter->until);
	case OPTION_FROM:
		return parse_number(argument, "--from", &filter->from);
	case OPTION_TO:
		return parse_number(argument, "--to", &filter->to);
	case OPTION_TEXT:
		filter->text = argument;
		return 0;
	default:
		return EXIT_USAGE;
	}
}

bool row_filter_wants(const struct row_filter *filter,
		      const struct coconut_row *row)
{
	return row->seq >= filter->from && row->seq <= filter->to &&
	       row->time >= filter->since && row->time < filter->until &&
	       (!filter->by_aid || filter->subtree ||
		row->aid == filter->aid) &&
	       (!filter->event || row->event == filter->event) &&
	       (!filter->cap || row->cap == filter->cap) &&
	       (!filter->by_verdict || row->verdict == filter->verdict);
}
