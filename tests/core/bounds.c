// SPDX-License-Identifier: MIT
/*
 * Each bound, at its last good value and one beyond; then input as large, as
 * deep and as strange as can be.
 */

#include "core_test.h"

#define BUFFER (1U << 20)

struct writer {
	uint8_t data[BUFFER];
	uint32_t size;
};

static struct writer writer;

static void put_head(enum agent_cbor_type type, uint64_t value)
{
	uint8_t *to = writer.data + writer.size;
	int extra = value < 24          ? 0 :
		    value < 0x100       ? 1 :
		    value < 0x10000     ? 2 :
		    value < 0x100000000 ? 4 :
					  8;
	int i;

	to[0] = type << 5 | (!extra     ? value :
			     extra == 1 ? 24 :
			     extra == 2 ? 25 :
			     extra == 4 ? 26 :
					  27);
	for (i = 0; i < extra; i++)
		to[1 + i] = value >> 8 * (extra - 1 - i);
	writer.size += 1 + extra;
}

static void put_key(uint64_t key)
{
	put_head(AGENT_CBOR_UINT, key);
}

/* A text: a beginning, filled up with "a". */
static void put_text(const char *start, uint32_t size)
{
	uint32_t length = strlen(start);

	put_head(AGENT_CBOR_TEXT, size);
	memset(writer.data + writer.size, 'a', size);
	memcpy(writer.data + writer.size, start, length < size ? length : size);
	writer.size += size;
}

static void put_word(const char *word)
{
	put_text(word, strlen(word));
}

static void start_cap(uint32_t keys, const char *name)
{
	writer.size = 0;
	put_head(AGENT_CBOR_MAP, keys);
	put_key(AGENT_CAP_NAME_KEY);
	put_word(name);
}

static int end_cap(void)
{
	struct agent_cap_spec spec;

	return read_cap(writer.data, writer.size, &spec);
}

static int cap_with_name(uint32_t size)
{
	writer.size = 0;
	put_head(AGENT_CBOR_MAP, 1);
	put_key(AGENT_CAP_NAME_KEY);
	put_text("org.", size);
	return end_cap();
}

static int cap_with_path(uint32_t size)
{
	start_cap(2, "fs.read");
	put_key(AGENT_CAP_PATH_KEY);
	put_text("/", size);
	return end_cap();
}

static int cap_with_text(uint32_t key, uint32_t size)
{
	start_cap(2, "org.print");
	put_key(key);
	put_text("", size);
	return end_cap();
}

static int cap_with_hint(uint32_t size)
{
	return cap_with_text(AGENT_CAP_HINT_KEY, size);
}

static int cap_with_scope(uint32_t size)
{
	return cap_with_text(AGENT_CAP_SCOPE_KEY, size);
}

/* A host of so many bytes, with a dot after each label but the last. */
static int cap_with_labels(uint32_t size, uint32_t label)
{
	uint8_t *host;
	uint32_t i;

	start_cap(4, "net.connect");
	put_key(AGENT_CAP_PORT_LOW_KEY);
	put_key(443);
	put_key(AGENT_CAP_PORT_HIGH_KEY);
	put_key(443);
	put_key(AGENT_CAP_HOST_KEY);
	put_text("", size);
	host = writer.data + writer.size - size;
	for (i = label; i + 1 < size; i += label + 1)
		host[i] = '.';
	return end_cap();
}

static int cap_with_host(uint32_t size)
{
	return cap_with_labels(size, 50);
}

static int cap_with_label(uint32_t size)
{
	return cap_with_labels(size, size);
}

static void start_holes(uint32_t count)
{
	start_cap(3, "fs.read");
	put_key(AGENT_CAP_PATH_KEY);
	put_word("/x");
	put_key(AGENT_CAP_EXCEPT_KEY);
	put_head(AGENT_CBOR_ARRAY, count);
}

static int cap_with_holes(uint32_t count)
{
	start_holes(count);
	while (count--)
		put_text("/x/", 8);
	return end_cap();
}

/* One text with a head of 3 bytes, so that all is as long as it should be. */
static void fill(const char *start, uint32_t size)
{
	put_text(start, size - writer.size - 3);
	if (writer.size != size)
		abort();
}

static int cap_of_size(uint32_t size)
{
	int i;

	start_holes(5);
	for (i = 0; i < 4; i++)
		put_text("/x/", 900);
	fill("/x/", size);
	return end_cap();
}

static void start_manifest(uint32_t keys)
{
	writer.size = 0;
	put_head(AGENT_CBOR_MAP, keys);
	put_key(AGENT_MANIFEST_VERSION_KEY);
	put_head(AGENT_CBOR_UINT, 1);
	put_key(AGENT_MANIFEST_NAME_KEY);
	put_word("a");
	put_key(AGENT_MANIFEST_IMAGE_KEY);
	put_word("/a");
	put_key(AGENT_MANIFEST_DIGEST_KEY);
	put_head(AGENT_CBOR_BYTES, AGENT_DIGEST_SIZE);
	writer.size += AGENT_DIGEST_SIZE;
	put_key(AGENT_MANIFEST_CAPS_KEY);
}

static int end_manifest(void)
{
	struct agent_fault fault;

	return read_manifest(writer.data, writer.size, &fault);
}

static int manifest_with_caps(uint32_t count)
{
	start_manifest(5);
	put_head(AGENT_CBOR_ARRAY, count);
	while (count--) {
		put_head(AGENT_CBOR_MAP, 1);
		put_key(AGENT_CAP_NAME_KEY);
		put_word("agent.spawn");
	}
	return end_manifest();
}

