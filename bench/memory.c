// SPDX-License-Identifier: MIT
/*
 * memory: what processes, or agents, take of the kernel's memory
 *
 * usage: memory COUNT [NAME MANIFESTS]
 *
 * Starts COUNT idle processes; with manifests each as an agent, from one after
 * another of NAME-0.manifest, NAME-1.manifest, ... with their .sig. Prints the
 * growth for each, in bytes: "kernel" is what the kernel accounts for as its
 * own, and the last five what that consists of; "taken" is all that is neither
 * free nor belongs to programs and files, blurred by the free pages that each
 * processor holds back.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coconut.h>

#include "bench.h"

#define IDLE CHILDREN "/idle"
/* So many first, which grow what is shared. */
#define WARM 64

enum field {
	TOTAL,
	FREE,
	BUFFERS,
	CACHED,
	ANON,
	SLAB,
	STACKS,
	PAGE_TABLES,
	VMALLOC,
	PERCPU,
	FIELDS
};

static const char *const fields[FIELDS] = {
	[TOTAL] = "MemTotal:",      [FREE] = "MemFree:",
	[BUFFERS] = "Buffers:",     [CACHED] = "Cached:",
	[ANON] = "AnonPages:",      [SLAB] = "Slab:",
	[STACKS] = "KernelStack:",  [PAGE_TABLES] = "PageTables:",
	[VMALLOC] = "VmallocUsed:", [PERCPU] = "Percpu:",
};

static int meminfo_fd;
static struct coconut_spawn_options *manifests;
static int nr_manifests;

static long long value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (at)
		return 1024 * atoll(at + strlen(name));
	errx(1, "/proc/meminfo has no %s", name);
}

static void read_meminfo(long long values[FIELDS])
{
	char text[8192];
	ssize_t size;
	int i;

	/* What was freed is free only after a while: RCU, per-CPU lists. */
	sleep(2);
	size = pread(meminfo_fd, text, sizeof(text) - 1, 0);
	if (size <= 0)
		err(1, "/proc/meminfo");
	text[size] = 0;
	for (i = 0; i < FIELDS; i++)
		values[i] = value(text, fields[i]);
}

static void load(const char *name, int index, struct coconut_spawn_options *to)
{
	static const struct coconut_spawn_options init =
		COCONUT_SPAWN_OPTIONS_INIT;
	uint8_t *manifest, *signature;
	struct coconut_error error;
	char path[256];

	*to = init;
	snprintf(path, sizeof(path), "%s-%d.manifest", name, index);
	if (coconut_file_read(path, AGENT_MANIFEST_MAX, &manifest,
			      &to->manifest_size, &error))
		errx(1, "%s", error.message);
	snprintf(path, sizeof(path), "%s-%d.sig", name, index);
	if (coconut_file_read(path, AGENT_SIGNATURE_MAX, &signature,
			      &to->signature_size, &error))
		errx(1, "%s", error.message);
	to->manifest = manifest;
	to->signature = signature;
}

static void start_agent(const struct coconut_spawn_options *options)
{
	struct coconut_spawned spawned;
	struct coconut_error error;

	if (coconut_spawn(options, &spawned, &error))
		errx(1, "spawn: %s", error.message);
	close(spawned.pidfd);
}

static void start_process(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execl(IDLE, IDLE, NULL);
		_exit(127);
	}
	if (pid < 0)
		err(1, "vfork");
}

/* Manifests are taken in turn, from one call to the next. */
static void start(int count)
{
	static int next;
	int i;

	for (i = 0; i < count; i++) {
		if (nr_manifests)
			start_agent(&manifests[next++ % nr_manifests]);
		else
			start_process();
	}
}

/* Stacks are vmalloc's, and counted there. */
static long long kernel(const long long values[FIELDS])
{
	return values[SLAB] + values[PAGE_TABLES] + values[VMALLOC] +
	       values[PERCPU];
}

static long long taken(const long long values[FIELDS])
{
	return values[TOTAL] - values[FREE] - values[BUFFERS] - values[CACHED] -
	       values[ANON];
}

int main(int argc, char **argv)
{
	long long before[FIELDS], after[FIELDS];
	int count = argc > 1 ? atoi(argv[1]) : 0;
	int index, i;

	if (count < 1 || (argc != 2 && argc != 4)) {
		fprintf(stderr, "usage: memory COUNT [NAME MANIFESTS]\n");
		return 2;
	}
	meminfo_fd = open("/proc/meminfo", O_RDONLY);
	nr_manifests = argc == 4 ? atoi(argv[3]) : 0;
	manifests = calloc(nr_manifests + 1, sizeof(*manifests));
	if (meminfo_fd < 0 || !manifests)
		err(1, "/proc/meminfo");
	for (index = 0; index < nr_manifests; index++)
		load(argv[2], index, &manifests[index]);
	start(WARM);
	read_meminfo(before);
	start(count);
	read_meminfo(after);
	printf("kernel %lld\n", (kernel(after) - kernel(before)) / count);
	printf("taken %lld\n", (taken(after) - taken(before)) / count);
	for (i = SLAB; i < FIELDS; i++)
		printf("%.*s %lld\n", (int)strlen(fields[i]) - 1, fields[i],
		       (after[i] - before[i]) / count);
	return 0;
}
