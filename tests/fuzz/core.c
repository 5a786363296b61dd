// SPDX-License-Identifier: MIT
/*
 * Bytes from anywhere, as the kernel reads them: items, capabilities one after
 * another, a manifest.  What is accepted lies within the bytes and is
 * deterministic to the second reader of tests/core; what is refused says where.
 */

#include "../core/core_test.h"
#include "fuzz.h"

#define CAPS_MAX 3

/* tests/core/mutate.c, which has the second reader, also has tests. */
void check(bool good, const char *what, const char *name)
{
	(void)what;
	(void)name;
	MUST(good);
}

int read_manifest(const uint8_t *data, uint32_t size, struct agent_fault *fault)
{
	struct agent_manifest manifest;

	return agent_manifest_read(data, size, &manifest, fault);
}

static bool is_answer(int err)
{
	return !err || err == -EBADMSG || err == -EINVAL || err == -E2BIG;
}

static bool lies_in(const void *part, uint64_t part_size, const uint8_t *data,
		    uint32_t size)
{
	const uint8_t *start = part;

	return !part_size || (start >= data && part_size <= size &&
			      (uint64_t)(start - data) <= size - part_size);
}

static bool text_lies_in(struct agent_text text, const uint8_t *data,
			 uint32_t size)
{
	return lies_in(text.data, text.size, data, size);
}

/* The least that the head of an item takes. */
static uint32_t head_size(uint64_t value)
{
	if (value < 24)
		return 1;
	return value < 0x100       ? 2 :
	       value < 0x10000     ? 3 :
	       value < 0x100000000 ? 5 :
				     9;
}

/* Every item, whatever it belongs to: the reader goes on, and stays inside. */
static void try_items(const uint8_t *data, uint32_t size)
{
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	uint32_t before = 0;

	agent_cbor_init(&cbor, data, size);
	while (!agent_cbor_next(&cbor, &item)) {
		MUST(cbor.at == before && cbor.pos > before);
		MUST(cbor.pos <= size);
		if (item.type == AGENT_CBOR_BYTES ||
		    item.type == AGENT_CBOR_TEXT)
			MUST(lies_in(item.data, item.value, data, size));
		else
			MUST(!item.data);
		MUST(cbor.pos - before ==
		     head_size(item.value) + (item.data ? item.value : 0));
		before = cbor.pos;
	}
}

static void try_text(const uint8_t *data, uint32_t size)
{
	struct agent_text text;
	struct agent_cbor cbor;
	int err;

	agent_cbor_init(&cbor, data, size);
	err = agent_text_next(&cbor, &text);
	MUST(is_answer(err));
	if (!err)
		MUST(text_lies_in(text, data, size));
	text.data = (const char *)data;
	text.size = size;
	if (agent_path_valid(text, AGENT_SCOPE_PATH_MAX))
		MUST(size && data[0] == '/' &&
		     (size == 1 || data[size - 1] != '/'));
	MUST(agent_cap_id_of(text.data, text.size) < AGENT_CAP_COUNT);
}

static void check_cap(const struct agent_cap_spec *spec, const uint8_t *data,
		      uint32_t size)
{
	MUST(spec->id > AGENT_CAP_NONE && spec->id < AGENT_CAP_COUNT);
	MUST(text_lies_in(spec->name, data, size));
	MUST(text_lies_in(spec->path, data, size));
	MUST(text_lies_in(spec->hint, data, size));
	MUST(text_lies_in(spec->scope, data, size));
	MUST(text_lies_in(spec->host, data, size));
	MUST(text_lies_in(spec->cbor, data, size));
	MUST(spec->cbor.size <= AGENT_CAP_CBOR_MAX);
	MUST(is_deterministic((const uint8_t *)spec->cbor.data,
			      spec->cbor.size));
	MUST(spec->net.port_low <= spec->net.port_high);
	MUST(spec->net.prefix <= (spec->net.family == 4 ? 32 :
				  spec->net.family == 6 ? 128 :
							  0));
	MUST(spec->lifetime <= UINT32_MAX && spec->uses <= UINT32_MAX);
	MUST(!spec->rate == !spec->period);
}

/* The order of what covers what, among the capabilities at hand. */
static void check_order(const struct agent_cap_spec *caps, uint32_t count)
{
	uint32_t a, b, c;

	for (a = 0; a < count; a++) {
		MUST(agent_cap_covers(&caps[a], &caps[a]));
		for (b = 0; b < count; b++) {
			if (!agent_cap_covers(&caps[a], &caps[b]))
				continue;
			MUST(caps[a].id == caps[b].id);
			for (c = 0; c < count; c++)
				MUST(!agent_cap_covers(&caps[b], &caps[c]) ||
				     agent_cap_covers(&caps[a], &caps[c]));
		}
	}
}

static void try_caps(const uint8_t *data, uint32_t size)
{
	struct agent_cap_spec caps[CAPS_MAX];
	struct agent_cbor cbor;
	uint32_t count = 0;

	agent_cbor_init(&cbor, data, size);
	while (count < CAPS_MAX) {
		struct agent_fault fault = { 0 };
		uint32_t start = cbor.pos;
		int err = agent_cap_read(&cbor, &caps[count], &fault);

		MUST(is_answer(err));
		if (err) {
			MUST(fault.what && fault.offset <= size);
			break;
		}
		MUST(caps[count].cbor.data == (const char *)data + start);
		MUST(caps[count].cbor.size == cbor.pos - start);
		check_cap(&caps[count++], data, size);
	}
	check_order(caps, count);
}

/* The parts that a manifest only points to have been judged with it. */
static void check_manifest(const struct agent_manifest *manifest,
			   const uint8_t *data, uint32_t size)
{
	struct agent_cap_spec spec;
	struct agent_fault fault;
	struct agent_cbor cbor;
	uint32_t i;

	MUST(is_deterministic(data, size));
	MUST(text_lies_in(manifest->name, data, size));
	MUST(text_lies_in(manifest->image, data, size));
	MUST(text_lies_in(manifest->user, data, size));
	MUST(text_lies_in(manifest->cwd, data, size));
	MUST(lies_in(manifest->digest, AGENT_DIGEST_SIZE, data, size));
	MUST(manifest->nr_caps <= AGENT_CAPS_MAX);
	MUST(manifest->nr_code <= AGENT_CODE_MAX);
	agent_cbor_init(&cbor, data, size);
	cbor.pos = manifest->caps;
	for (i = 0; i < manifest->nr_caps; i++) {
		MUST(!agent_cap_read(&cbor, &spec, &fault));
		check_cap(&spec, data, size);
	}
}

static void try_manifest(const uint8_t *data, uint32_t size)
{
	struct agent_fault fault = { 0 };
	struct agent_manifest manifest;
	int err = agent_manifest_read(data, size, &manifest, &fault);

	MUST(is_answer(err));
	if (err)
		MUST(fault.what && fault.offset <= size);
	else
		check_manifest(&manifest, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_items(data, size);
	try_text(data, size);
	try_caps(data, size);
	try_manifest(data, size);
	return 0;
}
