// SPDX-License-Identifier: GPL-2.0
/*
 * Taking back what is mapped: whoever touches it, and in whatever way, finds
 * nothing there (SIGBUS); what is kept stays as it was.
 *
 *	agent_test: cap.grant, and all below /tmp
 *	  |- selftest-held: what is granted to it for taken; kept stays
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "harness.h"
#include "revoke.h"
#include "rows.h"
#include "tests.h"

/*
 * 0 shared, to read; 1 private, to read; 2 shared, to write; 3 private, to
 * write; 4 code; 5 the same of what is kept, to read; 6 to write; 7 a
 * directory's neighbour, which nobody touches before
 */
static const char *const mapped[] = {
	"put 10 " TAKEN "/file r", "put 11 " TAKEN "/file rw",
	"put 12 " TAKEN "/code r", "put 13 " KEPT "/file r",
	"put 14 " KEPT "/file rw",
	"map-file 0 10 s r 8", "map-file 1 10 p r 8", "map-file 2 11 s w 8",
	"map-file 3 10 p w 8", "map-file 4 12 p x 4", "map-file 5 13 s r 8",
	"map-file 6 14 s w 8", "map-file 7 10 s r 8",
	"touch 0 r 0", "touch 1 r 0", "touch 2 w 0", "touch 3 r 0",
	"touch 4 r 0", "touch 5 r 0", "touch 6 w 0",
	"twin", "twin-touch 0 r 0", "twin-touch 2 w 4096",
	"twin-touch 5 r 0",
};

/* Bytes that somebody has touched, and bytes that nobody has. */
static const char *const touches[] = {
	"touch 0 r 0", "touch 0 r 4096", "touch 1 r 0", "touch 1 r 8192",
	"touch 2 r 0", "touch 2 w 0", "touch 2 w 8192", "touch 3 r 0",
	"touch 3 w 4096", "touch 7 r 0",
	"touch-by thread 0 r 0", "touch-by thread 2 w 12288",
	"touch-by fork 0 r 0", "touch-by fork 2 w 0",
	"touch-by willneed 0 r 0", "touch-by dontneed 1 r 0",
	"touch-by move 7 r 28672",
	"twin-touch 0 r 0", "twin-touch 0 r 16384", "twin-touch 1 r 0",
	"twin-touch 2 w 4096", "twin-touch 2 w 20480",
};

/* What the kernel itself would read and write there. */
static const struct {
	const char *line;
	int error;
} by_kernel[] = {
	{ "touch-by pipe 0 r 0", EFAULT },
	{ "touch-by pipe 2 w 0", EFAULT },
	{ "touch-by vm 0 r 0", EFAULT },
	{ "touch-by vm 2 w 0", EFAULT },
	{ "touch-by mem 0 r 0", EIO },
	{ "touch-by mem 0 r 4096", EIO },
	/* As a device's it is not asked for in advance. */
	{ "touch-by populate 0 r 0", EINVAL },
	{ "touch-by populate 2 w 0", EINVAL },
};

static const char *const untouched[] = {
	"touch 5 r 0", "touch 5 r 4096", "touch 6 w 0", "touch 6 w 8192",
	"touch-by thread 5 r 0", "touch-by fork 6 w 0", "touch-by pipe 5 r 0",
	"touch-by vm 6 w 0", "touch-by mem 5 r 0", "touch-by populate 5 r 0",
	"twin-touch 5 r 0", "twin-touch 6 w 4096",
};

/* Where time has ended it, what is mapped goes a moment after the bundle. */
static void await_zap(struct victim *victim)
{
	size_t i;
	int tries;

	for (i = 0; victim->way == BY_TIME && i < ARRAY_SIZE(touches); i++) {
		for (tries = 0; tries < 500; tries++) {
			if (child_ask(&victim->child, "%s", touches[i]))
				break;
			usleep(10000);
		}
	}
}

static void go(struct victim *victim)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(touches); i++)
		expect(child_ask(&victim->child, "%s", touches[i]), -EFAULT,
		       "%s", touches[i]);
	for (i = 0; i < ARRAY_SIZE(by_kernel); i++) {
		int error = by_kernel[i].error;

		/* /proc is gone as well then. */
		if (victim->way == ALL_AT_ONCE && error == EIO)
			error = ECAPABILITY;
		expect(child_ask(&victim->child, "%s", by_kernel[i].line),
		       -error, "%s", by_kernel[i].line);
	}
	child_ask(&victim->child, "touch-by lock 0 r 0");
	expect(child_ask(&victim->child, "touch 0 r 0"), -EFAULT,
	       "nor is it there once it is locked into memory");
	expect(child_ask(&victim->child, "touch 4 r 4096"), 0,
	       "code that it runs stays");
	expect(child_ask(&victim->child, "protect-map 0 r"), -ECAPABILITY,
	       "nor may it be protected otherwise");
	expect(child_ask(&victim->child, "protect-map 2 w"), -ECAPABILITY,
	       "nor to be written");
	expect(child_ask(&victim->child, "unmap 0"), 0, "it is unmapped");
	expect(child_ask(&victim->child, "map-file 0 10 s r 1"), -ECAPABILITY,
	       "and not mapped again");
}

