/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Agents: pairs of capabilities that the KUnit suite and the userspace tests
 * share
 */
#ifndef _KERNEL_AGENT_MAY_CASES_H
#define _KERNEL_AGENT_MAY_CASES_H

#include "core.h"

#define TEXT(text)	{ .data = (text), .size = sizeof(text) - 1 }
#define CAP(which, ...)	{ .id = AGENT_CAP_##which, ##__VA_ARGS__ }
#define REL(which)	.relation = AGENT_REL_##which
#define SCOPE(text)	.scope = TEXT(text)
#define HOST(text)	.host = TEXT(text)
#define USER(text, ...)	CAP(USER, .name = TEXT(text), ##__VA_ARGS__)
#define NAMED(which, text, ...) \
	CAP(which, .name = TEXT(text), ##__VA_ARGS__)

#define PORTS(first, last)	.net.port_low = (first), .net.port_high = (last)
#define ANY_PORT		PORTS(0, 65535)
#define TCP			.net.protocol = 6
#define UDP			.net.protocol = 17
#define IP4(a, b, c, d, bits) \
	.net.family = 4, .net.prefix = (bits), .net.address = { a, b, c, d }
#define IP6(a, b, bits) \
	.net.family = 6, .net.prefix = (bits), .net.address = { a, b }

struct may_case {
	struct agent_cap_spec held;
	struct agent_cap_spec wanted;
	bool may;
	const char *name;
};

/* agent_cap_covers() */
static const struct may_case covers_cases[] = {
	{ CAP(NONE), CAP(NONE), false, "no capability" },
	{ CAP(COUNT), CAP(COUNT), false, "past the last capability" },
	{ CAP(FS_READ), CAP(FS_READ), true, "a right to files, wherever" },
	{ CAP(FS_WRITE), CAP(FS_READ), false, "another right to files" },
	{ CAP(AGENT_SPAWN), CAP(AGENT_SPAWN), true, "one without a scope" },
	{ CAP(AGENT_SPAWN), CAP(CAP_GRANT), false, "another without a scope" },
	{ CAP(TIME, .rate = 1, .period = 60), CAP(TIME), true,
	  "a rate, which counts at each use" },
	{ CAP(TIME, .uses = 1, .lifetime = 1), CAP(TIME, .uses = 2), true,
	  "uses, which count at each" },

	{ CAP(NET_CONNECT, ANY_PORT), CAP(NET_CONNECT, ANY_PORT), true,
	  "any address by any" },
	{ CAP(NET_CONNECT, ANY_PORT), CAP(NET_BIND, ANY_PORT), false,
	  "an address to listen at, by one to connect to" },
	{ CAP(NET_CONNECT, ANY_PORT),
	  CAP(NET_CONNECT, PORTS(80, 80), TCP, IP4(10, 0, 0, 1, 32)), true,
	  "an address by any" },
	{ CAP(NET_CONNECT, ANY_PORT, IP4(10, 0, 0, 0, 8)),
	  CAP(NET_CONNECT, PORTS(80, 80), IP4(10, 9, 0, 0, 16)), true,
	  "a net by a wider one" },
	{ CAP(NET_CONNECT, ANY_PORT, IP4(10, 9, 0, 0, 16)),
	  CAP(NET_CONNECT, PORTS(80, 80), IP4(10, 0, 0, 0, 8)), false,
	  "a net by a narrower one" },
	{ CAP(NET_CONNECT, ANY_PORT, IP4(10, 0, 0, 0, 8)),
	  CAP(NET_CONNECT, ANY_PORT), false, "any address by a net" },
	{ CAP(NET_CONNECT, ANY_PORT, IP6(0xfd, 0, 8)),
	  CAP(NET_CONNECT, ANY_PORT, IP4(0xfd, 0, 0, 0, 8)), false,
	  "a net by one of the other family" },
	{ CAP(NET_CONNECT, PORTS(80, 90)), CAP(NET_CONNECT, PORTS(80, 91)),
	  false, "a port past the last" },
	{ CAP(NET_CONNECT, PORTS(80, 90)), CAP(NET_CONNECT, PORTS(79, 90)),
	  false, "a port before the first" },
	{ CAP(NET_CONNECT, ANY_PORT, TCP), CAP(NET_CONNECT, ANY_PORT), false,
	  "both protocols by one" },

	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")), true,
	  "a host by itself" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("b.org")), false,
	  "a host by another" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.orgs")), false,
	  "a host by what it starts with" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 444), HOST("a.org")), false,
	  "a host's other port" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), IP4(10, 0, 0, 1, 32)), false,
	  "an address by a host" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), false, "an address of the host by it" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443)), false, "any address by a host" },
	{ CAP(NET_CONNECT, ANY_PORT),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")), true,
	  "a host by any address" },
	{ CAP(NET_CONNECT, ANY_PORT, IP4(0, 0, 0, 0, 0)),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")), false,
	  "a host by all of IPv4" },
	{ CAP(NET_CONNECT, ANY_PORT, IP4(10, 0, 0, 0, 8)),
	  CAP(NET_CONNECT, ANY_PORT, HOST("a.org"), IP4(10, 0, 0, 1, 32)),
	  true, "a host's address by a net" },
	{ CAP(NET_CONNECT, ANY_PORT, HOST("a.org"), IP4(10, 0, 0, 1, 32)),
	  CAP(NET_CONNECT, PORTS(443, 443), IP4(10, 0, 0, 1, 32)), true,
	  "an address by a host's address" },
	{ CAP(NET_CONNECT, ANY_PORT, HOST("a.org"), IP4(10, 0, 0, 1, 32)),
	  CAP(NET_CONNECT, ANY_PORT, HOST("a.org")), false,
	  "a host by its address" },

	{ CAP(ATTEST, REL(ALL)), CAP(ATTEST, REL(DESCENDANTS)), true,
	  "descendants by all" },
	{ CAP(ATTEST, REL(DESCENDANTS)), CAP(ATTEST, REL(SELF)), true,
	  "self by descendants" },
	{ CAP(IPC, REL(SELF)), CAP(IPC, REL(SELF)), true, "self by self" },
	{ CAP(IPC, REL(SELF)), CAP(IPC, REL(DESCENDANTS)), false,
	  "descendants by self" },
	{ CAP(PROC_SIGNAL, REL(DESCENDANTS)), CAP(PROC_SIGNAL, REL(ALL)), false,
	  "all by descendants" },
	{ CAP(PROC_SIGNAL, REL(ALL)), CAP(PROC_TRACE, REL(SELF)), false,
	  "another relation by all" },

	{ USER("org.print"), USER("org.print"), true, "userspace's by itself" },
	{ USER("org.print"), USER("org.prints"), false,
	  "userspace's by what it starts with" },
	{ USER("org.print"), USER("org.print", SCOPE("a")), true,
	  "a scope by all" },
	{ USER("org.print", SCOPE("a")), USER("org.print", SCOPE("a")), true,
	  "a scope by itself" },
	{ USER("org.print", SCOPE("a")), USER("org.print", SCOPE("b")), false,
	  "a scope by another" },
	{ USER("org.print", SCOPE("a")), USER("org.print", SCOPE("ab")), false,
	  "a scope by what it starts with" },
	{ USER("org.print", SCOPE("a")), USER("org.print"), false,
	  "all by a scope" },
	{ USER("org.print", SCOPE("a")), USER("org.scan", SCOPE("a")), false,
	  "a scope of another name" },

	{ CAP(CAP_GRANT), CAP(CAP_GRANT), true, "granting all by itself" },
	{ CAP(CAP_GRANT), CAP(CAP_GRANT, SCOPE("fs.read")), true,
	  "granting one by all" },
	{ CAP(CAP_GRANT, SCOPE("fs.read")), CAP(CAP_GRANT, SCOPE("fs.read")),
	  true, "granting one by itself" },
	{ CAP(CAP_GRANT, SCOPE("fs.read")), CAP(CAP_GRANT, SCOPE("fs.write")),
	  false, "granting one by another" },
	{ CAP(CAP_GRANT, SCOPE("fs.read")), CAP(CAP_GRANT), false,
	  "granting all by one" },
};

