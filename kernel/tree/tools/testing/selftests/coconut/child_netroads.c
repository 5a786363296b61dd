// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: addresses by other ways than one connect(), bind() or sendto().
 *
 * The port of the loopback that may be connected to is 7301, the one that may
 * be bound 7303; of all others none.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"

#define GOOD	7301
#define OWN	7303
#define BAD	7311

static struct sockaddr_in inet_of(int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static struct sockaddr_in6 mapped_of(int port)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(port),
	};

	inet_pton(AF_INET6, "::ffff:127.0.0.1", &to.sin6_addr);
	return to;
}

static int connect_port(int fd, int port)
{
	struct sockaddr_in to = inet_of(port);

	return connect(fd, (void *)&to, sizeof(to));
}

static int bind_port(int fd, int port)
{
	struct sockaddr_in at = inet_of(port);

	return bind(fd, (void *)&at, sizeof(at));
}

static long send_port(int fd, int port)
{
	struct sockaddr_in to = inet_of(port);

	return sendto(fd, "x", 1, 0, (void *)&to, sizeof(to));
}

/* Each of these gives -1 and errno; fd is a fresh socket of its kind. */

static int disconnect_listen(int fd, int port)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connect_port(fd, port) || connect(fd, &none, sizeof(none)))
		return 0;
	return listen(fd, 1);
}

static int disconnect_connect(int fd, int port)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };

	if (connect_port(fd, GOOD) || connect(fd, &none, sizeof(none)))
		return 0;
	return connect_port(fd, port);
}

static int fast_connect(int fd, int port)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one));
	return connect_port(fd, port);
}

static int send_elsewhere(int fd, int port)
{
	if (connect_port(fd, GOOD))
		return 0;
	return send_port(fd, port) < 0 ? -1 : 0;
}

static int connect_elsewhere(int fd, int port)
{
	if (connect_port(fd, GOOD))
		return 0;
	return connect_port(fd, port);
}

static int send_unspec(int fd, int port)
{
	struct sockaddr_in to = inet_of(port);

	to.sin_family = AF_UNSPEC;
	return sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) < 0 ? -1 : 0;
}

/* The first of two messages is allowed, so that one goes: EMSGSIZE. */
static int send_two(int fd, int port)
{
	struct sockaddr_in to[] = { inet_of(GOOD), inet_of(port) };
	struct iovec part = { "x", 1 };
	struct mmsghdr messages[2] = { 0 };
	int i, sent;

	for (i = 0; i < 2; i++) {
		messages[i].msg_hdr.msg_name = &to[i];
		messages[i].msg_hdr.msg_namelen = sizeof(to[i]);
		messages[i].msg_hdr.msg_iov = &part;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, messages, 2, 0);
	if (sent == 1)
		errno = EMSGSIZE;
	return sent == 2 ? 0 : -1;
}

static int send_mapped(int fd, int port)
{
	struct sockaddr_in6 to = mapped_of(port);

	return sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) < 0 ? -1 : 0;
}

static int connect_mapped(int fd, int port)
{
	struct sockaddr_in6 to = mapped_of(port);

	return connect(fd, (void *)&to, sizeof(to));
}

/* It turns into a socket of IPv4. */
static int turn_and_connect(int fd, int port)
{
	int family = AF_INET;

	if (connect_mapped(fd, GOOD) ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family,
		       sizeof(family)))
		return 0;
	return connect_port(fd, port);
}

/* A loose source route by an address that nobody asked about. */
static const uint8_t route[] = { 131, 7, 4, 127, 0, 0, 9, 0 };

static int route_option(int fd, int port)
{
	(void)port;
	return setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route, sizeof(route));
}

static int send_control(int fd, const void *to, socklen_t size, int level,
			int type, const void *data, size_t data_size)
{
	char space[CMSG_SPACE(64)] = { 0 };
	struct iovec part = { "x", 1 };
	struct msghdr message = {
		.msg_name = (void *)to,
		.msg_namelen = size,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = CMSG_SPACE(data_size),
	};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = level;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(data_size);
	memcpy(CMSG_DATA(control), data, data_size);
	return sendmsg(fd, &message, 0) < 0 ? -1 : 0;
}

static int route_message(int fd, int port)
{
	struct sockaddr_in to = inet_of(port);

	return send_control(fd, &to, sizeof(to), IPPROTO_IP, IP_RETOPTS, route,
			    sizeof(route));
}

static int route6_option(int fd, int port)
{
	/* Type 4, one segment: an address of 16 bytes. */
	static const uint8_t header[24] = { 0, 2, 4, 0 };

	(void)port;
	return setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, header, sizeof(header));
}

static int route6_message(int fd, int port)
{
	static const uint8_t header[24] = { 0, 2, 4, 0 };
	struct sockaddr_in6 to = mapped_of(port);

	return send_control(fd, &to, sizeof(to), IPPROTO_IPV6, IPV6_RTHDR,
			    header, sizeof(header));
}

static int ring_send(int fd, int port, int opcode, bool by_message)
{
	struct sockaddr_in to = inet_of(port);
	struct iovec part = { "x", 1 };
	struct msghdr message = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	struct io_uring_sqe sqe = { .opcode = opcode, .fd = fd, .len = 1 };

	if (by_message) {
		sqe.addr = (uintptr_t)&message;
	} else {
		sqe.addr = (uintptr_t)"x";
		sqe.addr2 = (uintptr_t)&to;
		sqe.addr_len = sizeof(to);
	}
	return ring_request(&sqe) < 0 ? -1 : 0;
}

