// SPDX-License-Identifier: GPL-2.0
/* agent_child: sockets. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "child_ops.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Return: the address's size, 0 when it is none. */
static socklen_t parse(char **words, union address *to)
{
	int port = atoi(words[1]);

	memset(to, 0, sizeof(*to));
	if (strchr(words[0], ':')) {
		to->in6.sin6_family = AF_INET6;
		to->in6.sin6_port = htons(port);
		if (inet_pton(AF_INET6, words[0], &to->in6.sin6_addr) != 1)
			return 0;
		return sizeof(to->in6);
	}
	to->in.sin_family = AF_INET;
	to->in.sin_port = htons(port);
	if (inet_pton(AF_INET, words[0], &to->in.sin_addr) != 1)
		return 0;
	return sizeof(to->in);
}

typedef int (*with_address)(int fd, const struct sockaddr *to, socklen_t size);

static int with_socket(char **words, int type, with_address act)
{
	union address to;
	socklen_t size = parse(words, &to);
	int fd = size ? socket(to.any.sa_family, type | SOCK_CLOEXEC, 0) : -1;
	int error = 0;

	if (fd < 0)
		return size ? errno : EPROTO_OP;
	if (act(fd, &to.any, size) < 0)
		error = errno;
	close(fd);
	return error;
}

static int op_connect(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_STREAM, connect);
}

static int op_udp(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_DGRAM, connect);
}

static int op_bind(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_STREAM, bind);
}

static int op_bindudp(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_DGRAM, bind);
}

static int send_one(int fd, const struct sockaddr *to, socklen_t size)
{
	return sendto(fd, "x", 1, 0, to, size);
}

static int op_sendto(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_DGRAM, send_one);
}

static int send_fast(int fd, const struct sockaddr *to, socklen_t size)
{
	return sendto(fd, "x", 1, MSG_FASTOPEN, to, size);
}

static int op_fastopen(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_STREAM, send_fast);
}

/* bindunspec: bind() takes AF_UNSPEC with address 0 for AF_INET's any */
static int op_bindunspec(char **words, long long *value)
{
	struct sockaddr_in to = { .sin_family = AF_UNSPEC };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	(void)value;
	to.sin_port = htons(atoi(words[0]));
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		error = errno;
	close(fd);
	return error;
}

/* listen: without bind() */
static int op_listen(char **words, long long *value)
{
	int fd = socket(atoi(words[0]), SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error = 0;

	(void)value;
	if (fd < 0)
		return EPROTO_OP;
	if (listen(fd, 1) < 0)
		error = errno;
	close(fd);
	return error;
}

/* serve ADDRESS PORT: bind and listen */
static int bind_and_listen(int fd, const struct sockaddr *to, socklen_t size)
{
	int ret = bind(fd, to, size);

	return ret ? ret : listen(fd, 1);
}

static int op_serve(char **words, long long *value)
{
	(void)value;
	return with_socket(words, SOCK_STREAM, bind_and_listen);
}

static int op_socket(char **words, long long *value)
{
	int fd = socket(atoi(words[0]), atoi(words[1]) | SOCK_CLOEXEC,
			atoi(words[2]));

	*value = fd;
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* unix stream|packet|dgram PATH: a path that begins with @ is abstract */
static int op_unix(char **words, long long *value)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char kind = words[0][0];
	const int type = kind == 's' ? SOCK_STREAM :
			 kind == 'p' ? SOCK_SEQPACKET : SOCK_DGRAM;
	size_t size = strlen(words[1]);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	int error = 0;
	long ret;

	(void)value;
	if (fd < 0 || size >= sizeof(to.sun_path))
		return EPROTO_OP;
	memcpy(to.sun_path, words[1], size);
	if (words[1][0] == '@')
		to.sun_path[0] = '\0';
	size += offsetof(struct sockaddr_un, sun_path);
	ret = type == SOCK_DGRAM ?
	      sendto(fd, "x", 1, 0, (struct sockaddr *)&to, size) :
	      connect(fd, (struct sockaddr *)&to, size);
	if (ret < 0)
		error = errno;
	close(fd);
	return error;
}

const struct op net_ops[] = {
	{ "connect", 2, op_connect },
	{ "udp", 2, op_udp },
	{ "bind", 2, op_bind },
	{ "bindudp", 2, op_bindudp },
	{ "sendto", 2, op_sendto },
	{ "fastopen", 2, op_fastopen },
	{ "bindunspec", 1, op_bindunspec },
	{ "listen", 1, op_listen },
	{ "serve", 2, op_serve },
	{ "socket", 3, op_socket },
	{ "unix", 2, op_unix },
	{ NULL, 0, NULL },
};
