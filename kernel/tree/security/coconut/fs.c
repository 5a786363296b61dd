// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: files
 */

#include <linux/agent_audit.h>
#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <net/af_unix.h>

#include "coconut.h"

/* Pipes, sockets and memory files have no place in the hierarchy to gate. */
static bool has_no_place(const struct path *path)
{
	const struct dentry *dentry = path->dentry;

	return dentry->d_sb->s_flags & SB_NOUSER ||
	       (d_is_positive(dentry) && IS_PRIVATE(d_backing_inode(dentry)));
}

/*
 * The number is read before the question is asked: should the bundle change in
 * between, the answer is noted under a number that is out of date already.
 */
static u64 generation_of(const struct agent *agent)
{
	/* Pairs with the release in publish(): a new number, a new bundle. */
	return smp_load_acquire(&agent->generation);
}

static void note(struct file *file, u64 generation, u32 rights)
{
	struct coconut_file *blob = coconut_file(file);
	u64 known = READ_ONCE(blob->known);

	if (known >> COCONUT_FILE_SHIFT == generation)
		rights |= known & COCONUT_FILE_RIGHTS;
	WRITE_ONCE(blob->known, generation << COCONUT_FILE_SHIFT | rights);
}

static int need(struct agent *agent, enum agent_cap_id cap,
		const struct path *path)
{
	if (!agent_is_running(agent))
		return coconut_deny_path(agent, cap, AGENT_REASON_STATE, path,
					 false);
	return coconut_may_path(agent, cap, path, false);
}

/*
 * An exec opens what it runs. Until the agent runs that is its image, which
 * agent_exec_check() holds against the manifest's digest; the interpreters of
 * that image are opened later in the exec and need a capability.
 */
static int open_image(struct agent *agent, struct file *file)
{
	u64 generation = generation_of(agent);
	int err = 0;

	if (agent_is_running(agent))
		err = need(agent, AGENT_CAP_FS_EXEC, &file->f_path);
	else if (current->in_execve)
		err = coconut_may_path(agent, AGENT_CAP_FS_EXEC, &file->f_path,
				       false);
	if (!err)
		note(file, generation, MAY_READ | MAY_EXEC);
	return err;
}

/* Apart from its hook, so that a legacy task saves no register for it. */
static noinline int open_file(struct agent *agent, struct file *file)
{
	u64 generation;
	u32 rights = 0;
	int err = 0;

	if (has_no_place(&file->f_path))
		return 0;
	if (file->f_flags & __FMODE_EXEC)
		return open_image(agent, file);
	generation = generation_of(agent);
	if (file->f_mode & FMODE_READ) {
		err = need(agent, AGENT_CAP_FS_READ, &file->f_path);
		rights |= MAY_READ;
	}
	/* Who may create a file may write what it has just created. */
	if (!err && file->f_mode & FMODE_WRITE) {
		if (!(file->f_mode & FMODE_CREATED))
			err = need(agent, AGENT_CAP_FS_WRITE, &file->f_path);
		rights |= MAY_WRITE;
	}
	if (!err)
		note(file, generation, rights);
	return err;
}

static int hook_file_open(struct file *file)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 : open_file(agent, file);
}

static int need_still(struct agent *agent, enum agent_cap_id cap,
		      const struct path *path)
{
	if (!agent_is_running(agent))
		return need(agent, cap, path);
	return coconut_may_still(agent, cap, path);
}

static int ask_again(struct agent *agent, struct file *file, u32 mask)
{
	u64 generation = generation_of(agent);
	int err = 0;

	if (has_no_place(&file->f_path)) {
		note(file, generation, COCONUT_FILE_RIGHTS);
		return 0;
	}
	if (mask & MAY_EXEC)
		err = need_still(agent, AGENT_CAP_FS_EXEC, &file->f_path);
	if (!err && mask & MAY_READ)
		err = need_still(agent, AGENT_CAP_FS_READ, &file->f_path);
	if (!err && mask & MAY_WRITE)
		err = need_still(agent, AGENT_CAP_FS_WRITE, &file->f_path);
	if (!err)
		note(file, generation, mask);
	return err;
}

/*
 * The rights of an open file hold as long as the bundle is the one that was
 * asked; after a grant, a revocation or a change of hands it is asked again.
 */
