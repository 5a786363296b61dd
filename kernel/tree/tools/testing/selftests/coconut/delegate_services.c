// SPDX-License-Identifier: GPL-2.0
/*
 * Passing on, for services that ask the kernel, by the hand of AID 1, and that
 * none of it leaves anything behind.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/agent_core.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "delegate.h"
#include "hand.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define GIVE		"coconut cap grant %llu 'net.connect "
#define ROUNDS		5000
#define DENIALS		10000
/* Of a leak of 200 bytes in each round, 1 MB would be left. */
#define GROWTH_KB	512

static const char *const two[] = { "selftest-chain", "selftest-chain" };

static long user_rows(const struct child *child, uint32_t event, long want)
{
	long found = 0;
	int tries;

	for (tries = 0; tries < 500; tries++) {
		found = count_cap_rows(child->aid, event, AGENT_CAP_USER);
		if (found >= want)
			break;
		usleep(10000);
	}
	return found;
}

static void service(void)
{
	struct cbor cap = cap_scope("org.example.print", "printer-1");
	struct cbor held = cap;
	struct agent_attestation me;
	struct child child, other;
	long long before;

	attest(AGENT_AID_SELF, &me);
	cap_add_uint(&held, AGENT_CAP_RATE_KEY, 2);
	cap_add_uint(&held, AGENT_CAP_PERIOD_KEY, 86400);
	child_start(&child, "selftest-held");
	child_start(&other, "selftest-held");
	expect(present_use(child.aid, &cap), -ECAPABILITY,
	       "a service takes what an agent lacks");
	expect(denials_of(&child), 1, "which is that agent's denial");
	expect(last_reason(&child), AGENT_REASON_SCOPE, "for that reason");
	must_grant(child.aid, &held);
	expect(present(child.aid, cap.data, cap.size), 0, "it is there");
	expect(user_rows(&child, AGENT_EVENT_USE, 0), 0,
	       "asking is no use");
	expect(present_use(child.aid, &cap), 0, "one use");
	expect(child_present(&child, AGENT_AID_SELF, &cap, AGENT_PRESENT_USE),
	       0, "another, by itself");
	expect(user_rows(&child, AGENT_EVENT_USE, 2), 2, "are two rows");
	expect(present(child.aid, cap.data, cap.size), 0,
	       "asking takes nothing of a rate");
	expect(present_use(child.aid, &cap), -ECAPABILITY, "a third");
	expect(last_reason(&child), AGENT_REASON_RATE, "is beyond its rate");
	expect(user_rows(&child, AGENT_EVENT_DENY, 2), 2,
	       "two rows of denial");
	before = denials_of(&child);
	expect(child_present(&other, child.aid, &cap, AGENT_PRESENT_USE),
	       -ECAPABILITY, "who has no authority takes nothing");
	expect(denials_of(&child) - before, 0, "which denies it nothing");
	expect(denials_of(&other), 1, "but the one who asked");
	before = denials_of(&child);
	expect(child_present(&child, AGENT_AID_SELF, &cap, 2), -EINVAL,
	       "an unknown flag");
	expect(denials_of(&child) - before, 0, "is no denial");
	expect_rows(&child);
	expect_rows(&other);
}

/* All constraints, those further up as well. */
static void service_up_the_line(void)
{
	struct cbor cap = cap_scope("org.example.print", "printer-1");
	struct cbor once = cap_bare("org.example.print");
	struct cbor path = cap_denied("fs.read");
	struct child links[2];

	chain_start(links, 2, two);
	/* The scope's key is above that of the uses. */
	cap_add_uint(&once, AGENT_CAP_USES_KEY, 1);
	cap_add_text(&once, AGENT_CAP_SCOPE_KEY, "printer-1");
	must_grant(links[0].aid, &once);
	must_grant_by(&links[0], links[1].aid, &cap);
	expect(present(links[1].aid, cap.data, cap.size), 0,
	       "what was passed on is there");
	expect(child_present(&links[0], links[1].aid, &cap, AGENT_PRESENT_USE),
	       0, "a use of it");
	expect(present(links[1].aid, cap.data, cap.size), -ECAPABILITY,
	       "was the only one");
	expect(present(links[0].aid, cap.data, cap.size), -ECAPABILITY,
	       "further up as well");
	expect(child_present(&links[0], links[1].aid, &cap, AGENT_PRESENT_USE),
	       -ECAPABILITY, "and there is no other");
	expect(last_reason(&links[1]), AGENT_REASON_EXPIRED, "it is spent");
	expect(denials_of(&links[0]), 0, "who asks is denied nothing");

	cap_add_uint(&path, AGENT_CAP_USES_KEY, 2);
	must_grant(links[0].aid, &path);
	must_grant_by(&links[0], links[1].aid, &path);
	path = cap_denied("fs.read");
	expect(present_use(links[1].aid, &path), 0, "a path is used so too");
	expect_open(&links[0], 0, 0, "and once more further up");
	expect_open(&links[1], ECAPABILITY, AGENT_REASON_EXPIRED,
		    "then it is spent");
	chain_end(links, 2);
}

static long long number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	long long number = -1;

	if (!file || fscanf(file, "%lld", &number) != 1)
		number = -1;
	if (file)
		fclose(file);
	return number;
}

