// SPDX-License-Identifier: GPL-2.0
/*
 * Asking for rows: verdicts, agents with all below them, who may read what, what
 * is sealed before a call returns, and the counts of enforcement.
 */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "harness.h"
#include "levels.h"
#include "rows.h"
#include "tests.h"

#define ANY	(~0ULL)

/* Return: rows that a query finds; of them those of @aid, or of all with ANY. */
static long count_query(struct agent_audit_query_args args, uint64_t aid)
{
	const uint8_t *rows;
	long size = collect(&args, &rows), pos, count = 0;

	for (pos = 0; pos < size; pos += row_in(rows, pos)->size)
		count += aid == ANY || row_in(rows, pos)->aid == aid;
	return size < 0 ? size : count;
}

static void verdicts(void)
{
	struct child child;
	struct agent_audit_query_args args = { 0 };
	long all, denied, allowed, none;

	child_start(&child, "selftest-levels");
	child_ask(&child, "open /etc/shadow r");
	child_ask(&child, "open %s/a r", LEVELS_DIR);
	args.aid = child.aid;
	all = count_query(args, ANY);
	args.verdicts = BIT(AGENT_VERDICT_DENY);
	denied = count_query(args, ANY);
	expect(denied, count_rows(child.aid, BIT(AGENT_EVENT_DENY)),
	       "by verdict: what was denied");
	args.verdicts = BIT(AGENT_VERDICT_ALLOW);
	allowed = count_query(args, ANY);
	expect(allowed, count_rows(child.aid, BIT(AGENT_EVENT_USE)),
	       "what was allowed");
	args.verdicts = BIT(AGENT_VERDICT_NONE);
	none = count_query(args, ANY);
	expect(denied + allowed + none, all, "and what was neither");
	args.verdicts = BIT(AGENT_VERDICT_DENY) | BIT(AGENT_VERDICT_ALLOW);
	expect(count_query(args, ANY), denied + allowed, "two of them");
	child_end(&child);
}

static void arguments(void)
{
	static const struct {
		uint64_t flags;
		uint32_t verdicts;
		const char *what;
	} bad[] = {
		{ 0, 1 << 3, "no such verdict" },
		{ 1 << 6, 0, "no such flag" },
		{ AGENT_AUDIT_SUBTREE | AGENT_AUDIT_COUNTS, 0,
		  "counts of some agents" },
		{ AGENT_AUDIT_SUBTREE | AGENT_AUDIT_COMMIT, 0,
		  "saving rows of some agents" },
		{ AGENT_AUDIT_SUBTREE | AGENT_AUDIT_SEED, 0,
		  "a seed of some agents" },
		{ AGENT_AUDIT_SUBTREE | AGENT_AUDIT_REASONS, 0,
		  "reasons of some agents" },
		{ AGENT_AUDIT_FOLLOW | AGENT_AUDIT_COUNTS, 0,
		  "following counts" },
		{ AGENT_AUDIT_REASONS, 1 << AGENT_VERDICT_DENY,
		  "reasons by verdict" },
	};
	static uint8_t buf[8192];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct agent_audit_query_args args = {
			.flags = bad[i].flags,
			.verdicts = bad[i].verdicts,
			.aid = AGENT_AID_SELF,
			.buf = (uintptr_t)buf,
			.buf_size = sizeof(buf),
		};

		expect(CALL(audit_query, &args), -EINVAL, "%s", bad[i].what);
	}
}

/*
 * An agent that has ended is known by its spawner, as long as that lives: what
 * is further down is found by who reads the whole log.
 */
static void expect_tree(const struct child *links, size_t count, size_t known)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_SUBTREE,
		.aid = links[0].aid,
	};
	const char *when = known < count ? ", ended" : "";
	long sum = 0;
	size_t i;

	for (i = 0; i < known; i++) {
		long all = count_rows(links[i].aid, 0);

		sum += all;
		expect(count_query(args, links[i].aid), all,
		       "agent %zu of a tree%s: all its rows", i + 1, when);
	}
	expect(count_query(args, ANY), sum, "and no others");
}

