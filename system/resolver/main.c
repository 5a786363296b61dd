// SPDX-License-Identifier: MIT
/*
 * resolver: names for agents
 *
 * usage: resolver		by coconutd, with descriptors 3 and 4
 *	  resolver --help
 *
 * Answers the queries of local programs, as far as coconutd allows. It has no
 * authority: it says what it has read, and coconutd decides and grants.
 */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "resolver.h"

#define QUERIES_MAX 256     /* that wait for coconutd's answer */
#define QUERY_LIFE_MS 20000 /* then whoever asked has given up */
#define RATE 1000           /* queries in a second; more are dropped */

static struct query queries[QUERIES_MAX];

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void reply_to(const struct query *query, const uint8_t *reply,
		     size_t size)
{
	sendto(RESOLVER_QUERIES_FD, reply, size, MSG_DONTWAIT | MSG_NOSIGNAL,
	       (const struct sockaddr *)&query->from, sizeof(query->from));
}

/* A program in a loop must not keep PID 1 from its other work. */
static bool within_rate(uint64_t now)
{
	static uint64_t second;
	static unsigned int count;

	if (now / 1000 != second) {
		second = now / 1000;
		count = 0;
	}
	return ++count <= RATE;
}

/* A free slot, or that of the query that has waited longest. */
static struct query *find_slot(uint64_t now)
{
	struct query *oldest = queries;
	size_t i;

	for (i = 0; i < QUERIES_MAX; i++) {
		if (!queries[i].asked_ms ||
		    now - queries[i].asked_ms > QUERY_LIFE_MS)
			return &queries[i];
		if (queries[i].asked_ms < oldest->asked_ms)
			oldest = &queries[i];
	}
	return oldest;
}

static int ask_coconutd(const char *name)
{
	struct resolver_message message = { .kind = RESOLVER_ASK };

	strcpy(message.name, name);
	if (send(RESOLVER_CONTROL_FD, &message, sizeof(message),
		 MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return errno == EAGAIN ? 0 : -1;
}

/* Return: 0, or -1 when coconutd is gone. */
static int take_query(void)
{
	uint8_t data[QUERY_MAX], reply[QUERY_MAX];
	uint64_t now = now_ms();
	struct query query;
	struct sockaddr_in from;
	socklen_t from_size = sizeof(from);
	size_t reply_size;
	ssize_t size;

	size = recvfrom(RESOLVER_QUERIES_FD, data, sizeof(data), MSG_DONTWAIT,
			(struct sockaddr *)&from, &from_size);
	if (size <= 0 || from_size != sizeof(from) || !within_rate(now))
		return 0;
	if (query_read(data, size, &query, reply, &reply_size)) {
		query.from = from;
		query.asked_ms = now;
		*find_slot(now) = query;
		return ask_coconutd(query.name);
	}
	query.from = from;
	if (reply_size)
		reply_to(&query, reply, reply_size);
	return 0;
}

static void take_answer(const struct resolver_message *answer)
{
	uint8_t reply[QUERY_MAX];
	size_t i, size;

	for (i = 0; i < QUERIES_MAX; i++) {
		if (!queries[i].asked_ms ||
		    strcmp(queries[i].name, answer->name) != 0)
			continue;
		size = query_reply(&queries[i], answer, reply);
		reply_to(&queries[i], reply, size);
		queries[i].asked_ms = 0;
	}
}

/* Return: 1 for a message, 0 when there is none, -1 when coconutd is gone. */
static int take_message(void)
{
	struct resolver_message message;
	ssize_t size = recv(RESOLVER_CONTROL_FD, &message, sizeof(message),
			    MSG_DONTWAIT);

	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (size != sizeof(message))
		return -1;
	if (message.kind == RESOLVER_LOOKUP)
		lookup_start(message.name, RESOLVER_CONTROL_FD);
	else if (message.kind == RESOLVER_ANSWER)
		take_answer(&message);
	else if (message.kind == RESOLVER_PING)
		send(RESOLVER_CONTROL_FD, &message, sizeof(message),
		     MSG_NOSIGNAL | MSG_DONTWAIT);
	return 1;
}

static bool take_messages(void)
{
	int got;

	do
		got = take_message();
	while (got > 0);
	return !got;
}

int main(int argc, char **argv)
{
	struct pollfd fds[] = {
		{ .fd = RESOLVER_CONTROL_FD, .events = POLLIN },
		{ .fd = RESOLVER_QUERIES_FD, .events = POLLIN },
	};
	int type = 0;
	socklen_t size = sizeof(type);

	if (getsockopt(RESOLVER_CONTROL_FD, SOL_SOCKET, SO_TYPE, &type,
		       &size) ||
	    type != SOCK_SEQPACKET) {
		printf("usage: resolver\n"
		       "Started by coconutd, never by hand; see coconut-resolver(8).\n");
		return argc > 1 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents && !take_messages())
			return 0;
		if (fds[1].revents && take_query())
			return 0;
	}
}
