// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: capabilities as a manifest or a call gives them
 */

#include <linux/agent_core.h>

#define PATH_SIZE_MAX	1023
#define TEXT_SIZE_MAX	255

#define KEY(key)	(1U << (key))
#define KEYS_ALWAYS	(KEY(AGENT_CAP_NAME_KEY) | KEY(AGENT_CAP_LIFETIME_KEY) | \
			 KEY(AGENT_CAP_USES_KEY) | KEY(AGENT_CAP_HINT_KEY))
#define KEYS_PATH	(KEY(AGENT_CAP_PATH_KEY) | KEY(AGENT_CAP_EXCEPT_KEY))
#define KEYS_PORTS	(KEY(AGENT_CAP_PORT_LOW_KEY) | \
			 KEY(AGENT_CAP_PORT_HIGH_KEY))
#define KEYS_ADDRESS	(KEY(AGENT_CAP_ADDRESS_KEY) | KEY(AGENT_CAP_PREFIX_KEY))
#define KEYS_NET	(KEYS_PORTS | KEYS_ADDRESS | KEY(AGENT_CAP_PROTOCOL_KEY))

/* What is decided by which scope: the keys that may stand, and must. */
static const struct {
	const char *name;
	uint32_t may;
	uint32_t must;
} caps[AGENT_CAP_COUNT] = {
	[AGENT_CAP_FS_READ] = { "fs.read", KEYS_PATH, KEY(AGENT_CAP_PATH_KEY) },
	[AGENT_CAP_FS_WRITE] = { "fs.write", KEYS_PATH,
				 KEY(AGENT_CAP_PATH_KEY) },
	[AGENT_CAP_FS_CREATE] = { "fs.create", KEYS_PATH,
				  KEY(AGENT_CAP_PATH_KEY) },
	[AGENT_CAP_FS_DELETE] = { "fs.delete", KEYS_PATH,
				  KEY(AGENT_CAP_PATH_KEY) },
	[AGENT_CAP_FS_EXEC] = { "fs.exec", KEYS_PATH, KEY(AGENT_CAP_PATH_KEY) },
	[AGENT_CAP_UNIX_CONNECT] = { "unix.connect", KEYS_PATH,
				     KEY(AGENT_CAP_PATH_KEY) },
	[AGENT_CAP_NET_CONNECT] = { "net.connect", KEYS_NET, KEYS_PORTS },
	[AGENT_CAP_NET_BIND] = { "net.bind", KEYS_NET, KEYS_PORTS },
	[AGENT_CAP_PROC_SIGNAL] = { "proc.signal", KEY(AGENT_CAP_RELATION_KEY),
				    KEY(AGENT_CAP_RELATION_KEY) },
	[AGENT_CAP_AGENT_SPAWN] = { "agent.spawn", 0, 0 },
	[AGENT_CAP_CAP_GRANT] = { "cap.grant", 0, 0 },
	[AGENT_CAP_AUDIT_READ] = { "audit.read", KEY(AGENT_CAP_RELATION_KEY),
				   KEY(AGENT_CAP_RELATION_KEY) },
	[AGENT_CAP_QUOTA_SET] = { "quota.set", KEY(AGENT_CAP_RELATION_KEY),
				  KEY(AGENT_CAP_RELATION_KEY) },
	[AGENT_CAP_ATTEST] = { "attest", KEY(AGENT_CAP_RELATION_KEY),
			       KEY(AGENT_CAP_RELATION_KEY) },
	[AGENT_CAP_MEM_TIER] = { "mem.tier", KEY(AGENT_CAP_RELATION_KEY),
				 KEY(AGENT_CAP_RELATION_KEY) },
	[AGENT_CAP_USER] = { NULL, KEY(AGENT_CAP_SCOPE_KEY), 0 },
};

/**
 * agent_cap_name - the dotted name of a capability the kernel decides
 * @id: the capability
 *
 * Return: the name, or NULL for AGENT_CAP_USER and what there is not.
 */
const char *agent_cap_name(enum agent_cap_id id)
{
	return (uint32_t)id < AGENT_CAP_COUNT ? caps[id].name : NULL;
}

