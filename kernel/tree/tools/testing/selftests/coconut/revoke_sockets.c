// SPDX-License-Identifier: GPL-2.0
/* Sockets that go, and sockets that go on; see revoke.c. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "calls.h"
#include "chain.h"
#include "child.h"
#include "harness.h"
#include "revoke.h"
#include "rows.h"

/* The numbers of the agent's sockets: those to go and those to stay. */
static const char *const connected[] = {
	"put-peer 20 tcp 7401", "put-peer 21 tcp 7411",
	"put-peer 22 udp 7401", "put-peer 23 udp 7411",
	"put-corked 36 7401", "put-corked 37 7411",
	"put-own 24 tcp 7403", "put-own 25 tcp 7413",
	"put-own 26 udp 7403", "put-own 27 udp 7413",
	"put-unix 28 stream " TAKEN "/stream",
	"put-unix 29 stream " KEPT "/stream",
	"put-unix 30 dgram " TAKEN "/datagram",
	"put-unix 31 dgram " KEPT "/datagram",
	"by 20 send", "by 21 send", "by 22 send", "by 23 send", "by 28 send",
	"by 29 send", "by 30 send", "by 31 send",
};

static const struct attempt gone[] = {
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 write" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 peek" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 zerocopy" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 splice" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 sendfile" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 ring-send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 20 ring-recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 22 send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 22 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 36 send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 36 uncork" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 24 accept" },
	{ ECAPABILITY, 0, "by 24 listen" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 26 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 34 send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 34 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 28 send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 28 recv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 28 write" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 28 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 28 splice" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 28 ring-send" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 30 send" },
	{ ECAPABILITY, 0, "put-peer 40 tcp 7401" },
	{ ECAPABILITY, 0, "put-peer 40 udp 7401" },
	{ ECAPABILITY, 0, "put-own 40 tcp 7403" },
	{ ECAPABILITY, 0, "put-unix 40 stream " TAKEN "/stream" },
};

static const struct attempt going_on[] = {
	{ 0, 0, "by 21 send" },
	{ 0, 0, "by 21 recv" },
	{ 0, 0, "by 23 send" },
	{ 0, 0, "by 37 uncork" },
	{ 0, 0, "by 35 send" },
	{ 0, 0, "by 35 recv" },
	{ 0, 0, "by 29 send" },
	{ 0, 0, "by 29 recv" },
	{ 0, 0, "by 31 send" },
	{ EAGAIN, 0, "by 27 recv" },
	{ EAGAIN, 0, "by 21 recv" },
	{ EAGAIN, 0, "by 29 recv" },
	{ 0, 0, "put-peer 40 tcp 7411" },
	{ 0, 0, "put-peer 40 udp 7411" },
	{ 0, 0, "put-unix 40 stream " KEPT "/stream" },
};

/* The test's ends of all connections. */
struct peers {
	int taken;		/* of 20 */
	int kept;		/* of 21 */
	int came_taken;		/* to 24, which is 34 then */
	int came_kept;		/* to 25, which is 35 then */
	int unix_taken;		/* of 28 */
	int unix_kept;		/* of 29 */
};

static void part(const struct peers *peers)
{
	close(peers->taken);
	close(peers->kept);
	close(peers->came_taken);
	close(peers->came_kept);
	close(peers->unix_taken);
	close(peers->unix_kept);
	empty_ends();
}

static bool meet(struct victim *victim)
{
	struct peers *peers = victim->arg;

	*peers = (struct peers) {
		.taken = accept_tcp(true),
		.kept = accept_tcp(false),
		.came_taken = connect_tcp(TAKEN_OWN),
		.came_kept = connect_tcp(KEPT_OWN),
		.unix_taken = accept_unix(true),
		.unix_kept = accept_unix(false),
	};
	if (!child_ask(&victim->child, "put-accepted 34 24") &&
	    !child_ask(&victim->child, "put-accepted 35 25"))
		return true;
	part(peers);
	return false;
}

static long receive(int fd)
{
	char byte;
	long ret = recv(fd, &byte, 1, 0);

	return ret < 0 ? -errno : ret;
}

static void put_bytes(const struct peers *peers)
{
	if (send(peers->kept, "k", 1, MSG_NOSIGNAL) != 1 ||
	    send(peers->came_kept, "k", 1, MSG_NOSIGNAL) != 1 ||
	    send(peers->unix_kept, "k", 1, MSG_NOSIGNAL) != 1)
		bail("what is kept does not take a byte: %s", strerror(errno));
}

/* What the other side sees. */
static void see(const struct peers *peers)
{
	expect(receive(peers->taken), -ECONNRESET,
	       "who was connected to sees a reset");
	expect(receive(peers->came_taken), -ECONNRESET,
	       "and so does who had come");
	expect(receive(peers->kept), 1, "others go on");
	expect(receive(peers->came_kept), 1, "whoever has come first");
	expect(receive(peers->unix_kept), 1, "on unix sockets too");
}

static void sockets(enum way way)
{
	struct peers peers;
	struct victim victim = { .meet = meet, .arg = &peers };

	printf("# sockets, %s\n", way_names[way]);
	victim_start(&victim, "selftest-kept", way, connected,
		     ARRAY_SIZE(connected));
	/* What was sent before is read by nobody any more. */
	if (send(peers.unix_taken, "x", 1, 0) != 1)
		bail("send: %s", strerror(errno));
	receive(peers.taken);
	receive(peers.kept);
	receive(peers.unix_kept);
	victim_take(&victim);
	VICTIM_TRY(&victim, gone);
	if (way != ALL_AT_ONCE) {
		put_bytes(&peers);
		VICTIM_TRY(&victim, going_on);
		see(&peers);
	}
	part(&peers);
	expect_rows(&victim.child);
}

/* How many sockets a revocation says that it has taken. */
static void counted(void)
{
	static const struct {
		enum thing thing;
		const char *what;
		uint64_t files;
	} things[] = {
		{ THING_CONNECT, "connections and a UDP socket", 2 },
		{ THING_OWN, "a listener, who has come, a UDP socket", 3 },
		{ THING_UNIX, "unix sockets", 2 },
	};
	struct peers peers;
	struct victim victim = { .meet = meet, .arg = &peers };
	struct counts counts;
	size_t i;

	victim_start(&victim, "selftest-kept", BY_SPAWNER, connected,
		     ARRAY_SIZE(connected));
	for (i = 0; i < ARRAY_SIZE(things); i++) {
		revoke_counts(victim.child.aid, 0,
			      victim.handles[things[i].thing], &counts);
		expect_counts(&counts, (struct counts) {
			1, 1, things[i].files, 0,
		}, things[i].what);
	}
	part(&peers);
	expect_rows(&victim.child);
}

void revoke_sockets(void)
{
	enum way way;

	for (way = 0; way < WAYS; way++)
		sockets(way);
	counted();
}
