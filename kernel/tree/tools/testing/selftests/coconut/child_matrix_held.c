// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: the calls of the bypass matrix, on descriptors that the agent
 * has from its spawner: left open for it, or passed in a message.
 *
 * An empty path is the descriptor itself.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_matrix.h"

static int held_open(int dir, const char *path, int flags)
{
	if (!*path)
		return fcntl(dir, F_DUPFD_CLOEXEC, 0);
	return openat(dir, path, flags | O_CLOEXEC, 0644);
}

static long held_read(int fd, char *byte)
{
	return pread(fd, byte, 1, 0);
}

static long held_write(int fd, const char *byte)
{
	return pwrite(fd, byte, 1, 0);
}

static long held_list(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

static int held_stat(int dir, const char *path)
{
	struct stat st;

	return *path ? fstatat(dir, path, &st, 0) : fstat(dir, &st);
}

static int held_readlink(int dir, const char *path)
{
	char to[256];

	return readlinkat(dir, path, to, sizeof(to)) < 0 ? -1 : 0;
}

static int held_truncate(int dir, const char *path)
{
	(void)path;
	return ftruncate(dir, 1);
}

static int held_mkdir(int dir, const char *path)
{
	return mkdirat(dir, path, 0755);
}

static int held_unlink(int dir, const char *path)
{
	return unlinkat(dir, path, 0);
}

static int held_rename(int dir, const char *from, const char *to)
{
	return renameat(dir, from, dir, to);
}

static int held_link(int dir, const char *from, const char *to)
{
	return linkat(dir, from, dir, to, 0);
}

static int held_chmod(int dir, const char *path)
{
	(void)path;
	return fchmod(dir, 0600);
}

static int held_setxattr(int dir, const char *path)
{
	(void)path;
	return fsetxattr(dir, "user.matrix", "x", 1, 0);
}

static int held_exec(int dir, const char *path)
{
	return run_at(dir, path, AT_EMPTY_PATH);
}

static int held_socket(const struct target *t, int family, int type)
{
	(void)family;
	(void)type;
	return fcntl(t->held, F_DUPFD_CLOEXEC, 0);
}

/* A TCP socket has its peer already; a unix socket is yet to get one. */
static int held_connect(int fd, const struct sockaddr *to, socklen_t size)
{
	if (to->sa_family == AF_UNIX)
		return connect(fd, to, size);
	return send(fd, "x", 1, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static long held_sendto(int fd, const struct sockaddr *to, socklen_t size)
{
	(void)to;
	(void)size;
	return send(fd, "x", 1, 0);
}

/* It is bound: what it would receive is nothing, as nobody sends. */
static int held_bind(int fd, const struct sockaddr *to, socklen_t size)
{
	char byte;

	(void)to;
	(void)size;
	if (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno != EAGAIN)
		return -1;
	return 0;
}

static int held_signal(const struct target *t)
{
	return syscall(SYS_pidfd_send_signal, t->held, SIGURG, NULL, 0);
}

const struct calls held_calls = {
	.open = held_open,
	.read = held_read,
	.write = held_write,
	.list = held_list,
	.stat = held_stat,
	.readlink = held_readlink,
	.truncate = held_truncate,
	.mkdir = held_mkdir,
	.unlink = held_unlink,
	.rename = held_rename,
	.link = held_link,
	.chmod = held_chmod,
	.setxattr = held_setxattr,
	.exec = held_exec,
	.socket = held_socket,
	.connect = held_connect,
	.sendto = held_sendto,
	.bind = held_bind,
	.signal = held_signal,
};

static long aio(int fd, const void *byte, int opcode)
{
	struct iocb block = {
		.aio_lio_opcode = opcode,
		.aio_fildes = fd,
		.aio_buf = (uintptr_t)byte,
		.aio_nbytes = 1,
	};
	struct iocb *list[] = { &block };
	struct io_event event = { .res = 0 };
	aio_context_t context = 0;
	long ret;

	if (syscall(SYS_io_setup, 1, &context) < 0)
		return -1;
	ret = syscall(SYS_io_submit, context, 1, list);
	if (ret == 1)
		syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
	else
		event.res = -errno;
	syscall(SYS_io_destroy, context);
	if (event.res >= 0)
		return event.res;
	errno = -event.res;
	return -1;
}

static long aio_read(int fd, char *byte)
{
	return aio(fd, byte, IOCB_CMD_PREAD);
}

static long aio_write(int fd, const char *byte)
{
	return aio(fd, byte, IOCB_CMD_PWRITE);
}

const struct calls aio_calls = {
	.open = held_open,
	.read = aio_read,
	.write = aio_write,
};

/* Through a pipe and back, as the byte goes. */
static long splice_read(int fd, char *byte)
{
	loff_t start = 0;
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	ret = splice(fd, &start, pipes[1], NULL, 1, 0);
	if (ret == 1)
		ret = read(pipes[0], byte, 1);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]);
}

static long splice_write(int fd, const char *byte)
{
	loff_t start = 0;
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	ret = write(pipes[1], byte, 1);
	if (ret == 1)
		ret = splice(pipes[0], NULL, fd, &start, 1, 0);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]);
}

const struct calls splice_calls = {
	.open = held_open,
	.read = splice_read,
	.write = splice_write,
};

static long sendfile_read(int fd, char *byte)
{
	int memory = memfd_create("matrix", MFD_CLOEXEC);
	off_t start = 0;
	long ret;

	if (memory < 0)
		return -1;
	ret = sendfile(memory, fd, &start, 1);
	if (ret == 1)
		ret = pread(memory, byte, 1, 0);
	return close_after(ret, memory);
}

static long sendfile_write(int fd, const char *byte)
{
	int memory = memfd_create("matrix", MFD_CLOEXEC);
	off_t start = 0;
	long ret;

	if (memory < 0)
		return -1;
	ret = pwrite(memory, byte, 1, 0);
	if (ret == 1)
		ret = sendfile(fd, memory, &start, 1);
	return close_after(ret, memory);
}

const struct calls sendfile_calls = {
	.open = held_open,
	.read = sendfile_read,
	.write = sendfile_write,
};

static long map_read(int fd, char *byte)
{
	const char *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -1;
	*byte = *map;
	munmap((void *)map, 4096);
	return 1;
}

static long map_write(int fd, const char *byte)
{
	char *map = mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -1;
	*map = *byte;
	munmap(map, 4096);
	return 1;
}

const struct calls map_calls = {
	.open = held_open,
	.read = map_read,
	.write = map_write,
};
