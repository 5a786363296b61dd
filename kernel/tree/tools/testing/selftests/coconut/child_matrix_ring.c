// SPDX-License-Identifier: GPL-2.0
/*
 * agent_child: the calls of the bypass matrix, by io_uring.
 *
 * A ring for each request, made by hand: which ring it is, matrix_how says.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/stat.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "child_matrix.h"

/**
 * struct ring - one io_uring
 * @fd: its descriptor
 * @params: what the kernel said of it
 * @rings: the mapping of both rings
 * @size: of @rings
 * @sqes: the mapping of the requests
 */
struct ring {
	int fd;
	struct io_uring_params params;
	uint8_t *rings;
	size_t size;
	struct io_uring_sqe *sqes;
};

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void *map_ring(int fd, size_t size, off_t at)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, at);
}

static int ring_map(struct ring *ring)
{
	const struct io_uring_params *p = &ring->params;

	ring->size = max(p->sq_off.array + p->sq_entries * sizeof(uint32_t),
			 p->cq_off.cqes +
			 p->cq_entries * sizeof(struct io_uring_cqe));
	ring->rings = map_ring(ring->fd, ring->size, IORING_OFF_SQ_RING);
	ring->sqes = map_ring(ring->fd, p->sq_entries * sizeof(*ring->sqes),
			      IORING_OFF_SQES);
	return ring->rings == MAP_FAILED || (void *)ring->sqes == MAP_FAILED ?
	       -1 : 0;
}

static int ring_open(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	memset(ring, 0, sizeof(*ring));
	if (matrix_how == RING_POLLER) {
		p->flags = IORING_SETUP_SQPOLL;
		p->sq_thread_idle = 1000;
	}
	ring->fd = syscall(SYS_io_uring_setup, 1, p);
	if (ring->fd < 0)
		return -1;
	if (!ring_map(ring))
		return 0;
	return close_after(-1, ring->fd);
}

static void ring_close(struct ring *ring)
{
	munmap(ring->sqes, ring->params.sq_entries * sizeof(*ring->sqes));
	munmap(ring->rings, ring->size);
	close(ring->fd);
}

static uint32_t *word_at(struct ring *ring, uint32_t offset)
{
	return (uint32_t *)(ring->rings + offset);
}

static int ring_wait(struct ring *ring)
{
	const struct io_cqring_offsets *cq = &ring->params.cq_off;
	uint32_t *tail = word_at(ring, cq->tail);
	unsigned int flags = IORING_ENTER_GETEVENTS;

	if (matrix_how == RING_POLLER)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, flags, NULL, 0) < 0)
		return -errno;
	if (!__atomic_load_n(tail, __ATOMIC_ACQUIRE))
		return -ETIME;
	return ((struct io_uring_cqe *)(ring->rings + cq->cqes))->res;
}

static int ring_submit(struct ring *ring, const struct io_uring_sqe *sqe)
{
	ring->sqes[0] = *sqe;
	*word_at(ring, ring->params.sq_off.array) = 0;
	__atomic_store_n(word_at(ring, ring->params.sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	return ring_wait(ring);
}

static int result_of(int res)
{
	if (res >= 0)
		return res;
	errno = -res;
	return -1;
}

/* Return: what the request gave, or -1 and errno. */
static int request(struct io_uring_sqe sqe)
{
	struct ring ring;
	int res;

	if (ring_open(&ring))
		return -1;
	if (matrix_how == RING_WORKER)
		sqe.flags |= IOSQE_ASYNC;
	res = ring_submit(&ring, &sqe);
	ring_close(&ring);
	return result_of(res);
}

/* What its maker was told of a ring, one of ours tells us. */
int ring_request_by(int fd, const struct io_uring_sqe *sqe)
{
	struct ring ring;

	matrix_how = RING_POLLER;
	if (ring_open(&ring))
		return -1;
	ring_close(&ring);
	ring.fd = fd;
	if (ring_map(&ring))
		return -1;
	return result_of(ring_submit(&ring, sqe));
}

int ring_request(const struct io_uring_sqe *sqe)
{
	matrix_how = RING_INLINE;
	return request(*sqe);
}

static uint64_t at(const void *address)
{
	return (uintptr_t)address;
}

static int ring_file(int dir, const char *path, int flags)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_OPENAT,
		.fd = dir,
		.addr = at(path),
		.open_flags = flags | O_CLOEXEC,
		.len = 0644,
	});
}

