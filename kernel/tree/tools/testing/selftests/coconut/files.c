// SPDX-License-Identifier: GPL-2.0
/*
 * Files: what selftest-child may do, and what not, below /tmp/selftest.
 *
 *	allowed/        read, write, create, delete
 *	  hole/         nothing
 *	  outer/hole/   nothing
 *	  bin/          execute as well
 *	half/           read, delete
 *	denied/         nothing
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

/**
 * struct try - one line for the child, and its answer
 * @error: the errno, 0 for none
 * @line: the operation; @ stands for the tests' directory
 */
struct try {
	int error;
	const char *line;
};

/* Write the directory's name for each @ of a line. */
static void expand(const char *line, char *to, size_t room)
{
	size_t size = 0;

	for (; *line && size < room - sizeof(BASE); line++) {
		if (*line == '@')
			size += sprintf(to + size, "%s", BASE);
		else
			to[size++] = *line;
	}
	to[size] = '\0';
}

static void run(struct child *child, const struct try *tries, size_t count)
{
	char line[512];
	size_t i;

	for (i = 0; i < count; i++) {
		expand(tries[i].line, line, sizeof(line));
		expect(child_ask(child, "%s", line), -tries[i].error, "%s",
		       tries[i].line);
	}
}

static const struct try opening[] = {
	{ 0, "open @/allowed/a r" },
	{ 0, "read" },
	{ EBADF, "write" },
	{ 0, "open @/allowed/a w" },
	{ 0, "write" },
	{ 0, "open @/allowed/a rw" },
	{ 0, "open @/allowed/a a" },
	{ 0, "open @/allowed/a t" },
	{ 0, "open @/allowed d" },
	{ 0, "open /usr/bin/true r" },
	{ ECAPABILITY, "open /usr/bin/true w" },
	{ ECAPABILITY, "open @/denied/secret r" },
	{ ECAPABILITY, "open @/denied/secret w" },
	{ ECAPABILITY, "open @/denied/secret rw" },
	{ ECAPABILITY, "open @/denied/secret a" },
	{ ECAPABILITY, "open @/denied/secret t" },
	{ ECAPABILITY, "open @/denied d" },
	{ ECAPABILITY, "open @ d" },
	{ ECAPABILITY, "open / d" },
	{ ECAPABILITY, "open /etc/shadow r" },
	{ ECAPABILITY, "open @/allowed/../denied/secret r" },
	{ ECAPABILITY, "open /proc/self/environ r" },
	{ ECAPABILITY, "open /proc/1/status r" },
	{ 0, "open @/half/x r" },
	{ 0, "read" },
	{ ECAPABILITY, "open @/half/x w" },
	{ ECAPABILITY, "open @/half/x rw" },
	{ ECAPABILITY, "open @/half/x t" },
	{ ENOENT, "open @/allowed/nothing r" },
};

static const struct try holes[] = {
	{ ECAPABILITY, "open @/allowed/hole/secret r" },
	{ ECAPABILITY, "open @/allowed/hole/secret w" },
	{ ECAPABILITY, "open @/allowed/hole d" },
	{ ECAPABILITY, "open @/allowed/hole/new c" },
	{ ECAPABILITY, "unlink @/allowed/hole/secret" },
	{ ECAPABILITY, "rename @/allowed/hole @/allowed/open" },
	{ ECAPABILITY, "rename @/allowed/hole/secret @/allowed/mine" },
	{ ECAPABILITY, "link @/allowed/hole/secret @/allowed/mine" },
	{ ECAPABILITY, "exchange @/allowed/hole @/allowed/bin" },
	{ ECAPABILITY, "rename @/allowed/outer @/allowed/moved" },
	{ ECAPABILITY, "open @/allowed/outer/hole/secret r" },
	{ 0, "open @/allowed/outer/a r" },
};

static const struct try links[] = {
	{ ECAPABILITY, "open @/allowed/to-secret r" },
	{ ECAPABILITY, "open @/allowed/to-denied/secret r" },
	{ ECAPABILITY, "truncate @/allowed/to-secret" },
	{ 0, "symlink @/denied/secret @/allowed/mine" },
	{ ECAPABILITY, "open @/allowed/mine r" },
	{ 0, "unlink @/allowed/mine" },
	{ 0, "symlink @/allowed/a @/allowed/mine" },
	{ 0, "open @/allowed/mine r" },
	{ 0, "unlink @/allowed/mine" },
	{ ECAPABILITY, "symlink @/allowed/a @/denied/mine" },
	{ ECAPABILITY, "link @/denied/secret @/allowed/mine" },
	{ ECAPABILITY, "link @/half/x @/allowed/mine" },
	{ ECAPABILITY, "link @/allowed/a @/denied/mine" },
	{ 0, "link @/allowed/a @/allowed/mine" },
	{ 0, "unlink @/allowed/mine" },
};

