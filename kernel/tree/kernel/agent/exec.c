// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: what an exec changes
 *
 * The first exec of PID 1 binds AID 1 to its image.  The exec of a spawned
 * agent is held against the digest in its manifest.  A task of AID 1 that
 * execs anything but that image falls to AID 0.
 */

#include <linux/binfmts.h>
#include <linux/fdtable.h>
#include <linux/init_task.h>
#include <linux/io_uring.h>
#include <linux/sched/signal.h>
#include <linux/task_work.h>

#include "agent.h"

static struct agent *root_agent;

/**
 * agent_root_digest - BLAKE3 of the image to which AID 1 is bound
 *
 * Return: AGENT_DIGEST_SIZE bytes; zeroes when AID 1 was never bound.
 */
const u8 *agent_root_digest(void)
{
	static const u8 none[AGENT_DIGEST_SIZE];

	return root_agent ? root_agent->attestation.image_digest : none;
}

static void record_root(const struct agent *agent)
{
	const struct agent_attestation *at = &agent->attestation;

	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_SPAWN,
		.agent = root_agent,
		.payload = at->image_digest,
		.payload_size = AGENT_DIGEST_SIZE,
	});
}

/* Bind AID 1 to the image that PID 1 is about to run. */
static int bind_root(struct linux_binprm *bprm)
{
	struct agent *agent = agent_alloc(NULL);
	int err;

	if (!agent)
		return -ENOMEM;
	err = agent_digest_file(bprm->file, agent->attestation.image_digest);
	if (!err)
		err = agent_bundle_install(agent, NULL, 0);
	if (!err)
		err = agent_register(agent, AGENT_AID_ROOT);
	if (err) {
		agent_put(agent);
		return err;
	}
	strscpy(agent->attestation.name, kbasename(bprm->filename),
		sizeof(agent->attestation.name));
	strscpy(agent->attestation.image, bprm->filename,
		sizeof(agent->attestation.image));
	atomic_set(&agent->tasks, 1);
	agent_code_load();
	/* The registry's AID 1 outlives its tasks, as PID 1 does. */
	root_agent = agent_get(agent);
	current->agent = agent;
	agent_join(current);
	record_root(agent);
	agent_set_state(agent, AGENT_ATTESTED);
	return 0;
}

/* A task leaves its agent for AID 0, for good. */
static void leave(void)
{
	agent_leave(current);
	agent_task_free(current);
}

/*
 * The image that AID 1 was bound to did not start, and PID 1 tries another:
 * nothing that was not measured inherits the authority.
 */
static int check_root(struct linux_binprm *bprm)
{
	u8 digest[AGENT_DIGEST_SIZE];
	int err = agent_digest_file(bprm->file, digest);

	if (!err && memcmp(digest, agent_root_digest(), sizeof(digest)))
		leave();
	return err;
}

static int check_image(struct agent *agent, struct linux_binprm *bprm)
{
	u8 digest[AGENT_DIGEST_SIZE];
	int err = coconut_code_digest(bprm->file, digest);

	if (err)
		return err;
	if (!memcmp(digest, agent->attestation.image_digest, sizeof(digest))) {
		agent_allowed(agent);
		return agent_set_state(agent, AGENT_ATTESTED);
	}

	return agent_deny(&(struct agent_audit_record) {
		.agent = agent,
		.cap = AGENT_CAP_FS_EXEC,
		.reason = AGENT_REASON_IMAGE,
		.payload = bprm->filename,
		.payload_size = strlen(bprm->filename),
	});
}

/**
 * agent_exec_check - hold an exec against what the caller's agent may run
 * @bprm: the exec, with the file that was named
 *
 * Return: 0, -ECAPABILITY when the image is not the manifest's, or what
 * reading the image said.
 */
int agent_exec_check(struct linux_binprm *bprm)
{
	struct agent *agent = current->agent;

	if (!agent) {
		if (!is_global_init(current) || root_agent ||
		    strcmp(bprm->filename, CONFIG_AGENT_ROOT_IMAGE))
			return 0;
		return bind_root(bprm);
	}
	if (agent == root_agent)
		return agent_is_running(agent) ? 0 : check_root(bprm);
	return agent_is_running(agent) ? 0 : check_image(agent, bprm);
}

static int close_unkept(const void *data, struct file *file, unsigned int fd)
{
	const struct agent *agent = data;
	u32 i;

	/* What is asked of its maker's ring is done in its maker's name. */
	if (io_is_uring_fops(file))
		return fd + 1;
	for (i = 0; i < agent->nr_keep; i++) {
		if (agent->keep[i] == fd)
			return 0;
	}
	return fd > 2 ? fd + 1 : 0;
}

/* What its spawner has open and does not pass on is not the agent's. */
static void close_inherited(const struct agent *agent)
{
	unsigned int next = 0;

	while ((next = iterate_fd(current->files, next, close_unkept, agent)))
		close_fd(next - 1);
}

/**
 * agent_exec_committing - the exec can no longer fail; leave AID 1
 *
 * Only PID 1 on its way into the measured image stays in AID 1: that is not
 * running yet. Whatever else AID 1 execs runs as AID 0.
 */
void agent_exec_committing(void)
{
	struct agent *agent = current->agent;

	if (likely(!agent))
		return;
	if (!agent_is_running(agent)) {
		if (agent != root_agent)
			close_inherited(agent);
	} else if (agent == root_agent) {
		leave();
	}
}

static void end_exec(struct agent *agent)
{
	if (agent->aid != AGENT_AID_ROOT)
		agent_audit_seal();
	/* Last: until now it does not wait where its spawner waits for it. */
	WRITE_ONCE(agent->running, true);
}

static void exec_ends(struct callback_head *work)
{
	kfree(work);
	end_exec(current->agent);
}

/**
 * agent_exec_committed - the new image is in place
 *
 * Its segments are still to be mapped, which is the kernel's doing and not the
 * agent's; it runs its image once its first instruction is next.
 */
void agent_exec_committed(void)
{
	struct agent *agent = current->agent;
	struct callback_head *work;

	if (likely(!agent))
		return;
	agent_limit_memory(agent);
	if (!agent_is_running(agent)) {
		agent_allowed(agent);
		agent_set_state(agent, AGENT_ACTIVE);
	}
	work = kmalloc(sizeof(*work), GFP_KERNEL);
	if (work) {
		init_task_work(work, exec_ends);
		if (!task_work_add(current, work, TWA_RESUME))
			return;
		kfree(work);
	}
	end_exec(agent);
}
