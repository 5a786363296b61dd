// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a file that somebody keeps without a mapping: pinned by a ring, or
 * in a pipe.  What was in them when they were taken is known; what they hold
 * later is not to be seen, nor to be changed.  See revoke_maps.c.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "revoke.h"
#include "rows.h"

#define BEFORE	'b'
#define AFTER	'a'

static const char *const prepared[] = {
	"put 10 " TAKEN "/file r", "put 11 " TAKEN "/file rw",
	"put-pipe 60 61", "map-file 0 10 s r 1", "map-file 2 11 s w 1",
	"touch 0 r 0", "touch 2 r 0", "ring-open plain",
};

static void set_byte(char byte)
{
	int fd = open(TAKEN "/file", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || pwrite(fd, &byte, 1, 0) != 1)
		bail("cannot write to " TAKEN "/file: %s", strerror(errno));
	close(fd);
}

static char get_byte(void)
{
	int fd = open(TAKEN "/file", O_RDONLY | O_CLOEXEC);
	char byte = 0;

	if (fd < 0 || pread(fd, &byte, 1, 0) != 1)
		bail("cannot read " TAKEN "/file: %s", strerror(errno));
	close(fd);
	return byte;
}

/* Memory that is registered with a ring is used without being mapped. */
static void by_ring(void)
{
	struct victim victim = { .meet = NULL };
	struct child *child = &victim.child;

	victim_start(&victim, "selftest-held", BY_SPAWNER, prepared,
		     ARRAY_SIZE(prepared));
	set_byte(BEFORE);
	if (child_ask(child, "ring-map 2")) {
		check(true, "what is mapped is not registered with a ring");
		expect_rows(child);
		return;
	}
	victim_take(&victim);
	set_byte(AFTER);
	child_ask(child, "arm 1 write-buffer 61");
	expect(child_ask(child, "fired 1 10000"), -EFAULT,
	       "what a ring has of it is not read");
	/* Then another byte, the only one, for the page. */
	child_ask(child, "arm 3 read 60");
	child_ask(child, "fired 3 100");
	child_ask(child, "by 61 write");
	child_ask(child, "arm 2 read-buffer 60");
	child_ask(child, "fired 2 10000");
	expect(get_byte(), AFTER, "nor written");
	expect_rows(child);
}

static void in_pipe(const char *line, const char *what)
{
	struct victim victim = { .meet = NULL };
	struct child *child = &victim.child;
	int ret;

	victim_start(&victim, "selftest-held", BY_SPAWNER, prepared,
		     ARRAY_SIZE(prepared));
	set_byte(BEFORE);
	ret = child_ask(child, "%s", line);
	printf("# %s: %d\n", line, ret);
	victim_take(&victim);
	set_byte(AFTER);
	child_ask(child, "see-page");
	check(child->value != AFTER, "%s does not show what comes later",
	      what);
	expect_rows(child);
}

void revoke_pinned(void)
{
	by_ring();
	in_pipe("put-page splice 10", "a page of a file in a pipe");
	in_pipe("put-page vmsplice 0", "a page of a mapping in a pipe");
	set_byte('p');
}
