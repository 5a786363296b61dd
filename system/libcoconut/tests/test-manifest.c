/* SPDX-License-Identifier: MIT */
/*
 * Manifests.  The directory of fixtures is the one argument: good/ holds YAML
 * that compiles, full.hex what full.yaml compiles to, bad/ YAML whose second
 * line tells the error, root/ the files that the manifests name.
 */
#include <coconut.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "tap.h"

static const char *fixtures;

static char *path_to(const char *directory, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s/%s", fixtures, directory, name) < 0)
		abort();
	return path;
}

static char *root(void)
{
	char *path;

	if (asprintf(&path, "%s/root", fixtures) < 0)
		abort();
	return path;
}

static int is_yaml(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 5 && !strcmp(entry->d_name + size - 5, ".yaml");
}

static unsigned int each(const char *directory, void (*check)(const char *name))
{
	char *path = path_to(directory, "");
	struct dirent **entries;
	int count = scandir(path, &entries, is_yaml, alphasort);

	free(path);
	for (int i = 0; i < count; i++) {
		check(entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return count > 0 ? count : 0;
}

/* Puts "ROOT" where the path of the root stands, which differs. */
static void hide_root(char *message)
{
	char *from = root();
	char *at = strstr(message, from);

	if (at) {
		size_t size = strlen(from);

		memmove(at + 4, at + size, strlen(at + size) + 1);
		memcpy(at, "ROOT", 4);
	}
	free(from);
}

static char *expected_error(const char *path)
{
	char *line = NULL;
	size_t room = 0;
	FILE *file = fopen(path, "r");

	if (!file || getline(&line, &room, file) < 0 ||
	    getline(&line, &room, file) < 9)
		abort();
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	memmove(line, line + 9, strlen(line + 9) + 1);
	return line;
}

static void check_bad(const char *name)
{
	char *path = path_to("bad", name);
	char *expected = expected_error(path);
	char *from = root();
	struct coconut_manifest *manifest;
	struct coconut_error error = { 0 };
	char position[40];
	int err = coconut_manifest_from_yaml(path, from, 0, &manifest, &error);

	if (ok(err < 0, "bad/%s is refused", name)) {
		hide_root(error.message);
		is(error.message + strlen(path) + 1, expected, name);
		snprintf(position, sizeof(position), "%u:%u: ", error.line,
			 error.column);
		ok(!strncmp(expected, position, strlen(position)) &&
			   error.code == -err,
		   "and its parts tell the same");
	} else {
		coconut_manifest_free(manifest);
	}
	free(from);
	free(expected);
	free(path);
}

struct bytes {
	uint8_t *data;
	size_t size;
};

static struct bytes encode(const struct coconut_manifest *manifest)
{
	struct bytes bytes = { 0 };
	struct coconut_error error;

	if (coconut_manifest_encode(manifest, &bytes.data, &bytes.size, &error))
		printf("# %s\n", error.message);
	return bytes;
}

static bool same(struct bytes a, struct bytes b)
{
	return a.data && b.data && a.size == b.size &&
	       !memcmp(a.data, b.data, a.size);
}

static void check_decoded(struct bytes bytes)
{
	struct coconut_manifest *manifest;
	struct coconut_error error;
	struct bytes again;

	if (!ok(!coconut_manifest_decode(bytes.data, bytes.size, &manifest,
					 &error),
		"it is read back"))
		return;
	again = encode(manifest);
	ok(same(bytes, again), "and encodes to the same bytes");
	free(again.data);
	coconut_manifest_free(manifest);
}

static void check_printed(const struct coconut_manifest *manifest,
			  struct bytes bytes)
{
	struct coconut_manifest *read;
	struct coconut_error error;
	struct bytes again;
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	ok(!coconut_manifest_print_yaml(manifest, file), "it is printed");
	fclose(file);
	if (ok(!coconut_manifest_from_yaml_text("printed", text, size, NULL,
						COCONUT_YAML_NO_IMAGE, &read,
						&error),
	       "and read again")) {
		again = encode(read);
		ok(same(bytes, again), "as the same manifest");
		free(again.data);
		coconut_manifest_free(read);
	} else {
		printf("# %s\n", error.message);
	}
	free(text);
}

/* Changed bits never crash the reader, and never make it accept a prefix. */
static void check_damaged(struct bytes bytes)
{
	struct coconut_manifest *manifest;
	struct coconut_error error;
	unsigned int wrong = 0;

	for (size_t size = 0; size < bytes.size; size++) {
		uint8_t *exact = malloc(size ? size : 1);

		memcpy(exact, bytes.data, size);
		wrong +=
			coconut_manifest_check(exact, size, &error) != -EBADMSG;
		free(exact);
	}
	is_number(wrong, 0, "each prefix is malformed");
	for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
		struct bytes again;

		bytes.data[bit / 8] ^= 1 << bit % 8;
		if (!coconut_manifest_decode(bytes.data, bytes.size, &manifest,
					     &error)) {
			again = encode(manifest);
			wrong += !again.data;
			free(again.data);
			coconut_manifest_free(manifest);
		}
		bytes.data[bit / 8] ^= 1 << bit % 8;
	}
	is_number(wrong, 0, "what is accepted can be encoded");
}

static void check_good(const char *name)
{
	char *path = path_to("good", name);
	char *from = root();
	struct coconut_manifest *manifest;
	struct coconut_error error;
	struct bytes bytes;

	if (ok(!coconut_manifest_from_yaml(path, from, 0, &manifest, &error),
	       "good/%s compiles", name)) {
		bytes = encode(manifest);
		ok(!coconut_manifest_check(bytes.data, bytes.size, &error),
		   "the kernel's reader accepts it");
		check_decoded(bytes);
		check_printed(manifest, bytes);
		check_damaged(bytes);
		free(bytes.data);
		coconut_manifest_free(manifest);
	} else {
		printf("# %s\n", error.message);
	}
	free(from);
	free(path);
}

static struct coconut_manifest *compile(const char *name)
{
	char *path = path_to("good", name);
	char *from = root();
	struct coconut_manifest *manifest = NULL;

	coconut_manifest_from_yaml(path, from, 0, &manifest, NULL);
	free(from);
	free(path);
	return manifest;
}

/* full.hex was made by another encoder. */
static void test_golden(void)
{
	struct coconut_manifest *manifest = compile("full.yaml");
	struct bytes bytes = encode(manifest);
	char *path = path_to("good", "full.hex");
	char *digits = malloc(2 * bytes.size + 1);
	uint8_t *golden;
	size_t size;

	if (ok(!coconut_file_read(path, 65536, &golden, &size, NULL),
	       "full.hex is there")) {
		golden[strcspn((char *)golden, "\n")] = '\0';
		is(coconut_hex(bytes.data, bytes.size, digits), (char *)golden,
		   "full.yaml compiles to full.hex");
		free(golden);
	}
	is_number(manifest->nr_caps, 27,
		  "a list of names makes a capability of each");
	is_number(manifest->limit_ram, 256 << 20, "256M is so many bytes");
	is(manifest->args[2], "", "an empty argument stays");
	is_number(manifest->audit, AGENT_AUDIT_COALESCED, "uses are coalesced");
	if (is_number(manifest->nr_code, 2, "there are two pieces of code")) {
		ok(!memcmp(manifest->code[0], manifest->digest,
			   AGENT_DIGEST_SIZE),
		   "a file by its digest");
		is_number(manifest->code[1][31], 31, "and a digest as it is");
	}
	free(digits);
	free(path);
	free(bytes.data);
	coconut_manifest_free(manifest);
}

static bool has_cap(const struct coconut_manifest *manifest,
		    const char *expected)
{
	bool found = false;

	for (size_t i = 0; !found && i < manifest->nr_caps; i++) {
		char *text = coconut_cap_format(&manifest->caps[i]);

		found = !strcmp(text, expected);
		free(text);
	}
	return found;
}

static void test_profile(void)
{
	struct coconut_manifest *manifest = compile("profile.yaml");

	ok(has_cap(manifest, "fs.read /usr"), "the profile reads /usr");
	ok(has_cap(manifest, "fs.exec /usr"), "and runs it");
	ok(has_cap(manifest, "fs.read /etc/hosts"), "and what the root has");
	ok(!has_cap(manifest, "fs.read /etc/passwd"), "not what it lacks");
	ok(has_cap(manifest, "fs.write /dev/null"), "devices always");
	ok(has_cap(manifest, "fs.read /lib64"), "links into /usr too");
	ok(!has_cap(manifest, "fs.read /etc/alternatives"),
	   "not the links that the root lacks");
	ok(has_cap(manifest, "fs.read /home"), "beside the manifest's own");
	coconut_manifest_free(manifest);
}

static void test_constraints(void)
{
	static const char *const expected[] = {
		"fs.read /home/maya rate=10/s hint=\"not so fast\"",
		"key lifetime=60 uses=5 rate=10/m",
		"time lifetime=60 uses=5 rate=10/m",
		"net.connect host=api.example.org:443 rate=100/h",
		"net.bind 127.0.0.1:53 rate=10/30s",
		"cap.grant fs.read uses=3",
		"cap.grant org.example.print rate=2/300s",
		"cap.grant fs.write",
		"org.example.print fs.write",
	};
	struct coconut_manifest *manifest = compile("constraints.yaml");
	size_t count = sizeof(expected) / sizeof(expected[0]);
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	is_number(manifest->on_deny, AGENT_DENY_TRAP, "a denial traps");
	is_number(manifest->nr_caps, count, "all capabilities are there");
	for (size_t i = 0; i < count; i++)
		ok(has_cap(manifest, expected[i]), "%s", expected[i]);
	coconut_manifest_print_json(manifest, file);
	fclose(file);
	ok(strstr(text, "\"on_deny\":\"trap\""), "JSON has the trap");
	ok(strstr(text, "\"rate\":10,\"period\":30}"), "and a rate");
	ok(strstr(text,
		  "{\"cap\":\"cap.grant\",\"scope\":\"fs.read\",\"uses\":3}"),
	   "and what may be granted");
	free(text);
	coconut_manifest_free(manifest);
}

/* In a manifest it is an address, which is how it is read again. */
static void test_address_of_host(void)
{
	struct coconut_manifest *manifest = compile("minimal.yaml");
	struct coconut_manifest *read;
	size_t size;
	char *text;
	FILE *file;

	manifest->caps = calloc(1, sizeof(*manifest->caps));
	manifest->nr_caps = 1;
	ok(!coconut_cap_parse("net.connect 192.0.2.7:443 host=a.org",
			      manifest->caps, NULL),
	   "an address of a host");
	file = open_memstream(&text, &size);
	coconut_manifest_print_yaml(manifest, file);
	fclose(file);
	ok(strstr(text, "    address: \"192.0.2.7\" # of a.org\n"),
	   "is printed with its host");
	if (ok(!coconut_manifest_from_yaml_text("x", text, size, NULL,
						COCONUT_YAML_NO_IMAGE, &read,
						NULL),
	       "and read again")) {
		ok(has_cap(read, "net.connect 192.0.2.7:443"), "without it");
		coconut_manifest_free(read);
	}
	free(text);
	file = open_memstream(&text, &size);
	coconut_manifest_print_json(manifest, file);
	fclose(file);
	ok(strstr(text, "\"host\":\"a.org\",\"address\":\"192.0.2.7\""),
	   "JSON has both");
	free(text);
	coconut_manifest_free(manifest);
}

static void test_json(void)
{
	static const char start[] =
		"{\"name\":\"minimal\",\"image\":\"/usr/bin/agent\",";
	static const char expected[] =
		"\"on_deny\":\"continue\",\"audit\":\"uses\",\"limits\":{},"
		"\"capabilities\":[]}";
	struct coconut_manifest *manifest = compile("minimal.yaml");
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	ok(!coconut_manifest_print_json(manifest, file), "JSON is printed");
	fclose(file);
	ok(!strncmp(text, start, strlen(start)) && strstr(text, expected),
	   "with what is in it");
	free(text);
	coconut_manifest_free(manifest);
}

static void test_json_full(void)
{
	static const char *const expected[] = {
		"\"audit\":\"coalesced\",\"code\":[\"5a1c57030451fd98",
		"e67988\",\"000102030405060708090a0b0c0d0e0f10111213141516",
		"{\"cap\":\"net.connect\",\"host\":\"api.example.org\","
		"\"port_low\":443,\"port_high\":443,\"protocol\":\"tcp\"}",
		"{\"cap\":\"dev.ioctl\",\"path\":\"/dev/dri\"},"
		"{\"cap\":\"mem.exec\"},{\"cap\":\"key\"},",
		"{\"cap\":\"ipc\",\"relation\":\"self\"}",
	};
	struct coconut_manifest *manifest = compile("full.yaml");
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	coconut_manifest_print_json(manifest, file);
	fclose(file);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ok(strstr(text, expected[i]), "JSON has %s", expected[i]);
	free(text);
	coconut_manifest_free(manifest);
}

/* As many pieces of code as there may be, and one more. */
static void test_code_bound(void)
{
	static char yaml[AGENT_CODE_MAX * 80 + 200];
	struct coconut_manifest *manifest;
	struct coconut_error error;
	size_t size;

	size = sprintf(yaml, "{name: a, image: /not/there, code: [");
	for (int i = 0; i < AGENT_CODE_MAX; i++)
		size += sprintf(yaml + size, "%s\"%064x\"", i ? ",\n" : "", i);
	strcpy(yaml + size, "]}");
	if (ok(!coconut_manifest_from_yaml_text("x", yaml, size + 2, NULL,
						COCONUT_YAML_NO_IMAGE,
						&manifest, &error),
	       "as much code as there may be")) {
		is_number(manifest->nr_code, AGENT_CODE_MAX, "all of it");
		coconut_manifest_free(manifest);
	}
	strcpy(yaml + size, ",\n/a]}");
	is_number(coconut_manifest_from_yaml_text("x", yaml, size + 6, NULL,
						  COCONUT_YAML_NO_IMAGE,
						  &manifest, &error),
		  -EINVAL, "and one piece more");
	is(error.message, "x:257:1: code: more than 256", "is refused");
}

static void test_no_image(void)
{
	static const char yaml[] = "{name: a, image: /not/there, code: /no}";
	uint8_t zeroes[AGENT_DIGEST_SIZE] = { 0 };
	struct coconut_manifest *manifest;
	struct coconut_error error;

	is_number(coconut_manifest_from_yaml_text("x", yaml, strlen(yaml), NULL,
						  0, &manifest, &error),
		  -ENOENT, "an image that is not there");
	is_number(error.code, ENOENT, "with its code");
	if (ok(!coconut_manifest_from_yaml_text("x", yaml, strlen(yaml), NULL,
						COCONUT_YAML_NO_IMAGE,
						&manifest, &error),
	       "unless it is not looked at")) {
		ok(!memcmp(manifest->digest, zeroes, sizeof(zeroes)),
		   "then its digest is zero");
		ok(manifest->nr_code == 1 &&
			   !memcmp(manifest->code[0], zeroes, sizeof(zeroes)),
		   "and that of a file of code");
		coconut_manifest_free(manifest);
	}
	is_number(coconut_manifest_from_yaml("/not/there", NULL, 0, &manifest,
					     &error),
		  -ENOENT, "a manifest that is not there");
	is(error.message, "/not/there: open: No such file or directory",
	   "is named");
}

static void test_bounds(void)
{
	struct coconut_manifest *manifest = compile("minimal.yaml");
	struct coconut_error error;
	uint8_t *data = calloc(1, AGENT_MANIFEST_MAX + 1);
	size_t size;
	uint8_t *encoded;

	is_number(coconut_manifest_check(data, AGENT_MANIFEST_MAX + 1, &error),
		  -E2BIG, "a byte too many");
	is_number(coconut_manifest_check(data, 0, &error), -EBADMSG,
		  "no byte at all");
	free(manifest->name);
	manifest->name = strdup("No Name");
	is_number(coconut_manifest_encode(manifest, &encoded, &size, &error),
		  -EINVAL, "a name that is none is not encoded");
	free(data);
	coconut_manifest_free(manifest);
}

static void test_digest(void)
{
	uint8_t digest[AGENT_DIGEST_SIZE];
	char digits[2 * AGENT_DIGEST_SIZE + 1];

	coconut_digest("", 0, digest);
	is(coconut_hex(digest, sizeof(digest), digits),
	   "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
	   "BLAKE3 of nothing");
	is_number(coconut_unhex("0g", digest, 1), -EINVAL, "no digit");
	is_number(coconut_unhex("0", digest, 1), -EINVAL, "a digit short");
	is_number(coconut_unhex("Fe", digest, 1), 0, "two digits");
	is_number(digest[0], 0xfe, "their value");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	fixtures = argv[1];
	ok(each("good", check_good) >= 4, "there are good fixtures");
	ok(each("bad", check_bad) >= 75, "there are bad fixtures");
	test_golden();
	test_profile();
	test_json();
	test_json_full();
	test_constraints();
	test_address_of_host();
	test_code_bound();
	test_no_image();
	test_bounds();
	test_digest();
	return tap_end();
}
