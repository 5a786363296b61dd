// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: a strict reader of deterministic CBOR (RFC 8949, section 4.2.1)
 *
 * It reads one head at a time and never recurses: who walks the items knows
 * which one must come next, so nesting is bounded by the caller's own code.
 */

#include <linux/agent_core.h>

/**
 * agent_cbor_init - start reading a buffer
 * @cbor: the reader
 * @data: the buffer, which the reader's items will point into
 * @size: its length in bytes
 */
void agent_cbor_init(struct agent_cbor *cbor, const void *data, uint32_t size)
{
	cbor->data = data;
	cbor->size = size;
	cbor->pos = 0;
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
static int read_argument(struct agent_cbor *cbor, uint8_t info, uint64_t *value)
{
	uint32_t i, length;

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
	uint32_t left = cbor->size - cbor->pos;

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
 * Return: 0, or -EBADMSG when what comes is not deterministic CBOR of a type
 * that a manifest may hold, or does not fit into the buffer.
 */
int agent_cbor_next(struct agent_cbor *cbor, struct agent_cbor_item *item)
{
	uint8_t first;
	int err;

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

/* Well-formed UTF-8 (RFC 3629) without control characters. */
static bool is_clean_text(const uint8_t *data, uint64_t size)
{
	uint64_t i = 0;

	while (i < size) {
		uint32_t code = data[i++];
		uint32_t more = code < 0x80 ? 0 : code < 0xe0 ? 1 :
				code < 0xf0 ? 2 : 3;
		uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;

		if (!more) {
			if (code < 0x20 || code == 0x7f)
				return false;
			continue;
		}
		if (code < 0xc2 || code > 0xf4 || size - i < more)
			return false;
		code &= 0x3f >> more;
		for (; more; more--) {
			if ((data[i] & 0xc0) != 0x80)
				return false;
			code = code << 6 | (data[i++] & 0x3f);
		}
		if (code < least || code > 0x10ffff ||
		    (code >= 0xd800 && code < 0xe000))
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
