// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: capabilities as a manifest or a call gives them
 */

#include "core.h"

#define KEY(key)	(1U << (key))
#define KEYS_RATE	(KEY(AGENT_CAP_RATE_KEY) | KEY(AGENT_CAP_PERIOD_KEY))
#define KEYS_ALWAYS	(KEY(AGENT_CAP_NAME_KEY) | KEY(AGENT_CAP_LIFETIME_KEY) | \
			 KEY(AGENT_CAP_USES_KEY) | KEY(AGENT_CAP_HINT_KEY) | \
			 KEYS_RATE)
#define KEYS_PORTS	(KEY(AGENT_CAP_PORT_LOW_KEY) | \
			 KEY(AGENT_CAP_PORT_HIGH_KEY))
#define KEYS_ADDRESS	(KEY(AGENT_CAP_ADDRESS_KEY) | KEY(AGENT_CAP_PREFIX_KEY))

/* The keys that a scope may have beside KEYS_ALWAYS, and those it must. */
static const struct {
	u32 may;
	u32 must;
} scopes[AGENT_SCOPE_COUNT] = {
	[AGENT_SCOPE_PATH] = {
		KEY(AGENT_CAP_PATH_KEY) | KEY(AGENT_CAP_EXCEPT_KEY),
		KEY(AGENT_CAP_PATH_KEY),
	},
	[AGENT_SCOPE_NET] = {
		KEYS_PORTS | KEYS_ADDRESS | KEY(AGENT_CAP_PROTOCOL_KEY) |
		KEY(AGENT_CAP_HOST_KEY),
		KEYS_PORTS,
	},
	[AGENT_SCOPE_RELATION] = {
		KEY(AGENT_CAP_RELATION_KEY), KEY(AGENT_CAP_RELATION_KEY),
	},
	[AGENT_SCOPE_TEXT] = { KEY(AGENT_CAP_SCOPE_KEY), 0 },
};

static const struct {
	const char *name;
	enum agent_scope_kind scope;
} caps[AGENT_CAP_COUNT] = {
	[AGENT_CAP_FS_READ] = { "fs.read", AGENT_SCOPE_PATH },
	[AGENT_CAP_FS_WRITE] = { "fs.write", AGENT_SCOPE_PATH },
	[AGENT_CAP_FS_CREATE] = { "fs.create", AGENT_SCOPE_PATH },
	[AGENT_CAP_FS_DELETE] = { "fs.delete", AGENT_SCOPE_PATH },
	[AGENT_CAP_FS_EXEC] = { "fs.exec", AGENT_SCOPE_PATH },
	[AGENT_CAP_UNIX_CONNECT] = { "unix.connect", AGENT_SCOPE_PATH },
	[AGENT_CAP_NET_CONNECT] = { "net.connect", AGENT_SCOPE_NET },
	[AGENT_CAP_NET_BIND] = { "net.bind", AGENT_SCOPE_NET },
	[AGENT_CAP_PROC_SIGNAL] = { "proc.signal", AGENT_SCOPE_RELATION },
	[AGENT_CAP_AGENT_SPAWN] = { "agent.spawn", AGENT_SCOPE_NONE },
	[AGENT_CAP_CAP_GRANT] = { "cap.grant", AGENT_SCOPE_TEXT },
	[AGENT_CAP_AUDIT_READ] = { "audit.read", AGENT_SCOPE_RELATION },
	[AGENT_CAP_QUOTA_SET] = { "quota.set", AGENT_SCOPE_RELATION },
	[AGENT_CAP_ATTEST] = { "attest", AGENT_SCOPE_RELATION },
	[AGENT_CAP_MEM_TIER] = { "mem.tier", AGENT_SCOPE_RELATION },
	[AGENT_CAP_USER] = { NULL, AGENT_SCOPE_TEXT },
	[AGENT_CAP_DEV_IOCTL] = { "dev.ioctl", AGENT_SCOPE_PATH },
	[AGENT_CAP_MEM_EXEC] = { "mem.exec", AGENT_SCOPE_NONE },
	[AGENT_CAP_PROC_TRACE] = { "proc.trace", AGENT_SCOPE_RELATION },
	[AGENT_CAP_IPC] = { "ipc", AGENT_SCOPE_RELATION },
	[AGENT_CAP_KEY] = { "key", AGENT_SCOPE_NONE },
	[AGENT_CAP_TIME] = { "time", AGENT_SCOPE_NONE },
	[AGENT_CAP_NET_RAW] = { "net.raw", AGENT_SCOPE_NONE },
	[AGENT_CAP_NET_ADMIN] = { "net.admin", AGENT_SCOPE_NONE },
};

