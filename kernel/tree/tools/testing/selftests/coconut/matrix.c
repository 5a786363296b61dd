// SPDX-License-Identifier: GPL-2.0
/*
 * The bypass matrix: operations by channels, each cell in both directions.
 *
 *	agent_test: everything below /tmp, the loopback's ports
 *	  |- selftest-matrix: everything in matrix/allowed, nothing in
 *	     matrix/denied; half of the ports; its own processes
 *
 * A denied cell gives ECAPABILITY, is one denial, and leaves the object as it
 * was; an allowed one works and is none.
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "calls.h"
#include "child.h"
#include "fds.h"
#include "harness.h"
#include "matrix_cells.h"
#include "rows.h"

static const char *const dirs[MATRIX_SIDES] = {
	[MATRIX_DENIED] = MATRIX "/denied",
	[MATRIX_ALLOWED] = MATRIX "/allowed",
};

static const char *const side_names[MATRIX_SIDES] = { "denied", "allowed" };

/* Who listens on each side, and what has come is told by them. */
static int tcp[MATRIX_SIDES], udp[MATRIX_SIDES], un[MATRIX_SIDES];

static struct child child;
static pid_t pids[MATRIX_SIDES];
static int pass_to;

static const char *in(enum matrix_side side, const char *name)
{
	static char path[2][128];
	static unsigned int turn;
	char *to = path[turn++ % 2];

	snprintf(to, sizeof(path[0]), "%s/%s", dirs[side], name);
	return to;
}

static void put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const size_t size = strlen(MATRIX_TEXT);

	if (fd < 0 || write(fd, MATRIX_TEXT, size) != (ssize_t)size)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

/* As it is before each cell. */
static void lay(enum matrix_side side)
{
	put(in(side, "file"));
	put(in(side, "gone"));
	put(in(side, "old"));
	chmod(in(side, "file"), 0644);
	removexattr(in(side, "file"), "user.matrix");
	unlink(in(side, "new"));
	unlink(in(side, "hard"));
	unlink(in(side, "moved"));
	rmdir(in(side, "made"));
}

static bool is_missing(enum matrix_side side, const char *name)
{
	return access(in(side, name), F_OK) && errno == ENOENT;
}

/* Return: whether the side is as lay() left it. */
static bool is_intact(enum matrix_side side)
{
	const ssize_t size = strlen(MATRIX_TEXT);
	char text[16];
	struct stat st;
	int fd = open(in(side, "file"), O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0 && !fstat(fd, &st) &&
		    st.st_mode == (S_IFREG | 0644) && st.st_nlink == 1 &&
		    fgetxattr(fd, "user.matrix", NULL, 0) < 0 &&
		    read(fd, text, sizeof(text)) == size &&
		    !memcmp(text, MATRIX_TEXT, size);

	if (fd >= 0)
		close(fd);
	return same && !is_missing(side, "gone") && !is_missing(side, "old") &&
	       is_missing(side, "new") && is_missing(side, "hard") &&
	       is_missing(side, "moved") && is_missing(side, "made");
}

static struct sockaddr_in inet_at(enum matrix_side side, int port)
{
	if (side == MATRIX_DENIED)
		port += MATRIX_DENIED_PORTS;
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

typedef int (*with_address)(int fd, const struct sockaddr *to, socklen_t size);

static int inet_socket(enum matrix_side side, int type, int port,
		       with_address act)
{
	struct sockaddr_in to = inet_at(side, port);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || (act(fd, (void *)&to, sizeof(to)) &&
		       errno != EINPROGRESS))
		bail("port %d: %s", ntohs(to.sin_port), strerror(errno));
	return fd;
}

static int unix_listener(enum matrix_side side)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", in(side, "sock"));
	unlink(at.sun_path);
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) || listen(fd, 128))
		bail("%s: %s", at.sun_path, strerror(errno));
	return fd;
}

static void make_side(enum matrix_side side)
{
	if (mkdir(dirs[side], 0755) || mkdir(in(side, "list"), 0755) ||
	    symlink("file", in(side, "sym")))
		bail("cannot make %s: %s", dirs[side], strerror(errno));
	copy_program("/usr/bin/true", in(side, "run"));
	lay(side);
	un[side] = unix_listener(side);
	tcp[side] = inet_socket(side, SOCK_STREAM, MATRIX_CONNECT_PORT, bind);
	if (listen(tcp[side], 128))
		bail("cannot listen: %s", strerror(errno));
	udp[side] = inet_socket(side, SOCK_DGRAM, MATRIX_CONNECT_PORT, bind);
}

