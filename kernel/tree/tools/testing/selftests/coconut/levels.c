// SPDX-License-Identifier: GPL-2.0
/*
 * What leaves rows beside uses and denials: the system calls of an agent that
 * is recorded in full, questions about agents, manifests that were refused and
 * limits that were reached.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <crypto/blake3.h>

#include "calls.h"
#include "chain.h"
#include "child.h"
#include "harness.h"
#include "levels.h"
#include "rows.h"
#include "tests.h"

long collect(struct agent_audit_query_args *args, const uint8_t **rows)
{
	static uint8_t all[8 << 20];
	long size = 0, done;

	for (;;) {
		args->buf = (uintptr_t)(all + size);
		args->buf_size = sizeof(all) - size;
		done = CALL(audit_query, args);
		if (done <= 0)
			break;
		size += done;
		args->seq = args->next_seq;
	}
	*rows = all;
	return done < 0 ? done : size;
}

long collect_of(uint64_t aid, uint32_t events, const uint8_t **rows)
{
	struct agent_audit_query_args args = { .aid = aid, .events = events };

	return collect(&args, rows);
}

static bool is_marker(const struct agent_audit_row *row, uint64_t marker)
{
	const uint64_t *args = (const void *)(row + 1);

	return row->object[0] == SYS_getppid && args[0] == marker;
}

static bool tells(const struct agent_audit_row *row,
		  const struct told_call *call)
{
	const int64_t result = row->object[1];

	return row->object[0] == (uint64_t)call->number &&
	       result == call->result &&
	       row->error == (result < 0 ? (uint32_t)-result : 0) &&
	       row->payload_size == sizeof(call->args) &&
	       !memcmp(row + 1, call->args, sizeof(call->args));
}

/**
 * struct calls_seen - the rows from the last marker on
 * @pid: of the task whose calls they are, 0 without a marker
 * @count: rows between the two markers, -1 before the first
 * @wrong: of these, how many are not as they should be
 * @whole: the second marker was there
 */
struct calls_seen {
	uint32_t pid;
	int count;
	int wrong;
	bool whole;
};

static void see_call(struct calls_seen *seen, const struct agent_audit_row *row)
{
	if (is_marker(row, CALLS_BEGIN)) {
		*seen = (struct calls_seen) { .pid = row->pid };
		return;
	}
	if (seen->whole || seen->pid != row->pid)
		return;
	seen->whole = is_marker(row, CALLS_END);
	if (seen->whole)
		return;
	seen->wrong += seen->count >= told_calls_count ||
		       !tells(row, &told_calls[seen->count]);
	seen->count++;
}

/* The last that were made. Return: PID of the task that has made them. */
static uint32_t expect_calls(uint64_t aid, const char *who)
{
	struct calls_seen seen = { .count = -1 };
	const uint8_t *rows;
	long size = collect_of(aid, BIT(AGENT_EVENT_CALL), &rows), pos;

	for (pos = 0; pos < size; pos += row_in(rows, pos)->size)
		see_call(&seen, row_in(rows, pos));
	check(seen.whole, "%s: the rows of its calls", who);
	expect(seen.count, told_calls_count, "%s: one for each", who);
	expect(seen.wrong, 0, "%s: number, result and arguments", who);
	return seen.pid;
}

static void last_call(uint64_t aid)
{
	const struct agent_audit_row *last = NULL;
	const uint8_t *rows;
	long size, pos;

	await_row_count(aid, BIT(AGENT_EVENT_EXIT), 1);
	size = collect_of(aid, BIT(AGENT_EVENT_CALL), &rows);
	for (pos = 0; pos < size; pos += last->size)
		last = row_in(rows, pos);
	if (!last)
		bail("no row of a call");
	expect(last->object[0], SYS_exit_group, "its last call never returns");
	expect(last->object[1], 0, "and has no result");
}

static void calls_of_agent(void)
{
	struct child child;
	uint32_t first, thread, fork;

	child_start(&child, "selftest-full");
	child_ask(&child, "calls here");
	first = expect_calls(child.aid, "an agent recorded in full");
	expect(first, child.pid, "they are those of its task");
	child_ask(&child, "calls thread");
	thread = expect_calls(child.aid, "a thread of it");
	check(thread != first, "by another task");
	child_ask(&child, "calls fork");
	fork = expect_calls(child.aid, "a child process of it");
	check(fork != first && fork != thread, "by yet another one");
	child_end(&child);
	last_call(child.aid);
}

static void calls_of_others(void)
{
	static const char *const names[] = { "selftest-full", "selftest-levels" };
	struct child links[2], other;

	chain_start(links, 2, names);
	child_ask(&links[1], "calls here");
	expect(count_rows(links[1].aid, BIT(AGENT_EVENT_CALL)), 0,
	       "an agent that it has spawned is recorded as its own manifest says");
	chain_end(links, 2);
	child_start(&other, "selftest-levels");
	child_ask(&other, "calls here");
	expect(count_rows(other.aid, BIT(AGENT_EVENT_CALL)), 0,
	       "of others no call has a row");
	child_end(&other);
}

