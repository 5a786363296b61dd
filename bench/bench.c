// SPDX-License-Identifier: MIT
/*
 * bench: what an operation costs, for whoever runs it
 *
 * usage: bench [--landlock] [--spawn] DIR
 *
 * Prints "operation nanoseconds", one a line: the least mean of some batches,
 * and as operation_mean that of all. Under QEMU's -icount shift=0 a nanosecond
 * is an instruction. DIR is an empty directory in which files are made for it,
 * or which an earlier run has filled.
 *
 * --landlock	sandbox this program first, with the rules of bench.yaml
 * --spawn	measure agent_spawn() too; needs the capability
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <coconut.h>

#define PORT 9099
#define CHILD "/usr/lib/coconut/bench/nothing"

static char d3[256], d10[512], denied[256];
static int open_fd, listen_fd;
static struct coconut_spawn_options spawn_options = COCONUT_SPAWN_OPTIONS_INIT;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/*
 * Twice the same runs: the least mean of some batches, which no timer tick and
 * no other task fell into, and the mean of all, with whatever else the machine
 * had to do meanwhile: for an agent that is sealing its rows and writing them.
 */
static void measure(const char *name, void (*run)(void), unsigned int batches,
		    unsigned int per_batch)
{
	unsigned int i, batch;
	uint64_t start, took, all = 0, least = UINT64_MAX;

	for (batch = 0; batch <= batches; batch++) {
		start = now();
		for (i = 0; i < per_batch; i++)
			run();
		took = now() - start;
		/* The first batch warms the caches. */
		if (batch && took < least)
			least = took;
		all += batch ? took : 0;
	}
	printf("%s %llu\n", name, (unsigned long long)(least / per_batch));
	printf("%s_mean %llu\n", name,
	       (unsigned long long)(all / batches / per_batch));
	fflush(stdout);
}

static void open_close(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	close(fd);
}

static void run_open_d3(void)
{
	open_close(d3);
}

static void run_open_d10(void)
{
	open_close(d10);
}

static void stat_path(const char *path)
{
	struct stat buf;

	if (stat(path, &buf))
		err(1, "%s", path);
}

static void run_stat_d3(void)
{
	stat_path(d3);
}

static void run_stat_d10(void)
{
	stat_path(d10);
}

static void run_pread1(void)
{
	char byte;

	if (pread(open_fd, &byte, 1, 0) != 1)
		err(1, "pread");
}

static void run_getppid(void)
{
	syscall(SYS_getppid);
}

static void run_deny_d2(void)
{
	int fd = open(denied, O_RDONLY);

	if (fd >= 0)
		close(fd);
}

