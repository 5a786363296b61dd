// SPDX-License-Identifier: GPL-2.0
/*
 * Why an agent was denied something: the last of it to be read, by itself and
 * by who may read its rows; a signal at the call, with the same record; and
 * events to be traced.
 *
 *	a legacy root (the hand)
 *	agent_test: audit.read of all
 *	  |- selftest-reasons: a manifest that says what to do about a denial
 *	  |- selftest-chain: audit.read of those below it
 *	  |    |- selftest-chain
 *	  |- selftest-trap: on_deny trap
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define SECRET	BASE "/denied/secret"

static struct agent_denial kept[AGENT_DENIALS_KEPT + 1];
static uint64_t next_seq;

/* Return: how many, or a negative errno. */
static long read_reasons(uint64_t aid, uint64_t seq, size_t size)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_REASONS,
		.aid = aid,
		.seq = seq,
		.buf = (uintptr_t)kept,
		.buf_size = size,
	};
	long ret = CALL(audit_query, &args);

	next_seq = args.next_seq;
	return ret < 0 ? ret : ret / (long)sizeof(kept[0]);
}

static long all_reasons(const struct child *child)
{
	return read_reasons(child->aid, 0, sizeof(kept));
}

static bool is_text(const struct agent_denial *denial, const char *text)
{
	size_t size = strlen(text), i;

	if (denial->text_size != size || memcmp(denial->text, text, size))
		return false;
	for (i = size; i < sizeof(denial->text); i++) {
		if (denial->text[i])
			return false;
	}
	return true;
}

static bool is_hint(const struct agent_denial *denial, const char *hint)
{
	size_t size = strlen(hint), i;

	if (denial->hint_size != size || memcmp(denial->hint, hint, size))
		return false;
	for (i = size; i < sizeof(denial->hint); i++) {
		if (denial->hint[i])
			return false;
	}
	return true;
}

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void contents(void)
{
	struct cbor cap = cap_path("fs.read", BASE "/denied");
	uint64_t start = boot_ns(), handle;
	struct child child;
	struct stat st;

	child_start(&child, "selftest-reasons");
	expect(all_reasons(&child), 0, "no denial, no reason");
	expect(next_seq, 1, "and the first is the next");
	child_ask(&child, "open " SECRET " r");
	expect(all_reasons(&child), 1, "one denial");
	expect(next_seq, 2, "the next is the second");
	expect(kept[0].number, 1, "its number");
	expect(kept[0].pid, child.pid, "its task");
	expect(kept[0].cap, AGENT_CAP_FS_READ, "what was lacking");
	expect(kept[0].reason, AGENT_REASON_SCOPE, "why");
	expect(kept[0].error, ECAPABILITY, "the errno");
	check(is_text(&kept[0], SECRET), "the path");
	check(is_hint(&kept[0], "read what is below " BASE "/allowed"),
	      "what the manifest says");
	check(kept[0].time_ns > start && kept[0].time_ns < boot_ns(), "when");
	child_ask(&child, "connect 127.0.0.1 7003");
	expect(all_reasons(&child), 2, "a second one");
	expect(kept[1].number, 2, "comes after it");
	check(kept[1].time_ns >= kept[0].time_ns, "and later");
	expect(kept[1].cap, AGENT_CAP_NET_CONNECT, "an address");
	check(is_hint(&kept[1], "port 7001 is the one"),
	      "the first of two hints");
	child_ask(&child, "open " BASE "/allowed/a w");
	expect(all_reasons(&child), 3, "a third");
	expect(kept[2].cap, AGENT_CAP_FS_WRITE, "of a file that is there");
	check(!stat(BASE "/allowed/a", &st) && kept[2].object[1] == st.st_ino,
	      "with its inode");
	check(is_hint(&kept[2], ""), "where the manifest says nothing");
	child_ask(&child, "kill 1 0");
	expect(all_reasons(&child), 4, "a fourth");
	expect(kept[3].cap, AGENT_CAP_PROC_SIGNAL, "of something else");
	cap_add_uint(&cap, 11, 1);
	handle = must_grant(child.aid, &cap);
	child_ask(&child, "open " SECRET " r");
	child_ask(&child, "open " SECRET " r");
	expect(all_reasons(&child), 5, "once it is spent");
	expect(kept[4].reason, AGENT_REASON_EXPIRED, "that is why");
	cap_revoke(child.aid, 0, handle, NULL);
	child_ask(&child, "read");
	expect(all_reasons(&child), 6, "what was open");
	expect(kept[5].reason, AGENT_REASON_REVOKED, "is taken");
	expect(last_reason(&child), AGENT_REASON_REVOKED,
	       "and the row says the same");
	expect(child_ask(&child, "reasons %llu 0", AGENT_AID_SELF), 0,
	       "an agent reads them itself");
	expect(child.value, 6 + 1000 * 7, "all of them");
	expect(child_ask(&child, "reasons %llu 5",
			 (unsigned long long)child.aid), 0, "by its AID");
	expect(child.value, 2 + 1000 * 7, "from a number on");
	expect_rows(&child);
}

