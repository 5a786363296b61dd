// SPDX-License-Identifier: GPL-2.0
/*
 * The oracle that is none: outside its bundle an agent can't tell what is
 * there from what is not, by no call that takes a path.
 *
 *	agent_test: everything below /tmp
 *	  |- selftest-oracle: everything in oracle/allowed but its hole
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "oracle.h"
#include "rows.h"

#define UNASKED		(-1)	/* closed to agents, whatever is there */

#define NAME_64		"a-name-that-is-too-long-for-any-file-system-it-is-not-finished-y"
#define NAME_260	NAME_64 NAME_64 NAME_64 NAME_64 "-yet"

/**
 * struct look - a call that takes a path
 * @name: as the agent knows it
 * @there: its errno for a file that is there and allowed, 0 for none
 * @missing: its errno for a name that is free and allowed
 * @follows: a symbolic link at the end is followed
 */
struct look {
	const char *name;
	int there;
	int missing;
	bool follows;
};

static const struct look looks[] = {
	{ "open-read", 0, ENOENT, true },
	{ "open-write", 0, ENOENT, true },
	{ "open-path", 0, ENOENT, true },
	{ "open-nofollow", 0, ENOENT, false },
	{ "open-directory", ENOTDIR, ENOENT, true },
	{ "open-tmpfile", ENOTDIR, ENOENT, true },
	{ "open-create", 0, 0, true },
	{ "open-exclusive", EEXIST, 0, false },
	{ "openat2", 0, ENOENT, true },
	{ "stat", 0, ENOENT, true },
	{ "lstat", 0, ENOENT, false },
	{ "statx", 0, ENOENT, true },
	{ "access", 0, ENOENT, true },
	{ "faccessat2", 0, ENOENT, true },
	{ "readlink", EINVAL, ENOENT, false },
	{ "execve", EACCES, ENOENT, true },
	{ "chdir", ENOTDIR, ENOENT, true },
	{ "chroot", UNASKED, UNASKED, true },
	{ "mkdir", EEXIST, 0, false },
	{ "rmdir", ENOTDIR, ENOENT, false },
	{ "unlink", 0, ENOENT, false },
	{ "rename-from", 0, ENOENT, false },
	{ "rename-to", 0, 0, false },
	{ "exchange", 0, ENOENT, false },
	{ "link-from", 0, ENOENT, false },
	{ "link-to", EEXIST, 0, false },
	{ "symlink", EEXIST, 0, false },
	{ "mknod", EEXIST, 0, false },
	{ "mkfifo", EEXIST, 0, false },
	{ "unix-connect", ECONNREFUSED, ENOENT, true },
	{ "unix-sendto", ECONNREFUSED, ENOENT, true },
	{ "unix-bind", EADDRINUSE, 0, false },
	{ "statfs", 0, ENOENT, true },
	{ "name_to_handle_at", 0, ENOENT, false },
	{ "inotify", 0, ENOENT, true },
	{ "fanotify", 0, ENOENT, true },
	{ "truncate", 0, ENOENT, true },
	{ "utimensat", 0, ENOENT, true },
	{ "utime", 0, ENOENT, true },
	{ "utimes", 0, ENOENT, true },
	{ "getxattr", ENODATA, ENOENT, true },
	{ "lgetxattr", ENODATA, ENOENT, false },
	{ "listxattr", 0, ENOENT, true },
	{ "setxattr", 0, ENOENT, true },
	{ "removexattr", ENODATA, ENOENT, true },
	{ "chmod", 0, ENOENT, true },
	{ "chown", 0, ENOENT, true },
	{ "lchown", 0, ENOENT, false },
	{ "open_tree", 0, ENOENT, true },
	{ "mount", UNASKED, UNASKED, true },
	{ "umount", UNASKED, UNASKED, true },
};

/* What is outside, and what would be there if it were; @ is the directory. */
static const struct {
	const char *what;
	const char *path;
	bool link;		/* the last name is an allowed symbolic link */
} outside[] = {
	{ "a file", "@/denied/file", false },
	{ "a directory", "@/denied/dir", false },
	{ "nothing", "@/denied/nothing", false },
	{ "nothing in nothing", "@/denied/no/thing/at/all", false },
	{ "a file in a file", "@/denied/file/x", false },
	{ "a file with a slash", "@/denied/file/", false },
	{ "a file in a locked directory", "@/denied/locked/file", false },
	{ "nothing in a locked directory", "@/denied/locked/nothing", false },
	{ "a link to nothing", "@/denied/dangling", false },
	{ "a link to itself", "@/denied/loop", false },
	{ "a fifo", "@/denied/fifo", false },
	{ "a name that is too long", "@/denied/" NAME_260, false },
	{ "the directory itself", "@/denied", false },
	{ "no directory beside it", "@/nothing", false },
	{ "a hole", "@/allowed/hole", false },
	{ "a file in a hole", "@/allowed/hole/file", false },
	{ "nothing in a hole", "@/allowed/hole/nothing", false },
	{ "a file by ..", "@/allowed/../denied/file", false },
	{ "nothing by ..", "@/allowed/../denied/nothing", false },
	{ "a file by a link to the directory", "@/allowed/to-dir/file", false },
	{ "nothing by a link to the directory", "@/allowed/to-dir/nothing",
	  false },
	{ "a file by a link", "@/allowed/to-file", true },
	{ "nothing by a link", "@/allowed/to-nothing", true },
	{ "a mount point", "/sys", false },
	{ "no mount point", "/sis", false },
	{ "a device", "/dev/kmsg", false },
	{ "no device", "/dev/none", false },
};

