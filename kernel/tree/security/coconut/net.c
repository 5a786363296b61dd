// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: the network
 */

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <linux/un.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/netlink.h>
#include <net/rtnetlink.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "coconut.h"

/*
 * Read the one address that a sockaddr names. IPv4 inside IPv6 is IPv4, as
 * the packets will be.
 *
 * Return: 1 when there is one, 0 when it names none, or -EINVAL.
 */
static int read_address(const struct socket *sock,
			const struct sockaddr *address, int size,
			bool unspec_is_inet,
			struct agent_net_scope *to)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;
	u16 port;

	*to = (struct agent_net_scope) { .protocol = sock->sk->sk_protocol };
	if (size < offsetofend(struct sockaddr, sa_family))
		return -EINVAL;
	/* connect() dissolves an association; others take it for AF_INET. */
	if (address->sa_family == AF_UNSPEC && !unspec_is_inet)
		return 0;
	if (address->sa_family == AF_INET6) {
		if (size < SIN6_LEN_RFC2133)
			return -EINVAL;
		port = ntohs(in6->sin6_port);
		if (ipv6_addr_v4mapped(&in6->sin6_addr)) {
			to->family = 4;
			memcpy(to->address, &in6->sin6_addr.s6_addr32[3], 4);
		} else {
			to->family = 6;
			memcpy(to->address, &in6->sin6_addr, 16);
		}
	} else {
		if (size < (int)sizeof(*in))
			return -EINVAL;
		port = ntohs(in->sin_port);
		to->family = 4;
		memcpy(to->address, &in->sin_addr, 4);
	}
	to->prefix = to->family == 4 ? 32 : 128;
	to->port_low = port;
	to->port_high = port;
	return 1;
}

static bool is_inet(const struct sock *sk)
{
	return sk->sk_family == AF_INET || sk->sk_family == AF_INET6;
}

static int check_address(struct agent *agent, struct socket *sock,
			 enum agent_cap_id cap, const struct sockaddr *address,
			 int size, bool unspec_is_inet)
{
	struct agent_net_scope wanted;
	int found;

	if (!is_inet(sock->sk))
		return 0;
	found = read_address(sock, address, size, unspec_is_inet, &wanted);
	if (found <= 0)
		return found;
	return coconut_need_net(agent, cap, &wanted, false);
}

/* The agent that has lost the way to a TCP socket's peer, 0 for none. */
static u64 cut_for(struct socket *sock)
{
	return READ_ONCE(coconut_socket(sock)->flags) >> COCONUT_CUT_SHIFT;
}

/* It was asked about anew, and knows its peer or address. */
static int mend(struct socket *sock, int err)
{
	if (!err && unlikely(cut_for(sock)))
		WRITE_ONCE(coconut_socket(sock)->flags, 0);
	return err;
}

static int hook_socket_connect(struct socket *sock, struct sockaddr *address,
			       int size)
{
	struct agent *agent = agent_confined();

	if (sock->sk->sk_family == AF_UNIX)
		coconut_reconnect_unix(sock->sk);
	return likely(!agent) ? 0 :
	       mend(sock, check_address(agent, sock, AGENT_CAP_NET_CONNECT,
					address, size, false));
}

/* Names without a path are for nobody: any task could take one's place. */
static int check_name(struct agent *agent, const struct sockaddr *address,
		      int size)
{
	const int path = offsetof(struct sockaddr_un, sun_path);

	if (size > path && ((const struct sockaddr_un *)address)->sun_path[0])
		return 0;
	return coconut_close(agent, "an abstract socket's name");
}

static int hook_socket_bind(struct socket *sock, struct sockaddr *address,
			    int size)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	if (sock->sk->sk_family == AF_UNIX)
		return check_name(agent, address, size);
	return check_address(agent, sock, AGENT_CAP_NET_BIND, address, size,
			     true);
}

static void put_address(struct agent_net_scope *to, const struct sock *sk,
			const void *address4, const struct in6_addr *address6,
			u16 port)
{
	*to = (struct agent_net_scope) {
		.family = 4,
		.prefix = 32,
		.protocol = sk->sk_protocol,
		.port_low = port,
		.port_high = port,
	};
	if (sk->sk_family == AF_INET6 && !ipv6_addr_v4mapped(address6)) {
		to->family = 6;
		to->prefix = 128;
		memcpy(to->address, address6, 16);
	} else {
		memcpy(to->address, address4, 4);
	}
}

static void put_local(struct agent_net_scope *to, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	put_address(to, sk, &inet->inet_rcv_saddr, &sk->sk_v6_rcv_saddr,
		    inet->inet_num);
}

