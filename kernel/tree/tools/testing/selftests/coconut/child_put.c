// SPDX-License-Identifier: GPL-2.0
/* agent_child: files and sockets at numbers that the test knows. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"
#include "fds.h"

/* Return: 0 or a positive errno; the descriptor has moved to the number. */
static int put(int fd, const char *number)
{
	const int at = atoi(number);

	if (fd < 0)
		return errno;
	if (fd == at)
		return 0;
	if (dup3(fd, at, O_CLOEXEC) < 0)
		return close_after(errno, fd);
	return close_after(0, fd);
}

/* put FD PATH r|w|rw|p */
static int op_put(char **words, long long *value)
{
	const char *mode = words[2];
	const int flags = mode[0] == 'p' ? O_PATH :
			  mode[0] == 'w' ? O_WRONLY :
			  mode[1] == 'w' ? O_RDWR : O_RDONLY;

	(void)value;
	return put(open(words[1], flags | O_CLOEXEC), words[0]);
}

static void set_address(struct sockaddr_in *to, const char *port)
{
	*to = (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int type_of(const char *kind)
{
	return kind[0] == 't' || kind[0] == 's' ? SOCK_STREAM :
	       kind[0] == 'p' ? SOCK_SEQPACKET : SOCK_DGRAM;
}

/* put-peer FD tcp|udp PORT: connected to it */
static int op_put_peer(char **words, long long *value)
{
	int fd = socket(AF_INET, type_of(words[1]) | SOCK_CLOEXEC, 0);
	struct sockaddr_in to;

	(void)value;
	set_address(&to, words[2]);
	if (fd < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		int error = errno;

		close(fd);
		return error;
	}
	return put(fd, words[0]);
}

/* put-corked FD PORT: of UDP, without a peer, with the first part of a datagram */
static int op_put_corked(char **words, long long *value)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to;

	(void)value;
	set_address(&to, words[1]);
	if (fd < 0)
		return errno;
	if (sendto(fd, "a", 1, MSG_MORE, (struct sockaddr *)&to,
		   sizeof(to)) < 0) {
		int error = errno;

		close(fd);
		return error;
	}
	return put(fd, words[0]);
}

/* put-own FD tcp|udp PORT: bound to it, and listening */
static int op_put_own(char **words, long long *value)
{
	const int type = type_of(words[1]);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in at;

	(void)value;
	set_address(&at, words[2]);
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
	    (type == SOCK_STREAM && listen(fd, 8))) {
		int error = errno;

		close(fd);
		return error;
	}
	return put(fd, words[0]);
}

/* put-accepted FD LISTENER: who has come */
static int op_put_accepted(char **words, long long *value)
{
	(void)value;
	return put(accept4(atoi(words[1]), NULL, NULL, SOCK_CLOEXEC), words[0]);
}

/* put-unix FD stream|packet|dgram PATH: connected to who listens there */
static int op_put_unix(char **words, long long *value)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type_of(words[1]) | SOCK_CLOEXEC, 0);

	(void)value;
	if (fd < 0 || strlen(words[2]) >= sizeof(to.sun_path))
		return EPROTO_OP;
	strcpy(to.sun_path, words[2]);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		int error = errno;

		close(fd);
		return error;
	}
	return put(fd, words[0]);
}

/* put-socket FD stream|packet|dgram: a unix socket without a peer */
static int op_put_socket(char **words, long long *value)
{
	(void)value;
	return put(socket(AF_UNIX, type_of(words[1]) | SOCK_CLOEXEC, 0),
		   words[0]);
}

/* put-pipe READ WRITE */
static int op_put_pipe(char **words, long long *value)
{
	int pipes[2], error;

	(void)value;
	if (pipe2(pipes, O_CLOEXEC))
		return errno;
	error = put(pipes[0], words[0]);
	return error ? error : put(pipes[1], words[1]);
}

