// SPDX-License-Identifier: MIT
/*
 * resolver: questions to the servers
 *
 * One thread for each name, with a state of its own; the C library asks, over
 * UDP and where the answer is long over TCP, and takes the answer apart.
 */

#include <arpa/nameser.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "resolver.h"

#define LOOKUPS_MAX 32 /* names looked up at once */
#define ANSWER_MAX 65535
#define STACK_SIZE (256 * 1024)
#define WAIT_SECONDS 2 /* for a server, before the next is asked */
#define ROUNDS 2

static atomic_uint lookups;

/**
 * struct lookup - one name
 * @control: where to say what was found
 * @state: the C library's
 * @found: what was found so far
 * @answer: room for what a server says
 */
struct lookup {
	int control;
	struct __res_state state;
	struct resolver_message found;
	uint8_t answer[ANSWER_MAX];
};

/* Addresses of one family, and for how long. */
struct part {
	struct resolver_address addresses[RESOLVER_ADDRESSES_MAX];
	unsigned int count;
	uint32_t ttl;
	enum resolver_status status;
};

static void add_address(struct part *part, const ns_rr *rr, unsigned int family)
{
	struct resolver_address *address = &part->addresses[part->count];
	size_t size = family == 4 ? NS_INADDRSZ : NS_IN6ADDRSZ;

	if (ns_rr_rdlen(*rr) != size || part->count >= RESOLVER_ADDRESSES_MAX)
		return;
	memset(address, 0, sizeof(*address));
	address->family = family;
	memcpy(address->bytes, ns_rr_rdata(*rr), size);
	part->count++;
}

/* Go along the aliases from the name; what is beside the way is not its own. */
static void read_answer(struct part *part, const char *name, int family,
			const uint8_t *data, size_t size)
{
	ns_type type = family == 4 ? ns_t_a : ns_t_aaaa;
	char owner[NS_MAXDNAME];
	ns_msg message;
	ns_rr rr;
	int i;

	strcpy(owner, name);
	part->ttl = UINT32_MAX;
	if (ns_initparse(data, size, &message))
		return;
	for (i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &rr))
			return;
		if (ns_rr_class(rr) != ns_c_in ||
		    strcasecmp(ns_rr_name(rr), owner) != 0)
			continue;
		if (ns_rr_type(rr) == ns_t_cname) {
			if (ns_name_uncompress(data, data + size,
					       ns_rr_rdata(rr), owner,
					       sizeof(owner)) < 0)
				return;
		} else if (ns_rr_type(rr) == type) {
			add_address(part, &rr, family);
		} else {
			continue;
		}
		if (ns_rr_ttl(rr) < part->ttl)
			part->ttl = ns_rr_ttl(rr);
	}
}

static void ask(struct lookup *lookup, unsigned int family, struct part *part)
{
	const char *name = lookup->found.name;
	int size = res_nquery(&lookup->state, name, ns_c_in,
			      family == 4 ? ns_t_a : ns_t_aaaa, lookup->answer,
			      sizeof(lookup->answer));

	memset(part, 0, sizeof(*part));
	if (size > ANSWER_MAX)
		size = ANSWER_MAX;
	if (size > 0)
		read_answer(part, name, family, lookup->answer, size);
	else if (lookup->state.res_h_errno == HOST_NOT_FOUND)
		part->status = RESOLVER_NO_NAME;
	else if (lookup->state.res_h_errno != NO_DATA)
		part->status = RESOLVER_FAILED;
}

/* With room for both families each gets at least half of it, if it has so many. */
static void merge(struct resolver_message *found, const struct part *v4,
		  const struct part *v6)
{
	const unsigned int max = RESOLVER_ADDRESSES_MAX;
	unsigned int n6 = v6->count, n4 = v4->count;

	if (n4 + n6 > max)
		n6 = n4 < max / 2 ? max - n4 : n6 < max / 2 ? n6 : max / 2;
	if (n4 + n6 > max)
		n4 = max - n6;
	memcpy(found->addresses, v4->addresses, n4 * sizeof(*v4->addresses));
	memcpy(found->addresses + n4, v6->addresses,
	       n6 * sizeof(*v6->addresses));
	found->nr_addresses = n4 + n6;
	found->ttl = UINT32_MAX;
	if (n4)
		found->ttl = v4->ttl;
	if (n6 && v6->ttl < found->ttl)
		found->ttl = v6->ttl;
	if (n4 + n6)
		found->status = RESOLVER_GOOD;
	else if (v4->status == RESOLVER_NO_NAME ||
		 v6->status == RESOLVER_NO_NAME)
		found->status = RESOLVER_NO_NAME;
	else
		found->status = v4->status ? v4->status : v6->status;
}

/* Without a server of its own the C library would ask this very resolver. */
static bool has_server(const struct __res_state *state)
{
	const struct sockaddr_in *first = &state->nsaddr_list[0];

	if (state->nscount < 1)
		return false;
	return first->sin_family != AF_INET ||
	       first->sin_addr.s_addr != htonl(INADDR_LOOPBACK);
}

static void look_up(struct lookup *lookup)
{
	struct part v4, v6;

	lookup->found.status = RESOLVER_FAILED;
	if (res_ninit(&lookup->state))
		return;
	lookup->state.retrans = WAIT_SECONDS;
	lookup->state.retry = ROUNDS;
	if (has_server(&lookup->state)) {
		ask(lookup, 4, &v4);
		ask(lookup, 6, &v6);
		merge(&lookup->found, &v4, &v6);
	}
	res_nclose(&lookup->state);
}

static void *run(void *arg)
{
	struct lookup *lookup = arg;

	look_up(lookup);
	send(lookup->control, &lookup->found, sizeof(lookup->found),
	     MSG_NOSIGNAL);
	free(lookup);
	lookups--;
	return NULL;
}

static bool start(struct lookup *lookup)
{
	pthread_attr_t attributes;
	pthread_t thread;
	bool good;

	if (pthread_attr_init(&attributes))
		return false;
	good = !pthread_attr_setdetachstate(&attributes,
					    PTHREAD_CREATE_DETACHED) &&
	       !pthread_attr_setstacksize(&attributes, STACK_SIZE) &&
	       !pthread_create(&thread, &attributes, run, lookup);
	pthread_attr_destroy(&attributes);
	return good;
}

/**
 * lookup_start - find out the addresses of a name
 * @name: the name
 * @control: where a RESOLVER_FOUND is sent to, now or later
 */
void lookup_start(const char *name, int control)
{
	struct resolver_message failed = {
		.kind = RESOLVER_FOUND,
		.status = RESOLVER_FAILED,
	};
	struct lookup *lookup = NULL;

	strcpy(failed.name, name);
	if (++lookups <= LOOKUPS_MAX)
		lookup = calloc(1, sizeof(*lookup));
	if (lookup) {
		lookup->control = control;
		lookup->found = failed;
		if (start(lookup))
			return;
	}
	lookups--;
	free(lookup);
	send(control, &failed, sizeof(failed), MSG_NOSIGNAL);
}