/* By key: what an item is not that can't be this value, and what is missing. */
static const struct {
	const char *wrong;
	const char *missing;
} phrases[AGENT_CAP_KEY_COUNT] = {
	[AGENT_CAP_NAME_KEY] = {
		"not a capability's name", "the capability's name is missing",
	},
	[AGENT_CAP_PATH_KEY] = {
		"not a plain absolute path", "the capability's path is missing",
	},
	[AGENT_CAP_EXCEPT_KEY] = {
		"not a list of plain absolute paths below the scope's", NULL,
	},
	[AGENT_CAP_ADDRESS_KEY] = { "not an address of 4 or 16 bytes", NULL },
	[AGENT_CAP_PREFIX_KEY] = { "not a prefix of this address", NULL },
	[AGENT_CAP_PORT_LOW_KEY] = {
		"not a port", "the capability's first port is missing",
	},
	[AGENT_CAP_PORT_HIGH_KEY] = {
		"not a port, or below the first one",
		"the capability's last port is missing",
	},
	[AGENT_CAP_PROTOCOL_KEY] = { "neither 6 (TCP) nor 17 (UDP)", NULL },
	[AGENT_CAP_RELATION_KEY] = {
		"not a relation, 0 to 2", "the capability's relation is missing",
	},
	[AGENT_CAP_LIFETIME_KEY] = {
		"not a number of seconds, 1 to 4294967295", NULL,
	},
	[AGENT_CAP_USES_KEY] = { "not a number of uses, 1 to 4294967295", NULL },
	[AGENT_CAP_HINT_KEY] = { "not a hint", NULL },
	[AGENT_CAP_SCOPE_KEY] = { "not a scope of this", NULL },
	[AGENT_CAP_HOST_KEY] = { "not a host's name", NULL },
	[AGENT_CAP_RATE_KEY] = { "not a number of uses, 1 to 1000000", NULL },
	[AGENT_CAP_PERIOD_KEY] = {
		"not a number of seconds, 1 to 86400", NULL,
	},
};

/**
 * agent_cap_name - the dotted name of a capability the kernel decides
 * @id: the capability
 *
 * Return: the name, or NULL for AGENT_CAP_USER and what there is not.
 */
const char *agent_cap_name(enum agent_cap_id id)
{
	return (u32)id < AGENT_CAP_COUNT ? caps[id].name : NULL;
}

/**
 * agent_scope_of - what kind of scope a capability has
 * @id: the capability
 *
 * Return: the kind, AGENT_SCOPE_NONE for what is no capability.
 */
enum agent_scope_kind agent_scope_of(enum agent_cap_id id)
{
	return (u32)id < AGENT_CAP_COUNT ? caps[id].scope : AGENT_SCOPE_NONE;
}

/* Words of [a-z0-9-_] joined by dots; at least two of them. */
static bool is_dotted(const char *name, u32 size)
{
	bool dotted = false, word = false;
	u32 i;

	for (i = 0; i < size; i++) {
		char c = name[i];

		if (c == '.') {
			if (!word)
				return false;
			dotted = true;
			word = false;
		} else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			   c == '-' || c == '_') {
			word = true;
		} else {
			return false;
		}
	}
	return dotted && word;
}

/* Whether a name begins with the first word of a capability of the kernel's. */
static bool is_kernel_word(const char *name, u32 size)
{
	u32 id, word;

	for (word = 0; word < size && name[word] != '.'; word++)
		;
	for (id = 1; id < AGENT_CAP_COUNT; id++) {
		const char *own = caps[id].name;

		if (own && strlen(own) >= word && !memcmp(own, name, word) &&
		    (own[word] == '.' || !own[word]))
			return true;
	}
	return false;
}

