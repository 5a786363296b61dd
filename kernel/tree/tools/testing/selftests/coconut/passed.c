// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors passed on are decided in the name of who has them.
 *
 *	agent_test: everything below /tmp, the loopback's ports
 *	  |- selftest-passed: all of passed/allowed, reading passed/half; the
 *	  |  connection to port 7201 and the port 7203; /proc
 *	  |- selftest-tracer: the same, and proc.trace of itself
 */

#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "calls.h"
#include "child.h"
#include "fds.h"
#include "harness.h"
#include "passed.h"
#include "rows.h"

static const struct {
	int number;
	const char *path;
	int flags;
} files[] = {
	{ HALF_READ, PASSED "/half/file", O_RDONLY },
	{ HALF_BOTH, PASSED "/half/file", O_RDWR },
	{ HALF_PATH, PASSED "/half/file", O_PATH },
	{ DENIED_BOTH, PASSED "/denied/file", O_RDWR },
	{ DENIED_LIST, PASSED "/denied", O_RDONLY | O_DIRECTORY },
	{ DENIED_PATH, PASSED "/denied", O_PATH | O_DIRECTORY },
	{ ALLOWED_BOTH, PASSED "/allowed/file", O_RDWR },
	{ TEST_PROC, "/proc/self", O_RDONLY | O_DIRECTORY },
};

/*
 * 100 HALF_READ, 101 HALF_BOTH, 102 HALF_PATH, 103 DENIED_BOTH,
 * 104 DENIED_LIST, 105 DENIED_PATH, 106 ALLOWED_BOTH, 107 TEST_PID,
 * 108 TEST_PROC
 */
static const struct attempt by_descriptor[] = {
	{ 0, 0, "on 100 read" },
	{ EBADF, 0, "on 100 write" },
	{ 0, 0, "on 101 read" },
	{ ECAPABILITY, 0, "on 101 write" },
	{ EBADF, 0, "on 102 read" },
	{ ECAPABILITY, 0, "on 103 read" },
	{ ECAPABILITY, 0, "on 103 write" },
	{ ECAPABILITY, 0, "on 103 fstat" },
	{ ECAPABILITY, 0, "on 103 fchmod" },
	{ ECAPABILITY, 0, "on 103 fchown" },
	{ ECAPABILITY, 0, "on 103 futimens" },
	{ ECAPABILITY, 0, "on 103 ftruncate" },
	{ ECAPABILITY, 0, "on 103 fallocate" },
	{ ECAPABILITY, 0, "on 103 fgetxattr" },
	{ ECAPABILITY, 0, "on 103 flistxattr" },
	{ ECAPABILITY, 0, "on 103 fsetxattr" },
	{ ECAPABILITY, 0, "on 103 fremovexattr" },
	{ ECAPABILITY, 0, "on 103 setflags" },
	{ ECAPABILITY, 0, "on 104 getdents" },
	{ ECAPABILITY, 0, "in 104 file" },
	{ ECAPABILITY, 0, "in 104 nothing" },
	{ ECAPABILITY, 0, "in 105 file" },
	{ ECAPABILITY, 0, "in 105 nothing" },
	{ 0, 0, "on 106 read" },
	{ 0, 0, "on 106 write" },
	{ 0, 0, "on 106 fstat" },
	{ 0, 0, "on 106 fchmod" },
	{ 0, 0, "on 106 fchown" },
	{ 0, 0, "on 106 futimens" },
	{ 0, 0, "on 106 ftruncate" },
	{ 0, 0, "on 106 fallocate" },
	{ ENODATA, 0, "on 106 fgetxattr" },
	{ 0, 0, "on 106 flistxattr" },
	{ 0, 0, "on 106 fsetxattr" },
	{ 0, 0, "on 106 fremovexattr" },
	{ 0, 0, "on 106 setflags" },
	{ ECAPABILITY, 0, "getfdby 107 0" },
	{ ENOENT, 0, "in 108 status" },
	{ ENOENT, 0, "in 108 cmdline" },
	{ ENOENT, 0, "in 108 fd" },
	{ ENOENT, 0, "in 108 mem" },
};

static const struct attempt reopening[] = {
	{ 0, 0, "reopen 100 r" },
	{ ECAPABILITY, 0, "reopen 100 w" },
	{ ECAPABILITY, 0, "reopen 100 rw" },
	{ 0, 0, "reopen 101 r" },
	{ ECAPABILITY, 0, "reopen 101 rw" },
	{ 0, 0, "reopen 102 r" },
	{ ECAPABILITY, 0, "reopen 102 rw" },
	{ ECAPABILITY, 0, "reopen 103 r" },
	{ ECAPABILITY, 0, "reopen 103 rw" },
	{ ECAPABILITY, 0, "reopen 104 r" },
	{ ECAPABILITY, 0, "reopen 105 r" },
	{ 0, 0, "reopen 106 rw" },
};

