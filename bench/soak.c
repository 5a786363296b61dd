// SPDX-License-Identifier: MIT
/*
 * soak: many agents that leave few rows, and one that leaves as many as it can
 *
 * usage: soak ROWS DIR        (an agent that may spawn)
 *        soak quiet FILE      (what it spawns)
 *        soak flood ROWS DIR
 *        soak look COUNT DIR
 *
 * Spawns, from DIR/soaker.manifest, agents that open a file each 10 ms and note
 * how long the call took; then one more, that asks for the attributes of files
 * of DIR, which leaves no row; and then one that opens them until ROWS are
 * written. Prints "name value", one a line: quiet_alone_*, quiet_busy_* and
 * quiet_beside_*, the median, the 99th percentile and the longest of those calls
 * in nanoseconds, meanwhile; taken_* and anonymous_* in kilobytes, what is
 * neither free nor a file's, of the kernel and of programs, before the rows,
 * after a tenth of them, at the end, and when all is on disk; and how long the
 * writing took.
 */

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <coconut.h>

#include "bench.h"

#define QUIET 63
#define PAUSE_MS 10
#define ALONE_S 5
#define SETTLE_S 10
#define LOOKS 500000 /* some two seconds */
#define TREE 10 /* directories, and files in each, that the flooder opens */

/* Numbers of up to 40 bits, by their first seven. */
#define FINE 64
#define BUCKETS (40 * FINE)

enum phase {
	ALONE,
	BUSY,
	BESIDE,
	PHASES
};

static uint32_t times[PHASES][BUCKETS], sums[PHASES][BUCKETS];
static uint64_t longest[PHASES], longest_of_all[PHASES];

static struct child {
	int to, from;
} quiet[QUIET];
static struct coconut_spawn_options options = COCONUT_SPAWN_OPTIONS_INIT;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static unsigned int bucket_of(uint64_t value)
{
	int shift = 0;

	while (value >> shift >= 2 * FINE)
		shift++;
	return shift * FINE + (value >> shift);
}

/* The largest number that falls into it. */
static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift = bucket < 2 * FINE ? 0 : bucket / FINE - 1;

	return ((uint64_t)(bucket - shift * FINE + 1) << shift) - 1;
}

static void read_all(int fd, void *to, size_t size)
{
	char *at = to;

	while (size) {
		ssize_t part = read(fd, at, size);

		if (part <= 0)
			err(1, "an agent has ended");
		at += part;
		size -= part;
	}
}

static void write_all(int fd, const void *from, size_t size)
{
	const char *at = from;

	while (size) {
		ssize_t part = write(fd, at, size);

		if (part <= 0)
			err(1, "write");
		at += part;
		size -= part;
	}
}

static void open_close(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
}

/* ---- The agents ------------------------------------------------------ */

/* A character begins the next phase; after the last it tells its times. */
static int be_quiet(const char *file)
{
	struct pollfd asked = { .fd = 0, .events = POLLIN };
	uint64_t start, took;
	int phase = ALONE;
	char c;

	open_close(file);
	while (phase < PHASES) {
		if (poll(&asked, 1, PAUSE_MS)) {
			if (read(0, &c, 1) != 1)
				return 1;
			phase++;
			continue;
		}
		start = now();
		open_close(file);
		took = now() - start;
		times[phase][bucket_of(took)]++;
		longest[phase] = took > longest[phase] ? took : longest[phase];
	}
	write_all(1, times, sizeof(times));
	write_all(1, longest, sizeof(longest));
	return 0;
}

static void look(const char *path)
{
	struct stat buf;

	if (stat(path, &buf))
		err(1, "%s", path);
}

static int flood(unsigned long rows, const char *dir,
		 void (*touch)(const char *path))
{
	char path[TREE * TREE][256];
	unsigned long i;
	int file;

	for (file = 0; file < TREE * TREE; file++)
		snprintf(path[file], sizeof(path[file]), "%s/dir%03d/file%03d",
			 dir, file / TREE, file % TREE);
	for (i = 0; i < rows; i++) {
		if (i == rows / 10)
			write_all(1, ".", 1);
		touch(path[i % (TREE * TREE)]);
	}
	write_all(1, ".", 1);
	return 0;
}

/* ---- Who spawns them -------------------------------------------------- */

static void load(const char *dir)
{
	uint8_t *manifest, *signature;
	struct coconut_error error;
	char path[256];

	snprintf(path, sizeof(path), "%s/soaker.manifest", dir);
	if (coconut_file_read(path, AGENT_MANIFEST_MAX, &manifest,
			      &options.manifest_size, &error))
		errx(1, "%s", error.message);
	snprintf(path, sizeof(path), "%s/soaker.sig", dir);
	if (coconut_file_read(path, AGENT_SIGNATURE_MAX, &signature,
			      &options.signature_size, &error))
		errx(1, "%s", error.message);
	options.manifest = manifest;
	options.signature = signature;
}

