// SPDX-License-Identifier: MIT
/*
 * What covers what, held against sets of points.  The input chooses three
 * capabilities of one kind from few values, so that one often contains another;
 * each is written as CBOR and read as the kernel does.  A capability is the set
 * of what it allows, so one covers another just when it has all its points.
 */

#include "core.h"
#include "fuzz.h"

#define CAPS 3
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct input {
	const uint8_t *data;
	size_t size;
};

struct made {
	uint8_t cbor[256];
	uint32_t size;
	struct agent_cap_spec spec;
};

static uint32_t pick(struct input *input, uint32_t count)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++ % count;
}

static void put_head(struct made *made, enum agent_cbor_type type,
		     uint32_t value)
{
	uint8_t *to = made->cbor + made->size;

	if (value < 24) {
		to[0] = type << 5 | value;
		made->size += 1;
	} else if (value < 0x100) {
		to[0] = type << 5 | 24;
		to[1] = value;
		made->size += 2;
	} else {
		to[0] = type << 5 | 25;
		to[1] = value >> 8;
		to[2] = value;
		made->size += 3;
	}
}

static void put_data(struct made *made, enum agent_cbor_type type,
		     const void *data, uint32_t size)
{
	put_head(made, type, size);
	memcpy(made->cbor + made->size, data, size);
	made->size += size;
}

/* The map's head is in the first byte. */
static void put_key(struct made *made, enum agent_cap_key key)
{
	made->cbor[0]++;
	put_head(made, AGENT_CBOR_UINT, key);
}

static void put_text(struct made *made, enum agent_cap_key key,
		     const char *text)
{
	put_key(made, key);
	put_data(made, AGENT_CBOR_TEXT, text, strlen(text));
}

static void put_uint(struct made *made, enum agent_cap_key key, uint32_t value)
{
	put_key(made, key);
	put_head(made, AGENT_CBOR_UINT, value);
}

static const char *const hosts[] = { "a", "a.b", "ab" };

/* An address below one of a few bytes, cut at its prefix. */
static void put_address(struct made *made, struct input *input)
{
	static const uint8_t prefixes[] = { 0, 1, 7, 8, 9, 16, 31, 32 };
	uint32_t family = pick(input, 2) ? 16 : 4;
	uint32_t prefix = prefixes[pick(input, COUNT(prefixes))];
	uint8_t address[16] = { 0 };
	uint32_t bit;

	address[0] = 0x80 | pick(input, 2) << 6 | pick(input, 2);
	address[1] = pick(input, 2) << 7;
	address[3] = pick(input, 2);
	for (bit = prefix; bit < 128; bit++)
		address[bit / 8] &= ~(0x80 >> bit % 8);
	put_key(made, AGENT_CAP_ADDRESS_KEY);
	put_data(made, AGENT_CBOR_BYTES, address, family);
	put_uint(made, AGENT_CAP_PREFIX_KEY, prefix);
}

static void put_net(struct made *made, struct input *input, bool may_host)
{
	uint32_t kind = pick(input, 4), host = pick(input, COUNT(hosts));
	uint32_t low = pick(input, 4), protocol = pick(input, 3);

	if (kind & 1)
		put_address(made, input);
	put_uint(made, AGENT_CAP_PORT_LOW_KEY, low);
	put_uint(made, AGENT_CAP_PORT_HIGH_KEY, low + pick(input, 3));
	if (protocol)
		put_uint(made, AGENT_CAP_PROTOCOL_KEY, protocol == 1 ? 6 : 17);
	if (may_host && kind & 2)
		put_text(made, AGENT_CAP_HOST_KEY, hosts[host]);
}

static const char *const granted[] = { "fs.read", "fs.write", "x.y", "x.z" };

static void put_scope(struct made *made, struct input *input,
		      enum agent_cap_id id)
{
	static const char *const scopes[] = { "1", "2" };
	uint32_t which = pick(input, 5);

	if (!which)
		return;
	put_text(made, AGENT_CAP_SCOPE_KEY,
		 id == AGENT_CAP_CAP_GRANT ? granted[which - 1] :
					     scopes[which & 1]);
}

/* How long and how often says nothing about what is covered. */
static void put_limits(struct made *made, struct input *input)
{
	uint32_t which = pick(input, 8);

	if (which & 1)
		put_uint(made, AGENT_CAP_LIFETIME_KEY, 60);
	if (which & 2)
		put_uint(made, AGENT_CAP_USES_KEY, 3);
}

static void make(struct made *made, struct input *input, enum agent_cap_id id)
{
	static const char *const names[] = { "x.y", "x.z" };
	struct agent_fault fault;
	struct agent_cbor cbor;

	made->cbor[0] = AGENT_CBOR_MAP << 5;
	made->size = 1;
	put_text(made, AGENT_CAP_NAME_KEY,
		 agent_cap_name(id) ?: names[pick(input, COUNT(names))]);
	if (agent_scope_of(id) == AGENT_SCOPE_RELATION)
		put_uint(made, AGENT_CAP_RELATION_KEY, pick(input, 3));
	if (agent_scope_of(id) == AGENT_SCOPE_PATH)
		put_text(made, AGENT_CAP_PATH_KEY, pick(input, 2) ? "/" : "/a");
	if (agent_scope_of(id) == AGENT_SCOPE_NET)
		put_net(made, input, id == AGENT_CAP_NET_CONNECT);
	else
		put_limits(made, input);
	if (agent_scope_of(id) == AGENT_SCOPE_TEXT)
		put_scope(made, input, id);
	agent_cbor_init(&cbor, made->cbor, made->size);
	MUST(!agent_cap_read(&cbor, &made->spec, &fault));
	MUST(agent_cbor_at_end(&cbor));
}

