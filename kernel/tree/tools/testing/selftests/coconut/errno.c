// SPDX-License-Identifier: GPL-2.0
/*
 * The errnos of each call for a caller that has the authority, and for one
 * that lacks it: docs/abi.md as a program.
 */

#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "calls.h"
#include "cbor.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

#define NO_SUCH_AID	0x7fffffffffffULL

static void *unmapped(void)
{
	static void *page;

	if (!page) {
		page = mmap(NULL, 4096, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			bail("no page to test with");
	}
	return page;
}

/* What every call says about an AID that is nobody's, in whichever way. */
static void no_agent(uint64_t aid, const char *who)
{
	struct cbor cap = cap_relation("attest", AGENT_REL_SELF);
	uint64_t limit = AGENT_QUOTA_UNLIMITED;

	expect(attest(aid, NULL), -ESRCH, "agent_attest of %s", who);
	expect(quota(aid, AGENT_QUOTA_TASKS, 0, NULL, NULL), -ESRCH,
	       "agent_quota of %s", who);
	expect(quota(aid, AGENT_QUOTA_TASKS, AGENT_QUOTA_SET, &limit, NULL),
	       -ESRCH, "agent_quota, setting, of %s", who);
	expect(tier(aid, 0, NULL, NULL), -ESRCH, "agent_memory_tier of %s",
	       who);
	expect(tier(aid, AGENT_TIER_SET, &limit, NULL), -ESRCH,
	       "agent_memory_tier, setting, of %s", who);
	expect(present(aid, cap.data, cap.size), -ESRCH,
	       "agent_cap_present of %s", who);
	/* These two are for descendants, and nobody is none of those. */
	expect(cap_grant(aid, cap.data, cap.size, NULL), -ECAPABILITY,
	       "agent_cap_grant to %s", who);
	expect(release(aid), -ECAPABILITY, "release of %s", who);
	expect(cap_revoke(aid, AGENT_REVOKE_ALL, 0, NULL), -ECAPABILITY,
	       "agent_cap_revoke from %s", who);
	expect(cap_revoke(aid, AGENT_REVOKE_TERMINATE, 0, NULL), -ECAPABILITY,
	       "termination of %s", who);
}

static void aids(void)
{
	struct child child;

	no_agent(NO_SUCH_AID, "an AID that was never given out");
	no_agent(AGENT_AID_LEGACY, "AID 0");
	child_start(&child, "selftest-child");
	child_end(&child);
	no_agent(child.aid, "an agent that has ended");
}

static void rulers(void)
{
	struct cbor cap = cap_relation("attest", AGENT_REL_SELF);
	struct agent_attestation me;

	attest(AGENT_AID_SELF, &me);
	expect(cap_grant(AGENT_AID_SELF, cap.data, cap.size, NULL),
	       -ECAPABILITY, "nobody grants to itself");
	expect(cap_grant(me.aid, cap.data, cap.size, NULL), -ECAPABILITY,
	       "nobody grants to itself by its own AID");
	expect(cap_grant(AGENT_AID_ROOT, cap.data, cap.size, NULL),
	       -ECAPABILITY, "nobody grants to AID 1");
	expect(cap_revoke(AGENT_AID_ROOT, AGENT_REVOKE_TERMINATE, 0, NULL),
	       -ECAPABILITY, "nobody ends AID 1");
	expect(cap_revoke(AGENT_AID_SELF, AGENT_REVOKE_QUARANTINE, 0, NULL),
	       -ECAPABILITY, "nobody puts itself into quarantine");
	expect(cap_revoke(AGENT_AID_SELF, 0, ~0ULL, NULL), -ENOENT,
	       "revoking a handle of one's own that is none");
}

static void attest_errnos(void)
{
	struct agent_attestation at;
	struct agent_attest_args args = {
		.aid = AGENT_AID_SELF,
		.buf = (uintptr_t)unmapped(),
		.buf_size = sizeof(at),
	};

	expect(CALL(attest, &args), -EFAULT, "agent_attest: unmapped buffer");
	args.flags = AGENT_ATTEST_CAPS;
	args.buf_size = 1 << 20;
	expect(CALL(attest, &args), -EFAULT,
	       "agent_attest: unmapped buffer for the bundle");
	args.buf = (uintptr_t)&at;
	args.buf_size = 8;
	expect(CALL(attest, &args), -ENOSPC,
	       "agent_attest: no room for the bundle");
	args.flags = 0;
	memset(&at, 0xee, sizeof(at));
	expect(CALL(attest, &args), 8, "agent_attest: a shorter attestation");
	check(at.aid > AGENT_AID_ROOT && at.parent == 0xeeeeeeeeeeeeeeeeULL,
	      "agent_attest: which is cut at its end");
	args.flags = AGENT_ATTEST_NEXT;
	args.buf_size = sizeof(at);
	args.aid = 0;
	expect(CALL(attest, &args), sizeof(at), "agent_attest: the first AID");
	expect(at.aid, AGENT_AID_ROOT, "agent_attest: which is 1");
	args.aid = ~0ULL - 1;
	expect(CALL(attest, &args), -ESRCH, "agent_attest: none after the last");
}

static void attest_contents(void)
{
	struct agent_attestation at;
	struct agent_attest_args args = {
		.aid = AGENT_AID_SELF,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};
	static const uint8_t none[AGENT_DIGEST_SIZE];

	memset(args.nonce, 0x5a, sizeof(args.nonce));
	expect(CALL(attest, &args), sizeof(at), "agent_attest of oneself");
	check(!memcmp(at.nonce, args.nonce, sizeof(at.nonce)),
	      "the nonce comes back");
	check(!strcmp(at.name, "selftest"), "the name is the manifest's");
	check(!strcmp(at.image, TESTS_DIR "/agent_test"),
	      "the image is the manifest's");
	check(at.parent == AGENT_AID_ROOT, "the spawner is AID 1");
	check(memcmp(at.image_digest, none, sizeof(none)) &&
	      memcmp(at.manifest_digest, none, sizeof(none)) &&
	      memcmp(at.root_digest, none, sizeof(none)),
	      "no digest is empty");
	check(at.signer[0] && at.authority[0] &&
	      memcmp(at.signer_id, none, 20), "the signer is named");
	check(at.tasks == 1, "there is one task");
}

/* With a buffer that can't be written, the answer fails; that is all. */
static void answer_errnos(uint64_t aid)
{
	struct agent_cap_grant_args bad = {
		.aid = aid,
		.cap = (uintptr_t)unmapped(),
		.cap_size = 64,
	};
	struct agent_cap_present_args ask = {
		.aid = AGENT_AID_SELF,
		.cap = (uintptr_t)unmapped(),
		.cap_size = 64,
	};
	struct agent_audit_query_args query = {
		.aid = AGENT_AID_SELF,
		.buf = (uintptr_t)unmapped(),
		.buf_size = 4096,
	};

	expect(CALL(cap_grant, &bad), -EFAULT,
	       "agent_cap_grant: unmapped capability");
	expect(CALL(cap_present, &ask), -EFAULT,
	       "agent_cap_present: unmapped capability");
	expect(CALL(audit_query, &query), -EFAULT,
	       "agent_audit_query: unmapped buffer");
	query.flags = AGENT_AUDIT_COMMIT;
	expect(CALL(audit_query, &query), -ECAPABILITY,
	       "only AID 1 commits the chain");
	query.flags = AGENT_AUDIT_SEED;
	expect(CALL(audit_query, &query), -ECAPABILITY,
	       "only AID 1 seeds the chain");
}

/* An agent without any authority; each refusal is one denial more. */
static void without_authority(struct child *child, uint64_t other)
{
	struct agent_attestation at;
	unsigned long long aid = other;
	uint64_t before;

	attest(child->aid, &at);
	before = at.denials;
	expect(child_ask(child, "attest %llu", aid), -ECAPABILITY,
	       "without attest: another agent");
	expect(child_ask(child, "attest %llu", NO_SUCH_AID), -ECAPABILITY,
	       "without attest: an AID that is nobody's looks the same");
	expect(child_ask(child, "quota %llu 10", aid), -ECAPABILITY,
	       "without quota.set: another agent");
	expect(child_ask(child, "quota %llu 10", AGENT_AID_SELF),
	       -ECAPABILITY, "without quota.set: itself");
	expect(child_ask(child, "spawnany"), -ECAPABILITY,
	       "without agent.spawn");
	expect(child_ask(child, "revoke %llu 4 0", aid), -ECAPABILITY,
	       "without cap.grant: ending its spawner");
	expect(child_ask(child, "release %llu", aid), -ECAPABILITY,
	       "without cap.grant: releasing its spawner");
	expect(child_ask(child, "rows 0"), -ECAPABILITY,
	       "without audit.read: all rows");
	expect(child_ask(child, "rows %llu", aid), -ECAPABILITY,
	       "without audit.read: another's rows");
	attest(child->aid, &at);
	expect(at.denials - before, 9, "and each was counted as a denial");
	expect(child_ask(child, "attest %llu", AGENT_AID_SELF), 0,
	       "any agent may attest itself");
	expect(child_ask(child, "rows %llu", AGENT_AID_SELF), 0,
	       "any agent may read its own rows");
	check(child->value > 0, "and gets some");
}

void test_errno(void)
{
	struct agent_attestation me;
	struct child child;

	attest(AGENT_AID_SELF, &me);
	aids();
	rulers();
	attest_errnos();
	attest_contents();
	child_start(&child, "selftest-child");
	answer_errnos(child.aid);
	without_authority(&child, me.aid);
	child_end(&child);
}
