// SPDX-License-Identifier: MIT
/*
 * coconutd: rows from the disk to clients, as fast as each reads them
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "coconutd.h"

#define PIECE 32768

/**
 * struct stream - where a client is in the chain
 * @file: the segment it reads, or NULL
 * @first: sequence number of that segment's first row
 * @next: sequence number of the next row
 * @follow: go on when the end is reached
 * @aid: only rows of this agent, with @by_aid
 * @event: only rows of this event, 0 for all
 * @cap: only rows of this capability, 0 for all
 * @by_aid: filter by @aid
 * @data: bytes read and not yet looked at
 * @size: how many
 */
struct stream {
	struct rows_file *file;
	uint64_t first;
	uint64_t next;
	bool follow;
	bool by_aid;
	uint64_t aid;
	uint64_t event;
	uint64_t cap;
	uint8_t data[PIECE + AGENT_AUDIT_ROW_MAX];
	size_t size;
};

/* The segment in which a row stands: the last that begins at it or before. */
static uint64_t segment_of(uint64_t seq)
{
	struct coconut_segment *segments;
	uint64_t best = 0;
	size_t count, i;

	if (coconut_segment_list(CHAIN_DIR, &segments, &count, NULL))
		return 0;
	for (i = 0; i < count && (!i || segments[i].first <= seq); i++)
		best = segments[i].first;
	free(segments);
	return best;
}

static bool open_at(struct stream *stream)
{
	uint64_t first = segment_of(stream->next);

	if (!first || (stream->file && first == stream->first))
		return false;
	rows_file_close(stream->file);
	stream->file = rows_file_open(CHAIN_DIR, first);
	stream->first = first;
	stream->size = 0;
	return stream->file != NULL;
}

/* Return: whether there are new bytes. */
static bool fill(struct stream *stream)
{
	ssize_t got;

	if (!stream->file && !open_at(stream))
		return false;
	for (;;) {
		got = rows_file_read(stream->file, stream->data + stream->size,
				     sizeof(stream->data) - stream->size);
		if (got > 0) {
			stream->size += got;
			return true;
		}
		if (got < 0 || !open_at(stream))
			return false;
	}
}

static bool is_wanted(const struct stream *stream,
		      const struct coconut_row *row)
{
	return (!stream->by_aid || row->aid == stream->aid) &&
	       (!stream->event || row->event == stream->event) &&
	       (!stream->cap || row->cap == stream->cap) &&
	       row->seq >= stream->next;
}

/* Take whole rows out of the buffer; those wanted are put together in @to. */
static size_t sift(struct stream *stream, uint8_t *to)
{
	struct coconut_row row;
	size_t offset = 0, size = 0;

	while (coconut_row_next(stream->data, stream->size, &offset, &row) ==
	       1) {
		if (!is_wanted(stream, &row))
			continue;
		memcpy(to + size, row.raw, row.size);
		size += row.size;
		stream->next = row.seq + 1;
	}
	stream->size -= offset;
	memmove(stream->data, stream->data + offset, stream->size);
	return size;
}

/**
 * stream_end - stop a client's stream
 * @client: the client; one without a stream is left alone
 */
void stream_end(struct client *client)
{
	if (!client->stream)
		return;
	rows_file_close(client->stream->file);
	free(client->stream);
	client->stream = NULL;
}

static void finish(struct client *client)
{
	cbor_item_t *message = message_new(true);

	stream_end(client);
	message_bool(message, "end", true);
	client_send(client, message);
}

/* A message that the socket has no room for is read from the disk again. */
static bool send_rows(struct client *client, const uint8_t *data, size_t size,
		      uint64_t was)
{
	cbor_item_t *message = message_new(true);
	struct stream *stream = client->stream;

	message_bytes(message, "rows", data, size);
	if (!client_send(client, message))
		return true;
	if (client->dead)
		return false;
	stream->next = was;
	rows_file_close(stream->file);
	stream->file = NULL;
	stream->size = 0;
	client_watch(client, true);
	return false;
}

/* An agent that follows needs its capability for as long as it does. */
static bool may_read(const struct client *client, const struct stream *stream,
		     bool use)
{
	if (!peer_is_agent(client))
		return client->auditor;
	return peer_holds(client,
			  stream->by_aid ? stream->aid : AGENT_AID_LEGACY,
			  AGENT_CAP_AUDIT_READ, use);
}

static void refuse(struct client *client)
{
	if (peer_is_agent(client))
		client_fail(
			client, ECAPABILITY,
			"these rows are not within the audit.read of agent %" PRIu64,
			client->aid);
	else
		client_fail(
			client, EACCES,
			"the audit chain is for root and for the group of " CHAIN_DIR);
}

/**
 * stream_pump - send what there is and what the client's socket takes
 * @client: the client
 */
void stream_pump(struct client *client)
{
	static uint8_t wanted[PIECE + AGENT_AUDIT_ROW_MAX];
	struct stream *stream = client->stream;
	uint64_t was;
	size_t size;

	if (!stream)
		return;
	client_watch(client, false);
	if (stream->follow && !may_read(client, stream, false)) {
		stream_end(client);
		client_fail(client, ECAPABILITY,
			    "agent %" PRIu64 " has lost its audit.read",
			    client->aid);
		return;
	}
	while (fill(stream)) {
		was = stream->next;
		size = sift(stream, wanted);
		if (size && !send_rows(client, wanted, size, was))
			return;
	}
	if (!stream->follow)
		finish(client);
}

/**
 * stream_begin - give a client rows
 * @client: the client
 * @request: from_seq, follow, aid, event, cap
 */
void stream_begin(struct client *client, const cbor_item_t *request)
{
	struct stream *stream;

	stream_end(client);
	stream = calloc(1, sizeof(*stream));
	if (!stream) {
		client_fail(client, ENOMEM, "out of memory");
		return;
	}
	if (!message_get_uint(request, "from_seq", &stream->next))
		stream->next = 1;
	/* Past the end: only what is still to come. */
	if (stream->next > chain_written() + 1)
		stream->next = chain_written() + 1;
	stream->follow = message_get_bool(request, "follow");
	stream->by_aid = message_get_uint(request, "aid", &stream->aid);
	message_get_uint(request, "event", &stream->event);
	message_get_uint(request, "cap", &stream->cap);
	if (!may_read(client, stream, true)) {
		free(stream);
		refuse(client);
		return;
	}
	client->stream = stream;
	stream_pump(client);
}
