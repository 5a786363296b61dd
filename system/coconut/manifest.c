// SPDX-License-Identifier: MIT
/* coconut manifest: what needs no coconutd. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* Bounds a mistake such as naming a disk image. */
#define YAML_MAX ((size_t)1 << 20)

static const char template[] =
	"# The manifest of an agent: what runs, and what it may do.\n"
	"# coconut-manifest(5) tells all keys; 'coconut manifest build' compiles it.\n"
	"name: %s\n"
	"\n"
	"# The file that is executed first. Its digest is taken when the manifest is\n"
	"# built: a changed image no longer starts.\n"
	"image: /usr/bin/true\n"
	"\n"
	"# Arguments after the program's name, and the environment.\n"
	"#args: [--verbose]\n"
	"#env: [LANG=C.UTF-8]\n"
	"\n"
	"# Who it runs as, and where.\n"
	"#user: maya\n"
	"#cwd: /home/maya\n"
	"\n"
	"# After a denial: continue, stop or quarantine; or trap, for a program that\n"
	"# is being written: SIGTRAP at the call that was denied.\n"
	"on_deny: continue\n"
	"\n"
	"# At most so many tasks and live agents of its own at once.\n"
	"limits: {tasks: 64, agents: 0}\n"
	"\n"
	"# What an unmodified dynamic program needs: /usr to read and execute, and\n"
	"# some files of /etc and /dev. Nothing of any user's.\n"
	"profile: base\n"
	"\n"
	"# All else is denied.\n"
	"capabilities: []\n"
	"#  - cap: fs.read\n"
	"#    path: /home/maya/papers\n"
	"#    except: [/home/maya/papers/private]\n"
	"#    hint: \"ask Maya for the others\"\n"
	"#  - cap: [fs.write, fs.create]\n"
	"#    path: /home/maya/out\n"
	"#  - cap: net.connect\n"
	"#    address: 127.0.0.1\n"
	"#    port: 8080\n"
	"#    protocol: tcp\n"
	"#    lifetime: 3600\n"
	"#    rate: 10/s\n";

static int fail(int status, int r, const struct coconut_error *error)
{
	complain("%s",
		 error->message[0] ? error->message : coconut_strerror(r));
	return status;
}

static int one_operand(int argc, char **argv, const char **ret_operand)
{
	if (optind >= argc)
		return misuse("%s: the FILE is missing", argv[0]);
	if (optind + 1 < argc)
		return misuse("%s: unexpected argument '%s'", argv[0],
			      argv[optind + 1]);
	*ret_operand = argv[optind];
	return 0;
}

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	return length && length < AGENT_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length;
}

static int manifest_new(int argc, char **argv)
{
	static const struct option none[] = { { 0 } };
	const char *name = "example";

	if (next_option(argc, argv, ":", none) != -1)
		return EXIT_USAGE;
	if (optind < argc)
		name = argv[optind++];
	if (optind < argc)
		return misuse("new: unexpected argument '%s'", argv[optind]);
	if (!is_name(name))
		return misuse(
			"new: '%s' is no name: a to z, 0 to 9, '.' and '-', up to %d",
			name, AGENT_NAME_MAX - 1);
	printf(template, name);
	return EXIT_GOOD;
}

/* No UTF-8 text begins with the head of a CBOR map. */
static bool is_compiled(const uint8_t *data, size_t size)
{
	return size && (data[0] & 0xe0) == 0xa0;
}

static int decode(const char *file, const uint8_t *data, size_t size,
		  struct coconut_manifest **ret_manifest)
{
	struct coconut_error error = { 0 };
	int r = coconut_manifest_check(data, size, &error);

	if (!r)
		r = coconut_manifest_decode(data, size, ret_manifest, &error);
	if (!r)
		return 0;
	complain("%s: %s", file,
		 error.message[0] ? error.message : coconut_strerror(r));
	return EXIT_REFUSED;
}

/* What the kernel would say of the result is part of reading YAML. */
static int compile(const char *file, const uint8_t *data, size_t size,
		   const char *root, bool image,
		   struct coconut_manifest **ret_manifest)
{
	struct coconut_error error = { 0 };
	struct coconut_manifest *manifest;
	uint8_t *bytes;
	size_t length;
	int r;

