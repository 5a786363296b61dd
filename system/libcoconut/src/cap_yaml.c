/* SPDX-License-Identifier: MIT */
/*
 * One entry of a manifest's "capabilities".  It may name several
 * capabilities, which then have everything else in common.
 */
#include "yaml.h"

static int read_path(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	struct coconut_cap *cap = target;
	const char *path, *fault;
	int err = yaml_string(yaml, node, key, &path);

	if (err)
		return err;
	fault = path_fault(path, 1023);
	if (fault)
		return yaml_fail(yaml, node, key, "%s", fault);
	cap->path = strdup(path);
	return cap->path ? 0 : fail_memory(yaml->error);
}

static int read_hole(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	struct coconut_cap *cap = target;
	const char *path, *fault;
	int err = yaml_string(yaml, node, key, &path);

	if (err)
		return err;
	fault = path_fault(path, 1023);
	if (fault)
		return yaml_fail(yaml, node, key, "%s", fault);
	if (cap->nr_except == AGENT_EXCEPT_MAX)
		return yaml_fail(yaml, node, key, "more holes than %d",
				 AGENT_EXCEPT_MAX);
	err = strings_add(&cap->except, &cap->nr_except, strdup(path));
	return err ? fail_memory(yaml->error) : 0;
}

static int read_holes(struct yaml *yaml, yaml_node_t *node, const char *key,
		      void *target)
{
	return yaml_each(yaml, node, key, read_hole, target);
}

static int read_value(struct yaml *yaml, yaml_node_t *node, const char *key,
		      const char *(*read)(const char *, struct coconut_cap *),
		      struct coconut_cap *cap)
{
	const char *value, *fault;
	int err = yaml_string(yaml, node, key, &value);

	if (err)
		return err;
	fault = read(value, cap);
	return fault ? yaml_fail(yaml, node, key, "%s", fault) : 0;
}

static int read_net_address(struct yaml *yaml, yaml_node_t *node,
			    const char *key, void *target)
{
	return read_value(yaml, node, key, read_address, target);
}

static int read_net_host(struct yaml *yaml, yaml_node_t *node, const char *key,
			 void *target)
{
	struct coconut_cap *cap = target;
	const char *host, *fault;
	int err = yaml_string(yaml, node, key, &host);

	if (err)
		return err;
	fault = host_fault(host);
	if (fault)
		return yaml_fail(yaml, node, key, "%s", fault);
	cap->host = strdup(host);
	return cap->host ? 0 : fail_memory(yaml->error);
}

static int read_net_ports(struct yaml *yaml, yaml_node_t *node, const char *key,
			  void *target)
{
	return read_value(yaml, node, key, read_ports, target);
}

static int read_net_protocol(struct yaml *yaml, yaml_node_t *node,
			     const char *key, void *target)
{
	return read_value(yaml, node, key, read_protocol, target);
}

static int read_agent_relation(struct yaml *yaml, yaml_node_t *node,
			       const char *key, void *target)
{
	return read_value(yaml, node, key, read_relation, target);
}

static const char *set_lifetime(const char *value, struct coconut_cap *cap)
{
	return read_count(value, &cap->lifetime);
}

static const char *set_uses(const char *value, struct coconut_cap *cap)
{
	return read_count(value, &cap->uses);
}

static int read_cap_rate(struct yaml *yaml, yaml_node_t *node, const char *key,
			 void *target)
{
	return read_value(yaml, node, key, read_rate, target);
}

static int read_lifetime(struct yaml *yaml, yaml_node_t *node, const char *key,
			 void *target)
{
	return read_value(yaml, node, key, set_lifetime, target);
}

static int read_uses(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	return read_value(yaml, node, key, set_uses, target);
}

static int read_short(struct yaml *yaml, yaml_node_t *node, const char *key,
		      char **ret_string)
{
	const char *string;
	int err = yaml_string(yaml, node, key, &string);

	if (err)
		return err;
	if (!*string || strlen(string) > 255)
		return yaml_fail(yaml, node, key, "not 1 to 255 bytes long");
	*ret_string = strdup(string);
	return *ret_string ? 0 : fail_memory(yaml->error);
}

static int read_hint(struct yaml *yaml, yaml_node_t *node, const char *key,
		     void *target)
{
	struct coconut_cap *cap = target;

	return read_short(yaml, node, key, &cap->hint);
}

static int read_scope(struct yaml *yaml, yaml_node_t *node, const char *key,
		      void *target)
{
	struct coconut_cap *cap = target;

	return read_short(yaml, node, key, &cap->scope);
}

static const struct yaml_field fields[] = {
	{ .key = "cap", .required = true },
	{ .key = "path", .read = read_path },
	{ .key = "except", .read = read_holes },
	{ .key = "address", .read = read_net_address },
	{ .key = "host", .read = read_net_host },
	{ .key = "port", .read = read_net_ports },
	{ .key = "protocol", .read = read_net_protocol },
	{ .key = "relation", .read = read_agent_relation },
	{ .key = "lifetime", .read = read_lifetime },
	{ .key = "uses", .read = read_uses },
	{ .key = "rate", .read = read_cap_rate },
	{ .key = "hint", .read = read_hint },
	{ .key = "scope", .read = read_scope },
};

