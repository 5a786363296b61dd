// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: open files
 */

#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/mount.h>

#include "cache.h"

/**
 * coconut_note_file - note what a bundle gives of an open file
 * @file: the file
 * @generation: of the bundle, read before it was asked
 * @rights: MAY_READ, MAY_WRITE, MAY_EXEC
 */
void coconut_note_file(struct file *file, u64 generation, u32 rights)
{
	struct coconut_file *blob = coconut_file(file);
	u64 known = READ_ONCE(blob->known);

	if (known >> COCONUT_FILE_SHIFT == generation)
		rights |= known & COCONUT_FILE_RIGHTS;
	WRITE_ONCE(blob->known, generation << COCONUT_FILE_SHIFT | rights);
	if (unlikely(READ_ONCE(blob->cut)))
		WRITE_ONCE(blob->cut, 0);
}

/*
 * An exec opens what it runs. Until the agent runs that is its image, which
 * agent_exec_check() holds against the manifest's digest; the interpreters of
 * that image are opened later in the exec and need a capability.
 */
static int open_image(struct agent *agent, struct file *file)
{
	u64 generation = coconut_generation(agent);
	int err = 0;

	if (agent_is_running(agent))
		err = coconut_need(agent, AGENT_CAP_FS_EXEC, &file->f_path);
	else if (current->in_execve)
		err = coconut_may_path(agent, AGENT_CAP_FS_EXEC, &file->f_path,
				       false);
	if (!err)
		coconut_note_file(file, generation, MAY_READ | MAY_EXEC);
	return err;
}

/* Memory that is written this way may be code, whatever its protection. */
static bool is_memory_of_task(const struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;

	return dentry->d_sb->s_magic == PROC_SUPER_MAGIC &&
	       !strcmp(dentry->d_name.name, "mem");
}

static int open_writable(struct agent *agent, struct file *file)
{
	if (is_memory_of_task(file))
		return coconut_may_reach(agent, AGENT_CAP_PROC_TRACE, agent,
					 false);
	/* Who may create a file may write what it has just created. */
	if (file->f_mode & FMODE_CREATED)
		return 0;
	return coconut_need(agent, AGENT_CAP_FS_WRITE, &file->f_path);
}

/* A message queue has a name and a maker, and no place. */
static int need_queue(struct agent *agent, struct file *file, u64 generation)
{
	int err = coconut_reach_maker(agent,
				      coconut_inode(file_inode(file))->maker);

	if (!err)
		coconut_note_file(file, generation, MAY_READ | MAY_WRITE);
	return err;
}

/* A file without a name is made in a directory, and may get one there. */
static int open_unnamed(struct agent *agent, struct file *file, u64 generation)
{
	int err = coconut_check_mode(file_inode(file)->i_mode);

	if (!err)
		err = coconut_need(agent, AGENT_CAP_FS_CREATE, &file->f_path);
	if (!err)
		coconut_note_file(file, generation, MAY_READ | MAY_WRITE);
	return err;
}

static int open_anew(struct agent *agent, struct file *file)
{
	u64 generation;
	u32 rights = 0;
	int err = 0;

	if (coconut_has_no_place(&file->f_path))
		return 0;
	if (coconut_is_queue(file_inode(file)))
		return need_queue(agent, file, coconut_generation(agent));
	if (file->f_flags & __FMODE_EXEC)
		return open_image(agent, file);
	generation = coconut_generation(agent);
	if (file->f_flags & __O_TMPFILE)
		return open_unnamed(agent, file, generation);
	if (file->f_mode & FMODE_READ) {
		err = coconut_need(agent, AGENT_CAP_FS_READ, &file->f_path);
		rights |= MAY_READ;
	}
	if (!err && file->f_mode & FMODE_WRITE) {
		err = open_writable(agent, file);
		rights |= MAY_WRITE;
	}
	if (!err)
		coconut_note_file(file, generation, rights);
	return err;
}

static noinline int open_other(struct agent *agent, struct file *file)
{
	int err = open_anew(agent, file);

	if (!err && file->f_mode & FMODE_WRITE)
		err = coconut_write_code(file_inode(file));
	return err;
}

/* What has a row each time. */
static noinline bool read_again(struct agent *agent, struct file *file)
{
	return agent->audit != AGENT_AUDIT_COALESCED &&
	       coconut_reads_again(agent, &file->f_path, file_inode(file)) &&
	       coconut_record_again(agent, AGENT_CAP_FS_READ, &file->f_path);
}

