/* SPDX-License-Identifier: MIT */
/*
 * resolver: what its units share.
 *
 *	main.c		descriptors and the order of things
 *	query.c		queries of local programs, and the replies to them
 *	lookup.c	questions to the servers
 */
#ifndef COCONUT_RESOLVER_H
#define COCONUT_RESOLVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

#define QUERY_MAX 512 /* a DNS message over UDP without extensions */

/**
 * struct query - a question by a local program
 * @from: who asked
 * @asked_ms: when, CLOCK_MONOTONIC; 0 in a free slot
 * @id: the program's own number of it
 * @recursion: the program wants the whole answer, as all do
 * @type: ns_t_a, ns_t_aaaa or another
 * @name: the name asked for, in small letters
 * @question: the question's bytes, which the reply repeats
 * @question_size: how many
 */
struct query {
	struct sockaddr_in from;
	uint64_t asked_ms;
	uint16_t id;
	bool recursion;
	uint16_t type;
	char name[AGENT_HOST_MAX + 1];
	uint8_t question[AGENT_HOST_MAX + 8];
	size_t question_size;
};

/* ---- query.c --------------------------------------------------------- */

bool query_read(const uint8_t *data, size_t size, struct query *query,
		uint8_t *reply, size_t *reply_size);
size_t query_reply(const struct query *query,
		   const struct resolver_message *answer, uint8_t *reply);

/* ---- lookup.c -------------------------------------------------------- */

void lookup_start(const char *name, int control);

#endif /* COCONUT_RESOLVER_H */
