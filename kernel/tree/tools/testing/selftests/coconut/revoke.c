// SPDX-License-Identifier: GPL-2.0
/*
 * Taking back: who loses what was passed on, what of it is counted, and that
 * open files go with it, wherever they are.
 *
 *	agent_test: cap.grant, and all below /tmp
 *	  |- selftest-held: what is granted to it for taken; kept stays
 *	  |- selftest-chain
 *	       |- selftest-chain
 *	            |- selftest-chain
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "fds.h"
#include "harness.h"
#include "passed.h"
#include "revoke.h"
#include "rows.h"
#include "tests.h"

static const char *const opened[] = {
	"put 10 " TAKEN "/file r",
	"put 11 " TAKEN "/file rw",
	"put 12 " TAKEN "/dir r",
	"put 13 " KEPT "/other rw",
	"put 14 " KEPT " r",
	"on 10 read", "on 11 write", "on 12 getdents", "on 13 write",
	"on 14 getdents",
};

static const struct attempt closed[] = {
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 10 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 10 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 10 readv" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 10 splice" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 write" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "by 11 write" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 ftruncate" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 fallocate" },
	{ ECAPABILITY, 0, "on 11 fchmod" },
	{ ECAPABILITY, 0, "on 11 fsetxattr" },
	{ ECAPABILITY, 0, "on 10 fstat" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 12 getdents" },
	{ ECAPABILITY, 0, "map-file 0 10 s r 1" },
	{ ECAPABILITY, 0, "map-file 0 10 p r 1" },
	{ ECAPABILITY, 0, "map-file 0 11 s w 1" },
	{ ECAPABILITY, 0, "reopen 10 r" },
	{ ECAPABILITY, 0, "put 15 " TAKEN "/file r" },
	{ ECAPABILITY, 0, "put 15 " TAKEN "/file w" },
	{ ECAPABILITY, 0, "in 12 ../file" },
};

static const struct attempt still_open[] = {
	{ 0, 0, "on 13 read" },
	{ 0, 0, "on 13 write" },
	{ 0, 0, "on 13 ftruncate" },
	{ 0, 0, "on 14 getdents" },
	{ 0, 0, "put 16 " KEPT "/file r" },
};

static const struct attempt all_closed[] = {
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 13 read" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 13 write" },
	{ ECAPABILITY, AGENT_REASON_REVOKED, "on 14 getdents" },
	{ ECAPABILITY, 0, "put 16 " KEPT "/file r" },
};

static void files(void)
{
	struct victim victim = { .meet = NULL };
	enum way way;

	for (way = 0; way < WAYS; way++) {
		printf("# files, %s\n", way_names[way]);
		victim_start(&victim, "selftest-held", way, opened,
			     ARRAY_SIZE(opened));
		victim_take(&victim);
		VICTIM_TRY(&victim, closed);
		if (way == ALL_AT_ONCE)
			VICTIM_TRY(&victim, all_closed);
		else
			VICTIM_TRY(&victim, still_open);
		expect_rows(&victim.child);
	}
}

/* What goes is what is taken, and nothing else of the same file. */
static void one_right(void)
{
	static const struct attempt reading[] = {
		{ 0, 0, "on 10 read" },
		{ 0, 0, "on 11 read" },
		{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 write" },
		{ ECAPABILITY, AGENT_REASON_REVOKED, "on 11 ftruncate" },
		{ 0, 0, "on 12 getdents" },
	};
	struct cbor again = cap_path("fs.write", TAKEN);
	struct victim victim = { .meet = NULL };

	victim_start(&victim, "selftest-held", BY_SPAWNER, opened,
		     ARRAY_SIZE(opened));
	victim_take_one(&victim, THING_WRITE);
	RUN_ATTEMPTS(&victim.child, TAKEN, reading);
	must_grant(victim.child.aid, &again);
	expect(child_ask(&victim.child, "on 11 write"), 0,
	       "what is granted anew is of use to what was open");
	expect_rows(&victim.child);
}

/* Opened by another, left by the spawner, and in two agents at once. */
static void passed_files(void)
{
	const uint32_t keep[] = { 40, PASSED_SOCKET };
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct child child, other;
	int pair[2], here = open(TAKEN "/file", O_RDONLY | O_CLOEXEC);
	uint64_t mine, theirs;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		bail("socketpair: %s", strerror(errno));
	put_at(dup(here), 40);
	put_at(pair[0], PASSED_SOCKET);
	if (child_spawn_keep(&child, "selftest-held", keep, 2))
		bail("cannot spawn selftest-held");
	put_at(pair[1], PASSED_SOCKET);
	if (child_spawn_keep(&other, "selftest-held", keep, 2))
		bail("cannot spawn selftest-held");
	close(PASSED_SOCKET);
	close(40);
	mine = must_grant(child.aid, &cap);
	theirs = must_grant(other.aid, &cap);
	expect(child_ask(&child, "put 10 " TAKEN "/file r"), 0, "a file");
	expect(child_ask(&child, "send-fd 10 %d", PASSED_SOCKET), 0,
	       "is sent");
	expect(child_ask(&other, "put-sent 41 %d", PASSED_SOCKET), 0,
	       "and received by another");
	expect(child_ask(&child, "on 40 read"), 0, "one that was left open");
	expect(child_ask(&other, "on 41 read"), 0, "both are read");
	expect(cap_revoke(child.aid, 0, mine, NULL), 0, "one agent loses it");
	expect(child_ask(&child, "on 10 read"), -ECAPABILITY, "its own file");
	expect(child_ask(&child, "on 40 read"), -ECAPABILITY,
	       "and the one left open");
	expect(child_ask(&other, "on 41 read"), 0,
	       "who has received it reads on");
	expect(child_ask(&other, "on 40 read"), 0, "there as well");
	expect(pread(here, &byte, 1, 0), 1, "as does who has opened it");
	expect(child_ask(&other, "send-fd 41 %d", PASSED_SOCKET), 0,
	       "sent back");
	expect(child_ask(&child, "put-sent 42 %d", PASSED_SOCKET),
	       -ECAPABILITY, "it does not arrive");
	expect(cap_revoke(other.aid, 0, theirs, NULL), 0, "the other too");
	expect(child_ask(&other, "on 41 read"), -ECAPABILITY,
	       "what it has received");
	expect(child_ask(&other, "on 40 read"), -ECAPABILITY,
	       "and what was left to it");
	expect(pread(here, &byte, 1, 0), 1, "who has opened it reads on");
	close(here);
	expect_rows(&child);
	expect_rows(&other);
}

/* Errors, and callers that know the first version of the structure. */
static void calls(void)
{
	struct cbor cap = cap_path("fs.read", TAKEN);
	struct agent_cap_revoke_args args = {
		.agents = 77, .files = 78, .mappings = 79,
	};
	struct child child, other;
	uint64_t handle, removed = 77;

	child_start(&child, "selftest-held");
	child_start(&other, "selftest-held");
	handle = must_grant(child.aid, &cap);
	expect(cap_revoke(child.aid, 0, handle + 1000, NULL), -ENOENT,
	       "a handle that there is not");
	expect(cap_revoke(other.aid, 0, handle, NULL), -ENOENT,
	       "a handle of another agent's");
	expect(child_ask(&other, "revoke %llu 0 %llu",
			 (unsigned long long)child.aid,
			 (unsigned long long)handle), -ECAPABILITY,
	       "by who has no say over it");
	expect(child_ask(&child, "revoke %llu 0 %llu", AGENT_AID_SELF,
			 (unsigned long long)handle + 1000), -ENOENT,
	       "by itself, a handle that there is not");
	args.aid = child.aid;
	args.handle = handle;
	expect(call(__NR_agent_cap_revoke, &args,
		    AGENT_CAP_REVOKE_ARGS_SIZE_V0), 0,
	       "a caller of the first version");
	expect(args.removed, 1, "is told how many");
	check(args.agents == 77 && args.files == 78 && args.mappings == 79,
	      "and nothing that it has no room for");
	expect(cap_revoke(child.aid, 0, handle, &removed), -ENOENT,
	       "a second time");
	expect(removed, 77, "takes nothing");
	await_row_count(child.aid, 1U << AGENT_EVENT_REVOKE, 1);
	expect(count_rows(child.aid, 1U << AGENT_EVENT_REVOKE), 1,
	       "one row of it");
	expect(denials_of(&child), 0, "and no denial");
	expect_rows(&child);
	expect_rows(&other);
}

void test_revoke(void)
{
	make_things();
	files();
	one_right();
	passed_files();
	calls();
	revoke_lines();
	revoke_sockets();
}
