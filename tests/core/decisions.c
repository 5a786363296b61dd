// SPDX-License-Identifier: MIT
/*
 * The names of capabilities, and the decisions on addresses and relations,
 * held against the plainest way to compute the same.
 */

#include "core_test.h"

static uint32_t next_random(void)
{
	static uint64_t state = 0x6e6574;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state >> 33;
}

static bool bit_of(const struct agent_net_scope *net, int bit)
{
	return net->address[bit / 8] >> (7 - bit % 8) & 1;
}

static bool covers_plainly(const struct agent_net_scope *scope,
			   const struct agent_net_scope *wanted)
{
	int bit;

	if (scope->port_low > wanted->port_low ||
	    scope->port_high < wanted->port_high)
		return false;
	if (scope->protocol != 0 && scope->protocol != wanted->protocol)
		return false;
	if (scope->family == 0)
		return true;
	if (scope->family != wanted->family || scope->prefix > wanted->prefix)
		return false;
	for (bit = 0; bit < scope->prefix; bit++)
		if (bit_of(scope, bit) != bit_of(wanted, bit))
			return false;
	return true;
}

/* Few values for each part, so that half of the pairs agree in it. */
static void any_scope(struct agent_net_scope *net)
{
	static const uint8_t families[] = { 0, 4, 4, 6, 6 };
	static const uint8_t protocols[] = { 0, 0, 6, 17 };
	int bit = next_random() % 128;

	memset(net, 0, sizeof(*net));
	net->family = families[next_random() % 5];
	net->protocol = protocols[next_random() % 4];
	net->port_low = next_random() % 4;
	net->port_high = net->port_low + next_random() % 4;
	if (!net->family)
		return;
	net->prefix = next_random() % (net->family == 4 ? 33 : 129);
	if (bit < (net->family == 4 ? 32 : 128))
		net->address[bit / 8] = 0x80 >> bit % 8;
}

static void test_net(void)
{
	struct agent_net_scope scope, wanted;
	int run, covered = 0;
	bool same = true;

	for (run = 0; run < 1000000; run++) {
		bool plainly;

		any_scope(&scope);
		any_scope(&wanted);
		plainly = covers_plainly(&scope, &wanted);
		covered += plainly;
		same &= agent_net_covers(&scope, &wanted) == plainly;
		same &= agent_net_covers(&scope, &scope);
	}
	check(same, "address", "1000000 pairs are decided as bit by bit");
	check(covered > 10000 && covered < 990000, "address",
	      "many of them are covered, and many not");
}

static void test_relations(void)
{
	static const struct {
		uint32_t held;
		bool self, below, covers;
		const char *name;
	} cases[] = {
		{ AGENT_REL_SELF, true, false, true, "self reaches itself" },
		{ AGENT_REL_SELF, false, true, false, "self not its child" },
		{ AGENT_REL_SELF, false, false, false, "self not a stranger" },
		{ AGENT_REL_DESCENDANTS, true, false, true,
		  "descendants reaches itself" },
		{ AGENT_REL_DESCENDANTS, false, true, true,
		  "descendants its child" },
		{ AGENT_REL_DESCENDANTS, false, false, false,
		  "descendants not a stranger" },
		{ AGENT_REL_ALL, true, false, true, "all reaches itself" },
		{ AGENT_REL_ALL, false, true, true, "all its child" },
		{ AGENT_REL_ALL, false, false, true, "all a stranger" },
		{ 3, false, true, false, "what is no relation, nobody" },
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++)
		check(agent_relation_covers(cases[i].held, cases[i].self,
					    cases[i].below) == cases[i].covers,
		      "relation", cases[i].name);
}

static void test_names(void)
{
	enum agent_cap_id id;
	const char *name;

	for (id = 1; id < AGENT_CAP_COUNT; id++) {
		if (id == AGENT_CAP_USER)
			continue;
		name = agent_cap_name(id);
		check(name && agent_cap_id_of(name, strlen(name)) == id, "name",
		      name ? name : "missing");
		check(name && agent_cap_id_of(name, strlen(name) - 1) ==
				      AGENT_CAP_NONE,
		      "cut short, no name", name);
	}
	check(!agent_cap_name(AGENT_CAP_NONE) &&
		      !agent_cap_name(AGENT_CAP_USER) &&
		      !agent_cap_name(AGENT_CAP_COUNT),
	      "name", "none of the others");
	check(agent_cap_id_of("", 0) == AGENT_CAP_NONE, "name", "not empty");
}

/*
 * A part is its share of the period, rounded up, and no product wraps: for each
 * period there is, and rates of each size.
 */
static void test_parts(void)
{
	uint64_t whole, due, part;
	uint32_t rate, period;
	bool right = true;

	for (period = 1; period <= AGENT_PERIOD_MAX; period++) {
		whole = period * 1000000000ULL;
		for (rate = 1; rate <= AGENT_RATE_MAX; rate += rate / 8 + 1) {
			due = 0;
			right &= agent_rate_take(&due, 0, rate, period);
			part = due;
			right &= part * rate >= whole &&
				 part * rate - whole < rate;
			/* The last of a full bucket, and one more. */
			due = part * (rate - 1);
			right &= agent_rate_take(&due, 0, rate, period);
			right &= !agent_rate_take(&due, 0, rate, period);
		}
	}
	check(right, "rate",
	      "a part of each period is rounded up, for rates of each size");
}

void test_decisions(void)
{
	test_parts();
	test_net();
	test_relations();
	test_names();
}
