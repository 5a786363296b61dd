/* SPDX-License-Identifier: MIT */
/* Rows of the audit chain, for people and for programs. */
#include <endian.h>
#include <time.h>

#include "internal.h"

#define SECOND_NS 1000000000ULL

static void add_time(struct text *text, uint64_t time)
{
	time_t seconds = time / SECOND_NS;
	char date[40];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	text_add(text, "%s.%09uZ", date, (unsigned int)(time % SECOND_NS));
}

/* The capability of a grant as text, to be freed, or NULL. */
static char *granted(const struct coconut_row *row)
{
	struct coconut_cap cap;
	char *text;

	if (row->event != AGENT_EVENT_GRANT ||
	    coconut_cap_decode(row->payload, row->payload_size, &cap, NULL))
		return NULL;
	text = coconut_cap_format(&cap);
	coconut_cap_clear(&cap);
	return text;
}

static bool has_digest(const struct coconut_row *row)
{
	return (row->event == AGENT_EVENT_SPAWN ||
		row->event == AGENT_EVENT_REFUSE) &&
	       row->payload_size >= AGENT_DIGEST_SIZE;
}

/* The row that stands for repeats of a use tells how many there were. */
static bool has_count(const struct coconut_row *row)
{
	return row->event == AGENT_EVENT_USE &&
	       row->reason == AGENT_REASON_REPEATS &&
	       row->payload_size == sizeof(uint64_t);
}

static uint64_t count_of(const struct coconut_row *row)
{
	uint64_t count;

	memcpy(&count, row->payload, sizeof(count));
	return le64toh(count);
}

/* A revoke of several lists their handles, or the first of them. */
static bool has_handles(const struct coconut_row *row)
{
	return row->event == AGENT_EVENT_REVOKE && row->payload_size &&
	       row->payload_size % sizeof(uint64_t) == 0;
}

static void add_handles(struct text *text, const struct coconut_row *row)
{
	uint64_t handle;

	for (size_t at = 0; at < row->payload_size; at += sizeof(handle)) {
		memcpy(&handle, row->payload + at, sizeof(handle));
		text_add(text, "%s%ju", at ? "," : "",
			 (uintmax_t)le64toh(handle));
	}
}

/* As stat(1) and the kernel write a device: by its two numbers. */
static void line_name(struct text *text, const struct coconut_row *row)
{
	text_add(text, " ");
	if (row->name)
		text_add_visible(text, row->name, row->name_size);
	else
		text_add(text, "%ju:%ju:%ju", (uintmax_t)(row->object[0] >> 20),
			 (uintmax_t)(row->object[0] & 0xfffff),
			 (uintmax_t)row->object[1]);
}

/* Lines of text on one line. */
static void line_lines(struct text *text, const struct coconut_row *row)
{
	const uint8_t *byte = row->payload;
	size_t left = row->payload_size;

	while (left && byte[left - 1] == '\n')
		left--;
	while (left) {
		const uint8_t *end = memchr(byte, '\n', left);
		size_t size = end ? (size_t)(end - byte) : left;

		text_add(text, byte == row->payload ? " " : "; ");
		text_add_visible(text, byte, size);
		size += end ? 1 : 0;
		byte += size;
		left -= size;
	}
}

static void line_payload(struct text *text, const struct coconut_row *row)
{
	char *cap = granted(row);

	if (coconut_row_wants_name(row))
		line_name(text, row);
	if (is_call(row)) {
		line_call(text, row);
	} else if (row->event == AGENT_EVENT_BOOT) {
		line_lines(text, row);
	} else if (cap) {
		text_add(text, " ");
		text_add_visible(text, cap, strlen(cap));
	} else if (has_digest(row)) {
		if (row->payload_size > AGENT_DIGEST_SIZE)
			text_add(text, " ");
		text_add_visible(text, row->payload + AGENT_DIGEST_SIZE,
				 row->payload_size - AGENT_DIGEST_SIZE);
		text_add(text, " digest=");
		text_add_hex(text, row->payload, AGENT_DIGEST_SIZE);
	} else if (has_count(row)) {
		text_add(text, " count=%ju", (uintmax_t)count_of(row));
	} else if (row->payload_size && !has_handles(row)) {
		text_add(text, " ");
		text_add_visible(text, row->payload, row->payload_size);
	}
	free(cap);
}

