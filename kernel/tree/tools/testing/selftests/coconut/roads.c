// SPDX-License-Identifier: GPL-2.0
/*
 * Every road: each probe of kernel/roads/syscalls.tbl, in an agent with few
 * rights (selftest-roads) or in one with all that is not a path or an address
 * (selftest-roads-held).
 */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "calls.h"
#include "child.h"
#include "child_ops.h"
#include "child_roads.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define TABLE		TESTS_DIR "/syscalls.tbl"
#define CALLS_MAX	600
#define LINE_MAX_SIZE	1024
#define BLOCKS_MS	500

/**
 * struct road - a system call that probes may name
 * @name: its name
 * @nr: its number
 */
static struct road {
	char name[40];
	long nr;
} calls[CALLS_MAX];
static size_t nr_calls;

/**
 * struct probed - an agent that runs probes
 * @sign: those it runs
 * @manifest: its manifest
 * @child: the agent; its AID is 0 when it could not be spawned
 * @denials: how many it has had
 */
static struct probed {
	char sign;
	const char *manifest;
	struct child child;
	long long denials;
} probed[] = {
	{ '-', "selftest-roads", { 0 }, 0 },
	{ '+', "selftest-roads-held", { 0 }, 0 },
};

static long long last_value;

static long number_of(const char *name, size_t size)
{
	size_t i;

	for (i = 0; i < nr_calls; i++) {
		if (strlen(calls[i].name) == size &&
		    !memcmp(calls[i].name, name, size))
			return calls[i].nr;
	}
	return -1;
}

static void read_row(const char *line)
{
	struct road *road = &calls[nr_calls];

	if (nr_calls < CALLS_MAX &&
	    sscanf(line, "%ld | %39[a-z0-9_] |", &road->nr, road->name) == 2)
		nr_calls++;
}

/* "name(a, b)" to "nr(a,b)", and $last to the value it stands for. */
static bool translate(const char *from, size_t size, char *to, size_t room)
{
	const char *end = from + size;
	bool at_name = true;
	size_t used = 0;

	while (from < end && used + 32 < room) {
		size_t word = strcspn(from, "(");

		if (at_name && *from != ' ') {
			long nr = number_of(from, word);

			if (!strncmp(from, "uring", word))
				used += sprintf(to + used, "uring");
			else if (nr >= 0)
				used += sprintf(to + used, "%ld", nr);
			else
				return false;
			from += word;
			at_name = false;
		} else if (!strncmp(from, "$last", 5)) {
			used += sprintf(to + used, "%lld", last_value);
			from += 5;
		} else {
			at_name |= *from == ';';
			if (*from != ' ')
				to[used++] = *from;
			from++;
		}
	}
	to[used] = '\0';
	return from == end;
}

static const char *name_of(int error)
{
	switch (error) {
	case 0:
		return "ok";
	case ECAPABILITY:
		return "ECAPABILITY";
	case ROADS_BLOCKS:
		return "blocks";
	case ROADS_ENDS:
		return "ends";
	case EPROTO_OP:
		return "no answer: it can't be understood or prepared";
	default:
		return strerrorname_np(error);
	}
}

/* Return: the errno of that name, or what is beside errnos; -1 for none. */
static int errno_of(const char *name)
{
	int i;

	for (i = 0; i <= ROADS_ENDS; i++) {
		const char *known = name_of(i);

		if (known && !strcmp(known, name))
			return i;
	}
	return -1;
}

/* A denial counts once, and nothing else does. */
static bool is_counted(struct probed *by, int error)
{
	long long now = denials_of(&by->child), more = now - by->denials;

	by->denials = now;
	/* What a program meets that was run is no answer to the probe. */
	if (error == ROADS_ENDS)
		return true;
	return more == (error == ECAPABILITY);
}

/* What a denial should have prevented is not there for the next probe. */
static void clean_up(void)
{
	unlink(BASE "/allowed/new");
	rmdir(BASE "/allowed/new");
}

static void judge(struct probed *by, const char *probe, const char *call,
		  bool equal, const char *wanted)
{
	int want = errno_of(wanted);
	int got = -child_ask(&by->child, "road %d %s",
			     want == ROADS_BLOCKS ? BLOCKS_MS : 0, call);
	bool good = want >= 0 && got != EPROTO_OP && (got == want) == equal;
	bool counted = is_counted(by, got);

	if (!got)
		last_value = by->child.value;
	if (!good)
		clean_up();
	check(good && counted, "%s%s%s%s", probe, good ? "" : " # got ",
	      good ? "" : name_of(got),
	      counted ? "" : " # denials were not counted as told");
}

