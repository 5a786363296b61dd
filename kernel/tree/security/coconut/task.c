// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: tasks and what they do to one another
 */

#include <linux/cred.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>

#include "coconut.h"

static void record_kill(struct agent *agent, struct task_struct *task)
{
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_KILL,
		.agent = agent,
		.object = { task_pid_nr(task), from_kuid(&init_user_ns,
							  current_uid()) },
		.atomic = true,
	});
}

/* AID 0 may end an agent, as its root, with SIGKILL, and nothing more. */
static int legacy_signal(struct agent *target, struct task_struct *task, int sig)
{
	if (sig == SIGKILL && ns_capable(&init_user_ns, CAP_KILL)) {
		record_kill(target, task);
		return 0;
	}
	return coconut_deny(NULL, AGENT_CAP_PROC_SIGNAL, AGENT_REASON_LEGACY,
			    &target->aid, sizeof(target->aid), true);
}

static int hook_task_kill(struct task_struct *task, struct kernel_siginfo *info,
			  int sig, const struct cred *cred)
{
	struct agent *subject = current->agent;
	struct agent *target = agent_get_of(task);
	int err = 0;

	/* What stopped the agent releases it, by agent_cap_grant() alone. */
	if (target && sig == SIGCONT && agent_is_frozen(target)) {
		err = coconut_deny(subject, AGENT_CAP_PROC_SIGNAL,
				   AGENT_REASON_STATE, &target->aid,
				   sizeof(target->aid), true);
		goto put;
	}
	if (subject == target || (subject && subject->aid == AGENT_AID_ROOT))
		goto put;
	if (!subject)
		err = legacy_signal(target, task, sig);
	else
		err = coconut_may_reach(subject, AGENT_CAP_PROC_SIGNAL, target,
					true);
put:
	if (target)
		agent_put(target);
	return err;
}

/*
 * Memory, registers and the private files of /proc/PID. Who may write to the
 * memory of its own tasks may write code there, so that takes a capability.
 */
static int may_trace(struct agent *subject, struct agent *target, bool attach,
		     bool quiet)
{
	u64 aid = target ? target->aid : AGENT_AID_LEGACY;

	if (subject && subject->aid == AGENT_AID_ROOT)
		return 0;
	if (subject == target && (!subject || !attach))
		return 0;
	if (quiet)
		return subject && target &&
		       agent_has(subject, AGENT_CAP_PROC_TRACE, target) ?
		       0 : -ECAPABILITY;
	if (subject) {
		int err = coconut_may_reach(subject, AGENT_CAP_PROC_TRACE,
					    target, true);

		if (err && subject == current->agent)
			coconut_answer();
		return err;
	}
	return coconut_deny(subject, AGENT_CAP_PROC_TRACE, AGENT_REASON_LEGACY,
			    &aid, sizeof(aid), true);
}

static int hook_ptrace_access_check(struct task_struct *child,
				    unsigned int mode)
{
	struct agent *target = agent_get_of(child);
	int err = may_trace(current->agent, target, mode & PTRACE_MODE_ATTACH,
			    mode & PTRACE_MODE_NOAUDIT);

	if (target)
		agent_put(target);
	return err;
}

/**
 * coconut_trace_on - whether an agent may go on tracing
 * @task: whom
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_trace_on(struct task_struct *task)
{
	return hook_ptrace_access_check(task, PTRACE_MODE_ATTACH_REALCREDS);
}

static int hook_ptrace_traceme(struct task_struct *parent)
{
	struct agent *subject = agent_get_of(parent);
	int err = may_trace(subject, current->agent, true, false);

	if (subject)
		agent_put(subject);
	return err;
}

/**
 * agent_handle_task - decide whether the caller may change how a task is run
 * @task: the task
 *
 * Its own agent may, and AID 1.
 *
 * Context: Any.
 * Return: 0, or -ECAPABILITY.
 */
int agent_handle_task(struct task_struct *task)
{
	struct agent *subject = current->agent;
	struct agent *target = agent_get_of(task);
	u64 aid = target ? target->aid : AGENT_AID_LEGACY;
	bool good = subject == target ||
		    (subject && subject->aid == AGENT_AID_ROOT);

	if (target)
		agent_put(target);
	if (likely(good))
		return 0;
	return coconut_deny(subject, AGENT_CAP_NONE, subject ?
			    AGENT_REASON_AUTHORITY : AGENT_REASON_LEGACY,
			    &aid, sizeof(aid), true);
}

