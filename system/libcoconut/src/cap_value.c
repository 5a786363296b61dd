/* SPDX-License-Identifier: MIT */
/* Values that the YAML and the text grammar of capabilities share. */
#include <arpa/inet.h>

#include "internal.h"

#define RATE_MAX 1000000
#define PERIOD_MAX 86400

static const char rate_bounds[] = "rate is not 1 to 1000000 uses";

const char *path_fault(const char *path, size_t max)
{
	struct agent_text text = { .data = path, .size = strlen(path) };

	if (*path != '/')
		return "not an absolute path";
	if (text.size > max)
		return "path too long";
	if (text.size > 1 && path[text.size - 1] == '/')
		return "path ends in a slash";
	if (!agent_path_valid(text, max))
		return "path with an empty, \".\" or \"..\" component";
	return NULL;
}

const char *except_fault(const char *path, const char *except)
{
	const char *fault = path_fault(except, 1023);
	size_t size = strlen(path);

	if (fault)
		return fault;
	if (size == 1)
		return except[1] ? NULL : "not below the path it is cut from";
	if (strncmp(path, except, size) || except[size] != '/')
		return "not below the path it is cut from";
	return NULL;
}

bool read_number(const char *text, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *text - '0', &value))
			return false;
	}
	*ret_value = value;
	return true;
}

const char *read_count(const char *text, uint64_t *ret_value)
{
	uint64_t value;

	if (!read_number(text, &value) || !value || value > UINT32_MAX)
		return "not a number from 1 to 4294967295";
	*ret_value = value;
	return NULL;
}

/* [NUMBER](s|m|h), without a number 1; seconds, or 0 for what is no period. */
static uint32_t read_period(const char *text)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	size_t digits = strspn(text, "0123456789");
	uint64_t value = 1;
	char number[8];

	if (digits >= sizeof(number) || !text[digits] || text[digits + 1])
		return 0;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (digits)
		read_number(number, &value);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (units[i].unit == text[digits])
			value *= units[i].seconds;
	if (!strchr("smh", text[digits]) || value > PERIOD_MAX)
		return 0;
	return value;
}

const char *read_rate(const char *text, struct coconut_cap *cap)
{
	size_t digits = strspn(text, "0123456789");
	char number[8];
	uint64_t rate;

	if (text[digits] != '/')
		return "not a rate such as 10/s, 10/m, 10/h or 10/30s";
	if (digits >= sizeof(number))
		return rate_bounds;
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (!read_number(number, &rate) || !rate || rate > RATE_MAX)
		return rate_bounds;
	cap->period = read_period(text + digits + 1);
	if (!cap->period)
		return "period of the rate is not 1 to 86400 s, as in 10/s, 10/m, 10/h or 10/30s";
	cap->rate = rate;
	return NULL;
}

const char *scope_fault(uint32_t id, const char *scope)
{
	size_t size = strlen(scope);

	if (!size || size > 255)
		return "scope is not 1 to 255 bytes long";
	if (id == AGENT_CAP_CAP_GRANT && coconut_cap_id_from_name(scope) < 0)
		return "no capability that could be granted has this name";
	return NULL;
}

