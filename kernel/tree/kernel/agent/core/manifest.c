// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: the manifest reader
 *
 * A manifest is read in place, in one pass, and either every byte of it is
 * understood or it is refused.
 */

#include <linux/agent_core.h>

#define IMAGE_SIZE_MAX	255
#define STRINGS_MAX	256	/* arguments, and strings of the environment */

#define KEY(key)	(1U << (key))
#define KEYS_MUST	(KEY(AGENT_MANIFEST_VERSION_KEY) | \
			 KEY(AGENT_MANIFEST_NAME_KEY) | \
			 KEY(AGENT_MANIFEST_IMAGE_KEY) | \
			 KEY(AGENT_MANIFEST_DIGEST_KEY) | \
			 KEY(AGENT_MANIFEST_CAPS_KEY))

static int fail(struct agent_fault *fault, uint32_t offset, const char *what,
		int err)
{
	fault->offset = offset;
	fault->what = what;
	return err;
}

static int read_name(struct agent_cbor *cbor, struct agent_text *name)
{
	uint32_t i;
	int err = agent_text_next(cbor, name);

	if (err)
		return err;
	if (!name->size || name->size >= AGENT_NAME_MAX)
		return -EINVAL;
	for (i = 0; i < name->size; i++) {
		char c = name->data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      c == '.' || c == '-'))
			return -EINVAL;
	}
	return 0;
}

static int read_path(struct agent_cbor *cbor, struct agent_text *path,
		     uint32_t max)
{
	int err = agent_text_next(cbor, path);

	if (err)
		return err;
	return agent_path_valid(*path, max) ? 0 : -EINVAL;
}

static int read_digest(struct agent_cbor *cbor, const uint8_t **digest)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_BYTES, &item);

	if (err)
		return err;
	*digest = item.data;
	return item.value == AGENT_DIGEST_SIZE ? 0 : -EINVAL;
}

static int read_number(struct agent_cbor *cbor, uint64_t max, uint64_t *value)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &item);

	if (err)
		return err;
	*value = item.value;
	return item.value <= max ? 0 : -EINVAL;
}

static int read_caps(struct agent_cbor *cbor, struct agent_manifest *manifest,
		     struct agent_fault *fault)
{
	struct agent_cbor_item head;
	struct agent_cap_spec spec;
	uint32_t i;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_ARRAY, &head);

	if (err)
		return err;
	if (head.value > AGENT_CAPS_MAX)
		return -E2BIG;
	manifest->caps = cbor->pos;
	manifest->nr_caps = head.value;
	for (i = 0; i < manifest->nr_caps; i++) {
		err = agent_cap_read(cbor, &spec, fault);
		if (err) {
			fault->cap = i;
			return err;
		}
	}
	return 0;
}

static int read_limits(struct agent_cbor *cbor, struct agent_manifest *manifest)
{
	struct agent_cbor_item head, key, value;
	uint64_t i, last = 0;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_MAP, &head);

	for (i = 0; !err && i < head.value; i++) {
		err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &key);
		if (err)
			return err;
		if (key.value <= last)
			return -EBADMSG;
		if (key.value >= AGENT_LIMIT_COUNT)
			return -EINVAL;
		last = key.value;
		err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &value);
		manifest->limits[key.value] = value.value;
	}
	return err;
}

static int read_strings(struct agent_cbor *cbor, uint32_t *start)
{
	struct agent_cbor_item head;
	struct agent_text text;
	uint32_t i;
	int err;

	*start = cbor->pos;
	err = agent_cbor_expect(cbor, AGENT_CBOR_ARRAY, &head);
	if (err)
		return err;
	if (head.value > STRINGS_MAX)
		return -E2BIG;
	for (i = 0; !err && i < head.value; i++)
		err = agent_text_next(cbor, &text);
	return err;
}

static int read_value(struct agent_cbor *cbor, uint32_t key,
		      struct agent_manifest *manifest,
		      struct agent_fault *fault)
{
	uint64_t number = 0;
	int err;

	switch (key) {
	case AGENT_MANIFEST_VERSION_KEY:
		err = read_number(cbor, 1, &number);
		return err ?: (number == 1 ? 0 : -EINVAL);
	case AGENT_MANIFEST_NAME_KEY:
		return read_name(cbor, &manifest->name);
	case AGENT_MANIFEST_IMAGE_KEY:
		return read_path(cbor, &manifest->image, IMAGE_SIZE_MAX);
	case AGENT_MANIFEST_DIGEST_KEY:
		return read_digest(cbor, &manifest->digest);
	case AGENT_MANIFEST_CAPS_KEY:
		return read_caps(cbor, manifest, fault);
	case AGENT_MANIFEST_ON_DENY_KEY:
		err = read_number(cbor, AGENT_DENY_QUARANTINE, &number);
		manifest->on_deny = number;
		return err;
	case AGENT_MANIFEST_LIMITS_KEY:
		return read_limits(cbor, manifest);
	case AGENT_MANIFEST_ARGS_KEY:
		return read_strings(cbor, &manifest->args);
	case AGENT_MANIFEST_ENV_KEY:
		return read_strings(cbor, &manifest->env);
	case AGENT_MANIFEST_USER_KEY:
		return read_name(cbor, &manifest->user);
	case AGENT_MANIFEST_CWD_KEY:
		return read_path(cbor, &manifest->cwd, IMAGE_SIZE_MAX);
	default:
		return -EINVAL;
	}
}

static int read_pairs(struct agent_cbor *cbor, struct agent_manifest *manifest,
		      struct agent_fault *fault)
{
	struct agent_cbor_item map, key;
	uint32_t i, offset, seen = 0;
	uint64_t last = 0;
	int err;

	err = agent_cbor_expect(cbor, AGENT_CBOR_MAP, &map);
	if (err)
		return fail(fault, 0, "not the map of a manifest", err);
	for (i = 0; i < map.value; i++) {
		offset = cbor->pos;
		err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &key);
		if (err)
			return fail(fault, offset, "not a manifest's key", err);
		if (key.value <= last)
			return fail(fault, offset,
				    "keys out of order, or twice", -EBADMSG);
		if (key.value >= AGENT_MANIFEST_KEY_COUNT)
			return fail(fault, offset, "unknown key", -EINVAL);
		last = key.value;
		seen |= KEY(key.value);
		offset = cbor->pos;
		err = read_value(cbor, key.value, manifest, fault);
		if (err && fault->cap == ~0U)
			fail(fault, offset, "not a value of this key", err);
		if (err)
			return err;
	}
	if (KEYS_MUST & ~seen)
		return fail(fault, 0, "a key is missing", -EINVAL);
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
int agent_manifest_read(const void *data, uint32_t size,
			struct agent_manifest *manifest,
			struct agent_fault *fault)
{
	struct agent_cbor cbor;
	uint32_t i;
	int err;

	memset(manifest, 0, sizeof(*manifest));
	for (i = 0; i < AGENT_LIMIT_COUNT; i++)
		manifest->limits[i] = AGENT_QUOTA_UNLIMITED;
	fault->cap = ~0U;
	if (size > AGENT_MANIFEST_MAX)
		return fail(fault, 0, "too long for a manifest", -E2BIG);
	agent_cbor_init(&cbor, data, size);
	err = read_pairs(&cbor, manifest, fault);
	if (err)
		return err;
	if (!agent_cbor_at_end(&cbor))
		return fail(fault, cbor.pos, "bytes after the manifest",
			    -EBADMSG);
	return 0;
}
