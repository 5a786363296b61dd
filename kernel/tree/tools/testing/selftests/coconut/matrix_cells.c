// SPDX-License-Identifier: GPL-2.0
/* The bypass matrix: its rows, its columns, and where they don't meet. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "matrix_cells.h"

const struct matrix_row matrix_rows[MATRIX_ROWS] = {
	{ "read", MATRIX_FILE, MATRIX_FILE },
	{ "write", MATRIX_FILE, MATRIX_FILE },
	{ "truncate", MATRIX_FILE, MATRIX_FILE },
	{ "list", MATRIX_LIST, MATRIX_LIST },
	{ "stat", MATRIX_FILE, MATRIX_FILE },
	{ "readlink", MATRIX_DIR, MATRIX_DIR },
	{ "create", MATRIX_DIR, MATRIX_DIR },
	{ "mkdir", MATRIX_DIR, MATRIX_DIR },
	{ "delete", MATRIX_DIR, MATRIX_DIR },
	{ "rename", MATRIX_DIR, MATRIX_DIR },
	{ "link", MATRIX_DIR, MATRIX_DIR },
	{ "chmod", MATRIX_FILE, MATRIX_FILE },
	{ "setxattr", MATRIX_FILE, MATRIX_FILE },
	{ "watch", MATRIX_FILE, MATRIX_FILE },
	{ "exec", MATRIX_RUN, MATRIX_RUN },
	{ "mmap-exec", MATRIX_CODE, MATRIX_CODE },
	{ "connect", MATRIX_TCP, MATRIX_TCP },
	{ "sendto", MATRIX_UDP, MATRIX_UDP },
	{ "bind", MATRIX_BOUND, MATRIX_BOUND },
	{ "unix-connect", MATRIX_UNIX, MATRIX_DIR },
	{ "signal", MATRIX_PID, MATRIX_PID },
};

const struct matrix_column matrix_columns[MATRIX_COLUMNS] = {
	{ "direct", "calls of the C library", 0 },
	{ "raw", "the oldest call by number: open, creat, getdents, tkill", 0 },
	{ "openat2", "with RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS", 0 },
	{ "beneath", "openat2() from / with RESOLVE_BENEATH", 0 },
	{ "in-root", "openat2() from / with RESOLVE_IN_ROOT", 0 },
	{ "io_uring", "a request done by its caller", 0 },
	{ "uring-worker", "a request done by a worker of io_uring", 0 },
	{ "uring-sqpoll", "a request done by the thread that polls", 0 },
	{ "inherited", "a descriptor left open by the spawner", 0 },
	{ "passed", "a descriptor received by SCM_RIGHTS", 0 },
	{ "mmap", "a shared mapping of an inherited descriptor", 0 },
	{ "aio", "io_submit() on an inherited descriptor", 0 },
	{ "splice", "splice() on an inherited descriptor", 0 },
	{ "sendfile", "sendfile() on an inherited descriptor", 0 },
	{ "proc-fd", "an inherited descriptor through /proc/self/fd", 0 },
	{ "proc-root", "a path through /proc/self/root", 0 },
	{ "proc-cwd", "a path through /proc/self/cwd, left by the spawner", 0 },
	{ "cwd", "a relative path, where the spawner left it", 0 },
	{ "symlink", "a symbolic link in an allowed directory", 0 },
	{ "dotdot", "a path that goes up from an allowed directory", 0 },
	{ "fork", "a child process", 0 },
	{ "program", "another program, by fork() and exec()", 0 },
	{ "thread", "a thread", 0 },
	{ "clone", "a task that shares only the memory", 0 },
	{ "userns", "after unshare() and clone() of a user namespace, both denied",
	  2 },
};

#define NOT_BYTES							\
	" truncate list stat readlink create mkdir delete rename link"	\
	" chmod setxattr exec mmap-exec connect sendto bind"		\
	" unix-connect signal watch "
#define BY_RING		" io_uring uring-worker uring-sqpoll "
#define BY_OPENAT2	" openat2 beneath in-root "
#define BY_PATH		" proc-fd proc-root proc-cwd cwd symlink dotdot "

const struct matrix_gap matrix_gaps[MATRIX_GAPS] = {
	{ " connect sendto bind unix-connect signal ", BY_OPENAT2,
	  "openat2() opens files, and none of these takes one" },
	{ " watch ", BY_OPENAT2, "inotify takes a path, and no descriptor" },
	{ " readlink chmod watch signal ", BY_RING,
	  "io_uring has no request for it" },
	{ " watch ", " inherited passed ",
	  "inotify takes a path, and no descriptor" },
	{ NOT_BYTES, " mmap ", "a mapping is read and written; inherited maps for execution" },
	{ NOT_BYTES, " aio ", "asynchronous I/O reads and writes" },
	{ NOT_BYTES, " splice sendfile ", "they move bytes" },
	{ " connect sendto bind ", BY_PATH, "an address is no path" },
	{ " signal ", BY_PATH, "kill() takes a number; pidfds are inherited and passed" },
};

static bool is_among(const char *words, const char *name)
{
	char word[32];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(words, word);
}

const struct matrix_gap *matrix_gap_at(size_t row, size_t column)
{
	size_t i;

	for (i = 0; i < MATRIX_GAPS; i++) {
		if (is_among(matrix_gaps[i].rows, matrix_rows[row].name) &&
		    is_among(matrix_gaps[i].columns,
			     matrix_columns[column].name))
			return &matrix_gaps[i];
	}
	return NULL;
}

void matrix_print(char marks[MATRIX_ROWS][MATRIX_COLUMNS])
{
	size_t row, column, i;

	printf("# | |");
	for (row = 0; row < MATRIX_ROWS; row++)
		printf(" %s |", matrix_rows[row].name);
	printf("\n# |---|");
	for (row = 0; row < MATRIX_ROWS; row++)
		printf("---|");
	for (column = 0; column < MATRIX_COLUMNS; column++) {
		printf("\n# | %s |", matrix_columns[column].name);
		for (row = 0; row < MATRIX_ROWS; row++)
			printf(" %c |", marks[row][column]);
	}
	printf("\n");
	for (column = 0; column < MATRIX_COLUMNS; column++)
		printf("# - **%s**: %s\n", matrix_columns[column].name,
		       matrix_columns[column].what);
	for (i = 0; i < MATRIX_GAPS; i++)
		printf("# - no%sby%.*s: %s\n", matrix_gaps[i].rows,
		       (int)strlen(matrix_gaps[i].columns) - 1,
		       matrix_gaps[i].columns, matrix_gaps[i].why);
}
