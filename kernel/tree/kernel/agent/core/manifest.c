// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: the manifest reader
 *
 * A manifest is read in place, in one pass, and either every byte of it is
 * understood or it is refused.
 */

#include "core.h"

/* By key: what an item is not that can't be this value, and what is missing. */
static const struct {
	const char *wrong;
	const char *missing;
} phrases[AGENT_MANIFEST_KEY_COUNT] = {
	[AGENT_MANIFEST_VERSION_KEY] = {
		"not version 1", "the version is missing",
	},
	[AGENT_MANIFEST_NAME_KEY] = {
		"not a name of a-z, 0-9, dots and dashes",
		"the name is missing",
	},
	[AGENT_MANIFEST_IMAGE_KEY] = {
		"not a plain absolute path", "the image is missing",
	},
	[AGENT_MANIFEST_DIGEST_KEY] = {
		"not a digest of 32 bytes", "the image's digest is missing",
	},
	[AGENT_MANIFEST_CAPS_KEY] = {
		"not a list of capabilities", "the capabilities are missing",
	},
	[AGENT_MANIFEST_ON_DENY_KEY] = {
		"not an answer to a denial, 0 to 3", NULL,
	},
	[AGENT_MANIFEST_LIMITS_KEY] = { "not a map of limits", NULL },
	[AGENT_MANIFEST_ARGS_KEY] = { "not a list of arguments", NULL },
	[AGENT_MANIFEST_ENV_KEY] = { "not a list of NAME=value", NULL },
	[AGENT_MANIFEST_USER_KEY] = { "not a user's name", NULL },
	[AGENT_MANIFEST_CWD_KEY] = { "not a plain absolute path", NULL },
	[AGENT_MANIFEST_AUDIT_KEY] = { "not an audit level, 0 to 2", NULL },
	[AGENT_MANIFEST_CODE_KEY] = {
		"not a list of digests of 32 bytes", NULL,
	},
};

static int read_name(struct agent_cbor *cbor, const char *marks,
		     struct agent_text *name)
{
	u32 i;
	int err = agent_read_text(cbor, AGENT_NAME_MAX - 1, name);

	if (err)
		return err;
	for (i = 0; i < name->size; i++) {
		char c = name->data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      strchr(marks, c)))
			return -EINVAL;
	}
	return 0;
}

static int read_digest(struct agent_cbor *cbor, const u8 **digest)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_BYTES, &item);

	if (err)
		return err;
	*digest = item.data;
	return item.value == AGENT_DIGEST_SIZE ? 0 : -EINVAL;
}

static int read_list(struct agent_cbor *cbor, u32 max, u32 *count)
{
	struct agent_cbor_item head;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_ARRAY, &head);

	if (err)
		return err;
	if (head.value > max)
		return -E2BIG;
	*count = head.value;
	return 0;
}

static int read_caps(struct agent_cbor *cbor, struct agent_manifest *manifest,
		     struct agent_fault *fault)
{
	struct agent_cap_spec spec;
	u32 i;
	int err;

	for (i = 0; i < manifest->nr_caps; i++) {
		err = agent_cap_read(cbor, &spec, fault);
		if (err) {
			fault->cap = i;
			return err;
		}
	}
	return 0;
}

static int read_limits(struct agent_cbor *cbor, struct agent_manifest *manifest,
		       struct agent_fault *fault)
{
	struct agent_cbor_item map;
	u32 key = 0;
	u64 i;
	int err;

	err = agent_cbor_expect(cbor, AGENT_CBOR_MAP, &map);
	if (err)
		return agent_fail_value(fault, cbor, "not a map of limits", err);
	for (i = 0; i < map.value; i++) {
		err = agent_read_key(cbor, AGENT_LIMIT_COUNT, &key, fault);
		if (err)
			return err;
		/* An agent without a task would be none. */
		err = agent_read_uint(cbor, key == AGENT_LIMIT_TASKS,
				      AGENT_QUOTA_UNLIMITED,
				      &manifest->limits[key]);
		if (err)
			return agent_fail_value(fault, cbor, "not a limit", err);
	}
	return 0;
}

/* A name, an equals sign, and a value that may be empty. */
static bool is_setting(struct agent_text text)
{
	return text.size && text.data[0] != '=' &&
	       memchr(text.data, '=', text.size);
}

static int read_strings(struct agent_cbor *cbor, bool settings, u32 *start)
{
	struct agent_text text;
	u32 i, count = 0;
	int err;

	*start = cbor->pos;
	err = read_list(cbor, AGENT_STRINGS_MAX, &count);
	for (i = 0; !err && i < count; i++) {
		err = agent_text_next(cbor, &text);
		if (!err && settings && !is_setting(text))
			err = -EINVAL;
	}
	return err;
}

static int read_code(struct agent_cbor *cbor, struct agent_manifest *manifest)
{
	const u8 *digest;
	u32 i;
	int err;

	manifest->code = cbor->pos;
	err = read_list(cbor, AGENT_CODE_MAX, &manifest->nr_code);
	for (i = 0; !err && i < manifest->nr_code; i++)
		err = read_digest(cbor, &digest);
	return err;
}

