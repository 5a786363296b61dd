// SPDX-License-Identifier: GPL-2.0
/* The system calls of an agent whose calls all have rows: made, and looked for. */

#include <errno.h>
#include <sys/syscall.h>

#include "levels.h"

#define NOBODYS	5000	/* the number of no system call */

const struct told_call told_calls[] = {
	{ SYS_close, { -1, 2, 3, 4, 5, 6 }, -EBADF },
	{ SYS_lseek, { -1, 0x123456789abcdef, 77, -4, -5, -6 }, -EBADF },
	{ NOBODYS, { 1, 2, 3, 4, 5, 0x7fffffffffffffff }, -ENOSYS },
	{ SYS_sched_yield, { 0 }, 0 },
	{ SYS_umask, { 022 }, 022 },
	{ SYS_umask, { 022 }, 022 },
};

const int told_calls_count = sizeof(told_calls) / sizeof(told_calls[0]);