	r = coconut_manifest_from_yaml_text(file, (const char *)data, size,
					    root,
					    image ? 0 : COCONUT_YAML_NO_IMAGE,
					    &manifest, &error);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	r = coconut_manifest_encode(manifest, &bytes, &length, &error);
	if (r < 0) {
		coconut_manifest_free(manifest);
		return fail(EXIT_REFUSED, r, &error);
	}
	free(bytes);
	*ret_manifest = manifest;
	return 0;
}

/* Reads either form. */
static int load(const char *file, const char *root, bool image,
		struct coconut_manifest **ret_manifest)
{
	struct coconut_error error = { 0 };
	uint8_t *data;
	size_t size;
	int r;

	r = coconut_file_read(file, YAML_MAX, &data, &size, &error);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	if (is_compiled(data, size))
		r = decode(file, data, size, ret_manifest);
	else
		r = compile(file, data, size, root, image, ret_manifest);
	free(data);
	return r;
}

static int manifest_check(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "image", no_argument, NULL, 'i' },
		{ 0 },
	};
	const char *file, *root = NULL;
	struct coconut_manifest *manifest;
	bool image = false;
	int option, status;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == 'r')
			root = optarg;
		image = true;
	}
	if (one_operand(argc, argv, &file))
		return EXIT_USAGE;
	status = load(file, root, image, &manifest);
	if (status)
		return status;
	printf("%s: good: %s, %zu capabilities\n", file, manifest->name,
	       manifest->nr_caps);
	coconut_manifest_free(manifest);
	return EXIT_GOOD;
}

static int write_compiled(const struct coconut_manifest *manifest,
			  const char *output)
{
	char name[AGENT_NAME_MAX + sizeof(".manifest")];
	struct coconut_error error = { 0 };
	uint8_t *data;
	size_t size;
	int r;

	if (!output) {
		snprintf(name, sizeof(name), "%s.manifest", manifest->name);
		output = name;
	}
	r = coconut_manifest_encode(manifest, &data, &size, &error);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	r = coconut_file_write(output, data, size, 0644, &error);
	free(data);
	return r < 0 ? fail(EXIT_REFUSED, r, &error) : EXIT_GOOD;
}

static int manifest_build(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "output", required_argument, NULL, 'o' },
		{ 0 },
	};
	const char *file, *root = NULL, *output = NULL;
	struct coconut_error error = { 0 };
	struct coconut_manifest *manifest;
	int option, r;

	while ((option = next_option(argc, argv, ":o:", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == 'r')
			root = optarg;
		else
			output = optarg;
	}
	if (one_operand(argc, argv, &file))
		return EXIT_USAGE;
	r = coconut_manifest_from_yaml(file, root, 0, &manifest, &error);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	r = write_compiled(manifest, output);
	coconut_manifest_free(manifest);
	return r;
}

static int sign(const char *file, const char *key, const char *certificate,
		const char *output)
{
	struct coconut_error error = { 0 };
	uint8_t *data, *signature;
	size_t size, length;
	int r;

	r = coconut_file_read(file, AGENT_MANIFEST_MAX, &data, &size, &error);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	r = coconut_manifest_sign(data, size, key, certificate, &signature,
				  &length, &error);
	free(data);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	r = coconut_file_write(output, signature, length, 0644, &error);
	free(signature);
	return r < 0 ? fail(EXIT_REFUSED, r, &error) : EXIT_GOOD;
}

static int manifest_sign(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "cert", required_argument, NULL, 'c' },
		{ 0 },
	};
	const char *file, *key = NULL, *certificate = NULL;
	char *output;
	int option, status;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == 'k')
			key = optarg;
		else
			certificate = optarg;
	}
	if (!key || !certificate)
		return misuse("sign: --key and --cert are needed");
	if (one_operand(argc, argv, &file))
		return EXIT_USAGE;
	output = signature_path(file);
	if (!output)
		return EXIT_REFUSED;
	status = sign(file, key, certificate, output);
	free(output);
	return status;
}