static void start_strings(uint32_t key, uint32_t count)
{
	start_manifest(6);
	put_head(AGENT_CBOR_ARRAY, 0);
	put_key(key);
	put_head(AGENT_CBOR_ARRAY, count);
}

static int manifest_with_args(uint32_t count)
{
	start_strings(AGENT_MANIFEST_ARGS_KEY, count);
	while (count--)
		put_word("");
	return end_manifest();
}

static int manifest_with_env(uint32_t count)
{
	start_strings(AGENT_MANIFEST_ENV_KEY, count);
	while (count--)
		put_word("a=");
	return end_manifest();
}

static int manifest_with_code(uint32_t count)
{
	start_strings(AGENT_MANIFEST_CODE_KEY, count);
	while (count--) {
		put_head(AGENT_CBOR_BYTES, AGENT_DIGEST_SIZE);
		memset(writer.data + writer.size, 0xc0, AGENT_DIGEST_SIZE);
		writer.size += AGENT_DIGEST_SIZE;
	}
	return end_manifest();
}

static int manifest_of_size(uint32_t size)
{
	start_strings(AGENT_MANIFEST_ARGS_KEY, 1);
	fill("", size);
	return end_manifest();
}

static const struct {
	const char *name;
	int (*read)(uint32_t number);
	uint32_t last;
	int error;
} bounds[] = {
	{ "bytes of a name", cap_with_name, AGENT_NAME_MAX - 1, -E2BIG },
	{ "bytes of a path", cap_with_path, AGENT_SCOPE_PATH_MAX, -E2BIG },
	{ "bytes of a hint", cap_with_hint, AGENT_SCOPE_TEXT_MAX, -E2BIG },
	{ "bytes of a scope", cap_with_scope, AGENT_SCOPE_TEXT_MAX, -E2BIG },
	{ "bytes of a host", cap_with_host, AGENT_HOST_MAX, -E2BIG },
	{ "bytes of a host's label", cap_with_label, 63, -EINVAL },
	{ "holes", cap_with_holes, AGENT_EXCEPT_MAX, -E2BIG },
	{ "bytes of a capability", cap_of_size, AGENT_CAP_CBOR_MAX, -E2BIG },
	{ "capabilities", manifest_with_caps, AGENT_CAPS_MAX, -E2BIG },
	{ "arguments", manifest_with_args, AGENT_STRINGS_MAX, -E2BIG },
	{ "settings", manifest_with_env, AGENT_STRINGS_MAX, -E2BIG },
	{ "digests of code", manifest_with_code, AGENT_CODE_MAX, -E2BIG },
	{ "bytes of a manifest", manifest_of_size, AGENT_MANIFEST_MAX, -E2BIG },
};

static void test_sizes(void)
{
	struct agent_cap_spec spec;
	struct agent_fault fault;
	uint32_t i;

	memset(writer.data, 0x81, BUFFER);
	check(read_manifest(writer.data, BUFFER, &fault) == -E2BIG, "manifest",
	      "1 MB");
	check(read_cap(writer.data, BUFFER, &spec) == -EINVAL, "capability",
	      "1 MB of nested arrays");
	check(read_manifest(writer.data, 1000, &fault) == -EINVAL, "manifest",
	      "arrays nested to a depth of 1000");
	for (i = 0; i < 2000; i += 2) {
		writer.data[i] = 0xa1;
		writer.data[i + 1] = 0x01;
	}
	check(read_cap(writer.data, 2000, &spec) == -EINVAL, "capability",
	      "maps nested to a depth of 1000");
	check(read_manifest(writer.data, 2000, &fault) == -EINVAL, "manifest",
	      "maps nested to a depth of 1000");
}

/* Any number as UTF-8 would write it, had it no rules. */
static uint32_t encode(uint32_t code, uint32_t size, uint8_t *to)
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	uint32_t i;

	for (i = size - 1; i; i--, code >>= 6)
		to[i] = 0x80 | (code & 0x3f);
	to[0] = first[size] | code;
	return size;
}

static int read_character(uint32_t code, uint32_t size)
{
	struct agent_text text;
	struct agent_cbor cbor;
	uint8_t data[5];

	data[0] = AGENT_CBOR_TEXT << 5 | size;
	encode(code, size, data + 1);
	agent_cbor_init(&cbor, data, 1 + size);
	return agent_text_next(&cbor, &text);
}

static void test_characters(void)
{
	static const uint32_t end[] = { 0, 0x80, 0x800, 0x10000, 0x200000 };
	bool right = true;
	uint32_t code, size;

	for (size = 1; size <= 4; size++) {
		for (code = 0; code < end[size]; code++) {
			bool good = code >= end[size - 1] && code >= 0x20 &&
				    code != 0x7f && code <= 0x10ffff &&
				    (code < 0xd800 || code > 0xdfff);

			right &= read_character(code, size) ==
				 (good ? 0 : -EINVAL);
		}
	}
	check(right, "text",
	      "each number in 1 to 4 bytes is or is no character");
}

void test_bounds(void)
{
	size_t i;

	for (i = 0; i < COUNT(bounds); i++) {
		check(!bounds[i].read(bounds[i].last), "the most",
		      bounds[i].name);
		check(bounds[i].read(bounds[i].last + 1) == bounds[i].error,
		      "too many", bounds[i].name);
	}
	test_sizes();
	test_characters();
}
