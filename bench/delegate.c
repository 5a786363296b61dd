// SPDX-License-Identifier: MIT
/*
 * delegate: what it costs to grant, and to revoke what many have from one
 *
 * usage: delegate DIR COUNT [stay | SUFFIX]
 *
 * An agent that spawns up to COUNT agents (leaf), from DIR/leaf.manifest, and
 * delegates to them. Of its own capabilities it then drops one after another,
 * which takes from them what they have from it:
 *
 *	revoke_descN	N agents have one capability each
 *	revoke_filesN	N/10 agents have one each, and ten files open by it
 *	revoke_openN	one agent has N files open by one
 *	revoke_derivedN	N capabilities, in agents that have up to 100 each
 *	revoke_heldN	N capabilities, of one agent
 *
 * Each call says how much it took, and that has to be what was given. Prints
 * "operation nanoseconds", one a line: of the calling thread, and as
 * operation_mean from the call to its return, with what else ran meanwhile.
 * What is repeated (grant, revoke, present) is measured as in bench.c.
 *
 * With "stay" it says so afterwards, and waits to be ended with all of them;
 * with a suffix it measures only revoke_desc, as revoke_descCOUNT_SUFFIX.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <coconut.h>

#include "bench.h"
#include "mark.h"

#define LEAVES_MAX 1000
#define FILES 10 /* that a leaf opens at once */
#define RUNS 50

static struct leaf {
	uint64_t aid;
	int to;
} leaves[LEAVES_MAX];
static int nr_leaves, answers[2];
static struct coconut_spawn_options leaf_options = COCONUT_SPAWN_OPTIONS_INIT;

struct cap {
	uint8_t *data;
	size_t size;
};

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static struct cap encode(const char *text)
{
	struct coconut_error error;
	struct coconut_cap cap;
	struct cap ret;

	if (coconut_cap_parse(text, &cap, &error) ||
	    coconut_cap_encode(&cap, &ret.data, &ret.size, &error))
		errx(1, "%s: %s", text, error.message);
	coconut_cap_clear(&cap);
	return ret;
}

static uint64_t grant(const struct leaf *leaf, const struct cap *cap)
{
	struct agent_cap_grant_args args = {
		.aid = leaf->aid,
		.cap = (uintptr_t)cap->data,
		.cap_size = cap->size,
	};
	int ret = coconut_cap_grant(&args);

	if (ret)
		errx(1, "grant: %s", strerror(-ret));
	return args.handle;
}

static void take_back(uint64_t aid, uint64_t handle,
		      struct agent_cap_revoke_args *args)
{
	int ret;

	*args = (struct agent_cap_revoke_args){ .aid = aid, .handle = handle };
	ret = coconut_cap_revoke(args);
	if (ret)
		errx(1, "revoke: %s", strerror(-ret));
}

/* The handle of one of this agent's own capabilities. */
static uint64_t find(const char *text)
{
	static uint64_t list[32768];
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_CAPS,
		.aid = AGENT_AID_SELF,
		.buf = (uintptr_t)list,
		.buf_size = sizeof(list),
	};
	int64_t pos, size = coconut_agent_attest(&args);
	struct cap cap = encode(text);

	for (pos = 0; pos < size;) {
		const struct agent_cap_info *info =
			(const void *)((const char *)list + pos);

		if (info->cbor_size == cap.size &&
		    !memcmp(info + 1, cap.data, cap.size)) {
			free(cap.data);
			return info->handle;
		}
		pos += info->size;
	}
	errx(1, "%s: not held", text);
}

static void spawn_leaf(void)
{
	struct leaf *leaf = &leaves[nr_leaves++];
	struct coconut_spawned spawned;
	struct coconut_error error;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		err(1, "pipe");
	leaf_options.stdin_fd = ends[0];
	leaf_options.stdout_fd = answers[1];
	if (coconut_spawn(&leaf_options, &spawned, &error))
		errx(1, "spawn: %s", error.message);
	close(spawned.pidfd);
	close(ends[0]);
	leaf->aid = spawned.aid;
	leaf->to = ends[1];
}

/* What each of some leaves has opened, or that each of them waits again. */
static void tell(int count, char what)
{
	char answer;
	int i;

	for (i = 0; i < count; i++) {
		if (write(leaves[i].to, &what, 1) != 1 ||
		    read(answers[0], &answer, 1) != 1 || answer != what)
			errx(1, "leaf %d: no answer to %c", i, what);
	}
}

static void print(const char *name, uint64_t least, uint64_t mean)
{
	printf("%s %llu\n%s_mean %llu\n%s_batch 1\n", name,
	       (unsigned long long)least, name, (unsigned long long)mean, name);
	fflush(stdout);
}

