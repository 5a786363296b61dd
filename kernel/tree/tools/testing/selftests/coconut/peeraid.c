// SPDX-License-Identifier: GPL-2.0
/*
 * Who is at the other end of a unix socket: whoever connected, listened or
 * made the pair, at that time, whoever has the descriptors now.
 *
 *	a legacy root (the hand)
 *	agent_test: listens
 *	  |- selftest-kept, twice: connects, passes on, runs another image
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "fds.h"
#include "hand.h"
#include "harness.h"
#include "passed.h"
#include "revoke.h"
#include "rows.h"
#include "tests.h"

#define MINE	70	/* of what is left open in an agent */

static uint64_t me;

/* Return: the AID, or a negative errno. */
static long long peer_of(int fd)
{
	uint64_t aid = ~0ULL;
	socklen_t size = sizeof(aid);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERAID, &aid, &size))
		return -errno;
	return size == sizeof(aid) ? (long long)aid : -EPROTO;
}

static long long child_peer_of(struct child *child, int fd)
{
	int ret = child_ask(child, "peeraid %d 8", fd);

	return ret ? ret : child->value;
}

static int listen_at(const char *path, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, path);
	unlink(path);
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) ||
	    (type != SOCK_DGRAM && listen(fd, 8)))
		bail("%s: %s", path, strerror(errno));
	return fd;
}

