// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: the machine as a whole, and POSIX capabilities
 */

#include <linux/capability.h>
#include <linux/io_uring/cmd.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <asm/syscall.h>

#include "coconut.h"

/* What a POSIX capability means to an agent. */
enum meaning {
	CLOSED,		/* none has it */
	OF_UID,		/* as the uid has it: other decisions bound it */
	BY_CAP,		/* with a capability of the bundle */
};

/* The others, and those that are to come, are closed. */
static const struct {
	enum meaning meaning;
	enum agent_cap_id cap;
} meanings[CAP_LAST_CAP + 1] = {
	[CAP_CHOWN] = { OF_UID },
	[CAP_DAC_OVERRIDE] = { OF_UID },
	[CAP_DAC_READ_SEARCH] = { OF_UID },
	[CAP_FOWNER] = { OF_UID },
	[CAP_FSETID] = { OF_UID },
	[CAP_KILL] = { OF_UID },
	[CAP_SETGID] = { OF_UID },
	[CAP_SETUID] = { OF_UID },
	[CAP_SETPCAP] = { OF_UID },
	[CAP_NET_BIND_SERVICE] = { OF_UID },
	[CAP_NET_ADMIN] = { BY_CAP, AGENT_CAP_NET_ADMIN },
	[CAP_NET_RAW] = { BY_CAP, AGENT_CAP_NET_RAW },
	[CAP_SYS_TIME] = { BY_CAP, AGENT_CAP_TIME },
	[CAP_SYS_PTRACE] = { BY_CAP, AGENT_CAP_PROC_TRACE },
	[CAP_IPC_OWNER] = { BY_CAP, AGENT_CAP_IPC },
};

/**
 * struct answer - what is left to do when a system call returns
 * @work: does it
 * @nr: the call
 * @cap: a POSIX capability that was refused, -1 when the row is written
 */
struct answer {
	struct callback_head work;
	int nr;
	int cap;
};

static void deny_posix(struct agent *agent, int cap)
{
	enum agent_cap_id lacks = meanings[cap].cap;
	char name[32];
	u32 size = scnprintf(name, sizeof(name), "POSIX capability %d", cap);

	coconut_deny(agent, lacks, lacks ? AGENT_REASON_SCOPE :
					   AGENT_REASON_CLOSED,
		     name, size, true);
}

/*
 * What failed for a lack that DAC doesn't know must not be told as DAC's. A
 * call that went well in spite of it was not denied.
 */
static void set_answer(struct callback_head *work)
{
	struct answer *answer = container_of(work, struct answer, work);
	struct pt_regs *regs = current_pt_regs();
	struct agent *agent = agent_confined();
	long err = syscall_get_error(current, regs);

	if (agent && syscall_get_nr(current, regs) == answer->nr &&
	    (err == -EPERM || err == -EACCES)) {
		syscall_set_return_value(current, regs, -ECAPABILITY, 0);
		if (answer->cap >= 0)
			deny_posix(agent, answer->cap);
	}
	kfree(answer);
}

/* Return: false where there is no system call to come back from. */
static bool answer_later(int cap)
{
	struct callback_head *pending;
	struct answer *answer;

	if (!in_task() || current->flags & (PF_KTHREAD | PF_EXITING |
					    PF_IO_WORKER | PF_USER_WORKER))
		return false;
	/* One denial is enough for a call, whatever else it tries. */
	pending = task_work_cancel_func(current, set_answer);
	if (pending) {
		answer = container_of(pending, struct answer, work);
		if (cap < 0)
			answer->cap = cap;
	} else {
		answer = kmalloc(sizeof(*answer), GFP_ATOMIC);
		if (!answer)
			return false;
		answer->nr = syscall_get_nr(current, current_pt_regs());
		answer->cap = cap;
	}
	init_task_work(&answer->work, set_answer);
	if (!task_work_add(current, &answer->work, TWA_RESUME))
		return true;
	kfree(answer);
	return false;
}

/**
 * coconut_answer - let a system call say ECAPABILITY for a denial just written
 *
 * For those denials that the kernel turns into an errno of DAC's on their way.
 */
void coconut_answer(void)
{
	answer_later(-1);
}

static int hook_capable(const struct cred *cred, struct user_namespace *ns,
			int cap, unsigned int opts)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || cred != current_cred())
		return 0;
	switch (meanings[cap].meaning) {
	case OF_UID:
		return 0;
	case BY_CAP:
		if (agent_has(agent, meanings[cap].cap, agent))
			return 0;
		break;
	case CLOSED:
		break;
	}
	if (!(opts & CAP_OPT_NOAUDIT) && !answer_later(cap))
		deny_posix(agent, cap);
	return -EPERM;
}

static int closed(const char *what)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 : coconut_close(agent, what);
}

static int hook_userns_create(const struct cred *cred)
{
	return closed("a user namespace");
}

#ifdef CONFIG_BPF_SYSCALL
static int hook_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return closed("bpf");
}
#endif

static int hook_perf_event_open(int type)
{
	return closed("perf_event_open");
}

static int hook_syslog(int type)
{
	return closed("syslog");
}

static int hook_quotactl(int cmds, int type, int id,
			 const struct super_block *sb)
{
	return closed("quotactl");
}

static int hook_quota_on(struct dentry *dentry)
{
	return closed("quota on");
}

static int hook_settime(const struct timespec64 *ts, const struct timezone *tz)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 :
	       coconut_need_cap(agent, AGENT_CAP_TIME, "the clock");
}

/* A personality is another's credentials, and commands are the device's own. */
static int hook_uring_override_creds(const struct cred *new)
{
	return closed("an io_uring personality");
}

static int hook_uring_cmd(struct io_uring_cmd *cmd)
{
	return closed("an io_uring command");
}

/* It would run modprobe as root; whoever asked is told what is missing. */
static int hook_kernel_module_request(char *name)
{
	return agent_confined() ? -ECAPABILITY : 0;
}

static int hook_kernel_load_data(enum kernel_load_data_id id, bool contents)
{
	return closed("loading into the kernel");
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(capable, hook_capable),
	LSM_HOOK_INIT(userns_create, hook_userns_create),
#ifdef CONFIG_BPF_SYSCALL
	LSM_HOOK_INIT(bpf, hook_bpf),
#endif
	LSM_HOOK_INIT(perf_event_open, hook_perf_event_open),
	LSM_HOOK_INIT(syslog, hook_syslog),
	LSM_HOOK_INIT(quotactl, hook_quotactl),
	LSM_HOOK_INIT(quota_on, hook_quota_on),
	LSM_HOOK_INIT(settime, hook_settime),
	LSM_HOOK_INIT(uring_override_creds, hook_uring_override_creds),
	LSM_HOOK_INIT(uring_cmd, hook_uring_cmd),
	LSM_HOOK_INIT(kernel_module_request, hook_kernel_module_request),
	LSM_HOOK_INIT(kernel_load_data, hook_kernel_load_data),
};

void __init coconut_add_system_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
