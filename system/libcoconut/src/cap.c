/* SPDX-License-Identifier: MIT */
/* Capabilities: CBOR in both directions. */
#include "internal.h"

bool cap_id_has_path(uint32_t id)
{
	return (id >= AGENT_CAP_FS_READ && id <= AGENT_CAP_UNIX_CONNECT) ||
	       id == AGENT_CAP_DEV_IOCTL;
}

bool cap_id_has_net(uint32_t id)
{
	return id == AGENT_CAP_NET_CONNECT || id == AGENT_CAP_NET_BIND;
}

bool cap_id_has_host(uint32_t id)
{
	return id == AGENT_CAP_NET_CONNECT;
}

bool cap_id_has_relation(uint32_t id)
{
	return id == AGENT_CAP_PROC_SIGNAL || id == AGENT_CAP_AUDIT_READ ||
	       id == AGENT_CAP_QUOTA_SET || id == AGENT_CAP_ATTEST ||
	       id == AGENT_CAP_MEM_TIER || id == AGENT_CAP_PROC_TRACE ||
	       id == AGENT_CAP_IPC;
}

bool cap_id_has_text(uint32_t id)
{
	return id == AGENT_CAP_USER || id == AGENT_CAP_CAP_GRANT;
}

static void write_net(struct writer *writer, size_t map,
		      const struct coconut_cap *cap)
{
	if (cap->family) {
		write_key(writer, map, AGENT_CAP_ADDRESS_KEY);
		write_bytes(writer, cap->address, cap->family == 4 ? 4 : 16);
		write_key(writer, map, AGENT_CAP_PREFIX_KEY);
		write_uint(writer, cap->prefix);
	}
	write_key(writer, map, AGENT_CAP_PORT_LOW_KEY);
	write_uint(writer, cap->port_low);
	write_key(writer, map, AGENT_CAP_PORT_HIGH_KEY);
	write_uint(writer, cap->port_high);
	if (cap->protocol) {
		write_key(writer, map, AGENT_CAP_PROTOCOL_KEY);
		write_uint(writer, cap->protocol);
	}
}

static void write_rate(struct writer *writer, size_t map,
		       const struct coconut_cap *cap)
{
	write_key(writer, map, AGENT_CAP_RATE_KEY);
	write_uint(writer, cap->rate);
	write_key(writer, map, AGENT_CAP_PERIOD_KEY);
	write_uint(writer, cap->period);
}

/* The keys are written in the order of their numbers, as the map needs it. */
void write_cap(struct writer *writer, const struct coconut_cap *cap)
{
	size_t map = write_map(writer);

	write_key(writer, map, AGENT_CAP_NAME_KEY);
	write_text(writer, cap->name);
	if (cap->path) {
		write_key(writer, map, AGENT_CAP_PATH_KEY);
		write_text(writer, cap->path);
	}
	if (cap->nr_except) {
		write_key(writer, map, AGENT_CAP_EXCEPT_KEY);
		write_texts(writer, cap->except, cap->nr_except);
	}
	if (cap_id_has_net(cap->id))
		write_net(writer, map, cap);
	if (cap_id_has_relation(cap->id)) {
		write_key(writer, map, AGENT_CAP_RELATION_KEY);
		write_uint(writer, cap->relation);
	}
	if (cap->lifetime) {
		write_key(writer, map, AGENT_CAP_LIFETIME_KEY);
		write_uint(writer, cap->lifetime);
	}
	if (cap->uses) {
		write_key(writer, map, AGENT_CAP_USES_KEY);
		write_uint(writer, cap->uses);
	}
	if (cap->hint) {
		write_key(writer, map, AGENT_CAP_HINT_KEY);
		write_text(writer, cap->hint);
	}
	if (cap->scope) {
		write_key(writer, map, AGENT_CAP_SCOPE_KEY);
		write_text(writer, cap->scope);
	}
	if (cap->host) {
		write_key(writer, map, AGENT_CAP_HOST_KEY);
		write_text(writer, cap->host);
	}
	if (cap->rate)
		write_rate(writer, map, cap);
}

static int read_spec(const void *data, size_t size, struct agent_cap_spec *spec,
		     struct coconut_error *error)
{
	struct agent_fault fault = { .cap = ~0U };
	struct agent_cbor cbor;
	int err;

