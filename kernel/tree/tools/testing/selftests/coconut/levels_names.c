// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of uses without a name: they are of what the same agent's last row of the
 * same object told, whatever the file's names are and whoever is faster.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "levels.h"
#include "tests.h"

#define RACES	8000		/* opens: their rows are all in the ring at once */
#define FILE_A	LEVELS_DIR "/a"
#define FILE_B	LEVELS_DIR "/b"
#define MOUNT	LEVELS_DIR "/mount"

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

static void run(const char *line)
{
	int status = hand(line);

	if (status)
		bail("%s: exit status %d", line, status);
}

/* Return: size of the name in the agent's last row of a use; its object in @ret. */
static uint32_t last_use(const struct child *child, struct agent_audit_row *ret)
{
	const uint8_t *rows;
	long size = collect_of(child->aid, BIT(AGENT_EVENT_USE), &rows), pos;

	for (pos = 0; pos < size; pos += row_in(rows, pos)->size)
		*ret = *row_in(rows, pos);
	return size > 0 ? ret->payload_size : ~0U;
}

/*
 * Opened again its row has no name. What others rename and mount meanwhile makes
 * a row have one, so it is tried some more times.
 */
static bool settle(struct child *child, const char *path)
{
	struct agent_audit_row row, first = { 0 };
	int tries;

	for (tries = 0; tries < 20; tries++) {
		if (child_ask(child, "open %s r", path))
			return false;
		if (!last_use(child, &row))
			return !first.size || (row.object[0] == first.object[0] &&
					       row.object[1] == first.object[1]);
		first = row;
	}
	return false;
}

static void expect_name(struct child *child, const char *path, const char *after)
{
	struct agent_audit_row row;

	child_ask(child, "open %s r", path);
	expect(last_use(child, &row), strlen(path), "%s: named again", after);
	check(settle(child, path), "and then it has no name again");
}

static void names(struct child *child)
{
	struct agent_audit_row row;
	struct cbor cap = cap_path("fs.read", "/tmp/selftest/given");
	uint64_t handle;

	child_ask(child, "open %s r", FILE_A);
	expect(last_use(child, &row), strlen(FILE_A), "a file's first use is named");
	check(settle(child, FILE_A), "another one of the same object is not");
	rename(FILE_A, FILE_B);
	expect_name(child, FILE_B, "renamed");
	rename(FILE_B, FILE_A);
	expect_name(child, FILE_A, "renamed back");
	if (link(FILE_A, FILE_B))
		bail("link: %s", strerror(errno));
	child_ask(child, "open %s r", FILE_A);
	expect(last_use(child, &row), strlen(FILE_A), "of two names: named");
	child_ask(child, "open %s r", FILE_B);
	child_ask(child, "open %s r", FILE_B);
	expect(last_use(child, &row), strlen(FILE_B), "each time");
	unlink(FILE_B);
	expect_name(child, FILE_A, "of one name again");
	handle = must_grant(child->aid, &cap);
	expect_name(child, FILE_A, "after a grant");
	cap_revoke(child->aid, 0, handle, NULL);
	expect_name(child, FILE_A, "after a revocation");
}

static void mounts(struct child *child)
{
	run("mkdir -p " MOUNT " && mount --bind " LEVELS_DIR " " MOUNT);
	expect_name(child, FILE_A, "after a mount");
	expect_name(child, MOUNT "/a", "by another mount");
	expect_name(child, FILE_A, "and by the first");
}

/* Return: number at the end of a name, ~0 when it has another beginning. */
static uint32_t number_of(const char *name, size_t size, const char *prefix)
{
	char text[300] = "";

	if (size >= sizeof(text) || size < strlen(prefix) ||
	    memcmp(name, prefix, strlen(prefix)))
		return ~0U;
	memcpy(text, name, size);
	return atoi(text + strlen(prefix));
}

/**
 * struct resolving - going through the rows of one object
 * @object: it
 * @name: as the last row told that had a name
 * @size: its length
 */
struct resolving {
	uint64_t object[2];
	const char *name;
	size_t size;
};