static long ring_read(int fd, char *byte)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_READ,
		.fd = fd,
		.addr = at(byte),
		.len = 1,
	});
}

static long ring_write(int fd, const char *byte)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_WRITE,
		.fd = fd,
		.addr = at(byte),
		.len = 1,
	});
}

static int ring_stat(int dir, const char *path)
{
	uint8_t st[256];

	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_STATX,
		.fd = dir,
		.addr = at(path),
		.len = STATX_BASIC_STATS,
		.off = at(st),
	});
}

static int ring_truncate(int dir, const char *path)
{
	int fd = ring_file(dir, path, O_WRONLY);

	if (fd < 0)
		return -1;
	return close_after(request((struct io_uring_sqe) {
		.opcode = IORING_OP_FTRUNCATE,
		.fd = fd,
		.off = 1,
	}), fd);
}

static int ring_mkdir(int dir, const char *path)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_MKDIRAT,
		.fd = dir,
		.addr = at(path),
		.len = 0755,
	});
}

static int ring_unlink(int dir, const char *path)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_UNLINKAT,
		.fd = dir,
		.addr = at(path),
	});
}

static int ring_rename(int dir, const char *from, const char *to)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_RENAMEAT,
		.fd = dir,
		.addr = at(from),
		.len = dir,
		.addr2 = at(to),
	});
}

static int ring_link(int dir, const char *from, const char *to)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_LINKAT,
		.fd = dir,
		.addr = at(from),
		.len = dir,
		.addr2 = at(to),
	});
}

static int ring_setxattr(int dir, const char *path)
{
	(void)dir;
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_SETXATTR,
		.addr = at("user.matrix"),
		.addr2 = at("x"),
		.addr3 = at(path),
		.len = 1,
	});
}

static int ring_exec(int dir, const char *path)
{
	int fd = ring_file(dir, path, O_PATH);

	return fd < 0 ? -1 : close_after(run_at(fd, "", AT_EMPTY_PATH), fd);
}

static long ring_list(int fd, void *buf, size_t size)
{
	return syscall(SYS_getdents64, fd, buf, size);
}

static int ring_socket(const struct target *t, int family, int type)
{
	(void)t;
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_SOCKET,
		.fd = family,
		.off = type | SOCK_CLOEXEC,
	});
}

static int ring_connect(int fd, const struct sockaddr *to, socklen_t size)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_CONNECT,
		.fd = fd,
		.addr = at(to),
		.off = size,
	});
}

static long ring_sendto(int fd, const struct sockaddr *to, socklen_t size)
{
	struct iovec part = { "x", 1 };
	struct msghdr message = {
		.msg_name = (void *)to,
		.msg_namelen = size,
		.msg_iov = &part,
		.msg_iovlen = 1,
	};

	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_SENDMSG,
		.fd = fd,
		.addr = at(&message),
		.len = 1,
	});
}

static int ring_bind(int fd, const struct sockaddr *to, socklen_t size)
{
	return request((struct io_uring_sqe) {
		.opcode = IORING_OP_BIND,
		.fd = fd,
		.addr = at(to),
		.addr2 = size,
	});
}

const struct calls ring_calls = {
	.open = ring_file,
	.read = ring_read,
	.write = ring_write,
	.list = ring_list,
	.stat = ring_stat,
	.truncate = ring_truncate,
	.mkdir = ring_mkdir,
	.unlink = ring_unlink,
	.rename = ring_rename,
	.link = ring_link,
	.setxattr = ring_setxattr,
	.exec = ring_exec,
	.socket = ring_socket,
	.connect = ring_connect,
	.sendto = ring_sendto,
	.bind = ring_bind,
};
