// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: names in the file hierarchy, made, moved and removed
 */

#include <linux/fs.h>
#include <linux/fsnotify_backend.h>
#include <linux/mount.h>

#include "coconut.h"

static int change(const struct path *path)
{
	struct agent *agent = agent_confined();

	return agent ? coconut_need(agent, AGENT_CAP_FS_WRITE, path) : 0;
}

static int hook_path_truncate(const struct path *path)
{
	return change(path) ?:
	       coconut_write_code(d_backing_inode(path->dentry));
}

/**
 * coconut_check_mode - whether the caller may make a file of a mode
 * @mode: type and mode
 *
 * A program that runs as its owner would be the agent's, run by others.
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_check_mode(umode_t mode)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || !S_ISREG(mode) || !(mode & (S_ISUID | S_ISGID)))
		return 0;
	return coconut_close(agent, "a set-user-id program");
}

/* The name counts: it may be a hole, or all that the agent may make here. */
static int create_at(const struct path *dir, struct dentry *dentry)
{
	struct path path = { .mnt = dir->mnt, .dentry = dentry };
	struct agent *agent = agent_confined();

	return agent ? coconut_need(agent, AGENT_CAP_FS_CREATE, &path) : 0;
}

static bool has_special(const struct agent *agent, const struct dentry *dentry)
{
	bool special;

	if (!d_is_dir(dentry))
		return false;
	rcu_read_lock();
	special = agent_bundle_marks(rcu_dereference(agent->bundle),
				     d_backing_inode(dentry));
	rcu_read_unlock();
	return special;
}

/* Where the rights are the name's own, and its directory has none of them. */
static bool is_own_top(struct agent *agent, const struct path *dir,
		       struct dentry *dentry)
{
	return (d_is_dir(dentry) || d_is_negative(dentry)) &&
	       !coconut_path_rights(agent, dir);
}

/*
 * A directory does not leave the holes behind that are in it, and a scope's top
 * stays: what would come in its place is bound by the next spawn.
 */
static int delete_at(const struct path *dir, struct dentry *dentry)
{
	struct path path = { .mnt = dir->mnt, .dentry = dentry };
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	if (has_special(agent, dentry) || is_own_top(agent, dir, dentry))
		return coconut_deny_path(agent, AGENT_CAP_FS_DELETE,
					 AGENT_REASON_SCOPE, &path, false);
	return coconut_need(agent, AGENT_CAP_FS_DELETE, &path);
}

static int hook_path_mknod(const struct path *dir, struct dentry *dentry,
			   umode_t mode, unsigned int dev)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	/* By its name it would be in scope, and what it leads to is not. */
	if (S_ISBLK(mode) || (S_ISCHR(mode) && dev != WHITEOUT_DEV))
		return coconut_close(agent, "a device node");
	return coconut_check_mode(mode) ?: create_at(dir, dentry);
}

static int hook_path_mkdir(const struct path *dir, struct dentry *dentry,
			   umode_t mode)
{
	return create_at(dir, dentry);
}

/* A link in a scope's place would lead the next spawn to where it points. */
static int place_link(const struct path *dir, struct dentry *dentry)
{
	struct path path = { .mnt = dir->mnt, .dentry = dentry };
	struct agent *agent = agent_confined();

	if (likely(!agent) || !is_own_top(agent, dir, dentry))
		return 0;
	return coconut_deny_path(agent, AGENT_CAP_FS_CREATE,
				 AGENT_REASON_SCOPE, &path, false);
}

static int hook_path_symlink(const struct path *dir, struct dentry *dentry,
			     const char *old_name)
{
	return place_link(dir, dentry) ?: create_at(dir, dentry);
}

static int hook_path_unlink(const struct path *dir, struct dentry *dentry)
{
	return delete_at(dir, dentry);
}

static int hook_path_rmdir(const struct path *dir, struct dentry *dentry)
{
	return delete_at(dir, dentry);
}

/* One of the capabilities in a mask of rights. */
static enum agent_cap_id coconut_cap_of(u32 rights)
{
	u32 index = __ffs(rights);

	return index ?: AGENT_CAP_DEV_IOCTL;
}

/* An object must not gain rights by being reached by another name. */
static int keep_rights(struct agent *agent, const struct path *from,
		       const struct path *to_dir, struct dentry *to_dentry)
{
	struct path to = { .mnt = to_dir->mnt, .dentry = to_dentry };
	u32 gained;

	/* A name may have rights of its own, and what is there now may not. */
	gained = (coconut_path_rights(agent, to_dir) |
		  coconut_path_rights(agent, &to)) &
		 ~coconut_path_rights(agent, from);
	if (!gained)
		return 0;
	return coconut_deny_path(agent, coconut_cap_of(gained),
				 AGENT_REASON_SCOPE, from, false);
}

static int hook_path_link(struct dentry *old_dentry, const struct path *new_dir,
			  struct dentry *new_dentry)
{
	struct path old = { .mnt = new_dir->mnt, .dentry = old_dentry };
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	return (d_is_symlink(old_dentry) ? place_link(new_dir, new_dentry)
					 : 0) ?:
	       create_at(new_dir, new_dentry) ?:
	       keep_rights(agent, &old, new_dir, new_dentry);
}

static int move(struct agent *agent, const struct path *old_dir,
		struct dentry *old_dentry, const struct path *new_dir,
		struct dentry *new_dentry)
{
	struct path old = { .mnt = old_dir->mnt, .dentry = old_dentry };

	return (d_is_symlink(old_dentry) ? place_link(new_dir, new_dentry)
					 : 0) ?:
	       delete_at(old_dir, old_dentry) ?:
	       create_at(new_dir, new_dentry) ?:
	       keep_rights(agent, &old, new_dir, new_dentry);
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
	err = move(agent, old_dir, old_dentry, new_dir, new_dentry);
	if (err || d_is_negative(new_dentry))
		return err;
	if (flags & RENAME_EXCHANGE)
		return move(agent, new_dir, new_dentry, old_dir, old_dentry);
	return delete_at(new_dir, new_dentry);
}

static int hook_path_chmod(const struct path *path, umode_t mode)
{
	const umode_t type = d_backing_inode(path->dentry)->i_mode & S_IFMT;

	return coconut_check_mode(type | (mode & ~S_IFMT)) ?: change(path);
}

static int hook_path_chown(const struct path *path, kuid_t uid, kgid_t gid)
{
	return change(path);
}

/* The mount tree is nothing that an agent has a capability for. */
static int deny_mounting(const struct path *path)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	return coconut_deny_path(agent, AGENT_CAP_NONE, AGENT_REASON_CLOSED,
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

/* A watch tells what happens to an object and to what is in it. */
static int hook_path_notify(const struct path *path, u64 mask,
			    unsigned int obj_type)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || coconut_has_no_place(path))
		return 0;
	return coconut_need(agent, AGENT_CAP_FS_READ, path);
}

static struct security_hook_list hooks[] __ro_after_init = {
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
	LSM_HOOK_INIT(path_notify, hook_path_notify),
};

void __init coconut_add_fs_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
