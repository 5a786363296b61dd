/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: what a unix socket knows of them.
 */
#ifndef _LINUX_AGENT_UNIX_H
#define _LINUX_AGENT_UNIX_H

#include <linux/types.h>

/**
 * struct agent_unix - the agents at both ends of a unix socket
 * @listener: the agent that listened, 0 for a legacy task
 * @peer: the agent at the other end, as it was made
 * @has_peer: @peer is known
 * @is_client: an agent connected it by a capability
 *
 * It is in the socket, so that no other socket has room for it.
 */
struct agent_unix {
	u64 listener;
	u64 peer;
	bool has_peer;
	bool is_client;
};

#endif /* _LINUX_AGENT_UNIX_H */