static void stay(struct victim *victim)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(untouched); i++)
		expect(child_ask(&victim->child, "%s", untouched[i]), 0, "%s",
		       untouched[i]);
	expect(child_ask(&victim->child, "protect-map 5 r"), 0,
	       "it may be protected otherwise");
}

static void maps(enum way way)
{
	struct victim victim = { .meet = NULL };

	printf("# mappings, %s\n", way_names[way]);
	victim_start(&victim, "selftest-held", way, mapped,
		     ARRAY_SIZE(mapped));
	victim_take(&victim);
	await_zap(&victim);
	go(&victim);
	if (way != ALL_AT_ONCE)
		stay(&victim);
	expect_rows(&victim.child);
}

/* Which right a mapping needs is what it was mapped for. */
static void by_right(void)
{
	static const struct {
		enum thing thing;
		const char *what;
		uint64_t mappings;
	} things[] = {
		{ THING_UNIX, "what nothing is mapped by", 0 },
		{ THING_WRITE, "to write, in both processes", 2 },
		{ THING_EXEC, "code, which stays", 0 },
		{ THING_READ, "to read, in both", 8 },
	};
	struct victim victim = { .meet = NULL };
	struct counts counts;
	size_t i;

	printf("# mappings, one right after the other\n");
	victim_start(&victim, "selftest-held", BY_SPAWNER, mapped,
		     ARRAY_SIZE(mapped));
	for (i = 0; i < ARRAY_SIZE(things); i++) {
		revoke_counts(victim.child.aid, 0,
			      victim.handles[things[i].thing], &counts);
		expect(counts.mappings, things[i].mappings,
		       "mappings taken: %s", things[i].what);
		if (things[i].thing == THING_WRITE) {
			expect(child_ask(&victim.child, "touch 2 w 0"),
			       -EFAULT, "what was to be written is gone");
			expect(child_ask(&victim.child, "touch 0 r 0"), 0,
			       "what was to be read is not");
		}
	}
	expect(child_ask(&victim.child, "touch 0 r 0"), -EFAULT,
	       "in the end it is");
	expect_rows(&victim.child);
}

/* What an agent runs it goes on running: that was judged by its contents. */
static void code(void)
{
	static const char *const lines[] = {
		"put 12 " TAKEN "/code r", "map-file 8 12 p x 4",
		"map-file 9 12 s r 4", "find-return 8",
	};
	struct victim victim = { .meet = NULL };
	struct child *child = &victim.child;
	long long at;

	victim_start(&victim, "selftest-held", BY_SPAWNER, lines,
		     ARRAY_SIZE(lines));
	at = child->value;
	expect(child_ask(child, "touch 8 x %lld", at), 0, "code is run");
	victim_take(&victim);
	expect(child_ask(child, "touch 8 x %lld", at), 0,
	       "it is run still");
	expect(child_ask(child, "map-file 10 12 p x 4"), -ECAPABILITY,
	       "but not mapped again");
	expect(child_ask(child, "protect-map 9 x"), -ECAPABILITY,
	       "nor is what was only to be read made code");
	expect(child_ask(child, "exec " TAKEN "/code"), -ECAPABILITY,
	       "nor run as a program");
	expect_rows(child);
}

/* What is granted anew is there anew, through what was mapped. */
static void again(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct victim victim = { .meet = NULL };

	victim_start(&victim, "selftest-held", BY_SPAWNER, mapped,
		     ARRAY_SIZE(mapped));
	victim_take_one(&victim, THING_READ);
	expect(child_ask(&victim.child, "touch 0 r 0"), -EFAULT, "taken");
	must_grant(victim.child.aid, &cap);
	expect(child_ask(&victim.child, "touch 0 r 0"), 0,
	       "granted anew, a mapping is of use again");
	expect_rows(&victim.child);
}

/* Others' mappings of the same file are not the agent's. */
static void of_others(void)
{
	struct victim victim = { .meet = NULL };
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct child other;
	int fd = open(TAKEN "/file", O_RDWR | O_CLOEXEC);
	volatile char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				  MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		bail("cannot map " TAKEN "/file");
	*map = 'p';
	child_start(&other, "selftest-held");
	must_grant(other.aid, &cap);
	child_ask(&other, "put 10 " TAKEN "/file r");
	expect(child_ask(&other, "map-file 0 10 s r 8"), 0,
	       "another agent's mapping");
	expect(child_ask(&other, "touch 0 r 0"), 0, "is read");
	victim_start(&victim, "selftest-held", BY_SPAWNER, mapped,
		     ARRAY_SIZE(mapped));
	victim_take(&victim);
	expect(child_ask(&victim.child, "touch 0 r 0"), -EFAULT,
	       "one's own goes");
	expect(child_ask(&other, "touch 0 r 0"), 0, "another's does not");
	expect(child_ask(&other, "touch 0 r 4096"), 0, "nor the rest of it");
	expect(*map, 't', "nor the spawner's, who sees what was written");
	munmap((void *)map, 4096);
	close(fd);
	expect_rows(&other);
	expect_rows(&victim.child);
}

void test_revoke_maps(void)
{
	enum way way;

	make_things();
	for (way = 0; way < WAYS; way++)
		maps(way);
	by_right();
	code();
	again();
	of_others();
	revoke_pinned();
}