/* agent_cap_gives_address() */
static const struct may_case address_cases[] = {
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), true, "an address" },
	{ CAP(NET_CONNECT, ANY_PORT, HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), TCP, HOST("a.org"),
	      IP6(0xfd, 1, 128)), true, "an address of IPv6, by TCP" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("b.org"),
	      IP4(10, 0, 0, 1, 32)), false, "an address of another host" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), IP4(10, 0, 0, 1, 32)), false,
	  "an address of no host" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")), false,
	  "no address" },
	{ CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(442, 443), HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), false, "a port more" },
	{ CAP(NET_CONNECT, PORTS(443, 443), UDP, HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), TCP, HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), false, "another protocol" },
	{ CAP(NET_CONNECT, PORTS(443, 443), UDP, HOST("a.org")),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), false, "both protocols by one" },
	{ CAP(NET_CONNECT, ANY_PORT),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), false, "an address by no host" },
	{ CAP(NET_CONNECT, ANY_PORT, HOST("a.org"), IP4(10, 0, 0, 1, 32)),
	  CAP(NET_CONNECT, PORTS(443, 443), HOST("a.org"),
	      IP4(10, 0, 0, 1, 32)), false, "an address by an address" },
	{ CAP(NET_BIND, ANY_PORT, HOST("a.org")),
	  CAP(NET_CONNECT, ANY_PORT, HOST("a.org"), IP4(10, 0, 0, 1, 32)),
	  false, "an address by one to listen at" },
	{ CAP(NET_CONNECT, ANY_PORT, HOST("a.org")),
	  CAP(NET_BIND, ANY_PORT, HOST("a.org"), IP4(10, 0, 0, 1, 32)),
	  false, "an address to listen at" },
};

