// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: a ring of requests that are under way, and stay so until the
 * test has done what it wants to see the end of.
 */

#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "child_ops.h"

#define ENTRIES	64
#define TAGS	128
#define FILES	8

/**
 * struct ring - the one ring
 * @fd: its descriptor, 0 while there is none
 * @poller: a thread of the kernel's takes the requests
 * @params: what the kernel said of it
 * @rings: the mapping of both rings
 * @sqes: the mapping of the requests
 */
static struct {
	int fd;
	bool poller;
	struct io_uring_params params;
	uint8_t *rings;
	struct io_uring_sqe *sqes;
} ring;

/**
 * struct tag - a request, by the number that the test gave it
 * @done: it has come back
 * @result: with what
 * @more: and how often before that, where one brings many
 */
static struct {
	bool done;
	int result;
	int more;
} tags[TAGS];

/* Of each request; and memory that is registered, its own or what is mapped. */
static char bytes[TAGS], own[4096], *fixed = own;

static uint32_t *word_at(uint32_t offset)
{
	return (uint32_t *)(ring.rings + offset);
}

static void *map_ring(size_t size, off_t at)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, ring.fd, at);
}

/* ring-open plain|poller */
static int op_ring_open(char **words, long long *value)
{
	struct io_uring_params *p = &ring.params;
	size_t sq, cq;

	(void)value;
	memset(&ring, 0, sizeof(ring));
	memset(tags, 0, sizeof(tags));
	ring.poller = !strcmp(words[0], "poller");
	if (ring.poller) {
		p->flags = IORING_SETUP_SQPOLL;
		p->sq_thread_idle = 1000;
	}
	ring.fd = syscall(SYS_io_uring_setup, ENTRIES, p);
	if (ring.fd < 0)
		return errno;
	sq = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	cq = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	ring.rings = map_ring(sq > cq ? sq : cq, IORING_OFF_SQ_RING);
	ring.sqes = map_ring(p->sq_entries * sizeof(*ring.sqes),
			     IORING_OFF_SQES);
	return ring.rings == MAP_FAILED || (void *)ring.sqes == MAP_FAILED ?
	       errno : 0;
}

/* The kernel sees all of them at once, or it would take a chain for its parts. */
static void push(const struct io_uring_sqe *sqes, uint32_t count)
{
	uint32_t *tail = word_at(ring.params.sq_off.tail), i;

	for (i = 0; i < count; i++) {
		uint32_t at = (*tail + i) % ring.params.sq_entries;

		ring.sqes[at] = sqes[i];
		word_at(ring.params.sq_off.array)[at] = at;
	}
	__atomic_store_n(tail, *tail + count, __ATOMIC_RELEASE);
}

static bool are_taken(void)
{
	return __atomic_load_n(word_at(ring.params.sq_off.head),
			       __ATOMIC_ACQUIRE) ==
	       *word_at(ring.params.sq_off.tail);
}

/* Return: 0 or a positive errno, once the kernel has taken all requests. */
static int submit(int count)
{
	unsigned int flags = ring.poller ? IORING_ENTER_SQ_WAKEUP : 0;

	if (syscall(SYS_io_uring_enter, ring.fd, count, 0, flags, NULL, 0) < 0)
		return errno;
	while (ring.poller && !are_taken())
		syscall(SYS_io_uring_enter, ring.fd, 0, 0, flags, NULL, 0);
	return 0;
}

static const struct {
	const char *name;
	uint8_t opcode;
	uint8_t flags;
} requests[] = {
	{ "read", IORING_OP_READ, 0 },
	{ "read-async", IORING_OP_READ, IOSQE_ASYNC },
	{ "read-file", IORING_OP_READ, IOSQE_FIXED_FILE },
	{ "read-buffer", IORING_OP_READ_FIXED, 0 },
	{ "write", IORING_OP_WRITE, 0 },
	{ "write-file", IORING_OP_WRITE, IOSQE_FIXED_FILE },
	{ "write-buffer", IORING_OP_WRITE_FIXED, 0 },
	{ "recv", IORING_OP_RECV, 0 },
	{ "recv-async", IORING_OP_RECV, IOSQE_ASYNC },
	{ "recv-file", IORING_OP_RECV, IOSQE_FIXED_FILE },
	{ "send", IORING_OP_SEND, 0 },
	{ "accept", IORING_OP_ACCEPT, 0 },
	{ "accept-many", IORING_OP_ACCEPT, 0 },
	{ "poll", IORING_OP_POLL_ADD, 0 },
	{ "open", IORING_OP_OPENAT, 0 },
	{ "fsync", IORING_OP_FSYNC, 0 },
};