/*
 * Apart from its hook, so that a legacy task saves no register for it, and from
 * what is no repeat, so that a repeat saves few.
 */
static noinline int open_file(struct agent *agent, struct file *file)
{
	const fmode_t mode = file->f_mode & (FMODE_READ | FMODE_WRITE);
	u64 generation = coconut_generation(agent);

	/* Memory of tasks is written with more than fs.write. */
	if (unlikely(mode != FMODE_READ || file->f_flags & __FMODE_EXEC))
		return open_other(agent, file);
	if (!coconut_repeats(agent, &file->f_path, file_inode(file)) &&
	    !read_again(agent, file))
		return open_other(agent, file);
	WRITE_ONCE(coconut_file(file)->known,
		   generation << COCONUT_FILE_SHIFT | MAY_READ);
	agent_allowed(agent);
	return 0;
}

static int hook_file_open(struct file *file)
{
	struct agent *agent = agent_confined();

	if (unlikely(agent))
		return open_file(agent, file);
	return file->f_mode & FMODE_WRITE ?
	       coconut_write_code(file_inode(file)) : 0;
}

/**
 * coconut_file_mask - what an open file may be used for
 * @file: the file
 *
 * Return: MAY_READ, MAY_WRITE.
 */
u32 coconut_file_mask(const struct file *file)
{
	u32 mask = 0;

	if (file->f_mode & FMODE_READ)
		mask |= MAY_READ;
	if (file->f_mode & FMODE_WRITE)
		mask |= MAY_WRITE;
	return mask;
}

/**
 * coconut_cap_for - the capability that an open file needs to be used further
 * @agent: who uses it
 * @file: the file
 * @may: one of MAY_READ, MAY_WRITE, MAY_EXEC
 *
 * What was made with it is written, and without a name read, by fs.create.
 *
 * Return: the capability.
 */
enum agent_cap_id coconut_cap_for(struct agent *agent, const struct file *file,
				  u32 may)
{
	const bool unnamed = file->f_flags & __O_TMPFILE;
	enum agent_cap_id cap = AGENT_CAP_FS_READ;

	if (may == MAY_EXEC)
		return AGENT_CAP_FS_EXEC;
	if (may == MAY_WRITE)
		cap = AGENT_CAP_FS_WRITE;
	if ((unnamed || (may == MAY_WRITE && file->f_mode & FMODE_CREATED)) &&
	    !(coconut_path_rights(agent, &file->f_path) & AGENT_RIGHT(cap)))
		return AGENT_CAP_FS_CREATE;
	return cap;
}

/**
 * coconut_has_file - whether an agent may still use a file, without using it
 * @agent: the agent
 * @file: the file
 * @mask: MAY_READ, MAY_WRITE, MAY_EXEC
 *
 * Return: true if it may.
 */
bool coconut_has_file(struct agent *agent, const struct file *file, u32 mask)
{
	static const u32 rights[] = { MAY_READ, MAY_WRITE, MAY_EXEC };
	u32 held, i;

	if (coconut_has_no_place(&file->f_path))
		return true;
	if (coconut_is_queue(file_inode(file)))
		return coconut_reaches_maker(agent,
					     coconut_inode(file_inode(file))->maker);
	held = coconut_path_rights(agent, &file->f_path);
	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		if (mask & rights[i] &&
		    !(held & AGENT_RIGHT(coconut_cap_for(agent, file,
							 rights[i]))))
			return false;
	}
	return true;
}

static int need_still(struct agent *agent, const struct file *file, u32 may)
{
	enum agent_cap_id cap = coconut_cap_for(agent, file, may);

	/* What is about to be run is read by nobody but the kernel. */
	if (current->in_execve && file->f_flags & __FMODE_EXEC)
		cap = AGENT_CAP_FS_EXEC;
	/* The image was allowed when it was opened, under whichever bundle. */
	if (!agent_is_running(agent))
		return current->in_execve ? 0 :
		       coconut_need(agent, cap, &file->f_path);
	return coconut_may_still(agent, cap, &file->f_path, false);
}

