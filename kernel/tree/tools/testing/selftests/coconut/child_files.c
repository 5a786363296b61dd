// SPDX-License-Identifier: GPL-2.0
/* agent_child: files. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_ops.h"

/* The one file that is open. */
static int held = -1;

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

/* open PATH MODE: r, w, rw, c (create), a (append), t (truncate), d, p */
static int op_open(char **words, long long *value)
{
	static const struct {
		const char *mode;
		int flags;
	} modes[] = {
		{ "r", O_RDONLY },
		{ "w", O_WRONLY },
		{ "rw", O_RDWR },
		{ "c", O_WRONLY | O_CREAT | O_EXCL },
		{ "crw", O_RDWR | O_CREAT },
		{ "a", O_WRONLY | O_APPEND },
		{ "t", O_WRONLY | O_TRUNC },
		{ "d", O_RDONLY | O_DIRECTORY },
		{ "p", O_PATH },
		{ "tmp", O_RDWR | O_TMPFILE },
	};
	size_t i;
	int fd;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].mode, words[1]))
			continue;
		fd = open(words[0], modes[i].flags | O_CLOEXEC, 0644);
		if (fd < 0)
			return errno;
		if (held >= 0)
			close(held);
		held = fd;
		*value = fd;
		return 0;
	}
	return EPROTO_OP;
}

static int op_read(char **words, long long *value)
{
	char byte = 0;
	long ret = pread(held, &byte, 1, 0);

	(void)words;
	*value = byte;
	return result(ret);
}

static int op_write(char **words, long long *value)
{
	(void)words;
	(void)value;
	return result(pwrite(held, "x", 1, 0));
}

/* The other ways to use an open file; each has its own way through the VFS. */
static long use_file(const char *how)
{
	static char buf[4096];
	struct iovec part = { buf, 1 };
	loff_t start = 0, end = 1;
	int pipes[2];
	long ret;

	if (!strcmp(how, "readv"))
		return preadv(held, &part, 1, 0);
	if (!strcmp(how, "writev"))
		return pwritev(held, &part, 1, 0);
	if (!strcmp(how, "getdents"))
		return syscall(SYS_getdents64, held, buf, sizeof(buf));
	if (!strcmp(how, "fallocate"))
		return fallocate(held, 0, 0, 1);
	if (!strcmp(how, "copy"))
		return copy_file_range(held, &start, held, &end, 1, 0);
	if (pipe(pipes))
		return -1;
	if (!strcmp(how, "sendfile"))
		ret = sendfile(pipes[1], held, &start, 1);
	else
		ret = splice(held, &start, pipes[1], NULL, 1, 0);
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static int op_via(char **words, long long *value)
{
	(void)value;
	return result(use_file(words[0]));
}

/* map r|w|x|p: the held file, shared but for "p", private and writable */
static int op_map(char **words, long long *value)
{
	const char mode = words[0][0];
	int prot = mode == 'r' ? PROT_READ : mode == 'x' ? PROT_EXEC :
		   PROT_WRITE;
	void *map = mmap(NULL, 4096, prot,
			 mode == 'p' ? MAP_PRIVATE : MAP_SHARED, held, 0);

	(void)value;
	if (map == MAP_FAILED)
		return errno;
	munmap(map, 4096);
	return 0;
}

/* protect: map the held file readable, then make that executable */
static int op_protect(char **words, long long *value)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, held, 0);
	int error;

	(void)words;
	(void)value;
	if (map == MAP_FAILED)
		return EPROTO_OP;
	error = result(mprotect(map, 4096, PROT_READ | PROT_EXEC));
	munmap(map, 4096);
	return error;
}

/* hold FD: a descriptor that the spawner left open */
static int op_hold(char **words, long long *value)
{
	held = atoi(words[0]);
	*value = held;
	return fcntl(held, F_GETFD) < 0 ? errno : 0;
}

static int op_truncate(char **words, long long *value)
{
	(void)value;
	return result(truncate(words[0], 1));
}

static int op_ftruncate(char **words, long long *value)
{
	(void)words;
	(void)value;
	return result(ftruncate(held, 1));
}

static int op_unlink(char **words, long long *value)
{
	(void)value;
	return result(unlink(words[0]));
}

static int op_mkdir(char **words, long long *value)
{
	(void)value;
	return result(mkdir(words[0], 0755));
}

static int op_rmdir(char **words, long long *value)
{
	(void)value;
	return result(rmdir(words[0]));
}

static int op_mknod(char **words, long long *value)
{
	(void)value;
	return result(mkfifo(words[0], 0644));
}

static int op_rename(char **words, long long *value)
{
	(void)value;
	return result(rename(words[0], words[1]));
}

static int op_exchange(char **words, long long *value)
{
	(void)value;
	return result(renameat2(AT_FDCWD, words[0], AT_FDCWD, words[1],
				RENAME_EXCHANGE));
}

static int op_link(char **words, long long *value)
{
	(void)value;
	return result(link(words[0], words[1]));
}

static int op_symlink(char **words, long long *value)
{
	(void)value;
	return result(symlink(words[0], words[1]));
}

static int op_chmod(char **words, long long *value)
{
	(void)value;
	return result(chmod(words[0], 0600));
}

static int op_chown(char **words, long long *value)
{
	(void)value;
	return result(chown(words[0], 0, 0));
}

/* exec PATH: in a child; its exit status is the value, its errno the error */
static int op_exec(char **words, long long *value)
{
	char *const argv[] = { words[0], NULL };
	char *const envp[] = { NULL };
	volatile int error = 0;
	int status;
	pid_t pid = vfork();

	if (pid < 0)
		return EPROTO_OP;
	if (!pid) {
		close(1);
		execve(words[0], argv, envp);
		error = errno;
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return EPROTO_OP;
	*value = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return error;
}

static int op_mount(char **words, long long *value)
{
	(void)value;
	return result(mount("tmpfs", words[0], "tmpfs", 0, NULL));
}

static int op_umount(char **words, long long *value)
{
	(void)value;
	return result(umount2(words[0], MNT_DETACH));
}

static int op_chroot(char **words, long long *value)
{
	(void)value;
	return result(chroot(words[0]));
}

const struct op file_ops[] = {
	{ "open", 2, op_open },
	{ "read", 0, op_read },
	{ "write", 0, op_write },
	{ "via", 1, op_via },
	{ "map", 1, op_map },
	{ "protect", 0, op_protect },
	{ "hold", 1, op_hold },
	{ "truncate", 1, op_truncate },
	{ "ftruncate", 0, op_ftruncate },
	{ "unlink", 1, op_unlink },
	{ "mkdir", 1, op_mkdir },
	{ "rmdir", 1, op_rmdir },
	{ "mknod", 1, op_mknod },
	{ "rename", 2, op_rename },
	{ "exchange", 2, op_exchange },
	{ "link", 2, op_link },
	{ "symlink", 2, op_symlink },
	{ "chmod", 1, op_chmod },
	{ "chown", 1, op_chown },
	{ "exec", 1, op_exec },
	{ "mount", 1, op_mount },
	{ "umount", 1, op_umount },
	{ "chroot", 1, op_chroot },
	{ NULL, 0, NULL },
};
