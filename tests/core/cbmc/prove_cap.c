// SPDX-License-Identifier: MIT
/*
 * The capability reader, for every buffer as long as a manifest may be.  The
 * layer below it is stood for by what is proven of it (prove_cbor.c); each part
 * of the reader is proven by itself and then stood for in the one above.
 */

#include "harness.h"

#include "cap.c"

/* Lists of so many holes; each hole is read as the one before. */
#define HOLES_MAX 6

struct agent_net_scope nondet_net(void);

static bool text_lies(struct agent_text text, const struct agent_cbor *cbor)
{
	return !text.size ||
	       lies_in(text.data, text.size, cbor->data, cbor->size);
}

/* What holds of a capability that is half read, too. */
static bool is_whole(const struct agent_cap_spec *spec,
		     const struct agent_cbor *cbor)
{
	return text_lies(spec->name, cbor) && text_lies(spec->path, cbor) &&
	       text_lies(spec->hint, cbor) && text_lies(spec->scope, cbor) &&
	       text_lies(spec->host, cbor);
}

static bool is_bounded(const struct agent_cap_spec *spec)
{
	const struct agent_net_scope *net = &spec->net;

	return (u32)spec->id < AGENT_CAP_COUNT &&
	       spec->nr_except <= AGENT_EXCEPT_MAX &&
	       (!net->family || net->family == 4 || net->family == 6) &&
	       net->prefix <= (net->family == 4 ? 32 : 128) &&
	       (!net->protocol || net->protocol == 6 || net->protocol == 17) &&
	       spec->relation <= AGENT_REL_ALL &&
	       spec->lifetime <= 0xffffffff && spec->uses <= 0xffffffff &&
	       spec->rate <= AGENT_RATE_MAX && spec->period <= AGENT_PERIOD_MAX;
}

/* One value of a key, read where the keys before it have left the reader. */
static void prove_key(u32 key)
{
	struct agent_cap_spec spec = { 0 };
	struct agent_cbor cbor;
	u32 before;
	int err;

	any_reader(&cbor);
	before = cbor.pos;
	spec.id = nondet_u32();
	spec.net.family = nondet_bool() ? 4 : 6;
	spec.net.port_low = nondet_u32();
	if (cbor.pos && nondet_bool())
		any_text(&cbor, AGENT_SCOPE_PATH_MAX, &spec.path);
	__CPROVER_assume((u32)spec.id < AGENT_CAP_COUNT);
	err = read_value(&cbor, key, &spec);
	assert(is_answer(err) && cbor.at <= cbor.size && cbor.pos <= cbor.size);
	if (err)
		return;
	assert(cbor.pos > before);
	assert(is_bounded(&spec));
	assert(is_whole(&spec, &cbor));
	assert(key && key < AGENT_CAP_KEY_COUNT);
	assert(key != AGENT_CAP_NAME_KEY || spec.id != AGENT_CAP_NONE);
	assert(key != AGENT_CAP_PORT_HIGH_KEY ||
	       spec.net.port_low <= spec.net.port_high);
	assert(key != AGENT_CAP_EXCEPT_KEY ||
	       (spec.path.size && spec.nr_except && spec.except >= before));
	assert(key != AGENT_CAP_RATE_KEY || spec.rate);
	assert(key != AGENT_CAP_PERIOD_KEY || spec.period);
}

void prove_value(void)
{
	u32 key = nondet_u32();

	__CPROVER_assume(key != AGENT_CAP_EXCEPT_KEY);
	prove_key(key);
}

/* In place of agent_cbor_next() for the head of the list: a few, or too many. */
int any_few(struct agent_cbor *cbor, struct agent_cbor_item *item)
{
	int err = any_next(cbor, item);

	if (!err)
		__CPROVER_assume(item->value <= HOLES_MAX ||
				 item->value > AGENT_EXCEPT_MAX);
	return err;
}

void prove_holes(void)
{
	prove_key(AGENT_CAP_EXCEPT_KEY);
}

