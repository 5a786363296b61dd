// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the life of one, from state to state
 *
 * core/state.c holds the one table of edges; this is the one function that
 * walks it, so that no change of state goes without its row.
 */

#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>

#include "agent.h"

static bool is_ended(enum agent_state state)
{
	return state == AGENT_TERMINATED_CLEAN ||
	       state == AGENT_TERMINATED_REVOKED;
}

/* A denial or a quarantine is left for the state it was entered from. */
static bool is_aside(enum agent_state state)
{
	return state == AGENT_CAPABILITY_DENIED || state == AGENT_QUARANTINED;
}

/**
 * agent_set_state - move an agent along a legal edge and record it
 * @agent: the agent
 * @to: the state to enter; the one it is in already changes nothing
 *
 * Context: Any; the row is written as an atomic one.
 * Return: 0, or -EINVAL when there is no such edge.
 */
int agent_set_state(struct agent *agent, enum agent_state to)
{
	enum agent_state from;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&agent->lock, flags);
	from = agent->state;
	if (from == to)
		goto unlock;
	if (!agent_state_may_follow(from, to)) {
		err = -EINVAL;
		goto unlock;
	}
	if (is_aside(to) && !is_aside(from))
		agent->resume = from;
	WRITE_ONCE(agent->state, to);
	/* Rows of one agent's states stand in the order of the states. */
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_STATE,
		.agent = agent,
		.object = { from, to },
		.atomic = true,
	});
unlock:
	spin_unlock_irqrestore(&agent->lock, flags);
	return err;
}

/**
 * agent_stop_work - stop every process of an agent
 * @work: the agent's stop work, which holds a reference to the agent
 */
void agent_stop_work(struct work_struct *work)
{
	struct agent *agent = container_of(work, struct agent, stop);

	if (agent_is_frozen(agent))
		agent_stop_all(agent);
	agent_put(agent);
}

/*
 * The denied call says ECAPABILITY and is followed by the signal. A program
 * that ignores it, or blocks it, ends: it was asked for by its manifest.
 */
static void trap(const struct agent_audit_record *record, u64 number)
{
	struct kernel_siginfo info;
	struct agent_trap trap = {
		.address = KSTK_EIP(current),
		.number = number,
		.object = record->object[1],
		.cap = record->cap,
		.reason = record->reason,
	};

	BUILD_BUG_ON(offsetof(struct kernel_siginfo, _sifields) != 16);
	BUILD_BUG_ON(sizeof(info) - 16 < sizeof(trap));
	clear_siginfo(&info);
	info.si_signo = SIGTRAP;
	info.si_errno = ECAPABILITY;
	info.si_code = TRAP_AGENT;
	memcpy(&info._sifields, &trap, sizeof(trap));
	force_sig_info(&info);
}

/* What the kernel does in a task's name may be no call of its program's. */
static bool is_calling(const struct agent *agent)
{
	return in_task() && current->agent == agent &&
	       agent_is_running(agent) &&
	       !(current->flags & (PF_KTHREAD | PF_USER_WORKER | PF_EXITING));
}

/**
 * agent_denied - do what an agent's manifest says about a denial
 * @record: the denial, of an agent
 * @number: its number
 *
 * The denied task itself stops before it is back in userspace; its siblings
 * are stopped from a work, since a denial may happen with locks held.
 *
 * Context: Any.
 */
void agent_denied(const struct agent_audit_record *record, u64 number)
{
	struct agent *agent = record->agent;

	if (is_ended(READ_ONCE(agent->state)))
		return;
	if (agent->on_deny == AGENT_DENY_QUARANTINE)
		agent_set_state(agent, AGENT_QUARANTINED);
	else
		agent_set_state(agent, AGENT_CAPABILITY_DENIED);
	if (agent->on_deny == AGENT_DENY_TRAP && is_calling(agent))
		trap(record, number);
	if (!agent_is_frozen(agent))
		return;
	if (current->agent == agent)
		send_sig_info(SIGSTOP, SEND_SIG_PRIV, current);
	agent_get(agent);
	if (!schedule_work(&agent->stop))
		agent_put(agent);
}

/**
 * agent_allowed_again - a denied agent that goes on was allowed something
 * @agent: the agent, in AGENT_CAPABILITY_DENIED
 *
 * Context: Any.
 */
void agent_allowed_again(struct agent *agent)
{
	if (!agent_is_frozen(agent))
		agent_set_state(agent, READ_ONCE(agent->resume));
}

/**
 * agent_quarantine - freeze an agent where it stands
 * @agent: the agent
 * @stopped: how many processes were stopped
 *
 * Return: 0, or -EINVAL when its state doesn't permit it.
 */
int agent_quarantine(struct agent *agent, u64 *stopped)
{
	int err = agent_set_state(agent, AGENT_QUARANTINED);

	if (!err)
		*stopped = agent_stop_all(agent);
	return err;
}

/**
 * agent_release - let a denied or quarantined agent go on
 * @agent: the agent
 *
 * Return: 0, or -EINVAL when it is neither.
 */
int agent_release(struct agent *agent)
{
	int err;

	if (!is_aside(READ_ONCE(agent->state)))
		return -EINVAL;
	err = agent_set_state(agent, READ_ONCE(agent->resume));
	if (!err)
		agent_continue_all(agent);
	return err;
}

/**
 * agent_terminate - end an agent by revocation
 * @agent: the agent
 * @killed: how many processes were killed
 *
 * Return: 0, or -EINVAL when it has ended already.
 */
int agent_terminate(struct agent *agent, u64 *killed)
{
	int err = agent_set_state(agent, AGENT_TERMINATED_REVOKED);

	if (!err)
		*killed = agent_kill_all(agent);
	return err;
}