/* Return: whether a row is a use of that object by reading; it is named now. */
static bool resolve(struct resolving *to, const struct agent_audit_row *row)
{
	if (row->object[0] != to->object[0] || row->object[1] != to->object[1])
		return false;
	if (row->payload_size) {
		to->name = (const char *)(row + 1);
		to->size = row->payload_size;
	}
	return row->cap == AGENT_CAP_FS_READ;
}

static struct resolving of_file(struct child *child, const char *path)
{
	struct agent_audit_row row;

	if (child_ask(child, "open %s r", path))
		bail("cannot open %s", path);
	last_use(child, &row);
	return (struct resolving) {
		.object = { row.object[0], row.object[1] },
	};
}

static long load_seen(const char *path, struct seen_open *seen, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long got = fd < 0 ? -1 : read(fd, seen, size);

	close(fd);
	return got < 0 ? -1 : got / (long)sizeof(*seen);
}

static void race_renames(struct child *child)
{
	static struct seen_open seen[RACES];
	const char *prefix = LEVELS_DIR "/n", *list = LEVELS_DIR "/seen";
	struct agent_audit_query_args args = { .events = BIT(AGENT_EVENT_USE) };
	struct resolving of;
	long size, pos, count, next = 0, bare = 0, wrong = 0;
	const uint8_t *rows;
	uint32_t number;

	make_file(LEVELS_DIR "/n0");
	of = of_file(child, LEVELS_DIR "/n0");
	args.aid = child->aid;
	collect(&args, &rows);
	child_ask(child, "race-rename %s %d %s", prefix, RACES, list);
	expect(child->value, RACES, "opened while it is renamed");
	count = load_seen(list, seen, sizeof(seen));
	size = collect(&args, &rows);
	of.name = LEVELS_DIR "/n0";
	of.size = strlen(of.name);
	for (pos = 0; pos < size; pos += row_in(rows, pos)->size) {
		const struct agent_audit_row *row = row_in(rows, pos);

		if (!resolve(&of, row) || row->pid != (uint32_t)child->pid)
			continue;
		number = number_of(of.name, of.size, prefix);
		bare += !row->payload_size;
		wrong += next >= count || number < seen[next].before ||
			 number > seen[next].after;
		next++;
	}
	printf("# %ld of %ld without a name, %u names\n", bare, next,
	       count > 0 ? seen[count - 1].before : 0);
	expect(next, count, "a row for each time");
	expect(wrong, 0, "each tells a name that the file had just then");
	check(bare > 0, "some of them by an earlier row");
}

/* Each of the two threads opens the file by one name alone. */
static void race_names(struct child *child, const char *how, const char *other)
{
	struct agent_audit_query_args args = { .events = BIT(AGENT_EVENT_USE) };
	struct resolving of = of_file(child, FILE_A);
	long size, pos, bare = 0, wrong = 0, own = 0, others = 0;
	const uint8_t *rows;

	args.aid = child->aid;
	collect(&args, &rows);
	expect(child_ask(child, "race-%s %s %s %d", how, FILE_A, other, RACES),
	       0, "opened by two names at once, %s", how);
	size = collect(&args, &rows);
	of.name = FILE_A;
	of.size = strlen(FILE_A);
	for (pos = 0; pos < size; pos += row_in(rows, pos)->size) {
		const struct agent_audit_row *row = row_in(rows, pos);
		bool mine = row->pid == (uint32_t)child->pid;
		const char *want = mine ? FILE_A : other;

		if (!resolve(&of, row))
			continue;
		own += mine;
		others += !mine;
		bare += !row->payload_size;
		wrong += of.size != strlen(want) ||
			 memcmp(of.name, want, of.size);
	}
	printf("# %ld and %ld, %ld of them without a name\n", own, others, bare);
	expect(own, RACES, "%s: a row for each time", how);
	check(others > 0, "%s: and some of the other thread", how);
	expect(wrong, 0, "%s: each tells the name that was opened", how);
}

void levels_names(void)
{
	struct child child;

	make_file(FILE_A);
	child_start(&child, "selftest-levels");
	names(&child);
	race_renames(&child);
	race_names(&child, "links", FILE_B);
	if (!hand_is_there()) {
		skip("no legacy root beside it", "rows by other mounts");
	} else {
		mounts(&child);
		race_names(&child, "mounts", MOUNT "/a");
		run("umount " MOUNT);
	}
	child_end(&child);
}