static void last_ones(void)
{
	struct child child;
	long i, wrong = 0;

	child_start(&child, "selftest-reasons");
	child_ask(&child, "many-denials 40 " SECRET);
	expect(all_reasons(&child), AGENT_DENIALS_KEPT, "the last of 40");
	for (i = 0; i < AGENT_DENIALS_KEPT; i++)
		wrong += kept[i].number != (uint64_t)25 + i;
	expect(wrong, 0, "in their order");
	expect(next_seq, 41, "and what is next");
	expect(read_reasons(child.aid, 30, sizeof(kept)), 11,
	       "from a number on");
	expect(kept[0].number, 30, "which is the first");
	expect(read_reasons(child.aid, 41, sizeof(kept)), 0, "none yet");
	expect(next_seq, 41, "still the next");
	expect(read_reasons(child.aid, ~0ULL, sizeof(kept)), 0,
	       "from the end of all numbers");
	expect(read_reasons(child.aid, 0, 3 * sizeof(kept[0]) + 5), 3,
	       "room for three and a little");
	expect(next_seq, 28, "tells where to go on");
	expect(read_reasons(child.aid, next_seq, 3 * sizeof(kept[0])), 3,
	       "and one goes on");
	expect(kept[0].number, 28, "there");
	expect(read_reasons(child.aid, 0, sizeof(kept[0]) - 1), -ENOSPC,
	       "no room for one");
	expect_rows(&child);
}

static void long_names(void)
{
	static const int sizes[] = { 255, 256, 257, 400 };
	struct child child;
	size_t i, j;

	child_start(&child, "selftest-reasons");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t filled = 0;

		expect(child_ask(&child, "deep-open " BASE "/denied %d",
				 sizes[i]), -ECAPABILITY,
		       "a path of %d bytes", sizes[i]);
		expect(all_reasons(&child), i + 1, "is one denial");
		expect(kept[i].text_size, sizes[i], "its length");
		for (j = 0; j < sizeof(kept[i].text); j++)
			filled += kept[i].text[j] != 0;
		expect(filled, sizes[i] < 256 ? sizes[i] : 256,
		       "and as much of it as there is room for");
	}
	expect_rows(&child);
}

static void of_whom(void)
{
	static const char *const two[] = { "selftest-chain", "selftest-chain" };
	struct agent_attestation me;
	struct child links[2], other, gone;

	attest(AGENT_AID_SELF, &me);
	chain_start(links, 2, two);
	child_start(&other, "selftest-reasons");
	child_start(&gone, "selftest-reasons");
	child_end(&gone);
	child_ask(&links[1], "open " SECRET " r");
	expect(child_ask(&links[0], "reasons %llu 0",
			 (unsigned long long)links[1].aid), 0,
	       "of those below, with audit.read");
	expect(links[0].value, 1 + 1000 * 2, "as many as there are");
	expect(child_ask(&links[1], "reasons %llu 0",
			 (unsigned long long)links[0].aid), -ECAPABILITY,
	       "not of those above");
	expect(child_ask(&links[0], "reasons %llu 0",
			 (unsigned long long)other.aid), -ECAPABILITY,
	       "nor beside");
	expect(child_ask(&other, "reasons %llu 0",
			 (unsigned long long)links[1].aid), -ECAPABILITY,
	       "nor of any, without it");
	expect(child_ask(&other, "reasons 1 0"), -ECAPABILITY, "nor AID 1's");
	expect(child_ask(&other, "reasons 0 0"), -ECAPABILITY,
	       "nor those of no agent");
	expect(all_reasons(&other), 3, "each of which is a denial");
	expect(kept[2].cap, AGENT_CAP_AUDIT_READ, "for want of audit.read");
	expect(all_reasons(&gone), -ESRCH, "who has ended has none");
	expect(read_reasons(1ULL << 40, 0, sizeof(kept)), -ESRCH,
	       "nor has who never was");
	chain_end(links, 2);
	expect_rows(&other);
}

