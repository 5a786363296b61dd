// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the object, the registry and the tasks that belong to one
 *
 * A task points to its agent and holds a reference from fork until the task
 * structure is freed.  The registry finds an agent by its AID as long as a
 * task of it lives; it holds no reference of its own but is told in
 * agent_end(), before the last task's reference can go.
 */

#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/xarray.h>

#include "agent.h"

bool agent_enabled __ro_after_init;

static DEFINE_XARRAY(agents);
static DEFINE_SPINLOCK(next_aid_lock);
static u64 next_aid = AGENT_AID_ROOT + 1;

/**
 * agent_alloc - make an agent that nobody can see yet
 * @parent: its spawner, or NULL for AID 1
 *
 * Return: the agent with one reference, in AGENT_SPAWNING and without a
 * bundle, or NULL when memory is short.
 */
struct agent *agent_alloc(struct agent *parent)
{
	struct agent *agent = kzalloc(sizeof(*agent), GFP_KERNEL_ACCOUNT);
	int i;

	if (!agent)
		return NULL;
	refcount_set(&agent->usage, 1);
	spin_lock_init(&agent->lock);
	mutex_init(&agent->mutex);
	INIT_DELAYED_WORK(&agent->expiry, agent_bundle_expire);
	INIT_WORK(&agent->stop, agent_stop_work);
	agent->state = AGENT_SPAWNING;
	agent->resume = AGENT_SPAWNING;
	agent->ram_limit = AGENT_QUOTA_UNLIMITED;
	for (i = 0; i < AGENT_QUOTA_COUNT; i++)
		agent->limits[i] = AGENT_QUOTA_UNLIMITED;
	agent->spawned = ktime_get_boottime_ns();
	if (parent)
		agent->parent = agent_get(parent);
	return agent;
}

static void free_agent(struct work_struct *work)
{
	struct agent *agent = container_of(to_rcu_work(work), struct agent,
					   rwork);
	int i;

	/* A grant may have come after the end and have armed it again. */
	cancel_delayed_work_sync(&agent->expiry);
	agent_bundle_drop(agent);
	if (agent->parent)
		agent_put(agent->parent);
	for (i = 0; i < ARRAY_SIZE(agent->way); i++)
		agent_scope_put(&agent->way[i]);
	coconut_cache_free(agent);
	kfree(agent->keep);
	kfree(agent->code);
	kfree(agent);
}

/**
 * agent_put - drop a reference
 * @agent: the agent; it is freed after a grace period with the last one
 *
 * Context: Any.
 */
void agent_put(struct agent *agent)
{
	if (!refcount_dec_and_test(&agent->usage))
		return;
	INIT_RCU_WORK(&agent->rwork, free_agent);
	queue_rcu_work(system_unbound_wq, &agent->rwork);
}

/**
 * agent_register - give an agent its AID and make it known by it
 * @agent: an agent that is not registered yet
 * @aid: the AID, or 0 for the next free one
 *
 * Return: 0, or -ENOMEM.
 */
int agent_register(struct agent *agent, u64 aid)
{
	if (!aid) {
		spin_lock(&next_aid_lock);
		aid = next_aid++;
		spin_unlock(&next_aid_lock);
	}
	agent->aid = aid;
	return xa_err(xa_store(&agents, aid, agent, GFP_KERNEL_ACCOUNT));
}

/**
 * agent_seed_aid - go on from the AIDs of earlier boots
 * @next: the first AID to give out
 *
 * Return: 0, or -EBUSY when it would give out an AID again.
 */
int agent_seed_aid(u64 next)
{
	int err = 0;

	spin_lock(&next_aid_lock);
	if (next < next_aid || next > S64_MAX / 2)
		err = -EBUSY;
	else
		next_aid = next;
	spin_unlock(&next_aid_lock);
	return err;
}

static struct agent *get_live(struct agent *agent)
{
	if (agent && !refcount_inc_not_zero(&agent->usage))
		return NULL;
	return agent;
}

/**
 * agent_get_by_aid - find a live agent
 * @aid: its AID
 *
 * Return: the agent with a reference, or NULL.
 */
struct agent *agent_get_by_aid(u64 aid)
{
	struct agent *agent;

	rcu_read_lock();
	agent = get_live(xa_load(&agents, aid));
	rcu_read_unlock();
	return agent;
}