void put_at(int fd, int number)
{
	if (fd < 0 || dup2(fd, number) != number)
		bail("descriptor %d: %s", number, strerror(errno));
	close(fd);
}

static size_t put_all(uint32_t *keep)
{
	size_t i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		put_at(open(files[i].path, files[i].flags), files[i].number);
	put_at(syscall(SYS_pidfd_open, getpid(), 0), TEST_PID);
	put_sockets();
	for (i = HALF_READ; i <= LAST_INHERITED; i++)
		keep[nr++] = i;
	return nr;
}

static void make_file(const char *dir)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), PASSED "/%s", dir);
	if (mkdir(path, 0755))
		bail("cannot make %s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), PASSED "/%s/file", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, "text\n", 5) != 5)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

/* What a spawner has open is its own, unless it says otherwise. */
static void what_survives(void)
{
	const uint32_t keep[] = { 62, 900 };
	const int numbers[] = { 60, 61, 62, 63, 900, 901 };
	struct child child;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		fd = open(PASSED "/allowed/file", O_RDONLY);
		put_at(fd, numbers[i]);
	}
	child_start(&child, "selftest-passed");
	child_ask(&child, "descriptors");
	expect(child.value, 3, "three descriptors, where none is to be kept");
	child_end(&child);
	if (child_spawn_keep(&child, "selftest-passed", keep, 2))
		bail("cannot spawn selftest-passed");
	child_ask(&child, "descriptors");
	expect(child.value, 5, "and those that are");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		expect(child_ask(&child, "on %d is-open", numbers[i]),
		       numbers[i] == 62 || numbers[i] == 900 ? 0 : -EBADF,
		       "descriptor %d", numbers[i]);
	expect(child_ask(&child, "on 62 read"), 0, "it is of use");
	expect(child_ask(&child, "reexec"), 0, "a second exec");
	child_ask(&child, "descriptors");
	expect(child.value, 5, "closes none");
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		close(numbers[i]);
	expect_rows(&child);
}

static void close_inherited(void)
{
	int fd;

	for (fd = HALF_READ; fd <= LAST_INHERITED; fd++)
		close(fd);
}

/**
 * struct parcel - descriptors sent in one message
 * @what: the test's name for it
 * @fds: which, ended by -1
 * @arrive: how many of them reach the agent
 */
struct parcel {
	const char *what;
	int fds[PASSED_MANY + 1];
	int arrive;
};

static void send_parcel(int to, const int *fds)
{
	size_t count = 0;

	while (fds[count] >= 0)
		count++;
	if (send_fds(to, fds, count))
		bail("sendmsg: %s", strerror(errno));
}

static void take_parcels(struct child *child, int to)
{
	int pipes[2], memory = memfd_create("passed", MFD_CLOEXEC);
	int event = eventfd(0, EFD_CLOEXEC);
	const struct parcel parcels[] = {
		{ "a file to read", { HALF_READ, -1 }, 1 },
		{ "a file to read and write, where reading is allowed",
		  { HALF_BOTH, -1 }, 0 },
		{ "a file", { DENIED_BOTH, -1 }, 0 },
		{ "a directory", { DENIED_LIST, -1 }, 0 },
		{ "an allowed file", { ALLOWED_BOTH, -1 }, 1 },
		{ "a file behind an allowed one",
		  { ALLOWED_BOTH, DENIED_BOTH, -1 }, 1 },
		{ "a file before an allowed one",
		  { DENIED_BOTH, ALLOWED_BOTH, -1 }, 0 },
		{ "allowed ones", { HALF_READ, ALLOWED_BOTH, HALF_PATH, -1 },
		  3 },
		{ "a pipe, a memory file, an event, a socket",
		  { pipe2(pipes, O_CLOEXEC) ? -1 : pipes[0], memory, event,
		    UNIX_PAIR, -1 }, 4 },
	};
	static const char *const ways[] = { "plain", "ring" };
	size_t i, way;

	for (i = 0; i < ARRAY_SIZE(parcels); i++) {
		const bool whole = parcels[i].fds[parcels[i].arrive] < 0;

		for (way = 0; way < ARRAY_SIZE(ways); way++) {
			long long before = denials_of(child);

			send_parcel(to, parcels[i].fds);
			child_ask(child, "receive %s", ways[way]);
			expect(child->value, parcels[i].arrive, "%s, %s",
			       parcels[i].what, ways[way]);
			expect(denials_of(child) - before, !whole,
			       "denials of it");
		}
	}
	close(pipes[0]);
	close(pipes[1]);
	close(memory);
	close(event);
}

