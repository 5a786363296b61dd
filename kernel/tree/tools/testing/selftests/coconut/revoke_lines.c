// SPDX-License-Identifier: GPL-2.0
/*
 * Taking back along a line of agents: what each has from the one above goes
 * with it, is counted, and is told in a row of each; see revoke.c.
 */

#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "harness.h"
#include "revoke.h"
#include "rows.h"

#define LINE	3

static const char *const line[LINE] = {
	"selftest-chain", "selftest-chain", "selftest-chain",
};

static const struct attempt lost[] = {
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 10 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 getdents" },
	{ ECAPABILITY, 0, "put 15 " TAKEN "/file r" },
	{ ECAPABILITY, 0, "map-file 1 10 s r 1" },
	{ 0, 0, "on 12 write" },
	{ 0, 0, "on 13 read" },
};

static const struct attempt untouched[] = {
	{ 0, 0, "on 10 read" },
	{ 0, 0, "on 11 getdents" },
	{ 0, 0, "put 15 " TAKEN "/file r" },
	{ 0, 0, "on 12 write" },
	{ 0, 0, "on 13 read" },
};

/* Two files and a mapping of what is taken, two files of what is not. */
static void open_all(struct child *link)
{
	static const char *const lines[] = {
		"put 10 " TAKEN "/file r", "put 11 " TAKEN "/dir r",
		"put 12 " KEPT "/other rw", "put 13 " BASE "/given/file r",
		"map-file 0 10 s r 2", "touch 0 r 0", "on 11 getdents",
	};
	size_t i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		ret = child_ask(link, "%s", lines[i]);
		if (ret)
			bail("%s: errno %d", lines[i], -ret);
	}
}

/* Pass one capability down the line. Return: the topmost handle. */
static uint64_t pass_down(struct child *links, const struct cbor *cap)
{
	uint64_t first = must_grant(links[0].aid, cap);
	size_t i;

	for (i = 1; i < LINE; i++)
		must_grant_by(&links[i - 1], links[i].aid, cap);
	return first;
}

static long revoke_rows(uint64_t aid)
{
	long rows = 0;
	int tries;

	for (tries = 0; !rows && tries < 200; tries++) {
		rows = count_rows(aid, 1U << AGENT_EVENT_REVOKE);
		if (!rows)
			usleep(5000);
	}
	return rows;
}

/* The row of a revocation: which capability, by whom. */
static void expect_row(uint64_t aid, uint64_t handle, const char *what)
{
	static uint8_t rows[1 << 16];
	struct agent_audit_query_args args = {
		.aid = aid,
		.events = 1U << AGENT_EVENT_REVOKE,
		.buf = (uintptr_t)rows,
		.buf_size = sizeof(rows),
	};
	const struct agent_audit_row *row = (void *)rows;
	struct agent_attestation me;

	attest(AGENT_AID_SELF, &me);
	expect(revoke_rows(aid), 1, "%s: one row", what);
	if (CALL(audit_query, &args) <= 0)
		return;
	expect(row->object[0], handle, "%s: which", what);
	expect(row->object[1], me.aid, "%s: by whom", what);
}

static void from_the_top(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct child links[LINE];
	struct counts counts;
	uint64_t handles[LINE], first;
	size_t i;

	chain_start(links, LINE, line);
	first = pass_down(links, &cap);
	for (i = 0; i < LINE; i++) {
		handles[i] = find_cap(links[i].aid, AGENT_CAP_FS_READ, TAKEN,
				      NULL);
		open_all(&links[i]);
	}
	expect(revoke_counts(links[0].aid, 0, first, &counts), 0,
	       "from the first of a line of three");
	expect_counts(&counts, (struct counts) { 3, 3, 6, 3 }, "it takes");
	for (i = 0; i < LINE; i++) {
		printf("# agent %zu\n", i + 1);
		RUN_ATTEMPTS(&links[i], TAKEN, lost);
		expect(child_ask(&links[i], "touch 0 r 0"), -EFAULT,
		       "its mapping");
		expect_row(links[i].aid, handles[i], "revoked");
	}
	expect(revoke_counts(links[0].aid, 0, first, &counts), -ENOENT,
	       "a second time");
	chain_end(links, LINE);
}

static void from_the_middle(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct child links[LINE];
	struct counts counts;
	uint64_t handle;
	size_t i;

	chain_start(links, LINE, line);
	pass_down(links, &cap);
	for (i = 0; i < LINE; i++)
		open_all(&links[i]);
	handle = find_cap(links[1].aid, AGENT_CAP_FS_READ, TAKEN, NULL);
	expect(child_revoke_counts(&links[0], links[1].aid, 0, handle,
				   &counts), 0,
	       "from the second, by the first");
	expect_counts(&counts, (struct counts) { 2, 2, 4, 2 }, "it takes");
	RUN_ATTEMPTS(&links[0], TAKEN, untouched);
	expect(child_ask(&links[0], "touch 0 r 4096"), 0, "its mapping");
	RUN_ATTEMPTS(&links[1], TAKEN, lost);
	RUN_ATTEMPTS(&links[2], TAKEN, lost);
	expect(child_ask(&links[2], "touch 0 r 4096"), -EFAULT,
	       "the last one's mapping");
	expect(count_rows(links[0].aid, 1U << AGENT_EVENT_REVOKE), 0,
	       "the first has no row of it");
	expect(revoke_rows(links[2].aid), 1, "the last has");
	chain_end(links, LINE);
}

