// SPDX-License-Identifier: MIT
/*
 * Queries as programs write them, and as those write them who mean harm.
 */
#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#include "../../libcoconut/tests/tap.h"
#include "resolver.h"

/* A question for the addresses of "Api.test". */
static const uint8_t plain[] = {
	0x12, 0x34, 1,   0, 0,   1,   0,   0,   0, 0, 0, 0, 3,
	'A',  'p',  'i', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1,
};

static struct query query;
static uint8_t reply[QUERY_MAX];
static size_t reply_size;

static bool read_query(const void *data, size_t size)
{
	memset(reply, 0, sizeof(reply));
	return query_read(data, size, &query, reply, &reply_size);
}

/* The plain question with some bytes of it changed. */
static bool read_changed(size_t at, const void *bytes, size_t size)
{
	uint8_t data[sizeof(plain)];

	memcpy(data, plain, sizeof(plain));
	memcpy(data + at, bytes, size);
	return read_query(data, sizeof(data));
}

static void test_read(void)
{
	ok(read_query(plain, sizeof(plain)), "a plain question");
	is(query.name, "api.test", "its name in small letters");
	is_number(query.type, ns_t_a, "its type");
	is_number(query.id, 0x1234, "its number");
	ok(query.question_size == sizeof(plain) - NS_HFIXEDSZ &&
		   !memcmp(query.question, plain + NS_HFIXEDSZ,
			   query.question_size),
	   "its bytes, for the reply");
	ok(read_changed(22, "\0\x1c", 2), "a question for another type");
	is_number(query.type, ns_t_aaaa, "which is told");
}

/* What is not asked of coconutd: the code that is replied. */
static void refused(bool asked, int rcode, const char *what)
{
	ok(!asked, "%s is not asked for", what);
	if (rcode < 0)
		ok(!reply_size, "and not replied to");
	else
		ok(reply_size >= NS_HFIXEDSZ && reply[0] == 0x12 &&
			   reply[1] == 0x34 && reply[2] & 0x80 &&
			   (reply[3] & 15) == rcode,
		   "and replied to with code %d", rcode);
}

static void test_refused(void)
{
	refused(read_query(plain, 0), -1, "nothing");
	refused(read_query(plain, NS_HFIXEDSZ - 1), -1, "half a head");
	refused(read_changed(2, "\x81", 1), -1, "a reply");
	refused(read_query(plain, sizeof(plain) - 1), ns_r_formerr,
		"a question cut short");
	refused(read_changed(4, "\0\0", 2), ns_r_formerr, "no question");
	refused(read_changed(4, "\0\2", 2), ns_r_formerr, "a second question");
	refused(read_changed(12, "\xc0\x0c", 2), ns_r_formerr,
		"a name that points at itself");
	refused(read_changed(12, "\x41", 1), ns_r_formerr,
		"a label of an unknown kind");
	refused(read_changed(2, "\x29", 1), ns_r_notimpl, "an update");
	refused(read_changed(24, "\0\3", 2), ns_r_refused, "another class");
	refused(read_changed(14, "_", 1), ns_r_refused, "an underscore");
	refused(read_changed(14, "\0", 1), ns_r_refused, "a NUL in the name");
	refused(read_changed(14, ".", 1), ns_r_refused, "a dot in a label");
	refused(read_query("\x12\x34\1\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 17),
		ns_r_refused, "the root");
}

static struct resolver_message answer(unsigned int v4, unsigned int v6)
{
	struct resolver_message message = {
		.kind = RESOLVER_ANSWER,
		.ttl = 0x01020304,
		.nr_addresses = v4 + v6,
	};
	unsigned int i;

	for (i = 0; i < v4 + v6; i++) {
		message.addresses[i].family = i < v4 ? 4 : 6;
		message.addresses[i].bytes[0] = i + 1;
	}
	return message;
}

static void test_reply(void)
{
	struct resolver_message message = answer(2, 1);
	size_t size;

	read_query(plain, sizeof(plain));
	size = query_reply(&query, &message, reply);
	is_number(size, sizeof(plain) + 2 * 16, "two addresses of three");
	is_number(reply[7], 2, "and they are counted");
	ok(!memcmp(reply + NS_HFIXEDSZ, plain + NS_HFIXEDSZ,
		   sizeof(plain) - NS_HFIXEDSZ),
	   "the question is repeated");
	ok(!memcmp(reply + sizeof(plain),
		   "\xc0\x0c\0\1\0\1\1\2\3\4\0\4\1\0\0\0", 16),
	   "a record with its time and address");
	message.status = RESOLVER_REFUSED;
	size = query_reply(&query, &message, reply);
	ok(size == sizeof(plain) && (reply[3] & 15) == ns_r_refused,
	   "a refusal has no addresses");
	message = answer(16, 0);
	read_changed(22, "\0\x10", 2);
	is_number(query_reply(&query, &message, reply), sizeof(plain),
		  "none for another type");
}

/* The longest name, and more addresses than there is room for. */
static void test_long(void)
{
	struct resolver_message message = answer(0, 16);
	uint8_t data[NS_HFIXEDSZ + 255 + 4] = { 0 };
	size_t i, size;

	memcpy(data, plain, NS_HFIXEDSZ);
	memset(data + NS_HFIXEDSZ, 'a', 254);
	for (i = 0; i < 4; i++)
		data[NS_HFIXEDSZ + 64 * i] = i < 3 ? 63 : 61;
	memcpy(data + NS_HFIXEDSZ + 255, "\0\x1c\0\1", 4);
	ok(read_query(data, sizeof(data)), "the longest name");
	is_number(strlen(query.name), AGENT_HOST_MAX, "is read whole");
	size = query_reply(&query, &message, reply);
	ok(size <= QUERY_MAX, "its reply has no more bytes than there may be");
	is_number(reply[7], (QUERY_MAX - sizeof(data)) / 28,
		  "nor more addresses than fit");
}

/* Whatever comes, nothing is read or written beyond its room. */
static void test_junk(void)
{
	struct resolver_message message = answer(8, 8);
	unsigned int round, asked = 0;
	uint8_t data[QUERY_MAX];
	size_t i;

	srand(1);
	for (round = 0; round < 200000; round++) {
		size_t size = rand() % 2 ? sizeof(plain) : rand() % 64U;

		memset(data, 0, sizeof(data));
		memcpy(data, plain, sizeof(plain));
		for (i = rand() % 6; i; i--)
			data[rand() % 64] = rand();
		if (!read_query(data, size))
			continue;
		asked++;
		if (query_reply(&query, &message, reply) > QUERY_MAX)
			break;
	}
	ok(round == 200000 && asked, "%u of %u changed queries are good", asked,
	   round);
}

int main(void)
{
	test_read();
	test_refused();
	test_reply();
	test_long();
	test_junk();
	return tap_end();
}
