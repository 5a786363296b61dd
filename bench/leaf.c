// SPDX-License-Identifier: MIT
/*
 * leaf: a small agent at the end of a delegation, without a C library
 *
 * Each character on its standard input is the last of a directory's name,
 * /b/90C, which it opens ten times and never closes; it answers with the
 * character. For anything else than a digit it opens nothing.
 */
#include <fcntl.h>
#include <sys/syscall.h>

void _start(void);

static long call(long number, long a, const void *b, long c)
{
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
}

static long open_one(const char *path)
{
	return call(SYS_open, (long)path,
		    (const void *)(O_RDONLY | O_DIRECTORY), 0);
}

void _start(void)
{
	char path[] = "/b/90?", c;
	int i;

	while (call(SYS_read, 0, &c, 1) == 1) {
		path[5] = c;
		for (i = 0; c >= '0' && c <= '9' && i < 10; i++) {
			if (open_one(path) < 0)
				c = '!';
		}
		call(SYS_write, 1, &c, 1);
	}
	call(SYS_exit, 0, 0, 0);
}
