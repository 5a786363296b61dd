/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of an agent's system calls, where its manifest wants all of them.
 */
#ifndef _LINUX_AGENT_CALL_H
#define _LINUX_AGENT_CALL_H

struct pt_regs;

#ifdef CONFIG_AGENT
void agent_call_enter(struct pt_regs *regs, long number);
void agent_call_exit(struct pt_regs *regs);
#else
static inline void agent_call_enter(struct pt_regs *regs, long number) {}
static inline void agent_call_exit(struct pt_regs *regs) {}
#endif

#endif /* _LINUX_AGENT_CALL_H */