static int check_file(struct file *file, u32 mask)
{
	struct agent *agent = agent_confined();
	u64 known;

	if (likely(!agent))
		return 0;
	known = READ_ONCE(coconut_file(file)->known);
	if (likely(known >> COCONUT_FILE_SHIFT ==
		   READ_ONCE(agent->generation)) &&
	    !(mask & ~known))
		return 0;
	return ask_again(agent, file, mask);
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
	if (mask & MAY_APPEND)
		mask |= MAY_WRITE;
	return check_file(file, mask & (MAY_READ | MAY_WRITE));
}

static int hook_mmap_file(struct file *file, unsigned long reqprot,
			  unsigned long prot, unsigned long flags)
{
	u32 mask = 0;

	if (!file)
		return 0;
	if (prot & PROT_READ)
		mask |= MAY_READ;
	if (prot & PROT_WRITE && (flags & MAP_TYPE) != MAP_PRIVATE)
		mask |= MAY_WRITE;
	if (prot & PROT_EXEC)
		mask |= MAY_EXEC;
	return mask ? check_file(file, mask) : 0;
}

static int hook_file_mprotect(struct vm_area_struct *vma,
			      unsigned long reqprot, unsigned long prot)
{
	return vma->vm_file ? hook_mmap_file(vma->vm_file, reqprot, prot,
					     vma->vm_flags & VM_SHARED ?
					     MAP_SHARED : MAP_PRIVATE) : 0;
}

static int hook_file_truncate(struct file *file)
{
	return check_file(file, MAY_WRITE);
}

static int hook_path_truncate(const struct path *path)
{
	struct agent *agent = agent_confined();

	return agent ? need(agent, AGENT_CAP_FS_WRITE, path) : 0;
}

static int create_in(const struct path *dir)
{
	struct agent *agent = agent_confined();

	return agent ? need(agent, AGENT_CAP_FS_CREATE, dir) : 0;
}

static int delete_at(const struct path *dir, struct dentry *dentry)
{
	struct path path = { .mnt = dir->mnt, .dentry = dentry };
	struct agent *agent = agent_confined();

	return agent ? need(agent, AGENT_CAP_FS_DELETE, &path) : 0;
}

static int hook_path_mknod(const struct path *dir, struct dentry *dentry,
			   umode_t mode, unsigned int dev)
{
	return create_in(dir);
}

static int hook_path_mkdir(const struct path *dir, struct dentry *dentry,
			   umode_t mode)
{
	return create_in(dir);
}

static int hook_path_symlink(const struct path *dir, struct dentry *dentry,
			     const char *old_name)
{
	return create_in(dir);
}

static int hook_path_unlink(const struct path *dir, struct dentry *dentry)
{
	return delete_at(dir, dentry);
}

static int hook_path_rmdir(const struct path *dir, struct dentry *dentry)
{
	return delete_at(dir, dentry);
}

/* An object must not gain rights by being reached under another directory. */
static int keep_rights(struct agent *agent, const struct path *from,
		       const struct path *to_dir)
{
	u32 gained = coconut_path_rights(agent, to_dir) &
		     ~coconut_path_rights(agent, from);

	if (!gained)
		return 0;
	return coconut_deny_path(agent, __ffs(gained), AGENT_REASON_SCOPE, from,
				 false);
}

static int hook_path_link(struct dentry *old_dentry, const struct path *new_dir,
			  struct dentry *new_dentry)
{
	struct path old = { .mnt = new_dir->mnt, .dentry = old_dentry };
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	return create_in(new_dir) ?: keep_rights(agent, &old, new_dir);
}

static int move(struct agent *agent, const struct path *old_dir,
		struct dentry *old_dentry, const struct path *new_dir)
{
	struct path old = { .mnt = old_dir->mnt, .dentry = old_dentry };

	return delete_at(old_dir, old_dentry) ?:
	       create_in(new_dir) ?:
	       keep_rights(agent, &old, new_dir);
}

static int hook_path_rename(const struct path *old_dir,
			    struct dentry *old_dentry,
			    const struct path *new_dir,
			    struct dentry *new_dentry, unsigned int flags)
{
	struct agent *agent = agent_confined();
	int err;

	if (likely(!agent))
		return 0;
	err = move(agent, old_dir, old_dentry, new_dir);
	if (err || d_is_negative(new_dentry))
		return err;
	if (flags & RENAME_EXCHANGE)
		return move(agent, new_dir, new_dentry, old_dir);
	return delete_at(new_dir, new_dentry);
}

