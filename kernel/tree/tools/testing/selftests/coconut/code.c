// SPDX-License-Identifier: GPL-2.0
/*
 * Code is known by its contents: what the base image holds, or what the
 * manifest names.  Both agents may read, write, create, delete and execute in
 * code/allowed, and read and write code/data.
 *
 *	agent_test: everything below /tmp, mem.exec
 *	  |- selftest-code: one script named by its digest, one that wants an
 *	     interpreter nobody knows
 *	  |- selftest-jit: mem.exec as well
 *
 *	true	a program of the base image
 *	changed	the same with a byte more
 *	script	a shell's, unknown
 *	named	a shell's, named by the manifest
 *	named2	named, but its interpreter is changed
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define CODE	BASE "/code"
#define LOADER	"/usr/lib64/ld-linux-x86-64.so.2"

/* Why: its contents, its place, or mem.exec. */
enum {
	UNKNOWN = AGENT_REASON_CODE,
	NOWHERE = AGENT_REASON_SCOPE,
	NO_CAP = AGENT_REASON_SCOPE,
};

static const struct attempt running[] = {
	{ 0, 0, "exec @/allowed/true" },
	{ ECAPABILITY, UNKNOWN, "exec @/allowed/changed" },
	{ ECAPABILITY, UNKNOWN, "exec @/allowed/script" },
	{ 0, 0, "exec @/allowed/named" },
	{ ECAPABILITY, UNKNOWN, "exec @/allowed/named2" },
	{ ECAPABILITY, UNKNOWN, "exec @/allowed/text" },
	{ ECAPABILITY, NOWHERE, "exec @/data/true" },
	{ ECAPABILITY, NOWHERE, "exec @/data/named" },
	{ 0, 0, "copy /usr/bin/true @/allowed/mine" },
	{ 0, 0, "exec @/allowed/mine" },
	{ 0, 0, "copy @/allowed/changed @/allowed/mine2" },
	{ ECAPABILITY, UNKNOWN, "exec @/allowed/mine2" },
	{ 0, 0, "rename @/allowed/changed @/allowed/ls" },
	{ ECAPABILITY, UNKNOWN, "exec @/allowed/ls" },
	{ 0, 0, "rename @/allowed/ls @/allowed/changed" },
	{ 0, 0, "symlink /usr/bin/true @/allowed/link" },
	{ 0, 0, "exec @/allowed/link" },
};

static const struct attempt mapping[] = {
	{ 0, 0, "code @/allowed/true" },
	{ 0, 0, "recode drop" },
	{ 0, 0, "later @/allowed/true" },
	{ 0, 0, "recode drop" },
	{ ECAPABILITY, UNKNOWN, "code @/allowed/changed" },
	{ ECAPABILITY, UNKNOWN, "later @/allowed/changed" },
	{ 0, 0, "open @/allowed/changed rw" },
	{ 0, 0, "open @/allowed/text r" },
	{ 0, 0, "recode drop" },
	{ ECAPABILITY, UNKNOWN, "code @/allowed/text" },
	{ 0, 0, "code @/allowed/named" },
	{ 0, 0, "recode drop" },
	{ ECAPABILITY, NOWHERE, "code @/data/true" },
	{ ECAPABILITY, NOWHERE, "later @/data/true" },
	{ 0, 0, "recode drop" },
	{ ECAPABILITY, NOWHERE, "open /usr/bin/true w" },
	{ ECAPABILITY, NOWHERE, "open /usr/lib/x86_64-linux-gnu/libc.so.6 w" },
	{ ECAPABILITY, NOWHERE, "truncate /usr/lib/x86_64-linux-gnu/libc.so.6" },
};

static const struct attempt memory[] = {
	{ ECAPABILITY, 0, "memory exec /usr/bin/true" },
	{ ECAPABILITY, 0, "memory map /usr/bin/true" },
	{ ECAPABILITY, 0, "memory rewrite /usr/bin/true" },
	{ ECAPABILITY, 0, "memory exec @/allowed/changed" },
	{ ECAPABILITY, 0, "memory map @/allowed/changed" },
};

