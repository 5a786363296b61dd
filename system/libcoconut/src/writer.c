/* SPDX-License-Identifier: MIT */
/*
 * The CBOR writer.  It knows deterministic CBOR (RFC 8949, 4.2.1) only: heads
 * are the shortest there are, lengths are definite.
 */
#include <assert.h>

#include "internal.h"

void write_raw(struct writer *writer, const void *data, size_t size)
{
	size_t room = writer->room ? writer->room : 256;
	uint8_t *grown;

	if (writer->failed || !size)
		return;
	while (room - writer->size < size)
		room *= 2;
	if (room != writer->room) {
		grown = realloc(writer->data, room);
		if (!grown) {
			writer->failed = true;
			return;
		}
		writer->data = grown;
		writer->room = room;
	}
	memcpy(writer->data + writer->size, data, size);
	writer->size += size;
}

static void write_head(struct writer *writer, enum agent_cbor_type type,
		       uint64_t value)
{
	uint8_t head[9] = { type << 5 };
	unsigned int bytes = 0;

	if (value < 24) {
		head[0] |= value;
	} else {
		/* 24 to 27 say that 1, 2, 4 or 8 bytes of value follow. */
		unsigned int log = value > UINT32_MAX ? 3 :
				   value > UINT16_MAX ? 2 :
							value > UINT8_MAX;

		bytes = 1U << log;
		head[0] |= 24 + log;
		for (unsigned int i = 0; i < bytes; i++)
			head[1 + i] = value >> (8 * (bytes - 1 - i));
	}
	write_raw(writer, head, 1 + bytes);
}

void write_uint(struct writer *writer, uint64_t value)
{
	write_head(writer, AGENT_CBOR_UINT, value);
}

void write_bytes(struct writer *writer, const void *data, size_t size)
{
	write_head(writer, AGENT_CBOR_BYTES, size);
	write_raw(writer, data, size);
}

void write_text(struct writer *writer, const char *string)
{
	size_t size = strlen(string);

	write_head(writer, AGENT_CBOR_TEXT, size);
	write_raw(writer, string, size);
}

void write_array(struct writer *writer, size_t count)
{
	write_head(writer, AGENT_CBOR_ARRAY, count);
}

void write_texts(struct writer *writer, char *const *strings, size_t count)
{
	write_array(writer, count);
	for (size_t i = 0; i < count; i++)
		write_text(writer, strings[i]);
}

size_t write_map(struct writer *writer)
{
	size_t map = writer->size;

	write_head(writer, AGENT_CBOR_MAP, 0);
	return map;
}

void write_key(struct writer *writer, size_t map, unsigned int key)
{
	if (writer->failed)
		return;
	/* Up to 23 keys, the count stands in the map's first byte. */
	assert((writer->data[map] & 0x1f) < 23);
	writer->data[map]++;
	write_uint(writer, key);
}
