// SPDX-License-Identifier: MIT
/*
 * linux-audit: Linux's own audit of opens, for comparison
 *
 * usage: linux-audit FILE
 *
 * Sets the rule "-a always,exit -S open,openat", takes the place of the audit
 * daemon, and writes what the kernel sends to FILE as that does, one record a
 * line, but cheaper: many lines with one write, and none of them synced. Returns
 * once that is so, and goes on in the background until it is ended by SIGTERM;
 * then it tells how many records the kernel has dropped.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BACKLOG 8192
#define RECORD_MAX 8970 /* as libaudit has it */
#define LINES (64 * 1024)

union message {
	struct nlmsghdr head;
	char bytes[NLMSG_HDRLEN + RECORD_MAX];
};

static int audit_fd, file_fd;
static char lines[LINES];
static size_t filled;
static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static void flush_lines(void)
{
	if (filled && write(file_fd, lines, filled) != (ssize_t)filled)
		err(1, "write");
	filled = 0;
}

static const char *type_name(unsigned int type)
{
	switch (type) {
	case AUDIT_SYSCALL:
		return "SYSCALL";
	case AUDIT_CWD:
		return "CWD";
	case AUDIT_PATH:
		return "PATH";
	case AUDIT_PROCTITLE:
		return "PROCTITLE";
	case AUDIT_CONFIG_CHANGE:
		return "CONFIG_CHANGE";
	default:
		return "OTHER";
	}
}

/* The end of an event is told, too; the daemon doesn't write it down. */
static void write_record(const union message *message)
{
	int size = (int)(message->head.nlmsg_len - NLMSG_HDRLEN);

	if (message->head.nlmsg_type == AUDIT_EOE ||
	    message->head.nlmsg_type < AUDIT_FIRST_USER_MSG)
		return;
	if (filled + (size_t)size + 64 > LINES)
		flush_lines();
	filled += (size_t)snprintf(lines + filled, LINES - filled,
				   "type=%s msg=%.*s\n",
				   type_name(message->head.nlmsg_type), size,
				   (const char *)NLMSG_DATA(&message->head));
}

static bool receive(union message *message, int flags)
{
	ssize_t size = recv(audit_fd, message, sizeof(*message), flags);

	if (size < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
		err(1, "recv");
	/* The length in the kernel's header is without that header. */
	if (size >= NLMSG_HDRLEN)
		message->head.nlmsg_len = (unsigned int)size;
	return size >= NLMSG_HDRLEN;
}

static void ask(unsigned int type, const void *data, size_t size)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	union message message = {
		.head.nlmsg_len = (unsigned int)NLMSG_LENGTH(size),
		.head.nlmsg_type = (unsigned short)type,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
	};

	memcpy(NLMSG_DATA(&message.head), data, size);
	if (sendto(audit_fd, &message, message.head.nlmsg_len, 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		err(1, "sendto");
}

/* What the kernel answers, and meanwhile what it records. */
static void await(unsigned int type, union message *message)
{
	while (!receive(message, 0) || message->head.nlmsg_type != type)
		write_record(message);
}

static void command(unsigned int type, const void *data, size_t size)
{
	const struct nlmsgerr *answer;
	union message message;

	ask(type, data, size);
	await(NLMSG_ERROR, &message);
	answer = NLMSG_DATA(&message.head);
	if (answer->error) {
		errno = -answer->error;
		err(1, "audit request %u", type);
	}
}

static void add_rule(void)
{
	static const unsigned int calls[] = { SYS_open, SYS_openat };
	struct audit_rule_data rule = {
		.flags = AUDIT_FILTER_EXIT,
		.action = AUDIT_ALWAYS,
	};
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		rule.mask[AUDIT_WORD(calls[i])] |= AUDIT_BIT(calls[i]);
	command(AUDIT_ADD_RULE, &rule, sizeof(rule));
}

static void begin(void)
{
	struct audit_status status = {
		.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID |
			AUDIT_STATUS_BACKLOG_LIMIT,
		.enabled = 1,
		.pid = (unsigned int)getpid(),
		.backlog_limit = BACKLOG,
	};

	audit_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (audit_fd < 0)
		err(1, "socket");
	command(AUDIT_SET, &status, sizeof(status));
	add_rule();
}

static void drain(void)
{
	union message message;

	while (!ended) {
		if (receive(&message, MSG_DONTWAIT)) {
			write_record(&message);
			continue;
		}
		flush_lines();
		if (receive(&message, 0))
			write_record(&message);
	}
	flush_lines();
}

static void tell_lost(void)
{
	const struct audit_status *status;
	union message message;

	ask(AUDIT_GET, "", 0);
	await(AUDIT_GET, &message);
	status = NLMSG_DATA(&message.head);
	printf("lost %u\n", status->lost);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = end };
	int ready[2];
	char byte;

	if (argc != 2)
		errx(2, "usage: linux-audit FILE");
	file_fd =
		open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (file_fd < 0 || pipe(ready))
		err(1, "%s", argv[1]);
	if (fork()) {
		close(ready[1]);
		return read(ready[0], &byte, 1) == 1 ? 0 : 1;
	}
	sigaction(SIGTERM, &action, NULL);
	begin();
	if (write(ready[1], "", 1) != 1)
		err(1, "pipe");
	close(ready[0]);
	close(ready[1]);
	drain();
	tell_lost();
	return 0;
}