static bool same(struct agent_text a, struct agent_text b)
{
	return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

/* One connection: to an address, or to a host by its name. */
struct point {
	uint8_t family;
	uint8_t address[16];
	struct agent_text host;
	uint32_t port;
	uint32_t protocol;
};

static bool has_address(const struct agent_net_scope *net,
			const struct point *point)
{
	uint32_t bit;

	if (net->family != point->family)
		return false;
	for (bit = 0; bit < net->prefix; bit++) {
		if ((net->address[bit / 8] ^ point->address[bit / 8]) &
		    0x80 >> bit % 8)
			return false;
	}
	return true;
}

/* A name alone gives no address; an address alone gives no name. */
static bool has_point(const struct agent_cap_spec *spec,
		      const struct point *point)
{
	const struct agent_net_scope *net = &spec->net;

	if (point->port < net->port_low || point->port > net->port_high)
		return false;
	if (net->protocol && net->protocol != point->protocol)
		return false;
	if (net->family)
		return point->family && has_address(net, point);
	if (spec->host.size)
		return !point->family && same(spec->host, point->host);
	return true;
}

static struct point corner(const struct agent_cap_spec *spec, uint32_t which)
{
	struct point point = {
		.port = which & 1 ? spec->net.port_high : spec->net.port_low,
		.protocol = which & 2 ? 6 : 17,
		.family = which & 4 ? 4 :
			  which & 8 ? 6 :
				      0,
		.host = spec->host,
	};
	uint32_t bit;

	if (!point.host.size || which & 32)
		point.host = (struct agent_text){ "other", 5 };
	memcpy(point.address, spec->net.address, sizeof(point.address));
	/* No prefix here is longer than 32 bits, so what follows is the same. */
	for (bit = spec->net.prefix; which & 16 && bit < 40; bit++)
		point.address[bit / 8] |= 0x80 >> bit % 8;
	return point;
}

/* Whatever is in a box but not in another is so at one of its corners. */
static bool has_net(const struct agent_cap_spec *a,
		    const struct agent_cap_spec *b)
{
	uint32_t which;

	for (which = 0; which < 64; which++) {
		struct point point = corner(b, which);

		if (has_point(b, &point) && !has_point(a, &point))
			return false;
	}
	return true;
}

static bool has_relation(const struct agent_cap_spec *a,
			 const struct agent_cap_spec *b)
{
	uint32_t who;

	for (who = 0; who < 3; who++) {
		if (agent_relation_covers(b->relation, who == 0, who == 1) &&
		    !agent_relation_covers(a->relation, who == 0, who == 1))
			return false;
	}
	return true;
}

static bool has_grants(const struct agent_cap_spec *a,
		       const struct agent_cap_spec *b)
{
	struct agent_cap_spec wanted = { 0 };
	uint32_t i;

	for (i = 0; i <= COUNT(granted); i++) {
		wanted.name.data = i < COUNT(granted) ? granted[i] : "u.v";
		wanted.name.size = strlen(wanted.name.data);
		if (agent_cap_may_grant(b, &wanted) &&
		    !agent_cap_may_grant(a, &wanted))
			return false;
	}
	return true;
}

static bool has_user(const struct agent_cap_spec *a,
		     const struct agent_cap_spec *b)
{
	return same(a->name, b->name) &&
	       (!a->scope.size || same(a->scope, b->scope));
}

/* Whether all that @b allows is in what @a allows. */
static bool contains(const struct agent_cap_spec *a,
		     const struct agent_cap_spec *b)
{
	switch (agent_scope_of(b->id)) {
	case AGENT_SCOPE_NET:
		return has_net(a, b);
	case AGENT_SCOPE_RELATION:
		return has_relation(a, b);
	case AGENT_SCOPE_TEXT:
		return b->id == AGENT_CAP_CAP_GRANT ? has_grants(a, b) :
						      has_user(a, b);
	default:
		return true;
	}
}

static void check_pair(const struct agent_cap_spec *a,
		       const struct agent_cap_spec *b)
{
	bool covers = agent_cap_covers(a, b);

	MUST(covers == contains(a, b));
	MUST(covers || a != b);
	if (agent_cap_gives_address(a, b))
		MUST(agent_cap_is_host(a) && !agent_cap_is_host(b) && !covers);
}

static void check_triple(const struct agent_cap_spec *a,
			 const struct agent_cap_spec *b,
			 const struct agent_cap_spec *c)
{
	if (!agent_cap_covers(a, b))
		return;
	if (agent_cap_covers(b, c))
		MUST(agent_cap_covers(a, c));
	/* What a child's host is given, its spawner's gives or holds. */
	if (agent_cap_gives_address(b, c))
		MUST(agent_cap_gives_address(a, c) || agent_cap_covers(a, c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	enum agent_cap_id id = pick(&input, AGENT_CAP_COUNT - 1) + 1;
	struct made made[CAPS];
	uint32_t a, b, c, other;

	for (a = 0; a < CAPS; a++)
		make(&made[a], &input, id);
	for (a = 0; a < CAPS; a++) {
		for (b = 0; b < CAPS; b++) {
			check_pair(&made[a].spec, &made[b].spec);
			for (c = 0; c < CAPS; c++)
				check_triple(&made[a].spec, &made[b].spec,
					     &made[c].spec);
		}
	}
	/* One kind never stands for another. */
	for (other = 1; other < AGENT_CAP_COUNT; other++) {
		struct agent_cap_spec spec = made[0].spec;

		spec.id = other;
		MUST(other == id || !agent_cap_covers(&spec, &made[0].spec));
	}
	return 0;
}
