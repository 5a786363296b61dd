// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: every call that takes a path, for the oracle.
 *
 * What a call made is undone by the test; a second name is one of two in the
 * directory where the agent may do all.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"
#include "oracle.h"

static int opened(int fd)
{
	return fd < 0 ? -1 : close_after(0, fd);
}

static int look_read(const char *path)
{
	return opened(open(path, O_RDONLY | O_CLOEXEC));
}

static int look_write(const char *path)
{
	return opened(open(path, O_WRONLY | O_CLOEXEC));
}

static int look_path(const char *path)
{
	return opened(open(path, O_PATH | O_CLOEXEC));
}

static int look_nofollow(const char *path)
{
	return opened(open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC));
}

static int look_directory(const char *path)
{
	return opened(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int look_tmpfile(const char *path)
{
	return opened(open(path, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600));
}

static int look_create(const char *path)
{
	return opened(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static int look_exclusive(const char *path)
{
	return opened(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			   0644));
}

static int look_openat2(const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS,
	};

	return opened(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

static int look_stat(const char *path)
{
	struct stat st;

	return stat(path, &st);
}

static int look_lstat(const char *path)
{
	struct stat st;

	return lstat(path, &st);
}

static int look_statx(const char *path)
{
	struct statx st;

	return statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_ALL, &st);
}

static int look_access(const char *path)
{
	return access(path, F_OK);
}

static int look_faccessat2(const char *path)
{
	return syscall(SYS_faccessat2, AT_FDCWD, path, R_OK, AT_EACCESS);
}

static int look_readlink(const char *path)
{
	char to[64];

	return readlink(path, to, sizeof(to)) < 0 ? -1 : 0;
}

static int look_execve(const char *path)
{
	return run_at(AT_FDCWD, path, 0);
}

static int look_mkdir(const char *path)
{
	return mkdir(path, 0755);
}

static int look_rename_from(const char *path)
{
	return rename(path, ORACLE_FREE);
}

static int look_rename_to(const char *path)
{
	return rename(ORACLE_OWN, path);
}

static int look_exchange(const char *path)
{
	return renameat2(AT_FDCWD, path, AT_FDCWD, ORACLE_OWN, RENAME_EXCHANGE);
}

static int look_link_from(const char *path)
{
	return link(path, ORACLE_FREE);
}

static int look_link_to(const char *path)
{
	return link(ORACLE_OWN, path);
}

static int look_symlink(const char *path)
{
	return symlink("anything", path);
}

static int look_mknod(const char *path)
{
	return mknod(path, S_IFREG | 0644, 0);
}

static int look_fifo(const char *path)
{
	return mkfifo(path, 0644);
}

typedef int (*with_address)(int fd, const struct sockaddr *to, socklen_t size);

static int with_unix(const char *path, int type, with_address act)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t size = strlen(path);
	int fd;

	if (size >= sizeof(to.sun_path)) {
		errno = EPROTO_OP;
		return -1;
	}
	memcpy(to.sun_path, path, size);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	return close_after(act(fd, (void *)&to, sizeof(to)), fd);
}

static int send_to(int fd, const struct sockaddr *to, socklen_t size)
{
	return sendto(fd, "x", 1, 0, to, size) < 0 ? -1 : 0;
}

static int look_connect(const char *path)
{
	return with_unix(path, SOCK_STREAM, connect);
}

static int look_sendto(const char *path)
{
	return with_unix(path, SOCK_DGRAM, send_to);
}

static int look_bind(const char *path)
{
	return with_unix(path, SOCK_STREAM, bind);
}

static int look_statfs(const char *path)
{
	struct statfs st;

	return statfs(path, &st);
}

static int look_handle(const char *path)
{
	struct {
		struct file_handle head;
		char room[MAX_HANDLE_SZ];
	} handle = { .head.handle_bytes = MAX_HANDLE_SZ };
	int mount;

	return name_to_handle_at(AT_FDCWD, path, &handle.head, &mount, 0);
}

static int look_inotify(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0)
		return -1;
	return close_after(inotify_add_watch(fd, path, IN_MODIFY) < 0 ? -1 : 0,
			   fd);
}

static int look_fanotify(const char *path)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC,
			       O_RDONLY);

	if (fd < 0)
		return -1;
	return close_after(fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD,
					 path), fd);
}

