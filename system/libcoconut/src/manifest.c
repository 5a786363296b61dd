/* SPDX-License-Identifier: MIT */
/* Manifests: CBOR in both directions. */
#include "internal.h"

int strings_add(char ***strings, size_t *count, char *string)
{
	char **grown;

	if (!string)
		return -ENOMEM;
	grown = realloc(*strings, (*count + 2) * sizeof(*grown));
	if (!grown) {
		free(string);
		return -ENOMEM;
	}
	grown[(*count)++] = string;
	grown[*count] = NULL;
	*strings = grown;
	return 0;
}

void strings_free(char **strings)
{
	for (char **string = strings; string && *string; string++)
		free(*string);
	free(strings);
}

int manifest_add_cap(struct coconut_manifest *manifest, struct coconut_cap *cap)
{
	struct coconut_cap *caps;

	caps = realloc(manifest->caps, (manifest->nr_caps + 1) * sizeof(*caps));
	if (!caps) {
		coconut_cap_clear(cap);
		return -ENOMEM;
	}
	caps[manifest->nr_caps++] = *cap;
	manifest->caps = caps;
	*cap = (struct coconut_cap){ 0 };
	return 0;
}

int manifest_add_code(struct coconut_manifest *manifest,
		      const uint8_t digest[AGENT_DIGEST_SIZE])
{
	uint8_t(*code)[AGENT_DIGEST_SIZE];

	code = realloc(manifest->code, (manifest->nr_code + 1) * sizeof(*code));
	if (!code)
		return -ENOMEM;
	memcpy(code[manifest->nr_code++], digest, AGENT_DIGEST_SIZE);
	manifest->code = code;
	return 0;
}

static void write_limit(struct writer *writer, size_t map, unsigned int key,
			uint64_t limit)
{
	if (limit == AGENT_QUOTA_UNLIMITED)
		return;
	write_key(writer, map, key);
	write_uint(writer, limit);
}

static void write_limits(struct writer *writer,
			 const struct coconut_manifest *manifest)
{
	size_t map = write_map(writer);

	write_limit(writer, map, AGENT_LIMIT_TASKS, manifest->limit_tasks);
	write_limit(writer, map, AGENT_LIMIT_AGENTS, manifest->limit_agents);
	write_limit(writer, map, AGENT_LIMIT_RAM, manifest->limit_ram);
}

static bool has_limits(const struct coconut_manifest *manifest)
{
	return manifest->limit_tasks != AGENT_QUOTA_UNLIMITED ||
	       manifest->limit_agents != AGENT_QUOTA_UNLIMITED ||
	       manifest->limit_ram != AGENT_QUOTA_UNLIMITED;
}

static void write_must(struct writer *writer, size_t map,
		       const struct coconut_manifest *manifest)
{
	write_key(writer, map, AGENT_MANIFEST_VERSION_KEY);
	write_uint(writer, 1);
	write_key(writer, map, AGENT_MANIFEST_NAME_KEY);
	write_text(writer, manifest->name);
	write_key(writer, map, AGENT_MANIFEST_IMAGE_KEY);
	write_text(writer, manifest->image);
	write_key(writer, map, AGENT_MANIFEST_DIGEST_KEY);
	write_bytes(writer, manifest->digest, AGENT_DIGEST_SIZE);
	write_key(writer, map, AGENT_MANIFEST_CAPS_KEY);
	write_array(writer, manifest->nr_caps);
	for (size_t i = 0; i < manifest->nr_caps; i++)
		write_cap(writer, &manifest->caps[i]);
}

static void write_code(struct writer *writer,
		       const struct coconut_manifest *manifest)
{
	write_array(writer, manifest->nr_code);
	for (size_t i = 0; i < manifest->nr_code; i++)
		write_bytes(writer, manifest->code[i], AGENT_DIGEST_SIZE);
}

