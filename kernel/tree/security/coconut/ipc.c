// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: System V objects, and keys
 */

#include <linux/ipc.h>
#include <linux/key.h>

#include "coconut.h"

/**
 * coconut_reach_maker - decide whether an agent may use what another made
 * @agent: who uses it
 * @aid: its maker, all that the object remembers
 *
 * Context: Any.
 * Return: 0, or -ECAPABILITY.
 */
int coconut_reach_maker(struct agent *agent, u64 aid)
{
	struct agent *maker = agent_get_by_aid(aid);
	int err;

	/* Of an agent that has ended nobody is an ancestor any more. */
	err = coconut_may_reach(agent, AGENT_CAP_IPC, maker, true);
	if (err)
		coconut_answer();
	if (maker)
		agent_put(maker);
	return err;
}

/**
 * coconut_reaches_maker - the same for what is in use, without using it
 * @agent: who uses it
 * @aid: its maker
 *
 * Return: true if it may go on.
 */
bool coconut_reaches_maker(struct agent *agent, u64 aid)
{
	struct agent *maker = agent_get_by_aid(aid);
	bool reaches = maker && agent_reaches(agent, AGENT_CAP_IPC, maker);

	if (maker)
		agent_put(maker);
	return reaches;
}

static int make_object(struct kern_ipc_perm *perm)
{
	struct agent *agent = agent_confined();

	coconut_ipc(perm)->aid = AGENT_AID_LEGACY;
	if (likely(!agent))
		return 0;
	coconut_ipc(perm)->aid = agent->aid;
	return coconut_may_reach(agent, AGENT_CAP_IPC, agent, true);
}

/* What a live agent has made is out of AID 0's reach, what it leaves is not. */
static int use_as_legacy(u64 aid)
{
	struct agent *maker;

	if (likely(!aid) || current->agent)
		return 0;
	maker = agent_get_by_aid(aid);
	if (!maker)
		return 0;
	agent_put(maker);
	return coconut_deny(NULL, AGENT_CAP_IPC, AGENT_REASON_LEGACY, &aid,
			    sizeof(aid), true);
}

static int use_object(struct kern_ipc_perm *perm)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? use_as_legacy(coconut_ipc(perm)->aid) :
	       coconut_reach_maker(agent, coconut_ipc(perm)->aid);
}

static int hook_ipc_permission(struct kern_ipc_perm *perm, short flag)
{
	return use_object(perm);
}

static int hook_associate(struct kern_ipc_perm *perm, int flags)
{
	return use_object(perm);
}

/* Without an object it is a question about all of them. */
static int hook_ctl(struct kern_ipc_perm *perm, int cmd)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return perm ? use_as_legacy(coconut_ipc(perm)->aid) : 0;
	return coconut_reach_maker(agent, perm ? coconut_ipc(perm)->aid :
						 AGENT_AID_LEGACY);
}

/**
 * agent_need_key - decide whether the caller may call on keys
 * @what: the system call
 *
 * Return: 0, or -ECAPABILITY.
 */
int agent_need_key(const char *what)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 :
	       coconut_need_cap(agent, AGENT_CAP_KEY, what);
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
	LSM_HOOK_INIT(ipc_permission, hook_ipc_permission),
	LSM_HOOK_INIT(msg_queue_alloc_security, make_object),
	LSM_HOOK_INIT(shm_alloc_security, make_object),
	LSM_HOOK_INIT(sem_alloc_security, make_object),
	LSM_HOOK_INIT(msg_queue_associate, hook_associate),
	LSM_HOOK_INIT(shm_associate, hook_associate),
	LSM_HOOK_INIT(sem_associate, hook_associate),
	LSM_HOOK_INIT(msg_queue_msgctl, hook_ctl),
	LSM_HOOK_INIT(shm_shmctl, hook_ctl),
	LSM_HOOK_INIT(sem_semctl, hook_ctl),
	LSM_HOOK_INIT(key_permission, hook_key_permission),
};

void __init coconut_add_ipc_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
