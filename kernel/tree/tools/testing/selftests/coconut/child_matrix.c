// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: the cells of the bypass matrix.
 *
 * A channel is a set of calls, a way to name the object, and a task to be in.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "child_matrix.h"
#include "child_ops.h"
#include "fds.h"
#include "matrix.h"

unsigned long matrix_how;

/* The words of a cell. */
enum {
	WORD_OP, WORD_CHANNEL, WORD_SIDE, WORD_PID, WORD_SLOT, WORDS
};

static const char *side_of(const struct target *t)
{
	return t->allowed ? "allowed" : "denied";
}

/*
 * How a channel names a file of a side; dir/name, or dir alone when there is
 * no name.
 */
static void join(char *to, size_t size, const char *dir, const char *name)
{
	snprintf(to, size, "%s%s%s", dir, *name ? "/" : "", name);
}

static void name_plain(const struct target *t, char *dir, size_t size)
{
	snprintf(dir, size, MATRIX "/%s", side_of(t));
}

static void name_root(const struct target *t, char *dir, size_t size)
{
	snprintf(dir, size, "/proc/self/root" MATRIX "/%s", side_of(t));
}

static void name_proc_cwd(const struct target *t, char *dir, size_t size)
{
	(void)t;
	snprintf(dir, size, "/proc/self/cwd");
}

static void name_cwd(const struct target *t, char *dir, size_t size)
{
	(void)t;
	snprintf(dir, size, ".");
}

static void name_symlink(const struct target *t, char *dir, size_t size)
{
	snprintf(dir, size, MATRIX "/allowed/to-%s", side_of(t));
}

static void name_dotdot(const struct target *t, char *dir, size_t size)
{
	snprintf(dir, size, MATRIX "/allowed/list/../../%s", side_of(t));
}

static void name_proc_fd(const struct target *t, char *dir, size_t size)
{
	snprintf(dir, size, "/proc/self/fd/%d", t->held);
}

static int in_place(const struct matrix_op *op, struct target *t)
{
	return op->run(t);
}

/* An exit status holds every errno that there is; the rest is a mistake. */
static void __attribute__((noreturn)) leave(int error)
{
	_exit(error < 255 ? error : 255);
}

static int status_of(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, __WALL) < 0 || !WIFEXITED(status))
		return EPROTO_OP;
	return WEXITSTATUS(status) == 255 ? EPROTO_OP : WEXITSTATUS(status);
}

static int in_fork(const struct matrix_op *op, struct target *t)
{
	pid_t pid = fork();

	if (!pid)
		leave(op->run(t));
	return status_of(pid);
}

/* The image once more, which does the cell and exits with its errno. */
static int in_program(const struct matrix_op *op, struct target *t)
{
	char pid_word[16];
	char *const argv[] = {
		CHILD_IMAGE, "cell", (char *)op->name, "direct",
		(char *)side_of(t), pid_word, "0", NULL,
	};
	pid_t pid;

	snprintf(pid_word, sizeof(pid_word), "%d", t->pid);
	pid = fork();
	if (!pid) {
		execv(CHILD_IMAGE, argv);
		leave(EPROTO_OP);
	}
	return status_of(pid);
}

/**
 * struct work - what another task is to do
 * @op: this
 * @t: to that
 * @error: and what came of it
 */
struct work {
	const struct matrix_op *op;
	struct target *t;
	int error;
};

static void *thread_main(void *arg)
{
	struct work *work = arg;

	work->error = work->op->run(work->t);
	return NULL;
}

static int in_thread(const struct matrix_op *op, struct target *t)
{
	struct work work = { op, t, EPROTO_OP };
	pthread_t thread;

	if (pthread_create(&thread, NULL, thread_main, &work))
		return EPROTO_OP;
	pthread_join(thread, NULL);
	return work.error;
}

static int clone_main(void *arg)
{
	thread_main(arg);
	return 0;
}

/* Shares the memory, and neither files nor directories nor handlers. */
static int in_clone(const struct matrix_op *op, struct target *t)
{
	const size_t size = 256 << 10;
	struct work work = { op, t, EPROTO_OP };
	char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	int status;

	if (stack == MAP_FAILED)
		return EPROTO_OP;
	status = status_of(clone(clone_main, stack + size,
				 CLONE_VM | CLONE_VFORK | SIGCHLD, &work));
	munmap(stack, size);
	return status ? EPROTO_OP : work.error;
}

