// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: what selftest-child may reach, and what not.
 *
 *	net.connect  127.0.0.1 and ::1, port 7001, TCP
 *	             127.0.0.1, port 7005, UDP
 *	net.bind     127.0.0.1, port 7002, TCP
 *	unix.connect /tmp/selftest/allowed
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

static int listen_at(int family, int port)
{
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
		.sin6_addr = IN6ADDR_LOOPBACK_INIT,
	};
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, family == AF_INET ? (struct sockaddr *)&in :
		 (struct sockaddr *)&in6,
		 family == AF_INET ? sizeof(in) : sizeof(in6)) ||
	    listen(fd, 16)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static int listen_unix(const char *path, int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t size = strlen(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memcpy(un.sun_path, path, size);
	if (path[0] == '@')
		un.sun_path[0] = '\0';
	if (bind(fd, (struct sockaddr *)&un,
		 offsetof(struct sockaddr_un, sun_path) + size) ||
	    (type == SOCK_STREAM && listen(fd, 16)))
		bail("cannot listen at %s: %s", path, strerror(errno));
	return fd;
}

/**
 * struct try - one line for the child, and its answer
 * @error: the errno, 0 for none
 * @line: the operation
 */
struct try {
	int error;
	const char *line;
};

static const struct try inet[] = {
	{ 0, "connect 127.0.0.1 7001" },
	{ ECAPABILITY, "connect 127.0.0.1 7003" },
	{ ECAPABILITY, "connect 127.0.0.1 7000" },
	{ ECAPABILITY, "connect 127.0.0.2 7001" },
	{ ECAPABILITY, "connect 0.0.0.0 7001" },
	{ ECAPABILITY, "connect 10.0.0.1 7001" },
	{ 0, "udp 127.0.0.1 7005" },
	{ ECAPABILITY, "udp 127.0.0.1 7001" },
	{ ECAPABILITY, "connect 127.0.0.1 7005" },
	{ 0, "sendto 127.0.0.1 7005" },
	{ ECAPABILITY, "sendto 127.0.0.1 7006" },
	{ ECAPABILITY, "sendto 127.0.0.1 7001" },
	{ ECAPABILITY, "fastopen 127.0.0.1 7003" },
	{ 0, "bind 127.0.0.1 7002" },
	{ 0, "serve 127.0.0.1 7002" },
	{ ECAPABILITY, "bind 127.0.0.1 7004" },
	{ ECAPABILITY, "bind 0.0.0.0 7002" },
	{ ECAPABILITY, "bind 127.0.0.1 0" },
	{ ECAPABILITY, "bindudp 127.0.0.1 7002" },
	{ ECAPABILITY, "bindunspec 7002" },
	{ ECAPABILITY, "listen 2" },
};

static const struct try inet6[] = {
	{ 0, "connect ::1 7001" },
	{ ECAPABILITY, "connect ::1 7003" },
	{ ECAPABILITY, "connect ::2 7001" },
	{ 0, "connect ::ffff:127.0.0.1 7001" },
	{ ECAPABILITY, "connect ::ffff:127.0.0.1 7003" },
	{ ECAPABILITY, "connect ::ffff:127.0.0.2 7001" },
	{ ECAPABILITY, "bind ::1 7002" },
	{ ECAPABILITY, "bind :: 7002" },
	{ 0, "bind ::ffff:127.0.0.1 7002" },
	{ ECAPABILITY, "listen 10" },
};

/* Families and types by their numbers: not every C library knows them all. */
static const struct try families[] = {
	{ 0, "socket 1 1 0" },
	{ 0, "socket 2 1 0" },
	{ 0, "socket 2 2 0" },
	{ 0, "socket 2 1 6" },
	{ 0, "socket 16 3 0" },
	{ ECAPABILITY, "socket 2 3 1" },
	{ ECAPABILITY, "socket 2 3 255" },
	{ ECAPABILITY, "socket 2 2 1" },
	{ ECAPABILITY, "socket 2 1 132" },
	{ ECAPABILITY, "socket 2 5 132" },
	{ ECAPABILITY, "socket 2 1 262" },
	{ ECAPABILITY, "socket 10 3 58" },
	{ ECAPABILITY, "socket 16 3 9" },
	{ ECAPABILITY, "socket 16 3 15" },
	{ ECAPABILITY, "socket 17 3 768" },
	{ ECAPABILITY, "socket 17 2 768" },
	{ ECAPABILITY, "socket 38 5 0" },
	{ ECAPABILITY, "socket 40 1 0" },
	{ ECAPABILITY, "socket 44 3 0" },
	{ ECAPABILITY, "socket 3 5 0" },
};

static const struct try local[] = {
	{ 0, "unix stream " BASE "/allowed/stream" },
	{ 0, "unix dgram " BASE "/allowed/dgram" },
	{ ECAPABILITY, "unix stream " BASE "/denied/stream" },
	{ ECAPABILITY, "unix dgram " BASE "/denied/dgram" },
	{ ECAPABILITY, "unix packet /run/coconutd/control" },
};

static void run(struct child *child, const struct try *tries, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		expect(child_ask(child, "%s", tries[i].line),
		       -tries[i].error, "%s", tries[i].line);
}

#define RUN(child, tries) run(child, tries, ARRAY_SIZE(tries))

static void unix_sockets(struct child *child)
{
	int fds[] = {
		listen_unix(BASE "/allowed/stream", SOCK_STREAM),
		listen_unix(BASE "/allowed/dgram", SOCK_DGRAM),
		listen_unix(BASE "/denied/stream", SOCK_STREAM),
		listen_unix(BASE "/denied/dgram", SOCK_DGRAM),
	};
	size_t i;

	RUN(child, local);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

void test_net(void)
{
	int allowed = listen_at(AF_INET, 7001);
	int denied = listen_at(AF_INET, 7003);
	int allowed6 = listen_at(AF_INET6, 7001);
	struct child child;

	if (allowed < 0 || denied < 0)
		bail("cannot listen on 127.0.0.1: errno %d", -allowed);
	child_start(&child, "selftest-child");
	RUN(&child, inet);
	if (allowed6 >= 0)
		RUN(&child, inet6);
	else
		skip("no IPv6", "connect ::1 7001");
	RUN(&child, families);
	unix_sockets(&child);
	child_end(&child);
	close(allowed);
	close(denied);
	if (allowed6 >= 0)
		close(allowed6);
}