/* For the profile: what follows is another operation. */
static void begin_single(void)
{
	mark(MARK_OPERATION);
	/* The first batch is none of those that count. */
	mark(MARK_BEGIN);
	mark(MARK_END);
}

/* Drop an own capability, which takes as much from others. */
static void drop(const char *name, const char *text, uint64_t caps,
		 uint64_t agents, uint64_t files)
{
	uint64_t handle = find(text), cpu, elapsed;
	struct agent_cap_revoke_args args;

	/* What was written until now is not this call's. */
	sleep(2);
	begin_single();
	elapsed = now(CLOCK_MONOTONIC);
	cpu = now(CLOCK_THREAD_CPUTIME_ID);
	mark(MARK_BEGIN);
	take_back(AGENT_AID_SELF, handle, &args);
	mark(MARK_END);
	cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
	elapsed = now(CLOCK_MONOTONIC) - elapsed;
	if (args.removed != caps + 1 || args.agents != agents + 1 ||
	    args.files != files)
		errx(1, "%s: %llu capabilities of %llu agents, %llu files",
		     text, (unsigned long long)args.removed,
		     (unsigned long long)args.agents,
		     (unsigned long long)args.files);
	print(name, cpu, elapsed);
}

static void measure_desc(int count, int which, const char *suffix)
{
	char name[64], text[64];
	struct cap cap;
	int i;

	snprintf(text, sizeof(text), "fs.write /b/91%d", which);
	cap = encode(text);
	for (i = 0; i < count; i++)
		grant(&leaves[i], &cap);
	free(cap.data);
	tell(count, '-');
	snprintf(name, sizeof(name), "revoke_desc%d%s", count, suffix);
	drop(name, text, count, count, 0);
}

/* Each of the leaves has as many open. */
static void measure_files(const char *kind, int count, int files, int which)
{
	char name[64], text[64];
	struct cap cap;
	int i;

	snprintf(text, sizeof(text), "fs.read /b/90%d", which);
	cap = encode(text);
	for (i = 0; i < count; i++)
		grant(&leaves[i], &cap);
	free(cap.data);
	for (i = 0; i < files / count / FILES; i++)
		tell(count, '0' + which);
	snprintf(name, sizeof(name), "revoke_%s%d", kind, files);
	drop(name, text, count, count, files);
}

/* Each of the leaves has as many, of places of their own in the scope. */
static void grant_below(const char *right, int count, int each)
{
	char text[64];
	struct cap cap;
	int i, j;

	for (j = 0; j < each; j++) {
		snprintf(text, sizeof(text), "%s /b/%03d", right, j);
		cap = encode(text);
		for (i = 0; i < count; i++)
			grant(&leaves[i], &cap);
		free(cap.data);
	}
	tell(count, '-');
}

static void drop_all(const char *kind, const char *right, int count, int each)
{
	char name[64], text[64];

	snprintf(text, sizeof(text), "%s /b", right);
	snprintf(name, sizeof(name), "revoke_%s%d", kind, count * each);
	drop(name, text, (uint64_t)count * each, count, 0);
}

static void measure_derived(const char *right, int count, int each)
{
	grant_below(right, count, each);
	drop_all("derived", right, count, each);
}

/* As in bench.c: the least, and the mean; but for the first run. */
static void report(const char *name, const char *suffix,
		   const uint64_t took[RUNS])
{
	uint64_t least = UINT64_MAX, all = 0;
	char text[64];
	int i;

	for (i = 1; i < RUNS; i++) {
		least = took[i] < least ? took[i] : least;
		all += took[i];
	}
	snprintf(text, sizeof(text), "%s%s", name, suffix);
	print(text, least, all / (RUNS - 1));
}

/* One capability, given to an agent, and taken from it again. */
static void measure_one(const char *text, const char *suffix)
{
	struct agent_cap_revoke_args args;
	struct cap cap = encode(text);
	uint64_t took[RUNS], start, handle;
	int i;

	mark(MARK_OPERATION);
	for (i = 0; i < RUNS; i++) {
		tell(1, '-');
		start = now(CLOCK_MONOTONIC);
		mark(MARK_BEGIN);
		handle = grant(&leaves[0], &cap);
		mark(MARK_END);
		took[i] = now(CLOCK_MONOTONIC) - start;
		take_back(leaves[0].aid, handle, &args);
	}
	report("grant", suffix, took);
	mark(MARK_OPERATION);
	for (i = 0; i < RUNS; i++) {
		handle = grant(&leaves[0], &cap);
		tell(1, '-');
		start = now(CLOCK_MONOTONIC);
		mark(MARK_BEGIN);
		take_back(leaves[0].aid, handle, &args);
		mark(MARK_END);
		took[i] = now(CLOCK_MONOTONIC) - start;
		if (args.removed != 1 || args.agents != 1)
			errx(1, "%s: more than one", text);
	}
	report("revoke", suffix, took);
	free(cap.data);
}

