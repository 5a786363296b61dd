/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The coconut LSM: what its units share.
 *
 * Hooks are thin: they say what is asked for, decide.c says whether.
 */
#ifndef _SECURITY_COCONUT_COCONUT_H
#define _SECURITY_COCONUT_COCONUT_H

#include <linux/agent.h>
#include <linux/lsm_hooks.h>

/**
 * struct coconut_file - what is known of an open file
 * @known: the generation of the bundle that was asked last, above three bits
 *	of MAY_READ, MAY_WRITE and MAY_EXEC which that bundle gave; 0 for none
 *
 * One word, since agents that share a file write it without a lock.
 */
struct coconut_file {
	u64 known;
};

#define COCONUT_FILE_SHIFT	3
#define COCONUT_FILE_RIGHTS	(MAY_READ | MAY_WRITE | MAY_EXEC)

extern struct lsm_blob_sizes coconut_blob_sizes;
extern const struct lsm_id coconut_lsmid;

static inline struct coconut_file *coconut_file(const struct file *file)
{
	return file->f_security + coconut_blob_sizes.lbs_file;
}

/* decide.c */
int coconut_may_path(struct agent *agent, enum agent_cap_id cap,
		     const struct path *path, bool atomic);
int coconut_may_still(struct agent *agent, enum agent_cap_id cap,
		      const struct path *path);
u32 coconut_path_rights(struct agent *agent, const struct path *path);
int coconut_may_net(struct agent *agent, enum agent_cap_id cap,
		    const struct agent_net_scope *wanted);
int coconut_may_reach(struct agent *subject, enum agent_cap_id cap,
		      struct agent *object, bool atomic);
int coconut_deny(struct agent *agent, enum agent_cap_id cap,
		 enum agent_audit_reason reason, const void *payload,
		 u32 payload_size, bool atomic);
int coconut_deny_path(struct agent *agent, enum agent_cap_id cap,
		      enum agent_audit_reason reason, const struct path *path,
		      bool atomic);

void __init coconut_add_fs_hooks(void);
void __init coconut_add_net_hooks(void);
void __init coconut_add_task_hooks(void);

#endif /* _SECURITY_COCONUT_COCONUT_H */
