// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the life of one, from state to state
 *
 * core/state.c holds the one table of edges; this is the one function that
 * walks it, so that no change of state goes without its row.
 */

#include <linux/sched/signal.h>

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

	if (is_aside(READ_ONCE(agent->state)))
		agent_signal_all(agent, SIGSTOP);
	agent_put(agent);
}

/**
 * agent_denied - do what an agent's manifest says about a denial
 * @agent: the agent that was denied something
 *
 * The denied task itself stops before it is back in userspace; its siblings
 * are stopped from a work, since a denial may happen with locks held.
 *
 * Context: Any.
 */
void agent_denied(struct agent *agent)
{
	if (is_ended(READ_ONCE(agent->state)))
		return;
	if (agent->on_deny == AGENT_DENY_QUARANTINE)
		agent_set_state(agent, AGENT_QUARANTINED);
	else
		agent_set_state(agent, AGENT_CAPABILITY_DENIED);
	if (agent->on_deny == AGENT_DENY_CONTINUE)
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
	if (agent->on_deny == AGENT_DENY_CONTINUE)
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
		*stopped = agent_signal_all(agent, SIGSTOP);
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
		agent_signal_all(agent, SIGCONT);
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
		*killed = agent_signal_all(agent, SIGKILL);
	return err;
}
