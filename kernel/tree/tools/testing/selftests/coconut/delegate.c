// SPDX-License-Identifier: GPL-2.0
/*
 * Passing on: by whom, to whom, and no more than one has, for as long and as
 * often as one has it.
 *
 *	agent_test: cap.grant, and all below /tmp
 *	  |- selftest-held: what is granted to it
 *	  |- selftest-chain: cap.grant as well
 *	  |    |- selftest-chain
 *	  |         |- selftest-chain
 *	  |- selftest-scoped: cap.grant of fs.read alone
 *	       |- selftest-held
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <linux/agent_core.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "delegate.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define DENIED	BASE "/denied"

static const char *const three[] = {
	"selftest-chain", "selftest-chain", "selftest-chain",
};

static const char *const scoped[] = { "selftest-scoped", "selftest-held" };

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

struct cbor cap_denied(const char *name)
{
	return cap_path(name, DENIED);
}

void expect_open(struct child *child, int error, int reason, const char *what)
{
	long long before = denials_of(child);
	int got = child_ask(child, "open " DENIED "/secret r");

	if (!expect(got, -error, "%s", what) || error != ECAPABILITY)
		return;
	expect(denials_of(child) - before, 1, "%s: one denial", what);
	expect(last_reason(child), reason, "%s: why", what);
}

static uint64_t uses_left(uint64_t aid, uint32_t id)
{
	struct agent_cap_info info = { .uses_left = 12345 };

	return find_cap(aid, id, DENIED, &info) ? info.uses_left : 0;
}

static void counts(void)
{
	struct cbor cap = cap_denied("fs.read");
	struct child child;

	cap_add_uint(&cap, AGENT_CAP_USES_KEY, 2);
	child_start(&child, "selftest-held");
	expect_open(&child, ECAPABILITY, AGENT_REASON_SCOPE,
		    "what nobody granted");
	must_grant(child.aid, &cap);
	expect(uses_left(child.aid, AGENT_CAP_FS_READ), 2, "two uses");
	expect(present(child.aid, cap.data, cap.size), 0,
	       "asking about it takes none");
	expect_open(&child, 0, 0, "the first");
	expect(uses_left(child.aid, AGENT_CAP_FS_READ), 1, "one is left");
	expect_open(&child, 0, 0, "the second");
	expect_open(&child, ECAPABILITY, AGENT_REASON_EXPIRED, "no third");
	expect(present(child.aid, cap.data, cap.size), -ECAPABILITY,
	       "and it is not there");
	expect_rows(&child);
}

static void rates(void)
{
	struct cbor cap = cap_denied("fs.read");
	struct cbor net = cap_ipv4("net.connect", 1, 7431);
	struct child child;
	int i;

	cap_add_uint(&cap, AGENT_CAP_RATE_KEY, 3);
	cap_add_uint(&cap, AGENT_CAP_PERIOD_KEY, 86400);
	cap_add_uint(&net, AGENT_CAP_RATE_KEY, 2);
	cap_add_uint(&net, AGENT_CAP_PERIOD_KEY, 86400);
	child_start(&child, "selftest-held");
	must_grant(child.aid, &cap);
	must_grant(child.aid, &net);
	for (i = 0; i < 3; i++)
		expect_open(&child, 0, 0, "within its rate");
	for (i = 0; i < 2; i++)
		expect_open(&child, ECAPABILITY, AGENT_REASON_RATE,
			    "beyond its rate");
	expect(child_ask(&child, "read"), 0,
	       "what is open is no use of its own");
	for (i = 0; i < 2; i++)
		expect(child_ask(&child, "connect 127.0.0.1 7431"),
		       -ECONNREFUSED, "an address within its rate");
	expect(child_ask(&child, "connect 127.0.0.1 7431"), -ECAPABILITY,
	       "an address beyond its rate");
	expect(last_reason(&child), AGENT_REASON_RATE, "says so");
	/* What comes back within the second is not waited for by the clock. */
	cap = cap_denied("fs.write");
	cap_add_uint(&cap, AGENT_CAP_RATE_KEY, 1);
	cap_add_uint(&cap, AGENT_CAP_PERIOD_KEY, 1);
	must_grant(child.aid, &cap);
	expect(child_ask(&child, "open " DENIED "/secret w"), 0,
	       "one in a second");
	for (i = 0; i < 500; i++) {
		if (!child_ask(&child, "open " DENIED "/secret w"))
			break;
		usleep(10000);
	}
	check(i && i < 500, "comes back, and not at once");
	expect_rows(&child);
}