static void put_peer(struct agent_net_scope *to, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	put_address(to, sk, &inet->inet_daddr, &sk->sk_v6_daddr,
		    ntohs(inet->inet_dport));
}

static const char was_reset[] = "a connection that was reset";

static bool has_address(const struct sock *sk)
{
	return sk->sk_state == TCP_LISTEN ||
	       sk->sk_userlocks & (SOCK_BINDPORT_LOCK | SOCK_BINDADDR_LOCK);
}

/*
 * A socket that another task has made, or that was made under another bundle:
 * one that has a peer needs the way there, or the address at which the peer
 * came in; one that was given an address needs that.
 */
static int ask_anew(struct agent *agent, struct socket *sock)
{
	struct agent_net_scope local, peer;
	struct sock *sk = sock->sk;
	enum agent_audit_reason reason;

	/* What it was reset for it knows no more. */
	if (unlikely(cut_for(sock) == agent->aid))
		return coconut_deny(agent, AGENT_CAP_NET_CONNECT,
				    AGENT_REASON_REVOKED, was_reset,
				    sizeof(was_reset) - 1, false);
	put_local(&local, sk);
	if (inet_sk(sk)->inet_dport) {
		put_peer(&peer, sk);
		if (coconut_may_net(agent, AGENT_CAP_NET_BIND, &local, true,
				    &reason))
			return 0;
		return coconut_need_net(agent, AGENT_CAP_NET_CONNECT, &peer,
					true);
	}
	if (!has_address(sk))
		return 0;
	return coconut_need_net(agent, AGENT_CAP_NET_BIND, &local, true);
}

/* The capability without which there is no such socket, or AGENT_CAP_NONE. */
static enum agent_cap_id cap_of_socket(const struct sock *sk)
{
	switch (sk->sk_family) {
	case AF_INET:
	case AF_INET6:
		return sk->sk_type == SOCK_RAW ? AGENT_CAP_NET_RAW :
						 AGENT_CAP_NONE;
	case AF_PACKET:
		return AGENT_CAP_NET_RAW;
	case AF_NETLINK:
		return sk->sk_protocol == NETLINK_ROUTE ? AGENT_CAP_NONE :
							  AGENT_CAP_NET_ADMIN;
	default:
		return AGENT_CAP_NONE;
	}
}

static int need_kind(struct agent *agent, const struct sock *sk)
{
	enum agent_cap_id cap = cap_of_socket(sk);

	return cap == AGENT_CAP_NONE ? 0 :
	       coconut_need_cap(agent, cap, "a socket that is open");
}

/**
 * coconut_check_socket - whether an agent may go on with a socket
 * @agent: who uses it
 * @sock: the socket
 *
 * Return: 0, or -ECAPABILITY.
 */
int coconut_check_socket(struct agent *agent, struct socket *sock)
{
	u64 generation = coconut_generation(agent);
	int err = 0;

	if (likely(READ_ONCE(coconut_socket(sock)->asked) == generation))
		return 0;
	err = need_kind(agent, sock->sk);
	if (err)
		return err;
	if (is_inet(sock->sk))
		err = ask_anew(agent, sock);
	else if (sock->sk->sk_family == AF_UNIX)
		err = coconut_check_unix(agent, sock->sk);
	if (err)
		return err;
	WRITE_ONCE(coconut_socket(sock)->asked, generation);
	if (sock->file && unlikely(READ_ONCE(coconut_file(sock->file)->cut)))
		WRITE_ONCE(coconut_file(sock->file)->cut, 0);
	return 0;
}

static bool has_inet(struct agent *agent, const struct sock *sk)
{
	struct agent_net_scope local, peer;

	put_local(&local, sk);
	if (inet_sk(sk)->inet_dport) {
		put_peer(&peer, sk);
		return coconut_has_net(agent, AGENT_CAP_NET_BIND, &local) ||
		       coconut_has_net(agent, AGENT_CAP_NET_CONNECT, &peer);
	}
	return !has_address(sk) ||
	       coconut_has_net(agent, AGENT_CAP_NET_BIND, &local);
}

/**
 * coconut_has_socket - whether an agent may go on with a socket, without doing so
 * @agent: the agent
 * @sock: the socket
 *
 * Return: true if it may.
 */
