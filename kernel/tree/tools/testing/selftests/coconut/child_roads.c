// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: runs one probe of a system call, in a process of its own.
 *
 * The grammar is that of kernel/roads/syscalls.tbl, without blanks, and with
 * numbers for the names of calls: "39()", "257(-100,"@/allowed/a",0);3($ret)".
 */

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child_ops.h"
#include "child_roads.h"
#include "tests.h"

#define FIELDS_MAX	512	/* bytes of one {...} */
#define ENDS_MS		8000	/* an emulated machine may be slow */

/**
 * struct outcome - what a probe's process tells before it ends
 * @told: whether the probe ran to its end
 * @value: what the last call gave, or a negative errno
 */
struct outcome {
	int told;
	long value;
};

pid_t road_spawner;

static char arena[65536] __attribute__((aligned(4096)));
static size_t arena_used;
static const char *pos;		/* what of the probe is not read yet */
static long last;		/* what the call before gave */
static jmp_buf broken;

/* The probe can't be understood or prepared. */
static void __attribute__((noreturn)) fail(void)
{
	longjmp(broken, 1);
}

static char *take(size_t size)
{
	char *memory = arena + arena_used;

	arena_used += (size + 15) / 16 * 16;
	if (arena_used > sizeof(arena))
		fail();
	return memory;
}

static bool next_is(char c)
{
	if (*pos != c)
		return false;
	pos++;
	return true;
}

static void need(char c)
{
	if (!next_is(c))
		fail();
}

/* Copy a text up to its end quote; @ stands for the tests' directory. */
static size_t copy_text(char *to, size_t room)
{
	size_t size = 0;

	need('"');
	while (*pos && *pos != '"') {
		if (size + sizeof(BASE) >= room)
			fail();
		if (*pos == '@') {
			memcpy(to + size, BASE, sizeof(BASE) - 1);
			size += sizeof(BASE) - 1;
		} else {
			to[size++] = *pos;
		}
		pos++;
	}
	need('"');
	return size;
}

static long read_text(void)
{
	char *memory = take(FIELDS_MAX);

	copy_text(memory, FIELDS_MAX);
	return (long)memory;
}

static long read_number(void)
{
	char *end;
	long value = strtoul(pos, &end, 0);

	if (end == pos)
		fail();
	pos = end;
	return value;
}

static size_t word_size(void)
{
	size_t size = 0;

	while (isalnum(pos[size]) || pos[size] == '_')
		size++;
	return size;
}

static long read_thing(void)
{
	size_t size = word_size();
	const char *name = pos;
	long value;

	pos += size;
	if (size == 3 && !memcmp(name, "ret", 3))
		return last;
	if (!road_thing(name, size, &value))
		fail();
	return value;
}

static long read_arg(void);

static long read_fields(void)
{
	char *memory = take(FIELDS_MAX);
	size_t at = 0;

	while (!next_is('}')) {
		size_t size;
		long value;

		if (*pos == '"') {
			at += copy_text(memory + at, FIELDS_MAX - at);
			next_is(',');
			continue;
		}
		size = read_number();
		need(':');
		value = read_arg();
		if (size > sizeof(value)) {
			/* A gap: zeroes. */
			at += size;
			size = 0;
		}
		if (at + size > FIELDS_MAX)
			fail();
		memcpy(memory + at, &value, size);
		at += size;
		next_is(',');
	}
	return (long)memory;
}

static long read_term(void)
{
	size_t size;
	long value;

	if (*pos == '"')
		return read_text();
	if (next_is('%'))
		return (long)take(read_number());
	if (next_is('{'))
		return read_fields();
	if (next_is('$'))
		return read_thing();
	if (!isalpha(*pos))
		return read_number();
	size = word_size();
	if (!road_constant(pos, size, &value))
		fail();
	pos += size;
	return value;
}

static long read_arg(void)
{
	long value = read_term();

	while (next_is('|'))
		value |= read_term();
	return value;
}

/*
 * Without a function's frame: what vfork() makes returns on the same stack as
 * its maker.
 */
static inline __attribute__((always_inline)) long
raw_call(long nr, const long args[6])
{
	register long r10 asm("r10") = args[3];
	register long r8 asm("r8") = args[4];
	register long r9 asm("r9") = args[5];
	long ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"(nr), "D"(args[0]), "S"(args[1]), "d"(args[2]),
		       "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static long __attribute__((noinline)) run_call(long nr, const long args[6])
{
	static const long none[6];
	long self = raw_call(SYS_getpid, none);
	long ret = raw_call(nr, args);

	/* A task that the call has made has nothing to do. */
	if (!ret && raw_call(SYS_getpid, none) != self)
		raw_call(SYS_exit_group, none);
	return ret;
}

static long read_call(void)
{
	bool ring = !strncmp(pos, "uring", 5);
	long args[6] = { 0 }, nr = 0;
	int count = 0;

	if (ring)
		pos += 5;
	else
		nr = read_number();
	need('(');
	while (!next_is(')')) {
		if (count == 6)
			fail();
		args[count++] = read_arg();
		next_is(',');
	}
	return ring ? road_ring(args) : run_call(nr, args);
}

static long run_probe(const char *probe)
{
	pos = probe;
	for (;;) {
		last = read_call();
		if (!*pos)
			return last;
		need(';');
		/* Of several calls all but the last must succeed. */
		if (last < 0 && last > -4096)
			fail();
	}
}

static void __attribute__((noreturn)) tell(struct outcome *outcome,
					   const char *probe)
{
	if (setjmp(broken))
		outcome->value = -EPROTO_OP;
	else
		outcome->value = run_probe(probe);
	outcome->told = 1;
	_exit(0);
}

/* Return: whether the process ended by itself in time. */
static bool await(pid_t pid, int ms)
{
	int status, tries;

	for (tries = 0; tries < ms; tries++) {
		pid_t got = waitpid(pid, &status, WNOHANG | __WALL);

		if (got < 0 ||
		    (got == pid && (WIFEXITED(status) || WIFSIGNALED(status))))
			return true;
		usleep(1000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, __WALL);
	return false;
}

/* road MS PROBE: the errno and the value of its last call */
static int op_road(char **words, long long *value)
{
	struct outcome *outcome = mmap(NULL, sizeof(*outcome),
				       PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ms = atoi(words[0]), error;
	bool ended, told;
	pid_t pid;

	if (outcome == MAP_FAILED)
		return EPROTO_OP;
	road_spawner = getppid();
	pid = fork();
	if (!pid)
		tell(outcome, words[1]);
	ended = pid < 0 || await(pid, ms ? ms : ENDS_MS);
	told = outcome->told;
	*value = outcome->value;
	munmap(outcome, sizeof(*outcome));
	if (pid < 0)
		return EPROTO_OP;
	if (!told)
		return ended ? ROADS_ENDS : ROADS_BLOCKS;
	error = *value < 0 && *value > -4096 ? -*value : 0;
	return error;
}

const struct op road_ops[] = {
	{ "road", 2, op_road },
	{ NULL, 0, NULL },
};
