/* SPDX-License-Identifier: GPL-2.0 */
/* The bypass matrix in the agent: an operation is written once, in calls. */
#ifndef COCONUT_TEST_CHILD_MATRIX_H
#define COCONUT_TEST_CHILD_MATRIX_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

struct calls;

/**
 * struct target - what an operation is done to, and by what
 * @calls: by these
 * @allowed: on which side
 * @pid: the process to signal
 * @held: a descriptor from the test, or -1
 * @dir: where @path begins
 * @path: the object, as the channel names it; empty is @dir itself
 * @other: the other name, where there are two
 */
struct target {
	const struct calls *calls;
	bool allowed;
	pid_t pid;
	int held;
	int dir;
	char path[256];
	char other[256];
};

/**
 * struct calls - by which calls an operation is done
 *
 * Each gives -1 and errno for an error.  What a set lacks is NULL.
 */
struct calls {
	int (*open)(int dir, const char *path, int flags);
	long (*read)(int fd, char *byte);
	long (*write)(int fd, const char *byte);
	long (*list)(int fd, void *buf, size_t size);
	int (*stat)(int dir, const char *path);
	int (*readlink)(int dir, const char *path);
	int (*truncate)(int dir, const char *path);
	int (*mkdir)(int dir, const char *path);
	int (*unlink)(int dir, const char *path);
	int (*rename)(int dir, const char *from, const char *to);
	int (*link)(int dir, const char *from, const char *to);
	int (*chmod)(int dir, const char *path);
	int (*setxattr)(int dir, const char *path);
	int (*watch)(const char *path);
	int (*exec)(int dir, const char *path);
	int (*socket)(const struct target *t, int family, int type);
	int (*connect)(int fd, const struct sockaddr *to, socklen_t size);
	long (*sendto)(int fd, const struct sockaddr *to, socklen_t size);
	int (*bind)(int fd, const struct sockaddr *to, socklen_t size);
	int (*signal)(const struct target *t);
};

/* By the C library; by number, and the oldest call that does it. */
extern const struct calls libc_calls;
extern const struct calls raw_calls;
/* What can be opened is opened by openat2(). */
extern const struct calls openat2_calls;
extern const struct calls ring_calls;
/* On descriptors that the agent has not opened itself. */
extern const struct calls held_calls;
extern const struct calls aio_calls;
extern const struct calls splice_calls;
extern const struct calls sendfile_calls;
extern const struct calls map_calls;

/* Of the channel in use: RESOLVE_ flags of openat2(), or which ring. */
extern unsigned long matrix_how;

#define RING_INLINE	0
#define RING_WORKER	1	/* in a worker of io_uring */
#define RING_POLLER	2	/* in its thread that polls for requests */

/**
 * struct matrix_op - one operation
 * @name: as the test calls it
 * @leaf: its object's name in the directory, empty for the directory
 * @other: the other name, where there are two
 * @run: does it; gives a positive errno or 0
 */
struct matrix_op {
	const char *name;
	const char *leaf;
	const char *other;
	int (*run)(const struct target *t);
};

/* Ends with an entry without a name. */
extern const struct matrix_op matrix_ops[];

/* close() that leaves errno as it is. Return: @ret. */
int close_after(int ret, int fd);

/* Run a program in a child. Return: 0 when it did, or -1 and errno. */
int run_at(int dir, const char *path, int flags);

/* Do a request of io_uring. Return: what it gave, or -1 and errno. */
struct io_uring_sqe;
int ring_request(const struct io_uring_sqe *sqe);
/* By a fresh ring with a thread that polls, which another task has made. */
int ring_request_by(int fd, const struct io_uring_sqe *sqe);

#endif /* COCONUT_TEST_CHILD_MATRIX_H */