/**
 * agent_get_next - find the live agent with the lowest AID above another
 * @aid: that other AID
 *
 * Return: the agent with a reference, or NULL when there is none.
 */
struct agent *agent_get_next(u64 aid)
{
	unsigned long index = aid;
	struct agent *agent;

	rcu_read_lock();
	do {
		agent = xa_find_after(&agents, &index, ULONG_MAX, XA_PRESENT);
	} while (agent && !get_live(agent));
	rcu_read_unlock();
	return agent;
}

/**
 * agent_get_of - the agent of a task
 * @task: the task
 *
 * Return: the agent with a reference, or NULL for a legacy task.
 */
struct agent *agent_get_of(struct task_struct *task)
{
	struct agent *agent;

	rcu_read_lock();
	agent = get_live(READ_ONCE(task->agent));
	rcu_read_unlock();
	return agent;
}

/**
 * agent_is_ancestor - whether one agent descends from another
 * @ancestor: the one above
 * @agent: the one below; an agent is no ancestor of itself
 *
 * Return: true if it does.
 */
bool agent_is_ancestor(const struct agent *ancestor, const struct agent *agent)
{
	for (agent = agent->parent; agent; agent = agent->parent) {
		if (agent == ancestor)
			return true;
	}
	return false;
}

/**
 * agent_fork - let a new task belong to an agent
 * @task: the task being made by the caller
 * @agent: the agent that is spawned with it, or NULL to inherit the caller's
 *
 * Context: Process context; called from copy_process().
 * Return: 0, or -EAGAIN when the agent has as many tasks as it may.
 */
int agent_fork(struct task_struct *task, struct agent *agent)
{
	task->agent = NULL;
	task->agent_walk = NULL;
	if (!agent)
		agent = current->agent;
	if (likely(!agent))
		return 0;
	if (atomic_inc_return(&agent->tasks) >
	    READ_ONCE(agent->limits[AGENT_QUOTA_TASKS])) {
		atomic_dec(&agent->tasks);
		return -EAGAIN;
	}
	task->agent = agent_get(agent);
	return 0;
}

/**
 * agent_unfork - undo agent_fork() for a task that was never run
 * @task: the task
 */
void agent_unfork(struct task_struct *task)
{
	if (!task->agent)
		return;
	atomic_dec(&task->agent->tasks);
	agent_task_free(task);
}

/**
 * agent_exit - a task of an agent ends; the last one ends the agent
 * @task: the current task, in do_exit()
 * @code: its exit code, as wait() will see it
 *
 * Context: Process context, may sleep.
 */
void agent_exit(struct task_struct *task, long code)
{
	struct agent *agent = task->agent;

	if (likely(!agent))
		return;
	if (atomic_dec_and_test(&agent->tasks))
		agent_end(agent, code);
}

/**
 * agent_end - take an agent that has no task left out of the world
 * @agent: the agent
 * @code: exit code of its last task
 */
void agent_end(struct agent *agent, long code)
{
	coconut_cache_flush(agent);
	agent_set_state(agent, AGENT_TERMINATED_CLEAN);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_EXIT,
		.agent = agent,
		.object = { code, READ_ONCE(agent->state) },
	});
	xa_erase(&agents, agent->aid);
	cancel_delayed_work_sync(&agent->expiry);
	if (agent->parent)
		atomic_dec(&agent->parent->children);
}

/**
 * agent_task_free - a task structure is about to be freed
 * @task: the task
 *
 * Context: Any.
 */
void agent_task_free(struct task_struct *task)
{
	struct agent *agent = task->agent;

	if (likely(!agent))
		return;
	task->agent = NULL;
	agent_put(agent);
}

/**
 * agent_signal_all - send a signal to every process of an agent
 * @agent: the agent
 * @sig: the signal; it comes from the kernel and cannot be refused
 *
 * Return: how many processes got it.
 */
u32 agent_signal_all(struct agent *agent, int sig)
{
	struct task_struct *task;
	u32 count = 0;

	read_lock(&tasklist_lock);
	for_each_process(task) {
		if (READ_ONCE(task->agent) != agent)
			continue;
		/* A first thread may have ended before the others. */
		if (task->exit_state && thread_group_empty(task))
			continue;
		do_send_sig_info(sig, SEND_SIG_PRIV, task, PIDTYPE_TGID);
		count++;
	}
	read_unlock(&tasklist_lock);
	return count;
}
