// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: rows of their system calls, for "audit: full"
 *
 * A call leaves its row when it returns, with what it returned.  A successful
 * execve() has lost its arguments by then; the file has a row of its own.
 */

#include <linux/agent.h>
#include <linux/agent_audit.h>
#include <linux/agent_call.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>

static void record_call(struct pt_regs *regs, long number, long result)
{
	unsigned long args[6];
	__le64 payload[ARRAY_SIZE(args)];
	struct agent *agent = current->agent;
	size_t i;

	if (!agent || number < 0)
		return;
	syscall_get_arguments(current, regs, args);
	for (i = 0; i < ARRAY_SIZE(args); i++)
		payload[i] = cpu_to_le64(args[i]);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_CALL,
		.agent = agent,
		.error = result < 0 && result >= -MAX_ERRNO ? -result : 0,
		.object = { number, result },
		.payload = payload,
		.payload_size = sizeof(payload),
	});
}

static bool returns(long number)
{
	return number != __NR_exit && number != __NR_exit_group &&
	       number != __NR_rt_sigreturn;
}

/**
 * agent_call_enter - a task begins a system call
 * @regs: its registers
 * @number: of the call
 *
 * Of those that never return this is the only chance to tell.
 */
void agent_call_enter(struct pt_regs *regs, long number)
{
	if (!returns(number))
		record_call(regs, number, 0);
}

/**
 * agent_call_exit - a system call returns
 * @regs: the task's registers
 */
void agent_call_exit(struct pt_regs *regs)
{
	long number = syscall_get_nr(current, regs);

	if (returns(number))
		record_call(regs, number,
			    syscall_get_return_value(current, regs));
}
