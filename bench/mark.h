/* SPDX-License-Identifier: MIT */
/*
 * Marks in the code of a benchmark, for the plugin that profiles it: a long
 * NOP whose operand no compiler would write. For the processor, nothing.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_OPCODE 0x0f, 0x1f, 0x80 /* nopl disp32(%rax) */
#define MARK_VALUE 0x0c0c0b00u

#define MARK_OPERATION 0 /* what follows is another operation */
#define MARK_BEGIN 1     /* of a batch */
#define MARK_END 2

#define MARK_TEXT(x...) #x
#define MARK_BYTES(x...) MARK_TEXT(x)
#define mark(which)                                                     \
	__asm__ volatile(".byte " MARK_BYTES(MARK_OPCODE) "; .long %c0" \
			 :                                              \
			 : "i"(MARK_VALUE + (which))                    \
			 : "memory")

#endif
