// SPDX-License-Identifier: GPL-2.0
/* agent_child: code, and memory that would be code. */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"

#define PAGE	4096

/* The one file that is mapped to be run, two pages of it. */
static char *code = MAP_FAILED;
static size_t code_size;

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

static bool copy_to(int from, int to)
{
	char buf[4096];
	ssize_t got;

	while ((got = read(from, buf, sizeof(buf))) > 0) {
		if (write(to, buf, got) != got)
			return false;
	}
	return !got;
}

/* copy FROM TO: a new file that may be executed */
static int op_copy(char **words, long long *value)
{
	int from = open(words[0], O_RDONLY | O_CLOEXEC);
	int to = open(words[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int error = from < 0 || to < 0 || !copy_to(from, to) ? errno : 0;

	(void)value;
	close(from);
	close(to);
	return error;
}

/* In a child, quietly; its errno comes back, and its exit status. */
static int start(int fd, char *const argv[], long long *value)
{
	char *const envp[] = { NULL };
	volatile int error = 0;
	int status;
	pid_t pid = vfork();

	if (pid < 0)
		return EPROTO_OP;
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		if (fd >= 0)
			execveat(fd, "", argv, envp, AT_EMPTY_PATH);
		else
			execve(argv[0], argv, envp);
		error = errno;
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return EPROTO_OP;
	*value = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return error;
}

/* start PROGRAM ARGUMENT: the value is its exit status */
static int op_start(char **words, long long *value)
{
	char *const argv[] = { words[0], words[1], NULL };

	return start(-1, argv, value);
}

/* Map a memory file to run, and write other contents to it then. */
static int rewrite(int fd)
{
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	int error = 0;

	if (map == MAP_FAILED)
		return errno;
	if (pwrite(fd, "code", 4, 0) != 4 || memcmp(map, "code", 4))
		error = EIO;
	munmap(map, PAGE);
	return error;
}

/*
 * memory exec|map|rewrite FROM: run a program from a memory file, map it to
 * run, or change it while it is
 */
static int op_memory(char **words, long long *value)
{
	char *const argv[] = { "memory", NULL };
	int from = open(words[1], O_RDONLY | O_CLOEXEC);
	int fd = memfd_create("code", MFD_CLOEXEC), error = 0;
	char *map;

	if (from < 0 || fd < 0 || !copy_to(from, fd))
		return EPROTO_OP;
	close(from);
	if (!strcmp(words[0], "exec")) {
		error = start(fd, argv, value);
		close(fd);
		return error;
	}
	if (!strcmp(words[0], "rewrite")) {
		error = rewrite(fd);
		close(fd);
		return error;
	}
	map = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		error = errno;
	else
		munmap(map, PAGE);
	close(fd);
	return error;
}

static int try_map(int prot, int flags, int fd)
{
	void *map = mmap(NULL, PAGE, prot, flags, fd, 0);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, PAGE);
	return 0;
}

/* Written first, executable then. */
static int write_and_run(int fd, int flags, bool by_key)
{
	const int prot = PROT_READ | PROT_EXEC;
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
	int error;

	if (map == MAP_FAILED)
		return EPROTO_OP;
	*map = 1;
	error = result(by_key ? syscall(SYS_pkey_mprotect, map, PAGE, prot, -1) :
		       mprotect(map, PAGE, prot));
	munmap(map, PAGE);
	return error;
}

/* A page that the kernel gave without being asked for it by mmap(). */
static int run_page_of(void *at)
{
	void *page = (void *)((uintptr_t)at & -(uintptr_t)PAGE);
	const int prot = PROT_READ | PROT_WRITE;
	int error = result(mprotect(page, PAGE, prot | PROT_EXEC));

	if (!error)
		mprotect(page, PAGE, prot);
	return error;
}

/* anon HOW: memory of no file that can be run */
static int op_anon(char **words, long long *value)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	const char *how = words[0];

	(void)value;
	if (!strcmp(how, "run"))
		return try_map(PROT_READ | PROT_EXEC, flags, -1);
	if (!strcmp(how, "only-run"))
		return try_map(PROT_EXEC, flags, -1);
	if (!strcmp(how, "write-run"))
		return try_map(PROT_WRITE | PROT_EXEC, flags, -1);
	if (!strcmp(how, "shared"))
		return try_map(PROT_READ | PROT_EXEC,
			       MAP_SHARED | MAP_ANONYMOUS, -1);
	if (!strcmp(how, "protect"))
		return write_and_run(-1, flags, false);
	if (!strcmp(how, "shared-protect"))
		return write_and_run(-1, MAP_SHARED | MAP_ANONYMOUS, false);
	if (!strcmp(how, "key"))
		return write_and_run(-1, flags, true);
	if (!strcmp(how, "stack"))
		return run_page_of(&how);
	if (!strcmp(how, "heap")) {
		if (sbrk(2 * PAGE) == (void *)-1)
			return EPROTO_OP;
		return run_page_of((char *)sbrk(0) - PAGE);
	}
	return EPROTO_OP;
}