static void lifetimes(void)
{
	struct cbor cap = cap_denied("fs.read");
	struct agent_cap_info info = { .handle = 0 };
	struct child child;
	uint64_t before, after, now;
	int ret = 0, tries;

	cap_add_uint(&cap, AGENT_CAP_LIFETIME_KEY, 1);
	child_start(&child, "selftest-held");
	before = boot_ns();
	must_grant(child.aid, &cap);
	after = boot_ns();
	if (find_cap(child.aid, AGENT_CAP_FS_READ, DENIED, &info))
		check(info.expires_ns >= before + 1000000000 &&
		      info.expires_ns <= after + 1000000000,
		      "a second from the grant, on the clock that boots");
	for (tries = 0; !ret && tries < 1000; tries++) {
		usleep(10000);
		ret = child_ask(&child, "open " DENIED "/secret r");
	}
	now = boot_ns();
	expect(ret, -ECAPABILITY, "then it ends");
	check(tries > 1, "not before it began");
	check(!info.expires_ns || now >= info.expires_ns,
	      "and not a moment before");
	/* A moment later the bundle does not know of it any more. */
	ret = last_reason(&child);
	check(ret == AGENT_REASON_EXPIRED || ret == AGENT_REASON_SCOPE,
	      "it says why (%d)", ret);
	expect_rows(&child);
}

static void narrower(void)
{
	struct cbor all = cap_denied("fs.read");
	struct cbor part = cap_path("fs.read", DENIED "/empty");
	struct cbor wide = cap_path("fs.read", BASE);
	struct cbor net = cap_ipv4("net.connect", 1, 7411);
	struct cbor other = cap_ipv4("net.connect", 1, 7412);
	struct child links[3];

	chain_start(links, 3, three);
	must_grant(links[0].aid, &part);
	expect(child_grant(&links[0], links[1].aid, &all), -ECAPABILITY,
	       "the whole of what one has a part of");
	expect(last_reason(&links[0]), AGENT_REASON_AUTHORITY,
	       "is for want of authority");
	expect(child_grant(&links[0], links[1].aid, &part), 0, "the part");
	must_grant(links[0].aid, &all);
	expect(child_grant(&links[0], links[1].aid, &all), 0,
	       "the whole, once one has it");
	expect(child_grant(&links[0], links[1].aid, &wide), -ECAPABILITY,
	       "more than that");
	expect(child_grant(&links[0], links[1].aid, &net), 0, "an address");
	expect(child_grant(&links[0], links[1].aid, &other), -ECAPABILITY,
	       "another port");
	expect_open(&links[1], 0, 0, "what was passed on");
	chain_end(links, 3);
}

