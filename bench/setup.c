// SPDX-License-Identifier: MIT
/* What the benchmark finds: made beforehand, by a task that may make it. */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static void make_directory(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		err(1, "%s", path);
}

/*
 * Read last in an hour, so that a read always takes the same way through what
 * decides whether to note the time of it.
 */
static void make_file(const char *path)
{
	const struct timespec times[] = {
		{ .tv_sec = time(NULL) + 3600 },
		{ .tv_nsec = UTIME_OMIT },
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, "x", 1) != 1 || futimens(fd, times))
		err(1, "%s", path);
	close(fd);
}

/* With a directory of two components, files at the depths of 3 and 10. */
static void make_files(const char *dir)
{
	char path[512];
	size_t length = snprintf(path, sizeof(path) / 2, "%s", dir);
	int depth;

	make_directory(dir);
	strcpy(path + length, "/hole");
	make_directory(path);
	strcpy(path + length, "/file");
	make_file(path);
	for (depth = 3; depth < 10; depth++) {
		length += sprintf(path + length, "/d%d", depth);
		make_directory(path);
	}
	strcpy(path + length, "/file");
	make_file(path);
}

void set_up(const char *dir, int rules)
{
	char path[16];
	int i;

	make_files(dir);
	make_directory("/s");
	make_file(DENIED);
	make_directory("/b");
	for (i = 0; i < rules; i++) {
		snprintf(path, sizeof(path), RULE_PATH, i);
		make_directory(path);
	}
}