static int ring_sendto(int fd, int port)
{
	return ring_send(fd, port, IORING_OP_SEND, false);
}

static int ring_send_zc(int fd, int port)
{
	return ring_send(fd, port, IORING_OP_SEND_ZC, false);
}

static int ring_sendmsg_zc(int fd, int port)
{
	return ring_send(fd, port, IORING_OP_SENDMSG_ZC, true);
}

static int bind_then_listen(int fd, int port)
{
	return bind_port(fd, port) || listen(fd, 1) ? -1 : 0;
}

static int bind_mapped(int fd, int port)
{
	struct sockaddr_in6 at = mapped_of(port);

	return bind(fd, (void *)&at, sizeof(at));
}

static int bind_shared(int fd, int port)
{
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	return bind_port(fd, port);
}

static const struct {
	const char *name;
	int family;
	int type;
	int (*run)(int fd, int port);
} ways[] = {
	{ "disconnect-listen", AF_INET, SOCK_STREAM, disconnect_listen },
	{ "disconnect-connect", AF_INET, SOCK_STREAM, disconnect_connect },
	{ "fast-connect", AF_INET, SOCK_STREAM, fast_connect },
	{ "send-elsewhere", AF_INET, SOCK_DGRAM, send_elsewhere },
	{ "connect-elsewhere", AF_INET, SOCK_DGRAM, connect_elsewhere },
	{ "send-unspec", AF_INET, SOCK_DGRAM, send_unspec },
	{ "send-two", AF_INET, SOCK_DGRAM, send_two },
	{ "send-mapped", AF_INET6, SOCK_DGRAM, send_mapped },
	{ "connect-mapped", AF_INET6, SOCK_STREAM, connect_mapped },
	{ "turn-and-connect", AF_INET6, SOCK_DGRAM, turn_and_connect },
	{ "route-option", AF_INET, SOCK_DGRAM, route_option },
	{ "route-message", AF_INET, SOCK_DGRAM, route_message },
	{ "route6-option", AF_INET6, SOCK_DGRAM, route6_option },
	{ "route6-message", AF_INET6, SOCK_DGRAM, route6_message },
	{ "ring-sendto", AF_INET, SOCK_DGRAM, ring_sendto },
	{ "ring-send-zc", AF_INET, SOCK_DGRAM, ring_send_zc },
	{ "ring-sendmsg-zc", AF_INET, SOCK_DGRAM, ring_sendmsg_zc },
	{ "bind-then-listen", AF_INET, SOCK_STREAM, bind_then_listen },
	{ "bind-mapped", AF_INET6, SOCK_STREAM, bind_mapped },
	{ "bind-shared", AF_INET, SOCK_DGRAM, bind_shared },
};

/* net WAY PORT */
static int op_net(char **words, long long *value)
{
	const int port = atoi(words[1]);
	size_t i;
	int fd;

	(void)value;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, words[0]))
			continue;
		fd = socket(ways[i].family, ways[i].type | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return EPROTO_OP;
		return close_after(ways[i].run(fd, port), fd) < 0 ? errno : 0;
	}
	return EPROTO_OP;
}

/**
 * struct request - a message to the kernel about the network
 * @head: its header
 * @body: an address, or an interface
 */
struct request {
	struct nlmsghdr head;
	union {
		struct ifaddrmsg address;
		struct ifinfomsg link;
	} body;
};

static void fill_request(struct request *request, int type)
{
	memset(request, 0, sizeof(*request));
	request->head.nlmsg_len = sizeof(*request);
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (type == RTM_GETLINK)
		request->body.link.ifi_index = 1;
	else
		request->body.address.ifa_family = AF_INET;
}

/*
 * netlink get|new|both: one buffer of requests; "both" are two, the first of
 * which is allowed
 */
static int op_netlink(char **words, long long *value)
{
	const struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct request requests[2];
	size_t count = 1;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	long ret;

	(void)value;
	if (fd < 0)
		return EPROTO_OP;
	fill_request(&requests[0], words[0][0] == 'n' ? RTM_NEWADDR :
			    RTM_GETLINK);
	if (words[0][0] == 'b') {
		fill_request(&requests[1], RTM_NEWADDR);
		count = 2;
	}
	ret = sendto(fd, requests, count * sizeof(requests[0]), 0,
		     (const void *)&to, sizeof(to));
	return close_after(ret < 0 ? -1 : 0, fd) < 0 ? errno : 0;
}

/* interface up: as ifconfig does it */
static int op_interface(char **words, long long *value)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret;

	(void)words;
	(void)value;
	ret = ioctl(fd, SIOCGIFFLAGS, &request);
	if (ret)
		return EPROTO_OP;
	ret = ioctl(fd, SIOCSIFFLAGS, &request);
	return close_after(ret, fd) < 0 ? errno : 0;
}

/* name abstract|auto|pass: a name of a unix socket that is no path */
static int op_name(char **words, long long *value)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "\0mine" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, ret;
	const size_t head = offsetof(struct sockaddr_un, sun_path);

	(void)value;
	if (words[0][0] == 'p') {
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
		ret = connect(fd, (void *)&at, head + 5);
	} else {
		ret = bind(fd, (void *)&at,
			   head + (words[0][1] == 'b' ? 5 : 0));
	}
	return close_after(ret, fd) < 0 ? errno : 0;
}

const struct op netroad_ops[] = {
	{ "net", 2, op_net },
	{ "netlink", 1, op_netlink },
	{ "interface", 1, op_interface },
	{ "name", 1, op_name },
	{ NULL, 0, NULL },
};