/* Return: a new descriptor of a slot. */
static int open_slot(enum matrix_side side, enum matrix_slot slot)
{
	switch (slot) {
	case MATRIX_FILE:
		return open(in(side, "file"), O_RDWR | O_CLOEXEC);
	case MATRIX_LIST:
		return open(dirs[side], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case MATRIX_DIR:
		return open(dirs[side], O_PATH | O_DIRECTORY | O_CLOEXEC);
	case MATRIX_CODE:
		return open(in(side, "run"), O_RDONLY | O_CLOEXEC);
	case MATRIX_RUN:
		return open(in(side, "run"), O_PATH | O_CLOEXEC);
	case MATRIX_TCP:
		return inet_socket(side, SOCK_STREAM, MATRIX_CONNECT_PORT,
				   connect);
	case MATRIX_UDP:
		return inet_socket(side, SOCK_DGRAM, MATRIX_CONNECT_PORT,
				   connect);
	case MATRIX_BOUND:
		return inet_socket(side, SOCK_DGRAM, MATRIX_BIND_PORT, bind);
	case MATRIX_UNIX:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case MATRIX_PID:
		return syscall(SYS_pidfd_open, pids[side], 0);
	default:
		return -1;
	}
}

/* What there is but one of, is what the agent inherits or has lent. */
static void send_slot(enum matrix_side side, enum matrix_slot slot)
{
	const bool only = slot == MATRIX_BOUND ||
			  (slot == MATRIX_PID && side == MATRIX_ALLOWED);
	int fd = only ? dup(MATRIX_FD(side, slot)) : open_slot(side, slot);

	if (fd < 0 || send_fds(pass_to, &fd, 1))
		bail("cannot pass descriptor %d: %s", slot, strerror(errno));
	close(fd);
}

/* The numbers that the agent finds them at. */
static size_t open_slots(uint32_t *keep)
{
	size_t nr = 0;
	int side, slot, fd;

	for (side = 0; side < MATRIX_SIDES; side++) {
		for (slot = 0; slot < MATRIX_SLOTS; slot++) {
			const int at = MATRIX_FD(side, slot);

			fd = open_slot(side, slot);
			if (fd < 0 || dup2(fd, at) != at)
				bail("descriptor %d: %s", slot,
				     strerror(errno));
			close(fd);
			keep[nr++] = at;
		}
	}
	return nr;
}

/* What is not to be opened once more stays open here. */
static bool is_kept(uint32_t fd)
{
	return fd == MATRIX_FD(MATRIX_DENIED, MATRIX_BOUND) ||
	       fd == MATRIX_FD(MATRIX_ALLOWED, MATRIX_BOUND);
}

/*
 * The agent's own process, which it signals, is there only when the agent is,
 * and only the agent may open it: it lends it, to get it back as the others.
 */
static void borrow_pid(void)
{
	const int at = MATRIX_FD(MATRIX_ALLOWED, MATRIX_PID);
	int fd;

	if (child_ask(&child, "fork"))
		bail("the agent cannot fork");
	pids[MATRIX_ALLOWED] = child.value;
	if (child_ask(&child, "lend %d", pids[MATRIX_ALLOWED]))
		bail("the agent cannot open its own process");
	fd = receive_fd(pass_to);
	if (fd < 0 || dup2(fd, at) != at)
		bail("no process came: %s", strerror(errno));
	close(fd);
	send_slot(MATRIX_ALLOWED, MATRIX_PID);
	if (child_ask(&child, "take %d", at))
		bail("the agent cannot take it back");
}

static void start_child(void)
{
	uint32_t keep[MATRIX_SIDES * MATRIX_SLOTS + 1];
	int pair[2], err;
	size_t nr, i;

	pids[MATRIX_DENIED] = getpid();
	pids[MATRIX_ALLOWED] = getpid();
	nr = open_slots(keep);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
	    dup2(pair[1], MATRIX_PASS_FD) != MATRIX_PASS_FD)
		bail("socketpair: %s", strerror(errno));
	close(pair[1]);
	keep[nr++] = MATRIX_PASS_FD;
	pass_to = pair[0];
	if (chdir(dirs[MATRIX_DENIED]))
		bail("chdir: %s", strerror(errno));
	err = child_spawn_keep(&child, "selftest-matrix", keep, nr);
	if (err || chdir(BASE))
		bail("cannot spawn selftest-matrix: errno %d", -err);
	for (i = 0; i < nr; i++) {
		if (!is_kept(keep[i]))
			close(keep[i]);
	}
	borrow_pid();
}