/**
 * agent_cap_id_of - the capability that a name means
 * @name: the name, not NUL-terminated
 * @size: its length in bytes
 *
 * Names under a word that the kernel uses itself are its own: an unknown one
 * is an error, never a userspace capability.
 *
 * Return: the id; AGENT_CAP_USER for another dotted name; AGENT_CAP_NONE for
 * what is no capability's name.
 */
enum agent_cap_id agent_cap_id_of(const char *name, u32 size)
{
	u32 id;

	if (!size || size >= AGENT_NAME_MAX)
		return AGENT_CAP_NONE;
	for (id = 1; id < AGENT_CAP_COUNT; id++) {
		if (caps[id].name && strlen(caps[id].name) == size &&
		    !memcmp(caps[id].name, name, size))
			return id;
	}
	if (is_kernel_word(name, size) || !is_dotted(name, size))
		return AGENT_CAP_NONE;
	return AGENT_CAP_USER;
}

/**
 * agent_path_valid - whether a text is a path that can be a scope
 * @path: the text
 * @max: most bytes it may have
 *
 * Return: true for an absolute path without empty, "." or ".." components and
 * without a slash at its end.
 */
bool agent_path_valid(struct agent_text path, u32 max)
{
	u32 i, start = 1;

	if (!path.size || path.size > max || path.data[0] != '/')
		return false;
	if (path.size == 1)
		return true;
	for (i = 1; i <= path.size; i++) {
		u32 length = i - start;

		if (i < path.size && path.data[i] != '/')
			continue;
		if (!length || (length == 1 && path.data[start] == '.') ||
		    (length == 2 && path.data[start] == '.' &&
		     path.data[start + 1] == '.'))
			return false;
		start = i + 1;
	}
	return true;
}

/* Both are valid paths; nothing but "/" ends in a slash. */
static bool is_below(struct agent_text path, struct agent_text top)
{
	if (top.size == 1)
		return path.size > 1;
	return path.size > top.size && path.data[top.size] == '/' &&
	       !memcmp(path.data, top.data, top.size);
}

static int read_name(struct agent_cbor *cbor, struct agent_cap_spec *spec)
{
	int err = agent_read_text(cbor, AGENT_NAME_MAX - 1, &spec->name);

	if (err)
		return err;
	spec->id = agent_cap_id_of(spec->name.data, spec->name.size);
	return spec->id == AGENT_CAP_NONE ? -EINVAL : 0;
}

/* An empty list is refused: it would be a second way to write no list. */
static int read_holes(struct agent_cbor *cbor, struct agent_cap_spec *spec)
{
	struct agent_cbor_item head;
	struct agent_text path;
	u32 i;
	int err;

	spec->except = cbor->pos;
	err = agent_cbor_expect(cbor, AGENT_CBOR_ARRAY, &head);
	if (err)
		return err;
	if (head.value > AGENT_EXCEPT_MAX)
		return -E2BIG;
	if (!head.value || !spec->path.size)
		return -EINVAL;
	spec->nr_except = head.value;
	for (i = 0; i < spec->nr_except; i++) {
		err = agent_read_path(cbor, AGENT_SCOPE_PATH_MAX, &path);
		if (err)
			return err;
		if (!is_below(path, spec->path))
			return -EINVAL;
	}
	return 0;
}

static int read_address(struct agent_cbor *cbor, struct agent_net_scope *net)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_BYTES, &item);

	if (err)
		return err;
	if (item.value != 4 && item.value != 16)
		return -EINVAL;
	net->family = item.value == 4 ? 4 : 6;
	memcpy(net->address, item.data, item.value);
	return 0;
}

static int read_prefix(struct agent_cbor *cbor, struct agent_net_scope *net)
{
	u64 bits = 0;
	int err = agent_read_uint(cbor, 0, net->family == 4 ? 32 : 128, &bits);

	net->prefix = bits;
	return err;
}

static int read_port(struct agent_cbor *cbor, u16 min, u16 *port)
{
	u64 number = 0;
	int err = agent_read_uint(cbor, min, 0xffff, &number);

	*port = number;
	return err;
}