static void questions(void)
{
	const struct agent_audit_row *row;
	struct agent_attestation at;
	const uint8_t *rows;
	struct child child;
	long size;

	child_start(&child, "selftest-levels");
	attest(child.aid, &at);
	expect(count_rows(child.aid, BIT(AGENT_EVENT_ATTEST)), 0,
	       "to be asked about leaves no row");
	child_ask(&child, "attest %llu", AGENT_AID_SELF);
	child_ask(&child, "attest 1");
	size = collect_of(child.aid, BIT(AGENT_EVENT_ATTEST), &rows);
	row = row_in(rows, 0);
	expect(size, size > 0 ? row->size : 1, "a question that is answered does");
	expect(row->object[0], child.aid, "and tells about whom");
	child_end(&child);
}

/* A manifest is not spawned, and what was given is told. */
static void expect_refusal(const struct signed_manifest *manifest, int error,
			   const char *what)
{
	struct agent_audit_query_args args = {
		.aid = AGENT_AID_SELF,
		.events = BIT(AGENT_EVENT_REFUSE),
	};
	const struct agent_audit_row *row;
	uint8_t digest[AGENT_DIGEST_SIZE];
	const uint8_t *rows;
	long size;

	collect(&args, &rows);
	expect(spawn_raw(manifest, NULL, NULL), -error, "%s is refused", what);
	size = collect(&args, &rows);
	row = row_in(rows, 0);
	expect(size, size > 0 ? row->size : 1, "%s: one row", what);
	expect(row->error, error, "%s: with the errno", what);
	blake3(digest, manifest->manifest, manifest->manifest_size);
	check(row->payload_size >= sizeof(digest) &&
	      !memcmp(row + 1, digest, sizeof(digest)),
	      "%s: and the digest of what was given", what);
}

static void refusals(void)
{
	static struct signed_manifest manifest;

	if (manifest_load("selftest-idle", &manifest))
		bail("no manifest selftest-idle");
	manifest.manifest[manifest.manifest_size / 2] ^= 1;
	expect_refusal(&manifest, EKEYREJECTED, "another's signature");
	manifest.manifest_size = 3;
	expect_refusal(&manifest, EKEYREJECTED, "the beginning of a manifest");
	if (manifest_load("selftest-wide", &manifest))
		bail("no manifest selftest-wide");
	expect_refusal(&manifest, ECAPABILITY, "what is not one's own to give");
}

/* Return: rows of a limit reached; those that are not of this one count double. */
static int count_limits(uint64_t aid, uint64_t resource, uint64_t limit)
{
	const uint8_t *rows;
	long size = collect_of(aid, BIT(AGENT_EVENT_LIMIT), &rows), pos;
	int count = 0;

	for (pos = 0; pos < size; pos += row_in(rows, pos)->size) {
		const struct agent_audit_row *row = row_in(rows, pos);

		count += row->object[0] == resource &&
			 row->object[1] == limit ? 1 : 1000;
	}
	return count;
}

static void task_limit(void)
{
	struct child child;
	long long last;

	child_start(&child, "selftest-levels");
	expect(child_ask(&child, "forks 5"), 0, "as many tasks as it may have");
	expect(count_limits(child.aid, AGENT_QUOTA_TASKS, 6), 0, "leave no row");
	expect(child_ask(&child, "fork"), -EAGAIN, "one more is refused");
	child_ask(&child, "fork");
	expect(count_limits(child.aid, AGENT_QUOTA_TASKS, 6), 1,
	       "which leaves one row, however often it is asked for");
	child_destroy(&child);

	child_start(&child, "selftest-levels");
	child_ask(&child, "forks 4");
	child_ask(&child, "fork");
	last = child.value;
	child_ask(&child, "fork");
	child_ask(&child, "kill %lld %d", last, SIGKILL);
	child_ask(&child, "reap %lld", last);
	expect(child_ask(&child, "fork"), 0, "once it had less, it gets one");
	child_ask(&child, "fork");
	expect(count_limits(child.aid, AGENT_QUOTA_TASKS, 6), 2,
	       "and to run into the limit again leaves another row");
	child_destroy(&child);
}

static void agent_limit(void)
{
	struct child child;

	child_start(&child, "selftest-parent");
	child_ask(&child, "spawn selftest-idle");
	child_ask(&child, "spawn selftest-idle");
	expect(count_limits(child.aid, AGENT_QUOTA_AGENTS, 2), 0,
	       "as many agents as it may have leave no row");
	expect(child_ask(&child, "spawn selftest-idle"), -EAGAIN,
	       "one more is refused");
	child_ask(&child, "spawn selftest-idle");
	expect(count_limits(child.aid, AGENT_QUOTA_AGENTS, 2), 1,
	       "which leaves one row");
	child_destroy(&child);
}

void test_levels(void)
{
	mkdir(LEVELS_DIR, 0755);
	calls_of_agent();
	calls_of_others();
	questions();
	refusals();
	task_limit();
	agent_limit();
	levels_names();
	levels_query();
	levels_counts();
	levels_flood();
}
