// SPDX-License-Identifier: GPL-2.0
/* agent_child: descriptors that another task has opened. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "child_matrix.h"
#include "child_ops.h"
#include "passed.h"

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

/* descriptors: how many are open */
static int op_descriptors(char **words, long long *value)
{
	int fd;

	(void)words;
	for (fd = 0; fd < 1024; fd++)
		*value += fcntl(fd, F_GETFD) >= 0;
	return 0;
}

static int set_flags(int fd)
{
	int flags = FS_NOATIME_FL;

	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* on FD HOW: what can be done to a file by its descriptor */
static int op_on(char **words, long long *value)
{
	const int fd = atoi(words[0]);
	const char *how = words[1];
	char buf[256];
	struct stat st;

	(void)value;
	if (!strcmp(how, "is-open"))
		return result(fcntl(fd, F_GETFD));
	if (!strcmp(how, "read"))
		return result(pread(fd, buf, 1, 0));
	if (!strcmp(how, "write"))
		return result(pwrite(fd, "t", 1, 0));
	if (!strcmp(how, "fstat"))
		return result(fstat(fd, &st));
	if (!strcmp(how, "fchmod"))
		return result(fchmod(fd, 0644));
	if (!strcmp(how, "fchown"))
		return result(fchown(fd, -1, 0));
	if (!strcmp(how, "futimens"))
		return result(futimens(fd, NULL));
	if (!strcmp(how, "ftruncate"))
		return result(ftruncate(fd, 5));
	if (!strcmp(how, "fallocate"))
		return result(fallocate(fd, 0, 0, 1));
	if (!strcmp(how, "fgetxattr"))
		return result(fgetxattr(fd, "user.passed", buf, sizeof(buf)));
	if (!strcmp(how, "flistxattr"))
		return result(flistxattr(fd, buf, sizeof(buf)));
	if (!strcmp(how, "fsetxattr"))
		return result(fsetxattr(fd, "user.passed", "x", 1, 0));
	if (!strcmp(how, "fremovexattr"))
		return result(fremovexattr(fd, "user.passed"));
	if (!strcmp(how, "setflags"))
		return result(set_flags(fd));
	if (!strcmp(how, "getdents"))
		return result(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	return EPROTO_OP;
}

/* in FD NAME: open what is in a directory, for reading */
static int op_in(char **words, long long *value)
{
	int fd = openat(atoi(words[0]), words[1], O_RDONLY | O_CLOEXEC);

	(void)value;
	return fd < 0 ? errno : close_after(0, fd);
}

/* reopen FD r|w|rw: through /proc/self/fd */
static int op_reopen(char **words, long long *value)
{
	const int flags = !strcmp(words[1], "r") ? O_RDONLY :
			  !strcmp(words[1], "w") ? O_WRONLY : O_RDWR;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%s", words[0]);
	fd = open(path, flags | O_CLOEXEC);
	(void)value;
	return fd < 0 ? errno : close_after(0, fd);
}

/**
 * struct mail - a message with room for descriptors
 * @message: as recvmsg() takes it
 * @part: where its one byte goes
 * @space: where the descriptors go
 * @byte: the byte
 */
struct mail {
	struct msghdr message;
	struct iovec part;
	char space[CMSG_SPACE(PASSED_MANY * sizeof(int))];
	char byte;
};

static void make_mail(struct mail *mail)
{
	memset(mail, 0, sizeof(*mail));
	mail->part.iov_base = &mail->byte;
	mail->part.iov_len = 1;
	mail->message.msg_iov = &mail->part;
	mail->message.msg_iovlen = 1;
	mail->message.msg_control = mail->space;
	mail->message.msg_controllen = sizeof(mail->space);
}

static long receive_by_ring(struct mail *mail)
{
	return ring_request(&(struct io_uring_sqe) {
		.opcode = IORING_OP_RECVMSG,
		.fd = PASSED_SOCKET,
		.addr = (uintptr_t)&mail->message,
		.len = 1,
	});
}

/*
 * receive HOW: a message, by recvmsg(), with MSG_PEEK or by io_uring; the value
 * is how many descriptors came, and the first of them is at PASSED_LAST
 */
static int op_receive(char **words, long long *value)
{
	const struct cmsghdr *control;
	struct mail mail;
	size_t i, count = 0;
	long ret;
	int fd;

	make_mail(&mail);
	if (!strcmp(words[0], "ring"))
		ret = receive_by_ring(&mail);
	else
		ret = recvmsg(PASSED_SOCKET, &mail.message, MSG_DONTWAIT |
			      (strcmp(words[0], "peek") ? 0 : MSG_PEEK));
	if (ret < 0)
		return errno;
	control = CMSG_FIRSTHDR(&mail.message);
	if (control)
		count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	for (i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(fd));
		if (!i)
			dup2(fd, PASSED_LAST);
		close(fd);
	}
	*value = count;
	return 0;
}

/* keeper: a child that keeps what is open here; the value is its PID */
static int op_keeper(char **words, long long *value)
{
	pid_t pid = fork();

	(void)words;
	*value = pid;
	if (pid)
		return result(pid);
	close(0);
	close(1);
	for (;;)
		pause();
}

/* drop FD */
static int op_drop(char **words, long long *value)
{
	(void)value;
	return result(close(atoi(words[0])));
}

/* getfd PID FD: another process's descriptor becomes PASSED_LAST */
static int op_getfd(char **words, long long *value)
{
	int pidfd = syscall(SYS_pidfd_open, atoi(words[0]), 0), fd;

	if (pidfd < 0)
		return errno;
	fd = syscall(SYS_pidfd_getfd, pidfd, atoi(words[1]), 0);
	*value = fd;
	close_after(0, pidfd);
	if (fd < 0)
		return errno;
	dup2(fd, PASSED_LAST);
	return close_after(0, fd);
}

/* getfdby PIDFD FD: the same, by a descriptor of the process that is here */
static int op_getfdby(char **words, long long *value)
{
	int fd = syscall(SYS_pidfd_getfd, atoi(words[0]), atoi(words[1]), 0);

	*value = fd;
	return fd < 0 ? errno : close_after(0, fd);
}

/* ringby FD OTHER: close a descriptor by a ring that another task has made */
static int op_ringby(char **words, long long *value)
{
	(void)value;
	return result(ring_request_by(atoi(words[0]), &(struct io_uring_sqe) {
		.opcode = IORING_OP_CLOSE,
		.fd = atoi(words[1]),
	}));
}

static long send_by_ring(int fd)
{
	return ring_request(&(struct io_uring_sqe) {
		.opcode = IORING_OP_SEND,
		.fd = fd,
		.addr = (uintptr_t)"x",
		.len = 1,
		.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL,
	});
}

static long receive_one_by_ring(int fd, char *byte)
{
	return ring_request(&(struct io_uring_sqe) {
		.opcode = IORING_OP_RECV,
		.fd = fd,
		.addr = (uintptr_t)byte,
		.len = 1,
		.msg_flags = MSG_DONTWAIT,
	});
}

/* From a memory file, or through a pipe. */
static long send_from(int fd, const char *how)
{
	int pipes[2], memory;
	long ret;

	if (!strcmp(how, "sendfile")) {
		memory = memfd_create("sent", MFD_CLOEXEC);
		if (memory < 0 || write(memory, "x", 1) != 1)
			return -1;
		lseek(memory, 0, SEEK_SET);
		return close_after(sendfile(fd, memory, NULL, 1), memory);
	}
	if (pipe2(pipes, O_CLOEXEC) || write(pipes[1], "x", 1) != 1)
		return -1;
	ret = splice(pipes[0], NULL, fd, NULL, 1, SPLICE_F_NONBLOCK);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]);
}