static struct child child;

static const char *expand(const char *path)
{
	static char to[512];

	if (path[0] == '@')
		snprintf(to, sizeof(to), ORACLE "%s", path + 1);
	else
		snprintf(to, sizeof(to), "%s", path);
	return to;
}

static void make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode))
		bail("cannot make %s: %s", path, strerror(errno));
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

static void make_link(const char *to, const char *path)
{
	if (symlink(to, path))
		bail("cannot make %s: %s", path, strerror(errno));
}

static void make_places(void)
{
	make_dir(ORACLE, 0755);
	make_dir(ORACLE "/allowed", 0755);
	make_dir(ORACLE "/allowed/hole", 0755);
	make_dir(ORACLE "/denied", 0755);
	make_dir(ORACLE "/denied/dir", 0755);
	make_dir(ORACLE "/denied/locked", 0700);
	make_file(ORACLE "/allowed/hole/file");
	make_file(ORACLE "/denied/file");
	make_file(ORACLE "/denied/locked/file");
	make_link("nothing", ORACLE "/denied/dangling");
	make_link("loop", ORACLE "/denied/loop");
	if (mkfifo(ORACLE "/denied/fifo", 0644))
		bail("cannot make a fifo: %s", strerror(errno));
	make_link(ORACLE "/denied", ORACLE "/allowed/to-dir");
	make_link(ORACLE "/denied/file", ORACLE "/allowed/to-file");
	make_link(ORACLE "/denied/nothing", ORACLE "/allowed/to-nothing");
}

/* The allowed directory as it is before each call. */
static void tidy(void)
{
	unlink(ORACLE_FREE);
	rmdir(ORACLE "/allowed/nothing");
	unlink(ORACLE "/allowed/nothing");
	unlink(ORACLE "/allowed/file");
	unlink(ORACLE_OWN);
	make_file(ORACLE "/allowed/file");
	make_file(ORACLE_OWN);
}

static int ask(const struct look *look, const char *path)
{
	int ret = child_ask(&child, "look %s %s", look->name, path);

	if (ret == -EPIPE || ret == -ETIMEDOUT)
		bail("the agent did not come back from %s %s", look->name,
		     path);
	return ret;
}

/* A socket's address holds a short path only. */
static bool is_asked(const struct look *look, size_t i)
{
	if (outside[i].link && !look->follows)
		return false;
	return strncmp(look->name, "unix-", 5) ||
	       strlen(expand(outside[i].path)) < 100;
}

static void try_outside(const struct look *look, const char *who)
{
	size_t i, wrong = 0;

	for (i = 0; i < ARRAY_SIZE(outside); i++) {
		long long before = denials_of(&child), found;
		int got;

		if (!is_asked(look, i))
			continue;
		got = ask(look, expand(outside[i].path));
		found = denials_of(&child) - before;
		if (got == -ECAPABILITY && found == 1)
			continue;
		printf("# %s: errno %d, %lld denials\n", outside[i].what, -got,
		       found);
		wrong++;
	}
	expect(wrong, 0, "%s outside, by %s: all looks alike", look->name, who);
}

static void try_inside(const struct look *look)
{
	long long before = denials_of(&child);

	if (look->there == UNASKED)
		return;
	tidy();
	expect(ask(look, ORACLE "/allowed/file"), -look->there,
	       "%s inside: what is there", look->name);
	tidy();
	expect(ask(look, ORACLE "/allowed/nothing"), -look->missing,
	       "%s inside: what is not", look->name);
	expect(denials_of(&child) - before, 0, "%s inside: no denials", look->name);
}

/* Nobody changes what no call may reach. */
static void is_as_it_was(void)
{
	struct stat file, dir;

	if (lstat(ORACLE "/denied/file", &file) || lstat(ORACLE "/denied", &dir))
		bail("%s", strerror(errno));
	expect(file.st_nlink, 1, "the file outside has one name");
	expect(file.st_mode, S_IFREG | 0644, "and its mode");
	expect(file.st_ctime == file.st_mtime, 1, "and has never changed");
	expect(dir.st_nlink, 4, "its directory has two others");
	expect(lgetxattr(ORACLE "/denied/file", "user.other", NULL, 0) < 0 ?
	       -errno : 0, -ENODATA, "and the file no attribute");
}

void test_oracle(void)
{
	size_t i;

	make_places();
	tidy();
	child_start(&child, "selftest-oracle");
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		try_inside(&looks[i]);
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		try_outside(&looks[i], "root");
	expect(child_ask(&child, "become 1000"), 0, "it is no longer root");
	for (i = 0; i < ARRAY_SIZE(looks); i++)
		try_outside(&looks[i], "another user");
	is_as_it_was();
	expect_rows(&child);
}
