// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: does what each line on its standard input says, and answers
 * with one line: the errno (0 for none) and a number.
 *
 * usage: agent_child [idle | cell WORDS...]
 * With "idle" it only waits to be ended; with "cell" it does one cell of the
 * bypass matrix, and its errno is the exit status.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child_ops.h"

#define WORDS_MAX	8

#ifndef IMAGE_NAME
#define IMAGE_NAME	"agent_child"
#endif

/* Two images are built that do the same, and differ in this alone. */
static const char image_name[] __attribute__((used)) = IMAGE_NAME;

static const struct op *const tables[] = {
	file_ops, net_ops, task_ops, cell_ops, look_ops,
	code_ops, passed_ops, relation_ops, road_ops,
	netroad_ops, race_ops, chain_ops, put_ops, block_ops, map_ops,
	armed_ops, reason_ops, storm_ops, level_ops,
};

static const struct op *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct op *op;

		for (op = tables[i]; op->name; op++) {
			if (!strcmp(op->name, name))
				return op;
		}
	}
	return NULL;
}

static int split(char *line, char *words[WORDS_MAX])
{
	char *save = NULL, *word = strtok_r(line, " \n", &save);
	int count = 0;

	while (word && count < WORDS_MAX) {
		words[count++] = word;
		word = strtok_r(NULL, " \n", &save);
	}
	return count;
}

static void answer(int error, long long value)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "%d %lld\n", error, value);

	if (write(1, line, size) != size)
		_exit(120);
}

/* Byte by byte: what is not read yet stays for another thread to read. */
static bool read_line(char *line, size_t room)
{
	size_t size = 0;

	while (size < room - 1) {
		if (read(0, line + size, 1) != 1)
			return false;
		if (line[size++] == '\n')
			break;
	}
	line[size] = '\0';
	return true;
}

static void *serve(void *unused)
{
	char line[1024], *words[WORDS_MAX];

	while (read_line(line, sizeof(line))) {
		int count = split(line, words);
		const struct op *op = count ? find(words[0]) : NULL;
		long long value = 0;
		int error;

		if (!op || count - 1 != op->words) {
			answer(EPROTO_OP, 0);
			continue;
		}
		error = op->run(words + 1, &value);
		answer(error, value);
	}
	exit(0);
	return unused;
}

/* The process goes on without its first thread. */
int op_leave(char **words, long long *value)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, serve, NULL);

	(void)words;
	(void)value;
	if (err)
		return err;
	answer(0, 0);
	pthread_exit(NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "idle"))
		for (;;)
			pause();
	if (argc > 2 && !strcmp(argv[1], "cell"))
		return matrix_main(argc - 2, argv + 2);
	answer(0, getpid());
	serve(NULL);
}
