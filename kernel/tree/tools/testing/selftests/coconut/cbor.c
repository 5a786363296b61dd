// SPDX-License-Identifier: GPL-2.0
/* Capabilities as deterministic CBOR; see cbor.h. */

#include <string.h>

#include <linux/agent_core.h>

#include "cbor.h"

void cbor_head(struct cbor *cbor, uint8_t type, uint64_t value)
{
	uint32_t length = value < 24 ? 0 : value <= 0xff ? 1 :
			  value <= 0xffff ? 2 : value <= 0xffffffff ? 4 : 8;
	uint8_t info = value < 24 ? value : length == 1 ? 24 :
		       length == 2 ? 25 : length == 4 ? 26 : 27;

	cbor->data[cbor->size++] = type | info;
	while (length--)
		cbor->data[cbor->size++] = value >> (8 * length);
}

void cbor_text(struct cbor *cbor, const char *text)
{
	size_t size = strlen(text);

	cbor_head(cbor, CBOR_TEXT, size);
	memcpy(cbor->data + cbor->size, text, size);
	cbor->size += size;
}

void cbor_pair_uint(struct cbor *cbor, uint64_t key, uint64_t value)
{
	cbor_head(cbor, CBOR_UINT, key);
	cbor_head(cbor, CBOR_UINT, value);
}

void cbor_pair_text(struct cbor *cbor, uint64_t key, const char *text)
{
	cbor_head(cbor, CBOR_UINT, key);
	cbor_text(cbor, text);
}

static struct cbor cap(const char *name, uint64_t pairs)
{
	struct cbor cbor = { .size = 0 };

	cbor_head(&cbor, CBOR_MAP, pairs);
	cbor_pair_text(&cbor, AGENT_CAP_NAME_KEY, name);
	return cbor;
}

struct cbor cap_bare(const char *name)
{
	return cap(name, 1);
}

struct cbor cap_path(const char *name, const char *path)
{
	struct cbor cbor = cap(name, 2);

	cbor_pair_text(&cbor, AGENT_CAP_PATH_KEY, path);
	return cbor;
}

struct cbor cap_relation(const char *name, uint64_t relation)
{
	struct cbor cbor = cap(name, 2);

	cbor_pair_uint(&cbor, AGENT_CAP_RELATION_KEY, relation);
	return cbor;
}

/* 127.0.0.@last, one port, both protocols. */
struct cbor cap_ipv4(const char *name, uint8_t last, uint16_t port)
{
	const uint8_t address[4] = { 127, 0, 0, last };
	struct cbor cbor = cap(name, 5);

	cbor_head(&cbor, CBOR_UINT, AGENT_CAP_ADDRESS_KEY);
	cbor_head(&cbor, CBOR_BYTES, sizeof(address));
	memcpy(cbor.data + cbor.size, address, sizeof(address));
	cbor.size += sizeof(address);
	cbor_pair_uint(&cbor, AGENT_CAP_PREFIX_KEY, 32);
	cbor_pair_uint(&cbor, AGENT_CAP_PORT_LOW_KEY, port);
	cbor_pair_uint(&cbor, AGENT_CAP_PORT_HIGH_KEY, port);
	return cbor;
}

struct cbor cap_scope(const char *name, const char *scope)
{
	struct cbor cbor = cap(name, 2);

	cbor_pair_text(&cbor, AGENT_CAP_SCOPE_KEY, scope);
	return cbor;
}

/* There are fewer than 24 pairs, so that their number is in the head. */
void cap_add_uint(struct cbor *cap, uint64_t key, uint64_t value)
{
	cap->data[0]++;
	cbor_pair_uint(cap, key, value);
}

void cap_add_text(struct cbor *cap, uint64_t key, const char *text)
{
	cap->data[0]++;
	cbor_pair_text(cap, key, text);
}
