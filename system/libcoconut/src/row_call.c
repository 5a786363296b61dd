/* SPDX-License-Identifier: MIT */
/* Rows of system calls, by the names that these have on x86_64. */
#include <endian.h>

#include "internal.h"

#define ARGUMENTS 6
#define ERRNO_MAX 4095

static const char *const calls[] = {
#include "calls.inc"
};

static const char *const agent_calls[] = {
	"agent_spawn",       "agent_attest",      "agent_quota",
	"agent_cap_grant",   "agent_cap_revoke",  "agent_cap_present",
	"agent_audit_query", "agent_memory_tier",
};

const char *coconut_call_name(uint64_t number)
{
	if (number < ARRAY_SIZE(calls) && calls[number])
		return calls[number];
	if (number >= __NR_agent_spawn &&
	    number - __NR_agent_spawn < ARRAY_SIZE(agent_calls))
		return agent_calls[number - __NR_agent_spawn];
	return "unknown";
}

bool is_call(const struct coconut_row *row)
{
	return row->event == AGENT_EVENT_CALL &&
	       row->payload_size == ARGUMENTS * sizeof(uint64_t);
}

static uint64_t argument(const struct coconut_row *row, size_t index)
{
	uint64_t value;

	memcpy(&value, row->payload + index * sizeof(value), sizeof(value));
	return le64toh(value);
}

static void line_result(struct text *text, int64_t result)
{
	if (result < 0 && result >= -ERRNO_MAX) {
		text_add(text, " = -");
		text_add_errno(text, (uint32_t)-result);
	} else {
		text_add(text, " = %jd", (intmax_t)result);
	}
}

void line_call(struct text *text, const struct coconut_row *row)
{
	const char *name = coconut_call_name(row->object[0]);

	if (strcmp(name, "unknown"))
		text_add(text, " %s(", name);
	else
		text_add(text, " call-%ju(", (uintmax_t)row->object[0]);
	for (size_t i = 0; i < ARGUMENTS; i++)
		text_add(text, "%s%#jx", i ? ", " : "",
			 (uintmax_t)argument(row, i));
	text_add(text, ")");
	line_result(text, (int64_t)row->object[1]);
}

void json_call(struct text *text, const struct coconut_row *row)
{
	text_add(text, ",\"call\":\"%s\",\"arguments\":[",
		 coconut_call_name(row->object[0]));
	for (size_t i = 0; i < ARGUMENTS; i++)
		text_add(text, "%s%ju", i ? "," : "",
			 (uintmax_t)argument(row, i));
	text_add(text, "],\"result\":%jd", (intmax_t)row->object[1]);
}
