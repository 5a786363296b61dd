// SPDX-License-Identifier: GPL-2.0
/* The model's capabilities; see model_caps.h. */

#include <netinet/in.h>
#include <string.h>

#include <linux/agent_core.h>

#include "model_caps.h"

#define LONGEST		4294967295U	/* seconds */
#define DAY		86400

static const struct {
	const char *path;
	int above;
} places[MODEL_PLACES] = {
	{ "", -1 }, { "/a", 0 }, { "/b", 0 }, { "/a/x", 1 }, { "/a/y", 1 },
	{ "/b/x", 2 }, { "/b/y", 2 }, { "/f", 0 }, { "/a/f", 1 }, { "/b/f", 2 },
	{ "/a/x/f", 3 }, { "/a/y/f", 4 }, { "/b/x/f", 5 }, { "/b/y/f", 6 },
};

static const struct {
	const char *text;
	uint8_t family;
	uint8_t bytes[4];
	uint8_t prefix;
} addresses[MODEL_ADDRESSES] = {
	{ "any", 0, { 0 }, 0 },
	{ "127.0.0.0/8", 4, { 127, 0, 0, 0 }, 8 },
	{ "127.0.0.0/30", 4, { 127, 0, 0, 0 }, 30 },
	{ "127.0.0.1", 4, { 127, 0, 0, 1 }, 32 },
	{ "127.0.0.2", 4, { 127, 0, 0, 2 }, 32 },
};

static const struct {
	uint16_t low;
	uint16_t high;
} ports[MODEL_PORTS] = {
	{ 0, 65535 }, { 7100, 7103 }, { 7101, 7101 }, { 7103, 7110 },
};

/* The one scope of org.example.print that the test holds is the first. */
static const char *const scopes[MODEL_SCOPES] = {
	NULL, "printer-1", "printer-2",
};

static const struct {
	const char *name;
	uint32_t id;
} kinds[MODEL_KINDS] = {
	[MODEL_READ] = { "fs.read", AGENT_CAP_FS_READ },
	[MODEL_WRITE] = { "fs.write", AGENT_CAP_FS_WRITE },
	[MODEL_CONNECT] = { "net.connect", AGENT_CAP_NET_CONNECT },
	[MODEL_BIND] = { "net.bind", AGENT_CAP_NET_BIND },
	[MODEL_OWN] = { "org.example.model", AGENT_CAP_USER },
	[MODEL_PRINT] = { "org.example.print", AGENT_CAP_USER },
	[MODEL_SIGNAL] = { "proc.signal", AGENT_CAP_PROC_SIGNAL },
	[MODEL_ATTEST] = { "attest", AGENT_CAP_ATTEST },
	[MODEL_SPAWN] = { "agent.spawn", AGENT_CAP_AGENT_SPAWN },
	[MODEL_GRANT] = { "cap.grant", AGENT_CAP_CAP_GRANT },
};

