// SPDX-License-Identifier: MIT
/*
 * Capabilities as people write them: what is read is written back, and read
 * again as the same; so is every capability that the kernel would accept.
 */

#include <string.h>

#include <coconut.h>

#include "fuzz.h"

/* What cap says, both ways round, is these bytes. */
static void check_round(const struct coconut_cap *cap, const uint8_t *cbor,
			size_t size)
{
	char *text = coconut_cap_format(cap), *again;
	struct coconut_error error = { 0 };
	struct coconut_cap back;
	uint8_t *data;
	size_t length;

	MUST(text);
	if (coconut_cap_parse(text, &back, &error)) {
		fprintf(stderr, "%s: %s\n", text, error.message);
		abort();
	}
	MUST(!coconut_cap_encode(&back, &data, &length, NULL));
	MUST(length == size && !memcmp(data, cbor, size));
	again = coconut_cap_format(&back);
	MUST(again && !strcmp(text, again));
	coconut_cap_clear(&back);
	free(again);
	free(text);
	free(data);
}

static void try_cbor(const uint8_t *data, size_t size)
{
	struct coconut_error error = { 0 };
	struct coconut_cap cap;

	if (coconut_cap_decode(data, size, &cap, &error)) {
		MUST(error.code > 0 && *error.message);
		return;
	}
	check_round(&cap, data, size);
	coconut_cap_clear(&cap);
}

static void try_text(const char *text)
{
	struct coconut_error error = { 0 };
	struct coconut_cap cap;
	uint8_t *data;
	size_t size;

	if (coconut_cap_parse(text, &cap, &error)) {
		MUST(error.code > 0 && *error.message);
		MUST(error.column <= strlen(text) + 1);
		return;
	}
	MUST(!coconut_cap_encode(&cap, &data, &size, NULL));
	try_cbor(data, size);
	check_round(&cap, data, size);
	coconut_cap_clear(&cap);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	MUST(text);
	try_cbor(data, size);
	try_text(text);
	free(text);
	return 0;
}