	if (!size || size > AGENT_CAP_CBOR_MAX)
		return fail(error, size ? E2BIG : EBADMSG, "capability",
			    "%zu bytes of CBOR, not 1 to %d", size,
			    AGENT_CAP_CBOR_MAX);
	agent_cbor_init(&cbor, data, size);
	err = agent_cap_read(&cbor, spec, &fault);
	if (err)
		return fail(error, -err, "capability", "byte %u: %s",
			    fault.offset, fault.what);
	if (!agent_cbor_at_end(&cbor))
		return fail(error, EBADMSG, "capability",
			    "byte %u: bytes after the capability", cbor.pos);
	return 0;
}

int coconut_cap_encode(const struct coconut_cap *cap, uint8_t **ret_data,
		       size_t *ret_size, struct coconut_error *error)
{
	struct writer writer = { 0 };
	struct agent_cap_spec spec;
	int err;

	write_cap(&writer, cap);
	if (writer.failed) {
		free(writer.data);
		return fail_memory(error);
	}
	err = read_spec(writer.data, writer.size, &spec, error);
	if (err) {
		free(writer.data);
		/* What was written is CBOR; only its meaning can be wrong. */
		return err == -EBADMSG ? -EINVAL : err;
	}
	*ret_data = writer.data;
	*ret_size = writer.size;
	return 0;
}

static char *copy_text(const struct agent_text *text)
{
	return strndup(text->data, text->size);
}

static int copy_except(const void *data, const struct agent_cap_spec *spec,
		       struct coconut_cap *cap)
{
	struct agent_cbor cbor;
	struct agent_cbor_item item;
	struct agent_text path;

	/* The reader has been here before: nothing can be out of bounds. */
	agent_cbor_init(&cbor, data, UINT32_MAX);
	cbor.pos = spec->except;
	if (agent_cbor_next(&cbor, &item))
		return -EBADMSG;
	for (uint32_t i = 0; i < spec->nr_except; i++) {
		int err = agent_text_next(&cbor, &path);

		if (err)
			return err;
		err = strings_add(&cap->except, &cap->nr_except,
				  copy_text(&path));
		if (err)
			return err;
	}
	return 0;
}

/* Copies an optional text; an absent one has no data. */
static int copy_optional(const struct agent_text *text, char **ret_string)
{
	if (!text->data)
		return 0;
	*ret_string = copy_text(text);
	return *ret_string ? 0 : -ENOMEM;
}

int cap_from_spec(const void *data, const struct agent_cap_spec *spec,
		  struct coconut_cap *ret_cap)
{
	struct coconut_cap cap = {
		.id = spec->id,
		.family = spec->net.family,
		.prefix = spec->net.prefix,
		.protocol = spec->net.protocol,
		.port_low = spec->net.port_low,
		.port_high = spec->net.port_high,
		.relation = spec->relation,
		.lifetime = spec->lifetime,
		.uses = spec->uses,
		.rate = spec->rate,
		.period = spec->period,
	};
	int err;

	memcpy(cap.name, spec->name.data, spec->name.size);
	memcpy(cap.address, spec->net.address, sizeof(cap.address));
	err = copy_optional(&spec->path, &cap.path);
	if (!err && spec->nr_except)
		err = copy_except(data, spec, &cap);
	if (!err)
		err = copy_optional(&spec->hint, &cap.hint);
	if (!err)
		err = copy_optional(&spec->scope, &cap.scope);
	if (!err)
		err = copy_optional(&spec->host, &cap.host);
	if (err) {
		coconut_cap_clear(&cap);
		return err;
	}
	*ret_cap = cap;
	return 0;
}

int coconut_cap_decode(const void *data, size_t size,
		       struct coconut_cap *ret_cap, struct coconut_error *error)
{
	struct agent_cap_spec spec;
	int err = read_spec(data, size, &spec, error);

	if (err)
		return err;
	err = cap_from_spec(data, &spec, ret_cap);
	return err ? fail_memory(error) : 0;
}

void coconut_cap_clear(struct coconut_cap *cap)
{
	if (!cap)
		return;
	free(cap->path);
	strings_free(cap->except);
	free(cap->hint);
	free(cap->scope);
	free(cap->host);
	*cap = (struct coconut_cap){ 0 };
}
