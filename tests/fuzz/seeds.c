// SPDX-License-Identifier: MIT
/*
 * usage: seeds INTO
 *        seeds --raw FROM.hex INTO
 * Writes a seed corpus below INTO/core, INTO/text and INTO/yaml, from the cases
 * that the other tests have: as CBOR, and what is good as people write it too.
 * Or writes each line of hexadecimal digits of a file as a file in INTO.
 */

#include <coconut.h>

#include "core_cases.h"
#include "fuzz.h"
#include "manifest_cases.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define SEED_MAX (64 * 1024)

static const char *into;

static void put(const char *target, const char *kind, size_t number,
		const void *data, size_t size)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/%s-%zu", into, target, kind,
		 number);
	file = fopen(path, "wb");
	MUST(file && fwrite(data, 1, size, file) == size && !fclose(file));
}

static void put_cap(size_t number, const uint8_t *cbor, size_t size)
{
	struct coconut_cap cap;
	char *text;

	put("core", "cap", number, cbor, size);
	put("text", "cbor", number, cbor, size);
	if (coconut_cap_decode(cbor, size, &cap, NULL))
		return;
	text = coconut_cap_format(&cap);
	MUST(text);
	put("text", "text", number, text, strlen(text));
	coconut_cap_clear(&cap);
	free(text);
}

static void put_manifest(size_t number, const uint8_t *cbor, size_t size)
{
	struct coconut_manifest *manifest;
	char *text = NULL;
	size_t length;
	FILE *file;

	put("core", "manifest", number, cbor, size);
	put("yaml", "cbor", number, cbor, size);
	if (coconut_manifest_decode(cbor, size, &manifest, NULL))
		return;
	file = open_memstream(&text, &length);
	MUST(file && !coconut_manifest_print_yaml(manifest, file) &&
	     !fclose(file));
	put("yaml", "yaml", number, text, length);
	coconut_manifest_free(manifest);
	free(text);
}

/* Two good capabilities of one kind, one behind the other. */
static void put_pairs(void)
{
	uint8_t data[256];
	uint32_t size;
	size_t i, last[AGENT_CAP_COUNT] = { 0 };

	for (i = 0; i < COUNT(cap_cases); i++) {
		enum agent_cap_id id = cap_cases[i].id;

		if (cap_cases[i].error)
			continue;
		size = unhex(cap_cases[last[id]].hex, data);
		size += unhex(cap_cases[i].hex, data + size);
		put("core", "pair", i, data, size);
		last[id] = i;
	}
}

static void put_cases(void)
{
	uint8_t data[256] = { 0 };
	size_t i;

	for (i = 0; i < COUNT(cbor_cases); i++)
		put("core", "item", i, data, unhex(cbor_cases[i].hex, data));
	for (i = 0; i < COUNT(cap_cases); i++)
		put_cap(i, data, unhex(cap_cases[i].hex, data));
	for (i = 0; i < COUNT(manifest_cases); i++)
		put_manifest(i, data, unhex(manifest_cases[i].hex, data));
	put_pairs();
}

static int convert(const char *from)
{
	static char digits[2 * SEED_MAX + 2];
	static uint8_t data[SEED_MAX];
	FILE *file = fopen(from, "r");
	size_t size, number = 0;
	int bad = 0;

	MUST(file);
	while (!bad && fgets(digits, sizeof(digits), file)) {
		size = strcspn(digits, "\n");
		digits[size] = '\0';
		bad = size % 2 || coconut_unhex(digits, data, size / 2);
		if (bad)
			fprintf(stderr, "%s:%zu: not hexadecimal digits\n",
				from, number + 1);
		else
			put("", "raw", number++, data, size / 2);
	}
	fclose(file);
	return bad;
}

int main(int argc, char **argv)
{
	MUST(argc == 2 || (argc == 4 && !strcmp(argv[1], "--raw")));
	into = argv[argc - 1];
	if (argc == 4)
		return convert(argv[2]);
	put_cases();
	return 0;
}