bool coconut_has_socket(struct agent *agent, struct socket *sock)
{
	struct sock *sk = sock->sk;

	/* One that it was never asked about it has not lost. */
	if (!sk || !READ_ONCE(coconut_socket(sock)->asked))
		return true;
	if (cap_of_socket(sk) != AGENT_CAP_NONE &&
	    !agent_has(agent, cap_of_socket(sk), agent))
		return false;
	if (is_inet(sk))
		return has_inet(agent, sk);
	return sk->sk_family != AF_UNIX || coconut_has_unix(agent, sk);
}

/**
 * coconut_cut_socket - end what goes on by itself at a socket
 * @agent: the agent that has lost the way to its peer, or its address
 * @sock: the socket
 *
 * A connection is reset, a listener closed. Whoever else has the socket loses
 * it too, as by shutdown().
 *
 * Context: May sleep.
 */
void coconut_cut_socket(struct agent *agent, struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk || !is_inet(sk) || sk->sk_type != SOCK_STREAM ||
	    sk->sk_protocol != IPPROTO_TCP)
		return;
	WRITE_ONCE(coconut_socket(sock)->flags,
		   agent->aid << COCONUT_CUT_SHIFT);
	tcp_abort(sk, ECONNABORTED);
}

/* A route that the sender gives is a way to where no connect() has asked. */
static int check_control(struct agent *agent, struct msghdr *msg)
{
	struct cmsghdr *cmsg;

	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if ((cmsg->cmsg_level == SOL_IP &&
		     cmsg->cmsg_type == IP_RETOPTS) ||
		    (cmsg->cmsg_level == SOL_IPV6 &&
		     (cmsg->cmsg_type == IPV6_RTHDR ||
		      cmsg->cmsg_type == IPV6_2292RTHDR)))
			return coconut_need_cap(agent, AGENT_CAP_NET_RAW,
						"a route of the sender's");
	}
	return 0;
}

/*
 * What was corked goes where the first part of it was to go, whatever is said
 * with the rest.
 */
static int check_cork(struct agent *agent, const struct socket *sock)
{
	const struct sock *sk = sock->sk;
	const struct flowi *flow = &inet_sk(sk)->cork.fl;
	struct agent_net_scope to;
	struct in6_addr address;
	int family;

	if (!is_inet(sk) || sk->sk_type != SOCK_DGRAM ||
	    sk->sk_protocol != IPPROTO_UDP)
		return 0;
	family = READ_ONCE(udp_sk(sk)->pending);
	if (likely(!family))
		return 0;
	if (family == AF_INET)
		ipv6_addr_set_v4mapped(flow->u.ip4.daddr, &address);
	else
		address = flow->u.ip6.daddr;
	put_address(&to, sk, &address.s6_addr32[3], &address,
		    ntohs(family == AF_INET ? flow->u.ip4.fl4_dport :
					      flow->u.ip6.fl6_dport));
	return coconut_need_net(agent, AGENT_CAP_NET_CONNECT, &to, true);
}

/* An address given with the message is a connect() for that message. */
static int hook_socket_sendmsg(struct socket *sock, struct msghdr *msg,
			       int size)
{
	struct agent *agent = agent_confined();
	int err;

	if (likely(!agent))
		return 0;
	err = coconut_check_socket(agent, sock);
	if (err || !is_inet(sock->sk))
		return err;
	err = check_cork(agent, sock);
	if (err)
		return err;
	if (msg->msg_controllen && !msg->msg_control_is_user)
		err = check_control(agent, msg);
	if (err || !msg->msg_name)
		return err;
	/* UDP takes AF_UNSPEC here for AF_INET. */
	return check_address(agent, sock, AGENT_CAP_NET_CONNECT, msg->msg_name,
			     msg->msg_namelen, true);
}

static int hook_socket_recvmsg(struct socket *sock, struct msghdr *msg,
			       int size, int flags)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 : coconut_check_socket(agent, sock);
}

static int hook_socket_accept(struct socket *sock, struct socket *newsock)
{
	struct agent *agent = agent_confined();
	int err;

	if (likely(!agent))
		return 0;
	err = coconut_check_socket(agent, sock);
	if (!err)
		coconut_socket(newsock)->asked =
			READ_ONCE(coconut_socket(sock)->asked);
	return err;
}

/* Listening without bind() takes any port on any address. */
static int hook_socket_listen(struct socket *sock, int backlog)
{
	struct agent *agent = agent_confined();
	struct agent_net_scope local;

	if (sock->sk->sk_family == AF_UNIX)
		coconut_listen_unix(sock->sk);
	if (likely(!agent) || !is_inet(sock->sk))
		return 0;
	/* A port may have come by a connect() that was dissolved. */
	put_local(&local, sock->sk);
	return mend(sock, coconut_need_net(agent, AGENT_CAP_NET_BIND, &local,
					   inet_sk(sock->sk)->inet_num));
}

