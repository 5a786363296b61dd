// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: the network
 */

#include <linux/agent_audit.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "coconut.h"

/*
 * Read the one address that a sockaddr names. IPv4 inside IPv6 is IPv4, as
 * the packets will be.
 *
 * Return: 1 when there is one, 0 when it names none, or -EINVAL.
 */
static int read_address(const struct socket *sock,
			const struct sockaddr *address, int size, bool binding,
			struct agent_net_scope *to)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;
	u16 port;

	*to = (struct agent_net_scope) { .protocol = sock->sk->sk_protocol };
	if (size < offsetofend(struct sockaddr, sa_family))
		return -EINVAL;
	/* AF_UNSPEC dissolves an association; bind() takes it for AF_INET. */
	if (address->sa_family == AF_UNSPEC && !binding)
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

static int check_address(struct socket *sock, enum agent_cap_id cap,
			 const struct sockaddr *address, int size)
{
	struct agent *agent = agent_confined();
	struct agent_net_scope wanted;
	int found;

	if (likely(!agent))
		return 0;
	if (sock->sk->sk_family != AF_INET && sock->sk->sk_family != AF_INET6)
		return 0;
	found = read_address(sock, address, size, cap == AGENT_CAP_NET_BIND,
			     &wanted);
	if (found <= 0)
		return found;
	return coconut_may_net(agent, cap, &wanted);
}

static int hook_socket_connect(struct socket *sock, struct sockaddr *address,
			       int size)
{
	return check_address(sock, AGENT_CAP_NET_CONNECT, address, size);
}

static int hook_socket_bind(struct socket *sock, struct sockaddr *address,
			    int size)
{
	return check_address(sock, AGENT_CAP_NET_BIND, address, size);
}

/* An address given with the message is a connect() for that message. */
static int hook_socket_sendmsg(struct socket *sock, struct msghdr *msg,
			       int size)
{
	if (likely(!msg->msg_name))
		return 0;
	return check_address(sock, AGENT_CAP_NET_CONNECT, msg->msg_name,
			     msg->msg_namelen);
}

/* Listening without bind() takes any port on any address. */
static int hook_socket_listen(struct socket *sock, int backlog)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	if (sock->sk->sk_family != AF_INET && sock->sk->sk_family != AF_INET6)
		return 0;
	if (inet_sk(sock->sk)->inet_num)
		return 0;
	return check_address(sock, AGENT_CAP_NET_BIND,
			     (const struct sockaddr *)&any, sizeof(any));
}

static bool is_open_to_agents(int family, int type, int protocol)
{
	switch (family) {
	case AF_UNIX:
		return true;
	case AF_INET:
	case AF_INET6:
		if (type == SOCK_STREAM)
			return !protocol || protocol == IPPROTO_TCP;
		return type == SOCK_DGRAM &&
		       (!protocol || protocol == IPPROTO_UDP);
	case AF_NETLINK:
		/* The C library asks for interfaces; DAC lets it only ask. */
		return protocol == NETLINK_ROUTE;
	default:
		return false;
	}
}

static int hook_socket_create(int family, int type, int protocol, int kern)
{
	struct agent *agent = agent_confined();
	char name[48];
	u32 size;

	if (likely(!agent) || kern || is_open_to_agents(family, type, protocol))
		return 0;
	size = scnprintf(name, sizeof(name), "family %d type %d protocol %d",
			 family, type, protocol);
	return coconut_deny(agent, AGENT_CAP_NONE, AGENT_REASON_FAMILY, name,
			    size, false);
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(socket_create, hook_socket_create),
	LSM_HOOK_INIT(socket_connect, hook_socket_connect),
	LSM_HOOK_INIT(socket_bind, hook_socket_bind),
	LSM_HOOK_INIT(socket_listen, hook_socket_listen),
	LSM_HOOK_INIT(socket_sendmsg, hook_socket_sendmsg),
};

void __init coconut_add_net_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
