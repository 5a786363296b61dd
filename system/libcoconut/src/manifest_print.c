/* SPDX-License-Identifier: MIT */
/* Manifests for people, as YAML that can be read back, and for programs. */
#include "internal.h"

/* What can stand without quotes wherever this file writes a string. */
static bool is_plain(const char *string)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ/";
	static const char others[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789/._@%+=-";

	return *string && strchr(first, *string) &&
	       !string[strspn(string, others)];
}

static unsigned int code_point(const uint8_t *data, size_t length)
{
	unsigned int point = data[0] & 0xff >> (length > 1 ? length + 1 : 0);

	for (size_t i = 1; i < length; i++)
		point = point << 6 | (data[i] & 0x3f);
	return point;
}

/* Characters that YAML forbids, or takes for the end of a line. */
static bool needs_escape(unsigned int point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
	       point == 0x2028 || point == 0x2029 || point == 0xfeff ||
	       point == 0xfffe || point == 0xffff;
}

static void add_scalar(struct text *text, const char *string)
{
	size_t size = strlen(string);
	size_t length;

	if (is_plain(string)) {
		text_add(text, "%s", string);
		return;
	}
	text_add(text, "\"");
	for (; size; string += length, size -= length) {
		const uint8_t *data = (const uint8_t *)string;
		unsigned int point;

		length = utf8_length(data, size);
		if (!length)
			length = 1;
		point = code_point(data, length);
		if (needs_escape(point))
			text_add(text, "\\u%04x", point);
		else if (point == '"' || point == '\\')
			text_add(text, "\\%c", point);
		else
			text_add_bytes(text, string, length);
	}
	text_add(text, "\"");
}

static void add_pair(struct text *text, const char *indent, const char *key,
		     const char *string)
{
	if (!string)
		return;
	text_add(text, "%s%s: ", indent, key);
	add_scalar(text, string);
	text_add(text, "\n");
}

static void add_list(struct text *text, const char *indent, const char *key,
		     char *const *strings, size_t count)
{
	if (!count)
		return;
	text_add(text, "%s%s:\n", indent, key);
	for (size_t i = 0; i < count; i++) {
		text_add(text, "%s  - ", indent);
		add_scalar(text, strings[i]);
		text_add(text, "\n");
	}
}

static void add_limit(struct text *text, const char *key, uint64_t limit)
{
	if (limit != AGENT_QUOTA_UNLIMITED)
		text_add(text, "  %s: %ju\n", key, (uintmax_t)limit);
}

static void add_limits(struct text *text,
		       const struct coconut_manifest *manifest)
{
	if (manifest->limit_tasks == AGENT_QUOTA_UNLIMITED &&
	    manifest->limit_agents == AGENT_QUOTA_UNLIMITED &&
	    manifest->limit_ram == AGENT_QUOTA_UNLIMITED)
		return;
	text_add(text, "limits:\n");
	add_limit(text, "tasks", manifest->limit_tasks);
	add_limit(text, "agents", manifest->limit_agents);
	add_limit(text, "ram", manifest->limit_ram);
}

/* In a manifest an address is an address, whosever it is. */
static void add_net(struct text *text, const struct coconut_cap *cap)
{
	if (cap->host && !cap->family) {
		add_pair(text, "    ", "host", cap->host);
	} else {
		text_add(text, "    address: \"");
		add_address(text, cap);
		text_add(text, cap->host ? "\" # of %s\n" : "\"\n", cap->host);
	}
	text_add(text, "    port: ");
	add_ports(text, cap);
	text_add(text, "\n");
	if (cap->protocol)
		text_add(text, "    protocol: %s\n",
			 protocol_name(cap->protocol));
}

static void add_cap(struct text *text, const struct coconut_cap *cap)
{
	text_add(text, "  - cap: %s\n", cap->name);
	add_pair(text, "    ", "path", cap->path);
	add_list(text, "    ", "except", cap->except, cap->nr_except);
	if (cap_id_has_net(cap->id))
		add_net(text, cap);
	if (cap_id_has_relation(cap->id))
		text_add(text, "    relation: %s\n",
			 coconut_relation_name(cap->relation));
	add_pair(text, "    ", "scope", cap->scope);
	if (cap->lifetime)
		text_add(text, "    lifetime: %ju\n", (uintmax_t)cap->lifetime);
	if (cap->uses)
		text_add(text, "    uses: %ju\n", (uintmax_t)cap->uses);
	if (cap->rate) {
		text_add(text, "    rate: ");
		add_rate(text, cap);
		text_add(text, "\n");
	}
	add_pair(text, "    ", "hint", cap->hint);
}

static void add_digest(struct text *text, const uint8_t *digest)
{
	char digits[2 * AGENT_DIGEST_SIZE + 1];

	text_add(text, "\"%s\"",
		 coconut_hex(digest, AGENT_DIGEST_SIZE, digits));
}

static void add_code(struct text *text, const struct coconut_manifest *manifest)
{
	if (manifest->nr_code)
		text_add(text, "code:\n");
	for (size_t i = 0; i < manifest->nr_code; i++) {
		text_add(text, "  - ");
		add_digest(text, manifest->code[i]);
		text_add(text, "\n");
	}
}

static int put(struct text *text, FILE *file)
{
	int err = 0;

	if (text->failed)
		err = -ENOMEM;
	else if (fwrite(text->data, 1, text->size, file) != text->size)
		err = -EIO;
	free(text->data);
	return err;
}

