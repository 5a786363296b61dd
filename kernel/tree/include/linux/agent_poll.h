/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: waiting at a file
 */
#ifndef _LINUX_AGENT_POLL_H
#define _LINUX_AGENT_POLL_H

#include <linux/agent.h>
#include <linux/poll.h>

/**
 * agent_poll - vfs_poll() in the caller's name
 * @file: the file
 * @table: where to wait, or NULL
 *
 * Return: as vfs_poll(); an error and the end of what was lost.
 */
static inline __poll_t agent_poll(struct file *file, poll_table *table)
{
	if (agent_has_lost(file))
		return EPOLLERR | EPOLLHUP;
	return vfs_poll(file, table);
}

#endif /* _LINUX_AGENT_POLL_H */