/* A signature that is not good is another thing than a file that is not there. */
static int verify_bytes(const char *file, const char *authority,
			const uint8_t *data, size_t size,
			const uint8_t *signature, size_t signature_size)
{
	struct coconut_error error = { 0 };
	char signer[256];
	int r;

	r = coconut_manifest_verify(data, size, signature, signature_size,
				    authority, signer, sizeof(signer), &error);
	if (r == -EBADMSG || r == -ENOKEY || r == -EKEYREJECTED)
		return fail(EXIT_UNVERIFIED, r, &error);
	if (r < 0)
		return fail(EXIT_REFUSED, r, &error);
	printf("%s: verified, signed by %s\n", file, signer);
	return EXIT_GOOD;
}

static int verify(const char *file, const char *signature_file,
		  const char *authority)
{
	uint8_t *data = NULL, *signature = NULL;
	struct coconut_error error = { 0 };
	size_t size, signature_size;
	int status;
	int r;

	r = coconut_file_read(file, AGENT_MANIFEST_MAX, &data, &size, &error);
	if (!r)
		r = coconut_file_read(signature_file, AGENT_SIGNATURE_MAX,
				      &signature, &signature_size, &error);
	if (r < 0)
		status = fail(EXIT_REFUSED, r, &error);
	else
		status = verify_bytes(file, authority, data, size, signature,
				      signature_size);
	free(data);
	free(signature);
	return status;
}

static int manifest_verify(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "authority", required_argument, NULL, 'a' },
		{ 0 },
	};
	const char *file, *authority = NULL;
	char *signature_file;
	int option, status;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		authority = optarg;
	}
	if (!authority)
		return misuse("verify: --authority is needed");
	if (one_operand(argc, argv, &file))
		return EXIT_USAGE;
	signature_file = signature_path(file);
	if (!signature_file)
		return EXIT_REFUSED;
	status = verify(file, signature_file, authority);
	free(signature_file);
	return status;
}

static int manifest_show(int argc, char **argv)
{
	struct coconut_manifest *manifest;
	const char *file;
	bool json;
	int status;

	if (parse_json_only(argc, argv, &json) ||
	    one_operand(argc, argv, &file))
		return EXIT_USAGE;
	status = load(file, NULL, false, &manifest);
	if (status)
		return status;
	if (json) {
		coconut_manifest_print_json(manifest, stdout);
		putchar('\n');
	} else {
		coconut_manifest_print_yaml(manifest, stdout);
	}
	coconut_manifest_free(manifest);
	return EXIT_GOOD;
}

const struct verb manifest_verbs[] = {
	{ "new", "[NAME]", "Print a commented manifest to start from.\n",
	  manifest_new },
	{ "check", "[--image] [--root DIR] FILE",
	  "Check a manifest, YAML or compiled, as the kernel would. Mistakes in\n"
	  "YAML are told as file:line:column: key: what is wrong.\n\n"
	  "  --image     look at the image of a YAML manifest too\n"
	  "  --root DIR  the same, in DIR as in /\n",
	  manifest_check },
	{ "build", "[--root DIR] [--output FILE] FILE.yaml",
	  "Compile a manifest, with the digest of its image as it is now.\n\n"
	  "  --root DIR         look the image up in DIR as in /\n"
	  "  -o, --output FILE  write there, and not to NAME.manifest\n",
	  manifest_build },
	{ "sign", "--key KEY --cert CERTIFICATE FILE.manifest",
	  "Sign a compiled manifest; the signature goes to FILE.sig.\n\n"
	  "  --key KEY           the signer's private key, PEM\n"
	  "  --cert CERTIFICATE  the signer's certificate, PEM or DER\n",
	  manifest_sign },
	{ "verify", "--authority CERTIFICATES FILE.manifest",
	  "Check FILE.sig as the kernel would; exits with 3 when it is not good.\n\n"
	  "  --authority CERTIFICATES  who is trusted, PEM or DER\n",
	  manifest_verify },
	{ "show", "[--json] FILE",
	  "Print a manifest, YAML or compiled, with its profile written out.\n",
	  manifest_show },
	{ 0 },
};
