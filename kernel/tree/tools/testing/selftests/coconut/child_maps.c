// SPDX-License-Identifier: GPL-2.0
/* agent_child: mappings that stay, and every way to touch one. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"

#define SLOTS	16
#define PAGE	4096

/**
 * struct map - one mapping
 * @at: where
 * @size: how long
 */
static struct map {
	uint8_t *at;
	size_t size;
} maps[SLOTS];

static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t caught;

static void catch(int sig)
{
	caught = sig;
	siglongjmp(back, 1);
}

static void catch_faults(void)
{
	struct sigaction act = { .sa_handler = catch };

	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGSEGV, &act, NULL);
}

static struct map *map_of(const char *word)
{
	return &maps[atoi(word) % SLOTS];
}

void *child_map_at(const char *slot)
{
	return map_of(slot)->at;
}

/* map-file SLOT FD s|p r|w|x PAGES */
static int op_map_file(char **words, long long *value)
{
	const char prot = words[3][0];
	struct map *map = map_of(words[0]);

	(void)value;
	map->size = (size_t)atoi(words[4]) * PAGE;
	map->at = mmap(NULL, map->size, PROT_READ |
		       (prot == 'w' ? PROT_WRITE : prot == 'x' ? PROT_EXEC : 0),
		       words[2][0] == 's' ? MAP_SHARED : MAP_PRIVATE,
		       atoi(words[1]), 0);
	return map->at == MAP_FAILED ? errno : 0;
}

static void touch_at(uint8_t *at, char how)
{
	volatile uint8_t *byte = at;
	/* A return is all that the function of one byte does. */
	void (*code)(void) = (void (*)(void))(uintptr_t)at;

	if (how == 'r')
		(void)*byte;
	else if (how == 'w')
		*byte = 't';
	else
		code();
}

/*
 * Return: 0, or what stands for the signal: EFAULT for SIGBUS, EACCES for
 * SIGSEGV.
 */
static int touch(uint8_t *at, char how)
{
	catch_faults();
	caught = 0;
	if (!sigsetjmp(back, 1))
		touch_at(at, how);
	return !caught ? 0 : caught == SIGBUS ? EFAULT : EACCES;
}

/* find-return SLOT: a byte that is a return, in what is mapped */
static int op_find_return(char **words, long long *value)
{
	const struct map *map = map_of(words[0]);
	const uint8_t *found = memchr(map->at, 0xc3, map->size);

	*value = found ? found - map->at : 0;
	return found ? 0 : ENOENT;
}

/* touch SLOT r|w|x BYTE */
static int op_touch(char **words, long long *value)
{
	(void)value;
	return touch(map_of(words[0])->at + atoi(words[2]), words[1][0]);
}

/**
 * struct visit - one touch, by somebody else
 * @at: where
 * @how: r, w or x
 * @error: what came of it
 */
struct visit {
	uint8_t *at;
	char how;
	int error;
};

static void *touch_in_thread(void *arg)
{
	struct visit *visit = arg;

	visit->error = touch(visit->at, visit->how);
	return NULL;
}

static int by_thread(uint8_t *at, char how)
{
	struct visit visit = { at, how, 0 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, touch_in_thread, &visit))
		return EPROTO_OP;
	pthread_join(thread, NULL);
	return visit.error;
}

static int by_fork(uint8_t *at, char how)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(touch(at, how));
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return EPROTO_OP;
	return WEXITSTATUS(status);
}

/* What the kernel reads and writes for a call. */
static int by_pipe(uint8_t *at, char how)
{
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return EPROTO_OP;
	if (how == 'r')
		ret = write(pipes[1], at, 1);
	else if (write(pipes[1], "k", 1) != 1)
		ret = -1;
	else
		ret = read(pipes[0], at, 1);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]) < 0 ? errno : 0;
}

static int by_vm(uint8_t *at, char how)
{
	char byte = 'v';
	struct iovec near = { &byte, 1 }, far = { at, 1 };
	long ret = how == 'r' ?
		   process_vm_readv(getpid(), &near, 1, &far, 1, 0) :
		   process_vm_writev(getpid(), &near, 1, &far, 1, 0);

	return ret < 0 ? errno : 0;
}

static int by_mem(uint8_t *at, char how)
{
	int fd = open("/proc/self/mem", how == 'r' ? O_RDONLY : O_RDWR);
	char byte = 'm';
	long ret;

	if (fd < 0)
		return errno;
	ret = how == 'r' ? pread(fd, &byte, 1, (uintptr_t)at) :
			   pwrite(fd, &byte, 1, (uintptr_t)at);
	return close_after(ret, fd) < 0 ? errno : 0;
}