static int accept_one(int listener)
{
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

/* Two agents that can send each other descriptors, and have MINE open. */
static void start_two(struct child *one, struct child *two, int left)
{
	uint32_t keep[] = { PASSED_SOCKET, MINE };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	put_at(pair[0], PASSED_SOCKET);
	put_at(dup(left), MINE);
	if (child_spawn_keep(one, "selftest-kept", keep, 2))
		bail("cannot spawn selftest-kept");
	put_at(pair[1], PASSED_SOCKET);
	if (child_spawn_keep(two, "selftest-kept", keep, 2))
		bail("cannot spawn selftest-kept");
	close(PASSED_SOCKET);
	close(MINE);
}

static void connections(const char *type, int listener)
{
	struct child one, two;
	int server;

	start_two(&one, &two, listener);
	expect(child_ask(&one, "put-unix 20 %s " KEPT "/peer", type), 0,
	       "%s: a connection", type);
	expect(child_peer_of(&one, 20), me, "to who listens");
	server = accept_one(listener);
	expect(peer_of(server), one.aid, "by who has connected");
	child_ask(&one, "send-fd 20 %d", PASSED_SOCKET);
	expect(child_ask(&two, "put-sent 21 %d", PASSED_SOCKET), 0,
	       "passed on");
	expect(child_peer_of(&two, 21), me, "it leads to who listens");
	expect(peer_of(server), one.aid, "and is of who has connected");
	expect(child_ask(&two, "by 21 send"), 0,
	       "also when somebody else sends");
	expect(peer_of(server), one.aid, "by it");
	child_ask(&one, "stay 20");
	expect(child_ask(&one, "reexec"), 0, "another image");
	expect(child_peer_of(&one, 20), me, "sees the same");
	expect(peer_of(server), one.aid, "and is seen as the same");
	child_ask(&one, "drop 20");
	expect_rows(&one);
	expect(peer_of(server), one.aid, "and so is who has ended");
	expect(child_peer_of(&two, 21), me, "to who has what it left");
	close(server);
	expect(child_peer_of(&two, 21), me, "when nobody is there any more");
	expect_rows(&two);
}

/* Accepted by one who has only got the listener. */
static void passed_listener(int listener)
{
	struct child one, two;
	int server;

	start_two(&one, &two, listener);
	child_ask(&one, "put-unix 20 stream " KEPT "/peer");
	expect(child_ask(&two, "put-accepted 22 %d", MINE), 0,
	       "a listener that another has made");
	expect(child_peer_of(&two, 22), one.aid, "tells who has connected");
	expect(child_peer_of(&one, 20), me, "who sees who has listened");
	expect(child_ask(&two, "put-unix 23 stream " KEPT "/peer"), 0,
	       "by itself");
	server = accept_one(listener);
	expect(peer_of(server), two.aid, "it is who connects");
	close(server);
	/* In the queue of the listener when its agent ends. */
	child_ask(&one, "put-unix 20 stream " KEPT "/peer");
	expect_rows(&one);
	server = accept_one(listener);
	expect(peer_of(server), one.aid, "who has ended while it waited");
	close(server);
	expect_rows(&two);
}

/* A pair is of who has made it, at both ends. */
static void pairs(int type, const char *name)
{
	struct child one, two;
	int pair[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	expect(peer_of(pair[0]), me, "%s: a pair is its maker's", name);
	start_two(&one, &two, pair[1]);
	expect(child_peer_of(&one, MINE), me, "to who was left one end");
	expect(child_ask(&one, "by %d send", MINE), 0, "and uses it");
	expect(peer_of(pair[0]), me, "and to its maker");
	expect(child_peer_of(&two, PASSED_SOCKET), me,
	       "and between two who have made none");
	close(pair[0]);
	close(pair[1]);
	expect_rows(&one);
	expect_rows(&two);
}

static int inet_socket(int type)
{
	return socket(AF_INET, type | SOCK_CLOEXEC, 0);
}

/* By a thread of the kernel's that does what the agent asks a ring for. */
static void by_rings(int listener)
{
	static const char *const kinds[] = { "plain", "poller" };
	struct child child;
	size_t i;
	int server;

	child_start(&child, "selftest-kept");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		child_ask(&child, "put-socket 24 stream");
		child_ask(&child, "ring-open %s", kinds[i]);
		child_ask(&child, "arm-connect 1 24 " KEPT "/peer");
		expect(child_ask(&child, "fired 1 10000"), 0,
		       "%s: a connection by a ring", kinds[i]);
		server = accept_one(listener);
		expect(peer_of(server), child.aid, "%s: is the agent's",
		       kinds[i]);
		expect(child_peer_of(&child, 24), me, "%s: to who listens",
		       kinds[i]);
		close(server);
	}
	expect_rows(&child);
}

/* An end of a pair that was connected anew is no longer of the pair. */
static void parted_pairs(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const struct sockaddr none = { .sa_family = AF_UNSPEC };
	int box = listen_at(KEPT "/box", SOCK_DGRAM), pair[2];

	strcpy(to.sun_path, KEPT "/box");
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) ||
	    connect(pair[0], (void *)&to, sizeof(to)))
		bail("connect: %s", strerror(errno));
	expect(peer_of(pair[0]), -ENOTCONN,
	       "an end that is connected elsewhere");
	close(pair[0]);
	close(pair[1]);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) ||
	    connect(pair[0], &none, sizeof(none)))
		bail("connect: %s", strerror(errno));
	expect(peer_of(pair[0]), -ENOTCONN, "an end that is let go");
	close(pair[0]);
	close(pair[1]);
	close(box);
}

/* Who has no peer, or none that this could be told of. */
static void no_peers(int listener)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int tcp = inet_socket(SOCK_STREAM), udp = inet_socket(SOCK_DGRAM);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int box = listen_at(KEPT "/box", SOCK_DGRAM), pipes[2];
	struct child child;

	expect(peer_of(fd), -ENOTCONN, "a socket without a peer");
	expect(peer_of(listener), -ENOTCONN, "a listener");
	expect(peer_of(datagram), -ENOTCONN, "a datagram socket");
	strcpy(to.sun_path, KEPT "/box");
	if (connect(datagram, (void *)&to, sizeof(to)))
		bail("connect: %s", strerror(errno));
	expect(peer_of(datagram), -ENOTCONN,
	       "one that is connected: whoever takes it, nobody knows");
	expect(peer_of(tcp), -EOPNOTSUPP, "TCP");
	expect(peer_of(udp), -EOPNOTSUPP, "UDP");
	if (pipe(pipes))
		bail("pipe: %s", strerror(errno));
	expect(peer_of(pipes[0]), -ENOTSOCK, "a pipe");
	child_start(&child, "selftest-kept");
	expect(child_ask(&child, "put-peer 20 tcp 7411"), 0,
	       "an agent's connection");
	expect(child_peer_of(&child, 20), -EOPNOTSUPP, "by TCP");
	empty_ends();
	expect_rows(&child);
	close(fd);
	close(datagram);
	close(tcp);
	close(udp);
	close(box);
	close(pipes[0]);
	close(pipes[1]);
}

