// SPDX-License-Identifier: MIT
/*
 * cpu: how long a task of this name has run, in nanoseconds
 *
 * usage: cpu NAME WHEN
 *
 * Prints "NAME_WHEN NANOSECONDS", for the first process of that name.
 */

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int is_named(const char *pid, const char *name)
{
	char path[300], comm[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fgets(comm, sizeof(comm), file))
		comm[strcspn(comm, "\n")] = 0;
	fclose(file);
	return !strcmp(comm, name);
}

static pid_t find(const char *name)
{
	const struct dirent *entry;
	pid_t pid = 0;
	DIR *dir = opendir("/proc");

	if (!dir)
		err(1, "/proc");
	while (!pid && (entry = readdir(dir)))
		if (isdigit(entry->d_name[0]) && is_named(entry->d_name, name))
			pid = atoi(entry->d_name);
	closedir(dir);
	return pid;
}

int main(int argc, char **argv)
{
	struct timespec ran;
	clockid_t clock;
	pid_t pid;

	if (argc != 3) {
		fprintf(stderr, "usage: cpu NAME WHEN\n");
		return 2;
	}
	pid = find(argv[1]);
	if (!pid || clock_getcpuclockid(pid, &clock) ||
	    clock_gettime(clock, &ran))
		errx(1, "%s: no such process", argv[1]);
	printf("%s_%s %lld\n", argv[1], argv[2],
	       ran.tv_sec * 1000000000LL + ran.tv_nsec);
	return 0;
}
