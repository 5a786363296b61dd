// SPDX-License-Identifier: GPL-2.0
/* agent_child: the descriptors, numbers and addresses that probes name. */

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "child_roads.h"
#include "tests.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

char road_buf[4096] __attribute__((aligned(4096)));

static const struct {
	const char *name;
	const char *path;
	int flags;
} files[] = {
	{ "file", BASE "/allowed/a", O_RDWR },
	{ "ro", BASE "/allowed/b", O_RDONLY },
	{ "half", BASE "/half/x", O_RDONLY },
	{ "dir", BASE "/allowed", O_RDONLY | O_DIRECTORY },
	{ "path", BASE "/allowed/a", O_PATH },
	{ "run", BASE "/allowed/bin/run", O_RDONLY },
	{ "true", "/usr/bin/true", O_RDONLY },
	{ "null", "/dev/null", O_RDWR },
};

static const struct {
	const char *name;
	int family;
	int type;
	int protocol;
} sockets[] = {
	{ "tcp", AF_INET, SOCK_STREAM, 0 },
	{ "udp", AF_INET, SOCK_DGRAM, 0 },
	{ "udp6", AF_INET6, SOCK_DGRAM, 0 },
	{ "unix", AF_UNIX, SOCK_STREAM, 0 },
	{ "netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
};

static const struct {
	const char *name;
	long value;
} numbers[] = {
	{ "stolen", ROADS_STOLEN },
	{ "stolendir", ROADS_STOLEN_DIR },
	{ "otherudp", ROADS_OTHER_UDP },
	{ "othertcp", ROADS_OTHER_TCP },
	{ "pidfdo", ROADS_OTHER_PIDFD },
	{ "cwd", AT_FDCWD },
	{ "pid1", 1 },
	{ "kthread", 2 },
	{ "buf", (long)road_buf },
};

/* Of an opcode: as whom, and in which task it is done. */
#define PERSONALITY	0x100
#define ASYNC		0x200
#define SQPOLL		0x400

#define CONSTANT(name) { #name, name }
static const struct {
	const char *name;
	long value;
} constants[] = {
	CONSTANT(AF_ALG), CONSTANT(AF_INET), CONSTANT(AF_INET6),
	CONSTANT(AF_NETLINK), CONSTANT(AF_PACKET), CONSTANT(AF_UNIX),
	CONSTANT(AF_VSOCK), CONSTANT(ASYNC), CONSTANT(AT_EMPTY_PATH),
	CONSTANT(BLKGETSIZE), CONSTANT(CLOCK_BOOTTIME_ALARM),
	CONSTANT(CLOCK_MONOTONIC), CONSTANT(CLOCK_REALTIME),
	CONSTANT(CLONE_NEWCGROUP), CONSTANT(CLONE_NEWIPC),
	CONSTANT(CLONE_NEWNET), CONSTANT(CLONE_NEWNS), CONSTANT(CLONE_NEWPID),
	CONSTANT(CLONE_NEWTIME), CONSTANT(CLONE_NEWUSER),
	CONSTANT(CLONE_NEWUTS), CONSTANT(CLONE_PARENT), CONSTANT(F_GETFL),
	CONSTANT(F_NOTIFY), CONSTANT(F_OK), CONSTANT(F_SETFL),
	CONSTANT(F_SETLK), CONSTANT(F_SETOWN), CONSTANT(F_SETSIG),
	CONSTANT(FIBMAP), CONSTANT(FIFREEZE), CONSTANT(FIONREAD),
	CONSTANT(FS_IOC_GETFLAGS), CONSTANT(FS_IOC_SETFLAGS),
	CONSTANT(IORING_OP_ACCEPT), CONSTANT(IORING_OP_BIND),
	CONSTANT(IORING_OP_CONNECT), CONSTANT(IORING_OP_FALLOCATE),
	CONSTANT(IORING_OP_FGETXATTR), CONSTANT(IORING_OP_FTRUNCATE),
	CONSTANT(IORING_OP_LINKAT), CONSTANT(IORING_OP_LISTEN),
	CONSTANT(IORING_OP_MKDIRAT), CONSTANT(IORING_OP_NOP),
	CONSTANT(IORING_OP_OPENAT), CONSTANT(IORING_OP_READ),
	CONSTANT(IORING_OP_RECV), CONSTANT(IORING_OP_RENAMEAT),
	CONSTANT(IORING_OP_SENDMSG), CONSTANT(IORING_OP_SOCKET),
	CONSTANT(IORING_OP_STATX), CONSTANT(IORING_OP_SYMLINKAT),
	CONSTANT(IORING_OP_UNLINKAT), CONSTANT(IORING_OP_URING_CMD),
	CONSTANT(IORING_OP_WRITE), CONSTANT(IORING_REGISTER_FILES),
	CONSTANT(IORING_REGISTER_PERSONALITY), CONSTANT(IPC_CREAT),
	CONSTANT(LOCK_NB), CONSTANT(LOCK_SH), CONSTANT(MADV_DONTNEED),
	CONSTANT(MADV_HWPOISON), CONSTANT(MAP_ANONYMOUS), CONSTANT(MAP_FIXED),
	CONSTANT(MAP_PRIVATE),
	CONSTANT(MAP_SHARED), CONSTANT(MSG_DONTWAIT), CONSTANT(NETLINK_GENERIC),
	CONSTANT(NETLINK_ROUTE), CONSTANT(O_ASYNC), CONSTANT(O_CREAT),
	CONSTANT(O_PATH), CONSTANT(O_RDONLY), CONSTANT(O_RDWR),
	CONSTANT(O_TMPFILE), CONSTANT(O_WRONLY), CONSTANT(PERSONALITY),
	CONSTANT(PROT_EXEC), CONSTANT(PROT_READ), CONSTANT(PROT_WRITE),
	CONSTANT(PTRACE_SEIZE), CONSTANT(PTRACE_TRACEME), CONSTANT(R_OK),
	CONSTANT(READ_IMPLIES_EXEC), CONSTANT(S_IFBLK), CONSTANT(S_IFCHR),
	CONSTANT(S_IFIFO), CONSTANT(S_IFREG), CONSTANT(SIOCADDRT),
	CONSTANT(SIOCGIFFLAGS), CONSTANT(SIOCSIFMTU), CONSTANT(SO_KEEPALIVE), CONSTANT(SO_ZEROCOPY),
	CONSTANT(SO_MARK), CONSTANT(SO_RCVBUFFORCE), CONSTANT(SOCK_DGRAM),
	CONSTANT(SOCK_RAW), CONSTANT(SOCK_SEQPACKET), CONSTANT(SOCK_STREAM),
	CONSTANT(SOL_SOCKET), CONSTANT(SQPOLL), CONSTANT(TCGETS),
	CONSTANT(TIOCSTI), CONSTANT(W_OK),
};

static bool is_name(const char *name, size_t size, const char *of)
{
	return strlen(of) == size && !memcmp(name, of, size);
}

bool road_constant(const char *name, size_t size, long *ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(constants); i++) {
		if (!is_name(name, size, constants[i].name))
			continue;
		*ret = constants[i].value;
		return true;
	}
	return false;
}