static long long trapped(struct child *child, const char *what)
{
	int ret = child_ask(child, "trapped %s", what);

	return ret ? ret : child->value;
}

static void handled(void)
{
	struct child child;

	child_start(&child, "selftest-trap");
	child_ask(&child, "on-trap handle");
	expect(child_ask(&child, "open " BASE "/allowed/a r"), 0,
	       "what is allowed");
	expect(trapped(&child, "times"), 0, "traps nobody");
	expect(child_ask(&child, "open " SECRET " r"), -ECAPABILITY,
	       "what is denied fails all the same");
	expect(trapped(&child, "times"), 1, "after one SIGTRAP");
	expect(trapped(&child, "here"), 1, "to the thread that made the call");
	expect(trapped(&child, "code"), TRAP_AGENT, "its si_code");
	expect(trapped(&child, "error"), ECAPABILITY, "its si_errno");
	expect(trapped(&child, "after-call"), 1,
	       "its address is that of what follows the call");
	expect(trapped(&child, "number"), 1, "the number of the denial");
	expect(trapped(&child, "cap"), AGENT_CAP_FS_READ, "its capability");
	expect(trapped(&child, "reason"), AGENT_REASON_SCOPE, "its reason");
	expect(trapped(&child, "same-record"), 1,
	       "by which the handler has read the whole of it");
	expect(state_of(child.aid), AGENT_CAPABILITY_DENIED, "its state");
	expect(child_ask(&child, "open " BASE "/allowed/a r"), 0,
	       "the agent goes on");
	expect(state_of(child.aid), AGENT_ACTIVE, "and is active again");
	expect(child_ask(&child, "thread-open " SECRET), -ECAPABILITY,
	       "a denial of another thread");
	expect(trapped(&child, "times"), 2, "is a second SIGTRAP");
	expect(trapped(&child, "here"), 0, "which goes there");
	expect(trapped(&child, "number"), 2, "with its number");
	expect_rows(&child);
}

/* Nobody can make it not happen. */
static void not_handled(void)
{
	static const char *const hows[] = { "default", "block", "ignore" };
	struct child child;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		int status;

		child_start(&child, "selftest-trap");
		child_ask(&child, "on-trap %s", hows[i]);
		child_tell(&child, "open " SECRET " r");
		status = child_wait(&child);
		expect(status & 0x7f, SIGTRAP, "%s: it ends the process",
		       hows[i]);
		expect(await_state(child.aid, -ESRCH), -ESRCH,
		       "%s: and the agent", hows[i]);
		expect(count_rows(child.aid, 1U << AGENT_EVENT_DENY), 1,
		       "%s: with one row", hows[i]);
	}
}

#define TRACING	"/sys/kernel/tracing"

/* Under lockdown root has no tracefs: then that is what is told. */
static void traced(void)
{
	static const char *const events[] = {
		"agent_spawn", "agent_bind", "agent_deny", "agent_grant",
		"agent_revoke",
	};
	struct cbor cap = cap_path("fs.read", BASE "/denied");
	struct child child;
	uint64_t handle;
	char line[256];
	size_t i;

	hand("mountpoint -q " TRACING " || mount -t tracefs none " TRACING);
	if (hand("test -d " TRACING "/events/agent") &&
	    !hand("test -w " TRACING "/tracing_on")) {
		check(false, "there are events of agents");
		return;
	}
	if (hand("echo 1 >" TRACING "/events/agent/enable")) {
		skip("the kernel is locked down", "events of agents");
		return;
	}
	hand("echo >" TRACING "/trace");
	child_start(&child, "selftest-reasons");
	child_ask(&child, "open " SECRET " r");
	handle = must_grant(child.aid, &cap);
	cap_revoke(child.aid, 0, handle, NULL);
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		snprintf(line, sizeof(line), "grep -q '%s:.*\\b%llu\\b' "
			 TRACING "/trace", events[i],
			 (unsigned long long)child.aid);
		expect(hand(line), 0, "the event %s tells of the agent",
		       events[i]);
	}
	hand("cat " TRACING "/trace | tail -12");
	hand("echo 0 >" TRACING "/events/agent/enable");
	hand("echo >" TRACING "/trace");
	child_ask(&child, "open " SECRET " r");
	expect(hand("grep -q agent_deny " TRACING "/trace"), 1,
	       "none when they are off");
	expect_rows(&child);
}

void test_reasons(void)
{
	contents();
	last_ones();
	long_names();
	of_whom();
	handled();
	not_handled();
	if (hand_is_there())
		traced();
	else
		skip("no legacy root: tests/abi runs it", "events of agents");
}