static int read_protocol(struct agent_cbor *cbor, u8 *protocol)
{
	u64 number = 0;
	int err = agent_read_uint(cbor, 6, 17, &number);

	*protocol = number;
	return err ?: (number == 6 || number == 17 ? 0 : -EINVAL);
}

static int read_relation(struct agent_cbor *cbor, u32 *relation)
{
	u64 number = 0;
	int err = agent_read_uint(cbor, 0, AGENT_REL_ALL, &number);

	*relation = number;
	return err;
}

/* Of cap.grant it is the name of a capability; userspace's are its own. */
static int read_scope(struct agent_cbor *cbor, struct agent_cap_spec *spec)
{
	int err = agent_read_text(cbor, AGENT_SCOPE_TEXT_MAX, &spec->scope);

	if (err || spec->id != AGENT_CAP_CAP_GRANT)
		return err;
	return agent_cap_id_of(spec->scope.data, spec->scope.size) ==
	       AGENT_CAP_NONE ? -EINVAL : 0;
}

static int read_u32(struct agent_cbor *cbor, u32 max, u32 *value)
{
	u64 number = 0;
	int err = agent_read_uint(cbor, 1, max, &number);

	*value = number;
	return err;
}

/* Labels of [a-z0-9-] of 1 to 63 bytes joined by dots, none at the end. */
static int read_host(struct agent_cbor *cbor, struct agent_text *host)
{
	u32 i, label = 0;
	int err = agent_read_text(cbor, AGENT_HOST_MAX, host);

	if (err)
		return err;
	for (i = 0; i < host->size; i++) {
		char c = host->data[i];

		if (c == '.') {
			if (!label)
				return -EINVAL;
			label = 0;
		} else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			   c == '-') {
			if (++label > 63)
				return -EINVAL;
		} else {
			return -EINVAL;
		}
	}
	return label ? 0 : -EINVAL;
}

static int read_value(struct agent_cbor *cbor, u32 key,
		      struct agent_cap_spec *spec)
{
	switch (key) {
	case AGENT_CAP_NAME_KEY:
		return read_name(cbor, spec);
	case AGENT_CAP_PATH_KEY:
		return agent_read_path(cbor, AGENT_SCOPE_PATH_MAX, &spec->path);
	case AGENT_CAP_EXCEPT_KEY:
		return read_holes(cbor, spec);
	case AGENT_CAP_ADDRESS_KEY:
		return read_address(cbor, &spec->net);
	case AGENT_CAP_PREFIX_KEY:
		return read_prefix(cbor, &spec->net);
	case AGENT_CAP_PORT_LOW_KEY:
		return read_port(cbor, 0, &spec->net.port_low);
	case AGENT_CAP_PORT_HIGH_KEY:
		return read_port(cbor, spec->net.port_low, &spec->net.port_high);
	case AGENT_CAP_PROTOCOL_KEY:
		return read_protocol(cbor, &spec->net.protocol);
	case AGENT_CAP_RELATION_KEY:
		return read_relation(cbor, &spec->relation);
	case AGENT_CAP_LIFETIME_KEY:
		return agent_read_uint(cbor, 1, 0xffffffff, &spec->lifetime);
	case AGENT_CAP_USES_KEY:
		return agent_read_uint(cbor, 1, 0xffffffff, &spec->uses);
	case AGENT_CAP_HINT_KEY:
		return agent_read_text(cbor, AGENT_SCOPE_TEXT_MAX, &spec->hint);
	case AGENT_CAP_SCOPE_KEY:
		return read_scope(cbor, spec);
	case AGENT_CAP_HOST_KEY:
		return read_host(cbor, &spec->host);
	case AGENT_CAP_RATE_KEY:
		return read_u32(cbor, AGENT_RATE_MAX, &spec->rate);
	case AGENT_CAP_PERIOD_KEY:
		return read_u32(cbor, AGENT_PERIOD_MAX, &spec->period);
	default:
		return -EINVAL;
	}
}

