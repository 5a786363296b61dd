/* SPDX-License-Identifier: MIT */
/*
 * What coconutd and its resolver tell each other: one struct resolver_message
 * in each datagram of a SOCK_SEQPACKET socket, in host byte order.
 *
 *	resolver	RESOLVER_ASK	somebody asks for this name
 *	coconutd	RESOLVER_LOOKUP	ask the servers for it
 *	resolver	RESOLVER_FOUND	what they said
 *	coconutd	RESOLVER_ANSWER	what whoever asked for it is told
 *
 *	coconutd	RESOLVER_PING	send this back
 *
 * coconutd answers an ASK with a LOOKUP or an ANSWER, and each LOOKUP, which
 * it also sends without an ASK, with an ANSWER once it is FOUND. A name has
 * small letters only and no dot at its end.
 */
#ifndef COCONUT_RESOLVER_PROTOCOL_H
#define COCONUT_RESOLVER_PROTOCOL_H

#include <stdint.h>

#include <linux/agent.h>

/* The descriptors that the resolver is started with. */
#define RESOLVER_CONTROL_FD 3
#define RESOLVER_QUERIES_FD 4 /* UDP, bound to port 53 of 127.0.0.1 */

#define RESOLVER_ADDRESSES_MAX 16

enum resolver_kind {
	RESOLVER_ASK = 1,
	RESOLVER_LOOKUP = 2,
	RESOLVER_FOUND = 3,
	RESOLVER_ANSWER = 4,
	RESOLVER_PING = 5,
};

/**
 * enum resolver_status - what became of a name
 * @RESOLVER_GOOD: these are its addresses; it may have none
 * @RESOLVER_REFUSED: no agent may ask for it
 * @RESOLVER_NO_NAME: there is no such name
 * @RESOLVER_FAILED: that could not be found out
 */
enum resolver_status {
	RESOLVER_GOOD = 0,
	RESOLVER_REFUSED = 1,
	RESOLVER_NO_NAME = 2,
	RESOLVER_FAILED = 3,
};

/**
 * struct resolver_address - an address of a host
 * @family: 4 or 6
 * @bytes: network byte order; IPv4 in the first four
 */
struct resolver_address {
	uint8_t family;
	uint8_t bytes[16];
};

/**
 * struct resolver_message - one message
 * @kind: enum resolver_kind
 * @status: enum resolver_status, in FOUND and ANSWER
 * @ttl: seconds for which the addresses are the host's
 * @nr_addresses: how many there are
 * @name: the host's name, NUL-terminated
 * @addresses: the addresses
 */
struct resolver_message {
	uint32_t kind;
	uint32_t status;
	uint32_t ttl;
	uint32_t nr_addresses;
	char name[AGENT_HOST_MAX + 1];
	struct resolver_address addresses[RESOLVER_ADDRESSES_MAX];
};

#endif /* COCONUT_RESOLVER_PROTOCOL_H */