/* This one reads; the others tell about the socket. */
static int hook_socket_getsockopt(struct socket *sock, int level, int optname)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || level != SOL_TCP ||
	    optname != TCP_ZEROCOPY_RECEIVE)
		return 0;
	return coconut_check_socket(agent, sock);
}

static int hook_socket_setsockopt(struct socket *sock, int level, int optname)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	if ((level == SOL_IP && optname == IP_OPTIONS) ||
	    (level == SOL_IPV6 &&
	     (optname == IPV6_RTHDR || optname == IPV6_2292RTHDR ||
	      optname == IPV6_2292PKTOPTIONS)))
		return coconut_need_cap(agent, AGENT_CAP_NET_RAW,
					"a route of the sender's");
	return level == SOL_UDP && optname == UDP_CORK ?
	       check_cork(agent, sock) : 0;
}

static int hook_socket_post_create(struct socket *sock, int family, int type,
				   int protocol, int kern)
{
	struct agent *agent = agent_confined();

	if (unlikely(agent) && !kern)
		coconut_socket(sock)->asked = coconut_generation(agent);
	return 0;
}

/* One buffer may hold many messages, and each of them is carried out. */
static int hook_netlink_send(struct sock *sk, struct sk_buff *skb)
{
	struct agent *agent = agent_confined();
	const struct nlmsghdr *message = nlmsg_hdr(skb);
	int left = skb->len;

	if (likely(!agent))
		return 0;
	for (; nlmsg_ok(message, left); message = nlmsg_next(message, &left)) {
		if (sk->sk_protocol == NETLINK_ROUTE &&
		    (message->nlmsg_type < RTM_BASE ||
		     rtnl_msgtype_kind(message->nlmsg_type) == RTNL_KIND_GET))
			continue;
		return coconut_need_cap(agent, AGENT_CAP_NET_ADMIN,
					"a netlink message");
	}
	return 0;
}

/* The capability that a kind of socket needs, or -1 when it is closed. */
static int cap_of_family(int family, int type, int protocol)
{
	switch (family) {
	case AF_UNIX:
		return AGENT_CAP_NONE;
	case AF_INET:
	case AF_INET6:
		if (type == SOCK_RAW)
			return AGENT_CAP_NET_RAW;
		if (type == SOCK_STREAM &&
		    (!protocol || protocol == IPPROTO_TCP))
			return AGENT_CAP_NONE;
		if (type == SOCK_DGRAM &&
		    (!protocol || protocol == IPPROTO_UDP))
			return AGENT_CAP_NONE;
		return -1;
	case AF_PACKET:
		return AGENT_CAP_NET_RAW;
	case AF_NETLINK:
		/* The C library asks for interfaces. */
		return protocol == NETLINK_ROUTE ? AGENT_CAP_NONE :
						   AGENT_CAP_NET_ADMIN;
	default:
		return -1;
	}
}

static int hook_socket_create(int family, int type, int protocol, int kern)
{
	struct agent *agent = agent_confined();
	char name[48];
	u32 size;
	int cap;

	if (likely(!agent) || kern)
		return 0;
	cap = cap_of_family(family, type, protocol);
	if (cap == AGENT_CAP_NONE)
		return 0;
	size = scnprintf(name, sizeof(name), "family %d type %d protocol %d",
			 family, type, protocol);
	if (cap > 0)
		return coconut_need_cap(agent, cap, name);
	return coconut_deny(agent, AGENT_CAP_NONE, AGENT_REASON_FAMILY, name,
			    size, false);
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(socket_create, hook_socket_create),
	LSM_HOOK_INIT(socket_connect, hook_socket_connect),
	LSM_HOOK_INIT(socket_bind, hook_socket_bind),
	LSM_HOOK_INIT(socket_listen, hook_socket_listen),
	LSM_HOOK_INIT(socket_accept, hook_socket_accept),
	LSM_HOOK_INIT(socket_sendmsg, hook_socket_sendmsg),
	LSM_HOOK_INIT(socket_recvmsg, hook_socket_recvmsg),
	LSM_HOOK_INIT(socket_setsockopt, hook_socket_setsockopt),
	LSM_HOOK_INIT(socket_getsockopt, hook_socket_getsockopt),
	LSM_HOOK_INIT(socket_post_create, hook_socket_post_create),
	LSM_HOOK_INIT(netlink_send, hook_netlink_send),
};

void __init coconut_add_net_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
