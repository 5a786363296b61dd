// SPDX-License-Identifier: MIT
/*
 * The manifest reader, for every buffer as long as a manifest may be, part by
 * part as in prove_cap.c.  Lists are read for up to LIST_MAX elements, each of
 * them as the one before.
 */

#include "harness.h"

#include "manifest.c"

#define LIST_MAX 6

/* In place of agent_cbor_next() for the head of a list: short, or too long. */
int any_short(struct agent_cbor *cbor, struct agent_cbor_item *item)
{
	int err = any_next(cbor, item);

	if (!err && item->type == AGENT_CBOR_ARRAY)
		__CPROVER_assume(item->value <= LIST_MAX ||
				 item->value > AGENT_STRINGS_MAX);
	return err;
}

/* In place of agent_text_next(): a text alone in its buffer, maybe empty. */
int any_line(struct agent_cbor *cbor, struct agent_text *text)
{
	int err = any_read(cbor);

	if (err)
		return err;
	text->size = nondet_u32();
	__CPROVER_assume(text->size <= AGENT_MANIFEST_MAX);
	text->data = (const char *)any_buffer(text->size);
	return 0;
}

/* A name is judged within its bytes, and has none but those there may be. */
void prove_word(void)
{
	struct agent_text name = { NULL, 0 };
	struct agent_cbor cbor;
	u32 i = nondet_u32();

	if (read_name(&cbor, ".-", &name))
		return;
	assert(name.size && name.size < AGENT_NAME_MAX);
	__CPROVER_assume(i < name.size);
	/* A NUL is no text (prove_text). */
	assert((name.data[i] >= 'a' && name.data[i] <= 'z') ||
	       (name.data[i] >= '0' && name.data[i] <= '9') ||
	       name.data[i] == '.' || name.data[i] == '-' || !name.data[i]);
}

/* In place of read_name() of a manifest. */
int any_word(struct agent_cbor *cbor, const char *marks,
	     struct agent_text *name)
{
	int err = any_read(cbor);

	(void)marks;
	if (!err)
		any_text(cbor, AGENT_NAME_MAX - 1, name);
	return err;
}

/* Arguments and the environment: every string within its bytes. */
void prove_strings(void)
{
	struct agent_cbor cbor;
	u32 before, start = 0;
	int err;

	any_reader(&cbor);
	before = cbor.pos;
	err = read_strings(&cbor, nondet_bool(), &start);
	assert(is_answer(err) && cbor.pos <= cbor.size);
	assert(start == before);
	assert(err || cbor.pos > before);
}

void prove_code(void)
{
	struct agent_manifest manifest = { 0 };
	struct agent_cbor cbor;
	u32 before;
	int err;

	any_reader(&cbor);
	before = cbor.pos;
	err = read_code(&cbor, &manifest);
	assert(is_answer(err) && cbor.pos <= cbor.size);
	if (err)
		return;
	assert(manifest.code == before && manifest.nr_code <= AGENT_CODE_MAX);
	assert(cbor.pos - before > manifest.nr_code * AGENT_DIGEST_SIZE);
}

/* However long the map says it is: its keys end it. */
void prove_limits(void)
{
	struct agent_manifest manifest = { 0 };
	struct agent_fault fault = { 0 };
	struct agent_cbor cbor;
	u32 key = nondet_u32();
	int err;

	__CPROVER_assume(key < AGENT_LIMIT_COUNT);
	any_reader(&cbor);
	err = read_limits(&cbor, &manifest, &fault);
	assert(is_answer(err) && cbor.pos <= cbor.size);
	assert(!err || (fault.what && fault.offset <= cbor.size));
	/* Nor is anything written before or behind the table. */
	assert(!manifest.limits[0] && !manifest.on_deny);
	assert(!manifest.args && !manifest.env);
	assert(manifest.limits[key] <= AGENT_QUOTA_UNLIMITED);
}

/* In place of agent_cap_read(): all that prove_cap() lets it do. */
int any_cap_read(struct agent_cbor *cbor, struct agent_cap_spec *spec,
		 struct agent_fault *fault)
{
	int err;

	assert(__CPROVER_w_ok(spec, sizeof(*spec)));
	err = any_read(cbor);
	return err ? agent_fail(fault, cbor->at, "any", err) : 0;
}

void prove_caps(void)
{
	struct agent_manifest manifest = { 0 };
	struct agent_fault fault = { 0 };
	struct agent_cbor cbor;
	u32 before;
	int err;

	any_reader(&cbor);
	before = cbor.pos;
	manifest.nr_caps = nondet_u32();
	__CPROVER_assume(manifest.nr_caps <= LIST_MAX);
	err = read_caps(&cbor, &manifest, &fault);
	assert(is_answer(err) && cbor.pos <= cbor.size);
	if (err)
		assert(fault.what && fault.offset <= cbor.size &&
		       fault.cap < manifest.nr_caps);
	else
		assert(cbor.pos - before >= manifest.nr_caps);
}