/* zero: /dev/zero, mapped to be run */
static int op_zero(char **words, long long *value)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	(void)words;
	(void)value;
	if (fd < 0)
		return EPROTO_OP;
	return close_after(try_map(PROT_READ | PROT_EXEC, MAP_PRIVATE, fd), fd);
}

/* private HOW PATH: a mapping of a file that is the agent's own to write */
static int op_private(char **words, long long *value)
{
	int fd = open(words[1], O_RDONLY | O_CLOEXEC), error;

	(void)value;
	if (fd < 0)
		return EPROTO_OP;
	if (!strcmp(words[0], "written"))
		error = write_and_run(fd, MAP_PRIVATE, false);
	else
		error = try_map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE,
				fd);
	close(fd);
	return error;
}

/* code PATH: map it to be run, and close it */
static int op_code(char **words, long long *value)
{
	int fd = open(words[0], O_RDONLY | O_CLOEXEC), error = 0;

	(void)value;
	if (fd < 0)
		return errno;
	code_size = 2 * PAGE;
	code = mmap(NULL, code_size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (code == MAP_FAILED)
		error = errno;
	close(fd);
	return error;
}

/*
 * later PATH: map it to be read, and make it executable then; what stays
 * mapped either way is given up by recode
 */
static int op_later(char **words, long long *value)
{
	int fd = open(words[0], O_RDONLY | O_CLOEXEC);

	(void)value;
	if (fd < 0)
		return errno;
	code_size = 2 * PAGE;
	code = mmap(NULL, code_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (code == MAP_FAILED)
		return errno;
	return result(mprotect(code, code_size, PROT_READ | PROT_EXEC));
}

/* recode HOW: what is mapped is split, moved, halved or given up */
static int op_recode(char **words, long long *value)
{
	const char *how = words[0];
	void *moved;

	(void)value;
	if (!strcmp(how, "split"))
		return result(mprotect(code + PAGE, PAGE, PROT_READ));
	if (!strcmp(how, "halve")) {
		code_size = PAGE;
		return result(munmap(code + PAGE, PAGE));
	}
	if (!strcmp(how, "move")) {
		moved = mmap(NULL, PAGE, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		moved = mremap(code, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			       moved);
		if (moved == MAP_FAILED)
			return errno;
		code = moved;
		return 0;
	}
	return result(munmap(code, code_size));
}

const struct op code_ops[] = {
	{ "copy", 2, op_copy },
	{ "start", 2, op_start },
	{ "memory", 2, op_memory },
	{ "anon", 1, op_anon },
	{ "zero", 0, op_zero },
	{ "private", 2, op_private },
	{ "code", 1, op_code },
	{ "later", 1, op_later },
	{ "recode", 1, op_recode },
	{ NULL, 0, NULL },
};
