// SPDX-License-Identifier: MIT
/*
 * trail: what is recorded of some work, for whoever does it
 *
 * usage: trail make DIRS FILES DIR
 *        trail opens COUNT FILE
 *        trail walk DIR
 *
 * "make" makes so many directories with as many files each. "opens" opens and
 * closes a file so often; "walk" reads all directories and the attributes of
 * all that is in them, as find does with -newer. Both print "name instructions" under -icount: NAME_elapsed until the
 * last call returned, NAME_cpu of this thread, and NAME_count, how often it
 * opened the file or what it has found.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static unsigned long found;

static unsigned long long now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void open_close(const char *path, unsigned long count)
{
	for (; count; count--) {
		int fd = open(path, O_RDONLY);

		if (fd < 0)
			err(1, "%s", path);
		close(fd);
	}
}

static int count_one(const char *path, const struct stat *info, int type,
		     struct FTW *at)
{
	(void)info;
	(void)at;
	if (type == FTW_NS || type == FTW_DNR)
		errx(1, "%s: not to be read", path);
	found++;
	return 0;
}

static void walk(const char *dir)
{
	found = 0;
	if (nftw(dir, count_one, 16, FTW_PHYS))
		err(1, "%s", dir);
}

static void make_directory(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		err(1, "%s", path);
}

static void make(const char *dir, int dirs, int files)
{
	char path[512];
	int i, j, fd;

	make_directory(dir);
	for (i = 0; i < dirs; i++) {
		snprintf(path, sizeof(path), "%s/dir%03d", dir, i);
		make_directory(path);
		for (j = 0; j < files; j++) {
			snprintf(path, sizeof(path), "%s/dir%03d/file%03d", dir,
				 i, j);
			fd = open(path, O_WRONLY | O_CREAT, 0644);
			if (fd < 0)
				err(1, "%s", path);
			close(fd);
		}
	}
}

static void measure(const char *name, unsigned long count, const char *path)
{
	unsigned long long elapsed, cpu;

	elapsed = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_THREAD_CPUTIME_ID);
	if (count)
		open_close(path, count);
	else
		walk(path);
	cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
	elapsed = now(CLOCK_MONOTONIC) - elapsed;
	printf("%s_elapsed %llu\n%s_cpu %llu\n%s_count %lu\n", name, elapsed,
	       name, cpu, name, count ? count : found);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "make"))
		make(argv[4], atoi(argv[2]), atoi(argv[3]));
	else if (argc == 4 && !strcmp(argv[1], "opens") && atoi(argv[2]) > 0)
		measure("opens", strtoul(argv[2], NULL, 10), argv[3]);
	else if (argc == 3 && !strcmp(argv[1], "walk"))
		measure("walk", 0, argv[2]);
	else
		errx(2, "usage: trail make DIRS FILES DIR | opens COUNT FILE | "
			"walk DIR");
	return 0;
}
