// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: unix sockets
 */

#include <net/af_unix.h>

#include "coconut.h"

/* What has no path is reached by those alone who are of the same agent. */
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
	if (other->sk_socket &&
	    coconut_socket(other->sk_socket)->maker == agent->aid)
		return 0;
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

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(unix_stream_connect, hook_unix_stream_connect),
	LSM_HOOK_INIT(unix_may_send, hook_unix_may_send),
};

void __init coconut_add_unix_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