/* The answer of a cell whose channel is itself to be denied, and was not. */
#define NOT_DENIED	254

/* A user namespace has root's powers inside: no agent gets one. */
static int userns_main(const struct matrix_op *op, struct target *t)
{
	long pid;

	if (!unshare(CLONE_NEWUSER) || errno != ECAPABILITY)
		return NOT_DENIED;
	pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);
	if (!pid)
		_exit(0);
	if (pid > 0 || errno != ECAPABILITY)
		return NOT_DENIED;
	return op->run(t);
}

static int in_userns(const struct matrix_op *op, struct target *t)
{
	pid_t pid = fork();

	if (!pid)
		leave(userns_main(op, t));
	return status_of(pid);
}

/* The spawner left us in the denied directory; the other we may go to. */
static int in_directory(const struct matrix_op *op, struct target *t)
{
	pid_t pid = fork();

	if (!pid)
		leave(t->allowed && chdir(MATRIX "/allowed") ? EPROTO_OP :
		      op->run(t));
	return status_of(pid);
}

/* How a channel comes by a descriptor from the spawner. */
enum held {
	HELD_NONE,
	HELD_INHERITED,
	HELD_PASSED,
};

/**
 * struct channel - one way to an object
 * @name: as the test calls it
 * @calls: what does the operation
 * @name_dir: names the directory of the object; NULL is the descriptor held
 * @inside: the task that does it
 * @how: for matrix_how
 * @held: whether there is a descriptor from the spawner
 */
struct channel {
	const char *name;
	const struct calls *calls;
	void (*name_dir)(const struct target *t, char *dir, size_t size);
	int (*inside)(const struct matrix_op *op, struct target *t);
	unsigned long how;
	enum held held;
};

#define PLAIN(word, calls, how) \
	{ word, calls, name_plain, in_place, how, HELD_NONE }
#define NAMED(word, name, inside, held) \
	{ word, &libc_calls, name, inside, 0, held }
#define HELD(word, calls, held) \
	{ word, calls, NULL, in_place, 0, held }