static bool prepare(struct io_uring_sqe *sqe, int tag, const char *what,
		    int fd)
{
	size_t i = 0;

	while (i < sizeof(requests) / sizeof(requests[0]) &&
	       strcmp(requests[i].name, what))
		i++;
	if (i == sizeof(requests) / sizeof(requests[0]))
		return false;
	*sqe = (struct io_uring_sqe) {
		.opcode = requests[i].opcode,
		.flags = requests[i].flags,
		.fd = fd,
		.user_data = tag,
	};
	switch (sqe->opcode) {
	case IORING_OP_POLL_ADD:
		sqe->poll32_events = POLLIN;
		break;
	case IORING_OP_ACCEPT:
		if (!strcmp(what, "accept-many"))
			sqe->ioprio = IORING_ACCEPT_MULTISHOT;
		break;
	case IORING_OP_READ_FIXED:
	case IORING_OP_WRITE_FIXED:
		sqe->addr = (uintptr_t)fixed;
		sqe->len = 1;
		break;
	case IORING_OP_FSYNC:
		break;
	default:
		sqe->addr = (uintptr_t)&bytes[tag];
		sqe->len = 1;
	}
	tags[tag].done = false;
	tags[tag].more = 0;
	return true;
}

/* arm TAG REQUEST FD */
static int op_arm(char **words, long long *value)
{
	struct io_uring_sqe sqe;

	(void)value;
	if (!prepare(&sqe, atoi(words[0]) % TAGS, words[1], atoi(words[2])))
		return EPROTO_OP;
	push(&sqe, 1);
	return submit(1);
}

/* arm-open TAG PATH: for reading, in a worker, who may wait for it */
static int op_arm_open(char **words, long long *value)
{
	static char path[256];
	const int tag = atoi(words[0]) % TAGS;
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT,
		.flags = IOSQE_ASYNC,
		.fd = -1,
		.addr = (uintptr_t)path,
		.user_data = tag,
	};

	(void)value;
	snprintf(path, sizeof(path), "%s", words[1]);
	tags[tag].done = false;
	push(&sqe, 1);
	return submit(1);
}

/* arm-connect TAG FD PATH: to a unix socket */
static int op_arm_connect(char **words, long long *value)
{
	static struct sockaddr_un to = { .sun_family = AF_UNIX };
	const int tag = atoi(words[0]) % TAGS;

	(void)value;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", words[2]);
	tags[tag].done = false;
	push(&(struct io_uring_sqe) {
		.opcode = IORING_OP_CONNECT,
		.fd = atoi(words[1]),
		.addr = (uintptr_t)&to,
		.off = sizeof(to),
		.user_data = tag,
	}, 1);
	return submit(1);
}

/* arm-after TAG REQUEST FD GATE: once there is a byte to be read from GATE */
static int op_arm_after(char **words, long long *value)
{
	const int tag = atoi(words[0]) % TAGS;
	struct io_uring_sqe chain[2];

	(void)value;
	if (!prepare(&chain[0], TAGS - 1, "read", atoi(words[3])) ||
	    !prepare(&chain[1], tag, words[1], atoi(words[2])))
		return EPROTO_OP;
	chain[0].flags |= IOSQE_IO_LINK;
	push(chain, 2);
	return submit(2);
}

/* arm-late TAG REQUEST FD: once a timer ends, which is left to arm-hurry */
static int op_arm_late(char **words, long long *value)
{
	static struct __kernel_timespec time = { .tv_sec = 100000 };
	struct io_uring_sqe chain[2] = { {
		.opcode = IORING_OP_TIMEOUT,
		.flags = IOSQE_IO_LINK,
		.addr = (uintptr_t)&time,
		.len = 1,
		.timeout_flags = IORING_TIMEOUT_ETIME_SUCCESS,
		.user_data = TAGS - 2,
	} };

	(void)value;
	if (!prepare(&chain[1], atoi(words[0]) % TAGS, words[1],
		     atoi(words[2])))
		return EPROTO_OP;
	push(chain, 2);
	return submit(2);
}

