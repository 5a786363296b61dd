/* SPDX-License-Identifier: MIT */
/* Rows of the audit chain, read in place. */
#include <endian.h>

#include "internal.h"

/* Payload and padding up to a multiple of 8, then the chain value. */
static uint32_t size_of_row(uint32_t payload_size)
{
	return ((AGENT_AUDIT_HEAD_SIZE + payload_size + 7) & ~7U) +
	       AGENT_DIGEST_SIZE;
}

static void decode(const struct agent_audit_row *head, struct coconut_row *row)
{
	row->size = le32toh(head->size);
	row->version = le16toh(head->version);
	row->event = le16toh(head->event);
	row->seq = le64toh(head->seq);
	row->boot = le64toh(head->boot);
	row->time = le64toh(head->time);
	row->aid = le64toh(head->aid);
	row->parent = le64toh(head->parent);
	row->object[0] = le64toh(head->object[0]);
	row->object[1] = le64toh(head->object[1]);
	row->pid = le32toh(head->pid);
	row->cap = le16toh(head->cap);
	row->verdict = head->verdict;
	row->reason = head->reason;
	row->error = le32toh(head->error);
	row->payload_size = le32toh(head->payload_size);
}

int coconut_row_next(const void *data, size_t size, size_t *offset,
		     struct coconut_row *ret_row)
{
	struct agent_audit_row head;
	struct coconut_row row = { 0 };
	size_t left = size - *offset;
	const uint8_t *raw = data;

	if (!left)
		return 0;
	if (left < sizeof(head))
		return -EAGAIN;
	raw += *offset;
	/* A buffer of rows need not be aligned for their numbers. */
	memcpy(&head, raw, sizeof(head));
	decode(&head, &row);
	if (row.payload_size > AGENT_AUDIT_PAYLOAD_MAX ||
	    row.size != size_of_row(row.payload_size))
		return -EBADMSG;
	if (left < row.size)
		return -EAGAIN;
	row.raw = raw;
	row.payload = raw + sizeof(head);
	row.chain = raw + row.size - AGENT_DIGEST_SIZE;
	*offset += row.size;
	*ret_row = row;
	return 1;
}

bool coconut_row_is_named(const struct coconut_row *row)
{
	return row->event == AGENT_EVENT_USE && row->object[1] &&
	       row->payload_size && row->reason != AGENT_REASON_REPEATS;
}

bool coconut_row_wants_name(const struct coconut_row *row)
{
	if (row->event != AGENT_EVENT_USE || !row->object[1])
		return false;
	return row->reason == AGENT_REASON_REPEATS ? cap_id_has_path(row->cap) :
						     !row->payload_size;
}