static struct child spawn(const char *const args[])
{
	struct coconut_spawned spawned;
	struct coconut_error error;
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		err(1, "pipe");
	options.stdin_fd = to[0];
	options.stdout_fd = from[1];
	options.extra_args = args;
	if (coconut_spawn(&options, &spawned, &error))
		errx(1, "spawn: %s", error.message);
	close(spawned.pidfd);
	close(to[0]);
	close(from[1]);
	return (struct child){ to[1], from[0] };
}

static void tell_all(void)
{
	int i;

	for (i = 0; i < QUIET; i++)
		write_all(quiet[i].to, ".", 1);
}

static long value(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		errx(1, "/proc/meminfo has no %s", name);
	return atol(at + strlen(name));
}

/* A log is a file: what is kept of it in memory can be had back. */
static void print_memory(int fd, const char *when)
{
	long taken, anonymous;
	char text[8192];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	if (size <= 0)
		err(1, "/proc/meminfo");
	text[size] = 0;
	anonymous = value(text, "AnonPages:");
	taken = value(text, "MemTotal:") - value(text, "MemFree:") -
		value(text, "Buffers:") - value(text, "Cached:") - anonymous;
	printf("taken_%s_kb %ld\nanonymous_%s_kb %ld\n", when, taken, when,
	       anonymous);
	fflush(stdout);
}

static void collect(void)
{
	int i, phase, bucket;

	tell_all();
	for (i = 0; i < QUIET; i++) {
		read_all(quiet[i].from, times, sizeof(times));
		read_all(quiet[i].from, longest, sizeof(longest));
		for (phase = 0; phase < PHASES; phase++) {
			for (bucket = 0; bucket < BUCKETS; bucket++)
				sums[phase][bucket] += times[phase][bucket];
			if (longest[phase] > longest_of_all[phase])
				longest_of_all[phase] = longest[phase];
		}
	}
}

static uint64_t percentile(const uint32_t counts[BUCKETS], int percent)
{
	uint64_t all = 0, until = 0;
	unsigned int i;

	for (i = 0; i < BUCKETS; i++)
		all += counts[i];
	for (i = 0; i < BUCKETS; i++) {
		until += counts[i];
		if (until * 100 >= all * percent)
			break;
	}
	return bucket_end(i);
}

static void print_times(const char *name, enum phase phase)
{
	printf("quiet_%s_p50 %llu\nquiet_%s_p99 %llu\nquiet_%s_max %llu\n",
	       name, (unsigned long long)percentile(sums[phase], 50), name,
	       (unsigned long long)percentile(sums[phase], 99), name,
	       (unsigned long long)longest_of_all[phase]);
}

/* Until the agent has done a tenth, and all. */
static uint64_t run_beside(const char *what, const char *count, const char *dir,
			   int meminfo)
{
	const char *const args[] = { what, count, dir, NULL };
	struct child child;
	uint64_t start;
	char c;

	tell_all();
	start = now();
	child = spawn(args);
	read_all(child.from, &c, 1);
	if (meminfo >= 0)
		print_memory(meminfo, "tenth");
	read_all(child.from, &c, 1);
	return now() - start;
}

static int soak(const char *rows, const char *dir)
{
	char file[256], tree[256], looks[32];
	const char *const calm[] = { "quiet", file, NULL };
	int i, meminfo = open("/proc/meminfo", O_RDONLY);
	uint64_t took;

	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(tree, sizeof(tree), "%s/tree", dir);
	snprintf(looks, sizeof(looks), "%d", LOOKS);
	load(dir);
	for (i = 0; i < QUIET; i++)
		quiet[i] = spawn(calm);
	sleep(ALONE_S);
	run_beside("look", looks, tree, -1);
	print_memory(meminfo, "before");
	took = run_beside("flood", rows, tree, meminfo);
	printf("flood_ms %llu\n", (unsigned long long)(took / 1000000));
	print_memory(meminfo, "end");
	collect();
	sleep(SETTLE_S);
	print_memory(meminfo, "settled");
	print_times("alone", ALONE);
	print_times("busy", BUSY);
	print_times("beside", BESIDE);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "quiet"))
		return be_quiet(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "flood"))
		return flood(strtoul(argv[2], NULL, 10), argv[3], open_close);
	if (argc == 4 && !strcmp(argv[1], "look"))
		return flood(strtoul(argv[2], NULL, 10), argv[3], look);
	if (argc == 3 && atol(argv[1]) > 0)
		return soak(argv[1], argv[2]);
	fprintf(stderr, "usage: soak ROWS DIR\n");
	return 2;
}
