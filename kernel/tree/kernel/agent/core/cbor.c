// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: a strict reader of deterministic CBOR (RFC 8949, section 4.2.1)
 *
 * It reads one head at a time and never recurses: who walks the items knows
 * which one must come next, so nesting is bounded by the caller's own code.
 */

#include "core.h"

/**
 * agent_cbor_init - start reading a buffer
 * @cbor: the reader
 * @data: the buffer, which the reader's items will point into
 * @size: its length in bytes
 */
void agent_cbor_init(struct agent_cbor *cbor, const void *data, u32 size)
{
	cbor->data = data;
	cbor->size = size;
	cbor->pos = 0;
	cbor->at = 0;
}

/**
 * agent_cbor_at_end - whether every byte has been read
 * @cbor: the reader
 *
 * Return: true if so.
 */
bool agent_cbor_at_end(const struct agent_cbor *cbor)
{
	return cbor->pos == cbor->size;
}

/* The argument of a head; one that a shorter head could hold is refused. */
static int read_argument(struct agent_cbor *cbor, u8 info, u64 *value)
{
	u32 i, length;

	if (info < 24) {
		*value = info;
		return 0;
	}
	if (info > 27)
		return -EBADMSG;
	length = 1U << (info - 24);
	if (cbor->size - cbor->pos < length)
		return -EBADMSG;
	*value = 0;
	for (i = 0; i < length; i++)
		*value = *value << 8 | cbor->data[cbor->pos++];
	if (length == 1 ? *value < 24 : !(*value >> (4 * length)))
		return -EBADMSG;
	return 0;
}

/* Only what a manifest may hold: no negative number, tag, float or simple. */
static int check_item(struct agent_cbor *cbor, struct agent_cbor_item *item)
{
	u32 left = cbor->size - cbor->pos;

	switch (item->type) {
	case AGENT_CBOR_UINT:
		return 0;
	case AGENT_CBOR_BYTES:
	case AGENT_CBOR_TEXT:
		if (item->value > left)
			return -EBADMSG;
		item->data = cbor->data + cbor->pos;
		cbor->pos += item->value;
		return 0;
	case AGENT_CBOR_ARRAY:
		return item->value > left ? -EBADMSG : 0;
	case AGENT_CBOR_MAP:
		return item->value > left / 2 ? -EBADMSG : 0;
	default:
		return -EBADMSG;
	}
}

/**
 * agent_cbor_next - read the head of the next item, and a string's bytes
 * @cbor: the reader; where it stands is undefined after a failure
 * @item: the item
 *
 * The reader's @at names the item, whether or not it could be read.
 *
 * Return: 0, or -EBADMSG when what comes is not deterministic CBOR of a type
 * that a manifest may hold, or does not fit into the buffer.
 */
int agent_cbor_next(struct agent_cbor *cbor, struct agent_cbor_item *item)
{
	u8 first;
	int err;

	cbor->at = cbor->pos;
	if (cbor->pos >= cbor->size)
		return -EBADMSG;
	first = cbor->data[cbor->pos++];
	item->type = first >> 5;
	item->data = NULL;
	err = read_argument(cbor, first & 31, &item->value);
	if (err)
		return err;
	return check_item(cbor, item);
}

/**
 * agent_cbor_expect - read the next item, which must be of one type
 * @cbor: the reader
 * @type: the type
 * @item: the item
 *
 * Return: 0, -EBADMSG as agent_cbor_next(), or -EINVAL for another type.
 */
int agent_cbor_expect(struct agent_cbor *cbor, enum agent_cbor_type type,
		      struct agent_cbor_item *item)
{
	int err = agent_cbor_next(cbor, item);

	if (err)
		return err;
	return item->type == type ? 0 : -EINVAL;
}

