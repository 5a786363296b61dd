// SPDX-License-Identifier: MIT
/*
 * bench: what an operation costs, for whoever runs it
 *
 * usage: bench --started
 *        bench --setup RULES DIR
 *        bench [--landlock RULES] [--agent] [--suffix NAME] DIR
 *
 * Prints "operation nanoseconds", one a line: the least mean of some batches,
 * as operation_mean that of all, and as operation_batch how many runs a batch
 * has. Under QEMU's -icount shift=0 a nanosecond is an instruction. DIR is a
 * directory of two components, which --setup makes with all that is in it, and
 * with the places of so many rules.
 *
 * --started	print when this program was started, and no more
 * --landlock	sandbox this program first, with so many rules
 * --agent	measure what only an agent can do, too
 * --suffix	only what depends on the rules, as operation_NAME
 */

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <coconut.h>

#include "bench.h"
#include "mark.h"

#define CHILD CHILDREN "/nothing"

static char d3[256], d10[512];
static int open_fd, listen_fd;
static uint8_t *held;
static size_t held_size;
static struct coconut_spawn_options spawn_options = COCONUT_SPAWN_OPTIONS_INIT;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
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
	int fd = open(DENIED, O_RDONLY);

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
	static char *const nothing[] = { NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		/* No environment: its size is not the same for everybody. */
		execle(CHILD, CHILD, NULL, nothing);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		errx(1, "forkexec: status %d", status);
}

static void run_present(void)
{
	struct agent_cap_present_args args = {
		.aid = AGENT_AID_SELF,
		.cap = (uintptr_t)held,
		.cap_size = held_size,
	};

	if (coconut_cap_present(&args))
		err(1, "present");
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

/* Which operations: all of them, or what rules can make dearer. */
#define RULES 1 /* depends on the rules */
#define AGENT 2 /* only for agents */

static const struct operation {
	const char *name;
	void (*run)(void);
	unsigned int batches, per_batch, which;
} operations[] = {
	{ "getppid", run_getppid, 25, 80, 0 },
	{ "open_d3", run_open_d3, 25, 80, RULES },
	{ "open_d10", run_open_d10, 25, 80, RULES },
	{ "stat_d3", run_stat_d3, 25, 80, RULES },
	{ "stat_d10", run_stat_d10, 25, 80, RULES },
	{ "pread1", run_pread1, 25, 80, RULES },
	{ "deny_d2", run_deny_d2, 25, 20, RULES },
	{ "connect", run_connect, 200, 1, RULES },
	{ "forkexec", run_forkexec, 100, 1, 0 },
	{ "present", run_present, 25, 20, RULES | AGENT },
	{ "spawn", run_spawn, 25, 1, AGENT },
};

/*
 * Twice the same runs: the least mean of some batches, which no timer tick and
 * no other task fell into, and the mean of all, with whatever else the machine
 * had to do meanwhile: for an agent that is sealing its rows and writing them.
 */
static void measure(const struct operation *op, const char *suffix)
{
	unsigned int i, batch;
	uint64_t start, took, all = 0, least = UINT64_MAX;

	mark(MARK_OPERATION);
	for (batch = 0; batch <= op->batches; batch++) {
		start = now();
		mark(MARK_BEGIN);
		for (i = 0; i < op->per_batch; i++)
			op->run();
		mark(MARK_END);
		took = now() - start;
		/* The first batch warms the caches. */
		if (batch && took < least)
			least = took;
		all += batch ? took : 0;
	}
	printf("%s%s %llu\n", op->name, suffix,
	       (unsigned long long)(least / op->per_batch));
	printf("%s%s_mean %llu\n", op->name, suffix,
	       (unsigned long long)(all / op->batches / op->per_batch));
	printf("%s%s_batch %u\n", op->name, suffix, op->per_batch);
	fflush(stdout);
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

static void find_files(const char *dir)
{
	snprintf(d3, sizeof(d3), "%s/file", dir);
	snprintf(d10, sizeof(d10), "%s/d3/d4/d5/d6/d7/d8/d9/file", dir);
	open_fd = open(d3, O_RDONLY);
	if (open_fd < 0)
		err(1, "%s", d3);
}

/* A capability that this agent holds, and the smallest agent there is. */
static void prepare_agent(const char *dir)
{
	char manifest_path[256], signature_path[256], text[256];
	uint8_t *manifest, *signature;
	struct coconut_error error;
	struct coconut_cap cap;

	snprintf(text, sizeof(text), "fs.read %s", dir);
	snprintf(manifest_path, sizeof(manifest_path), "%s/child.manifest",
		 dir);
	snprintf(signature_path, sizeof(signature_path), "%s/child.sig", dir);
	if (coconut_cap_parse(text, &cap, &error) ||
	    coconut_cap_encode(&cap, &held, &held_size, &error) ||
	    coconut_file_read(manifest_path, AGENT_MANIFEST_MAX, &manifest,
			      &spawn_options.manifest_size, &error) ||
	    coconut_file_read(signature_path, AGENT_SIGNATURE_MAX, &signature,
			      &spawn_options.signature_size, &error))
		errx(1, "%s", error.message);
	spawn_options.manifest = manifest;
	spawn_options.signature = signature;
}

/* How many rows this agent's denials and uses have become. */
static void print_rows(void)
{
	struct agent_attestation attestation;
	struct agent_attest_args args = {
		.aid = AGENT_AID_SELF,
		.buf = (uintptr_t)&attestation,
		.buf_size = sizeof(attestation),
	};

	if (coconut_agent_attest(&args) < 0)
		err(1, "attest");
	printf("rows %llu\n",
	       (unsigned long long)(attestation.denials + attestation.uses));
}

static int usage(void)
{
	fprintf(stderr,
		"usage: bench --started\n"
		"       bench --setup RULES DIR\n"
		"       bench [--landlock RULES] [--agent] [--suffix NAME] DIR\n");
	return 2;
}

int main(int argc, char **argv)
{
	uint64_t started = __rdtsc();
	int landlock = -1, setup = -1;
	const char *dir = argv[argc - 1];
	char suffix[16] = "";
	bool agent = false;
	size_t op;
	int i;

	if (argc == 2 && !strcmp(argv[1], "--started")) {
		/* With icount it counts from power-on, a tick an instruction. */
		printf("first_agent_ms %llu\n",
		       (unsigned long long)(started / 1000000));
		return 0;
	}
	for (i = 1; i < argc - 1; i++) {
		if (!strcmp(argv[i], "--setup"))
			setup = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--landlock"))
			landlock = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--suffix"))
			snprintf(suffix, sizeof(suffix), "_%s", argv[++i]);
		else if (!strcmp(argv[i], "--agent"))
			agent = true;
		else
			return usage();
	}
	if (i != argc - 1 || *dir != '/' || landlock > RULES_MAX ||
	    setup > RULES_MAX)
		return usage();
	if (setup >= 0) {
		set_up(dir, setup);
		return 0;
	}
	if (landlock >= 0)
		enter_landlock(dir, landlock);
	listen_on_loopback();
	find_files(dir);
	if (agent)
		prepare_agent(dir);
	for (op = 0; op < sizeof(operations) / sizeof(*operations); op++) {
		if (operations[op].which & AGENT && !agent)
			continue;
		if (*suffix && !(operations[op].which & RULES))
			continue;
		measure(&operations[op], suffix);
	}
	if (agent)
		print_rows();
	return 0;
}
