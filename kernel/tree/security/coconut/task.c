// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: tasks and what they do to one another
 */

#include <linux/agent_audit.h>
#include <linux/cred.h>
#include <linux/key.h>
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

/* What stopped the agent releases it, by agent_cap_grant(), and nobody else. */
static bool is_frozen(const struct agent *agent)
{
	enum agent_state state = READ_ONCE(agent->state);

	return state == AGENT_QUARANTINED ||
	       (state == AGENT_CAPABILITY_DENIED &&
		agent->on_deny == AGENT_DENY_STOP);
}

static int hook_task_kill(struct task_struct *task, struct kernel_siginfo *info,
			  int sig, const struct cred *cred)
{
	struct agent *subject = current->agent;
	struct agent *target = agent_get_of(task);
	int err = 0;

	if (target && sig == SIGCONT && is_frozen(target)) {
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

/* Memory, registers and the private files of /proc/PID. */
static int hook_ptrace_access_check(struct task_struct *child,
				    unsigned int mode)
{
	struct agent *subject = current->agent;
	struct agent *target = agent_get_of(child);
	u64 aid = target ? target->aid : AGENT_AID_LEGACY;

	if (target)
		agent_put(target);
	if (subject == target || (subject && subject->aid == AGENT_AID_ROOT))
		return 0;
	if (mode & PTRACE_MODE_NOAUDIT)
		return -ECAPABILITY;
	return coconut_deny(subject, AGENT_CAP_NONE, subject ?
			    AGENT_REASON_AUTHORITY : AGENT_REASON_LEGACY,
			    &aid, sizeof(aid), true);
}

static int hook_ptrace_traceme(struct task_struct *parent)
{
	struct agent *subject = agent_get_of(parent);
	u64 aid = current->agent ? current->agent->aid : AGENT_AID_LEGACY;
	bool same = subject == current->agent;

	if (subject)
		agent_put(subject);
	if (same)
		return 0;
	return coconut_deny(current->agent, AGENT_CAP_NONE,
			    AGENT_REASON_AUTHORITY, &aid, sizeof(aid), true);
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

/*
 * Who may sign is for AID 1 to tell. What it may tell is bounded: the keyring
 * takes only certificates that a key built into the kernel has signed.
 */
static int hook_key_permission(key_ref_t key_ref, const struct cred *cred,
			       enum key_need_perm need_perm)
{
	static const char name[] = "the .coconut keyring";
	struct agent *subject = current->agent;

	if (need_perm != KEY_NEED_WRITE && need_perm != KEY_NEED_SETATTR &&
	    need_perm != KEY_NEED_UNLINK)
		return 0;
	if (likely(!agent_is_keyring(key_ref_to_ptr(key_ref))) ||
	    (subject && subject->aid == AGENT_AID_ROOT))
		return 0;
	return coconut_deny(subject, AGENT_CAP_NONE, subject ?
			    AGENT_REASON_AUTHORITY : AGENT_REASON_LEGACY,
			    name, sizeof(name) - 1, true);
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(task_kill, hook_task_kill),
	LSM_HOOK_INIT(ptrace_access_check, hook_ptrace_access_check),
	LSM_HOOK_INIT(ptrace_traceme, hook_ptrace_traceme),
	LSM_HOOK_INIT(task_setrlimit, hook_task_setrlimit),
	LSM_HOOK_INIT(key_permission, hook_key_permission),
};

void __init coconut_add_task_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