static void tree(void)
{
	static const char *const names[] = {
		"selftest-chain", "selftest-chain", "selftest-chain",
	};
	struct child links[3], other;

	child_start(&other, "selftest-levels");
	chain_start(links, 3, names);
	child_ask(&links[2], "open /etc/shadow r");
	child_ask(&links[1], "open /etc/shadow r");
	expect_tree(links, 3, 3);
	expect(child_ask(&links[0], "tree %llu",
			 (unsigned long long)links[1].aid), 0,
	       "audit.read of descendants: a tree below");
	check(links[0].value > count_rows(links[1].aid, 0), "has all its rows");
	expect(child_ask(&links[1], "tree %llu",
			 (unsigned long long)links[0].aid), 0,
	       "the tree that one is a part of");
	check(links[1].value < count_rows(links[0].aid, 0) +
	      count_rows(links[1].aid, 0) + count_rows(links[2].aid, 0),
	      "has what one may read of it");
	expect(child_ask(&links[0], "tree %llu", (unsigned long long)other.aid),
	       0, "another tree");
	expect(links[0].value, 0, "has none for who reads its descendants'");
	expect(child_ask(&other, "tree %llu", (unsigned long long)links[0].aid),
	       -ECAPABILITY, "and is refused to who reads its own");
	expect(child_ask(&other, "tree %llu", AGENT_AID_SELF), 0,
	       "who has one's own");
	child_end(&other);
	chain_end(links, 3);
	expect_tree(links, 3, 2);
}

static void following(void)
{
	static const char *const names[] = { "selftest-chain", "selftest-chain" };
	static uint8_t buf[1 << 20];
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_FOLLOW | AGENT_AUDIT_SUBTREE,
		.events = BIT(AGENT_EVENT_DENY),
	};
	struct child links[2];
	struct pollfd wait = { .events = POLLIN };
	ssize_t size = -1;
	int tries;

	chain_start(links, 2, names);
	args.aid = links[0].aid;
	wait.fd = CALL(audit_query, &args);
	check(wait.fd >= 0, "a tree is followed");
	fcntl(wait.fd, F_SETFL, O_NONBLOCK);
	child_ask(&links[1], "open /etc/shadow r");
	for (tries = 0; size < 0 && tries < 100; tries++) {
		poll(&wait, 1, 100);
		size = read(wait.fd, buf, sizeof(buf));
	}
	check(size > 0 && row_in(buf, 0)->aid == links[1].aid,
	      "to an agent below");
	close(wait.fd);
	chain_end(links, 2);
}

/* Return: sequence number of an agent's last row of an event. */
static uint64_t last_seq(uint64_t aid, uint32_t event)
{
	const uint8_t *rows;
	long size = collect_of(aid, BIT(event), &rows), pos;
	uint64_t seq = ANY;

	for (pos = 0; pos < size; pos += row_in(rows, pos)->size)
		seq = row_in(rows, pos)->seq;
	return seq;
}

/* What the chain's end is right after a call. */
static uint64_t head_now(void)
{
	struct agent_attestation at;

	attest(AGENT_AID_SELF, &at);
	return at.chain_seq;
}

/* An agent that ends at once. Return: whether its row was late. */
static bool spawn_is_late(void)
{
	static struct signed_manifest manifest;
	int pidfd = -1;
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)manifest.manifest,
		.signature = (uintptr_t)manifest.signature,
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
	};
	uint64_t head;
	long aid;

	if (manifest_load("selftest-idle", &manifest))
		bail("no manifest selftest-idle");
	args.manifest_size = manifest.manifest_size;
	args.signature_size = manifest.signature_size;
	aid = CALL(spawn, &args);
	if (!aid)
		_exit(0);
	head = head_now();
	if (aid < 0)
		bail("cannot spawn: %ld", aid);
	waitid(P_PIDFD, pidfd, &(siginfo_t) { 0 }, WEXITED);
	close(pidfd);
	return last_seq(aid, AGENT_EVENT_SPAWN) > head;
}

static void sealed(void)
{
	const struct cbor cap = cap_path("fs.read", "/tmp/selftest/given");
	int late[3] = { 0 }, i;
	uint64_t handle, head;
	struct child child;

	child_start(&child, "selftest-levels");
	for (i = 0; i < 20; i++) {
		handle = must_grant(child.aid, &cap);
		head = head_now();
		late[0] += last_seq(child.aid, AGENT_EVENT_GRANT) > head;
		cap_revoke(child.aid, 0, handle, NULL);
		head = head_now();
		late[1] += last_seq(child.aid, AGENT_EVENT_REVOKE) > head;
		late[2] += spawn_is_late();
	}
	child_end(&child);
	expect(late[0], 0, "a grant is sealed before it returns");
	expect(late[1], 0, "so is a revocation");
	expect(late[2], 0, "and so is a spawn");
}

void levels_query(void)
{
	verdicts();
	arguments();
	tree();
	following();
	sealed();
}