/* Each end says where the other is, and the first has something to read. */
static long make_pipe(int end)
{
	static int ends[2];

	if (!ends[1] && (pipe(ends) || write(ends[1], "0123456789", 10) != 10))
		return -1;
	return ends[end];
}

static long make_pair(int end)
{
	static int ends[2];

	if (!ends[1] && (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ||
			 write(ends[1], "0123456789", 10) != 10))
		return -1;
	return ends[end];
}

static long make_page(void)
{
	void *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	/* One page of two, so that the next is free to grow into. */
	if (page != MAP_FAILED)
		munmap((char *)page + 4096, 4096);
	return (long)page;
}

static long pidfd_of(pid_t pid)
{
	return syscall(SYS_pidfd_open, pid, 0);
}

static long make_ring(void)
{
	struct io_uring_params params = { .flags = 0 };

	return syscall(SYS_io_uring_setup, 4, &params);
}

/* In the middle of this program's own code. */
static long text_address(void)
{
	return (long)road_thing & ~15L;
}

static const struct {
	const char *name;
	long (*make)(int arg);
	int arg;
} things[] = {
	{ "pipe", make_pipe, 0 },
	{ "pipew", make_pipe, 1 },
	{ "sock", make_pair, 0 },
	{ "peer", make_pair, 1 },
};