static void take_with_care(struct child *child, int to)
{
	const int denied[] = { DENIED_BOTH, -1 }, half[] = { HALF_READ, -1 };
	const int path[] = { DENIED_PATH, -1 };

	send_parcel(to, denied);
	child_ask(child, "receive peek");
	expect(child->value, 0, "a file is not to be peeked at");
	child_ask(child, "receive plain");
	expect(child->value, 0, "nor taken then");
	send_parcel(to, half);
	child_ask(child, "receive peek");
	expect(child->value, 1, "an allowed one is");
	child_ask(child, "receive plain");
	expect(child->value, 1, "and taken then");
	expect(child_ask(child, "on %d read", PASSED_LAST), 0, "it is read");
	expect(child_ask(child, "on %d write", PASSED_LAST), -EBADF,
	       "and not open to write");
	expect(child_ask(child, "reopen %d rw", PASSED_LAST), -ECAPABILITY,
	       "nor to be opened so");
	send_parcel(to, path);
	child_ask(child, "receive plain");
	expect(child_ask(child, "in %d file", PASSED_LAST), -ECAPABILITY,
	       "a directory's place leads to no file");
	send_parcel(to, half);
	child_ask(child, "receive plain");
	expect(child_ask(child, "on %d read", PASSED_LAST), 0, "open");
	cap_revoke(child->aid, AGENT_REVOKE_ALL, 0, NULL);
	expect(child_ask(child, "on %d read", PASSED_LAST), -ECAPABILITY,
	       "and closed by a revocation");
}

static void passed_on(void)
{
	uint32_t keep[LAST_INHERITED - HALF_READ + 2];
	size_t nr = put_all(keep);
	struct child child;
	pid_t keeper;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	put_at(pair[1], PASSED_SOCKET);
	keep[nr++] = PASSED_SOCKET;
	if (child_spawn_keep(&child, "selftest-passed", keep, nr))
		bail("cannot spawn selftest-passed");
	close(PASSED_SOCKET);
	RUN_ATTEMPTS(&child, PASSED, by_descriptor);
	RUN_ATTEMPTS(&child, PASSED, reopening);
	use_sockets(&child);
	use_listeners(&child);
	expect(child_ask(&child, "getfd %d 0", getpid()), -ECAPABILITY,
	       "another agent's descriptor");
	child_ask(&child, "keeper");
	keeper = child.value;
	expect(child_ask(&child, "getfd %d %d", keeper, HALF_READ),
	       -ECAPABILITY, "its own task's, without proc.trace");
	child_ask(&child, "kill %d %d", keeper, SIGKILL);
	take_parcels(&child, pair[0]);
	take_with_care(&child, pair[0]);
	close(pair[0]);
	close_inherited();
	expect_rows(&child);
}

/* With proc.trace of itself: its own tasks, and what may be received. */
static void taken(void)
{
	uint32_t keep[LAST_INHERITED - HALF_READ + 1];
	size_t nr = put_all(keep);
	struct child child;
	pid_t keeper;

	if (child_spawn_keep(&child, "selftest-tracer", keep, nr))
		bail("cannot spawn selftest-tracer");
	if (child_ask(&child, "keeper"))
		bail("the agent cannot fork");
	keeper = child.value;
	expect(child_ask(&child, "getfd %d %d", keeper, HALF_READ), 0,
	       "a file of its own task");
	expect(child_ask(&child, "on %d read", PASSED_LAST), 0, "is read");
	expect(child_ask(&child, "getfd %d %d", keeper, DENIED_BOTH),
	       -ECAPABILITY, "what its task could not use");
	expect(child_ask(&child, "getfd %d %d", keeper, HALF_BOTH),
	       -ECAPABILITY, "nor open for more than is allowed");
	expect(child_ask(&child, "getfd %d 0", getpid()), -ECAPABILITY,
	       "a task that is not its own");
	expect(child_ask(&child, "getfdby %d 0", TEST_PID), -ECAPABILITY,
	       "nor by a descriptor of that");
	expect(child_ask(&child, "in %d status", TEST_PROC), -ENOENT,
	       "nor by its directory");
	child_ask(&child, "kill %d %d", keeper, SIGKILL);
	close_inherited();
	expect_rows(&child);
}

/*
 * Its thread would do what an agent asks for in the name of who made it, so a
 * ring does not come along, to be kept or not.
 */
static void rings(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL };
	const uint32_t keep[] = { 120 };
	struct child child;

	put_at(syscall(SYS_io_uring_setup, 1, &params), 120);
	put_at(open("/dev/null", O_RDONLY), 121);
	if (child_spawn_keep(&child, "selftest-passed", keep, 1))
		bail("cannot spawn selftest-passed");
	close(120);
	expect(child_ask(&child, "ringby 120 121"), -EBADF,
	       "a ring of its spawner's does nothing");
	expect(fcntl(121, F_GETFD) < 0 ? -errno : 0, 0,
	       "to what its spawner has open");
	close(121);
	expect_rows(&child);
}

void test_passed(void)
{
	if (mkdir(PASSED, 0755))
		bail("cannot make " PASSED ": %s", strerror(errno));
	make_file("allowed");
	make_file("half");
	make_file("denied");
	what_survives();
	passed_on();
	taken();
	rings();
}