/* Apart, so that what is known costs no register. */
static noinline int ask_again(struct agent *agent, struct file *file, u32 mask)
{
	u64 generation = coconut_generation(agent);
	int err = 0;

	/* splice() reads a socket by no question of the network's. */
	if (S_ISSOCK(file_inode(file)->i_mode))
		err = coconut_check_socket(agent, SOCKET_I(file_inode(file)));
	if (err)
		return err;
	if (coconut_has_no_place(&file->f_path)) {
		coconut_note_file(file, generation, COCONUT_FILE_RIGHTS);
		return 0;
	}
	if (coconut_is_queue(file_inode(file)))
		return need_queue(agent, file, generation);
	if (mask & MAY_EXEC)
		err = need_still(agent, file, MAY_EXEC);
	if (!err && mask & MAY_READ)
		err = need_still(agent, file, MAY_READ);
	if (!err && mask & MAY_WRITE)
		err = need_still(agent, file, MAY_WRITE);
	if (!err)
		coconut_note_file(file, generation, mask);
	return err;
}

static __always_inline int check_file(struct agent *agent, struct file *file,
				      u32 mask)
{
	if (likely(coconut_is_known(file, READ_ONCE(agent->generation), mask)))
		return 0;
	return ask_again(agent, file, mask);
}

/**
 * coconut_check_file - whether an agent may use an open file
 * @agent: who uses it
 * @file: the file
 * @mask: MAY_READ, MAY_WRITE, MAY_EXEC
 *
 * The rights of an open file hold as long as the bundle is the one that was
 * asked; after a grant, a revocation or a change of hands it is asked again.
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_check_file(struct agent *agent, struct file *file, u32 mask)
{
	return check_file(agent, file, mask);
}

/**
 * coconut_file_permission - whether an agent's open file may still be used
 * @file: the file
 * @mask: MAY_*
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_file_permission(struct file *file, int mask)
{
	struct agent *agent = current->agent;

	if (mask & MAY_APPEND)
		mask |= MAY_WRITE;
	if (unlikely(agent->aid == AGENT_AID_ROOT))
		return 0;
	return check_file(agent, file, mask & (MAY_READ | MAY_WRITE));
}

static int hook_file_truncate(struct file *file)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 : check_file(agent, file, MAY_WRITE);
}

/* A descriptor that comes from another task is asked in the new one's name. */
static int hook_file_receive(struct file *file)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 :
	       check_file(agent, file, coconut_file_mask(file));
}

/* A lock that is waited for is asked for again when the wait is over. */
static int hook_file_lock(struct file *file, unsigned int cmd)
{
	struct agent *agent = agent_confined();

	return likely(!agent) || cmd == F_UNLCK ? 0 :
	       check_file(agent, file, coconut_file_mask(file));
}

/**
 * coconut_answer_request - why a request on a file was interrupted
 * @file: the file
 *
 * Return: 0, or -ECAPABILITY when the caller's agent has lost it meanwhile.
 */
int coconut_answer_request(struct file *file)
{
	struct agent *agent = agent_confined();

	return agent ? check_file(agent, file, coconut_file_mask(file)) : 0;
}

/**
 * coconut_has_lost - whether the caller has lost what a file was opened by
 * @file: the file
 *
 * Return: true until it is allowed to use the file again.
 */
bool coconut_has_lost(const struct file *file)
{
	return READ_ONCE(coconut_file(file)->cut) == current->agent->aid;
}

static void hook_file_set_fowner(struct file *file)
{
	struct agent *agent = current->agent;

	coconut_file(file)->signaller = agent ? agent->aid : AGENT_AID_LEGACY;
}

/*
 * Signals that a file sends are sent by who asked for them, wherever they are
 * caused, and reach no other agent's tasks.
 */
static int hook_file_send_sigiotask(struct task_struct *task,
				    struct fown_struct *fown, int sig)
{
	u64 from = coconut_file(fown->file)->signaller;
	struct agent *target = agent_get_of(task);
	u64 to = target ? target->aid : AGENT_AID_LEGACY;

	if (target)
		agent_put(target);
	return from == to || from == AGENT_AID_ROOT ? 0 : -ECAPABILITY;
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(file_open, hook_file_open),
	LSM_HOOK_INIT(file_truncate, hook_file_truncate),
	LSM_HOOK_INIT(file_receive, hook_file_receive),
	LSM_HOOK_INIT(file_lock, hook_file_lock),
	LSM_HOOK_INIT(file_set_fowner, hook_file_set_fowner),
	LSM_HOOK_INIT(file_send_sigiotask, hook_file_send_sigiotask),
};

void __init coconut_add_file_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