static bool make_plain(const char *name, size_t size, long *ret)
{
	if (is_name(name, size, "memfd"))
		*ret = memfd_create("roads", 0);
	else if (is_name(name, size, "timer"))
		*ret = timerfd_create(CLOCK_MONOTONIC, 0);
	else if (is_name(name, size, "epoll"))
		*ret = epoll_create1(0);
	else if (is_name(name, size, "inotify"))
		*ret = inotify_init1(0);
	else if (is_name(name, size, "ring"))
		*ret = make_ring();
	else if (is_name(name, size, "pidfd"))
		*ret = pidfd_of(getpid());
	else if (is_name(name, size, "self"))
		*ret = getpid();
	else if (is_name(name, size, "child"))
		*ret = getppid();
	else if (is_name(name, size, "other"))
		*ret = road_spawner;
	else if (is_name(name, size, "page"))
		*ret = make_page();
	else if (is_name(name, size, "text"))
		*ret = text_address();
	else if (is_name(name, size, "brk"))
		*ret = (long)sbrk(0);
	else if (is_name(name, size, "val"))
		memcpy(ret, road_buf, sizeof(*ret));
	else
		return false;
	return true;
}

static bool make(const char *name, size_t size, long *ret)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		*ret = numbers[i].value;
		if (is_name(name, size, numbers[i].name))
			return true;
	}
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (!is_name(name, size, files[i].name))
			continue;
		*ret = open(files[i].path, files[i].flags);
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(sockets); i++) {
		if (!is_name(name, size, sockets[i].name))
			continue;
		*ret = socket(sockets[i].family, sockets[i].type,
			      sockets[i].protocol);
		return true;
	}
	for (i = 0; i < ARRAY_SIZE(things); i++) {
		if (!is_name(name, size, things[i].name))
			continue;
		*ret = things[i].make(things[i].arg);
		return true;
	}
	return make_plain(name, size, ret);
}

bool road_thing(const char *name, size_t size, long *ret)
{
	static struct {
		const char *name;
		size_t size;
		long value;
	} made[16];
	static size_t count;
	size_t i;

	for (i = 0; i < count; i++) {
		*ret = made[i].value;
		if (made[i].size == size && !memcmp(made[i].name, name, size))
			return true;
	}
	if (count == ARRAY_SIZE(made) || !make(name, size, ret) || *ret == -1)
		return false;
	/* The buffer's first bytes may be others by then. */
	if (is_name(name, size, "val"))
		return true;
	made[count].name = name;
	made[count].size = size;
	made[count++].value = *ret;
	return true;
}

static void fill(struct io_uring_sqe *sqe, const long args[6])
{
	*sqe = (struct io_uring_sqe) {
		.opcode = args[0],
		.flags = args[0] & ASYNC ? IOSQE_ASYNC : 0,
		.fd = args[1],
		.addr = args[2],
		.len = args[3],
		.off = args[4],
		.rw_flags = args[5],
	};
}

long road_ring(const long args[6])
{
	struct io_uring_params params = {
		.flags = args[0] & SQPOLL ? IORING_SETUP_SQPOLL : 0,
	};
	int fd = syscall(SYS_io_uring_setup, 4, &params);
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqe;
	char *ring;

	if (fd < 0)
		return -errno;
	ring = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
	sqes = mmap(NULL, params.sq_entries * sizeof(*sqes),
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		    IORING_OFF_SQES);
	if (ring == MAP_FAILED || sqes == MAP_FAILED)
		return -errno;
	fill(sqes, args);
	if (args[0] & PERSONALITY)
		sqes->personality = syscall(SYS_io_uring_register, fd,
					    IORING_REGISTER_PERSONALITY, NULL,
					    0);
	((uint32_t *)(ring + params.sq_off.array))[0] = 0;
	__atomic_store_n((uint32_t *)(ring + params.sq_off.tail), 1,
			 __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS |
		    IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0)
		return -errno;
	cqe = (void *)(ring + params.cq_off.cqes);
	return cqe->res;
}
