// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses by other ways than one connect(), bind() or sendto().
 *
 *	agent_test: the loopback's ports, net.raw, net.admin
 *	  |- selftest-net: connecting to port 7301 and having port 7303
 *	  |- selftest-net-held: the same, net.raw and net.admin
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "calls.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

/* The same for both agents. */
static const struct attempt addresses[] = {
	{ ECAPABILITY, 0, "net disconnect-listen 7301" },
	{ 0, 0, "net disconnect-connect 7301" },
	{ ECAPABILITY, 0, "net disconnect-connect 7311" },
	{ 0, 0, "net fast-connect 7301" },
	{ ECAPABILITY, 0, "net fast-connect 7311" },
	{ 0, 0, "net send-elsewhere 7301" },
	{ ECAPABILITY, 0, "net send-elsewhere 7311" },
	{ 0, 0, "net connect-elsewhere 7301" },
	{ ECAPABILITY, 0, "net connect-elsewhere 7311" },
	{ 0, 0, "net send-unspec 7301" },
	{ ECAPABILITY, 0, "net send-unspec 7311" },
	{ 0, 0, "net send-two 7301" },
	{ 0, 0, "net send-mapped 7301" },
	{ ECAPABILITY, 0, "net send-mapped 7311" },
	{ 0, 0, "net connect-mapped 7301" },
	{ ECAPABILITY, 0, "net connect-mapped 7311" },
	{ 0, 0, "net turn-and-connect 7301" },
	{ ECAPABILITY, 0, "net turn-and-connect 7311" },
	{ 0, 0, "net ring-sendto 7301" },
	{ ECAPABILITY, 0, "net ring-sendto 7311" },
	{ 0, 0, "net ring-send-zc 7301" },
	{ ECAPABILITY, 0, "net ring-send-zc 7311" },
	{ 0, 0, "net ring-sendmsg-zc 7301" },
	{ ECAPABILITY, 0, "net ring-sendmsg-zc 7311" },
	{ 0, 0, "net bind-then-listen 7303" },
	{ ECAPABILITY, 0, "net bind-then-listen 7313" },
	{ 0, 0, "net bind-mapped 7303" },
	{ ECAPABILITY, 0, "net bind-mapped 7313" },
	{ 0, 0, "net bind-shared 7303" },
	{ ECAPABILITY, 0, "net bind-shared 7313" },
	{ 0, 0, "netlink get" },
	{ ECAPABILITY, 0, "name abstract" },
	{ ECAPABILITY, 0, "name auto" },
};

static const struct attempt closed[] = {
	{ ECAPABILITY, AGENT_REASON_SCOPE, "net route-option 7301" },
	{ ECAPABILITY, AGENT_REASON_SCOPE, "net route-message 7301" },
	{ ECAPABILITY, AGENT_REASON_SCOPE, "net route6-option 7301" },
	{ ECAPABILITY, AGENT_REASON_SCOPE, "net route6-message 7301" },
	{ ECAPABILITY, AGENT_REASON_SCOPE, "netlink new" },
	{ ECAPABILITY, AGENT_REASON_SCOPE, "netlink both" },
	{ ECAPABILITY, 0, "interface up" },
	{ ECAPABILITY, 0, "socket 2 3 1" },
	{ ECAPABILITY, 0, "socket 17 3 768" },
	{ ECAPABILITY, 0, "socket 16 3 15" },
};

static const struct attempt held[] = {
	{ 0, 0, "net route-option 7301" },
	{ 0, 0, "netlink new" },
	{ 0, 0, "netlink both" },
	{ 0, 0, "interface up" },
	{ 0, 0, "socket 2 3 1" },
	{ 0, 0, "socket 17 3 768" },
	{ 0, 0, "socket 16 3 15" },
	{ ECAPABILITY, AGENT_REASON_FAMILY, "socket 38 5 0" },
};

static int serve(int type, int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) ||
	    (type == SOCK_STREAM && listen(fd, 64)))
		bail("port %d: %s", port, strerror(errno));
	return fd;
}

/* A name that is no path, had by a legacy task. */
static void abstract_names(struct child *child)
{
	static const struct attempt attempts[] = {
		{ 0, 0, "! python3 -c 'import socket, time;"
			" s = socket.socket(socket.AF_UNIX);"
			" s.bind(\"\\0coconut-selftest\"); s.listen();"
			" time.sleep(600)' & sleep 1" },
		{ ECAPABILITY, AGENT_REASON_SCOPE,
		  "unix stream @coconut-selftest" },
		{ ECAPABILITY, AGENT_REASON_SCOPE,
		  "unix stream @coconut-nobody" },
	};

	if (hand_is_there())
		RUN_ATTEMPTS(child, BASE, attempts);
	else
		skip("no legacy root: tests/abi runs it", "abstract names");
}

/* Of two messages the denied one does not go, and is a denial. */
static void two_messages(struct child *child)
{
	long long before = denials_of(child);

	expect(child_ask(child, "net send-two 7311"), -EMSGSIZE,
	       "of two messages the allowed one goes");
	expect(denials_of(child) - before, 1, "and the other is a denial");
}

void test_netroads(void)
{
	int tcp = serve(SOCK_STREAM, 7301), udp = serve(SOCK_DGRAM, 7301);
	int bad_tcp = serve(SOCK_STREAM, 7311);
	int bad_udp = serve(SOCK_DGRAM, 7311);
	struct child child;
	char byte;

	child_start(&child, "selftest-net");
	RUN_ATTEMPTS(&child, BASE, addresses);
	RUN_ATTEMPTS(&child, BASE, closed);
	two_messages(&child);
	abstract_names(&child);
	expect_rows(&child);
	child_start(&child, "selftest-net-held");
	RUN_ATTEMPTS(&child, BASE, addresses);
	RUN_ATTEMPTS(&child, BASE, held);
	expect_rows(&child);
	check(recv(udp, &byte, 1, 0) == 1, "what was allowed has come");
	expect(recv(bad_udp, &byte, 1, 0) < 0 ? -errno : 0, -EAGAIN,
	       "of what was denied no datagram");
	expect(accept(bad_tcp, NULL, NULL) < 0 ? -errno : 0, -EAGAIN,
	       "and no connection");
	close(tcp);
	close(udp);
	close(bad_tcp);
	close(bad_udp);
}
