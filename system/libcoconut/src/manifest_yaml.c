/* SPDX-License-Identifier: MIT */
/* Manifests as people write them. */
#include <unistd.h>

#include "yaml.h"

#define YAML_SIZE_MAX (1024 * 1024)
#define STRINGS_MAX 256

static const char name_rule[] = "must be 1 to 63 of a-z, 0-9, \".\" and \"-\"";

/* A user's name, unlike an agent's, may have "_": www_data. */
static const char user_rule[] =
	"must be 1 to 63 of a-z, 0-9, \".\", \"_\" and \"-\"";

static bool is_name(const char *name, bool user)
{
	size_t size =
		strspn(name, user ? "abcdefghijklmnopqrstuvwxyz0123456789._-" :
				    "abcdefghijklmnopqrstuvwxyz0123456789.-");

	return size && size < AGENT_NAME_MAX && !name[size];
}

static int read_named(struct yaml *yaml, yaml_node_t *node, const char *key,
		      bool user, char **ret_name)
{
	const char *name;
	int err = yaml_string(yaml, node, key, &name);

	if (err)
		return err;
	if (!is_name(name, user))
		return yaml_fail(yaml, node, key, "%s",
				 user ? user_rule : name_rule);
	*ret_name = strdup(name);
	return *ret_name ? 0 : fail_memory(yaml->error);
}

static int read_name(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	struct coconut_manifest *manifest = target;

	return read_named(yaml, node, key, false, &manifest->name);
}

static int read_user(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	struct coconut_manifest *manifest = target;

	return read_named(yaml, node, key, true, &manifest->user);
}

static int read_path(struct yaml *yaml, yaml_node_t *node, const char *key,
		     char **ret_path)
{
	const char *path, *fault;
	int err = yaml_string(yaml, node, key, &path);

	if (err)
		return err;
	fault = path_fault(path, 255);
	if (fault)
		return yaml_fail(yaml, node, key, "%s", fault);
	*ret_path = strdup(path);
	return *ret_path ? 0 : fail_memory(yaml->error);
}

static int read_image(struct yaml *yaml, yaml_node_t *node, const char *key,
		      void *target)
{
	struct coconut_manifest *manifest = target;

	return read_path(yaml, node, key, &manifest->image);
}

static int read_cwd(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target)
{
	struct coconut_manifest *manifest = target;

	return read_path(yaml, node, key, &manifest->cwd);
}

static int read_digest(struct yaml *yaml, yaml_node_t *node, const char *key,
		       void *target)
{
	struct coconut_manifest *manifest = target;
	const char *digits;
	int err = yaml_string(yaml, node, key, &digits);

	if (err)
		return err;
	if (coconut_unhex(digits, manifest->digest, AGENT_DIGEST_SIZE))
		return yaml_fail(yaml, node, key,
				 "must be 64 hexadecimal digits");
	return 0;
}

static int read_argument(struct yaml *yaml, yaml_node_t *node, const char *key,
			 void *target)
{
	struct coconut_manifest *manifest = target;
	const char *argument;
	int err = yaml_string(yaml, node, key, &argument);

	if (err)
		return err;
	if (manifest->nr_args == STRINGS_MAX)
		return yaml_fail(yaml, node, key, "more than %d", STRINGS_MAX);
	err = strings_add(&manifest->args, &manifest->nr_args,
			  strdup(argument));
	return err ? fail_memory(yaml->error) : 0;
}

static int read_args(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	return yaml_each(yaml, node, key, read_argument, target);
}

static int read_variable(struct yaml *yaml, yaml_node_t *node, const char *key,
			 void *target)
{
	struct coconut_manifest *manifest = target;
	const char *variable;
	int err = yaml_string(yaml, node, key, &variable);

	if (err)
		return err;
	if (*variable == '=' || !strchr(variable, '='))
		return yaml_fail(yaml, node, key, "must be NAME=value");
	if (manifest->nr_env == STRINGS_MAX)
		return yaml_fail(yaml, node, key, "more than %d", STRINGS_MAX);
	err = strings_add(&manifest->env, &manifest->nr_env, strdup(variable));
	return err ? fail_memory(yaml->error) : 0;
}

static int read_env(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target)
{
	return yaml_each(yaml, node, key, read_variable, target);
}

static int read_on_deny(struct yaml *yaml, yaml_node_t *node, const char *key,
			void *target)
{
	struct coconut_manifest *manifest = target;
	const char *value;
	int err = yaml_string(yaml, node, key, &value);

	if (err)
		return err;
	for (uint32_t i = 0; i <= AGENT_DENY_TRAP; i++) {
		if (!strcmp(value, coconut_on_deny_name(i))) {
			manifest->on_deny = i;
			return 0;
		}
	}
	return yaml_fail(yaml, node, key,
			 "must be continue, stop, quarantine or trap");
}