/* Which keys belong to which capabilities; the others belong to all. */
static const struct {
	const char *key;
	bool (*belongs)(uint32_t id);
	bool required;
} scopes[] = {
	{ "path", cap_id_has_path, true },
	{ "except", cap_id_has_path, false },
	{ "address", cap_id_has_net, false },
	{ "host", cap_id_has_host, false },
	{ "port", cap_id_has_net, true },
	{ "protocol", cap_id_has_net, false },
	{ "relation", cap_id_has_relation, true },
	{ "scope", cap_id_has_text, false },
};

/**
 * struct entry - an entry being read
 * @manifest: what its capabilities are added to
 * @node: the entry's mapping
 * @cap: what they have in common
 */
struct entry {
	struct coconut_manifest *manifest;
	yaml_node_t *node;
	struct coconut_cap cap;
};

/* What may stand in a scope depends on the name, which is known only now. */
static int check_scope(struct yaml *yaml, const struct entry *entry)
{
	const struct coconut_cap *cap = &entry->cap;
	const char *fault;

	if (!cap->scope)
		return 0;
	fault = scope_fault(cap->id, cap->scope);
	return fault ? yaml_fail(yaml,
				 yaml_find(yaml, entry->node, "scope", NULL),
				 "scope", "%s", fault) :
		       0;
}

static int check_keys(struct yaml *yaml, const struct entry *entry,
		      yaml_node_t *name)
{
	const struct coconut_cap *cap = &entry->cap;

	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		bool belongs = scopes[i].belongs(cap->id);
		yaml_node_t *key;

		if (yaml_find(yaml, entry->node, scopes[i].key, &key)) {
			if (!belongs)
				return yaml_fail(yaml, key, scopes[i].key,
						 "is no key of %s", cap->name);
		} else if (belongs && scopes[i].required) {
			return yaml_fail(yaml, name, "cap", "%s needs a %s",
					 cap->name, scopes[i].key);
		}
	}
	return 0;
}

/* Goes through CBOR, so that what is added is what the kernel will read. */
static int add_copy(struct yaml *yaml, struct entry *entry, yaml_node_t *name)
{
	struct coconut_error error;
	struct coconut_cap cap;
	uint8_t *data;
	size_t size;
	int err = coconut_cap_encode(&entry->cap, &data, &size, &error);

	if (err == -ENOMEM)
		return fail_memory(yaml->error);
	if (err)
		return yaml_fail(yaml, name, "cap", "%s", error.message);
	err = coconut_cap_decode(data, size, &cap, yaml->error);
	free(data);
	if (!err && manifest_add_cap(entry->manifest, &cap))
		err = fail_memory(yaml->error);
	return err;
}

static int add_name(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target)
{
	struct entry *entry = target;
	const char *name;
	int err = yaml_string(yaml, node, key, &name);
	int id;

	if (err)
		return err;
	id = coconut_cap_id_from_name(name);
	if (id < 0)
		return yaml_fail(yaml, node, key, "no capability is named %s",
				 name);
	entry->cap.id = id;
	strcpy(entry->cap.name, name);
	if (entry->manifest->nr_caps == AGENT_CAPS_MAX)
		return yaml_fail(yaml, node, key, "more capabilities than %d",
				 AGENT_CAPS_MAX);
	err = check_keys(yaml, entry, node);
	if (!err)
		err = check_scope(yaml, entry);
	return err ? err : add_copy(yaml, entry, node);
}

static int check_holes(struct yaml *yaml, const struct entry *entry)
{
	const struct coconut_cap *cap = &entry->cap;
	yaml_node_t *holes = yaml_find(yaml, entry->node, "except", NULL);

	for (size_t i = 0; cap->path && i < cap->nr_except; i++) {
		const char *fault = except_fault(cap->path, cap->except[i]);
		yaml_node_t *node = holes;

		if (!fault)
			continue;
		if (holes->type == YAML_SEQUENCE_NODE)
			node = yaml_node(yaml,
					 holes->data.sequence.items.start[i]);
		return yaml_fail(yaml, node, "except", "%s", fault);
	}
	return 0;
}

static int check_host(struct yaml *yaml, const struct entry *entry)
{
	yaml_node_t *key;

	if (entry->cap.host && yaml_find(yaml, entry->node, "address", &key))
		return yaml_fail(yaml, key, "address",
				 "does not go with a host");
	return 0;
}

int yaml_capability(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target)
{
	struct entry entry = { .manifest = target, .node = node };
	yaml_node_t *names;
	int err = yaml_mapping(yaml, node, key, fields, ARRAY_SIZE(fields),
			       &entry.cap);

	if (!err)
		err = check_holes(yaml, &entry);
	if (!err)
		err = check_host(yaml, &entry);
	if (!err) {
		names = yaml_find(yaml, node, "cap", NULL);
		if (names->type == YAML_SEQUENCE_NODE &&
		    names->data.sequence.items.start ==
			    names->data.sequence.items.top)
			err = yaml_fail(yaml, names, "cap", "has no value");
		else
			err = yaml_each(yaml, names, "cap", add_name, &entry);
	}
	coconut_cap_clear(&entry.cap);
	return err;
}
