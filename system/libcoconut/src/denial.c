/* SPDX-License-Identifier: MIT */
/* Denials that explain themselves, and the agent at the other end of a socket. */
#include <signal.h>
#include <sys/socket.h>

#include "internal.h"

/* Where the fields of a kind of signal begin in siginfo_t. */
#define SIGINFO_FIELDS 16

_Static_assert(sizeof(siginfo_t) >= SIGINFO_FIELDS + sizeof(struct agent_trap),
	       "struct agent_trap has room in siginfo_t");
_Static_assert(offsetof(siginfo_t, si_addr) == SIGINFO_FIELDS,
	       "its address stands where si_addr does");

int coconut_peer_aid(int fd, uint64_t *ret_aid)
{
	int saved = errno;
	uint64_t aid = 0;
	socklen_t size = sizeof(aid);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERAID, &aid, &size)) {
		int err = -errno;

		errno = saved;
		return err;
	}
	if (size != sizeof(aid))
		return -EBADMSG;
	*ret_aid = aid;
	return 0;
}

int coconut_denials(uint64_t aid, uint64_t from, struct agent_denial *denials,
		    size_t count, uint64_t *ret_next)
{
	struct agent_audit_query_args query = {
		.flags = AGENT_AUDIT_REASONS,
		.aid = aid,
		.seq = from,
		.buf = (uintptr_t)denials,
		.buf_size = sizeof(*denials) * (count < AGENT_DENIALS_KEPT ?
							count :
							AGENT_DENIALS_KEPT),
	};
	int64_t got = coconut_audit_query(&query);

	if (got < 0)
		return got;
	if (ret_next)
		*ret_next = query.next_seq;
	return got / sizeof(*denials);
}

int coconut_trap_from_siginfo(const siginfo_t *info,
			      struct agent_trap *ret_trap)
{
	if (info->si_signo != SIGTRAP || info->si_code != TRAP_AGENT)
		return -EINVAL;
	memcpy(ret_trap, (const char *)info + SIGINFO_FIELDS,
	       sizeof(*ret_trap));
	return 0;
}

/*
 * What there is of a text in its field, whose size may be that of the whole;
 * without a character of which only the beginning has room.
 */
static size_t size_in(const char *field, uint32_t size)
{
	size_t held = AGENT_DENIAL_TEXT_MAX, start = held - 1;

	if (size <= AGENT_DENIAL_TEXT_MAX)
		return size;
	while (start > held - 4 && (field[start] & 0xc0) == 0x80)
		start--;
	if ((field[start] & 0xc0) == 0xc0 &&
	    !utf8_length((const uint8_t *)field + start, held - start))
		held = start;
	return held;
}

static void add_time(struct text *text, uint64_t time_ns)
{
	text_add(text, "%ju.%03us", (uintmax_t)(time_ns / 1000000000),
		 (unsigned int)(time_ns / 1000000 % 1000));
}

static void add_object(struct text *text, const struct agent_denial *denial)
{
	if (!denial->text_size)
		return;
	text_add(text, " ");
	text_add_visible(text, denial->text,
			 size_in(denial->text, denial->text_size));
	if (denial->text_size > AGENT_DENIAL_TEXT_MAX)
		text_add(text, "...");
}

size_t coconut_denial_format(const struct agent_denial *denial, char *buffer,
			     size_t size)
{
	struct text text = { .data = buffer, .room = size, .fixed = true };

	text_add(&text, "%ju ", (uintmax_t)denial->number);
	add_time(&text, denial->time_ns);
	text_add(&text, " pid=%u", denial->pid);
	if (denial->cap)
		text_add(&text, " %s", coconut_cap_id_name(denial->cap));
	add_object(&text, denial);
	text_add(&text,
		 " reason=%s error=", coconut_reason_name(denial->reason));
	text_add_errno(&text, denial->error);
	if (denial->hint_size) {
		text_add(&text, " hint=\"");
		text_add_visible(&text, denial->hint,
				 size_in(denial->hint, denial->hint_size));
		text_add(&text, "\"");
	}
	return text.size;
}

size_t coconut_denial_json(const struct agent_denial *denial, char *buffer,
			   size_t size)
{
	struct text text = { .data = buffer, .room = size, .fixed = true };

	text_add(&text, "{\"number\":%ju,\"time_ns\":%ju,\"pid\":%u",
		 (uintmax_t)denial->number, (uintmax_t)denial->time_ns,
		 denial->pid);
	text_add(&text, ",\"object\":[%ju,%ju]", (uintmax_t)denial->object[0],
		 (uintmax_t)denial->object[1]);
	if (denial->cap)
		text_add(&text, ",\"cap\":\"%s\"",
			 coconut_cap_id_name(denial->cap));
	text_add(&text, ",\"reason\":\"%s\",\"explanation\":",
		 coconut_reason_name(denial->reason));
	text_add_json_string(&text, coconut_reason_text(denial->reason));
	text_add(&text, ",\"errno\":%u,\"error\":\"", denial->error);
	text_add_errno(&text, denial->error);
	text_add(&text, "\"");
	if (denial->text_size)
		text_add_json_bytes(&text, "text", denial->text,
				    size_in(denial->text, denial->text_size));
	text_add(&text, ",\"text_size\":%u", denial->text_size);
	if (denial->hint_size)
		text_add_json_bytes(&text, "hint", denial->hint,
				    size_in(denial->hint, denial->hint_size));
	text_add(&text, "}");
	return text.size;
}
