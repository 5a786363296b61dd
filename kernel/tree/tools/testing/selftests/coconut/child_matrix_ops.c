// SPDX-License-Identifier: GPL-2.0
/* agent_child: the operations of the bypass matrix. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"
#include "matrix.h"

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

static int result_and_close(long ret, int fd)
{
	return result(close_after(ret < 0 ? -1 : 0, fd));
}

static int do_read(const struct target *t)
{
	int fd = t->calls->open(t->dir, t->path, O_RDONLY);
	char byte = 0;
	int error;

	if (fd < 0)
		return errno;
	error = result_and_close(t->calls->read(fd, &byte), fd);
	return !error && byte != MATRIX_TEXT[0] ? EPROTO_OP : error;
}

static int do_write(const struct target *t)
{
	int fd = t->calls->open(t->dir, t->path, O_RDWR);

	if (fd < 0)
		return errno;
	return result_and_close(t->calls->write(fd, "T"), fd);
}

static int do_truncate(const struct target *t)
{
	return result(t->calls->truncate(t->dir, t->path));
}

static int do_list(const struct target *t)
{
	int fd = t->calls->open(t->dir, t->path, O_RDONLY | O_DIRECTORY);
	char names[1024];

	if (fd < 0)
		return errno;
	return result_and_close(t->calls->list(fd, names, sizeof(names)), fd);
}

static int do_stat(const struct target *t)
{
	return result(t->calls->stat(t->dir, t->path));
}

static int do_readlink(const struct target *t)
{
	return result(t->calls->readlink(t->dir, t->path));
}

static int do_create(const struct target *t)
{
	int fd = t->calls->open(t->dir, t->path, O_WRONLY | O_CREAT | O_EXCL);

	return fd < 0 ? errno : result_and_close(0, fd);
}

static int do_mkdir(const struct target *t)
{
	return result(t->calls->mkdir(t->dir, t->path));
}

static int do_delete(const struct target *t)
{
	return result(t->calls->unlink(t->dir, t->path));
}

static int do_rename(const struct target *t)
{
	return result(t->calls->rename(t->dir, t->path, t->other));
}

static int do_link(const struct target *t)
{
	return result(t->calls->link(t->dir, t->path, t->other));
}

static int do_chmod(const struct target *t)
{
	return result(t->calls->chmod(t->dir, t->path));
}

static int do_setxattr(const struct target *t)
{
	return result(t->calls->setxattr(t->dir, t->path));
}

static int do_watch(const struct target *t)
{
	return result(t->calls->watch(t->path));
}

static int do_exec(const struct target *t)
{
	return result(t->calls->exec(t->dir, t->path));
}

static int do_mmap_exec(const struct target *t)
{
	int fd = t->calls->open(t->dir, t->path, O_RDONLY);
	void *map;

	if (fd < 0)
		return errno;
	map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return result_and_close(-1, fd);
	munmap(map, 4096);
	return result_and_close(0, fd);
}

static struct sockaddr_in inet_of(const struct target *t, int port)
{
	if (!t->allowed)
		port += MATRIX_DENIED_PORTS;
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int do_connect(const struct target *t)
{
	struct sockaddr_in to = inet_of(t, MATRIX_CONNECT_PORT);
	int fd = t->calls->socket(t, AF_INET, SOCK_STREAM);

	if (fd < 0)
		return errno;
	return result_and_close(t->calls->connect(fd, (void *)&to, sizeof(to)),
				fd);
}

static int do_sendto(const struct target *t)
{
	struct sockaddr_in to = inet_of(t, MATRIX_CONNECT_PORT);
	int fd = t->calls->socket(t, AF_INET, SOCK_DGRAM);

	if (fd < 0)
		return errno;
	return result_and_close(t->calls->sendto(fd, (void *)&to, sizeof(to)),
				fd);
}

static int do_bind(const struct target *t)
{
	struct sockaddr_in at = inet_of(t, MATRIX_BIND_PORT);
	int fd = t->calls->socket(t, AF_INET, SOCK_STREAM);

	if (fd < 0)
		return errno;
	return result_and_close(t->calls->bind(fd, (void *)&at, sizeof(at)),
				fd);
}

static int do_unix_connect(const struct target *t)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t size = strlen(t->path);
	int fd;

	if (size >= sizeof(to.sun_path))
		return EPROTO_OP;
	memcpy(to.sun_path, t->path, size);
	fd = t->calls->socket(t, AF_UNIX, SOCK_STREAM);
	if (fd < 0)
		return errno;
	return result_and_close(t->calls->connect(fd, (void *)&to, sizeof(to)),
				fd);
}

static int do_signal(const struct target *t)
{
	return result(t->calls->signal(t));
}

const struct matrix_op matrix_ops[] = {
	{ "read", "file", NULL, do_read },
	{ "write", "file", NULL, do_write },
	{ "truncate", "file", NULL, do_truncate },
	{ "list", "", NULL, do_list },
	{ "stat", "file", NULL, do_stat },
	{ "readlink", "sym", NULL, do_readlink },
	{ "create", "new", NULL, do_create },
	{ "mkdir", "made", NULL, do_mkdir },
	{ "delete", "gone", NULL, do_delete },
	{ "rename", "old", "moved", do_rename },
	{ "link", "file", "hard", do_link },
	{ "chmod", "file", NULL, do_chmod },
	{ "setxattr", "file", NULL, do_setxattr },
	{ "watch", "file", NULL, do_watch },
	{ "exec", "run", NULL, do_exec },
	{ "mmap-exec", "run", NULL, do_mmap_exec },
	{ "connect", "", NULL, do_connect },
	{ "sendto", "", NULL, do_sendto },
	{ "bind", "", NULL, do_bind },
	{ "unix-connect", "sock", NULL, do_unix_connect },
	{ "signal", "", NULL, do_signal },
	{ NULL, NULL, NULL, NULL },
};
