// SPDX-License-Identifier: GPL-2.0
/* Sockets passed on; see passed.c. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "passed.h"
#include "rows.h"

#define CONNECT_PORT	7201	/* the agent may connect here */
#define BIND_PORT	7203	/* and have this one */
#define DENIED_PORTS	10	/* none of these, which are higher */

static int bind_at(int type, int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) ||
	    (type == SOCK_STREAM && listen(fd, 8)))
		bail("port %d: %s", port, strerror(errno));
	return fd;
}

static int connect_to(int type, int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (void *)&to, sizeof(to)))
		bail("port %d: %s", port, strerror(errno));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

/* Both ends of a connection; one is for the agent, the other stays here. */
static void put_connection(int port, int client, int server)
{
	int listener = bind_at(SOCK_STREAM, port);
	int fd = connect_to(SOCK_STREAM, port);
	int peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	close(listener);
	if (client)
		put_at(fd, client);
	else
		put_at(peer, server);
}

void put_sockets(void)
{
	int pair[2];

	put_connection(CONNECT_PORT, TCP_ALLOWED, 0);
	put_connection(CONNECT_PORT + DENIED_PORTS, TCP_DENIED, 0);
	put_connection(BIND_PORT, 0, SERVED_ALLOWED);
	put_connection(BIND_PORT + DENIED_PORTS, 0, SERVED_DENIED);
	put_at(bind_at(SOCK_STREAM, BIND_PORT), LISTENER_ALLOWED);
	put_at(bind_at(SOCK_STREAM, BIND_PORT + DENIED_PORTS),
	       LISTENER_DENIED);
	put_at(bind_at(SOCK_DGRAM, BIND_PORT), BOUND_ALLOWED);
	put_at(bind_at(SOCK_DGRAM, BIND_PORT + DENIED_PORTS), BOUND_DENIED);
	/* A datagram that nobody takes is an error of the next call. */
	bind_at(SOCK_DGRAM, CONNECT_PORT);
	put_at(connect_to(SOCK_DGRAM, CONNECT_PORT), UDP_ALLOWED);
	put_at(connect_to(SOCK_DGRAM, CONNECT_PORT + DENIED_PORTS),
	       UDP_DENIED);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	put_at(pair[0], UNIX_PAIR);
}

void use_sockets(struct child *child)
{
	static const char *const sending[] = {
		"send", "write", "writev", "sendmsg", "sendfile", "splice-to",
		"ring-send",
	};
	static const char *const receiving[] = {
		"recv", "peek", "read", "readv", "recvmsg", "splice",
		"ring-recv",
	};
	static const struct {
		int number;
		const char *what;
		int error;
		bool sends;
	} sockets[] = {
		{ TCP_DENIED, "a connection", ECAPABILITY, true },
		{ SERVED_DENIED, "a connection come in", ECAPABILITY, true },
		{ UDP_DENIED, "a connected UDP socket", ECAPABILITY, true },
		{ BOUND_DENIED, "a bound UDP socket", ECAPABILITY, false },
		{ TCP_ALLOWED, "an allowed connection", 0, true },
		{ SERVED_ALLOWED, "an allowed one come in", 0, true },
		{ UDP_ALLOWED, "an allowed UDP socket", 0, true },
		{ BOUND_ALLOWED, "an allowed bound one", 0, false },
	};
	struct attempt attempt = { 0 };
	char line[64];
	size_t i, how;

	attempt.line = line;
	for (i = 0; i < ARRAY_SIZE(sockets); i++) {
		printf("# %s\n", sockets[i].what);
		for (how = 0; how < ARRAY_SIZE(receiving); how++) {
			snprintf(line, sizeof(line), "by %d %s",
				 sockets[i].number, receiving[how]);
			attempt.error = sockets[i].error ?: EAGAIN;
			run_attempts(child, "", &attempt, 1);
		}
		for (how = 0; sockets[i].sends && how < ARRAY_SIZE(sending);
		     how++) {
			snprintf(line, sizeof(line), "by %d %s",
				 sockets[i].number, sending[how]);
			attempt.error = sockets[i].error;
			run_attempts(child, "", &attempt, 1);
		}
	}
}

void use_listeners(struct child *child)
{
	char line[64];
	struct attempt attempt = { 0, 0, line };

	snprintf(line, sizeof(line), "by %d accept", LISTENER_DENIED);
	attempt.error = ECAPABILITY;
	run_attempts(child, "", &attempt, 1);
	snprintf(line, sizeof(line), "by %d listen", LISTENER_DENIED);
	run_attempts(child, "", &attempt, 1);
	snprintf(line, sizeof(line), "by %d accept", LISTENER_ALLOWED);
	attempt.error = EAGAIN;
	run_attempts(child, "", &attempt, 1);
	snprintf(line, sizeof(line), "by %d listen", LISTENER_ALLOWED);
	attempt.error = 0;
	run_attempts(child, "", &attempt, 1);
	snprintf(line, sizeof(line), "by %d send", UNIX_PAIR);
	run_attempts(child, "", &attempt, 1);
}