int coconut_manifest_print_yaml(const struct coconut_manifest *manifest,
				FILE *file)
{
	struct text text = { 0 };

	add_pair(&text, "", "name", manifest->name);
	add_pair(&text, "", "image", manifest->image);
	text_add(&text, "digest: ");
	add_digest(&text, manifest->digest);
	text_add(&text, "\n");
	add_pair(&text, "", "user", manifest->user);
	add_pair(&text, "", "cwd", manifest->cwd);
	add_list(&text, "", "args", manifest->args, manifest->nr_args);
	add_list(&text, "", "env", manifest->env, manifest->nr_env);
	text_add(&text, "on_deny: %s\n",
		 coconut_on_deny_name(manifest->on_deny));
	if (manifest->audit != AGENT_AUDIT_USES)
		add_pair(&text, "", "audit",
			 coconut_audit_name(manifest->audit));
	add_code(&text, manifest);
	add_limits(&text, manifest);
	text_add(&text, "capabilities:%s\n", manifest->nr_caps ? "" : " []");
	for (size_t i = 0; i < manifest->nr_caps; i++)
		add_cap(&text, &manifest->caps[i]);
	return put(&text, file);
}

static void json_key(struct text *text, const char *key)
{
	bool first = text->data && text->data[text->size - 1] == '{';

	text_add(text, "%s\"%s\":", first ? "" : ",", key);
}

static void json_string(struct text *text, const char *key, const char *string)
{
	if (!string)
		return;
	json_key(text, key);
	text_add_json_string(text, string);
}

static void json_number(struct text *text, const char *key, uint64_t number)
{
	json_key(text, key);
	text_add(text, "%ju", (uintmax_t)number);
}

static void json_list(struct text *text, const char *key, char *const *strings,
		      size_t count)
{
	json_key(text, key);
	text_add(text, "[");
	for (size_t i = 0; i < count; i++) {
		text_add(text, i ? "," : "");
		text_add_json_string(text, strings[i]);
	}
	text_add(text, "]");
}

static void json_limit(struct text *text, const char *key, uint64_t limit)
{
	if (limit != AGENT_QUOTA_UNLIMITED)
		json_number(text, key, limit);
}

static void json_net(struct text *text, const struct coconut_cap *cap)
{
	json_string(text, "host", cap->host);
	if (!cap->host || cap->family) {
		json_key(text, "address");
		text_add(text, "\"");
		add_address(text, cap);
		text_add(text, "\"");
	}
	json_number(text, "port_low", cap->port_low);
	json_number(text, "port_high", cap->port_high);
	if (cap->protocol)
		json_string(text, "protocol", protocol_name(cap->protocol));
}

static void json_cap(struct text *text, const struct coconut_cap *cap)
{
	text_add(text, "{");
	json_string(text, "cap", cap->name);
	json_string(text, "path", cap->path);
	if (cap->nr_except)
		json_list(text, "except", cap->except, cap->nr_except);
	if (cap_id_has_net(cap->id))
		json_net(text, cap);
	if (cap_id_has_relation(cap->id))
		json_string(text, "relation",
			    coconut_relation_name(cap->relation));
	json_string(text, "scope", cap->scope);
	if (cap->lifetime)
		json_number(text, "lifetime", cap->lifetime);
	if (cap->uses)
		json_number(text, "uses", cap->uses);
	if (cap->rate) {
		json_number(text, "rate", cap->rate);
		json_number(text, "period", cap->period);
	}
	json_string(text, "hint", cap->hint);
	text_add(text, "}");
}

static void json_code(struct text *text,
		      const struct coconut_manifest *manifest)
{
	if (!manifest->nr_code)
		return;
	json_key(text, "code");
	text_add(text, "[");
	for (size_t i = 0; i < manifest->nr_code; i++) {
		text_add(text, i ? "," : "");
		add_digest(text, manifest->code[i]);
	}
	text_add(text, "]");
}

static void json_limits(struct text *text,
			const struct coconut_manifest *manifest)
{
	json_key(text, "limits");
	text_add(text, "{");
	json_limit(text, "tasks", manifest->limit_tasks);
	json_limit(text, "agents", manifest->limit_agents);
	json_limit(text, "ram", manifest->limit_ram);
	text_add(text, "}");
}

int coconut_manifest_print_json(const struct coconut_manifest *manifest,
				FILE *file)
{
	struct text text = { 0 };

	text_add(&text, "{");
	json_string(&text, "name", manifest->name);
	json_string(&text, "image", manifest->image);
	json_key(&text, "digest");
	add_digest(&text, manifest->digest);
	json_string(&text, "user", manifest->user);
	json_string(&text, "cwd", manifest->cwd);
	json_list(&text, "args", manifest->args, manifest->nr_args);
	json_list(&text, "env", manifest->env, manifest->nr_env);
	json_string(&text, "on_deny", coconut_on_deny_name(manifest->on_deny));
	json_string(&text, "audit", coconut_audit_name(manifest->audit));
	json_code(&text, manifest);
	json_limits(&text, manifest);
	json_key(&text, "capabilities");
	text_add(&text, "[");
	for (size_t i = 0; i < manifest->nr_caps; i++) {
		text_add(&text, i ? "," : "");
		json_cap(&text, &manifest->caps[i]);
	}
	text_add(&text, "]}");
	return put(&text, file);
}