static int read_audit(struct yaml *yaml, yaml_node_t *node, const char *key,
		      void *target)
{
	struct coconut_manifest *manifest = target;
	const char *value;
	int err = yaml_string(yaml, node, key, &value);

	if (err)
		return err;
	for (uint32_t i = 0; i <= AGENT_AUDIT_FULL; i++) {
		if (!strcmp(value, coconut_audit_name(i))) {
			manifest->audit = i;
			return 0;
		}
	}
	return yaml_fail(yaml, node, key, "must be uses, coalesced or full");
}

/* Of a file below the root. What is wrong with it is told at @node. */
static int digest_path(struct yaml *yaml, yaml_node_t *node, const char *key,
		       const char *file, uint8_t digest[AGENT_DIGEST_SIZE])
{
	struct coconut_error error;
	char *path;
	int err;

	if (asprintf(&path, "%s%s", yaml->root, file) < 0)
		return fail_memory(yaml->error);
	err = coconut_digest_file(path, digest, &error);
	free(path);
	if (err) {
		yaml_fail(yaml, node, key, "%s", error.message);
		if (yaml->error)
			yaml->error->code = -err;
	}
	return err;
}

/* A path, or the digest itself. */
static int read_piece(struct yaml *yaml, yaml_node_t *node, const char *key,
		      void *target)
{
	struct coconut_manifest *manifest = target;
	uint8_t digest[AGENT_DIGEST_SIZE] = { 0 };
	const char *value, *fault;
	int err = yaml_string(yaml, node, key, &value);

	if (err)
		return err;
	if (manifest->nr_code == AGENT_CODE_MAX)
		return yaml_fail(yaml, node, key, "more than %d",
				 AGENT_CODE_MAX);
	if (*value != '/') {
		if (coconut_unhex(value, digest, sizeof(digest)))
			return yaml_fail(
				yaml, node, key,
				"neither an absolute path nor 64 hexadecimal digits");
	} else {
		fault = path_fault(value, 1023);
		if (fault)
			return yaml_fail(yaml, node, key, "%s", fault);
		if (!(yaml->flags & COCONUT_YAML_NO_IMAGE))
			err = digest_path(yaml, node, key, value, digest);
	}
	if (!err && manifest_add_code(manifest, digest))
		err = fail_memory(yaml->error);
	return err;
}

static int read_code(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	return yaml_each(yaml, node, key, read_piece, target);
}

static int read_limit(struct yaml *yaml, yaml_node_t *node, const char *key,
		      uint64_t min, uint64_t *ret_limit)
{
	const char *digits;
	int err = yaml_string(yaml, node, key, &digits);

	if (err)
		return err;
	if (!read_number(digits, ret_limit) || *ret_limit < min ||
	    *ret_limit > UINT32_MAX)
		return yaml_fail(yaml, node, key,
				 "must be a number from %ju to 4294967295",
				 (uintmax_t)min);
	return 0;
}

static int read_tasks(struct yaml *yaml, yaml_node_t *node, const char *key,
		      void *target)
{
	struct coconut_manifest *manifest = target;

	return read_limit(yaml, node, key, 1, &manifest->limit_tasks);
}

static int read_agents(struct yaml *yaml, yaml_node_t *node, const char *key,
		       void *target)
{
	struct coconut_manifest *manifest = target;

	return read_limit(yaml, node, key, 0, &manifest->limit_agents);
}

/* 4096, 64K, 256M, 2G, 1T: powers of 1024. */
static bool read_size(const char *value, uint64_t *ret_size)
{
	static const char units[] = "KMGT";
	size_t length = strlen(value);
	const char *unit = length ? strchr(units, value[length - 1]) : NULL;
	char digits[24];
	uint64_t size;

	if (!length || length >= sizeof(digits))
		return false;
	strcpy(digits, value);
	if (unit)
		digits[length - 1] = '\0';
	if (!read_number(digits, &size) || !size)
		return false;
	if (unit && __builtin_mul_overflow(
			    size, 1ULL << (10 * (unit - units + 1)), &size))
		return false;
	*ret_size = size;
	return size != AGENT_QUOTA_UNLIMITED;
}

static int read_ram(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target)
{
	struct coconut_manifest *manifest = target;
	const char *value;
	int err = yaml_string(yaml, node, key, &value);

	if (err)
		return err;
	if (!read_size(value, &manifest->limit_ram))
		return yaml_fail(
			yaml, node, key,
			"must be a number of bytes, or one with K, M, G or T");
	return 0;
}

static const struct yaml_field limits[] = {
	{ .key = "tasks", .read = read_tasks },
	{ .key = "agents", .read = read_agents },
	{ .key = "ram", .read = read_ram },
};

static int read_limits(struct yaml *yaml, yaml_node_t *node, const char *key,
		       void *target)
{
	return yaml_mapping(yaml, node, key, limits, ARRAY_SIZE(limits),
			    target);
}