/* Before it is touched, the page is asked for, or moved. */
static int by_populate(uint8_t *at, char how)
{
	return madvise((void *)((uintptr_t)at & -PAGE), PAGE,
		       how == 'r' ? MADV_POPULATE_READ : MADV_POPULATE_WRITE) ?
	       errno : 0;
}

static int by_lock(uint8_t *at, char how)
{
	(void)how;
	return mlock((void *)((uintptr_t)at & -PAGE), PAGE) ? errno : 0;
}

static int by_willneed(uint8_t *at, char how)
{
	madvise((void *)((uintptr_t)at & -PAGE), PAGE, MADV_WILLNEED);
	return touch(at, how);
}

static int by_dontneed(uint8_t *at, char how)
{
	madvise((void *)((uintptr_t)at & -PAGE), PAGE, MADV_DONTNEED);
	return touch(at, how);
}

/* The last page goes elsewhere, and is touched there. */
static int by_move(uint8_t *at, char how)
{
	void *page = (void *)((uintptr_t)at & -PAGE);
	uint8_t *to = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);

	to = mremap(page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (to == MAP_FAILED)
		return errno;
	return touch(to + ((uintptr_t)at & (PAGE - 1)), how);
}

static const struct {
	const char *name;
	int (*run)(uint8_t *at, char how);
} ways[] = {
	{ "self", touch },
	{ "thread", by_thread },
	{ "fork", by_fork },
	{ "pipe", by_pipe },
	{ "vm", by_vm },
	{ "mem", by_mem },
	{ "populate", by_populate },
	{ "lock", by_lock },
	{ "willneed", by_willneed },
	{ "dontneed", by_dontneed },
	{ "move", by_move },
};

/* touch-by WAY SLOT r|w|x BYTE */
static int op_touch_by(char **words, long long *value)
{
	uint8_t *at = map_of(words[1])->at + atoi(words[3]);
	size_t i;

	(void)value;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!strcmp(ways[i].name, words[0]))
			return ways[i].run(at, words[2][0]);
	}
	return EPROTO_OP;
}

/* A process that was there before, with the same mappings. */
static int twin_to = -1, twin_from = -1;

static void __attribute__((noreturn)) serve_twin(int from, int to)
{
	struct visit visit;

	close(0);
	close(1);
	while (read(from, &visit, sizeof(visit)) == sizeof(visit)) {
		visit.error = touch(visit.at, visit.how);
		if (write(to, &visit, sizeof(visit)) != sizeof(visit))
			break;
	}
	_exit(0);
}

/* twin: fork it; the value is its PID */
static int op_twin(char **words, long long *value)
{
	int to[2], from[2];
	pid_t pid;

	(void)words;
	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return errno;
	pid = fork();
	if (!pid) {
		close(to[1]);
		close(from[0]);
		serve_twin(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	twin_to = to[1];
	twin_from = from[0];
	*value = pid;
	return pid < 0 ? errno : 0;
}

/* twin-touch SLOT r|w|x BYTE */
static int op_twin_touch(char **words, long long *value)
{
	struct visit visit = {
		.at = map_of(words[0])->at + atoi(words[2]),
		.how = words[1][0],
	};

	(void)value;
	if (write(twin_to, &visit, sizeof(visit)) != sizeof(visit) ||
	    read(twin_from, &visit, sizeof(visit)) != sizeof(visit))
		return EPROTO_OP;
	return visit.error;
}

/* protect-map SLOT r|w|x */
static int op_protect_map(char **words, long long *value)
{
	const struct map *map = map_of(words[0]);
	const char how = words[1][0];

	(void)value;
	return mprotect(map->at, map->size, PROT_READ |
			(how == 'w' ? PROT_WRITE :
			 how == 'x' ? PROT_EXEC : 0)) ? errno : 0;
}

static int op_unmap(char **words, long long *value)
{
	struct map *map = map_of(words[0]);

	(void)value;
	return munmap(map->at, map->size) ? errno : 0;
}

const struct op map_ops[] = {
	{ "map-file", 5, op_map_file },
	{ "find-return", 1, op_find_return },
	{ "touch", 3, op_touch },
	{ "touch-by", 4, op_touch_by },
	{ "twin", 0, op_twin },
	{ "twin-touch", 3, op_twin_touch },
	{ "protect-map", 2, op_protect_map },
	{ "unmap", 1, op_unmap },
	{ NULL, 0, NULL },
};