static const struct channel channels[] = {
	PLAIN("direct", &libc_calls, 0),
	PLAIN("raw", &raw_calls, 0),
	PLAIN("openat2", &openat2_calls,
	      RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
	PLAIN("beneath", &openat2_calls, RESOLVE_BENEATH),
	PLAIN("in-root", &openat2_calls, RESOLVE_IN_ROOT),
	PLAIN("io_uring", &ring_calls, RING_INLINE),
	PLAIN("uring-worker", &ring_calls, RING_WORKER),
	PLAIN("uring-sqpoll", &ring_calls, RING_POLLER),
	HELD("inherited", &held_calls, HELD_INHERITED),
	HELD("passed", &held_calls, HELD_PASSED),
	HELD("mmap", &map_calls, HELD_INHERITED),
	HELD("aio", &aio_calls, HELD_INHERITED),
	HELD("splice", &splice_calls, HELD_INHERITED),
	HELD("sendfile", &sendfile_calls, HELD_INHERITED),
	NAMED("proc-fd", name_proc_fd, in_place, HELD_INHERITED),
	NAMED("proc-root", name_root, in_place, HELD_NONE),
	NAMED("proc-cwd", name_proc_cwd, in_directory, HELD_NONE),
	NAMED("cwd", name_cwd, in_directory, HELD_NONE),
	NAMED("symlink", name_symlink, in_place, HELD_NONE),
	NAMED("dotdot", name_dotdot, in_place, HELD_NONE),
	NAMED("fork", name_plain, in_fork, HELD_NONE),
	NAMED("program", name_plain, in_program, HELD_NONE),
	NAMED("thread", name_plain, in_thread, HELD_NONE),
	NAMED("clone", name_plain, in_clone, HELD_NONE),
	NAMED("userns", name_plain, in_userns, HELD_NONE),
};

/* Which of the descriptors are of a directory, to begin a path at. */
static void fill_target(const struct channel *channel,
			const struct matrix_op *op, int slot, struct target *t)
{
	const char *leaf = op->leaf, *other = op->other ? op->other : "";
	char dir[128] = "";

	t->calls = channel->calls;
	t->dir = AT_FDCWD;
	/* A socket does not name what it is to be connected to. */
	if (channel->name_dir || slot == MATRIX_UNIX) {
		if (channel->held != HELD_NONE && slot != MATRIX_DIR &&
		    slot != MATRIX_UNIX)
			leaf = "";
		if (channel->name_dir)
			channel->name_dir(t, dir, sizeof(dir));
		else
			name_plain(t, dir, sizeof(dir));
		join(t->path, sizeof(t->path), dir, leaf);
		join(t->other, sizeof(t->other), dir, other);
		return;
	}
	t->dir = t->held;
	snprintf(t->path, sizeof(t->path), "%s",
		 slot == MATRIX_DIR ? leaf : "");
	snprintf(t->other, sizeof(t->other), "%s", other);
}

static int run_cell(const struct matrix_op *op, const struct channel *channel,
		    char **words)
{
	const int slot = atoi(words[WORD_SLOT]);
	struct target t = {
		.allowed = !strcmp(words[WORD_SIDE], "allowed"),
		.pid = atoi(words[WORD_PID]),
		.held = -1,
	};
	int error;

	if (channel->held == HELD_INHERITED)
		t.held = MATRIX_FD(t.allowed, slot);
	if (channel->held == HELD_PASSED) {
		t.held = receive_fd(MATRIX_PASS_FD);
		if (t.held < 0)
			return errno;
	}
	fill_target(channel, op, slot, &t);
	matrix_how = channel->how;
	error = channel->inside(op, &t);
	if (channel->held == HELD_PASSED)
		close(t.held);
	return error;
}

/* cell OP CHANNEL allowed|denied PID SLOT: PID is the process to signal */
static int op_cell(char **words, long long *value)
{
	const struct matrix_op *op = matrix_ops;
	size_t i;

	(void)value;
	while (op->name && strcmp(op->name, words[WORD_OP]))
		op++;
	for (i = 0; i < ARRAY_SIZE(channels); i++) {
		if (op->name && !strcmp(channels[i].name, words[WORD_CHANNEL]))
			return run_cell(op, &channels[i], words);
	}
	return EPROTO_OP;
}

int matrix_main(int argc, char **argv)
{
	long long value;

	return argc == WORDS ? op_cell(argv, &value) : EPROTO_OP;
}

/* take FD: a descriptor that is passed, to be at that number */
static int op_take(char **words, long long *value)
{
	int fd = receive_fd(MATRIX_PASS_FD), ret;

	if (fd < 0)
		return errno;
	ret = dup2(fd, atoi(words[0]));
	*value = ret;
	return close_after(ret, fd) < 0 ? errno : 0;
}

/* lend PID: send a descriptor of a process to where others come from */
static int op_lend(char **words, long long *value)
{
	int fd = syscall(SYS_pidfd_open, atoi(words[0]), 0);

	(void)value;
	if (fd < 0)
		return errno;
	return close_after(send_fds(MATRIX_PASS_FD, &fd, 1), fd) < 0 ? errno : 0;
}

/* int80: calls getpid() as a 32-bit program does; it is to die of it */
static int op_int80(char **words, long long *value)
{
	int status;
	pid_t pid = fork();

	(void)words;
	if (!pid) {
		long ret = 20;

		asm volatile("int $0x80" : "+a"(ret) : : "memory");
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return EPROTO_OP;
	*value = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return 0;
}

/* x32: calls getpid() by its number in the table of x32 */
static int op_x32(char **words, long long *value)
{
	(void)words;
	(void)value;
	return syscall(0x40000000 | SYS_getpid) < 0 ? errno : 0;
}

const struct op cell_ops[] = {
	{ "cell", WORDS, op_cell },
	{ "take", 1, op_take },
	{ "lend", 1, op_lend },
	{ "int80", 0, op_int80 },
	{ "x32", 0, op_x32 },
	{ NULL, 0, NULL },
};