/* agent_cap_may_grant() */
static const struct may_case grant_cases[] = {
	{ CAP(CAP_GRANT), NAMED(FS_READ, "fs.read"), true, "one by all" },
	{ CAP(CAP_GRANT), NAMED(CAP_GRANT, "cap.grant"), true,
	  "granting by all" },
	{ CAP(CAP_GRANT, SCOPE("fs.read")), NAMED(FS_READ, "fs.read"), true,
	  "one by its name" },
	{ CAP(CAP_GRANT, SCOPE("fs.read")), NAMED(FS_WRITE, "fs.write"), false,
	  "one by another's name" },
	{ CAP(CAP_GRANT, SCOPE("fs.read")), NAMED(CAP_GRANT, "cap.grant"),
	  false, "granting by another's name" },
	{ CAP(CAP_GRANT, SCOPE("org.print")), USER("org.print"), true,
	  "userspace's by its name" },
	{ CAP(CAP_GRANT, SCOPE("org.print")),
	  USER("org.print", SCOPE("a")), true, "a scope of userspace's" },
	{ CAP(CAP_GRANT, SCOPE("org.print")), USER("org.prints"), false,
	  "userspace's by what it starts with" },
	{ NAMED(FS_READ, "fs.read"), NAMED(FS_READ, "fs.read"), false,
	  "one by itself" },
	{ USER("org.print"), USER("org.print"), false,
	  "userspace's by itself" },
};

/* Uses of one rate, one after the other, and whether each can be taken. */
static const struct rate_case {
	u64 due;
	u64 now;
	u32 rate;
	u32 period;
	bool taken;
	u64 after;
	const char *name;
} rate_cases[] = {
	{ 0, 0, 0, 0, true, 0, "no rate" },
	{ 5, 3, 0, 7, true, 5, "a period alone" },
	{ 0, 5, 1, 1, true, 1000000005, "the first of one a second" },
	{ 1000000005, 1000000004, 1, 1, false, 1000000005,
	  "the next, a nanosecond early" },
	{ 1000000005, 1000000005, 1, 1, true, 2000000005, "the next, in time" },
	{ 1000000000, 0, 2, 1, false, 1000000000, "a third of two" },
	{ 1000000000, 500000000, 2, 1, true, 1500000000,
	  "a third, when one is back" },
	{ 0, 100, 3, 1, true, 333333434, "a part that is rounded up" },
	{ 666666668, 0, 3, 1, true, 1000000002, "the last of three" },
	{ 666666669, 0, 3, 1, false, 666666669, "past the last of three" },
	{ 0, 0, 1000000, 86400, true, 86400000, "the first of a million a day" },
	{ ~0ULL - 1000, ~0ULL - 1000, 1000000, 1, true, ~0ULL,
	  "the last moment" },
	{ ~0ULL - 999, ~0ULL - 999, 1000000, 1, false, ~0ULL - 999,
	  "past the last moment" },
	{ ~0ULL, 0, 1000000, 86400, false, ~0ULL, "the end of time" },
};

#endif /* _KERNEL_AGENT_MAY_CASES_H */