static int hook_task_setpgid(struct task_struct *task, pid_t pgid)
{
	return agent_handle_task(task);
}

static int hook_task_setnice(struct task_struct *task, int nice)
{
	return agent_handle_task(task);
}

static int hook_task_setioprio(struct task_struct *task, int ioprio)
{
	return agent_handle_task(task);
}

/* An agent's tasks don't look at others; that others look at them is theirs. */
static int look_at_task(struct task_struct *task)
{
	return likely(!agent_confined()) ? 0 : agent_handle_task(task);
}

static int hook_capget(const struct task_struct *task, kernel_cap_t *effective,
		       kernel_cap_t *inheritable, kernel_cap_t *permitted)
{
	return look_at_task((struct task_struct *)task);
}

/*
 * A new task belongs where its maker does: neither under another agent's task
 * nor, by a descriptor, in another group of tasks.
 */
static int hook_task_alloc(struct task_struct *task, unsigned long clone_flags)
{
	struct agent *agent = agent_confined();
	bool other;

	if (likely(!agent))
		return 0;
	if (clone_flags & CLONE_INTO_CGROUP)
		return coconut_close(agent, "clone into a cgroup");
	if (!(clone_flags & CLONE_PARENT))
		return 0;
	rcu_read_lock();
	other = READ_ONCE(rcu_dereference(current->real_parent)->agent) !=
		agent;
	rcu_read_unlock();
	return other ? coconut_close(agent, "clone under another agent's task")
		     : 0;
}

/**
 * agent_may_see_task - whether a task is in the caller's sight
 * @task: the task
 *
 * Return: false for an agent and a task that is not its own.
 */
bool agent_may_see_task(struct task_struct *task)
{
	struct agent *agent = agent_confined();

	return likely(!agent) || READ_ONCE(task->agent) == agent;
}

/**
 * agent_may_see_pid - whether the task of a PID is in the caller's sight
 * @pid: the PID
 *
 * Return: as agent_may_see_task(); true when there is no task any more.
 */
bool agent_may_see_pid(struct pid *pid)
{
	struct task_struct *task;
	bool seen;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_PID);
	seen = !task || agent_may_see_task(task);
	rcu_read_unlock();
	return seen;
}

/**
 * agent_handle_pid - decide whether an agent may hold a descriptor of a task
 * @pid: the task's PID
 *
 * Return: 0, or -ECAPABILITY.
 */
int agent_handle_pid(struct pid *pid)
{
	struct task_struct *task;
	int err = 0;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_PID);
	if (task)
		err = look_at_task(task);
	rcu_read_unlock();
	return err;
}

/* The RAM limit of an agent is kept by RLIMIT_DATA, which it may not raise. */
static int hook_task_setrlimit(struct task_struct *task, unsigned int resource,
			       struct rlimit *limit)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || resource != RLIMIT_DATA ||
	    limit->rlim_max <= READ_ONCE(agent->ram_limit))
		return 0;
	return coconut_deny(agent, AGENT_CAP_MEM_TIER, AGENT_REASON_SCOPE,
			    NULL, 0, true);
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(task_kill, hook_task_kill),
	LSM_HOOK_INIT(ptrace_access_check, hook_ptrace_access_check),
	LSM_HOOK_INIT(ptrace_traceme, hook_ptrace_traceme),
	LSM_HOOK_INIT(task_setrlimit, hook_task_setrlimit),
	LSM_HOOK_INIT(capget, hook_capget),
	LSM_HOOK_INIT(task_alloc, hook_task_alloc),
	LSM_HOOK_INIT(task_setpgid, hook_task_setpgid),
	LSM_HOOK_INIT(task_getpgid, look_at_task),
	LSM_HOOK_INIT(task_getsid, look_at_task),
	LSM_HOOK_INIT(task_setnice, hook_task_setnice),
	LSM_HOOK_INIT(task_setioprio, hook_task_setioprio),
	LSM_HOOK_INIT(task_getioprio, look_at_task),
	LSM_HOOK_INIT(task_setscheduler, agent_handle_task),
	LSM_HOOK_INIT(task_getscheduler, look_at_task),
	LSM_HOOK_INIT(task_movememory, agent_handle_task),
};

void __init coconut_add_task_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