static int read_capabilities(struct yaml *yaml, yaml_node_t *node,
			     const char *key, void *target)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return yaml_fail(yaml, node, key, "must be a list");
	return yaml_each(yaml, node, key, yaml_capability, target);
}

/* The profile follows the manifest's own capabilities; see complete(). */
static const struct yaml_field fields[] = {
	{ .key = "name", .read = read_name, .required = true },
	{ .key = "image", .read = read_image, .required = true },
	{ .key = "digest", .read = read_digest },
	{ .key = "user", .read = read_user },
	{ .key = "cwd", .read = read_cwd },
	{ .key = "args", .read = read_args },
	{ .key = "env", .read = read_env },
	{ .key = "on_deny", .read = read_on_deny },
	{ .key = "audit", .read = read_audit },
	{ .key = "code", .read = read_code },
	{ .key = "limits", .read = read_limits },
	{ .key = "profile" },
	{ .key = "capabilities", .read = read_capabilities },
};

static int expand_profile(struct yaml *yaml, yaml_node_t *node,
			  struct coconut_manifest *manifest)
{
	const char *name;
	int err = yaml_string(yaml, node, "profile", &name);

	if (err)
		return err;
	if (!profile_exists(name))
		return yaml_fail(yaml, node, "profile",
				 "no profile is named %s", name);
	err = profile_expand(name, yaml->root, manifest);
	return err ? fail_memory(yaml->error) : 0;
}

static int digest_image(struct yaml *yaml, yaml_node_t *root,
			struct coconut_manifest *manifest)
{
	yaml_node_t *node = yaml_find(yaml, root, "digest", NULL);
	uint8_t digest[AGENT_DIGEST_SIZE];
	char digits[2 * AGENT_DIGEST_SIZE + 1];
	int err = digest_path(yaml, yaml_find(yaml, root, "image", NULL),
			      "image", manifest->image, digest);

	if (err)
		return err;
	if (node && memcmp(digest, manifest->digest, sizeof(digest)))
		return yaml_fail(yaml, node, "digest", "the image's is %s",
				 coconut_hex(digest, sizeof(digest), digits));
	memcpy(manifest->digest, digest, sizeof(digest));
	return 0;
}

/* What needs the whole manifest to have been read. */
static int complete(struct yaml *yaml, yaml_node_t *root,
		    struct coconut_manifest *manifest)
{
	yaml_node_t *profile = yaml_find(yaml, root, "profile", NULL);
	struct coconut_error error;
	uint8_t *data;
	size_t size;
	int err = 0;

	if (profile)
		err = expand_profile(yaml, profile, manifest);
	if (!err && !(yaml->flags & COCONUT_YAML_NO_IMAGE))
		err = digest_image(yaml, root, manifest);
	if (err)
		return err;
	err = coconut_manifest_encode(manifest, &data, &size, &error);
	if (err)
		return yaml_fail(yaml, root, "", "%s", error.message);
	free(data);
	return 0;
}

static int read_document(struct yaml *yaml, struct coconut_manifest *manifest)
{
	yaml_node_t *root = yaml_document_get_root_node(&yaml->document);
	int err = yaml_mapping(yaml, root, "manifest", fields,
			       ARRAY_SIZE(fields), manifest);

	return err ? err : complete(yaml, root, manifest);
}

int coconut_manifest_from_yaml_text(const char *label, const char *text,
				    size_t size, const char *root,
				    unsigned int flags,
				    struct coconut_manifest **ret_manifest,
				    struct coconut_error *error)
{
	struct yaml yaml = {
		.label = label,
		.root = root && strcmp(root, "/") ? root : "",
		.flags = flags,
		.error = error,
	};
	struct coconut_manifest *manifest;
	int err = yaml_load(&yaml, text, size);

	if (err)
		return err;
	manifest = calloc(1, sizeof(*manifest));
	if (manifest) {
		manifest->limit_tasks = AGENT_QUOTA_UNLIMITED;
		manifest->limit_agents = AGENT_QUOTA_UNLIMITED;
		manifest->limit_ram = AGENT_QUOTA_UNLIMITED;
		err = read_document(&yaml, manifest);
	} else {
		err = fail_memory(error);
	}
	yaml_document_delete(&yaml.document);
	if (err)
		coconut_manifest_free(manifest);
	else
		*ret_manifest = manifest;
	return err;
}

int coconut_manifest_from_yaml(const char *path, const char *root,
			       unsigned int flags,
			       struct coconut_manifest **ret_manifest,
			       struct coconut_error *error)
{
	uint8_t *text;
	size_t size;
	int err = coconut_file_read(path, YAML_SIZE_MAX, &text, &size, error);

	if (err)
		return err;
	err = coconut_manifest_from_yaml_text(path, (const char *)text, size,
					      root, flags, ret_manifest, error);
	free(text);
	return err;
}