static int hook_path_chmod(const struct path *path, umode_t mode)
{
	return hook_path_truncate(path);
}

static int hook_path_chown(const struct path *path, kuid_t uid, kgid_t gid)
{
	return hook_path_truncate(path);
}

/* The mount tree is nothing that an agent has a capability for. */
static int deny_mounting(const struct path *path)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	return coconut_deny_path(agent, AGENT_CAP_NONE, AGENT_REASON_AUTHORITY,
				 path, false);
}

static int hook_path_chroot(const struct path *path)
{
	return deny_mounting(path);
}

static int hook_sb_mount(const char *dev_name, const struct path *path,
			 const char *type, unsigned long flags, void *data)
{
	return deny_mounting(path);
}

static int hook_sb_umount(struct vfsmount *mnt, int flags)
{
	struct path path = { .mnt = mnt, .dentry = mnt->mnt_root };

	return deny_mounting(&path);
}

static int hook_sb_pivotroot(const struct path *old_path,
			     const struct path *new_path)
{
	return deny_mounting(new_path);
}

static int hook_move_mount(const struct path *from, const struct path *to)
{
	return deny_mounting(to);
}

static int check_socket(struct sock *other)
{
	static const char unnamed[] = "(abstract or unnamed socket)";
	struct agent *agent = agent_confined();
	const struct path *path = &unix_sk(other)->path;

	if (likely(!agent))
		return 0;
	if (path->dentry)
		return coconut_may_path(agent, AGENT_CAP_UNIX_CONNECT, path,
					true);
	return coconut_deny(agent, AGENT_CAP_UNIX_CONNECT, AGENT_REASON_SCOPE,
			    unnamed, sizeof(unnamed) - 1, true);
}

static int hook_unix_stream_connect(struct sock *sock, struct sock *other,
				    struct sock *newsk)
{
	return check_socket(other);
}

/* Asked for each datagram without a peer; with one, connect() was asked. */
static int hook_unix_may_send(struct socket *sock, struct socket *other)
{
	if (unix_peer(sock->sk) == other->sk)
		return 0;
	return check_socket(other->sk);
}

static int hook_bprm_creds_for_exec(struct linux_binprm *bprm)
{
	return agent_exec_check(bprm);
}

static void hook_bprm_committing_creds(const struct linux_binprm *bprm)
{
	agent_exec_committing();
}

static void hook_bprm_committed_creds(const struct linux_binprm *bprm)
{
	agent_exec_committed();
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(file_open, hook_file_open),
	LSM_HOOK_INIT(mmap_file, hook_mmap_file),
	LSM_HOOK_INIT(file_mprotect, hook_file_mprotect),
	LSM_HOOK_INIT(file_truncate, hook_file_truncate),
	LSM_HOOK_INIT(path_truncate, hook_path_truncate),
	LSM_HOOK_INIT(path_mknod, hook_path_mknod),
	LSM_HOOK_INIT(path_mkdir, hook_path_mkdir),
	LSM_HOOK_INIT(path_symlink, hook_path_symlink),
	LSM_HOOK_INIT(path_unlink, hook_path_unlink),
	LSM_HOOK_INIT(path_rmdir, hook_path_rmdir),
	LSM_HOOK_INIT(path_link, hook_path_link),
	LSM_HOOK_INIT(path_rename, hook_path_rename),
	LSM_HOOK_INIT(path_chmod, hook_path_chmod),
	LSM_HOOK_INIT(path_chown, hook_path_chown),
	LSM_HOOK_INIT(path_chroot, hook_path_chroot),
	LSM_HOOK_INIT(sb_mount, hook_sb_mount),
	LSM_HOOK_INIT(sb_umount, hook_sb_umount),
	LSM_HOOK_INIT(sb_pivotroot, hook_sb_pivotroot),
	LSM_HOOK_INIT(move_mount, hook_move_mount),
	LSM_HOOK_INIT(unix_stream_connect, hook_unix_stream_connect),
	LSM_HOOK_INIT(unix_may_send, hook_unix_may_send),
	LSM_HOOK_INIT(bprm_creds_for_exec, hook_bprm_creds_for_exec),
	LSM_HOOK_INIT(bprm_committing_creds, hook_bprm_committing_creds),
	LSM_HOOK_INIT(bprm_committed_creds, hook_bprm_committed_creds),
};

void __init coconut_add_fs_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
