// SPDX-License-Identifier: GPL-2.0
/*
 * The model: thousands of operations, drawn at random, done by a tree of
 * agents and by a reference beside it, and every verdict compared.
 *
 *	agent_test
 *	  |- model-0 ... model-39, up to eleven at once, one below another
 *
 * usage: agent_test model [--seed N] [--operations N]
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "harness.h"
#include "model_ref.h"
#include "model_run.h"

#define OPERATIONS_MAX	100000
#define SHRINKS		300	/* histories tried, at most */

static uint64_t model_seed = 1;
static uint32_t model_operations = 3000;

static struct run_op history[OPERATIONS_MAX], shorter[OPERATIONS_MAX];

void model_options(char **words)
{
	for (; *words && words[1]; words++) {
		if (!strcmp(*words, "--seed"))
			model_seed = strtoull(words[1], NULL, 0);
		else if (!strcmp(*words, "--operations"))
			model_operations = strtoul(words[1], NULL, 0);
	}
}

static void make_places(void)
{
	char path[64];
	uint32_t i;
	int fd;

	for (i = 0; i < MODEL_DIRS; i++) {
		snprintf(path, sizeof(path), MODEL_DIR "%s", model_place(i));
		if (mkdir(path, 0755) && errno != EEXIST)
			bail("cannot make %s: %s", path, strerror(errno));
	}
	for (; i < MODEL_PLACES; i++) {
		snprintf(path, sizeof(path), MODEL_DIR "%s", model_place(i));
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0 || write(fd, "x", 1) != 1)
			bail("cannot make %s: %s", path, strerror(errno));
		close(fd);
	}
}

/* Return: how many it took for a disagreement, 0 for none. */
static uint32_t play(const struct run_op *ops, uint32_t count)
{
	uint32_t i;

	run_begin();
	for (i = 0; i < count; i++) {
		if (!run_do(&ops[i])) {
			i++;
			break;
		}
	}
	run_end();
	if (!*run_fault)
		rows_agree();
	return *run_fault ? i : 0;
}

/* Leave out what the disagreement does not need, in pieces ever smaller. */
static uint32_t shrink(uint32_t count)
{
	uint32_t piece = count / 2, tries = SHRINKS, at = 0;

	while (piece && tries) {
		uint32_t left = at + piece < count ? at + piece : count, now;

		memcpy(shorter, history, at * sizeof(*history));
		memcpy(shorter + at, history + left,
		       (count - left) * sizeof(*history));
		now = play(shorter, count - (left - at));
		tries--;
		if (now) {
			memcpy(history, shorter, now * sizeof(*history));
			count = now;
		} else {
			at = left;
		}
		if (at >= count) {
			at = 0;
			piece /= 2;
		}
	}
	return count;
}

static void print_history(uint32_t count)
{
	uint32_t i;

	play(history, count);
	for (i = 0; i < count; i++) {
		printf("# %u: ", i + 1);
		run_print(&history[i]);
	}
	printf("# %s\n", *run_fault ? run_fault : "not every time");
}

static void explain(uint32_t count)
{
	char first[sizeof(run_fault)];

	strcpy(first, run_fault);
	printf("# after %u operations: %s\n", count, first);
	printf("# the history, without what it does not need:\n");
	fflush(stdout);
	print_history(shrink(count));
}

static void print_counts(void)
{
	static const char *const names[RUN_KINDS] = {
		[RUN_SPAWN] = "spawn", [RUN_GRANT] = "grant",
		[RUN_RELEASE] = "release", [RUN_REVOKE] = "revoke",
		[RUN_REVOKE_ALL] = "revoke all",
		[RUN_QUARANTINE] = "quarantine",
		[RUN_TERMINATE] = "terminate", [RUN_EXIT] = "exit",
		[RUN_PRESENT] = "present", [RUN_PRESENT_USE] = "present use",
		[RUN_ATTEST] = "attest", [RUN_SIGNAL] = "signal",
		[RUN_OPEN] = "open", [RUN_READ] = "read",
		[RUN_PREAD] = "pread", [RUN_WRITE] = "write",
		[RUN_CONNECT] = "connect", [RUN_BIND] = "bind",
	};
	uint32_t i;

	for (i = 0; i < RUN_KINDS; i++) {
		printf("# %-12s %5u, of which %5u denied\n", names[i],
		       run_done[i], run_denied[i]);
		if (model_operations >= 1000)
			check(run_done[i] && (run_denied[i] || i == RUN_EXIT),
			      "%s: done, and denied as well", names[i]);
	}
}

void test_model(void)
{
	uint64_t seed = model_seed;
	uint32_t i, agreed = 0;
	bool same;

	if (model_operations > OPERATIONS_MAX)
		model_operations = OPERATIONS_MAX;
	make_places();
	run_prepare();
	signal(SIGCHLD, SIG_IGN);
	printf("# seed %llu, %u operations\n", (unsigned long long)seed,
	       model_operations);
	run_begin();
	for (i = 0; i < model_operations; i++) {
		history[i] = run_draw(&seed);
		if (!run_do(&history[i])) {
			i++;
			break;
		}
		agreed++;
		if (agreed % 500 == 0)
			printf("# %u\n", agreed);
	}
	run_end();
	same = expect(agreed, model_operations,
		      "the kernel and the model agree about each operation");
	if (same)
		same = check(rows_agree(),
			     "and about each row of each of %u agents",
			     ref_nr_agents - 1);
	if (!same)
		explain(i);
	else
		print_counts();
	signal(SIGCHLD, SIG_DFL);
}