static int coconut(const char *format, unsigned long long aid)
{
	char line[512];

	snprintf(line, sizeof(line), format, aid);
	strcat(line, " >" BASE "/said 2>&1");
	return hand(line);
}

/* Addresses of hosts are AID 1's to give, to who has the host. */
static void by_root(void)
{
	struct cbor address = cap_ipv4("net.connect", 3, 8443);
	struct agent_attestation at;
	uint64_t host, aid;
	struct child gone;
	char line[128];

	child_start(&gone, "selftest-held");
	child_end(&gone);
	check(coconut("coconut cap grant %llu 'fs.read /etc'", gone.aid),
	      "AID 1 grants nothing to who has ended");
	if (coconut("coconut agent spawn selftest-hosted", 0))
		bail("the hand cannot spawn selftest-hosted");
	aid = number_in(BASE "/said");
	attest(aid, &at);
	expect(at.parent, AGENT_AID_ROOT, "an agent of AID 1's");
	cap_add_uint(&address, AGENT_CAP_PROTOCOL_KEY, 6);
	expect(present(aid, address.data, address.size), -ECAPABILITY,
	       "a host gives no address by itself");
	expect(coconut(GIVE "127.0.0.3:8443/tcp host=api.test.example'", aid),
	       0, "AID 1 gives it");
	expect(present(aid, address.data, address.size), 0,
	       "then the address is there");
	check(coconut(GIVE "127.0.0.3:8444/tcp host=api.test.example'", aid),
	      "not at another port");
	check(coconut(GIVE "127.0.0.3:8443/tcp host=other.test.example'", aid),
	      "nor for a host that the agent has not");
	host = find_cap(aid, AGENT_CAP_NET_CONNECT, "api.test.example", NULL);
	snprintf(line, sizeof(line), "coconut cap revoke %%llu %llu",
		 (unsigned long long)host);
	expect(coconut(line, aid), 0, "the host goes");
	expect(hand("grep -q '^revoked 2 capabilities of 1 agent' " BASE
		    "/said"), 0, "and its address with it");
	expect(present(aid, address.data, address.size), -ECAPABILITY,
	       "which is there no more");
	coconut("coconut agent kill --revoke %llu", aid);
}

/* Of the memory that only the kernel's own objects take; -1 without /proc. */
static long kernel_kb(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	long sum = 0, kb;
	char line[128];

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "SUnreclaim: %ld", &kb) == 1 ||
		    sscanf(line, "VmallocUsed: %ld", &kb) == 1 ||
		    sscanf(line, "Percpu: %ld", &kb) == 1)
			sum += kb;
	}
	fclose(file);
	return sum;
}

/* What is freed is freed later, and by others. */
static long await_kernel_kb(long most)
{
	long now = kernel_kb();
	int tries;

	for (tries = 0; now > most && tries < 200; tries++) {
		usleep(50000);
		now = kernel_kb();
	}
	return now;
}

static int cycles(uint64_t aid, const struct cbor *cap, int rounds)
{
	uint64_t handle = 0;
	int i, wrong = 0;

	for (i = 0; i < rounds; i++) {
		wrong += cap_grant(aid, cap->data, cap->size, &handle) != 0;
		wrong += cap_revoke(aid, 0, handle, NULL) != 0;
	}
	return wrong;
}

static void grants_that_go(void)
{
	struct cbor cap = cap_denied("fs.read");
	struct child child;
	long before, after;

	child_start(&child, "selftest-held");
	cycles(child.aid, &cap, 500);
	usleep(200000);
	before = kernel_kb();
	expect(cycles(child.aid, &cap, ROUNDS), 0,
	       "%d grants and revocations", ROUNDS);
	after = await_kernel_kb(before + GROWTH_KB);
	printf("# kernel memory: %ld KB, then %ld KB\n", before, after);
	check(before > 0 && after <= before + GROWTH_KB,
	      "leave nothing behind");
	expect_rows(&child);
}

static void denials_that_come(void)
{
	struct agent_denial kept[AGENT_DENIALS_KEPT + 1];
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_REASONS,
		.buf = (uintptr_t)kept,
		.buf_size = sizeof(kept),
	};
	struct child child;
	long before, after;

	child_start(&child, "selftest-held");
	child_ask(&child, "many-denials 500 " BASE "/denied/secret");
	before = kernel_kb();
	child_tell(&child, "many-denials %d " BASE "/denied/secret", DENIALS);
	expect(child_answer(&child, 120000), 0, "many denials");
	expect(child.value, DENIALS, "each of which is one");
	args.aid = child.aid;
	expect(CALL(audit_query, &args),
	       AGENT_DENIALS_KEPT * sizeof(kept[0]), "16 reasons are kept");
	expect(kept[0].number, DENIALS + 500 - AGENT_DENIALS_KEPT + 1,
	       "the last ones");
	after = await_kernel_kb(before + GROWTH_KB);
	printf("# kernel memory: %ld KB, then %ld KB\n", before, after);
	check(before > 0 && after <= before + GROWTH_KB,
	      "and nothing else is");
	expect_rows(&child);
}

void delegate_services(void)
{
	service();
	service_up_the_line();
	if (hand_is_there())
		by_root();
	else
		skip("no legacy root: tests/abi runs it", "AID 1 grants");
}

void delegate_growth(void)
{
	grants_that_go();
	denials_that_come();
}
