// SPDX-License-Identifier: GPL-2.0
/* agent_child: what leaves rows, many of them, and in more threads than one. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "child_ops.h"
#include "levels.h"

#define OPENS_MAX	20000

static void make_call(long number, const long *args)
{
	syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

static void *make_calls(void *unused)
{
	const long begin[6] = { CALLS_BEGIN }, end[6] = { CALLS_END };
	int i;

	umask(022);
	make_call(SYS_getppid, begin);
	for (i = 0; i < told_calls_count; i++)
		make_call(told_calls[i].number, told_calls[i].args);
	make_call(SYS_getppid, end);
	return unused;
}

/* calls here|thread|fork */
static int op_calls(char **words, long long *value)
{
	pthread_t thread;
	pid_t pid;

	(void)value;
	if (!strcmp(words[0], "here")) {
		make_calls(NULL);
		return 0;
	}
	if (!strcmp(words[0], "thread")) {
		if (pthread_create(&thread, NULL, make_calls, NULL))
			return EPROTO_OP;
		return pthread_join(thread, NULL);
	}
	pid = fork();
	if (!pid) {
		make_calls(NULL);
		_exit(0);
	}
	return waitpid(pid, NULL, 0) == pid ? 0 : errno;
}

static bool open_once(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* opens PATH N: the value is how many went well */
static int op_opens(char **words, long long *value)
{
	long count = atol(words[1]);

	while (count--)
		*value += open_once(words[0]);
	return 0;
}

/**
 * struct names - a file that gets other names while it is opened
 * @from: its name, or the beginning of it
 * @to: another one
 * @number: the end of its name
 * @stop: it is over
 */
struct names {
	const char *from;
	const char *to;
	atomic_uint number;
	atomic_bool stop;
};

static void *rename_on(void *arg)
{
	struct names *names = arg;
	char from[256], to[256];
	unsigned int i;

	for (i = 0; !names->stop; i++) {
		snprintf(from, sizeof(from), "%s%u", names->from, i);
		snprintf(to, sizeof(to), "%s%u", names->from, i + 1);
		if (rename(from, to))
			break;
		names->number = i + 1;
		open_once(to);
		open_once(to);
		usleep(i % 8 * 20);
	}
	return NULL;
}

static long open_named(struct names *names, struct seen_open *seen, long most)
{
	char path[256];
	long count = 0;

	while (count < most) {
		unsigned int before = names->number;

		snprintf(path, sizeof(path), "%s%u", names->from, before);
		if (!open_once(path))
			continue;
		seen[count++] = (struct seen_open) {
			.before = before,
			/* The next name may be there before its number is. */
			.after = names->number + 1,
		};
	}
	return count;
}

static int save(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t done = fd < 0 ? -1 : write(fd, data, size);

	close(fd);
	return done == (ssize_t)size ? 0 : errno;
}

/* race-rename PREFIX N FILE: what was opened, N times, goes to FILE */
static int op_race_rename(char **words, long long *value)
{
	static struct seen_open seen[OPENS_MAX];
	struct names names = { .from = words[0] };
	pthread_t thread;

	if (atol(words[1]) > OPENS_MAX ||
	    pthread_create(&thread, NULL, rename_on, &names))
		return EPROTO_OP;
	*value = open_named(&names, seen, atol(words[1]));
	names.stop = true;
	pthread_join(thread, NULL);
	return save(words[2], seen, *value * sizeof(*seen));
}

/* Some time, shorter than a sleep: the other thread has its turn. */
static void dawdle(void)
{
	int left = rand() % 32;

	for (; left; left--)
		sched_yield();
}

static void *open_other(void *arg)
{
	struct names *names = arg;

	while (!names->stop) {
		open_once(names->to);
		dawdle();
	}
	return NULL;
}

static void *link_other(void *arg)
{
	struct names *names = arg;

	while (!names->stop) {
		if (link(names->from, names->to))
			break;
		open_once(names->to);
		unlink(names->to);
		dawdle();
	}
	return NULL;
}

static int race(struct names *names, void *(*other)(void *), long opens)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, other, names))
		return EPROTO_OP;
	while (opens--)
		open_once(names->from);
	names->stop = true;
	return pthread_join(thread, NULL);
}

/* race-mounts PATH OTHER N: the other thread opens it as OTHER */
static int op_race_mounts(char **words, long long *value)
{
	struct names names = { .from = words[0], .to = words[1] };

	(void)value;
	return race(&names, open_other, atol(words[2]));
}

/* race-links PATH OTHER N: the other thread makes it OTHER now and then */
static int op_race_links(char **words, long long *value)
{
	struct names names = { .from = words[0], .to = words[1] };

	(void)value;
	return race(&names, link_other, atol(words[2]));
}

/* flood PATH N COUNT: that many processes open it so often */
static int op_flood(char **words, long long *value)
{
	int left = atoi(words[1]);
	long count = atol(words[2]);

	for (; left; left--) {
		pid_t pid = fork();

		if (pid < 0)
			return errno;
		++*value;
		if (pid)
			continue;
		while (count--)
			open_once(words[0]);
		_exit(0);
	}
	return 0;
}

/* flooded N: once they have ended; the value is how often they had to wait */
static int op_flooded(char **words, long long *value)
{
	int left = atoi(words[0]);
	struct rusage usage;

	for (; left; left--)
		if (wait(NULL) < 0)
			return errno;
	getrusage(RUSAGE_CHILDREN, &usage);
	*value = usage.ru_nvcsw;
	return 0;
}

/* quiet PATH N: opened N times; the value is how often that had to wait */
static int op_quiet(char **words, long long *value)
{
	long left = atol(words[1]);
	struct rusage before, after;

	getrusage(RUSAGE_THREAD, &before);
	for (; left; left--)
		if (!open_once(words[0]))
			return errno;
	getrusage(RUSAGE_THREAD, &after);
	*value = after.ru_nvcsw - before.ru_nvcsw;
	return 0;
}

/* enforced: the counts of enforcement */
static int op_counts(char **words, long long *value)
{
	struct agent_audit_counts counts;
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_COUNTS,
		.buf = (uintptr_t)&counts,
		.buf_size = sizeof(counts),
	};
	long ret = CALL(audit_query, &args);

	(void)words;
	(void)value;
	return ret < 0 ? -ret : 0;
}

/* tree AID: how many rows of it and those below it may be read */
static int op_tree(char **words, long long *value)
{
	static uint8_t rows[1 << 20];
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_SUBTREE,
		.aid = strtoull(words[0], NULL, 0),
		.buf = (uintptr_t)rows,
		.buf_size = sizeof(rows),
	};
	long size = CALL(audit_query, &args), pos;

	for (pos = 0; pos < size; ++*value)
		pos += row_in(rows, pos)->size;
	return size < 0 ? -size : 0;
}

const struct op level_ops[] = {
	{ "calls", 1, op_calls },
	{ "opens", 2, op_opens },
	{ "race-rename", 3, op_race_rename },
	{ "race-mounts", 3, op_race_mounts },
	{ "race-links", 3, op_race_links },
	{ "flood", 3, op_flood },
	{ "flooded", 1, op_flooded },
	{ "quiet", 2, op_quiet },
	{ "enforced", 0, op_counts },
	{ "tree", 1, op_tree },
	{ NULL, 0, NULL },
};