/* Two ways to write one scope would be two capabilities: host bits are zero. */
static bool is_masked(const struct agent_net_scope *net)
{
	u32 bit, bits = net->family == 4 ? 32 : net->family == 6 ? 128 : 0;

	for (bit = net->prefix; bit < bits; bit++) {
		if (net->address[bit / 8] & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

/* A decision sees such an address as IPv4, so the scope would match nothing. */
static bool is_mapped(const struct agent_net_scope *net)
{
	static const u8 mapped[12] = { [10] = 0xff, [11] = 0xff };

	return net->family == 6 && net->prefix >= 96 &&
	       !memcmp(net->address, mapped, sizeof(mapped));
}

/* The name has the lowest key, so it is known before any other, or missing. */
static int read_cap_key(struct agent_cbor *cbor, u32 *key,
			const struct agent_cap_spec *spec,
			struct agent_fault *fault)
{
	u32 may = scopes[caps[spec->id].scope].may | KEYS_ALWAYS;
	int err = agent_read_key(cbor, AGENT_CAP_KEY_COUNT, key, fault);

	if (err || spec->id == AGENT_CAP_NONE)
		return err;
	if (!(may & KEY(*key)))
		return agent_fail(fault, cbor->at,
				  "a key that this capability does not have",
				  -EINVAL);
	return 0;
}

static bool is_half(u32 seen, u32 keys)
{
	return seen & keys && (seen & keys) != keys;
}

static int check_keys(const struct agent_cap_spec *spec, u32 seen,
		      u32 start, struct agent_fault *fault)
{
	u32 must = scopes[caps[spec->id].scope].must;
	u32 key;

	must |= KEY(AGENT_CAP_NAME_KEY);
	for (key = 1; key < AGENT_CAP_KEY_COUNT; key++) {
		if (must & ~seen & KEY(key))
			return agent_fail(fault, start, phrases[key].missing,
					  -EINVAL);
	}
	if (is_half(seen, KEYS_ADDRESS))
		return agent_fail(fault, start,
				  "an address and its prefix go together",
				  -EINVAL);
	if (is_half(seen, KEYS_RATE))
		return agent_fail(fault, start,
				  "a rate and its period go together", -EINVAL);
	if (spec->host.size && spec->id != AGENT_CAP_NET_CONNECT)
		return agent_fail(fault, start,
				  "a host goes with net.connect alone", -EINVAL);
	if (!is_masked(&spec->net))
		return agent_fail(fault, start,
				  "the address has bits set beyond its prefix",
				  -EINVAL);
	if (is_mapped(&spec->net))
		return agent_fail(fault, start,
				  "an IPv4 address is written as one", -EINVAL);
	return 0;
}

/**
 * agent_cap_read - read one capability map
 * @cbor: the reader, which stands before the map and then behind it
 * @spec: the capability
 * @fault: set on failure; its @cap is left to the caller
 *
 * Return: 0, -EBADMSG when it is not deterministic CBOR, -EINVAL when it is
 * but no valid capability, -E2BIG for too many holes or too long a text.
 */
int agent_cap_read(struct agent_cbor *cbor, struct agent_cap_spec *spec,
		   struct agent_fault *fault)
{
	u32 start = cbor->pos, seen = 0, key = 0;
	struct agent_cbor_item map;
	u64 i;
	int err;

	memset(spec, 0, sizeof(*spec));
	err = agent_cbor_expect(cbor, AGENT_CBOR_MAP, &map);
	if (err)
		return agent_fail_value(fault, cbor,
					"not the map of a capability", err);
	for (i = 0; i < map.value; i++) {
		err = read_cap_key(cbor, &key, spec, fault);
		if (err)
			return err;
		err = read_value(cbor, key, spec);
		if (err)
			return agent_fail_value(fault, cbor, phrases[key].wrong,
						err);
		seen |= KEY(key);
	}
	err = check_keys(spec, seen, start, fault);
	if (err)
		return err;
	spec->cbor.data = (const char *)cbor->data + start;
	spec->cbor.size = cbor->pos - start;
	if (spec->cbor.size > AGENT_CAP_CBOR_MAX)
		return agent_fail(fault, start, "too long for a capability",
				  -E2BIG);
	return 0;
}
