// SPDX-License-Identifier: MIT
/*
 * The smallest process that stays: no C library, a page of code and one of
 * stack. For what agents take of the kernel's memory, beside processes.
 */
#include <sys/syscall.h>

void _start(void);

void _start(void)
{
	for (;;)
		__asm__ volatile("syscall"
				 :
				 : "a"(SYS_pause)
				 : "rcx", "r11", "memory");
}