/* Labels of [a-z0-9-], of 1 to 63 bytes each, joined by dots. */
const char *host_fault(const char *host)
{
	static const char label[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	if (strlen(host) > AGENT_HOST_MAX)
		return "host's name too long";
	for (;;) {
		size_t size = strspn(host, label);

		if (!size || size > 63 || (host[size] && host[size] != '.'))
			return "not a host's name: 1 to 63 of a-z, 0-9 and \"-\" between dots";
		if (!host[size])
			return NULL;
		host += size + 1;
	}
}

static bool has_host_bits(const struct coconut_cap *cap)
{
	unsigned int bits = cap->family == 4 ? 32 : 128;

	for (unsigned int bit = cap->prefix; bit < bits; bit++)
		if (cap->address[bit / 8] & 0x80 >> bit % 8)
			return true;
	return false;
}

static const char *read_prefix(const char *text, struct coconut_cap *cap)
{
	unsigned int bits = cap->family == 4 ? 32 : 128;
	uint64_t value = bits;

	if (text && (!read_number(text, &value) || value > bits))
		return bits == 32 ? "prefix length is not 0 to 32" :
				    "prefix length is not 0 to 128";
	cap->prefix = value;
	if (has_host_bits(cap))
		return "address has bits set beyond its prefix";
	return NULL;
}

const char *read_address(const char *text, struct coconut_cap *cap)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : strlen(text);

	memset(cap->address, 0, sizeof(cap->address));
	cap->family = 0;
	cap->prefix = 0;
	if (!strcmp(text, "any"))
		return NULL;
	if (size >= sizeof(address))
		return "not an IP address";
	memcpy(address, text, size);
	address[size] = '\0';
	if (inet_pton(AF_INET, address, cap->address) == 1)
		cap->family = 4;
	else if (inet_pton(AF_INET6, address, cap->address) == 1)
		cap->family = 6;
	else
		return "not an IP address";
	return read_prefix(slash ? slash + 1 : NULL, cap);
}

static bool read_port(const char *text, size_t size, uint16_t *ret_port)
{
	char digits[6];
	uint64_t value;

	if (!size || size >= sizeof(digits))
		return false;
	memcpy(digits, text, size);
	digits[size] = '\0';
	if (!read_number(digits, &value) || value > UINT16_MAX)
		return false;
	*ret_port = value;
	return true;
}

const char *read_ports(const char *text, struct coconut_cap *cap)
{
	const char *dash = strchr(text, '-');
	size_t size = dash ? (size_t)(dash - text) : strlen(text);

	if (!strcmp(text, "any")) {
		cap->port_low = 0;
		cap->port_high = UINT16_MAX;
		return NULL;
	}
	if (!read_port(text, size, &cap->port_low))
		return "not a port (0 to 65535), a range of ports or \"any\"";
	cap->port_high = cap->port_low;
	if (dash && !read_port(dash + 1, strlen(dash + 1), &cap->port_high))
		return "not a port (0 to 65535), a range of ports or \"any\"";
	if (cap->port_high < cap->port_low)
		return "range of ports ends before it starts";
	return NULL;
}

const char *read_protocol(const char *text, struct coconut_cap *cap)
{
	if (!strcmp(text, "tcp"))
		cap->protocol = 6;
	else if (!strcmp(text, "udp"))
		cap->protocol = 17;
	else
		return "not a protocol: tcp or udp";
	return NULL;
}

const char *protocol_name(uint8_t protocol)
{
	return protocol == 6 ? "tcp" : "udp";
}

const char *read_relation(const char *text, struct coconut_cap *cap)
{
	for (uint32_t i = 0; i <= AGENT_REL_ALL; i++) {
		if (!strcmp(coconut_relation_name(i), text)) {
			cap->relation = i;
			return NULL;
		}
	}
	return "not a relation: self, descendants or all";
}

void add_address(struct text *text, const struct coconut_cap *cap)
{
	char address[INET6_ADDRSTRLEN] = "any";

	if (cap->family)
		inet_ntop(cap->family == 4 ? AF_INET : AF_INET6, cap->address,
			  address, sizeof(address));
	text_add(text, "%s", address);
	if (cap->family && cap->prefix != (cap->family == 4 ? 32 : 128))
		text_add(text, "/%u", cap->prefix);
}

void add_ports(struct text *text, const struct coconut_cap *cap)
{
	if (cap->port_low == 0 && cap->port_high == UINT16_MAX)
		text_add(text, "any");
	else if (cap->port_low == cap->port_high)
		text_add(text, "%u", cap->port_low);
	else
		text_add(text, "%u-%u", cap->port_low, cap->port_high);
}

void add_rate(struct text *text, const struct coconut_cap *cap)
{
	text_add(text, "%u/", cap->rate);
	if (cap->period == 1)
		text_add(text, "s");
	else if (cap->period == 60)
		text_add(text, "m");
	else if (cap->period == 3600)
		text_add(text, "h");
	else
		text_add(text, "%us", cap->period);
}