static void to_whom(void)
{
	struct cbor cap = cap_path("fs.read", BASE "/kept");
	struct agent_attestation me;
	struct child links[3], other, gone;
	uint64_t handle;

	attest(AGENT_AID_SELF, &me);
	chain_start(links, 3, three);
	child_start(&other, "selftest-held");
	child_start(&gone, "selftest-held");
	handle = must_grant(gone.aid, &cap);
	child_end(&gone);
	expect(child_grant(&links[0], links[1].aid, &cap), 0, "to a child");
	expect(child_grant(&links[0], links[2].aid, &cap), 0,
	       "to a grandchild");
	expect(child_grant(&links[1], links[0].aid, &cap), -ECAPABILITY,
	       "to one's spawner");
	expect(child_grant(&links[0], other.aid, &cap), -ECAPABILITY,
	       "to one's sibling");
	expect(child_grant(&links[0], me.aid, &cap), -ECAPABILITY,
	       "to who spawned one");
	expect(child_grant(&links[0], links[0].aid, &cap), -ECAPABILITY,
	       "to oneself");
	expect(child_grant(&links[0], AGENT_AID_SELF, &cap), -ECAPABILITY,
	       "to oneself by that name");
	expect(child_grant(&links[0], AGENT_AID_ROOT, &cap), -ECAPABILITY,
	       "to AID 1");
	expect(child_grant(&links[0], 0, &cap), -ECAPABILITY, "to AID 0");
	expect(child_grant(&links[0], 1 << 30, &cap), -ECAPABILITY,
	       "to who never was");
	expect(cap_grant(gone.aid, cap.data, cap.size, NULL), -ECAPABILITY,
	       "to who has ended");
	expect(cap_revoke(gone.aid, 0, handle, NULL), -ECAPABILITY,
	       "and to take it back");
	expect(child_ask(&other, "grant %llu a1016373",
			 (unsigned long long)links[0].aid), -ECAPABILITY,
	       "without cap.grant: not even what is no capability");
	expect_rows(&other);
	chain_end(links, 3);
}

/* The agent's own spawner must have it, whoever grants. */
static void past_the_spawner(void)
{
	struct cbor cap = cap_denied("fs.read");
	struct child links[3];

	chain_start(links, 3, three);
	expect(cap_grant(links[1].aid, cap.data, cap.size, NULL),
	       -ECAPABILITY, "to a grandchild whose spawner has it not");
	must_grant(links[0].aid, &cap);
	expect(cap_grant(links[2].aid, cap.data, cap.size, NULL),
	       -ECAPABILITY, "nor one further down");
	expect(child_grant(&links[0], links[2].aid, &cap), -ECAPABILITY,
	       "by nobody");
	expect(cap_grant(links[1].aid, cap.data, cap.size, NULL), 0,
	       "it goes once the spawner has it");
	expect(cap_grant(links[2].aid, cap.data, cap.size, NULL), 0,
	       "and then further down");
	expect_open(&links[2], 0, 0, "where it is of use");
	chain_end(links, 3);
}

/* A use of what was passed on is one of what it came from. */
static void shared_uses(void)
{
	struct cbor twice = cap_denied("fs.read");
	struct cbor often = cap_denied("fs.read");
	struct cbor slow = cap_denied("fs.write");
	struct cbor plain = cap_denied("fs.write");
	struct child links[3];

	cap_add_uint(&twice, AGENT_CAP_USES_KEY, 3);
	cap_add_uint(&often, AGENT_CAP_USES_KEY, 100);
	cap_add_uint(&slow, AGENT_CAP_RATE_KEY, 2);
	cap_add_uint(&slow, AGENT_CAP_PERIOD_KEY, 86400);
	cap_add_uint(&plain, AGENT_CAP_USES_KEY, 50);
	chain_start(links, 3, three);
	must_grant(links[0].aid, &twice);
	must_grant_by(&links[0], links[1].aid, &often);
	must_grant_by(&links[1], links[2].aid, &often);
	expect_open(&links[2], 0, 0, "a use at the end of the line");
	expect(uses_left(links[2].aid, AGENT_CAP_FS_READ), 99,
	       "is one there");
	expect(uses_left(links[1].aid, AGENT_CAP_FS_READ), 99,
	       "one of its spawner's");
	expect(uses_left(links[0].aid, AGENT_CAP_FS_READ), 2,
	       "and one of that one's spawner");
	expect_open(&links[1], 0, 0, "a use in the middle");
	expect_open(&links[0], 0, 0, "and one at the top: no more are left");
	expect_open(&links[2], ECAPABILITY, AGENT_REASON_EXPIRED,
		    "for who has 99 of its own");
	expect_open(&links[0], ECAPABILITY, AGENT_REASON_EXPIRED,
		    "nor for who had 3");

	must_grant(links[0].aid, &slow);
	must_grant_by(&links[0], links[1].aid, &plain);
	expect(child_ask(&links[1], "open " DENIED "/secret w"), 0,
	       "a use of what has a rate further up");
	expect(child_ask(&links[0], "open " DENIED "/secret w"), 0,
	       "and one up there");
	expect(child_ask(&links[1], "open " DENIED "/secret w"), -ECAPABILITY,
	       "is all that there is");
	expect(last_reason(&links[1]), AGENT_REASON_RATE, "by that rate");
	expect(uses_left(links[1].aid, AGENT_CAP_FS_WRITE), 49,
	       "which takes no use below");
	chain_end(links, 3);
}