static void arguments(void)
{
	uint64_t values[4] = { ~0ULL, ~0ULL, ~0ULL, ~0ULL };
	socklen_t size = 0;
	struct child child;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	for (size = 0; size < 8; size += 3) {
		socklen_t given = size;

		expect(getsockopt(pair[0], SOL_SOCKET, SO_PEERAID, values,
				  &given) ? -errno : 0, -EINVAL,
		       "room for %u bytes", size);
	}
	check(values[0] == ~0ULL, "nothing was written");
	size = sizeof(values);
	expect(getsockopt(pair[0], SOL_SOCKET, SO_PEERAID, values, &size) ?
	       -errno : 0, 0, "more room than it takes");
	expect(size, 8, "is not all used");
	check(values[0] == me && values[1] == ~0ULL, "nor written to");
	size = -1;
	expect(getsockopt(pair[0], SOL_SOCKET, SO_PEERAID, values, &size) ?
	       -errno : 0, -EINVAL, "a length below 0");
	size = 8;
	expect(getsockopt(pair[0], SOL_SOCKET, SO_PEERAID, (void *)8, &size) ?
	       -errno : 0, -EFAULT, "nowhere to write to");
	expect(setsockopt(pair[0], SOL_SOCKET, SO_PEERAID, values, 8) ?
	       -errno : 0, -ENOPROTOOPT, "it is not to be set");
	expect(peer_of(pair[1]), me, "and is what it was");
	child_start(&child, "selftest-kept");
	child_ask(&child, "put-unix 20 stream " KEPT "/stream");
	expect(child_ask(&child, "be-peer 20"), -ENOPROTOOPT,
	       "nor by an agent");
	expect(child_ask(&child, "peeraid 20 4"), -EINVAL,
	       "too little room, of an agent");
	expect(child_ask(&child, "peeraid 20 16"), 0, "more, of an agent");
	expect(child.value, me, "tells the same");
	empty_ends();
	expect_rows(&child);
	close(pair[0]);
	close(pair[1]);
}

/* Tasks of no agent are nobody, root or not. */
static void legacy(int listener)
{
	unsigned long long aid = 0;
	FILE *file;
	int server;

	expect(hand("python3 -c 'import socket;"
		    " s = socket.socket(socket.AF_UNIX);"
		    " s.connect(\"" KEPT "/peer\");"
		    " a = s.getsockopt(1, 600, 8);"
		    " open(\"" KEPT "/seen\", \"w\").write("
		    "str(int.from_bytes(a, \"little\")))'"), 0,
	       "root outside any agent connects");
	server = accept_one(listener);
	expect(peer_of(server), AGENT_AID_LEGACY, "and is no agent");
	close(server);
	file = fopen(KEPT "/seen", "re");
	check(file && fscanf(file, "%llu", &aid) == 1 && aid == me,
	      "it sees who listens");
	if (file)
		fclose(file);
}

void test_peeraid(void)
{
	struct agent_attestation at;
	int listener, packets;

	make_things();
	attest(AGENT_AID_SELF, &at);
	me = at.aid;
	listener = listen_at(KEPT "/peer", SOCK_STREAM);
	connections("stream", listener);
	passed_listener(listener);
	pairs(SOCK_STREAM, "stream");
	pairs(SOCK_DGRAM, "datagram");
	pairs(SOCK_SEQPACKET, "packets");
	by_rings(listener);
	parted_pairs();
	no_peers(listener);
	arguments();
	if (hand_is_there())
		legacy(listener);
	else
		skip("no legacy root: tests/abi runs it", "a legacy peer");
	close(listener);
	packets = listen_at(KEPT "/peer", SOCK_SEQPACKET);
	connections("packet", packets);
	close(packets);
}
