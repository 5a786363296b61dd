// SPDX-License-Identifier: MIT
#include "message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void message_init(struct message *message)
{
	message->map = cbor_new_definite_map(MESSAGE_KEYS_MAX);
	message->failed = !message->map;
}

void message_clear(struct message *message)
{
	if (message->map)
		cbor_decref(&message->map);
}

void message_add(struct message *message, const char *key, cbor_item_t *value)
{
	cbor_item_t *name = cbor_build_string(key);

	if (message->failed || !name || !value ||
	    !cbor_map_add(message->map,
			  (struct cbor_pair){ .key = name, .value = value }))
		message->failed = true;
	if (name)
		cbor_decref(&name);
	if (value)
		cbor_decref(&value);
}

void message_add_text(struct message *message, const char *key,
		      const char *text)
{
	message_add(message, key, cbor_build_string(text));
}

void message_add_bytes(struct message *message, const char *key,
		       const void *data, size_t size)
{
	message_add(message, key, cbor_build_bytestring(data, size));
}

void message_add_uint(struct message *message, const char *key, uint64_t value)
{
	cbor_item_t *item;

	if (value <= UINT8_MAX)
		item = cbor_build_uint8((uint8_t)value);
	else if (value <= UINT16_MAX)
		item = cbor_build_uint16((uint16_t)value);
	else if (value <= UINT32_MAX)
		item = cbor_build_uint32((uint32_t)value);
	else
		item = cbor_build_uint64(value);
	message_add(message, key, item);
}

void message_add_bool(struct message *message, const char *key, bool value)
{
	message_add(message, key, cbor_build_bool(value));
}

void message_add_texts(struct message *message, const char *key,
		       char *const *texts, size_t count)
{
	cbor_item_t *array = cbor_new_definite_array(count);
	size_t i;

	for (i = 0; array && i < count; i++) {
		cbor_item_t *text = cbor_build_string(texts[i]);

		if (!text || !cbor_array_push(array, text))
			message->failed = true;
		if (text)
			cbor_decref(&text);
	}
	message_add(message, key, array);
}

/* RFC 8949, 4.2.1: a shorter text sorts first, its head being smaller. */
static int compare_keys(const void *left, const void *right)
{
	const cbor_item_t *a = ((const struct cbor_pair *)left)->key;
	const cbor_item_t *b = ((const struct cbor_pair *)right)->key;
	size_t size = cbor_string_length(a);

	if (size != cbor_string_length(b))
		return size < cbor_string_length(b) ? -1 : 1;
	return memcmp(cbor_string_handle(a), cbor_string_handle(b), size);
}

int message_send(int fd, struct message *message)
{
	unsigned char *data = NULL;
	size_t size = 0, room;
	int r = 0;

	if (message->failed) {
		message_clear(message);
		return -ENOMEM;
	}
	qsort(cbor_map_handle(message->map), cbor_map_size(message->map),
	      sizeof(struct cbor_pair), compare_keys);
	size = cbor_serialize_alloc(message->map, &data, &room);
	message_clear(message);
	if (!size)
		return -ENOMEM;
	if (size > MESSAGE_MAX)
		r = -EMSGSIZE;
	else if (send(fd, data, size, MSG_NOSIGNAL) < 0)
		r = -errno;
	free(data);
	return r;
}

static bool is_message(const cbor_item_t *map)
{
	struct cbor_pair *pairs;
	size_t i;

	if (!cbor_isa_map(map))
		return false;
	pairs = cbor_map_handle(map);
	for (i = 0; i < cbor_map_size(map); i++)
		if (!cbor_isa_string(pairs[i].key) ||
		    !cbor_string_is_definite(pairs[i].key))
			return false;
	return true;
}

static int load(const uint8_t *data, size_t size, cbor_item_t **ret_map)
{
	struct cbor_load_result result;
	cbor_item_t *map = cbor_load(data, size, &result);

	if (!map)
		return -EBADMSG;
	if (result.read != size || !is_message(map)) {
		cbor_decref(&map);
		return -EBADMSG;
	}
	*ret_map = map;
	return 1;
}

int message_receive(int fd, cbor_item_t **ret_map)
{
	uint8_t *data = malloc(MESSAGE_MAX);
	ssize_t size;
	int r;

	if (!data)
		return -ENOMEM;
	do {
		size = recv(fd, data, MESSAGE_MAX, MSG_TRUNC);
	} while (size < 0 && errno == EINTR);
	if (size < 0)
		r = -errno;
	else if (size == 0)
		r = 0;
	else if (size > MESSAGE_MAX)
		r = -EMSGSIZE;
	else
		r = load(data, (size_t)size, ret_map);
	free(data);
	return r;
}

cbor_item_t *message_get(const cbor_item_t *map, const char *key)
{
	struct cbor_pair *pairs;
	size_t i, size = strlen(key);

	if (!map || !cbor_isa_map(map))
		return NULL;
	pairs = cbor_map_handle(map);
	for (i = 0; i < cbor_map_size(map); i++) {
		const cbor_item_t *name = pairs[i].key;

		if (cbor_isa_string(name) && cbor_string_is_definite(name) &&
		    cbor_string_length(name) == size &&
		    !memcmp(cbor_string_handle(name), key, size))
			return pairs[i].value;
	}
	return NULL;
}

uint64_t message_get_uint(const cbor_item_t *map, const char *key,
			  uint64_t otherwise)
{
	const cbor_item_t *item = message_get(map, key);

	return item && cbor_isa_uint(item) ? cbor_get_int(item) : otherwise;
}

bool message_get_bool(const cbor_item_t *map, const char *key)
{
	const cbor_item_t *item = message_get(map, key);

	return item && cbor_is_bool(item) && cbor_get_bool(item);
}

const uint8_t *message_get_bytes(const cbor_item_t *map, const char *key,
				 size_t *ret_size)
{
	const cbor_item_t *item = message_get(map, key);
	/* What has no bytes is told from what has none of that key. */
	static const uint8_t nothing[1];

	if (!item || !cbor_isa_bytestring(item) ||
	    !cbor_bytestring_is_definite(item))
		return NULL;
	*ret_size = cbor_bytestring_length(item);
	return *ret_size ? cbor_bytestring_handle(item) : nothing;
}

bool message_get_text(const cbor_item_t *map, const char *key, char *text,
		      size_t size)
{
	const cbor_item_t *item = message_get(map, key);
	const unsigned char *from;
	size_t i, length;

	text[0] = '\0';
	if (!item || !cbor_isa_string(item) || !cbor_string_is_definite(item))
		return false;
	from = cbor_string_handle(item);
	length = cbor_string_length(item);
	for (i = 0; i < length && i + 1 < size; i++)
		text[i] =
			from[i] < 0x20 || from[i] == 0x7f ? '?' : (char)from[i];
	text[i] = '\0';
	return true;
}