/* What an agent gives up, those below it lose as well. */
static void given_up(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct child links[LINE];
	struct counts counts;
	uint64_t first;
	size_t i;

	chain_start(links, LINE, line);
	first = pass_down(links, &cap);
	for (i = 0; i < LINE; i++)
		open_all(&links[i]);
	expect(child_revoke_counts(&links[0], AGENT_AID_SELF, 0, first,
				   &counts), 0, "given up by the first");
	expect_counts(&counts, (struct counts) { 3, 3, 6, 3 }, "it takes");
	RUN_ATTEMPTS(&links[0], TAKEN, lost);
	RUN_ATTEMPTS(&links[2], TAKEN, lost);
	chain_end(links, LINE);
}

/* What came with the spawn is as what was granted. */
static void of_the_manifest(void)
{
	struct child links[LINE];
	struct counts counts;
	uint64_t handle;
	size_t i;

	chain_start(links, LINE, line);
	for (i = 0; i < LINE; i++) {
		child_ask(&links[i], "put 10 " BASE "/given/file r");
		expect(child_ask(&links[i], "on 10 read"), 0,
		       "agent %zu reads what its manifest gives", i + 1);
	}
	handle = find_cap(links[0].aid, AGENT_CAP_FS_READ, BASE "/given",
			  NULL);
	expect(revoke_counts(links[0].aid, 0, handle, &counts), 0,
	       "of a manifest");
	expect_counts(&counts, (struct counts) { 3, 3, 3, 0 }, "it takes");
	for (i = 0; i < LINE; i++)
		expect(child_ask(&links[i], "on 10 read"), -ECAPABILITY,
		       "agent %zu has lost it", i + 1);
	chain_end(links, LINE);
}

/* Another that covers it as well is not what it came from. */
static void of_two_alike(void)
{
	struct cbor cap = cap_scope("org.example.print", "printer-1");
	struct child links[LINE];
	struct counts counts;
	uint64_t first, second;

	chain_start(links, LINE, line);
	first = pass_down(links, &cap);
	second = must_grant(links[0].aid, &cap);
	expect(revoke_counts(links[0].aid, 0, first, &counts), 0,
	       "the one it came from");
	expect_counts(&counts, (struct counts) { 3, 3, 0, 0 }, "it takes");
	expect(present(links[0].aid, cap.data, cap.size), 0,
	       "the other is still there");
	expect(present(links[1].aid, cap.data, cap.size), -ECAPABILITY,
	       "but not with those below");
	expect(revoke_counts(links[0].aid, 0, second, &counts), 0,
	       "the other goes");
	expect_counts(&counts, (struct counts) { 1, 1, 0, 0 }, "it takes");
	chain_end(links, LINE);
}

/* One that is used up or over is gone from those below as well. */
static void spent_above(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct cbor once = cap;
	struct child links[LINE];
	size_t i;

	cap_add_uint(&once, 11, 2);
	chain_start(links, LINE, line);
	must_grant(links[0].aid, &once);
	must_grant_by(&links[0], links[1].aid, &cap);
	must_grant_by(&links[1], links[2].aid, &cap);
	expect(child_ask(&links[2], "put 10 " TAKEN "/file r"), 0,
	       "the first of two uses");
	expect(child_ask(&links[0], "put 10 " TAKEN "/file r"), 0,
	       "the second, by who passed it on");
	for (i = 0; i < LINE; i++)
		expect(child_ask(&links[i], "put 11 " TAKEN "/file r"),
		       -ECAPABILITY, "agent %zu has none left", i + 1);
	chain_end(links, LINE);
}

static void everything(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct agent_attestation at;
	struct child links[LINE];
	struct counts counts;
	uint64_t all = 0;
	size_t i;

	chain_start(links, LINE, line);
	pass_down(links, &cap);
	for (i = 0; i < LINE; i++) {
		open_all(&links[i]);
		attest(links[i].aid, &at);
		all += at.caps;
	}
	expect(revoke_counts(links[0].aid, AGENT_REVOKE_ALL, 0, &counts), 0,
	       "everything from the first");
	expect(counts.removed, all, "is everything from all");
	expect(counts.agents, 3, "three agents");
	expect(counts.files, 12, "their files");
	expect(counts.mappings, 3, "and their mappings");
	for (i = 0; i < LINE; i++) {
		attest(links[i].aid, &at);
		expect(at.caps, 0, "agent %zu has nothing", i + 1);
		expect(child_ask(&links[i], "on 12 write"), -ECAPABILITY,
		       "not even what was its own");
		expect(child_ask(&links[i], "aid"), 0, "and goes on");
		expect(revoke_rows(links[i].aid), 1, "one row of it all");
	}
	chain_end(links, LINE);
}

void revoke_lines(void)
{
	from_the_top();
	from_the_middle();
	given_up();
	of_the_manifest();
	of_two_alike();
	spent_above();
	everything();
}