/* All but one place, and that one once: the two are not one without a count. */
static void past_a_count(void)
{
	struct cbor most = { .size = 0 };
	struct cbor once = cap_denied("fs.read");
	struct cbor all = cap_path("fs.read", BASE);
	struct child links[3];

	cbor_head(&most, CBOR_MAP, 3);
	cbor_pair_text(&most, AGENT_CAP_NAME_KEY, "fs.read");
	cbor_pair_text(&most, AGENT_CAP_PATH_KEY, BASE);
	cbor_head(&most, CBOR_UINT, AGENT_CAP_EXCEPT_KEY);
	cbor_head(&most, CBOR_ARRAY, 1);
	cbor_text(&most, DENIED);
	cap_add_uint(&once, AGENT_CAP_USES_KEY, 1);
	chain_start(links, 3, three);
	/* The counted one first: uses_left() reads the first that names DENIED. */
	must_grant(links[0].aid, &once);
	must_grant(links[0].aid, &most);
	if (!child_grant(&links[0], links[1].aid, &all))
		expect_open(&links[1], ECAPABILITY, AGENT_REASON_SCOPE,
			    "what the spawner has once, by what has no count");
	expect(uses_left(links[0].aid, AGENT_CAP_FS_READ), 1, "takes none");
	must_grant_by(&links[0], links[1].aid, &once);
	expect_open(&links[1], 0, 0, "once, by what is counted");
	expect_open(&links[0], ECAPABILITY, AGENT_REASON_EXPIRED,
		    "then it is spent for the spawner too");
	expect_open(&links[1], ECAPABILITY, AGENT_REASON_EXPIRED, "and for it");
	chain_end(links, 3);
}

static uint64_t end_of(uint64_t aid)
{
	struct agent_cap_info info = { .expires_ns = 0 };

	return find_cap(aid, AGENT_CAP_FS_READ, DENIED, &info) ?
	       info.expires_ns : 0;
}

static void shared_ends(void)
{
	struct cbor brief = cap_denied("fs.read");
	struct cbor lasting = cap_denied("fs.read");
	struct cbor briefer = cap_denied("fs.read");
	struct child links[3];
	uint64_t last;

	cap_add_uint(&brief, AGENT_CAP_LIFETIME_KEY, 5000);
	cap_add_uint(&briefer, AGENT_CAP_LIFETIME_KEY, 100);
	chain_start(links, 3, three);
	must_grant(links[0].aid, &brief);
	must_grant_by(&links[0], links[1].aid, &lasting);
	check(end_of(links[0].aid), "an end");
	expect(end_of(links[1].aid), end_of(links[0].aid),
	       "is that of what comes of it");
	cap_add_uint(&lasting, AGENT_CAP_LIFETIME_KEY, 1000000);
	last = must_grant_by(&links[1], links[2].aid, &lasting);
	expect(end_of(links[2].aid), end_of(links[0].aid),
	       "whatever was asked for");
	cap_revoke(links[2].aid, 0, last, NULL);
	must_grant_by(&links[1], links[2].aid, &briefer);
	check(end_of(links[2].aid) && end_of(links[2].aid) <
	      end_of(links[0].aid), "but for one that comes before");
	chain_end(links, 3);
}