/* SIGN CALL[; CALL]... RELATION RESULT */
static void run_probe(const char *probe)
{
	struct probed *by = &probed[*probe == '+'];
	const char *result = strrchr(probe, ' '), *relation;
	char call[LINE_MAX_SIZE];

	for (relation = result - 1; *relation != ' '; relation--)
		;
	if (!by->child.aid) {
		check(false, "%s # no agent", probe);
		return;
	}
	if (!translate(probe + 2, relation - probe - 2, call, sizeof(call))) {
		check(false, "%s # a call without a row", probe);
		return;
	}
	judge(by, probe, call, relation[1] == '=', result + 1);
}

static void each_line(void (*run)(const char *line), bool indented)
{
	FILE *table = fopen(TABLE, "re");
	char line[LINE_MAX_SIZE];

	if (!table)
		bail("cannot read %s", TABLE);
	while (fgets(line, sizeof(line), table)) {
		line[strcspn(line, "\n")] = '\0';
		if ((line[0] == '\t') == indented)
			run(line + indented);
	}
	fclose(table);
}

static void run_if_probe(const char *line)
{
	if (*line == '-' || *line == '+')
		run_probe(line);
}

static void keep(int fd, int as)
{
	if (fd < 0 || dup2(fd, as) != as)
		bail("cannot prepare descriptor %d: %s", as, strerror(errno));
	close(fd);
}

static int bound(int type, int port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd;
}

static const uint32_t kept[] = {
	ROADS_STOLEN, ROADS_STOLEN_DIR, ROADS_OTHER_UDP, ROADS_OTHER_TCP,
	ROADS_OTHER_PIDFD,
};

static void open_kept(void)
{
	keep(open(BASE "/denied/secret", O_RDWR | O_CLOEXEC), ROADS_STOLEN);
	keep(open(BASE "/denied", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	     ROADS_STOLEN_DIR);
	keep(bound(SOCK_DGRAM, 7009), ROADS_OTHER_UDP);
	keep(bound(SOCK_STREAM, 7009), ROADS_OTHER_TCP);
	if (listen(ROADS_OTHER_TCP, 1))
		bail("cannot listen: %s", strerror(errno));
	keep(syscall(SYS_pidfd_open, getpid(), 0), ROADS_OTHER_PIDFD);
}

static void spawn(struct probed *by)
{
	int err = child_spawn_keep(&by->child, by->manifest, kept,
				   ARRAY_SIZE(kept));

	if (!expect(err, 0, "an agent of %s", by->manifest))
		by->child.aid = 0;
	else
		by->denials = denials_of(&by->child);
}

/* The programs of other architectures' calls are not built. */
static void others(struct child *child)
{
	expect(child_ask(child, "road 0 %ld()", 0x40000000L + SYS_getpid),
	       -ENOSYS, "x32 calls are not built");
	expect(child_ask(child, "road 0 512()"), -ENOSYS,
	       "nor are those above them");
	expect(child_ask(child, "road 0 599()"), -ENOSYS,
	       "nor is there a call below our own");
}

static volatile sig_atomic_t signals;

static void count_signal(int sig)
{
	(void)sig;
	signals++;
}

void test_roads(void)
{
	int listener = bound(SOCK_STREAM, 7001);
	size_t i;

	/* What probes connect to, and what none of them may reach. */
	if (listener < 0 || listen(listener, 16))
		bail("cannot listen: %s", strerror(errno));
	signal(SIGUSR1, count_signal);
	each_line(read_row, false);
	open_kept();
	for (i = 0; i < ARRAY_SIZE(probed); i++)
		spawn(&probed[i]);
	each_line(run_if_probe, true);
	if (probed[0].child.aid)
		others(&probed[0].child);
	for (i = 0; i < ARRAY_SIZE(probed); i++) {
		if (probed[i].child.aid)
			expect_rows(&probed[i].child);
	}
	expect(signals, 0, "no file has sent this task a signal");
	signal(SIGUSR1, SIG_DFL);
	close(listener);
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		close(kept[i]);
}