/* Words of [a-z0-9-_] joined by dots; at least two of them. */
static bool is_dotted(const char *name, uint32_t size)
{
	bool dotted = false, word = false;
	uint32_t i;

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

/**
 * agent_cap_id_of - the capability that a name means
 * @name: the name, not NUL-terminated
 * @size: its length in bytes
 *
 * Names under a prefix that the kernel uses itself are its own: an unknown one
 * is an error, never a userspace capability.
 *
 * Return: the id; AGENT_CAP_USER for another dotted name; AGENT_CAP_NONE for
 * what is no capability's name.
 */
enum agent_cap_id agent_cap_id_of(const char *name, uint32_t size)
{
	uint32_t id, word;

	if (!size || size >= AGENT_NAME_MAX)
		return AGENT_CAP_NONE;
	for (word = 0; word < size && name[word] != '.'; word++)
		;
	for (id = 1; id < AGENT_CAP_USER; id++) {
		if (strlen(caps[id].name) == size &&
		    !memcmp(caps[id].name, name, size))
			return id;
	}
	for (id = 1; id < AGENT_CAP_USER; id++) {
		if (word < size && strlen(caps[id].name) > word &&
		    caps[id].name[word] == '.' &&
		    !memcmp(caps[id].name, name, word + 1))
			return AGENT_CAP_NONE;
	}
	return is_dotted(name, size) ? AGENT_CAP_USER : AGENT_CAP_NONE;
}

static int fail(struct agent_fault *fault, uint32_t offset, const char *what,
		int err)
{
	fault->offset = offset;
	fault->what = what;
	return err;
}

/**
 * agent_path_valid - whether a text is a path that can be a scope
 * @path: the text
 * @max: most bytes it may have
 *
 * Return: true for an absolute path without empty, "." or ".." components and
 * without a slash at its end.
 */
bool agent_path_valid(struct agent_text path, uint32_t max)
{
	uint32_t i, start = 1;

	if (!path.size || path.size > max || path.data[0] != '/')
		return false;
	if (path.size == 1)
		return true;
	for (i = 1; i <= path.size; i++) {
		uint32_t length = i - start;

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

static int read_path(struct agent_cbor *cbor, struct agent_text *path)
{
	int err = agent_text_next(cbor, path);

	if (err)
		return err;
	return agent_path_valid(*path, PATH_SIZE_MAX) ? 0 : -EINVAL;
}

static int read_holes(struct agent_cbor *cbor, struct agent_cap_spec *spec)
{
	struct agent_cbor_item head;
	struct agent_text path;
	uint32_t i;
	int err;

	spec->except = cbor->pos;
	err = agent_cbor_expect(cbor, AGENT_CBOR_ARRAY, &head);
	if (err)
		return err;
	if (head.value > AGENT_EXCEPT_MAX)
		return -E2BIG;
	if (!head.value)
		return -EINVAL;
	spec->nr_except = head.value;
	for (i = 0; i < spec->nr_except; i++) {
		err = read_path(cbor, &path);
		if (err)
			return err;
	}
	return 0;
}

static int read_number(struct agent_cbor *cbor, uint64_t min, uint64_t max,
		       uint64_t *value)
{
	struct agent_cbor_item item;
	int err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &item);

	if (err)
		return err;
	if (item.value < min || item.value > max)
		return -EINVAL;
	*value = item.value;
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

static int read_text(struct agent_cbor *cbor, struct agent_text *text)
{
	int err = agent_text_next(cbor, text);

	if (err)
		return err;
	return text->size && text->size <= TEXT_SIZE_MAX ? 0 : -EINVAL;
}

static int read_small(struct agent_cbor *cbor, uint64_t min, uint64_t max,
		      uint32_t *value)
{
	uint64_t number = 0;
	int err = read_number(cbor, min, max, &number);

	*value = number;
	return err;
}

static int read_value(struct agent_cbor *cbor, uint32_t key,
		      struct agent_cap_spec *spec)
{
	uint32_t number = 0;
	int err;

	switch (key) {
	case AGENT_CAP_NAME_KEY:
		err = agent_text_next(cbor, &spec->name);
		if (err)
			return err;
		spec->id = agent_cap_id_of(spec->name.data, spec->name.size);
		return spec->id == AGENT_CAP_NONE ? -EINVAL : 0;
	case AGENT_CAP_PATH_KEY:
		return read_path(cbor, &spec->path);
	case AGENT_CAP_EXCEPT_KEY:
		return read_holes(cbor, spec);
	case AGENT_CAP_ADDRESS_KEY:
		return read_address(cbor, &spec->net);
	case AGENT_CAP_PREFIX_KEY:
		err = read_small(cbor, 0, spec->net.family == 4 ? 32 : 128,
				 &number);
		spec->net.prefix = number;
		return err;
	case AGENT_CAP_PORT_LOW_KEY:
		err = read_small(cbor, 0, 65535, &number);
		spec->net.port_low = number;
		return err;
	case AGENT_CAP_PORT_HIGH_KEY:
		err = read_small(cbor, spec->net.port_low, 65535, &number);
		spec->net.port_high = number;
		return err;
	case AGENT_CAP_PROTOCOL_KEY:
		err = read_small(cbor, 6, 17, &number);
		spec->net.protocol = number;
		return err ?: (number == 6 || number == 17 ? 0 : -EINVAL);
	case AGENT_CAP_RELATION_KEY:
		return read_small(cbor, 0, AGENT_REL_ALL, &spec->relation);
	case AGENT_CAP_LIFETIME_KEY:
		return read_number(cbor, 1, 0xffffffff, &spec->lifetime);
	case AGENT_CAP_USES_KEY:
		return read_number(cbor, 1, 0xffffffff, &spec->uses);
	case AGENT_CAP_HINT_KEY:
		return read_text(cbor, &spec->hint);
	case AGENT_CAP_SCOPE_KEY:
		return read_text(cbor, &spec->scope);
	default:
		return -EINVAL;
	}
}

/* Two ways to write one scope would be two capabilities: host bits are zero. */
static bool is_masked(const struct agent_net_scope *net)
{
	uint32_t bit, bits = net->family == 4 ? 32 : net->family == 6 ? 128 : 0;

	for (bit = net->prefix; bit < bits; bit++) {
		if (net->address[bit / 8] & 0x80 >> bit % 8)
			return false;
	}
	return true;
}

static int check_keys(const struct agent_cap_spec *spec, uint32_t seen,
		      uint32_t start, struct agent_fault *fault)
{
	uint32_t address = seen & KEYS_ADDRESS;

	if (!(seen & KEY(AGENT_CAP_NAME_KEY)))
		return fail(fault, start, "a capability without a name", -EINVAL);
	if (seen & ~(caps[spec->id].may | KEYS_ALWAYS))
		return fail(fault, start,
			    "a key that this capability does not have", -EINVAL);
	if (caps[spec->id].must & ~seen)
		return fail(fault, start,
			    "the scope of this capability is missing", -EINVAL);
	if (address && address != KEYS_ADDRESS)
		return fail(fault, start, "an address needs its prefix",
			    -EINVAL);
	if (!is_masked(&spec->net))
		return fail(fault, start,
			    "the address has bits set beyond its prefix",
			    -EINVAL);
	return 0;
}

/**
 * agent_cap_read - read one capability map
 * @cbor: the reader, which stands before the map and then behind it
 * @spec: the capability
 * @fault: set on failure; its @cap is left to the caller
 *
 * Return: 0, -EBADMSG when it is not deterministic CBOR, -EINVAL when it is
 * but no valid capability, -E2BIG for too many holes.
 */
int agent_cap_read(struct agent_cbor *cbor, struct agent_cap_spec *spec,
		   struct agent_fault *fault)
{
	uint32_t start = cbor->pos, seen = 0, offset, i;
	struct agent_cbor_item map, key;
	uint64_t last = 0;
	int err;

	memset(spec, 0, sizeof(*spec));
	err = agent_cbor_expect(cbor, AGENT_CBOR_MAP, &map);
	if (err)
		return fail(fault, start, "not the map of a capability", err);
	for (i = 0; i < map.value; i++) {
		offset = cbor->pos;
		err = agent_cbor_expect(cbor, AGENT_CBOR_UINT, &key);
		if (err)
			return fail(fault, offset, "not a capability's key", err);
		if (key.value <= last)
			return fail(fault, offset,
				    "keys out of order, or twice", -EBADMSG);
		if (key.value >= AGENT_CAP_KEY_COUNT)
			return fail(fault, offset, "unknown key", -EINVAL);
		last = key.value;
		seen |= KEY(key.value);
		offset = cbor->pos;
		err = read_value(cbor, key.value, spec);
		if (err)
			return fail(fault, offset, "not a value of this key",
				    err);
	}
	err = check_keys(spec, seen, start, fault);
	if (err)
		return err;
	spec->cbor.data = (const char *)cbor->data + start;
	spec->cbor.size = cbor->pos - start;
	return 0;
}

/**
 * agent_net_covers - whether one address scope contains another
 * @scope: the wider one
 * @wanted: the narrower one, or a single address with its whole prefix
 *
 * Return: true if it does.
 */
bool agent_net_covers(const struct agent_net_scope *scope,
		      const struct agent_net_scope *wanted)
{
	uint32_t bit;

	if (scope->protocol && scope->protocol != wanted->protocol)
		return false;
	if (wanted->port_low < scope->port_low ||
	    wanted->port_high > scope->port_high)
		return false;
	if (!scope->family)
		return true;
	if (scope->family != wanted->family || wanted->prefix < scope->prefix)
		return false;
	for (bit = 0; bit < scope->prefix; bit++) {
		if ((scope->address[bit / 8] ^ wanted->address[bit / 8]) &
		    0x80 >> bit % 8)
			return false;
	}
	return true;
}

/**
 * agent_relation_covers - whether a relation reaches an agent
 * @held: AGENT_REL_*
 * @self: the other is the agent itself
 * @descendant: the other descends from it
 *
 * Return: true if it does.
 */
bool agent_relation_covers(uint32_t held, bool self, bool descendant)
{
	return self || held == AGENT_REL_ALL ||
	       (held == AGENT_REL_DESCENDANTS && descendant);
}
