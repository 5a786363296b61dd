// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: the calls of the bypass matrix, by openat2().
 *
 * What has no descriptor to act on is done in the directory that openat2()
 * opens.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_matrix.h"

#ifndef SYS_fchmodat2
#define SYS_fchmodat2	452
#endif

/* Some of the flags count from a directory, which is then to be /. */
static int open2(int dir, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? 0644 : 0,
		.resolve = matrix_how,
	};
	int fd;

	if (!(matrix_how & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)))
		return syscall(SYS_openat2, dir, path, &how, sizeof(how));
	dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	fd = syscall(SYS_openat2, dir, path + 1, &how, sizeof(how));
	return close_after(fd, dir);
}

/* The directory of an absolute path; its last name goes to @ret_leaf. */
static int open_parent(const char *path, const char **ret_leaf)
{
	char dir[256];
	const char *slash = strrchr(path, '/');

	snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	*ret_leaf = slash + 1;
	return open2(AT_FDCWD, dir, O_PATH | O_DIRECTORY);
}

static int open2_stat(int dir, const char *path)
{
	struct stat st;
	int fd = open2(dir, path, O_PATH);

	return fd < 0 ? -1 : close_after(fstat(fd, &st), fd);
}

static int open2_readlink(int dir, const char *path)
{
	char to[256];
	int fd = open2(dir, path, O_PATH | O_NOFOLLOW);

	if (fd < 0)
		return -1;
	return close_after(readlinkat(fd, "", to, sizeof(to)) < 0 ? -1 : 0, fd);
}

static int open2_truncate(int dir, const char *path)
{
	int fd = open2(dir, path, O_WRONLY);

	return fd < 0 ? -1 : close_after(ftruncate(fd, 1), fd);
}

static int open2_chmod(int dir, const char *path)
{
	int fd = open2(dir, path, O_PATH);

	if (fd < 0)
		return -1;
	return close_after(syscall(SYS_fchmodat2, fd, "", 0600, AT_EMPTY_PATH),
			   fd);
}

static int open2_setxattr(int dir, const char *path)
{
	int fd = open2(dir, path, O_RDONLY);

	if (fd < 0)
		return -1;
	return close_after(fsetxattr(fd, "user.matrix", "x", 1, 0), fd);
}

static int open2_exec(int dir, const char *path)
{
	int fd = open2(dir, path, O_PATH);

	return fd < 0 ? -1 : close_after(run_at(fd, "", AT_EMPTY_PATH), fd);
}

static int open2_mkdir(int dir, const char *path)
{
	const char *leaf;

	dir = open_parent(path, &leaf);
	return dir < 0 ? -1 : close_after(mkdirat(dir, leaf, 0755), dir);
}

static int open2_unlink(int dir, const char *path)
{
	const char *leaf;

	dir = open_parent(path, &leaf);
	return dir < 0 ? -1 : close_after(unlinkat(dir, leaf, 0), dir);
}

/* Both names are in one directory. */
static int open2_rename(int dir, const char *from, const char *to)
{
	const char *leaf;

	dir = open_parent(from, &leaf);
	if (dir < 0)
		return -1;
	return close_after(renameat(dir, leaf, dir, strrchr(to, '/') + 1), dir);
}

static int open2_link(int dir, const char *from, const char *to)
{
	const char *leaf;

	dir = open_parent(from, &leaf);
	if (dir < 0)
		return -1;
	return close_after(linkat(dir, leaf, dir, strrchr(to, '/') + 1, 0),
			   dir);
}

static long open2_read(int fd, char *byte)
{
	return pread(fd, byte, 1, 0);
}

static long open2_write(int fd, const char *byte)
{
	return pwrite(fd, byte, 1, 0);
}

static long open2_list(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

const struct calls openat2_calls = {
	.open = open2,
	.read = open2_read,
	.write = open2_write,
	.list = open2_list,
	.stat = open2_stat,
	.readlink = open2_readlink,
	.truncate = open2_truncate,
	.mkdir = open2_mkdir,
	.unlink = open2_unlink,
	.rename = open2_rename,
	.link = open2_link,
	.chmod = open2_chmod,
	.setxattr = open2_setxattr,
	.exec = open2_exec,
};