/* A host's labels are counted within its bytes, up to the longest there is. */
void prove_host(void)
{
	struct agent_text host = { NULL, 0 };
	struct agent_cbor cbor;
	u32 i;

	if (read_host(&cbor, &host))
		return;
	assert(host.size && host.size <= AGENT_HOST_MAX);
	assert(host.data[0] != '.' && host.data[host.size - 1] != '.');
	i = nondet_u32();
	__CPROVER_assume(i && i < host.size);
	assert(host.data[i] != '.' || host.data[i - 1] != '.');
}

/* Whether a path is below another is told by the bytes of both. */
void prove_below(void)
{
	struct agent_text path, top;

	path.size = nondet_u32();
	top.size = nondet_u32();
	__CPROVER_assume(path.size && path.size <= AGENT_SCOPE_PATH_MAX);
	__CPROVER_assume(top.size && top.size <= AGENT_SCOPE_PATH_MAX);
	path.data = (const char *)any_buffer(path.size);
	top.data = (const char *)any_buffer(top.size);
	assert(!is_below(path, top) || path.size > top.size || top.size == 1);
}

/* In place of is_below(). */
bool any_below(struct agent_text path, struct agent_text top)
{
	assert(__CPROVER_r_ok(path.data, path.size) && path.size);
	assert(__CPROVER_r_ok(top.data, top.size) && top.size);
	return nondet_bool();
}

/* In place of read_holes() where the key is another. */
int no_holes(struct agent_cbor *cbor, struct agent_cap_spec *spec)
{
	(void)cbor;
	(void)spec;
	assert(0);
	return 0;
}

/* In place of read_host(). */
int any_host(struct agent_cbor *cbor, struct agent_text *host)
{
	int err = any_read(cbor);

	if (!err)
		any_text(cbor, AGENT_HOST_MAX, host);
	return err;
}

/* What each key would be read as; a key comes once, so it is drawn once. */
static struct agent_cap_spec drawn;

/*
 * That a text lies in the buffer is proven where it is read; here it is only
 * whether there is one.
 */
static void draw(void)
{
	drawn.id = nondet_u32();
	drawn.name.size = nondet_u32();
	drawn.path.size = nondet_u32();
	drawn.nr_except = nondet_u32();
	drawn.net.family = nondet_bool() ? 4 : 6;
	drawn.net.prefix = nondet_u32();
	drawn.net.protocol = nondet_bool() ? 6 : 17;
	drawn.net.port_low = nondet_u32();
	drawn.net.port_high = nondet_u32();
	drawn.relation = nondet_u32();
	drawn.lifetime = nondet_u64();
	drawn.uses = nondet_u64();
	drawn.hint.size = nondet_u32();
	drawn.scope.size = nondet_u32();
	drawn.host.size = nondet_u32();
	drawn.rate = nondet_u32();
	drawn.period = nondet_u32();
	__CPROVER_assume(is_bounded(&drawn) && drawn.id != AGENT_CAP_NONE);
	__CPROVER_assume(drawn.rate && drawn.period);
	__CPROVER_assume(drawn.net.port_low <= drawn.net.port_high);
	__CPROVER_assume(drawn.name.size && drawn.path.size);
	__CPROVER_assume(drawn.hint.size && drawn.scope.size);
	__CPROVER_assume(drawn.host.size);
}

