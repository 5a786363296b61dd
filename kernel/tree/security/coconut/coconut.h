/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The coconut LSM: what its units share.
 *
 * Hooks are thin: they say what is asked for, decide.c says whether.
 */
#ifndef _SECURITY_COCONUT_COCONUT_H
#define _SECURITY_COCONUT_COCONUT_H

#include <linux/agent.h>
#include <linux/agent_audit.h>
#include <linux/agent_inode.h>
#include <linux/ipc.h>
#include <linux/lsm_hooks.h>
#include <net/sock.h>

/**
 * struct coconut_file - what is known of an open file
 * @known: the generation of the bundle that was asked last, above three bits
 *	of MAY_READ, MAY_WRITE and MAY_EXEC which that bundle gave; 0 for none
 *
 * @signaller: the agent that asked for signals about it, 0 for a legacy task
 * @cut: the agent that has lost what it was opened by, 0 for none
 *
 * @known is one word, since agents that share a file write it without a lock.
 */
struct coconut_file {
	u64 known;
	u64 signaller;
	u64 cut;
};

#define COCONUT_FILE_SHIFT	3
#define COCONUT_FILE_RIGHTS	(MAY_READ | MAY_WRITE | MAY_EXEC)

/**
 * struct coconut_ipc - what is known of a System V object
 * @aid: the agent that made it, 0 for a legacy task
 */
struct coconut_ipc {
	u64 aid;
};

extern const struct lsm_id coconut_lsmid;

static inline struct coconut_file *coconut_file(const struct file *file)
{
	return file->f_security + coconut_blob_sizes.lbs_file;
}

/* What is known of a socket is kept with its inode, which each one has. */
static inline struct coconut_inode *coconut_socket(struct socket *sock)
{
	return coconut_inode(SOCK_INODE(sock));
}

static inline struct coconut_ipc *coconut_ipc(const struct kern_ipc_perm *perm)
{
	return perm->security + coconut_blob_sizes.lbs_ipc;
}

/*
 * The number is read before the question is asked: should the bundle change in
 * between, the answer is noted under a number that is out of date already.
 */
static inline u64 coconut_generation(const struct agent *agent)
{
	/* Pairs with the release in publish(): a new number, a new bundle. */
	return smp_load_acquire(&agent->generation);
}

/* Whether what a file is to be used for is known to be given by a bundle. */
static inline bool coconut_is_known(const struct file *file, u64 generation,
				    u32 mask)
{
	u64 known = READ_ONCE(coconut_file(file)->known);

	return known >> COCONUT_FILE_SHIFT == generation && !(mask & ~known);
}

/*
 * What is known of an object: AGENT_RIGHT() in the low bits, above them those
 * of the rights that end with a time or a count, and what follows.
 */
#define COCONUT_LIMITED_SHIFT	8
#define COCONUT_VISIBLE		BIT(16)	/* may be looked at: a right, or a way */

/* inode.c: how many files have lost one of several names */
extern atomic64_t coconut_unlinks;

/* cache.c */
bool coconut_is_repeat(struct agent *agent, enum agent_cap_id cap,
		       const struct path *path, bool atomic);

bool coconut_is_net_repeat(struct agent *agent, const struct agent_cap *by);

/* decide.c */
bool coconut_has_no_place(const struct path *path);
int coconut_need(struct agent *agent, enum agent_cap_id cap,
		 const struct path *path);
int coconut_may_path(struct agent *agent, enum agent_cap_id cap,
		     const struct path *path, bool atomic);
int coconut_may_still(struct agent *agent, enum agent_cap_id cap,
		      const struct path *path, bool atomic);
bool coconut_has_net(struct agent *agent, enum agent_cap_id cap,
		     const struct agent_net_scope *wanted);
int coconut_may_see(struct agent *agent, const struct path *path);
int coconut_may_dentry(struct agent *agent, enum agent_cap_id cap,
		       struct dentry *dentry);
u32 coconut_path_rights(struct agent *agent, const struct path *path);
bool coconut_may_net(struct agent *agent, enum agent_cap_id cap,
		     const struct agent_net_scope *wanted, bool again,
		     enum agent_audit_reason *reason);
int coconut_need_net(struct agent *agent, enum agent_cap_id cap,
		     const struct agent_net_scope *wanted, bool again);
int coconut_may_reach(struct agent *subject, enum agent_cap_id cap,
		      struct agent *object, bool atomic);
int coconut_need_cap(struct agent *agent, enum agent_cap_id cap,
		     const char *what);

/* deny.c */
bool coconut_record_again(struct agent *agent, enum agent_cap_id cap,
			  const struct path *path);
void coconut_record_use(struct agent *agent, enum agent_cap_id cap,
			const struct path *path, bool atomic);
int coconut_deny(struct agent *agent, enum agent_cap_id cap,
		 enum agent_audit_reason reason, const void *payload,
		 u32 payload_size, bool atomic);
int coconut_deny_path(struct agent *agent, enum agent_cap_id cap,
		      enum agent_audit_reason reason, const struct path *path,
		      bool atomic);
int coconut_close(struct agent *agent, const char *what);

/* fs.c */
int coconut_check_mode(umode_t mode);

/* inode.c */
bool coconut_is_queue(const struct inode *inode);

/* ipc.c */
int coconut_reach_maker(struct agent *agent, u64 aid);
bool coconut_reaches_maker(struct agent *agent, u64 aid);

/* system.c */
void coconut_answer(void);

/* net.c */
int coconut_check_socket(struct agent *agent, struct socket *sock);
bool coconut_has_socket(struct agent *agent, struct socket *sock);
void coconut_cut_socket(struct agent *agent, struct socket *sock);

/* unix.c */
int coconut_check_unix(struct agent *agent, struct sock *sk);
bool coconut_has_unix(struct agent *agent, struct sock *sk);
void coconut_listen_unix(struct sock *sk);
void coconut_reconnect_unix(struct sock *sk);

/* code.c */
int coconut_check_code(struct agent *agent, struct file *file);
int coconut_write_code(struct inode *inode);

/* file.c */
int coconut_check_file(struct agent *agent, struct file *file, u32 mask);
void coconut_note_file(struct file *file, u64 generation, u32 rights);
u32 coconut_file_mask(const struct file *file);
enum agent_cap_id coconut_cap_for(struct agent *agent, const struct file *file,
				  u32 may);
bool coconut_has_file(struct agent *agent, const struct file *file, u32 mask);

void __init coconut_add_fs_hooks(void);
void __init coconut_add_inode_hooks(void);
void __init coconut_add_file_hooks(void);
void __init coconut_add_code_hooks(void);
void __init coconut_add_ioctl_hooks(void);
void __init coconut_add_net_hooks(void);
void __init coconut_add_unix_hooks(void);
void __init coconut_add_task_hooks(void);
void __init coconut_add_ipc_hooks(void);
void __init coconut_add_system_hooks(void);

#endif /* _SECURITY_COCONUT_COCONUT_H */