/* arm-hurry: the timer ends now */
static int op_arm_hurry(char **words, long long *value)
{
	static struct __kernel_timespec time = { .tv_nsec = 1 };

	(void)words;
	(void)value;
	push(&(struct io_uring_sqe) {
		.opcode = IORING_OP_TIMEOUT_REMOVE,
		.fd = -1,
		.addr = TAGS - 2,
		.addr2 = (uintptr_t)&time,
		.timeout_flags = IORING_TIMEOUT_UPDATE,
		.user_data = TAGS - 3,
	}, 1);
	return submit(1);
}

static void reap(void)
{
	const struct io_cqring_offsets *cq = &ring.params.cq_off;
	uint32_t *head = word_at(cq->head);
	const uint32_t mask = *word_at(cq->ring_mask);
	const struct io_uring_cqe *cqes = (void *)(ring.rings + cq->cqes);

	while (*head != __atomic_load_n(word_at(cq->tail), __ATOMIC_ACQUIRE)) {
		const struct io_uring_cqe *cqe = &cqes[*head & mask];
		const int tag = cqe->user_data % TAGS;

		tags[tag].result = cqe->res;
		tags[tag].more++;
		tags[tag].done = !(cqe->flags & IORING_CQE_F_MORE);
		__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	}
}

static int wait_for_one(int ms)
{
	struct __kernel_timespec time = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};
	struct io_uring_getevents_arg arg = { .ts = (uintptr_t)&time };

	if (syscall(SYS_io_uring_enter, ring.fd, 0, 1, IORING_ENTER_GETEVENTS |
		    IORING_ENTER_EXT_ARG, &arg, sizeof(arg)) < 0)
		return errno;
	return 0;
}

/* fired TAG MS: what it gave, ETIMEDOUT when it is still under way */
static int op_fired(char **words, long long *value)
{
	const int tag = atoi(words[0]) % TAGS;
	int error = 0;

	reap();
	while (!tags[tag].done) {
		if (error && error != EINTR)
			return error == ETIME ? ETIMEDOUT : error;
		error = wait_for_one(atoi(words[1]));
		reap();
	}
	*value = tags[tag].result;
	return tags[tag].result < 0 ? -tags[tag].result : 0;
}

/* under-way TAG: 0, or EALREADY and what it gave; nothing is waited for */
static int op_under_way(char **words, long long *value)
{
	const int tag = atoi(words[0]) % TAGS;

	syscall(SYS_io_uring_enter, ring.fd, 0, 0, IORING_ENTER_GETEVENTS, NULL,
		0);
	reap();
	*value = tags[tag].result;
	return tags[tag].done ? EALREADY : 0;
}

/* ring-files FD FD: as registered files 0 and 1 */
static int op_ring_files(char **words, long long *value)
{
	const int fds[] = { atoi(words[0]), atoi(words[1]) };

	(void)value;
	return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES,
		       fds, 2) < 0 ? errno : 0;
}

/* ring-buffer: memory of its own, for read-buffer and write-buffer */
static int op_ring_buffer(char **words, long long *value)
{
	struct iovec part = { own, sizeof(own) };

	(void)words;
	(void)value;
	fixed = own;
	return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS,
		       &part, 1) < 0 ? errno : 0;
}

/* ring-map SLOT: the first page of a mapping, in the same way */
static int op_ring_map(char **words, long long *value)
{
	struct iovec part = { child_map_at(words[0]), 4096 };

	(void)value;
	fixed = part.iov_base;
	return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_BUFFERS,
		       &part, 1) < 0 ? errno : 0;
}

static int op_ring_close(char **words, long long *value)
{
	(void)words;
	(void)value;
	return close(ring.fd) ? errno : 0;
}

const struct op armed_ops[] = {
	{ "ring-open", 1, op_ring_open },
	{ "ring-files", 2, op_ring_files },
	{ "ring-buffer", 0, op_ring_buffer },
	{ "ring-map", 1, op_ring_map },
	{ "ring-close", 0, op_ring_close },
	{ "arm", 3, op_arm },
	{ "arm-open", 2, op_arm_open },
	{ "arm-connect", 3, op_arm_connect },
	{ "arm-after", 4, op_arm_after },
	{ "arm-late", 3, op_arm_late },
	{ "arm-hurry", 0, op_arm_hurry },
	{ "fired", 2, op_fired },
	{ "under-way", 1, op_under_way },
	{ NULL, 0, NULL },
};
