// SPDX-License-Identifier: GPL-2.0
/*
 * storm_child: one use after the other, of each kind that a revocation must
 * end. Each says whether it got through.
 */

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <netinet/in.h>

#include "calls.h"
#include "cbor.h"
#include "storm.h"
#include "storm_child.h"

#define FILE_PATH	STORM "/data/file"
#define PAUSE_US	200

/**
 * struct tools - what a thread keeps from one use to the next
 * @fd: a file or a socket, -1 for none
 * @map: a mapping, NULL for none
 * @pipe: what sendfile writes to
 */
struct tools {
	int fd;
	volatile char *map;
	int pipe[2];
};

static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t armed;

static void on_bus(int signal)
{
	(void)signal;
	if (!armed)
		_exit(99);
	armed = 0;
	siglongjmp(back, 1);
}

/* What is open stays open: it is the same file that is asked about. */
static bool have_file(struct tools *tools, int flags)
{
	if (tools->fd < 0)
		tools->fd = open(FILE_PATH, flags | O_CLOEXEC);
	return tools->fd >= 0;
}

static bool use_open(struct tools *tools)
{
	int fd = open(FILE_PATH, O_RDONLY | O_CLOEXEC);

	(void)tools;
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool use_pread(struct tools *tools)
{
	char byte;

	return have_file(tools, O_RDONLY) &&
	       pread(tools->fd, &byte, 1, 0) == 1;
}

static bool use_readv(struct tools *tools)
{
	char byte;
	struct iovec part = { &byte, 1 };

	return have_file(tools, O_RDONLY) &&
	       preadv(tools->fd, &part, 1, 0) == 1;
}

static bool use_sendfile(struct tools *tools)
{
	off_t from = 0;
	char byte;

	if (tools->pipe[0] < 0 && pipe2(tools->pipe, O_CLOEXEC))
		return false;
	return have_file(tools, O_RDONLY) &&
	       sendfile(tools->pipe[1], tools->fd, &from, 1) == 1 &&
	       read(tools->pipe[0], &byte, 1) == 1;
}

static volatile char *map_file(const struct tools *tools, int prot)
{
	void *map = mmap(NULL, 4096, prot, MAP_SHARED, tools->fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

static bool touch(volatile char *map, bool store)
{
	if (sigsetjmp(back, 1)) {
		errno = ECAPABILITY;
		return false;
	}
	armed = 1;
	if (store)
		map[1] = 'x';
	else
		(void)map[0];
	armed = 0;
	return true;
}

static bool use_mmap(struct tools *tools)
{
	volatile char *map;
	bool got;

	if (!have_file(tools, O_RDONLY))
		return false;
	map = map_file(tools, PROT_READ);
	if (!map)
		return false;
	got = touch(map, false);
	munmap((void *)map, 4096);
	return got;
}

static bool use_touch(struct tools *tools)
{
	if (!have_file(tools, O_RDONLY))
		return false;
	if (!tools->map)
		tools->map = map_file(tools, PROT_READ);
	return tools->map && touch(tools->map, false);
}

static bool use_pwrite(struct tools *tools)
{
	return have_file(tools, O_WRONLY) &&
	       pwrite(tools->fd, "y", 1, 2) == 1;
}

/* Nothing can be mapped for writing alone: this needs the right to read, too. */
static bool use_put(struct tools *tools)
{
	if (!have_file(tools, O_RDWR))
		return false;
	if (!tools->map)
		tools->map = map_file(tools, PROT_READ | PROT_WRITE);
	return tools->map && touch(tools->map, true);
}

static bool reach(struct tools *tools, int type)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(STORM_PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	const struct linger reset = { .l_onoff = 1 };

	if (tools->fd < 0)
		tools->fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	/* It leaves no trace behind, so that ports don't run out. */
	setsockopt(tools->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	return tools->fd >= 0 &&
	       !connect(tools->fd, (const void *)&to, sizeof(to));
}

static void drop(struct tools *tools)
{
	const int error = errno;

	if (tools->fd >= 0)
		close(tools->fd);
	tools->fd = -1;
	errno = error;
}

static bool use_udp_connect(struct tools *tools)
{
	return reach(tools, SOCK_DGRAM);
}

/* The one connection, for as long as it lives. */
static bool use_udp_send(struct tools *tools)
{
	if (tools->fd < 0 && !reach(tools, SOCK_DGRAM)) {
		drop(tools);
		return false;
	}
	return send(tools->fd, "x", 1, MSG_NOSIGNAL) == 1 ||
	       errno == ECONNREFUSED;
}

static bool use_tcp_connect(struct tools *tools)
{
	const bool got = reach(tools, SOCK_STREAM);

	drop(tools);
	return got;
}

/* One that was reset is made anew. */
static bool use_tcp_send(struct tools *tools)
{
	bool got;

	if (tools->fd < 0 && !reach(tools, SOCK_STREAM)) {
		drop(tools);
		return false;
	}
	got = send(tools->fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ||
	      errno == EAGAIN;
	if (!got)
		drop(tools);
	return got;
}

static bool use_unix_connect(struct tools *tools)
{
	const struct sockaddr_un to = {
		.sun_family = AF_UNIX,
		.sun_path = STORM "/sock/socket",
	};
	bool got;

	tools->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	got = tools->fd >= 0 && !connect(tools->fd, (const void *)&to,
					 sizeof(to));
	drop(tools);
	return got;
}

static bool use_present(struct tools *tools)
{
	const struct cbor cap = cap_bare(STORM_NAME);
	const long ret = present(AGENT_AID_SELF, cap.data, cap.size);

	(void)tools;
	errno = -ret;
	return !ret;
}

/* In the order of storm_kinds. */
static bool (*const uses[])(struct tools *tools) = {
	use_open,	 use_pread,	use_readv,	  use_sendfile,
	use_mmap,	 use_touch,	use_pwrite,	  use_put,
	use_udp_connect, use_udp_send,	use_tcp_connect,  use_tcp_send,
	use_unix_connect, use_present,
};

/* Of storm_kinds. */
enum { OPEN = 0, PREAD = 1, TOUCH = 5 };

/*
 * What began and ended in one epoch is judged; the rest has raced, and may
 * have come out either way.
 */
void storm_judge(struct storm_user *user, uint32_t before, uint32_t after,
		 bool got, int error)
{
	if (before != after)
		return;
	if (storm_phase(before) == STORM_REVOKED) {
		if (got)
			user->bad++;
		else
			user->refused++;
		user->seen = before;
	} else if (storm_phase(before) == STORM_HELD) {
		if (got)
			user->done++;
		else if (error == ECAPABILITY)
			user->lost++;
		if (got)
			user->seen = before;
	}
}

static void attempt(struct storm *storm, struct storm_user *user,
		    struct tools *tools, uint32_t kind)
{
	const atomic_uint *epoch = &storm->epoch[storm_kinds[kind].thing];
	const atomic_uint *also = &storm->epoch[storm_kinds[kind].also];
	uint32_t before = *epoch, also_before;
	int error;
	bool got;

	/*
	 * Who has seen this epoch leaves the others their turn. Each refusal
	 * is a row: one for each revocation will do.
	 */
	if (user->seen == before) {
		usleep(PAUSE_US);
		if (storm_phase(before) == STORM_REVOKED)
			return;
		before = *epoch;
	}
	also_before = *also;
	got = uses[kind](tools);
	error = errno;
	if (storm_phase(also_before) != STORM_HELD || *also != also_before)
		error = 0;
	storm_judge(user, before, *epoch, got, error);
}

static void put_away(struct tools *tools)
{
	if (tools->map)
		munmap((void *)tools->map, 4096);
	drop(tools);
	if (tools->pipe[0] >= 0) {
		close(tools->pipe[0]);
		close(tools->pipe[1]);
	}
}

void storm_use(struct storm *storm, uint32_t kind, uint32_t number)
{
	struct tools tools = { .fd = -1, .pipe = { -1, -1 } };
	struct storm_user *user = &storm->users[number];

	signal(SIGBUS, on_bus);
	user->kind = kind;
	while (!storm->stop)
		attempt(storm, user, &tools, kind);
	put_away(&tools);
}

void storm_use_for_a_while(struct storm *storm, uint32_t number)
{
	struct tools tools = { .fd = -1, .pipe = { -1, -1 } };
	struct storm_user *user = &storm->users[number];
	int times;

	signal(SIGBUS, on_bus);
	for (times = 0; times < 100 && !storm->stop; times++) {
		attempt(storm, user, &tools, OPEN);
		attempt(storm, user, &tools, TOUCH);
	}
	put_away(&tools);
}

static struct tools held = { .fd = -1, .pipe = { -1, -1 } };

bool storm_held_open(struct storm *storm)
{
	signal(SIGBUS, on_bus);
	return storm_phase(storm->epoch[STORM_READ]) == STORM_HELD &&
	       use_touch(&held);
}

void storm_use_held(struct storm *storm, uint32_t number)
{
	struct storm_user *user = &storm->users[number];
	struct storm_user *other = &storm->users[number + STORM_THREADS / 2];
	int times;

	user->kind = TOUCH;
	other->kind = PREAD;
	for (times = 0; times < 100 && !storm->stop; times++) {
		attempt(storm, user, &held, TOUCH);
		attempt(storm, other, &held, PREAD);
	}
}