static void stop_child(void)
{
	close(pass_to);
	close(MATRIX_FD(MATRIX_ALLOWED, MATRIX_PID));
	close(MATRIX_FD(MATRIX_DENIED, MATRIX_BOUND));
	close(MATRIX_FD(MATRIX_ALLOWED, MATRIX_BOUND));
}

/* A cell that ended the agent, or did not come back, is not to end the rest. */
static void begin_again(void)
{
	printf("# the agent is started again\n");
	child_destroy(&child);
	stop_child();
	start_child();
}

static int ask_cell(const struct matrix_row *row,
		    const struct matrix_column *column, enum matrix_side side)
{
	const bool named = !strcmp(column->name, "proc-fd");
	const enum matrix_slot slot = named ? row->named : row->slot;

	if (!strcmp(column->name, "passed"))
		send_slot(side, slot);
	return child_ask(&child, "cell %s %s %s %d %d", row->name,
			 column->name, side_names[side], pids[side], slot);
}

/* Return: whether it went as it should. */
static bool try_cell(const struct matrix_row *row,
		     const struct matrix_column *column, enum matrix_side side)
{
	const int want = side == MATRIX_DENIED ? -ECAPABILITY : 0;
	const long long before = denials_of(&child);
	const long long more = column->denials + (side == MATRIX_DENIED);
	bool good = true;
	long long found;
	int got;

	lay(MATRIX_ALLOWED);
	got = ask_cell(row, column, side);
	found = denials_of(&child) - before;
	if (found != more) {
		printf("# %lld denials, want %lld\n", found, more);
		good = false;
	}
	if (!is_intact(MATRIX_DENIED)) {
		printf("# what is denied has changed\n");
		lay(MATRIX_DENIED);
		good = false;
	}
	if (got != want)
		good = expect(got, want, "%s by %s: %s", row->name,
			      column->name, side_names[side]);
	else
		check(good, "%s by %s: %s", row->name, column->name,
		      side_names[side]);
	if (got == -EPIPE || got == -ETIMEDOUT)
		begin_again();
	return good;
}

static void try_all(char marks[MATRIX_ROWS][MATRIX_COLUMNS])
{
	size_t row, column;

	for (row = 0; row < MATRIX_ROWS; row++) {
		for (column = 0; column < MATRIX_COLUMNS; column++) {
			char *mark = &marks[row][column];
			int side;

			if (matrix_gap_at(row, column)) {
				*mark = '-';
				continue;
			}
			*mark = '+';
			for (side = 0; side < MATRIX_SIDES; side++) {
				if (!try_cell(&matrix_rows[row],
					      &matrix_columns[column], side))
					*mark = '!';
			}
		}
	}
}

/* Who listens on the denied side has heard of nobody but of the test. */
static void nothing_came(void)
{
	char byte;
	int fd = -1, own = 0;

	while ((fd = accept4(tcp[MATRIX_DENIED], NULL, NULL,
			     SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		check(recv(fd, &byte, 1, 0) <= 0,
		      "nothing came by a connection of the test");
		close(fd);
		own++;
	}
	expect(own, 2, "there are as many as were inherited and passed");
	expect(recv(udp[MATRIX_DENIED], &byte, 1, 0) < 0 ? -errno : 0, -EAGAIN,
	       "no datagram came");
	expect(accept(un[MATRIX_DENIED], NULL, NULL) < 0 ? -errno : 0, -EAGAIN,
	       "nobody came to the unix socket");
}

static void other_tables(void)
{
	expect(child_ask(&child, "int80"), 0, "int 0x80");
	expect(child.value, SIGSEGV, "is no way into the kernel");
	expect(child_ask(&child, "x32"), -ENOSYS, "x32 has no calls");
}

void test_matrix(void)
{
	static char marks[MATRIX_ROWS][MATRIX_COLUMNS];
	int side;

	if (mkdir(MATRIX, 0755))
		bail("cannot make " MATRIX ": %s", strerror(errno));
	for (side = 0; side < MATRIX_SIDES; side++)
		make_side(side);
	if (symlink(dirs[MATRIX_DENIED], in(MATRIX_ALLOWED, "to-denied")) ||
	    symlink(dirs[MATRIX_ALLOWED], in(MATRIX_ALLOWED, "to-allowed")))
		bail("symlink: %s", strerror(errno));
	start_child();
	try_all(marks);
	other_tables();
	nothing_came();
	child_ask(&child, "kill %d %d", pids[MATRIX_ALLOWED], SIGKILL);
	stop_child();
	expect_rows(&child);
	for (side = 0; side < MATRIX_SIDES; side++) {
		close(tcp[side]);
		close(udp[side]);
		close(un[side]);
	}
	matrix_print(marks);
}
