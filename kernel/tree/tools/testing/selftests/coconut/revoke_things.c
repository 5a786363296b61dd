// SPDX-License-Identifier: GPL-2.0
/* What is taken and what is kept; see revoke.h. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <linux/agent_core.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "harness.h"
#include "revoke.h"

#define PAGES	8

const char *const way_names[WAYS] = {
	"by its spawner", "all at once", "by itself", "by time",
};

static struct {
	int tcp;
	int udp;
	int stream;
	int datagram;
} ends[2];

static const char *const dirs[2] = { KEPT, TAKEN };
static const int ports[2] = { KEPT_PORT, TAKEN_PORT };

static int serve_inet(int type, int port)
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
	    (type == SOCK_STREAM && listen(fd, 16)))
		bail("port %d: %s", port, strerror(errno));
	return fd;
}

static int serve_unix(int type, const char *dir, const char *name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", dir, name);
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) ||
	    (type == SOCK_STREAM && listen(fd, 16)))
		bail("%s: %s", at.sun_path, strerror(errno));
	return fd;
}

static void make_pages(const char *path)
{
	static char page[4096];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), i;

	memset(page, 'p', sizeof(page));
	for (i = 0; i < PAGES; i++) {
		if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page))
			bail("cannot make %s: %s", path, strerror(errno));
	}
	close(fd);
}

static void make_side(bool taken)
{
	static const char *const files[] = { "file", "other" };
	static const char *const pipes[] = { "fifo", "fifo2", "fifo3" };
	char path[64];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[taken], files[i]);
		make_pages(path);
	}
	for (i = 0; i < ARRAY_SIZE(pipes); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[taken], pipes[i]);
		if (mkfifo(path, 0644))
			bail("cannot make %s: %s", path, strerror(errno));
	}
	snprintf(path, sizeof(path), "%s/code", dirs[taken]);
	copy_program("/usr/bin/true", path);
	ends[taken].tcp = serve_inet(SOCK_STREAM, ports[taken]);
	ends[taken].udp = serve_inet(SOCK_DGRAM, ports[taken]);
	ends[taken].stream = serve_unix(SOCK_STREAM, dirs[taken], "stream");
	ends[taken].datagram = serve_unix(SOCK_DGRAM, dirs[taken], "datagram");
}

void make_things(void)
{
	static bool made;

	if (made)
		return;
	made = true;
	make_side(false);
	make_side(true);
}

int accept_tcp(bool taken)
{
	return accept4(ends[taken].tcp, NULL, NULL, SOCK_CLOEXEC);
}

int accept_unix(bool taken)
{
	return accept4(ends[taken].stream, NULL, NULL, SOCK_CLOEXEC);
}

int udp_of(bool taken)
{
	return ends[taken].udp;
}

int datagrams_of(bool taken)
{
	return ends[taken].datagram;
}

void empty_ends(void)
{
	char byte;
	int side, fd;

	for (side = 0; side < 2; side++) {
		while ((fd = accept_tcp(side)) >= 0)
			close(fd);
		while ((fd = accept_unix(side)) >= 0)
			close(fd);
		while (recv(ends[side].udp, &byte, 1, 0) >= 0)
			;
		while (recv(ends[side].datagram, &byte, 1, 0) >= 0)
			;
	}
}

int connect_tcp(int port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (void *)&to, sizeof(to)))
		bail("port %d: %s", port, strerror(errno));
	return fd;
}

static void grant_things(struct victim *victim)
{
	struct cbor caps[THINGS] = {
		[THING_READ] = cap_path("fs.read", TAKEN),
		[THING_WRITE] = cap_path("fs.write", TAKEN),
		[THING_EXEC] = cap_path("fs.exec", TAKEN),
		[THING_UNIX] = cap_path("unix.connect", TAKEN),
		[THING_CONNECT] = cap_ipv4("net.connect", 1, TAKEN_PORT),
		[THING_OWN] = cap_ipv4("net.bind", 1, TAKEN_OWN),
		[THING_IPC] = cap_relation("ipc", AGENT_REL_SELF),
	};
	size_t i;

	for (i = 0; i < THINGS; i++) {
		if (victim->lifetime)
			cap_add_uint(&caps[i], AGENT_CAP_LIFETIME_KEY,
				     victim->lifetime);
		victim->handles[i] = must_grant(victim->child.aid, &caps[i]);
	}
}

/* Return: false when what was granted has ended before all was done. */
static bool prepare(struct victim *victim, const char *const *lines,
		    size_t count)
{
	size_t i;
	int ret;

	for (i = 0; i < count; i++) {
		ret = child_ask(&victim->child, "%s", lines[i]);
		if (ret == -EPIPE || ret == -ETIMEDOUT)
			bail("the agent did not come back from %s", lines[i]);
		if (victim->lifetime && ret)
			return false;
		if (ret)
			bail("%s: errno %d", lines[i], -ret);
	}
	if (victim->meet && !victim->meet(victim)) {
		if (!victim->lifetime)
			bail("the agent cannot be met");
		return false;
	}
	return !victim->lifetime ||
	       find_cap(victim->child.aid, AGENT_CAP_FS_READ, TAKEN, NULL);
}

void victim_start(struct victim *victim, const char *manifest, enum way way,
		  const char *const *lines, size_t count)
{
	victim->way = way;
	victim->lifetime = way == BY_TIME ? 1 : 0;
	for (;;) {
		if (child_spawn_keep(&victim->child, manifest, victim->keep,
				     victim->nr_keep))
			bail("cannot spawn %s", manifest);
		grant_things(victim);
		if (prepare(victim, lines, count))
			return;
		child_destroy(&victim->child);
		victim->lifetime *= 2;
		if (victim->lifetime > 64)
			bail("a minute is not enough to prepare");
	}
}

void victim_take_one(struct victim *victim, enum thing thing)
{
	const uint64_t handle = victim->handles[thing];
	long ret;

	if (victim->way == BY_ITSELF)
		ret = child_ask(&victim->child, "revoke %llu 0 %llu",
				AGENT_AID_SELF, (unsigned long long)handle);
	else
		ret = cap_revoke(victim->child.aid, 0, handle, NULL);
	if (ret)
		bail("%s: errno %ld", way_names[victim->way], -ret);
}

/* The bundle lists what it holds; what has ended is no more of it. */
static void await_end(struct victim *victim)
{
	int tries;

	for (tries = 0; tries < 8000; tries++) {
		if (!find_cap(victim->child.aid, AGENT_CAP_FS_READ, TAKEN,
			      NULL) &&
		    !find_cap(victim->child.aid, AGENT_CAP_IPC, NULL, NULL))
			return;
		usleep(10000);
	}
	bail("what was granted for a time does not end");
}

void victim_take(struct victim *victim)
{
	enum thing thing;

	if (victim->way == BY_TIME) {
		await_end(victim);
	} else if (victim->way == ALL_AT_ONCE) {
		if (cap_revoke(victim->child.aid, AGENT_REVOKE_ALL, 0, NULL))
			bail("all at once: %s", strerror(errno));
	} else {
		for (thing = 0; thing < THINGS; thing++)
			victim_take_one(victim, thing);
	}
}

void victim_try(struct victim *victim, const struct attempt *attempts,
		size_t count)
{
	struct attempt attempt;
	size_t i;

	for (i = 0; i < count; i++) {
		attempt = attempts[i];
		if (victim->way == BY_TIME)
			attempt.reason = 0;
		run_attempts(&victim->child, "", &attempt, 1);
	}
}