static const struct try changing[] = {
	{ 0, "open @/allowed/new c" },
	{ 0, "write" },
	{ 0, "open @/allowed/new rw" },
	{ 0, "truncate @/allowed/new" },
	{ 0, "ftruncate" },
	{ 0, "chmod @/allowed/new" },
	{ 0, "rename @/allowed/new @/allowed/newer" },
	{ ECAPABILITY, "rename @/allowed/newer @/denied/newer" },
	{ ECAPABILITY, "rename @/allowed/newer @/half/newer" },
	{ ECAPABILITY, "rename @/denied/secret @/allowed/secret" },
	{ ECAPABILITY, "rename @/half/x @/allowed/x" },
	{ ECAPABILITY, "exchange @/half/x @/allowed/a" },
	{ ECAPABILITY, "exchange @/allowed/a @/half/x" },
	{ 0, "exchange @/allowed/a @/allowed/newer" },
	{ 0, "exchange @/allowed/a @/allowed/newer" },
	{ ECAPABILITY, "rename @/allowed/newer @/allowed/hole/secret" },
	{ 0, "unlink @/allowed/newer" },
	{ 0, "mkdir @/allowed/dir" },
	{ 0, "mknod @/allowed/dir/fifo" },
	{ 0, "unlink @/allowed/dir/fifo" },
	{ 0, "rmdir @/allowed/dir" },
	{ 0, "open @/allowed tmp" },
	{ ECAPABILITY, "open @/denied tmp" },
	{ ECAPABILITY, "open @/half/new c" },
	{ ECAPABILITY, "mkdir @/half/dir" },
	{ ECAPABILITY, "mknod @/half/fifo" },
	{ ECAPABILITY, "truncate @/half/x" },
	{ ECAPABILITY, "chmod @/half/x" },
	{ ECAPABILITY, "chown @/half/x" },
	{ 0, "unlink @/half/y" },
	{ ECAPABILITY, "open @/denied/new c" },
	{ ECAPABILITY, "mkdir @/denied/dir" },
	{ ECAPABILITY, "mknod @/denied/fifo" },
	{ ECAPABILITY, "unlink @/denied/secret" },
	{ ECAPABILITY, "rmdir @/denied/empty" },
	{ ECAPABILITY, "truncate @/denied/secret" },
	{ ECAPABILITY, "chmod @/denied/secret" },
	{ ECAPABILITY, "chown @/denied/secret" },
};

static const struct try mapping[] = {
	{ 0, "open @/allowed/b r" },
	{ 0, "map r" },
	{ 0, "map p" },
	{ EACCES, "map w" },
	{ ECAPABILITY, "map x" },
	{ ECAPABILITY, "protect" },
	{ 0, "open @/allowed/b rw" },
	{ 0, "map w" },
	{ 0, "open @/allowed/bin/run r" },
	{ 0, "map x" },
	{ 0, "protect" },
	{ 0, "open /usr/bin/true r" },
	{ 0, "map x" },
};

/* The value of exec is the exit status, which run() does not look at. */
static const struct try executing[] = {
	{ 0, "exec /usr/bin/true" },
	{ 0, "exec @/allowed/bin/run" },
	{ ECAPABILITY, "exec @/allowed/b" },
	{ ECAPABILITY, "exec @/denied/run" },
	{ ECAPABILITY, "exec @/allowed/to-run" },
};

static const struct try mounting[] = {
	{ ECAPABILITY, "mount @/allowed" },
	{ ECAPABILITY, "umount /tmp" },
	{ ECAPABILITY, "chroot @/allowed" },
};

static void papers(void)
{
	int fd = open("/home/maya/papers/key-by-another-name", O_RDONLY);

	expect(fd < 0 ? -errno : fd, -ECAPABILITY,
	       "a symbolic link among the papers to the key");
	fd = open("/home/maya/.ssh/id_ed25519", O_RDONLY);
	expect(fd < 0 ? -errno : fd, -ECAPABILITY, "the key itself");
}

/* An open file that is handed on is judged by who uses it. */
static void handed_on(void)
{
	struct child child;
	int saved = dup(2), fd = open(BASE "/denied/secret", O_RDONLY);

	if (saved < 0 || fd < 0)
		bail("cannot open the secret");
	dup2(fd, 2);
	close(fd);
	child_start(&child, "selftest-child");
	dup2(saved, 2);
	close(saved);
	expect(child_ask(&child, "hold 2"), 0, "a file from its spawner");
	expect(child_ask(&child, "read"), -ECAPABILITY,
	       "is not readable without the capability");
	child_end(&child);
}

#define RUN(child, tries) run(child, tries, ARRAY_SIZE(tries))

void test_files(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	RUN(&child, opening);
	RUN(&child, holes);
	RUN(&child, links);
	RUN(&child, changing);
	RUN(&child, mapping);
	RUN(&child, executing);
	RUN(&child, mounting);
	child_end(&child);
	papers();
	handed_on();
}
