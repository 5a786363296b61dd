// SPDX-License-Identifier: MIT
/*
 * resolver: queries of local programs, and the replies to them
 *
 * Who asks may be hostile. The C library takes a message apart; what goes back
 * is put together anew from what was understood.
 */

#include <arpa/nameser.h>
#include <ctype.h>
#include <endian.h>
#include <resolv.h>
#include <string.h>

#include "resolver.h"

#define FLAG_REPLY 0x8000
#define FLAG_RECURSION_WANTED 0x0100
#define FLAG_RECURSION_THERE 0x0080
#define POINTER_TO_QUESTION 0xc00c /* the name stands behind the header */

static uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value);
}

/* Header and question; the answers are to follow. */
static uint8_t *put_head(uint8_t *at, const struct query *query,
			 unsigned int rcode, unsigned int nr_answers)
{
	uint16_t flags = FLAG_REPLY | FLAG_RECURSION_THERE | rcode;

	if (query->recursion)
		flags |= FLAG_RECURSION_WANTED;
	at = put16(at, query->id);
	at = put16(at, flags);
	at = put16(at, query->question_size > 0);
	at = put16(at, nr_answers);
	at = put32(at, 0); /* no authorities, nothing additional */
	memcpy(at, query->question, query->question_size);
	return at + query->question_size;
}

/* The name of a host as coconutd knows it, or false: no agent can name it. */
static bool take_name(const char *text, char *name)
{
	size_t i, size = strlen(text);

	/* The root is a dot. */
	if (!size || size > AGENT_HOST_MAX || text[0] == '.')
		return false;
	for (i = 0; i < size; i++) {
		unsigned char c = tolower((unsigned char)text[i]);

		if (!islower(c) && !isdigit(c) && c != '-' && c != '.')
			return false;
		name[i] = c;
	}
	name[size] = '\0';
	return true;
}

/* Return: a response code; ns_r_noerror for what can be asked of coconutd. */
static unsigned int read_question(ns_msg *message, struct query *query)
{
	ns_rr question;
	int size;

	if (ns_msg_count(*message, ns_s_qd) != 1 ||
	    ns_parserr(message, ns_s_qd, 0, &question))
		return ns_r_formerr;
	size = dn_comp(ns_rr_name(question), query->question,
		       sizeof(query->question) - 4, NULL, NULL);
	if (size < 0)
		return ns_r_formerr;
	put16(query->question + size, ns_rr_type(question));
	put16(query->question + size + 2, ns_rr_class(question));
	query->question_size = size + 4;
	query->type = ns_rr_type(question);
	if (ns_msg_getflag(*message, ns_f_opcode) != ns_o_query)
		return ns_r_notimpl;
	if (ns_rr_class(question) != ns_c_in ||
	    !take_name(ns_rr_name(question), query->name))
		return ns_r_refused;
	return ns_r_noerror;
}

/**
 * query_read - understand a query
 * @data: the datagram
 * @size: its length in bytes
 * @query: gets the query, but for @from and @asked_ms
 * @reply: when it is not to be asked of coconutd, gets what is said at once;
 *	QUERY_MAX bytes
 * @reply_size: gets the reply's length; 0 when nothing is said
 *
 * Return: true when coconutd is to be asked for the name.
 */
bool query_read(const uint8_t *data, size_t size, struct query *query,
		uint8_t *reply, size_t *reply_size)
{
	unsigned int rcode = ns_r_formerr;
	ns_msg message;

	memset(query, 0, sizeof(*query));
	*reply_size = 0;
	/* A reply is not replied to, or two servers would talk for ever. */
	if (size < NS_HFIXEDSZ || data[2] & FLAG_REPLY >> 8)
		return false;
	query->id = data[0] << 8 | data[1];
	query->recursion = data[2] & FLAG_RECURSION_WANTED >> 8;
	if (!ns_initparse(data, size, &message))
		rcode = read_question(&message, query);
	if (rcode == ns_r_noerror)
		return true;
	*reply_size = put_head(reply, query, rcode, 0) - reply;
	return false;
}

static unsigned int rcode_of(uint32_t status)
{
	switch (status) {
	case RESOLVER_GOOD:
		return ns_r_noerror;
	case RESOLVER_REFUSED:
		return ns_r_refused;
	case RESOLVER_NO_NAME:
		return ns_r_nxdomain;
	default:
		return ns_r_servfail;
	}
}

static uint8_t *put_address(uint8_t *at, const struct query *query,
			    uint32_t ttl,
			    const struct resolver_address *address)
{
	uint16_t size = address->family == 4 ? 4 : 16;

	at = put16(at, POINTER_TO_QUESTION);
	at = put16(at, query->type);
	at = put16(at, ns_c_in);
	at = put32(at, ttl);
	at = put16(at, size);
	memcpy(at, address->bytes, size);
	return at + size;
}

/**
 * query_reply - put together what a program is told
 * @query: its query
 * @answer: what coconutd says of the name
 * @reply: gets the reply, QUERY_MAX bytes
 *
 * Of more addresses than there is room for the first are told.
 *
 * Return: its length in bytes.
 */
size_t query_reply(const struct query *query,
		   const struct resolver_message *answer, uint8_t *reply)
{
	unsigned int rcode = rcode_of(answer->status);
	unsigned int family = query->type == ns_t_a    ? 4 :
			      query->type == ns_t_aaaa ? 6 :
							 0;
	size_t one = NS_RRFIXEDSZ + 2 + (family == 4 ? 4 : 16);
	uint8_t *at = put_head(reply, query, rcode, 0);
	uint32_t i, count = 0;

	for (i = 0; rcode == ns_r_noerror && i < answer->nr_addresses; i++) {
		if (answer->addresses[i].family != family ||
		    at + one > reply + QUERY_MAX)
			continue;
		at = put_address(at, query, answer->ttl, &answer->addresses[i]);
		count++;
	}
	put_head(reply, query, rcode, count);
	return at - reply;
}
