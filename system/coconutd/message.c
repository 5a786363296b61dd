// SPDX-License-Identifier: MIT
/*
 * coconutd: CBOR maps with text keys, made and read with libcbor
 */

#include <stdlib.h>
#include <string.h>

#include "coconutd.h"

/**
 * message_new - begin a reply
 * @ok: whether what was asked was done
 *
 * Return: a map for which the caller holds the reference.
 */
cbor_item_t *message_new(bool ok)
{
	cbor_item_t *map = cbor_new_indefinite_map();

	if (!map)
		abort();
	message_bool(map, "ok", ok);
	return map;
}

/* Takes over the caller's reference to @item. PID 1 does not run on without memory. */
void message_item(cbor_item_t *map, const char *key, cbor_item_t *item)
{
	struct cbor_pair pair = {
		.key = cbor_build_string(key),
		.value = item,
	};

	if (!pair.key || !item || !cbor_map_add(map, pair))
		abort();
	cbor_decref(&pair.key);
	cbor_decref(&item);
}

void message_text(cbor_item_t *map, const char *key, const char *value)
{
	message_item(map, key, cbor_build_string(value));
}

void message_uint(cbor_item_t *map, const char *key, uint64_t value)
{
	message_item(map, key, cbor_build_uint64(value));
}

void message_bool(cbor_item_t *map, const char *key, bool value)
{
	message_item(map, key, cbor_build_bool(value));
}

void message_bytes(cbor_item_t *map, const char *key, const void *data,
		   size_t size)
{
	message_item(map, key, cbor_build_bytestring(data, size));
}

/**
 * message_get - find the value of a key
 * @map: a request
 * @key: the key
 *
 * Return: the value, which the map keeps, or NULL.
 */
const cbor_item_t *message_get(const cbor_item_t *map, const char *key)
{
	const struct cbor_pair *pairs = cbor_map_handle(map);
	size_t i;

	for (i = 0; i < cbor_map_size(map); i++) {
		if (cbor_isa_string(pairs[i].key) &&
		    cbor_string_is_definite(pairs[i].key) &&
		    cbor_string_length(pairs[i].key) == strlen(key) &&
		    !memcmp(cbor_string_handle(pairs[i].key), key, strlen(key)))
			return pairs[i].value;
	}
	return NULL;
}

bool message_get_uint(const cbor_item_t *map, const char *key, uint64_t *value)
{
	const cbor_item_t *item = message_get(map, key);

	if (!item || !cbor_isa_uint(item))
		return false;
	*value = cbor_get_int(item);
	return true;
}

bool message_get_bool(const cbor_item_t *map, const char *key)
{
	const cbor_item_t *item = message_get(map, key);

	return item && cbor_isa_float_ctrl(item) && cbor_is_bool(item) &&
	       cbor_get_bool(item);
}

/* Return: the text, to be given to free(); NULL when there is none, or with a NUL in it. */
char *message_get_text(const cbor_item_t *map, const char *key)
{
	const cbor_item_t *item = key ? message_get(map, key) : map;

	if (!item || !cbor_isa_string(item) || !cbor_string_is_definite(item))
		return NULL;
	if (memchr(cbor_string_handle(item), 0, cbor_string_length(item)))
		return NULL;
	return strndup((const char *)cbor_string_handle(item),
		       cbor_string_length(item));
}

bool message_get_bytes(const cbor_item_t *map, const char *key,
		       const void **data, size_t *size)
{
	const cbor_item_t *item = message_get(map, key);

	if (!item || !cbor_isa_bytestring(item) ||
	    !cbor_bytestring_is_definite(item))
		return false;
	*data = cbor_bytestring_handle(item);
	*size = cbor_bytestring_length(item);
	return true;
}