/* Only what the key names is written. */
static void any_part(u32 key, struct agent_cap_spec *spec)
{
	switch (key) {
	case AGENT_CAP_NAME_KEY:
		spec->id = drawn.id;
		spec->name.size = drawn.name.size;
		break;
	case AGENT_CAP_PATH_KEY:
		spec->path.size = drawn.path.size;
		break;
	case AGENT_CAP_EXCEPT_KEY:
		spec->nr_except = drawn.nr_except;
		break;
	case AGENT_CAP_ADDRESS_KEY:
		spec->net.family = drawn.net.family;
		break;
	case AGENT_CAP_PREFIX_KEY:
		spec->net.prefix = drawn.net.prefix;
		break;
	case AGENT_CAP_PORT_LOW_KEY:
		spec->net.port_low = drawn.net.port_low;
		break;
	case AGENT_CAP_PORT_HIGH_KEY:
		spec->net.port_high = drawn.net.port_high;
		break;
	case AGENT_CAP_PROTOCOL_KEY:
		spec->net.protocol = drawn.net.protocol;
		break;
	case AGENT_CAP_RELATION_KEY:
		spec->relation = drawn.relation;
		break;
	case AGENT_CAP_LIFETIME_KEY:
		spec->lifetime = drawn.lifetime;
		break;
	case AGENT_CAP_USES_KEY:
		spec->uses = drawn.uses;
		break;
	case AGENT_CAP_HINT_KEY:
		spec->hint.size = drawn.hint.size;
		break;
	case AGENT_CAP_SCOPE_KEY:
		spec->scope.size = drawn.scope.size;
		break;
	case AGENT_CAP_HOST_KEY:
		spec->host.size = drawn.host.size;
		break;
	case AGENT_CAP_RATE_KEY:
		spec->rate = drawn.rate;
		break;
	case AGENT_CAP_PERIOD_KEY:
		spec->period = drawn.period;
		break;
	default:
		assert(0);
	}
}

/* In place of read_value(): all that prove_value() lets it do. */
int any_value(struct agent_cbor *cbor, u32 key, struct agent_cap_spec *spec)
{
	int err = any_read(cbor);

	if (err)
		return err;
	any_part(key, spec);
	return 0;
}

/* In place of is_masked() and of is_mapped(). */
bool any_net(const struct agent_net_scope *net)
{
	assert(__CPROVER_r_ok(net, sizeof(*net)));
	assert(net->prefix <= (net->family == 4 ? 32 : 128));
	return nondet_bool();
}

/* An address is judged within its bytes, and so that one has one form only. */
void prove_masked(void)
{
	struct agent_net_scope a = nondet_net(), b = a;
	u32 bit = nondet_u32();

	__CPROVER_assume(a.family == 4 || a.family == 6);
	__CPROVER_assume(a.prefix <= (a.family == 4 ? 32 : 128));
	__CPROVER_assume(bit >= a.prefix && bit < (a.family == 4 ? 32 : 128));
	is_mapped(&a);
	b.address[bit / 8] ^= 0x80 >> bit % 8;
	assert(!is_masked(&a) || !is_masked(&b));
}

/* What is accepted is a whole capability, within its buffer and its bounds. */
void prove_cap(void)
{
	struct agent_fault fault = { 0 };
	struct agent_cap_spec spec;
	struct agent_cbor cbor;
	enum agent_scope_kind kind;
	u32 before;
	int err;

	draw();
	any_reader(&cbor);
	before = cbor.pos;
	err = agent_cap_read(&cbor, &spec, &fault);
	assert(is_answer(err) && cbor.pos <= cbor.size);
	if (err) {
		assert(fault.what && fault.offset <= cbor.size);
		return;
	}
	kind = agent_scope_of(spec.id);
	assert(cbor.pos > before);
	assert(is_bounded(&spec));
	assert(spec.id != AGENT_CAP_NONE && spec.name.size);
	assert(lies_in(spec.cbor.data, spec.cbor.size, cbor.data, cbor.size));
	assert(spec.cbor.size == cbor.pos - before);
	assert(spec.cbor.size <= AGENT_CAP_CBOR_MAX);
	assert(!spec.path.size == (kind != AGENT_SCOPE_PATH));
	assert(!spec.nr_except || kind == AGENT_SCOPE_PATH);
	assert(spec.net.port_low <= spec.net.port_high);
	assert(!spec.net.family || kind == AGENT_SCOPE_NET);
	assert(!spec.host.size || spec.id == AGENT_CAP_NET_CONNECT);
	assert(!spec.scope.size || kind == AGENT_SCOPE_TEXT);
	assert(!spec.relation || kind == AGENT_SCOPE_RELATION);
	assert(!spec.rate == !spec.period);
}