/* As a service asks about who talks to it, and as it uses that. */
static void measure_present(const char *text, const char *suffix)
{
	struct cap cap = encode(text);
	struct agent_cap_present_args args = {
		.aid = leaves[0].aid,
		.cap = (uintptr_t)cap.data,
		.cap_size = cap.size,
	};
	struct agent_cap_revoke_args revoked;
	uint64_t took[RUNS], start, handle;
	int i, use;

	handle = grant(&leaves[0], &cap);
	for (use = 0; use < 2; use++) {
		args.flags = use ? AGENT_PRESENT_USE : 0;
		mark(MARK_OPERATION);
		for (i = 0; i < RUNS; i++) {
			start = now(CLOCK_MONOTONIC);
			mark(MARK_BEGIN);
			if (coconut_cap_present(&args))
				errx(1, "%s: not presented", text);
			mark(MARK_END);
			took[i] = now(CLOCK_MONOTONIC) - start;
		}
		report(use ? "present_use" : "present_other", suffix, took);
	}
	take_back(leaves[0].aid, handle, &revoked);
	free(cap.data);
}

static void load(const char *dir)
{
	uint8_t *manifest, *signature;
	struct coconut_error error;
	char path[256];

	snprintf(path, sizeof(path), "%s/leaf.manifest", dir);
	if (coconut_file_read(path, AGENT_MANIFEST_MAX, &manifest,
			      &leaf_options.manifest_size, &error))
		errx(1, "%s", error.message);
	snprintf(path, sizeof(path), "%s/leaf.sig", dir);
	if (coconut_file_read(path, AGENT_SIGNATURE_MAX, &signature,
			      &leaf_options.signature_size, &error))
		errx(1, "%s", error.message);
	leaf_options.manifest = manifest;
	leaf_options.signature = signature;
}

static void spawn_up_to(int count)
{
	while (nr_leaves < count)
		spawn_leaf();
}

static void measure_many(void)
{
	spawn_up_to(100);
	measure_desc(100, 1, "");
	measure_files("files", 100, 1000, 2);
	measure_derived("fs.exec", 10, 100);
	measure_derived("unix.connect", 100, 100);
}

/* What one agent may have a lot of, or may have beside what is in question. */
static void measure_wide(void)
{
	spawn_up_to(1);
	grant_below("fs.write", 1, 100);
	measure_one("fs.read /b/000", "_beside100");
	drop_all("held", "fs.write", 1, 100);
	grant_below("dev.ioctl", 1, 1000);
	measure_one("fs.read /b/000", "_beside1000");
	drop_all("held", "dev.ioctl", 1, 1000);
	measure_files("open", 1, 100, 4);
	measure_files("open", 1, 1000, 5);
	/* It has them open still, though they are of no more use. */
	measure_one("fs.read /b/000", "_beside_files");
	/* So the others are measured without it. */
	close(leaves[0].to);
	if (wait(NULL) < 0)
		err(1, "wait");
	nr_leaves = 0;
}

/* As many agents as each step is about, so that none are there beside them. */
static void measure_all(int count)
{
	measure_wide();
	spawn_up_to(1);
	measure_one("fs.read /b/000", "");
	measure_one("org.example.bench", "_name");
	measure_present("fs.read /b/000", "");
	measure_present("org.example.bench", "_name");
	measure_files("files", 1, 10, 0);
	measure_derived("fs.create", 1, 10);
	measure_derived("fs.delete", 1, 100);
	spawn_up_to(10);
	measure_desc(10, 0, "");
	measure_files("files", 10, 100, 1);
	if (count >= 100)
		measure_many();
	if (count < 1000)
		return;
	spawn_up_to(1000);
	measure_desc(1000, 2, "");
	measure_files("files", 1000, 10000, 3);
	/* And what those cost that it has spawned, and that have nothing of it. */
	measure_desc(10, 3, "_siblings");
}

int main(int argc, char **argv)
{
	struct rlimit files = { 4096, 4096 };
	char suffix[32];
	int count;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: delegate DIR COUNT [stay | SUFFIX]\n");
		return 2;
	}
	count = atoi(argv[2]);
	if (count < 1 || count > LEAVES_MAX)
		errx(2, "1 to %d agents", LEAVES_MAX);
	if (setrlimit(RLIMIT_NOFILE, &files) || pipe2(answers, O_CLOEXEC))
		err(1, "descriptors");
	load(argv[1]);
	if (argc == 4 && strcmp(argv[3], "stay")) {
		snprintf(suffix, sizeof(suffix), "_%s", argv[3]);
		spawn_up_to(count);
		measure_desc(count, 0, suffix);
		return 0;
	}
	measure_all(count);
	if (argc == 4) {
		printf("stays\n");
		fflush(stdout);
		pause();
	}
	return 0;
}