static long splice_from(int fd)
{
	int pipes[2];
	long ret;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	ret = splice(fd, NULL, pipes[1], NULL, 1, SPLICE_F_NONBLOCK);
	ret = close_after(ret, pipes[0]);
	return close_after(ret, pipes[1]);
}

/* What is small is copied out by this call, where nothing is mapped. */
static long receive_without_copy(int fd, char *byte)
{
	struct tcp_zerocopy_receive take = {
		.copybuf_address = (uintptr_t)byte,
		.copybuf_len = 1,
	};
	socklen_t size = sizeof(take);

	return getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &take, &size);
}

/* by FD HOW: what can be done by a socket */
static int op_by(char **words, long long *value)
{
	const int fd = atoi(words[0]);
	const char *how = words[1];
	const int zero = 0;
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	(void)value;
	if (!strcmp(how, "send"))
		return result(send(fd, "x", 1, MSG_NOSIGNAL));
	if (!strcmp(how, "write"))
		return result(write(fd, "x", 1));
	if (!strcmp(how, "writev"))
		return result(writev(fd, &part, 1));
	if (!strcmp(how, "sendmsg"))
		return result(sendmsg(fd, &message, MSG_NOSIGNAL));
	if (!strcmp(how, "sendfile") || !strcmp(how, "splice-to"))
		return result(send_from(fd, how));
	if (!strcmp(how, "ring-send"))
		return result(send_by_ring(fd));
	if (!strcmp(how, "recv"))
		return result(recv(fd, &byte, 1, MSG_DONTWAIT));
	if (!strcmp(how, "peek"))
		return result(recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK));
	if (!strcmp(how, "zerocopy"))
		return result(receive_without_copy(fd, &byte));
	if (!strcmp(how, "uncork"))
		return result(setsockopt(fd, IPPROTO_UDP, UDP_CORK, &zero,
					 sizeof(zero)));
	if (!strcmp(how, "read"))
		return result(read(fd, &byte, 1));
	if (!strcmp(how, "readv"))
		return result(readv(fd, &part, 1));
	if (!strcmp(how, "recvmsg"))
		return result(recvmsg(fd, &message, MSG_DONTWAIT));
	if (!strcmp(how, "splice"))
		return result(splice_from(fd));
	if (!strcmp(how, "ring-recv"))
		return result(receive_one_by_ring(fd, &byte));
	if (!strcmp(how, "listen"))
		return result(listen(fd, 1));
	if (!strcmp(how, "accept"))
		return result(accept4(fd, NULL, NULL, SOCK_NONBLOCK));
	return EPROTO_OP;
}

const struct op passed_ops[] = {
	{ "descriptors", 0, op_descriptors },
	{ "on", 2, op_on },
	{ "in", 2, op_in },
	{ "reopen", 2, op_reopen },
	{ "receive", 1, op_receive },
	{ "keeper", 0, op_keeper },
	{ "drop", 1, op_drop },
	{ "getfd", 2, op_getfd },
	{ "getfdby", 2, op_getfdby },
	{ "ringby", 2, op_ringby },
	{ "by", 2, op_by },
	{ NULL, 0, NULL },
};
