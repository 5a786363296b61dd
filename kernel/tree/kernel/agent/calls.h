/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: what the system calls share
 */
#ifndef _KERNEL_AGENT_CALLS_H
#define _KERNEL_AGENT_CALLS_H

#include <linux/uaccess.h>

#include "agent.h"

/* The size rules of clone3(): at least the first version, at most a page. */
static inline int copy_args(void *args, size_t known, const void __user *from,
			    size_t size, size_t least)
{
	if (!agent_enabled)
		return -EOPNOTSUPP;
	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < least)
		return -EINVAL;
	return copy_struct_from_user(args, known, from, size);
}

#define COPY_ARGS(args, from, size, least) \
	copy_args(&(args), sizeof(args), from, size, least)

#define PUT_FIELD(value, to) (put_user(value, to) ? -EFAULT : 0)

int agent_refuse_for(enum agent_cap_id cap, u64 aid,
		     enum agent_audit_reason reason);
int agent_refuse(enum agent_cap_id cap, u64 aid);
struct agent *agent_find_for(u64 aid, enum agent_cap_id cap, bool self_free);

#endif /* _KERNEL_AGENT_CALLS_H */
