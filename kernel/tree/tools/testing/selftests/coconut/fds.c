// SPDX-License-Identifier: GPL-2.0
/* Descriptors in messages, for both sides of a test. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/agent.h>

#include "fds.h"

#define FDS_MAX	8

int send_fds(int to, const int *fds, size_t count)
{
	char space[CMSG_SPACE(FDS_MAX * sizeof(int))] = { 0 };
	struct iovec part = { "x", 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(control), fds, count * sizeof(int));
	return sendmsg(to, &message, 0) < 0 ? -1 : 0;
}

int receive_fd(int from)
{
	char byte, space[CMSG_SPACE(sizeof(int))];
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	const struct cmsghdr *control;
	int fd;

	if (recvmsg(from, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
		return -1;
	control = CMSG_FIRSTHDR(&message);
	if (!control) {
		errno = message.msg_flags & MSG_CTRUNC ? ECAPABILITY : ENOMSG;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}