static int read_value(struct agent_cbor *cbor, u32 key,
		      struct agent_manifest *manifest)
{
	u64 number = 0;
	int err;

	switch (key) {
	case AGENT_MANIFEST_VERSION_KEY:
		return agent_read_uint(cbor, 1, 1, &number);
	case AGENT_MANIFEST_NAME_KEY:
		return read_name(cbor, ".-", &manifest->name);
	case AGENT_MANIFEST_IMAGE_KEY:
		return agent_read_path(cbor, AGENT_IMAGE_PATH_MAX,
				       &manifest->image);
	case AGENT_MANIFEST_DIGEST_KEY:
		return read_digest(cbor, &manifest->digest);
	case AGENT_MANIFEST_CAPS_KEY:
		err = read_list(cbor, AGENT_CAPS_MAX, &manifest->nr_caps);
		manifest->caps = cbor->pos;
		return err;
	case AGENT_MANIFEST_ON_DENY_KEY:
		err = agent_read_uint(cbor, 0, AGENT_DENY_TRAP, &number);
		manifest->on_deny = number;
		return err;
	case AGENT_MANIFEST_ARGS_KEY:
		return read_strings(cbor, false, &manifest->args);
	case AGENT_MANIFEST_ENV_KEY:
		return read_strings(cbor, true, &manifest->env);
	case AGENT_MANIFEST_USER_KEY:
		return read_name(cbor, "._-", &manifest->user);
	case AGENT_MANIFEST_CWD_KEY:
		return agent_read_path(cbor, AGENT_IMAGE_PATH_MAX,
				       &manifest->cwd);
	case AGENT_MANIFEST_AUDIT_KEY:
		err = agent_read_uint(cbor, 0, AGENT_AUDIT_FULL, &number);
		manifest->audit = number;
		return err;
	case AGENT_MANIFEST_CODE_KEY:
		return read_code(cbor, manifest);
	default:
		return -EINVAL;
	}
}

static int read_pair(struct agent_cbor *cbor, u32 *key,
		     struct agent_manifest *manifest, struct agent_fault *fault)
{
	int err = agent_read_key(cbor, AGENT_MANIFEST_KEY_COUNT, key, fault);

	if (err)
		return err;
	/* Limits and capabilities tell themselves which of their parts it is. */
	if (*key == AGENT_MANIFEST_LIMITS_KEY)
		return read_limits(cbor, manifest, fault);
	err = read_value(cbor, *key, manifest);
	if (err)
		return agent_fail_value(fault, cbor, phrases[*key].wrong, err);
	if (*key == AGENT_MANIFEST_CAPS_KEY)
		return read_caps(cbor, manifest, fault);
	return 0;
}

static int read_pairs(struct agent_cbor *cbor, struct agent_manifest *manifest,
		      struct agent_fault *fault)
{
	struct agent_cbor_item map;
	u32 key = 0, seen = 0;
	u64 i;
	int err;

	err = agent_cbor_expect(cbor, AGENT_CBOR_MAP, &map);
	if (err)
		return agent_fail_value(fault, cbor, "not the map of a manifest",
					err);
	for (i = 0; i < map.value; i++) {
		err = read_pair(cbor, &key, manifest, fault);
		if (err)
			return err;
		seen |= 1U << key;
	}
	for (key = 1; key < AGENT_MANIFEST_KEY_COUNT; key++) {
		if (phrases[key].missing && !(seen & 1U << key))
			return agent_fail(fault, 0, phrases[key].missing,
					  -EINVAL);
	}
	return 0;
}

/**
 * agent_manifest_read - read a whole manifest and judge every part of it
 * @data: the CBOR
 * @size: its length in bytes
 * @manifest: the manifest, whose parts point into @data
 * @fault: where it is wrong, set on failure
 *
 * Return: 0, -EBADMSG when it is not deterministic CBOR or bytes follow it,
 * -EINVAL when it is but no valid manifest, -E2BIG beyond a bound.
 */
int agent_manifest_read(const void *data, u32 size,
			struct agent_manifest *manifest,
			struct agent_fault *fault)
{
	struct agent_cbor cbor;
	u32 i;
	int err;

	memset(manifest, 0, sizeof(*manifest));
	for (i = 0; i < AGENT_LIMIT_COUNT; i++)
		manifest->limits[i] = AGENT_QUOTA_UNLIMITED;
	fault->cap = ~0U;
	if (size > AGENT_MANIFEST_MAX)
		return agent_fail(fault, 0, "too long for a manifest", -E2BIG);
	agent_cbor_init(&cbor, data, size);
	err = read_pairs(&cbor, manifest, fault);
	if (err)
		return err;
	if (!agent_cbor_at_end(&cbor))
		return agent_fail(fault, cbor.pos, "bytes after the manifest",
				  -EBADMSG);
	return 0;
}
