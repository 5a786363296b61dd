/* SPDX-License-Identifier: MIT */
/* Strings being written, into fixed or growing room. */
#include "internal.h"

static bool make_room(struct text *text, size_t more)
{
	size_t need = text->size + more + 1;
	size_t room = text->room ? text->room : 128;
	char *data;

	if (text->fixed || text->failed)
		return !text->failed;
	if (need <= text->room)
		return true;
	while (room < need)
		room *= 2;
	data = realloc(text->data, room);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->room = room;
	return true;
}

void text_add_bytes(struct text *text, const char *data, size_t size)
{
	size_t fits = size;

	if (!make_room(text, size))
		return;
	if (text->size + 1 < text->room) {
		if (fits > text->room - text->size - 1)
			fits = text->room - text->size - 1;
		memcpy(text->data + text->size, data, fits);
		text->data[text->size + fits] = '\0';
	}
	text->size += size;
}

void text_add(struct text *text, const char *format, ...)
{
	char line[512];
	va_list arguments;
	char *whole;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (size >= 0 && (size_t)size < sizeof(line)) {
		text_add_bytes(text, line, size);
		return;
	}
	va_start(arguments, format);
	size = vasprintf(&whole, format, arguments);
	va_end(arguments);
	if (size < 0) {
		text->failed = true;
		return;
	}
	text_add_bytes(text, whole, size);
	free(whole);
}

void text_add_hex(struct text *text, const void *data, size_t size)
{
	const uint8_t *byte = data;
	char digits[3];

	for (size_t i = 0; i < size; i++)
		text_add_bytes(text, coconut_hex(byte + i, 1, digits), 2);
}

/* The continuation bytes that the first byte of a character asks for. */
static size_t follow_count(uint8_t first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return SIZE_MAX;
}

/* Overlong forms, surrogates and what lies beyond Unicode. */
static bool second_is_wrong(uint8_t first, uint8_t second)
{
	return (first == 0xe0 && second < 0xa0) ||
	       (first == 0xed && second > 0x9f) ||
	       (first == 0xf0 && second < 0x90) ||
	       (first == 0xf4 && second > 0x8f);
}

size_t utf8_length(const uint8_t *data, size_t size)
{
	size_t follow;

	if (!size)
		return 0;
	follow = follow_count(data[0]);
	if (follow >= size)
		return 0;
	for (size_t i = 1; i <= follow; i++)
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	if (follow && second_is_wrong(data[0], data[1]))
		return 0;
	return follow + 1;
}

bool utf8_valid(const void *data, size_t size)
{
	const uint8_t *byte = data;

	while (size) {
		size_t length = utf8_length(byte, size);

		if (!length)
			return false;
		byte += length;
		size -= length;
	}
	return true;
}

static bool is_control(const uint8_t *data)
{
	return data[0] < 0x20 || data[0] == 0x7f ||
	       (data[0] == 0xc2 && data[1] < 0xa0);
}

/* Marks that reorder the line around them, U+202A to 202E, 2066 to 2069. */
static bool reorders(const uint8_t *data, size_t length)
{
	if (length != 3 || data[0] != 0xe2)
		return false;
	return (data[1] == 0x80 && data[2] >= 0xa8 && data[2] <= 0xae) ||
	       (data[1] == 0x81 && data[2] >= 0xa6 && data[2] <= 0xa9);
}

void text_add_visible(struct text *text, const void *data, size_t size)
{
	const uint8_t *byte = data;

	while (size) {
		size_t length = utf8_length(byte, size);

		if (!length || is_control(byte) || reorders(byte, length)) {
			text_add(text, "\\x%02x", *byte);
			length = 1;
		} else if (*byte == '\\') {
			text_add(text, "\\\\");
		} else {
			text_add_bytes(text, (const char *)byte, length);
		}
		byte += length;
		size -= length;
	}
}

void text_add_json(struct text *text, const char *data, size_t size)
{
	text_add_bytes(text, "\"", 1);
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = data[i];

		if (byte == '"' || byte == '\\')
			text_add(text, "\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			text_add(text, "\\u%04x", byte);
		else
			text_add_bytes(text, data + i, 1);
	}
	text_add_bytes(text, "\"", 1);
}

void text_add_json_string(struct text *text, const char *string)
{
	text_add_json(text, string, strlen(string));
}

void text_add_quoted(struct text *text, const char *string)
{
	text_add_bytes(text, "\"", 1);
	for (; *string; string++) {
		if (*string == '"' || *string == '\\')
			text_add_bytes(text, "\\", 1);
		text_add_bytes(text, string, 1);
	}
	text_add_bytes(text, "\"", 1);
}

void text_add_json_bytes(struct text *text, const char *key, const void *data,
			 size_t size)
{
	if (utf8_valid(data, size)) {
		text_add(text, ",\"%s\":", key);
		text_add_json(text, data, size);
	} else {
		text_add(text, ",\"%s_hex\":\"", key);
		text_add_hex(text, data, size);
		text_add(text, "\"");
	}
}

void text_add_errno(struct text *text, uint32_t error)
{
	const char *name = error <= INT32_MAX ? strerrorname_np(error) : NULL;

	if (error == ECAPABILITY)
		text_add(text, "ECAPABILITY");
	else if (name)
		text_add(text, "%s", name);
	else
		text_add(text, "%u", error);
}