/* The keys are written in the order of their numbers, as the map needs it. */
static void write_manifest(struct writer *writer,
			   const struct coconut_manifest *manifest)
{
	size_t map = write_map(writer);

	write_must(writer, map, manifest);
	if (manifest->on_deny != AGENT_DENY_CONTINUE) {
		write_key(writer, map, AGENT_MANIFEST_ON_DENY_KEY);
		write_uint(writer, manifest->on_deny);
	}
	if (has_limits(manifest)) {
		write_key(writer, map, AGENT_MANIFEST_LIMITS_KEY);
		write_limits(writer, manifest);
	}
	if (manifest->nr_args) {
		write_key(writer, map, AGENT_MANIFEST_ARGS_KEY);
		write_texts(writer, manifest->args, manifest->nr_args);
	}
	if (manifest->nr_env) {
		write_key(writer, map, AGENT_MANIFEST_ENV_KEY);
		write_texts(writer, manifest->env, manifest->nr_env);
	}
	if (manifest->user) {
		write_key(writer, map, AGENT_MANIFEST_USER_KEY);
		write_text(writer, manifest->user);
	}
	if (manifest->cwd) {
		write_key(writer, map, AGENT_MANIFEST_CWD_KEY);
		write_text(writer, manifest->cwd);
	}
	if (manifest->audit != AGENT_AUDIT_USES) {
		write_key(writer, map, AGENT_MANIFEST_AUDIT_KEY);
		write_uint(writer, manifest->audit);
	}
	if (manifest->nr_code) {
		write_key(writer, map, AGENT_MANIFEST_CODE_KEY);
		write_code(writer, manifest);
	}
}

int coconut_manifest_encode(const struct coconut_manifest *manifest,
			    uint8_t **ret_data, size_t *ret_size,
			    struct coconut_error *error)
{
	struct writer writer = { 0 };
	int err;

	if (!manifest->name || !manifest->image)
		return fail(error, EINVAL, manifest->name ? "image" : "name",
			    "missing");
	write_manifest(&writer, manifest);
	if (writer.failed) {
		free(writer.data);
		return fail_memory(error);
	}
	err = coconut_manifest_check(writer.data, writer.size, error);
	if (err) {
		free(writer.data);
		/* What was written is CBOR; only its meaning can be wrong. */
		return err == -EBADMSG ? -EINVAL : err;
	}
	*ret_data = writer.data;
	*ret_size = writer.size;
	return 0;
}

int manifest_fault(struct coconut_error *error, int err,
		   const struct agent_fault *fault)
{
	char where[40] = "manifest";

	if (fault->cap != ~0U)
		snprintf(where, sizeof(where), "capability %u", fault->cap);
	return fail(error, -err, where, "byte %u: %s", fault->offset,
		    fault->what);
}

static int read_manifest(const void *data, size_t size,
			 struct agent_manifest *manifest,
			 struct coconut_error *error)
{
	struct agent_fault fault = { .cap = ~0U };
	int err;

	if (size > AGENT_MANIFEST_MAX)
		return fail(error, E2BIG, "manifest",
			    "%zu bytes, more than the %d a manifest may have",
			    size, AGENT_MANIFEST_MAX);
	err = agent_manifest_read(data, size, manifest, &fault);
	return err ? manifest_fault(error, err, &fault) : 0;
}

int coconut_manifest_check(const void *data, size_t size,
			   struct coconut_error *error)
{
	struct agent_manifest manifest;

	return read_manifest(data, size, &manifest, error);
}

/*
 * From here on the kernel's reader has accepted the whole manifest, so that
 * only memory can still be short.
 */
static int decode_strings(const void *data, size_t size, uint32_t offset,
			  char ***strings, size_t *count)
{
	struct agent_cbor cbor;
	struct agent_cbor_item item;
	struct agent_text text;
	int err;

	if (!offset)
		return 0;
	agent_cbor_init(&cbor, data, size);
	cbor.pos = offset;
	err = agent_cbor_next(&cbor, &item);
	for (uint64_t i = 0; !err && i < item.value; i++) {
		err = agent_text_next(&cbor, &text);
		if (!err)
			err = strings_add(strings, count,
					  strndup(text.data, text.size));
	}
	return err;
}

