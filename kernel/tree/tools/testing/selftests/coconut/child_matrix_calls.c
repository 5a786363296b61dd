// SPDX-License-Identifier: GPL-2.0
/* agent_child: the calls of the bypass matrix, by the C library and by number. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"

int close_after(int ret, int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return ret;
}

/* In a child that shares our memory, so that its errno comes back. */
int run_at(int dir, const char *path, int flags)
{
	char *const argv[] = { "run", NULL };
	char *const envp[] = { NULL };
	volatile int error = 0;
	int status;
	pid_t pid = vfork();

	if (pid < 0)
		return -1;
	if (!pid) {
		if (dir == AT_FDCWD)
			execve(path, argv, envp);
		else
			execveat(dir, path, argv, envp, flags);
		error = errno;
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	if (!error && status)
		error = EPROTO_OP;
	errno = error;
	return error ? -1 : 0;
}

static int libc_open(int dir, const char *path, int flags)
{
	return openat(dir, path, flags | O_CLOEXEC, 0644);
}

static long libc_read(int fd, char *byte)
{
	return pread(fd, byte, 1, 0);
}

static long libc_write(int fd, const char *byte)
{
	return pwrite(fd, byte, 1, 0);
}

static long libc_list(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

static int libc_stat(int dir, const char *path)
{
	struct stat st;

	return fstatat(dir, path, &st, 0);
}

static int libc_readlink(int dir, const char *path)
{
	char to[256];

	return readlinkat(dir, path, to, sizeof(to)) < 0 ? -1 : 0;
}

static int libc_truncate(int dir, const char *path)
{
	(void)dir;
	return truncate(path, 1);
}

static int libc_mkdir(int dir, const char *path)
{
	return mkdirat(dir, path, 0755);
}

static int libc_unlink(int dir, const char *path)
{
	return unlinkat(dir, path, 0);
}

static int libc_rename(int dir, const char *from, const char *to)
{
	return renameat(dir, from, dir, to);
}

static int libc_link(int dir, const char *from, const char *to)
{
	return linkat(dir, from, dir, to, 0);
}

static int libc_chmod(int dir, const char *path)
{
	return fchmodat(dir, path, 0600, 0);
}

static int libc_setxattr(int dir, const char *path)
{
	(void)dir;
	return setxattr(path, "user.matrix", "x", 1, 0);
}

static int libc_watch(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0)
		return -1;
	return close_after(inotify_add_watch(fd, path, IN_MODIFY), fd);
}

static int libc_exec(int dir, const char *path)
{
	return run_at(dir, path, 0);
}

static int libc_socket(const struct target *t, int family, int type)
{
	(void)t;
	return socket(family, type | SOCK_CLOEXEC, 0);
}

static long libc_sendto(int fd, const struct sockaddr *to, socklen_t size)
{
	return sendto(fd, "x", 1, 0, to, size);
}

/* Ignored by who does not handle it. */
static int libc_signal(const struct target *t)
{
	return kill(t->pid, SIGURG);
}

const struct calls libc_calls = {
	.open = libc_open,
	.read = libc_read,
	.write = libc_write,
	.list = libc_list,
	.stat = libc_stat,
	.readlink = libc_readlink,
	.truncate = libc_truncate,
	.mkdir = libc_mkdir,
	.unlink = libc_unlink,
	.rename = libc_rename,
	.link = libc_link,
	.chmod = libc_chmod,
	.setxattr = libc_setxattr,
	.watch = libc_watch,
	.exec = libc_exec,
	.socket = libc_socket,
	.connect = connect,
	.sendto = libc_sendto,
	.bind = bind,
	.signal = libc_signal,
};

static int raw_open(int dir, const char *path, int flags)
{
	(void)dir;
	if (flags & O_CREAT)
		return syscall(SYS_creat, path, 0644);
	return syscall(SYS_open, path, flags, 0);
}

static long raw_read(int fd, char *byte)
{
	return syscall(SYS_read, fd, byte, 1);
}

static long raw_write(int fd, const char *byte)
{
	return syscall(SYS_write, fd, byte, 1);
}

static long raw_list(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents, fd, buf, size);
}

static int raw_stat(int dir, const char *path)
{
	struct stat st;

	(void)dir;
	return syscall(SYS_stat, path, &st);
}

static int raw_readlink(int dir, const char *path)
{
	char to[256];

	(void)dir;
	return syscall(SYS_readlink, path, to, sizeof(to));
}

static int raw_truncate(int dir, const char *path)
{
	(void)dir;
	return syscall(SYS_truncate, path, 1);
}

static int raw_mkdir(int dir, const char *path)
{
	(void)dir;
	return syscall(SYS_mkdir, path, 0755);
}

static int raw_unlink(int dir, const char *path)
{
	(void)dir;
	return syscall(SYS_unlink, path);
}

static int raw_rename(int dir, const char *from, const char *to)
{
	(void)dir;
	return syscall(SYS_rename, from, to);
}

static int raw_link(int dir, const char *from, const char *to)
{
	(void)dir;
	return syscall(SYS_link, from, to);
}

static int raw_chmod(int dir, const char *path)
{
	(void)dir;
	return syscall(SYS_chmod, path, 0600);
}

static int raw_setxattr(int dir, const char *path)
{
	(void)dir;
	return syscall(SYS_lsetxattr, path, "user.matrix", "x", 1, 0);
}

static int raw_watch(const char *path)
{
	int fd = syscall(SYS_inotify_init);

	if (fd < 0)
		return -1;
	return close_after(syscall(SYS_inotify_add_watch, fd, path, IN_MODIFY),
			   fd);
}

static int raw_exec(int dir, const char *path)
{
	char *const argv[] = { "run", NULL };
	volatile int error = 0;
	int status;
	pid_t pid = vfork();

	(void)dir;
	if (!pid) {
		syscall(SYS_execve, path, argv, NULL);
		error = errno;
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = error;
	return error ? -1 : 0;
}

static int raw_socket(const struct target *t, int family, int type)
{
	(void)t;
	return syscall(SYS_socket, family, type, 0);
}

static int raw_connect(int fd, const struct sockaddr *to, socklen_t size)
{
	return syscall(SYS_connect, fd, to, size);
}

static long raw_sendto(int fd, const struct sockaddr *to, socklen_t size)
{
	struct iovec part = { "x", 1 };
	struct mmsghdr message = {
		.msg_hdr = {
			.msg_name = (void *)to,
			.msg_namelen = size,
			.msg_iov = &part,
			.msg_iovlen = 1,
		},
	};

	return syscall(SYS_sendmmsg, fd, &message, 1, 0);
}

static int raw_bind(int fd, const struct sockaddr *at, socklen_t size)
{
	return syscall(SYS_bind, fd, at, size);
}

static int raw_signal(const struct target *t)
{
	return syscall(SYS_tkill, t->pid, SIGURG);
}

const struct calls raw_calls = {
	.open = raw_open,
	.read = raw_read,
	.write = raw_write,
	.list = raw_list,
	.stat = raw_stat,
	.readlink = raw_readlink,
	.truncate = raw_truncate,
	.mkdir = raw_mkdir,
	.unlink = raw_unlink,
	.rename = raw_rename,
	.link = raw_link,
	.chmod = raw_chmod,
	.setxattr = raw_setxattr,
	.watch = raw_watch,
	.exec = raw_exec,
	.socket = raw_socket,
	.connect = raw_connect,
	.sendto = raw_sendto,
	.bind = raw_bind,
	.signal = raw_signal,
};