/* With mem.exec the same are allowed. */
static const struct attempt made[] = {
	{ ECAPABILITY, NO_CAP, "anon run" },
	{ ECAPABILITY, NO_CAP, "anon only-run" },
	{ ECAPABILITY, NO_CAP, "anon write-run" },
	{ ECAPABILITY, NO_CAP, "anon shared" },
	{ ECAPABILITY, NO_CAP, "anon protect" },
	{ ECAPABILITY, NO_CAP, "anon shared-protect" },
	{ ECAPABILITY, NO_CAP, "anon key" },
	{ ECAPABILITY, NO_CAP, "anon stack" },
	{ ECAPABILITY, NO_CAP, "anon heap" },
	{ ECAPABILITY, NO_CAP, "private written @/allowed/true" },
	{ ECAPABILITY, NO_CAP, "private both @/allowed/true" },
};

static void make_dir(const char *path)
{
	if (mkdir(path, 0755))
		bail("cannot make %s: %s", path, strerror(errno));
}

static void make_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

static void append(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0 || write(fd, "", 1) != 1)
		bail("cannot change %s: %s", path, strerror(errno));
	close(fd);
}

static void make_files(void)
{
	/* The manifest selftest-code names the BLAKE3 of these two. */
	static const char named[] = "#!/usr/bin/sh\nexit 7\n";
	static const char named2[] = "#!" CODE "/allowed/changed\n";

	make_dir(CODE);
	make_dir(CODE "/allowed");
	make_dir(CODE "/data");
	copy_program("/usr/bin/true", CODE "/allowed/true");
	copy_program("/usr/bin/true", CODE "/allowed/changed");
	copy_program("/usr/bin/true", CODE "/data/true");
	append(CODE "/allowed/changed");
	make_text(CODE "/allowed/script", "#!/usr/bin/sh\nexit 3\n");
	make_text(CODE "/allowed/text", "no program at all\n");
	make_text(CODE "/allowed/named", named);
	make_text(CODE "/allowed/named2", named2);
	make_text(CODE "/data/named", named);
}

/* Who is not the kernel can read a program, and do what it says. */
static void interpreters(struct child *child)
{
	long long before = denials_of(child);

	expect(child_ask(child, "start " LOADER " " CODE "/allowed/true"), 0,
	       "the dynamic linker is run");
	expect(child->value, 0, "and runs what is known");
	expect(denials_of(child) - before, 0, "which is no denial");
	expect(child_ask(child, "start " LOADER " " CODE "/allowed/changed"), 0,
	       "it is run once more");
	expect(child->value, 127, "and can't run what is not");
	check(denials_of(child) - before > 0, "which is one");
	expect(last_reason(child), AGENT_REASON_CODE, "for its contents");
	expect(child_ask(child, "start /usr/bin/sh " CODE "/allowed/script"), 0,
	       "a shell reads a script");
	expect(child->value, 3, "as data, and does what it says");
	expect(child_ask(child, "exec " CODE "/allowed/named"), 0,
	       "the script that is named");
	expect(child->value, 7, "is run");
}

