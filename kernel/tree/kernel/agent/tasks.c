// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the tasks that belong to one
 *
 * A task points to its agent and holds a reference from fork until the task
 * structure is freed.  While it lives it is in its agent's list.
 */

#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/smp.h>

#include "agent.h"

/**
 * agent_of_code - in whose name what is in a task's memory was mapped
 * @agent: the task's agent
 *
 * Until an agent runs its image, it is its spawner's code that runs, and what
 * that has mapped.
 *
 * Return: an agent that runs its image, or AID 1.
 */
struct agent *agent_of_code(struct agent *agent)
{
	while (!agent_is_running(agent) && agent->parent)
		agent = agent->parent;
	return agent;
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
		agent_limit_reached(agent, AGENT_QUOTA_TASKS);
		return -EAGAIN;
	}
	agent_limit_kept(agent, AGENT_QUOTA_TASKS);
	if (agent->audit == AGENT_AUDIT_FULL)
		set_task_syscall_work(task, SYSCALL_AGENT);
	else
		clear_task_syscall_work(task, SYSCALL_AGENT);
	task->agent = agent_get(agent);
	INIT_LIST_HEAD(&task->agent_node);
	task->agent_swept = READ_ONCE(agent->swept);
	return 0;
}

/**
 * agent_join - a new task of an agent can be found from now on
 * @task: the task
 *
 * Context: under tasklist_lock, held for writing.
 */
void agent_join(struct task_struct *task)
{
	struct agent *agent = task->agent;
	unsigned long flags;

	spin_lock_irqsave(&agent->task_lock, flags);
	/* In front, where a sweep that is under way looks next. */
	list_add(&task->agent_node, &agent->task_list);
	spin_unlock_irqrestore(&agent->task_lock, flags);
	/*
	 * Who freezes the agent finds this one from now on, or has said so
	 * before; who releases it finds it in any case.
	 */
	if (unlikely(agent_is_frozen(agent)) && thread_group_leader(task))
		do_send_sig_info(SIGSTOP, SEND_SIG_PRIV, task, PIDTYPE_TGID);
}

/**
 * agent_sweep_forked - take from a new task what was revoked while it was made
 * @task: the task, which can be found and does not run yet
 *
 * A sweep goes over the tasks that it finds. It may have found all but this
 * one, after what it was to take had been copied.
 *
 * Context: May sleep.
 */
void agent_sweep_forked(struct task_struct *task)
{
	if (unlikely(READ_ONCE(task->agent_swept) !=
		     READ_ONCE(task->agent->swept)))
		coconut_sweep_task(task->agent, task);
}

/**
 * agent_next_unswept - the next task that a sweep has not gone over
 * @agent: the agent, whose sweep mutex the caller holds
 * @sweep: number of the sweep
 *
 * Return: the task with a reference, or NULL, and then the sweep is over: a
 * task that is found later was made after that, or sweeps itself.
 */
struct task_struct *agent_next_unswept(struct agent *agent, u64 sweep)
{
	struct task_struct *task, *leader;

	lockdep_assert_held(&agent->sweep);
	rcu_read_lock();
	spin_lock_irq(&agent->task_lock);
	task = list_first_entry_or_null(&agent->task_list, struct task_struct,
					agent_node);
	/* What threads share is gone over once, with their first one. */
	leader = task ? READ_ONCE(task->group_leader) : NULL;
	if (leader && leader->agent_swept != sweep &&
	    !list_empty(&leader->agent_node))
		task = leader;
	if (task && task->agent_swept != sweep) {
		WRITE_ONCE(task->agent_swept, sweep);
		list_move_tail(&task->agent_node, &agent->task_list);
		get_task_struct(task);
	} else {
		WRITE_ONCE(agent->swept, sweep);
		task = NULL;
	}
	spin_unlock_irq(&agent->task_lock);
	rcu_read_unlock();
	return task;
}

/**
 * agent_leave - a task is no longer among those of its agent
 * @task: the task
 *
 * Return: true if it was the last one.
 */
bool agent_leave(struct task_struct *task)
{
	struct agent *agent = task->agent;

	spin_lock_irq(&agent->task_lock);
	list_del_init(&task->agent_node);
	spin_unlock_irq(&agent->task_lock);
	return atomic_dec_and_test(&agent->tasks);
}

/**
 * agent_each_task - call a function for each task of an agent
 * @agent: the agent
 * @each: the function; it must not sleep
 *
 * Whoever is forking meanwhile is done before or begins after.
 *
 * Return: the sum of what @each returned.
 */
u32 agent_each_task(struct agent *agent, u32 (*each)(struct task_struct *task))
{
	struct task_struct *task;
	unsigned long flags;
	u32 sum = 0;

	read_lock(&tasklist_lock);
	spin_lock_irqsave(&agent->task_lock, flags);
	list_for_each_entry(task, &agent->task_list, agent_node)
		sum += each(task);
	spin_unlock_irqrestore(&agent->task_lock, flags);
	read_unlock(&tasklist_lock);
	return sum;
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
	if (agent_leave(task))
		agent_end(agent, code);
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

/* Whether a task stands for its process: the first thread that is left. */
static bool is_first(struct task_struct *task)
{
	struct task_struct *thread;

	if (thread_group_leader(task))
		return true;
	for_each_thread(task, thread) {
		if (!list_empty(&thread->agent_node))
			return thread == task;
	}
	return false;
}

/*
 * The signals come from the kernel and cannot be refused. Each thread gets its
 * own to stop by, and need not wait for the one that would take the process's.
 */
static u32 stop_thread(struct task_struct *task)
{
	do_send_sig_info(SIGSTOP, SEND_SIG_PRIV, task, PIDTYPE_PID);
	return is_first(task);
}

static u32 continue_process(struct task_struct *task)
{
	if (!is_first(task))
		return 0;
	do_send_sig_info(SIGCONT, SEND_SIG_PRIV, task, PIDTYPE_TGID);
	return 1;
}

static u32 kill_process(struct task_struct *task)
{
	if (!is_first(task))
		return 0;
	do_send_sig_info(SIGKILL, SEND_SIG_PRIV, task, PIDTYPE_TGID);
	return 1;
}

/**
 * agent_stop_all - stop every process of an agent
 * @agent: the agent, which is frozen by its state
 *
 * Context: May sleep. When it returns, none of them runs its program.
 * Return: how many there are.
 */
u32 agent_stop_all(struct agent *agent)
{
	u32 count = agent_each_task(agent, stop_thread);

	/* Who is in its program on another CPU leaves it for this. */
	kick_all_cpus_sync();
	return count;
}

/**
 * agent_continue_all - let every process of an agent go on
 * @agent: the agent
 */
void agent_continue_all(struct agent *agent)
{
	agent_each_task(agent, continue_process);
}

/**
 * agent_kill_all - end every process of an agent
 * @agent: the agent
 *
 * Return: how many there are.
 */
u32 agent_kill_all(struct agent *agent)
{
	return agent_each_task(agent, kill_process);
}
