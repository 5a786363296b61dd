// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: unix sockets, and who is at their other end
 */

#include <net/af_unix.h>

#include "coconut.h"

static u64 aid_of_current(void)
{
	struct agent *agent = agent_of_current();

	return agent ? agent->aid : AGENT_AID_LEGACY;
}

/* What has no path is reached by those alone who are of the same agent. */
static int check_socket(struct sock *sk, struct sock *other)
{
	static const char unnamed[] = "(abstract or unnamed socket)";
	struct agent *agent = agent_confined();
	const struct path *path = &unix_sk(other)->path;
	int err;

	if (likely(!agent))
		return 0;
	if (path->dentry) {
		err = coconut_may_path(agent, AGENT_CAP_UNIX_CONNECT, path,
				       true);
		if (!err)
			WRITE_ONCE(unix_sk(sk)->agents.is_client, true);
		return err;
	}
	if (other->sk_socket &&
	    coconut_socket(other->sk_socket)->maker == agent->aid)
		return 0;
	return coconut_deny(agent, AGENT_CAP_UNIX_CONNECT, AGENT_REASON_SCOPE,
			    unnamed, sizeof(unnamed) - 1, true);
}

static void set_peer(struct sock *sk, u64 aid)
{
	struct agent_unix *agents = &unix_sk(sk)->agents;

	agents->peer = aid;
	/* Paired with the acquire in agent_of_peer(). */
	smp_store_release(&agents->has_peer, true);
}

/* Each end learns who made the other: who listened, and who connects. */
static int hook_unix_stream_connect(struct sock *sk, struct sock *other,
				    struct sock *newsk)
{
	int err = check_socket(sk, other);

	if (err)
		return err;
	set_peer(sk, READ_ONCE(unix_sk(other)->agents.listener));
	set_peer(newsk, aid_of_current());
	return 0;
}

/* Asked for each datagram without a peer; with one, connect() was asked. */
static int hook_unix_may_send(struct socket *sock, struct socket *other)
{
	if (unix_peer(sock->sk) == other->sk)
		return 0;
	return check_socket(sock->sk, other->sk);
}

static int hook_socket_socketpair(struct socket *a, struct socket *b)
{
	if (a->sk->sk_family == AF_UNIX) {
		set_peer(a->sk, aid_of_current());
		set_peer(b->sk, aid_of_current());
	}
	return 0;
}

/**
 * coconut_listen_unix - note who listens, for those who will connect
 * @sk: a unix socket
 */
void coconut_listen_unix(struct sock *sk)
{
	WRITE_ONCE(unix_sk(sk)->agents.listener, aid_of_current());
}

/**
 * coconut_reconnect_unix - a socket may get another peer
 * @sk: a unix socket
 *
 * One of a pair of datagram sockets does, and nobody knows who will send to it.
 */
void coconut_reconnect_unix(struct sock *sk)
{
	if (sk->sk_type == SOCK_DGRAM)
		WRITE_ONCE(unix_sk(sk)->agents.has_peer, false);
}

/**
 * agent_of_peer - who is at the other end of a unix socket
 * @sk: the socket
 * @aid: the agent that connected, that listened, or that made the pair;
 *	AGENT_AID_LEGACY for a legacy task
 *
 * It is who did so, whoever has the descriptors by now.
 *
 * Return: 0, -EOPNOTSUPP for another family, -ENOTCONN when there is no peer
 * that could be known, or -ENOPROTOOPT without agents.
 */
int agent_of_peer(struct sock *sk, u64 *aid)
{
	const struct agent_unix *agents;

	if (!agent_enabled)
		return -ENOPROTOOPT;
	if (sk->sk_family != AF_UNIX)
		return -EOPNOTSUPP;
	agents = &unix_sk(sk)->agents;
	/* Paired with the release in set_peer(). */
	if (!smp_load_acquire(&agents->has_peer))
		return -ENOTCONN;
	*aid = agents->peer;
	return 0;
}

/* The path by which a peer was reached, referenced; an accepted one has none. */
static bool get_peer_path(struct sock *sk, struct path *path)
{
	struct sock *peer;
	bool found;

	if (!READ_ONCE(unix_sk(sk)->agents.is_client))
		return false;
	peer = unix_peer_get(sk);
	if (!peer)
		return false;
	unix_state_lock(peer);
	*path = unix_sk(peer)->path;
	found = path->dentry;
	if (found)
		path_get(path);
	unix_state_unlock(peer);
	sock_put(peer);
	return found;
}

/**
 * coconut_check_unix - whether an agent may go on with a unix socket
 * @agent: who uses it
 * @sk: the socket
 *
 * Context: May sleep.
 * Return: 0, or -ECAPABILITY.
 */
int coconut_check_unix(struct agent *agent, struct sock *sk)
{
	struct path path;
	int err;

	if (!get_peer_path(sk, &path))
		return 0;
	err = coconut_may_still(agent, AGENT_CAP_UNIX_CONNECT, &path, false);
	path_put(&path);
	return err;
}

/**
 * coconut_has_unix - the same without a use of it
 * @agent: the agent
 * @sk: the socket
 *
 * Return: true if it may.
 */
bool coconut_has_unix(struct agent *agent, struct sock *sk)
{
	struct path path;
	bool has;

	if (!get_peer_path(sk, &path))
		return true;
	has = coconut_path_rights(agent, &path) &
	      AGENT_RIGHT(AGENT_CAP_UNIX_CONNECT);
	path_put(&path);
	return has;
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(unix_stream_connect, hook_unix_stream_connect),
	LSM_HOOK_INIT(unix_may_send, hook_unix_may_send),
	LSM_HOOK_INIT(socket_socketpair, hook_socket_socketpair),
};

void __init coconut_add_unix_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