static int look_truncate(const char *path)
{
	return truncate(path, 1);
}

static int look_utimensat(const char *path)
{
	return utimensat(AT_FDCWD, path, NULL, 0);
}

static int look_utime(const char *path)
{
	return syscall(SYS_utime, path, NULL);
}

static int look_utimes(const char *path)
{
	return syscall(SYS_utimes, path, NULL);
}

static int look_getxattr(const char *path)
{
	char value[8];

	return getxattr(path, "user.oracle", value, sizeof(value));
}

static int look_lgetxattr(const char *path)
{
	char value[8];

	return lgetxattr(path, "user.oracle", value, sizeof(value));
}

static int look_listxattr(const char *path)
{
	char names[256];

	return listxattr(path, names, sizeof(names)) < 0 ? -1 : 0;
}

static int look_setxattr(const char *path)
{
	return setxattr(path, "user.other", "x", 1, 0);
}

static int look_removexattr(const char *path)
{
	return removexattr(path, "user.oracle");
}

static int look_chmod(const char *path)
{
	return chmod(path, 0644);
}

static int look_chown(const char *path)
{
	return chown(path, -1, 0);
}

static int look_lchown(const char *path)
{
	return lchown(path, -1, 0);
}

static int look_open_tree(const char *path)
{
	return opened(syscall(SYS_open_tree, AT_FDCWD, path, 0));
}

static int look_mount(const char *path)
{
	return mount("none", path, "tmpfs", 0, NULL);
}

static int look_umount(const char *path)
{
	return umount2(path, MNT_DETACH);
}

static const struct {
	const char *name;
	int (*look)(const char *path);
} looks[] = {
	{ "open-read", look_read },
	{ "open-write", look_write },
	{ "open-path", look_path },
	{ "open-nofollow", look_nofollow },
	{ "open-directory", look_directory },
	{ "open-tmpfile", look_tmpfile },
	{ "open-create", look_create },
	{ "open-exclusive", look_exclusive },
	{ "openat2", look_openat2 },
	{ "stat", look_stat },
	{ "lstat", look_lstat },
	{ "statx", look_statx },
	{ "access", look_access },
	{ "faccessat2", look_faccessat2 },
	{ "readlink", look_readlink },
	{ "execve", look_execve },
	{ "chdir", chdir },
	{ "chroot", chroot },
	{ "mkdir", look_mkdir },
	{ "rmdir", rmdir },
	{ "unlink", unlink },
	{ "rename-from", look_rename_from },
	{ "rename-to", look_rename_to },
	{ "exchange", look_exchange },
	{ "link-from", look_link_from },
	{ "link-to", look_link_to },
	{ "symlink", look_symlink },
	{ "mknod", look_mknod },
	{ "mkfifo", look_fifo },
	{ "unix-connect", look_connect },
	{ "unix-sendto", look_sendto },
	{ "unix-bind", look_bind },
	{ "statfs", look_statfs },
	{ "name_to_handle_at", look_handle },
	{ "inotify", look_inotify },
	{ "fanotify", look_fanotify },
	{ "truncate", look_truncate },
	{ "utimensat", look_utimensat },
	{ "utime", look_utime },
	{ "utimes", look_utimes },
	{ "getxattr", look_getxattr },
	{ "lgetxattr", look_lgetxattr },
	{ "listxattr", look_listxattr },
	{ "setxattr", look_setxattr },
	{ "removexattr", look_removexattr },
	{ "chmod", look_chmod },
	{ "chown", look_chown },
	{ "lchown", look_lchown },
	{ "open_tree", look_open_tree },
	{ "mount", look_mount },
	{ "umount", look_umount },
};

/* look CALL PATH */
static int op_look(char **words, long long *value)
{
	size_t i;

	(void)value;
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		if (strcmp(looks[i].name, words[0]))
			continue;
		return looks[i].look(words[1]) < 0 ? errno : 0;
	}
	return EPROTO_OP;
}

/* become ID: that user and that group, and no way back */
static int op_become(char **words, long long *value)
{
	const int id = atoi(words[0]);

	(void)value;
	if (setresgid(id, id, id) || setresuid(id, id, id))
		return errno;
	return 0;
}

const struct op look_ops[] = {
	{ "look", 2, op_look },
	{ "become", 1, op_become },
	{ NULL, 0, NULL },
};