static int open_to_write(const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* While an agent has it mapped to run, nobody writes to it. */
static void no_writers(struct child *child)
{
	static const char path[] = CODE "/allowed/true";
	long long pid;

	expect(child_ask(child, "code %s", path), 0, "mapped to run");
	expect(open_to_write(path, 0), -ETXTBSY, "nobody else opens it");
	expect(open_to_write(path, O_TRUNC), -ETXTBSY, "nor truncates it so");
	expect(truncate(path, 1) ? -errno : 0, -ETXTBSY, "nor otherwise");
	expect(child_ask(child, "open %s w", path), -ETXTBSY,
	       "nor does the agent");
	expect(child_ask(child, "truncate %s", path), -ETXTBSY, "in no way");
	expect(open_to_write(CODE "/allowed/changed", 0), 0,
	       "another file is open to all");
	expect(child_ask(child, "recode split"), 0, "split in two");
	expect(open_to_write(path, 0), -ETXTBSY, "still nobody opens it");
	expect(child_ask(child, "recode halve"), 0, "one half is given up");
	expect(open_to_write(path, 0), -ETXTBSY, "still nobody opens it");
	expect(child_ask(child, "recode move"), 0, "the other is moved");
	expect(open_to_write(path, 0), -ETXTBSY, "still nobody opens it");
	expect(child_ask(child, "fork"), 0, "a child has it too");
	pid = child->value;
	expect(child_ask(child, "recode drop"), 0, "the parent gives it up");
	expect(open_to_write(path, 0), -ETXTBSY, "still nobody opens it");
	child_ask(child, "kill %lld %d", pid, SIGKILL);
	child_ask(child, "reap %lld", pid);
	expect(open_to_write(path, 0), 0, "after the last one it is open");
}

/* While somebody may write to it, no agent maps or runs it. */
static void no_code(struct child *child)
{
	static const char path[] = CODE "/allowed/true";
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *map;

	if (fd < 0)
		bail("cannot open %s: %s", path, strerror(errno));
	expect(child_ask(child, "code %s", path), -ETXTBSY,
	       "open to be written, it is not mapped");
	expect(child_ask(child, "later %s", path), -ETXTBSY,
	       "nor made executable");
	child_ask(child, "recode drop");
	expect(child_ask(child, "exec %s", path), -ETXTBSY, "nor run");
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		bail("cannot map %s: %s", path, strerror(errno));
	expect(child_ask(child, "code %s", path), -ETXTBSY,
	       "mapped to be written, it is not mapped to run");
	expect(child_ask(child, "exec %s", path), -ETXTBSY, "nor run");
	munmap(map, 4096);
	expect(child_ask(child, "exec %s", path), 0,
	       "it is, when nobody can write any more");
	expect(child->value, 0, "and does its work");
}

static void put_byte(const char *path, char byte)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, &byte, 1, 0) != 1)
		bail("cannot change %s: %s", path, strerror(errno));
	close(fd);
}

/* What was known once is asked again when it has changed. */
static void changes(struct child *child)
{
	static const char path[] = CODE "/allowed/named";
	struct stat st;

	expect(child_ask(child, "exec %s", path), 0, "known");
	put_byte(path, 'X');
	expect(child_ask(child, "exec %s", path), -ECAPABILITY, "changed");
	expect(last_reason(child), AGENT_REASON_CODE, "for its contents");
	put_byte(path, '#');
	expect(child_ask(child, "exec %s", path), 0, "changed back");
	expect(child_ask(child, "code %s", path), 0, "mapped");
	child_ask(child, "recode drop");
	append(path);
	expect(child_ask(child, "exec %s", path), -ECAPABILITY, "longer");
	expect(child_ask(child, "code %s", path), -ECAPABILITY, "nor mapped");
	if (stat(path, &st) || truncate(path, st.st_size - 1))
		bail("cannot change %s: %s", path, strerror(errno));
	expect(child_ask(child, "exec %s", path), 0, "as long as it was");
	if (truncate(path, st.st_size - 2))
		bail("cannot change %s: %s", path, strerror(errno));
	expect(child_ask(child, "exec %s", path), -ECAPABILITY, "shorter");
}

static void with_mem_exec(void)
{
	struct child child;
	size_t i;

	child_start(&child, "selftest-jit");
	for (i = 0; i < ARRAY_SIZE(made); i++) {
		struct attempt attempt = { 0, 0, made[i].line };

		run_attempts(&child, CODE, &attempt, 1);
	}
	expect(child_ask(&child, "memory exec /usr/bin/true"), -ECAPABILITY,
	       "a memory file is no program");
	expect(child_ask(&child, "exec " CODE "/allowed/changed"), -ECAPABILITY,
	       "mem.exec is no leave to run files");
	expect(child_ask(&child, "code " CODE "/allowed/changed"), -ECAPABILITY,
	       "nor to map them");
	expect(child_ask(&child, "exec " CODE "/allowed/script"), -ECAPABILITY,
	       "nor are scripts known to it");
	expect_rows(&child);
}

void test_code(void)
{
	struct child child;

	make_files();
	child_start(&child, "selftest-code");
	RUN_ATTEMPTS(&child, CODE, running);
	RUN_ATTEMPTS(&child, CODE, mapping);
	RUN_ATTEMPTS(&child, CODE, memory);
	RUN_ATTEMPTS(&child, CODE, made);
	expect(child_ask(&child, "zero"), -ECAPABILITY,
	       "zeroes are no code either");
	interpreters(&child);
	no_writers(&child);
	no_code(&child);
	changes(&child);
	expect_rows(&child);
	with_mem_exec();
}
