// SPDX-License-Identifier: GPL-2.0
/*
 * Races: an agent whose threads work against each other gets nothing that it
 * would not get alone.
 *
 *	agent_test: everything below /tmp
 *	  |- selftest-races: everything in races/allowed, but x/hole
 */

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define RACES	BASE "/races"
#define MS	700

static void make_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

void test_races(void)
{
	static const char *const dirs[] = {
		RACES, RACES "/allowed", RACES "/allowed/x",
		RACES "/allowed/x/hole", RACES "/allowed/w",
		RACES "/denied",
	};
	struct child child;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (mkdir(dirs[i], 0755))
			bail("cannot make %s: %s", dirs[i], strerror(errno));
	}
	copy_program("/usr/bin/true", RACES "/allowed/true");
	make_file(RACES "/allowed/file", "inside\n");
	make_file(RACES "/allowed/w/file", "inside\n");
	make_file(RACES "/allowed/x/hole/file", "outside\n");
	make_file(RACES "/denied/file", "outside\n");
	child_start(&child, "selftest-races");
	expect(child_ask(&child, "race code " RACES "/allowed %d", MS), 0,
	       "code that is mapped while it is written");
	expect(child_ask(&child, "race link " RACES "/allowed %d", MS), 0,
	       "a link that is turned while it is followed");
	expect(child_ask(&child, "race moves " RACES "/allowed %d", MS), 0,
	       "a hole while a directory beside it moves");
	expect_rows(&child);
}