/* What the two object numbers mean, where they are not a file's. */
static void line_object(struct text *text, const struct coconut_row *row)
{
	const uint64_t *object = row->object;

	switch (row->event) {
	case AGENT_EVENT_STATE:
		text_add(text, " %s -> %s", coconut_state_name(object[0]),
			 coconut_state_name(object[1]));
		break;
	case AGENT_EVENT_GRANT:
		text_add(text, " handle=%ju", (uintmax_t)object[0]);
		break;
	case AGENT_EVENT_REVOKE:
		if (has_handles(row)) {
			text_add(text, " handles=");
			add_handles(text, row);
		} else {
			text_add(text, " handle=%ju", (uintmax_t)object[0]);
		}
		text_add(text, " by=%ju", (uintmax_t)object[1]);
		break;
	case AGENT_EVENT_EXIT:
		text_add(text, " code=%ju", (uintmax_t)object[0]);
		break;
	case AGENT_EVENT_QUOTA:
	case AGENT_EVENT_LIMIT:
		text_add(text, " %s=", coconut_resource_name(object[0]));
		if (object[1] == AGENT_QUOTA_UNLIMITED)
			text_add(text, "unlimited");
		else
			text_add(text, "%ju", (uintmax_t)object[1]);
		break;
	case AGENT_EVENT_KILL:
		text_add(text, " pid=%ju", (uintmax_t)object[0]);
		break;
	case AGENT_EVENT_ATTEST:
		text_add(text, " of=%ju", (uintmax_t)object[0]);
		break;
	}
}

static void line_cap(struct text *text, const struct coconut_row *row)
{
	if (row->cap)
		text_add(text, " %s", coconut_cap_id_name(row->cap));
}

size_t coconut_row_format(const struct coconut_row *row, char *buffer,
			  size_t size)
{
	struct text text = { .data = buffer, .room = size, .fixed = true };

	text_add(&text, "%ju ", (uintmax_t)row->seq);
	add_time(&text, row->time);
	text_add(&text, " aid=%ju pid=%u ", (uintmax_t)row->aid, row->pid);
	if (row->event == AGENT_EVENT_DENY)
		text_add(&text, "DENY");
	else if (row->event && row->event < AGENT_EVENT_COUNT)
		text_add(&text, "%s", coconut_event_name(row->event));
	else
		text_add(&text, "event-%u", row->event);
	line_cap(&text, row);
	line_object(&text, row);
	line_payload(&text, row);
	if (row->reason)
		text_add(&text, " reason=%s", coconut_reason_name(row->reason));
	if (row->error) {
		text_add(&text, " error=");
		text_add_errno(&text, row->error);
	}
	return text.size;
}

static void json_payload(struct text *text, const struct coconut_row *row)
{
	char *cap = granted(row);

	if (row->name) {
		text_add_json_bytes(text, "name", row->name, row->name_size);
		text_add(text, ",\"named_by\":%ju", (uintmax_t)row->named_by);
	}
	if (is_call(row)) {
		json_call(text, row);
	} else if (cap) {
		text_add_json_bytes(text, "capability", cap, strlen(cap));
	} else if (has_digest(row)) {
		text_add(text, ",\"digest\":\"");
		text_add_hex(text, row->payload, AGENT_DIGEST_SIZE);
		text_add(text, "\"");
		text_add_json_bytes(text, "name",
				    row->payload + AGENT_DIGEST_SIZE,
				    row->payload_size - AGENT_DIGEST_SIZE);
	} else if (has_count(row)) {
		text_add(text, ",\"count\":%ju", (uintmax_t)count_of(row));
	} else if (has_handles(row)) {
		text_add(text, ",\"handles\":[");
		add_handles(text, row);
		text_add(text, "]");
	} else if (row->payload_size) {
		text_add_json_bytes(text, "payload", row->payload,
				    row->payload_size);
	}
	free(cap);
}

static void json_head(struct text *text, const struct coconut_row *row)
{
	text_add(text, "{\"seq\":%ju,\"boot\":%ju,\"time\":\"",
		 (uintmax_t)row->seq, (uintmax_t)row->boot);
	add_time(text, row->time);
	text_add(text, "\",\"time_ns\":%ju,\"aid\":%ju,\"parent\":%ju",
		 (uintmax_t)row->time, (uintmax_t)row->aid,
		 (uintmax_t)row->parent);
	text_add(text, ",\"pid\":%u,\"event\":\"%s\",\"event_id\":%u", row->pid,
		 coconut_event_name(row->event), row->event);
	text_add(text, ",\"object\":[%ju,%ju]", (uintmax_t)row->object[0],
		 (uintmax_t)row->object[1]);
}

size_t coconut_row_json(const struct coconut_row *row, char *buffer,
			size_t size)
{
	struct text text = { .data = buffer, .room = size, .fixed = true };

	json_head(&text, row);
	if (row->cap)
		text_add(&text, ",\"cap\":\"%s\"",
			 coconut_cap_id_name(row->cap));
	if (row->event == AGENT_EVENT_STATE)
		text_add(&text, ",\"from\":\"%s\",\"to\":\"%s\"",
			 coconut_state_name(row->object[0]),
			 coconut_state_name(row->object[1]));
	text_add(&text, ",\"verdict\":\"%s\",\"reason\":\"%s\"",
		 coconut_verdict_name(row->verdict),
		 coconut_reason_name(row->reason));
	text_add(&text, ",\"errno\":%u,\"error\":\"", row->error);
	if (row->error)
		text_add_errno(&text, row->error);
	text_add(&text, "\"");
	json_payload(&text, row);
	text_add(&text, ",\"chain\":\"");
	text_add_hex(&text, row->chain, AGENT_DIGEST_SIZE);
	text_add(&text, "\"}");
	return text.size;
}