static int decode_caps(const void *data, size_t size,
		       const struct agent_manifest *from,
		       struct coconut_manifest *to)
{
	struct agent_fault fault = { .cap = ~0U };
	struct agent_cap_spec spec;
	struct coconut_cap cap;
	struct agent_cbor cbor;
	int err = 0;

	agent_cbor_init(&cbor, data, size);
	cbor.pos = from->caps;
	for (uint32_t i = 0; !err && i < from->nr_caps; i++) {
		err = agent_cap_read(&cbor, &spec, &fault);
		if (!err)
			err = cap_from_spec(data, &spec, &cap);
		if (!err)
			err = manifest_add_cap(to, &cap);
	}
	return err;
}

static int decode_code(const void *data, size_t size,
		       const struct agent_manifest *from,
		       struct coconut_manifest *to)
{
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	int err;

	if (!from->code)
		return 0;
	agent_cbor_init(&cbor, data, size);
	cbor.pos = from->code;
	err = agent_cbor_next(&cbor, &item);
	for (uint32_t i = 0; !err && i < from->nr_code; i++) {
		err = agent_cbor_next(&cbor, &item);
		if (!err)
			err = manifest_add_code(to, item.data);
	}
	return err;
}

static int decode_text(const struct agent_text *text, char **ret_string)
{
	if (!text->data)
		return 0;
	*ret_string = strndup(text->data, text->size);
	return *ret_string ? 0 : -ENOMEM;
}

static int decode(const void *data, size_t size,
		  const struct agent_manifest *from,
		  struct coconut_manifest *to)
{
	int err;

	memcpy(to->digest, from->digest, AGENT_DIGEST_SIZE);
	to->on_deny = from->on_deny;
	to->audit = from->audit;
	to->limit_tasks = from->limits[AGENT_LIMIT_TASKS];
	to->limit_agents = from->limits[AGENT_LIMIT_AGENTS];
	to->limit_ram = from->limits[AGENT_LIMIT_RAM];
	err = decode_text(&from->name, &to->name);
	if (!err)
		err = decode_text(&from->image, &to->image);
	if (!err)
		err = decode_text(&from->user, &to->user);
	if (!err)
		err = decode_text(&from->cwd, &to->cwd);
	if (!err)
		err = decode_strings(data, size, from->args, &to->args,
				     &to->nr_args);
	if (!err)
		err = decode_strings(data, size, from->env, &to->env,
				     &to->nr_env);
	if (!err)
		err = decode_code(data, size, from, to);
	if (!err)
		err = decode_caps(data, size, from, to);
	return err;
}

int coconut_manifest_decode(const void *data, size_t size,
			    struct coconut_manifest **ret_manifest,
			    struct coconut_error *error)
{
	struct coconut_manifest *manifest;
	struct agent_manifest from;
	int err = read_manifest(data, size, &from, error);

	if (err)
		return err;
	manifest = calloc(1, sizeof(*manifest));
	if (!manifest)
		return fail_memory(error);
	err = decode(data, size, &from, manifest);
	if (err) {
		coconut_manifest_free(manifest);
		return fail_memory(error);
	}
	*ret_manifest = manifest;
	return 0;
}

void coconut_manifest_free(struct coconut_manifest *manifest)
{
	if (!manifest)
		return;
	for (size_t i = 0; i < manifest->nr_caps; i++)
		coconut_cap_clear(&manifest->caps[i]);
	free(manifest->caps);
	strings_free(manifest->args);
	strings_free(manifest->env);
	free(manifest->name);
	free(manifest->image);
	free(manifest->user);
	free(manifest->cwd);
	free(manifest->code);
	free(manifest);
}
