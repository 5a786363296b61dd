/* SPDX-License-Identifier: MIT */
/*
 * What clients that are agents reach.  The kernel is a table here: agent 2 has
 * spawned 3, and that 4; 5 was spawned by AID 1, 6 by an agent that has ended.
 */
#include <errno.h>

#include "coconutd.h"
#include "tap.h"

static const struct {
	uint64_t aid;
	uint64_t parent;
} live[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 3 }, { 5, 1 }, { 6, 99 } };

/* What the client holds, how often it may be used, and what it was asked for. */
static uint32_t held_id, held_relation;
static unsigned int uses_left, asked, used;

int64_t coconut_agent_attest(struct agent_attest_args *args)
{
	struct agent_attestation *at = (void *)(uintptr_t)args->buf;

	for (size_t i = 0; i < sizeof(live) / sizeof(live[0]); i++) {
		if (live[i].aid != args->aid)
			continue;
		at->aid = live[i].aid;
		at->parent = live[i].parent;
		return sizeof(*at);
	}
	return -ESRCH;
}

bool cap_is_held(uint64_t aid, const struct coconut_cap *cap)
{
	asked++;
	return aid == 2 && uses_left && cap->id == held_id &&
	       !strcmp(cap->name, coconut_cap_id_name(held_id)) &&
	       cap->relation <= held_relation;
}

bool cap_use(uint64_t aid, const struct coconut_cap *cap)
{
	used++;
	if (!cap_is_held(aid, cap))
		return false;
	uses_left--;
	return true;
}

void client_fail(struct client *client, int code, const char *format, ...)
{
	(void)client;
	(void)format;
	is_number(code, ECAPABILITY, "a refusal says so");
}

static void hold(uint32_t id, uint32_t relation, unsigned int uses)
{
	held_id = id;
	held_relation = relation;
	uses_left = uses;
	asked = 0;
	used = 0;
}

static bool holds(uint64_t own, uint64_t aid, uint32_t id)
{
	const struct client client = { .aid = own };

	return peer_holds(&client, aid, id, true);
}

static void test_who(void)
{
	ok(!peer_is_agent(&(struct client){ .aid = 0 }), "legacy is no agent");
	ok(!peer_is_agent(&(struct client){ .aid = 1 }), "nor is AID 1");
	ok(peer_is_agent(&(struct client){ .aid = 2 }), "2 is");
	is_number(agent_parent(4), 3, "who has spawned it");
	is_number(agent_parent(7), 0, "nobody has spawned what is not there");
}

static void test_holds(void)
{
	hold(AGENT_CAP_ATTEST, AGENT_REL_SELF, 9);
	ok(holds(2, 2, AGENT_CAP_ATTEST), "itself");
	ok(holds(5, 5, AGENT_CAP_NONE), "for which it needs nothing");
	is_number(asked + used, 0, "and uses nothing");
	ok(!holds(2, 3, AGENT_CAP_ATTEST), "no child without descendants");
	hold(AGENT_CAP_ATTEST, AGENT_REL_DESCENDANTS, 9);
	ok(holds(2, 3, AGENT_CAP_ATTEST), "a child");
	ok(holds(2, 4, AGENT_CAP_ATTEST), "a grandchild");
	is_number(used, 2, "each is a use");
	ok(!holds(2, 5, AGENT_CAP_ATTEST), "no stranger");
	ok(!holds(2, 1, AGENT_CAP_ATTEST), "not its spawner");
	ok(!holds(2, 0, AGENT_CAP_ATTEST), "not the legacy domain");
	ok(!holds(2, 6, AGENT_CAP_ATTEST), "none whose spawner has ended");
	ok(!holds(2, 7, AGENT_CAP_ATTEST), "none that is not there");
	ok(!holds(2, 3, AGENT_CAP_AUDIT_READ), "not by another capability");
	ok(!holds(2, 3, AGENT_CAP_NONE), "not where none would do");
	ok(!holds(3, 4, AGENT_CAP_ATTEST), "not by another's");
	hold(AGENT_CAP_ATTEST, AGENT_REL_ALL, 9);
	ok(holds(2, 5, AGENT_CAP_ATTEST), "a stranger, with all");
	ok(holds(2, 7, AGENT_CAP_ATTEST), "whether it is there or not");
	hold(AGENT_CAP_ATTEST, AGENT_REL_ALL, 1);
	ok(holds(2, 5, AGENT_CAP_ATTEST) && !holds(2, 5, AGENT_CAP_ATTEST),
	   "once, where it may be used once");
}

static void test_asked_only(void)
{
	const struct client client = { .aid = 2 };

	hold(AGENT_CAP_AUDIT_READ, AGENT_REL_ALL, 1);
	ok(peer_holds(&client, 5, AGENT_CAP_AUDIT_READ, false), "held");
	is_number(used, 0, "and not used");
	is_number(uses_left, 1, "nor counted");
}

static void test_reach(void)
{
	const struct client client = { .aid = 2 };

	hold(AGENT_CAP_ATTEST, AGENT_REL_SELF, 9);
	is_number(peer_reach(&client, AGENT_CAP_ATTEST), AGENT_REL_SELF,
		  "itself alone");
	is_number(used, 0, "which is no use, and no denial");
	hold(AGENT_CAP_ATTEST, AGENT_REL_DESCENDANTS, 9);
	is_number(peer_reach(&client, AGENT_CAP_ATTEST), AGENT_REL_DESCENDANTS,
		  "those below it");
	is_number(used, 1, "is one use");
	hold(AGENT_CAP_ATTEST, AGENT_REL_ALL, 9);
	is_number(peer_reach(&client, AGENT_CAP_ATTEST), AGENT_REL_ALL, "all");
	for (uint64_t aid = 1; aid < 7; aid++) {
		ok(peer_reaches(&client, aid, AGENT_REL_ALL), "all of them");
		ok(peer_reaches(&client, aid, AGENT_REL_DESCENDANTS) ==
			   (aid >= 2 && aid <= 4),
		   "2 and what is below");
		ok(peer_reaches(&client, aid, AGENT_REL_SELF) == (aid == 2),
		   "2 alone");
	}
}

int main(void)
{
	test_who();
	test_holds();
	test_asked_only();
	test_reach();
	peer_refuse(&(struct client){ .aid = 2 }, "spawn");
	return tap_end();
}