/* splitmix64 */
uint64_t model_random(uint64_t *seed)
{
	uint64_t value = *seed += 0x9e3779b97f4a7c15;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

uint32_t model_below(uint64_t *seed, uint32_t limit)
{
	return limit ? model_random(seed) % limit : 0;
}

bool model_chance(uint64_t *seed, uint32_t percent)
{
	return model_below(seed, 100) < percent;
}

const char *model_place(uint32_t place)
{
	return places[place].path;
}

uint32_t model_above(uint32_t place)
{
	return places[place].above;
}

bool model_is_in(uint32_t place, uint32_t top)
{
	int at;

	for (at = place; at >= 0; at = places[at].above) {
		if (at == (int)top)
			return true;
	}
	return false;
}

struct model_net model_range(const struct model_cap *cap)
{
	const uint8_t *bytes = addresses[cap->address].bytes;

	return (struct model_net) {
		.family = addresses[cap->address].family,
		.address = (uint32_t)bytes[0] << 24 | bytes[1] << 16 |
			   bytes[2] << 8 | bytes[3],
		.prefix = addresses[cap->address].prefix,
		.low = ports[cap->ports].low,
		.high = ports[cap->ports].high,
	};
}

const char *model_name(enum model_kind kind)
{
	return kinds[kind].name;
}

uint32_t model_cap_id(enum model_kind kind)
{
	return kinds[kind].id;
}

static bool is_path(const struct model_cap *cap)
{
	return cap->kind == MODEL_READ || cap->kind == MODEL_WRITE;
}

static bool is_net(const struct model_cap *cap)
{
	return cap->kind == MODEL_CONNECT || cap->kind == MODEL_BIND;
}

static bool is_user(const struct model_cap *cap)
{
	return cap->kind == MODEL_OWN || cap->kind == MODEL_PRINT;
}

static bool is_relation(const struct model_cap *cap)
{
	return cap->kind == MODEL_SIGNAL || cap->kind == MODEL_ATTEST;
}

/* Any place strictly below, 0 for none. */
static uint32_t draw_below(uint64_t *seed, uint32_t top)
{
	uint32_t found[MODEL_PLACES], count = 0, i;

	for (i = 0; i < MODEL_PLACES; i++) {
		if (i != top && model_is_in(i, top))
			found[count++] = i;
	}
	return count ? found[model_below(seed, count)] : 0;
}

static void add_hole(uint64_t *seed, struct model_cap *cap)
{
	uint32_t hole = draw_below(seed, cap->place), i;

	for (i = 0; i < cap->nr_holes; i++) {
		if (cap->holes[i] == hole)
			return;
	}
	if (hole && cap->nr_holes < MODEL_HOLES)
		cap->holes[cap->nr_holes++] = hole;
}

/* What ends by itself is left out where the test's own tools would end. */
static void constrain(uint64_t *seed, struct model_cap *cap)
{
	cap->lives = cap->lives || model_chance(seed, 10);
	if (is_relation(cap) || cap->kind == MODEL_SPAWN ||
	    cap->kind == MODEL_GRANT)
		return;
	if (model_chance(seed, 12))
		cap->uses = 1 + model_below(seed, 4);
	if (model_chance(seed, 8))
		cap->rate = 1 + model_below(seed, 4);
}

/* Half of what is asked for are paths. */
struct model_cap model_draw(uint64_t *seed)
{
	static const uint8_t protocols[] = { 0, IPPROTO_TCP, IPPROTO_UDP };
	struct model_cap cap = {
		.kind = model_chance(seed, 50) ? model_below(seed, 2) :
		       model_below(seed, MODEL_KINDS),
	};

	if (is_path(&cap)) {
		cap.place = model_below(seed, MODEL_PLACES);
		while (model_chance(seed, 30) && cap.nr_holes < MODEL_HOLES)
			add_hole(seed, &cap);
	} else if (is_net(&cap)) {
		cap.address = model_below(seed, MODEL_ADDRESSES);
		cap.ports = model_below(seed, MODEL_PORTS);
		cap.protocol = protocols[model_below(seed, 3)];
	} else if (is_user(&cap)) {
		cap.scope = model_below(seed, MODEL_SCOPES);
	} else if (is_relation(&cap)) {
		cap.relation = model_below(seed, AGENT_REL_ALL + 1);
	} else if (cap.kind == MODEL_GRANT && model_chance(seed, 60)) {
		cap.grants = 1 + model_below(seed, MODEL_KINDS);
	}
	constrain(seed, &cap);
	return cap;
}

static void narrow_path(uint64_t *seed, struct model_cap *cap)
{
	uint32_t place = draw_below(seed, cap->place), i;

	if (!place || model_chance(seed, 60)) {
		add_hole(seed, cap);
		return;
	}
	for (i = 0; i < cap->nr_holes; i++) {
		if (model_is_in(place, cap->holes[i]))
			return;
	}
	cap->place = place;
	cap->nr_holes = 0;
}

struct model_cap model_narrow(uint64_t *seed, struct model_cap cap)
{
	if (is_path(&cap))
		narrow_path(seed, &cap);
	else if (is_net(&cap) && cap.address < 2)
		cap.address++;
	else if (is_net(&cap) && !cap.ports)
		cap.ports = 1;
	else if (is_net(&cap) && !cap.protocol)
		cap.protocol = 17;
	else if (is_user(&cap) && !cap.scope)
		cap.scope = 1 + model_below(seed, MODEL_SCOPES - 1);
	else if (is_relation(&cap) && cap.relation)
		cap.relation--;
	else if (cap.kind == MODEL_GRANT && !cap.grants && model_chance(seed, 30))
		cap.grants = 1 + model_below(seed, MODEL_KINDS);
	constrain(seed, &cap);
	return cap;
}

static void add(struct model_bundle *bundle, struct model_cap cap)
{
	if (bundle->nr_caps < MODEL_CAPS_MAX)
		bundle->caps[bundle->nr_caps++] = cap;
}

/* Of the first level: what the test itself holds, and some of it twice. */
static void widest(uint64_t *seed, struct model_bundle *bundle)
{
	uint32_t kind, i;

	for (kind = 0; kind < MODEL_KINDS; kind++) {
		struct model_cap cap = { .kind = kind };

		cap.address = is_net(&cap);
		cap.scope = kind == MODEL_PRINT;
		cap.relation = is_relation(&cap) ? AGENT_REL_ALL : 0;
		add(bundle, cap);
	}
	for (i = 0; i < 3; i++) {
		uint32_t from = model_below(seed, MODEL_OWN);

		add(bundle, model_narrow(seed, bundle->caps[from]));
	}
	/* Which of two comes first tells which of them is used. */
	for (i = 0; i < 8; i++) {
		uint32_t a = model_below(seed, bundle->nr_caps);
		uint32_t b = model_below(seed, bundle->nr_caps);
		struct model_cap cap = bundle->caps[a];

		bundle->caps[a] = bundle->caps[b];
		bundle->caps[b] = cap;
	}
}

void model_manifest(uint32_t index, struct model_bundle *ret)
{
	uint64_t seed = index / MODEL_LEVELS;
	uint32_t level = index % MODEL_LEVELS, i;
	struct model_bundle wider = { .nr_caps = 0 };

	widest(&seed, &wider);
	while (level--) {
		struct model_bundle next = { .nr_caps = 0 };

		for (i = 0; i < wider.nr_caps; i++) {
			if (model_chance(&seed, 10))
				continue;
			add(&next, model_chance(&seed, 40) ?
				   model_narrow(&seed, wider.caps[i]) :
				   wider.caps[i]);
		}
		if (model_chance(&seed, 15))
			add(&next, model_draw(&seed));
		wider = next;
	}
	*ret = wider;
}

static uint64_t count_pairs(const struct model_cap *cap)
{
	uint64_t pairs = 1 + cap->lives + !!cap->uses + 2 * !!cap->rate;

	if (is_path(cap))
		pairs += 1 + !!cap->nr_holes;
	if (is_net(cap))
		pairs += 2 + 2 * !!cap->address + !!cap->protocol;
	if (is_relation(cap))
		pairs++;
	if (is_user(cap) && cap->scope)
		pairs++;
	if (cap->kind == MODEL_GRANT && cap->grants)
		pairs++;
	return pairs;
}

static void put_path(struct cbor *cbor, const struct model_cap *cap)
{
	char path[128];
	uint32_t i;

	snprintf(path, sizeof(path), MODEL_DIR "%s", model_place(cap->place));
	cbor_pair_text(cbor, AGENT_CAP_PATH_KEY, path);
	if (!cap->nr_holes)
		return;
	cbor_head(cbor, CBOR_UINT, AGENT_CAP_EXCEPT_KEY);
	cbor_head(cbor, CBOR_ARRAY, cap->nr_holes);
	for (i = 0; i < cap->nr_holes; i++) {
		snprintf(path, sizeof(path), MODEL_DIR "%s",
			 model_place(cap->holes[i]));
		cbor_text(cbor, path);
	}
}

static void put_net(struct cbor *cbor, const struct model_cap *cap)
{
	if (cap->address) {
		cbor_head(cbor, CBOR_UINT, AGENT_CAP_ADDRESS_KEY);
		cbor_head(cbor, CBOR_BYTES, 4);
		memcpy(cbor->data + cbor->size, addresses[cap->address].bytes,
		       4);
		cbor->size += 4;
		cbor_pair_uint(cbor, AGENT_CAP_PREFIX_KEY,
			       addresses[cap->address].prefix);
	}
	cbor_pair_uint(cbor, AGENT_CAP_PORT_LOW_KEY, ports[cap->ports].low);
	cbor_pair_uint(cbor, AGENT_CAP_PORT_HIGH_KEY, ports[cap->ports].high);
	if (cap->protocol)
		cbor_pair_uint(cbor, AGENT_CAP_PROTOCOL_KEY, cap->protocol);
}

struct cbor model_cbor(const struct model_cap *cap)
{
	struct cbor cbor = { .size = 0 };

	cbor_head(&cbor, CBOR_MAP, count_pairs(cap));
	cbor_pair_text(&cbor, AGENT_CAP_NAME_KEY, kinds[cap->kind].name);
	if (is_path(cap))
		put_path(&cbor, cap);
	if (is_net(cap))
		put_net(&cbor, cap);
	if (is_relation(cap))
		cbor_pair_uint(&cbor, AGENT_CAP_RELATION_KEY, cap->relation);
	if (cap->lives)
		cbor_pair_uint(&cbor, AGENT_CAP_LIFETIME_KEY, LONGEST);
	if (cap->uses)
		cbor_pair_uint(&cbor, AGENT_CAP_USES_KEY, cap->uses);
	if (is_user(cap) && cap->scope)
		cbor_pair_text(&cbor, AGENT_CAP_SCOPE_KEY, scopes[cap->scope]);
	if (cap->kind == MODEL_GRANT && cap->grants)
		cbor_pair_text(&cbor, AGENT_CAP_SCOPE_KEY,
			       kinds[cap->grants - 1].name);
	if (cap->rate) {
		cbor_pair_uint(&cbor, AGENT_CAP_RATE_KEY, cap->rate);
		cbor_pair_uint(&cbor, AGENT_CAP_PERIOD_KEY, DAY);
	}
	return cbor;
}

void model_print(FILE *to, const struct model_cap *cap)
{
	static const char *const relations[] = { "self", "descendants", "all" };
	uint32_t i;

	fprintf(to, "{cap: %s", kinds[cap->kind].name);
	if (is_path(cap))
		fprintf(to, ", path: " MODEL_DIR "%s", model_place(cap->place));
	for (i = 0; i < cap->nr_holes; i++)
		fprintf(to, "%s" MODEL_DIR "%s", i ? ", " : ", except: [",
			model_place(cap->holes[i]));
	fprintf(to, cap->nr_holes ? "]" : "");
	if (is_net(cap))
		fprintf(to, ", address: %s, port: %u-%u",
			addresses[cap->address].text, ports[cap->ports].low,
			ports[cap->ports].high);
	if (cap->protocol)
		fprintf(to, ", protocol: %s", cap->protocol == 6 ? "tcp" : "udp");
	if (is_relation(cap))
		fprintf(to, ", relation: %s", relations[cap->relation]);
	if (is_user(cap) && cap->scope)
		fprintf(to, ", scope: %s", scopes[cap->scope]);
	if (cap->kind == MODEL_GRANT && cap->grants)
		fprintf(to, ", scope: %s", kinds[cap->grants - 1].name);
	if (cap->lives)
		fprintf(to, ", lifetime: %u", LONGEST);
	if (cap->uses)
		fprintf(to, ", uses: %u", cap->uses);
	if (cap->rate)
		fprintf(to, ", rate: %u/24h", cap->rate);
	fprintf(to, "}");
}