/* With cap.grant of one name. */
static void one_name(void)
{
	struct cbor read = cap_path("fs.read", BASE "/kept");
	struct cbor write = cap_path("fs.write", BASE "/kept");
	struct cbor all = cap_bare("cap.grant");
	struct cbor same = cap_scope("cap.grant", "fs.read");
	struct child links[2];
	uint64_t to, mine, theirs;

	chain_start(links, 2, scoped);
	to = links[1].aid;
	expect(child_grant(&links[0], to, &read), 0, "what it names");
	mine = links[0].value;
	expect(child_grant(&links[0], to, &write), -ECAPABILITY,
	       "what it does not name, though one has that");
	expect(last_reason(&links[0]), AGENT_REASON_AUTHORITY,
	       "is for want of authority");
	expect(child_grant(&links[0], to, &all), -ECAPABILITY,
	       "the right to pass on everything");
	expect(child_grant(&links[0], to, &same), -ECAPABILITY,
	       "nor the right to pass on what it names");
	theirs = find_cap(to, AGENT_CAP_FS_WRITE, BASE "/kept", NULL);
	expect(child_ask(&links[0], "revoke %llu 0 %llu",
			 (unsigned long long)to, (unsigned long long)theirs),
	       -ECAPABILITY, "to take what it does not name");
	expect(child_ask(&links[0], "revoke %llu 0 %llu",
			 (unsigned long long)to, (unsigned long long)mine), 0,
	       "to take what it names");
	expect(child_ask(&links[0], "revoke %llu 0 %llu",
			 (unsigned long long)to, (unsigned long long)mine),
	       -ENOENT, "which is gone then");
	expect(child_ask(&links[0], "revoke %llu %llu 0",
			 (unsigned long long)to,
			 (unsigned long long)AGENT_REVOKE_ALL), -ECAPABILITY,
	       "to take all");
	expect(child_ask(&links[0], "revoke %llu %llu 0",
			 (unsigned long long)to,
			 (unsigned long long)AGENT_REVOKE_QUARANTINE),
	       -ECAPABILITY, "to freeze");
	expect(child_ask(&links[0], "revoke %llu %llu 0",
			 (unsigned long long)to,
			 (unsigned long long)AGENT_REVOKE_TERMINATE),
	       -ECAPABILITY, "to end");
	expect(child_ask(&links[0], "release %llu", (unsigned long long)to),
	       -ECAPABILITY, "to release");
	expect(child_ask(&links[1], "aid"), 0, "the other goes on");
	chain_end(links, 2);
}

static void full(void)
{
	struct cbor cap = cap_scope("org.example.print", "printer-1");
	struct agent_attestation at;
	struct child child;
	uint64_t handle = 0;
	long ret = 0;

	child_start(&child, "selftest-held");
	attest(child.aid, &at);
	for (; at.caps < AGENT_CAPS_MAX && !ret; at.caps++)
		ret = cap_grant(child.aid, cap.data, cap.size, &handle);
	expect(ret, 0, "a bundle of %d", AGENT_CAPS_MAX);
	attest(child.aid, &at);
	expect(at.caps, AGENT_CAPS_MAX, "holds as many");
	expect(cap_grant(child.aid, cap.data, cap.size, NULL), -E2BIG,
	       "and not one more");
	expect(count_rows(child.aid, 1U << AGENT_EVENT_DENY), 0,
	       "which is no denial");
	expect(cap_revoke(child.aid, 0, handle, NULL), 0, "one goes");
	expect(cap_grant(child.aid, cap.data, cap.size, NULL), 0,
	       "then there is room");
	expect_rows(&child);
}

void test_delegate(void)
{
	counts();
	rates();
	lifetimes();
	narrower();
	to_whom();
	past_the_spawner();
	shared_uses();
	past_a_count();
	shared_ends();
	one_name();
	full();
	delegate_services();
	delegate_growth();
}