/* put-queue FD NAME: a POSIX queue of one message, opened or made */
static int op_put_queue(char **words, long long *value)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };

	(void)value;
	return put(mq_open(words[1], O_RDWR | O_CREAT | O_CLOEXEC, 0666, &attr),
		   words[0]);
}

/* put-sent FD BY: what comes by a unix socket */
static int op_put_sent(char **words, long long *value)
{
	(void)value;
	return put(receive_fd(atoi(words[1])), words[0]);
}

/* send-fd FD BY */
static int op_send_fd(char **words, long long *value)
{
	const int fd = atoi(words[0]);

	(void)value;
	return send_fds(atoi(words[1]), &fd, 1) ? errno : 0;
}

/* pass FD tee|vmsplice: what is in a named pipe, or goes into it */
static int op_pass(char **words, long long *value)
{
	struct iovec part = { "x", 1 };
	const int fd = atoi(words[0]);
	int pipes[2];
	long ret;

	(void)value;
	if (words[1][0] == 'v')
		return vmsplice(fd, &part, 1, SPLICE_F_NONBLOCK) < 0 ? errno :
								       0;
	if (pipe2(pipes, O_CLOEXEC))
		return EPROTO_OP;
	ret = tee(fd, pipes[1], 1, SPLICE_F_NONBLOCK);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]) < 0 ? errno : 0;
}

/* A page that is in a pipe, to be looked at as often as one likes. */
static int seen_from = -1;

/* put-page splice FD, put-page vmsplice SLOT */
static int op_put_page(char **words, long long *value)
{
	loff_t start = 0;
	struct iovec part;
	int pipes[2];
	long ret;

	(void)value;
	if (pipe2(pipes, O_CLOEXEC))
		return EPROTO_OP;
	if (words[0][0] == 's') {
		ret = splice(atoi(words[1]), &start, pipes[1], NULL, 1, 0);
	} else {
		part = (struct iovec) { child_map_at(words[1]), 1 };
		ret = vmsplice(pipes[1], &part, 1, 0);
	}
	seen_from = pipes[0];
	return close_after(ret, pipes[1]) < 0 ? errno : 0;
}

/* see-page: the value is the byte that is in there now */
static int op_see_page(char **words, long long *value)
{
	char byte = 0;
	int pipes[2];
	long ret;

	(void)words;
	if (pipe2(pipes, O_CLOEXEC))
		return EPROTO_OP;
	ret = tee(seen_from, pipes[1], 1, SPLICE_F_NONBLOCK);
	if (ret == 1)
		ret = read(pipes[0], &byte, 1);
	*value = byte;
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]) < 0 ? errno : 0;
}

/* queue-take FD, queue-put FD: without waiting */
static int op_queue_take(char **words, long long *value)
{
	const struct timespec past = { 0 };
	char message[8];

	(void)value;
	return mq_timedreceive(atoi(words[0]), message, sizeof(message), NULL,
			       &past) < 0 ? errno : 0;
}

static int op_queue_put(char **words, long long *value)
{
	const struct timespec past = { 0 };

	(void)value;
	return mq_timedsend(atoi(words[0]), "x", 1, 0, &past) ? errno : 0;
}

const struct op put_ops[] = {
	{ "put", 3, op_put },
	{ "put-peer", 3, op_put_peer },
	{ "put-corked", 2, op_put_corked },
	{ "put-own", 3, op_put_own },
	{ "put-accepted", 2, op_put_accepted },
	{ "put-unix", 3, op_put_unix },
	{ "put-socket", 2, op_put_socket },
	{ "put-pipe", 2, op_put_pipe },
	{ "put-queue", 2, op_put_queue },
	{ "pass", 2, op_pass },
	{ "put-page", 2, op_put_page },
	{ "see-page", 0, op_see_page },
	{ "queue-take", 1, op_queue_take },
	{ "queue-put", 1, op_queue_put },
	{ "put-sent", 2, op_put_sent },
	{ "send-fd", 2, op_send_fd },
	{ NULL, 0, NULL },
};
