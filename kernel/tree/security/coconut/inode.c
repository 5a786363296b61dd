// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: what is told and changed of an object without opening it
 */

#include <linux/fs.h>
#include <linux/mount.h>

#include "cache.h"

atomic64_t coconut_unlinks = ATOMIC64_INIT(0);

static noinline int see_anew(struct agent *agent, const struct path *path)
{
	return agent_confined() ? coconut_may_see(agent, path) : 0;
}

/*
 * Apart from its hook, so that a legacy task saves no register for it, and from
 * what is not noted, so that it saves none for that.
 */
static noinline int see(struct agent *agent, const struct path *path)
{
	return likely(coconut_noted_at(agent, path,
				       d_backing_inode(path->dentry)) &
		      COCONUT_VISIBLE) ? 0 : see_anew(agent, path);
}

static int hook_inode_getattr(const struct path *path)
{
	struct agent *agent = agent_of_current();

	return likely(!agent) ? 0 : see(agent, path);
}

static int look(struct dentry *dentry)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 :
	       coconut_may_dentry(agent, AGENT_CAP_NONE, dentry);
}

static int change(struct dentry *dentry)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 :
	       coconut_may_dentry(agent, AGENT_CAP_FS_WRITE, dentry);
}

static int hook_inode_readlink(struct dentry *dentry)
{
	return look(dentry);
}

static int hook_inode_getxattr(struct dentry *dentry, const char *name)
{
	return look(dentry);
}

static int hook_inode_listxattr(struct dentry *dentry)
{
	return look(dentry);
}

static int hook_inode_get_acl(struct mnt_idmap *idmap, struct dentry *dentry,
			      const char *name)
{
	return look(dentry);
}

static int hook_inode_setxattr(struct mnt_idmap *idmap, struct dentry *dentry,
			       const char *name, const void *value, size_t size,
			       int flags)
{
	return change(dentry);
}

static int hook_inode_removexattr(struct mnt_idmap *idmap,
				  struct dentry *dentry, const char *name)
{
	return change(dentry);
}

static int hook_inode_set_acl(struct mnt_idmap *idmap, struct dentry *dentry,
			      const char *name, struct posix_acl *acl)
{
	return change(dentry);
}

static int hook_inode_remove_acl(struct mnt_idmap *idmap,
				 struct dentry *dentry, const char *name)
{
	return change(dentry);
}

/* Mode, owner and size have hooks that know the path; the times are left. */
static int hook_inode_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			      struct iattr *attr)
{
	const unsigned int asked = attr->ia_valid;

	if (asked & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_SIZE) ||
	    !(asked & (ATTR_ATIME | ATTR_MTIME)))
		return 0;
	return change(dentry);
}

/**
 * coconut_is_queue - whether an inode is a message queue or their directory
 * @inode: the inode
 *
 * Return: true if so.
 */
bool coconut_is_queue(const struct inode *inode)
{
	return !strcmp(inode->i_sb->s_type->name, "mqueue");
}

static int hook_inode_alloc_security(struct inode *inode)
{
	struct agent *agent = agent_confined();

	if (unlikely(agent))
		coconut_inode(inode)->maker = agent->aid;
	return 0;
}

/* A queue is made and removed by no path: the calls walk none. */
static int ask_queue(const struct inode *dir)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || !coconut_is_queue(dir))
		return 0;
	return coconut_may_reach(agent, AGENT_CAP_IPC, agent, false);
}

static int hook_inode_create(struct inode *dir, struct dentry *dentry,
			     umode_t mode)
{
	return ask_queue(dir);
}

static int hook_inode_unlink(struct inode *dir, struct dentry *dentry)
{
	/* What was known of it may have been by this name. */
	if (unlikely(d_backing_inode(dentry)->i_nlink > 1))
		atomic64_inc(&coconut_unlinks);
	return ask_queue(dir);
}

/* Faults that another thread answers stop the kernel where it copies. */
static int hook_inode_init_security_anon(struct inode *inode,
					 const struct qstr *name,
					 const struct inode *context)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || strcmp(name->name, "[userfaultfd]"))
		return 0;
	return coconut_close(agent, "userfaultfd");
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(inode_alloc_security, hook_inode_alloc_security),
	LSM_HOOK_INIT(inode_getattr, hook_inode_getattr),
	LSM_HOOK_INIT(inode_readlink, hook_inode_readlink),
	LSM_HOOK_INIT(inode_getxattr, hook_inode_getxattr),
	LSM_HOOK_INIT(inode_listxattr, hook_inode_listxattr),
	LSM_HOOK_INIT(inode_get_acl, hook_inode_get_acl),
	LSM_HOOK_INIT(inode_setxattr, hook_inode_setxattr),
	LSM_HOOK_INIT(inode_removexattr, hook_inode_removexattr),
	LSM_HOOK_INIT(inode_set_acl, hook_inode_set_acl),
	LSM_HOOK_INIT(inode_remove_acl, hook_inode_remove_acl),
	LSM_HOOK_INIT(inode_setattr, hook_inode_setattr),
	LSM_HOOK_INIT(inode_create, hook_inode_create),
	LSM_HOOK_INIT(inode_unlink, hook_inode_unlink),
	LSM_HOOK_INIT(inode_init_security_anon, hook_inode_init_security_anon),
};

void __init coconut_add_inode_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