/* In place of read_strings(), read_code(), read_limits() and read_caps(). */
int any_strings(struct agent_cbor *cbor, bool settings, u32 *start)
{
	(void)settings;
	*start = cbor->pos;
	return any_read(cbor);
}

int any_code(struct agent_cbor *cbor, struct agent_manifest *manifest)
{
	manifest->code = cbor->pos;
	manifest->nr_code = nondet_u32();
	__CPROVER_assume(manifest->nr_code <= AGENT_CODE_MAX);
	return any_read(cbor);
}

int any_limits(struct agent_cbor *cbor, struct agent_manifest *manifest,
	       struct agent_fault *fault)
{
	int err = any_read(cbor);

	(void)manifest;
	return err ? agent_fail(fault, cbor->at, "any", err) : 0;
}

int any_caps(struct agent_cbor *cbor, struct agent_manifest *manifest,
	     struct agent_fault *fault)
{
	int err;

	assert(manifest->nr_caps <= AGENT_CAPS_MAX);
	assert(manifest->caps <= cbor->size);
	err = any_read(cbor);
	/* An empty list has no more bytes. */
	if (!manifest->nr_caps)
		return 0;
	return err ? agent_fail(fault, cbor->at, "any", err) : 0;
}

static bool text_lies(struct agent_text text, const struct agent_cbor *cbor)
{
	return !text.size ||
	       lies_in(text.data, text.size, cbor->data, cbor->size);
}

/* One key and its value, whatever came before. */
void prove_pair(void)
{
	u32 before = nondet_u32(), key = before, pos;
	struct agent_manifest manifest = { 0 };
	struct agent_fault fault = { 0 };
	struct agent_cbor cbor;
	int err;

	any_reader(&cbor);
	pos = cbor.pos;
	err = read_pair(&cbor, &key, &manifest, &fault);
	assert(is_answer(err) && cbor.pos <= cbor.size);
	if (err) {
		assert(fault.what && fault.offset <= cbor.size);
		return;
	}
	assert(cbor.pos > pos);
	assert(key > before && key < AGENT_MANIFEST_KEY_COUNT);
	assert(text_lies(manifest.name, &cbor));
	assert(text_lies(manifest.image, &cbor));
	assert(text_lies(manifest.user, &cbor));
	assert(text_lies(manifest.cwd, &cbor));
	assert(!manifest.digest || lies_in(manifest.digest, AGENT_DIGEST_SIZE,
					   cbor.data, cbor.size));
	assert(manifest.nr_caps <= AGENT_CAPS_MAX);
	assert(manifest.on_deny <= AGENT_DENY_TRAP);
	assert(manifest.audit <= AGENT_AUDIT_FULL);
	assert(key != AGENT_MANIFEST_NAME_KEY || manifest.name.size);
	assert(key != AGENT_MANIFEST_IMAGE_KEY || manifest.image.size);
	assert(key != AGENT_MANIFEST_DIGEST_KEY || manifest.digest);
}

/* Up to where the last pair has been read. */
static u32 read_to;

/* In place of read_pair(); what must be there is told by its sizes. */
int any_pair(struct agent_cbor *cbor, u32 *key, struct agent_manifest *manifest,
	     struct agent_fault *fault)
{
	int err = any_key(cbor, AGENT_MANIFEST_KEY_COUNT, key, fault);

	if (err)
		return err;
	read_to = cbor->pos;
	if (*key == AGENT_MANIFEST_VERSION_KEY)
		manifest->audit = 1;
	if (*key == AGENT_MANIFEST_NAME_KEY)
		manifest->name.size = 1;
	if (*key == AGENT_MANIFEST_IMAGE_KEY)
		manifest->image.size = 1;
	if (*key == AGENT_MANIFEST_DIGEST_KEY)
		manifest->digest = cbor->data;
	if (*key == AGENT_MANIFEST_CAPS_KEY)
		manifest->caps = 1;
	return 0;
}

/* What is accepted has all it must have, and no byte behind it. */
void prove_manifest(void)
{
	struct agent_fault fault = { 0 };
	struct agent_manifest manifest;
	u32 size = nondet_u32();
	int err;

	err = agent_manifest_read(any_buffer(size), size, &manifest, &fault);
	assert(is_answer(err));
	if (err) {
		assert(fault.what && fault.offset <= size);
		return;
	}
	assert(size <= AGENT_MANIFEST_MAX && size == read_to);
	assert(manifest.audit && manifest.name.size && manifest.image.size &&
	       manifest.digest && manifest.caps);
}
