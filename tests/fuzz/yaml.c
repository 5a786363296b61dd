// SPDX-License-Identifier: MIT
/*
 * Manifests as people write them: what is read is written back, and read again
 * as the same; so is every manifest that the kernel would accept.
 */

#include <string.h>

#include <coconut.h>

#include "fuzz.h"

static char *print(const struct coconut_manifest *manifest,
		   int (*print_to)(const struct coconut_manifest *, FILE *),
		   size_t *size)
{
	char *text = NULL;
	FILE *file = open_memstream(&text, size);

	MUST(file && !print_to(manifest, file) && !fclose(file));
	return text;
}

/* A default may be written down in CBOR, so its own bytes are not compared. */
static void check_round(const struct coconut_manifest *manifest)
{
	struct coconut_error error = { 0 };
	struct coconut_manifest *back;
	size_t length, size, again;
	uint8_t *cbor, *data;
	char *text;

	MUST(!coconut_manifest_encode(manifest, &cbor, &size, NULL));
	free(print(manifest, coconut_manifest_print_json, &length));
	text = print(manifest, coconut_manifest_print_yaml, &length);
	if (coconut_manifest_from_yaml_text("back", text, length, NULL,
					    COCONUT_YAML_NO_IMAGE, &back,
					    &error)) {
		fprintf(stderr, "%s\n%s\n", text, error.message);
		abort();
	}
	MUST(!coconut_manifest_encode(back, &data, &again, NULL));
	MUST(again == size && !memcmp(data, cbor, size));
	coconut_manifest_free(back);
	free(cbor);
	free(data);
	free(text);
}

static void try_cbor(const uint8_t *data, size_t size)
{
	struct coconut_manifest *manifest;
	struct coconut_error error = { 0 };
	int err = coconut_manifest_check(data, size, &error);

	MUST(coconut_manifest_decode(data, size, &manifest, NULL) == err);
	if (err) {
		MUST(error.code == -err && *error.message);
		return;
	}
	check_round(manifest);
	coconut_manifest_free(manifest);
}

static void try_yaml(const char *text, size_t size)
{
	struct coconut_manifest *manifest;
	struct coconut_error error = { 0 };
	uint8_t *data;
	size_t length;

	if (coconut_manifest_from_yaml_text("input", text, size, "/none",
					    COCONUT_YAML_NO_IMAGE, &manifest,
					    &error)) {
		MUST(error.code > 0 && *error.message);
		return;
	}
	MUST(!coconut_manifest_encode(manifest, &data, &length, NULL));
	try_cbor(data, length);
	coconut_manifest_free(manifest);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_cbor(data, size);
	try_yaml((const char *)data, size);
	return 0;
}