static void run_connect(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct linger now_linger = { .l_onoff = 1 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(1, "connect");
	/* Reset, so that no TIME_WAIT is left of a thousand runs. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now_linger, sizeof(now_linger));
	close(fd);
	close(accept(listen_fd, NULL, NULL));
}

static void run_forkexec(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl(CHILD, CHILD, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "forkexec: status %d", status);
}

static void run_spawn(void)
{
	struct coconut_spawned spawned;
	struct coconut_error error;
	int status;

	if (coconut_spawn(&spawn_options, &spawned, &error))
		errx(1, "spawn: %s", error.message);
	if (waitpid(spawned.pid, &status, 0) != spawned.pid || status)
		errx(1, "spawn: status %d", status);
	close(spawned.pidfd);
}

static void run_present(void)
{
	static uint8_t *cbor;
	static size_t size;
	struct agent_cap_present_args args = { .aid = AGENT_AID_SELF };
	struct coconut_cap cap;

	if (!cbor && (coconut_cap_parse("fs.read /tmp", &cap, NULL) ||
		      coconut_cap_encode(&cap, &cbor, &size, NULL)))
		errx(1, "capability");
	args.cap = (uintptr_t)cbor;
	args.cap_size = size;
	coconut_cap_present(&args);
}

static void make_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		fd = open(path, O_WRONLY | O_CREAT, 0644);
	else {
		close(fd);
		return;
	}
	if (fd < 0 || write(fd, "x", 1) != 1)
		err(1, "%s", path);
	close(fd);
}

/* DIR is /tmp/bench: with the file in it, three components; and ten. */
static void make_files(const char *dir)
{
	size_t length = snprintf(d10, sizeof(d10) - 64, "%s", dir);
	int depth;

	if (mkdir(dir, 0777) && errno != EEXIST)
		err(1, "%s", dir);
	snprintf(d3, sizeof(d3), "%s/file", dir);
	make_file(d3);
	for (depth = 3; depth < 10; depth++) {
		length += snprintf(d10 + length, 16, "/d%d", depth);
		if (mkdir(d10, 0777) && errno != EEXIST)
			err(1, "%s", d10);
	}
	strcpy(d10 + length, "/file");
	make_file(d10);
	strcpy(denied, "/etc/hostname");
}

static void allow_path(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (rule.parent_fd < 0 || syscall(SYS_landlock_add_rule, ruleset,
					  LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		err(1, "landlock %s", path);
	close(rule.parent_fd);
}

static void enter_landlock(const char *dir)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_IOCTL_DEV << 1) - 1,
		.handled_access_net = LANDLOCK_ACCESS_NET_CONNECT_TCP |
				      LANDLOCK_ACCESS_NET_BIND_TCP,
	};
	struct landlock_net_port_attr port = {
		.allowed_access = LANDLOCK_ACCESS_NET_CONNECT_TCP |
				  LANDLOCK_ACCESS_NET_BIND_TCP,
		.port = PORT,
	};
	uint64_t read =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	int ruleset =
		syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (ruleset < 0)
		err(1, "landlock");
	allow_path(ruleset, dir, read);
	allow_path(ruleset, "/usr", read | LANDLOCK_ACCESS_FS_EXECUTE);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_NET_PORT,
		    &port, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0))
		err(1, "landlock");
	close(ruleset);
}

static void listen_on_loopback(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;

	listen_fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listen_fd, (struct sockaddr *)&at, sizeof(at)) ||
	    listen(listen_fd, 64))
		err(1, "listen");
}

static void load_child(void)
{
	uint8_t *manifest, *signature;
	struct coconut_error error;

	if (coconut_file_read("/etc/coconut/manifests/bench-child.manifest",
			      AGENT_MANIFEST_MAX, &manifest,
			      &spawn_options.manifest_size, &error) ||
	    coconut_file_read("/etc/coconut/manifests/bench-child.sig",
			      AGENT_SIGNATURE_MAX, &signature,
			      &spawn_options.signature_size, &error))
		errx(1, "%s", error.message);
	spawn_options.manifest = manifest;
	spawn_options.signature = signature;
}

int main(int argc, char **argv)
{
	bool landlock = false, spawn = false;
	uint64_t started = __rdtsc();
	int i;

	for (i = 1; i < argc - 1; i++) {
		landlock |= !strcmp(argv[i], "--landlock");
		spawn |= !strcmp(argv[i], "--spawn");
	}
	if (argc < 2 || argv[argc - 1][0] != '/') {
		fprintf(stderr, "usage: bench [--landlock] [--spawn] DIR\n");
		return 2;
	}
	/* With icount the counter starts at power-on, one tick an instruction. */
	printf("started_ms %llu\n", (unsigned long long)(started / 1000000));
	make_files(argv[argc - 1]);
	if (landlock)
		enter_landlock(argv[argc - 1]);
	listen_on_loopback();
	open_fd = open(d3, O_RDONLY);

	measure("getppid", run_getppid, 25, 80);
	measure("open_d3", run_open_d3, 25, 80);
	measure("open_d10", run_open_d10, 25, 80);
	measure("stat_d3", run_stat_d3, 25, 80);
	measure("stat_d10", run_stat_d10, 25, 80);
	measure("pread1", run_pread1, 25, 80);
	measure("deny_d2", run_deny_d2, 25, 20);
	measure("connect", run_connect, 200, 1);
	measure("forkexec", run_forkexec, 100, 1);
	if (spawn) {
		load_child();
		measure("present", run_present, 25, 20);
		measure("spawn", run_spawn, 25, 1);
	}
	return 0;
}