/* The bytes of one character by its first; 0 where none begins so. */
static u32 character_size(u8 first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Neither longer than need be, nor half of a pair, nor past the last plane. */
static bool is_character(u32 code, u32 size)
{
	if (size == 1)
		return code >= 0x20 && code != 0x7f;
	if (size == 3)
		return code >= 0x800 && (code < 0xd800 || code > 0xdfff);
	return size == 2 || (code >= 0x10000 && code <= 0x10ffff);
}

/* Well-formed UTF-8 (RFC 3629) without ASCII's control characters. */
static bool is_clean_text(const u8 *data, u64 size)
{
	u64 i = 0;

	while (i < size) {
		u32 length = character_size(data[i]);
		u64 end = i + length;
		u32 code;

		if (!length || length > size - i)
			return false;
		code = length == 1 ? data[i] : data[i] & 0x7f >> length;
		while (++i < end) {
			if ((data[i] & 0xc0) != 0x80)
				return false;
			code = code << 6 | (data[i] & 0x3f);
		}
		if (!is_character(code, length))
			return false;
	}
	return true;
}

/**
 * agent_text_next - read a text string
 * @cbor: the reader
 * @text: the text, inside the reader's buffer
 *
 * Return: 0, -EBADMSG when it is malformed, or -EINVAL for another type and
 * for text that is not UTF-8 or has control characters.
 */
int agent_text_next(struct agent_cbor *cbor, struct agent_text *text)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_TEXT, &item);

	if (err)
		return err;
	if (!is_clean_text(item.data, item.value))
		return -EINVAL;
	text->data = (const char *)item.data;
	text->size = item.value;
	return 0;
}

/**
 * agent_fail - say where a manifest is wrong
 * @fault: gets the place and the phrase; its @cap is the caller's
 * @offset: byte of the item at fault
 * @what: a fixed English phrase
 * @err: the error
 *
 * Return: @err, so that a reader can end with it.
 */
int agent_fail(struct agent_fault *fault, u32 offset, const char *what,
	       int err)
{
	fault->offset = offset;
	fault->what = what;
	return err;
}

/**
 * agent_fail_value - say that the item read last is not what must stand there
 * @fault: gets the place and the phrase
 * @cbor: the reader
 * @wrong: the phrase for an item that is well-formed and within bounds
 * @err: what reading it said
 *
 * Return: @err
 */
int agent_fail_value(struct agent_fault *fault, const struct agent_cbor *cbor,
		     const char *wrong, int err)
{
	if (err == -EBADMSG)
		wrong = "not deterministic CBOR, or cut short";
	else if (err == -E2BIG)
		wrong = "longer than its bound";
	return agent_fail(fault, cbor->at, wrong, err);
}

/**
 * agent_read_key - read the next key of a map
 * @cbor: the reader
 * @count: one more than the last key that there is; the first is 1
 * @key: the key before, 0 if there was none; gets this one
 * @fault: set on failure
 *
 * Return: 0, -EBADMSG when it is malformed or does not come after the one
 * before, or -EINVAL when there is no such key.
 */
int agent_read_key(struct agent_cbor *cbor, u32 count, u32 *key,
		   struct agent_fault *fault)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &item);

	if (err)
		return agent_fail_value(fault, cbor, "not a key", err);
	if (*key && item.value <= *key)
		return agent_fail(fault, cbor->at,
				  "a key out of order, or twice", -EBADMSG);
	if (!item.value || item.value >= count)
		return agent_fail(fault, cbor->at, "unknown key", -EINVAL);
	*key = item.value;
	return 0;
}

/**
 * agent_read_uint - read an integer within bounds
 * @cbor: the reader
 * @min: the least it may be
 * @max: the most it may be
 * @value: the integer, untouched on failure
 *
 * Return: 0, -EBADMSG when it is malformed, -EINVAL when it is another type or
 * out of bounds.
 */
int agent_read_uint(struct agent_cbor *cbor, u64 min, u64 max,
		    u64 *value)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &item);

	if (err)
		return err;
	if (item.value < min || item.value > max)
		return -EINVAL;
	*value = item.value;
	return 0;
}

/**
 * agent_read_text - read a text that is neither empty nor too long
 * @cbor: the reader
 * @max: most bytes it may have
 * @text: the text
 *
 * Return: 0, -EBADMSG when it is malformed, -EINVAL when it is empty, not UTF-8
 * or another type, -E2BIG when it is too long.
 */
int agent_read_text(struct agent_cbor *cbor, u32 max,
		    struct agent_text *text)
{
	int err = agent_text_next(cbor, text);

	if (err)
		return err;
	if (text->size > max)
		return -E2BIG;
	return text->size ? 0 : -EINVAL;
}

/**
 * agent_read_path - read a path that can be a scope
 * @cbor: the reader
 * @max: most bytes it may have
 * @path: the path
 *
 * Return: as agent_read_text(), and -EINVAL for what agent_path_valid() refuses
 */
int agent_read_path(struct agent_cbor *cbor, u32 max,
		    struct agent_text *path)
{
	int err = agent_read_text(cbor, max, path);

	if (err)
		return err;
	return agent_path_valid(*path, max) ? 0 : -EINVAL;
}
