// SPDX-License-Identifier: GPL-2.0
/* agent_child: threads that try to be faster than a decision. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "child_ops.h"

/* After what leaves a row: the ring holds them all together. */
#define PAUSE_US	300

/**
 * struct race - what the threads of one race share
 * @dir: where it is run
 * @stop: it is over
 * @done: how often the one side got through
 * @other: how often the other did
 * @bad: how often something was there that must not be
 */
struct race {
	const char *dir;
	atomic_bool stop;
	atomic_long done;
	atomic_long other;
	atomic_long bad;
};

static const char *in(const struct race *race, const char *name, char *to)
{
	snprintf(to, 256, "%s/%s", race->dir, name);
	return to;
}

static void *write_code(void *arg)
{
	struct race *race = arg;
	char path[256];

	in(race, "true", path);
	while (!race->stop) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (pwrite(fd, "X", 1, 0) == 1)
			race->other++;
		if (pwrite(fd, "\177", 1, 0) != 1)
			race->bad++;
		close(fd);
	}
	return NULL;
}

/* What is mapped to be run is what was known, as long as it is mapped. */
static void *map_code(void *arg)
{
	struct race *race = arg;
	char path[256];

	in(race, "true", path);
	while (!race->stop) {
		int fd = open(path, O_RDONLY | O_CLOEXEC), looks;
		volatile char *map;

		if (fd < 0)
			continue;
		map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
			   0);
		close(fd);
		if (map == MAP_FAILED)
			continue;
		race->done++;
		for (looks = 0; looks < 1000; looks++)
			race->bad += *map != '\177';
		munmap((void *)map, 4096);
	}
	return NULL;
}

static void *turn_link(void *arg)
{
	struct race *race = arg;
	char link[256], new[256];
	bool out = false;

	in(race, "link", link);
	in(race, "new", new);
	while (!race->stop) {
		if (!symlink(out ? "../denied/file" : "file", new) &&
		    !rename(new, link))
			race->other++;
		out = !out;
		usleep(PAUSE_US);
	}
	return NULL;
}

static void *read_link(void *arg)
{
	struct race *race = arg;
	char path[256];

	in(race, "link", path);
	while (!race->stop) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		char byte = 0;

		if (fd < 0) {
			race->bad += errno != ECAPABILITY && errno != ENOENT;
			usleep(PAUSE_US);
			continue;
		}
		/* The file outside begins with another letter. */
		race->done++;
		race->bad += read(fd, &byte, 1) != 1 || byte != 'i';
		close(fd);
	}
	return NULL;
}

static void *move_directory(void *arg)
{
	struct race *race = arg;
	char x[256], y[256];

	in(race, "w", x);
	in(race, "v", y);
	while (!race->stop) {
		if (!rename(x, y) && !rename(y, x))
			race->other++;
	}
	return NULL;
}

static bool opens(const struct race *race, const char *name)
{
	char path[256];
	int fd = open(in(race, name, path), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* A hole stays one while all about it moves. */
static void *open_hole(void *arg)
{
	struct race *race = arg;

	while (!race->stop) {
		race->bad += opens(race, "x/hole/file");
		race->bad += opens(race, "w/../x/hole/file");
		usleep(PAUSE_US);
	}
	return NULL;
}

/* And what is allowed is there, or it is not, but is never denied. */
static void *open_moving(void *arg)
{
	static const char *const names[] = { "w/file", "v/file" };
	struct race *race = arg;
	size_t turn = 0;

	while (!race->stop) {
		if (opens(race, names[turn++ % 2]))
			race->done++;
		else
			race->bad += errno == ECAPABILITY;
	}
	return NULL;
}

typedef void *(*side)(void *arg);

static const struct {
	const char *name;
	side sides[3];
} races[] = {
	{ "code", { write_code, map_code, map_code } },
	{ "link", { turn_link, read_link, read_link } },
	{ "moves", { move_directory, open_hole, open_moving } },
};

/*
 * race NAME DIRECTORY MS: ENODATA when a side never got through, EIO when one
 * got what it must not; the value is how often
 */
static int op_race(char **words, long long *value)
{
	struct race race = { .dir = words[1] };
	pthread_t threads[3];
	size_t which = 0, i;

	while (which < ARRAY_SIZE(races) && strcmp(races[which].name, words[0]))
		which++;
	if (which == ARRAY_SIZE(races))
		return EPROTO_OP;
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		if (pthread_create(&threads[i], NULL, races[which].sides[i],
				   &race))
			return EPROTO_OP;
	}
	usleep(1000 * atoi(words[2]));
	race.stop = true;
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	*value = race.bad;
	return race.bad ? EIO : race.done && race.other ? 0 : ENODATA;
}

const struct op race_ops[] = {
	{ "race", 3, op_race },
	{ NULL, 0, NULL },
};
