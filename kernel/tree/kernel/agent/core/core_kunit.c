// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests for the core of agents
 */

#include <kunit/test.h>

#include "core_cases.h"
#include "manifest_cases.h"
#include "may_cases.h"

static void describe_cbor(const struct cbor_case *one, char *text)
{
	strscpy(text, one->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cbor, cbor_cases, describe_cbor);

static void test_cbor(struct kunit *test)
{
	const struct cbor_case *one = test->param_value;
	struct agent_cbor_item item;
	struct agent_cbor cbor;
	u8 data[64];

	agent_cbor_init(&cbor, data, unhex(one->hex, data));
	KUNIT_ASSERT_EQ(test, agent_cbor_next(&cbor, &item), one->error);
	if (!one->error)
		KUNIT_EXPECT_EQ(test, item.value, one->value);
}

static void describe_cap(const struct cap_case *one, char *text)
{
	strscpy(text, one->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(cap, cap_cases, describe_cap);

static void test_cap(struct kunit *test)
{
	const struct cap_case *one = test->param_value;
	struct agent_fault fault = { };
	struct agent_cap_spec spec;
	struct agent_cbor cbor;
	u8 data[128];

	agent_cbor_init(&cbor, data, unhex(one->hex, data));
	KUNIT_ASSERT_EQ(test, agent_cap_read(&cbor, &spec, &fault), one->error);
	if (one->error)
		KUNIT_EXPECT_NOT_NULL(test, fault.what);
	else
		KUNIT_EXPECT_EQ(test, spec.id, one->id);
}

static void describe_manifest(const struct manifest_case *one, char *text)
{
	strscpy(text, one->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(manifest, manifest_cases, describe_manifest);

static void test_manifest(struct kunit *test)
{
	const struct manifest_case *one = test->param_value;
	struct agent_manifest manifest;
	struct agent_fault fault = { };
	u8 data[MANIFEST_CASE_MAX];
	u32 size = unhex(one->hex, data);

	KUNIT_ASSERT_EQ(test,
			agent_manifest_read(data, size, &manifest, &fault),
			one->error);
	if (!one->error)
		return;
	KUNIT_EXPECT_NOT_NULL(test, fault.what);
	KUNIT_EXPECT_EQ(test, fault.offset, one->offset);
	KUNIT_EXPECT_EQ(test, fault.cap, one->cap);
}

static void test_manifest_parts(struct kunit *test)
{
	struct agent_manifest manifest;
	struct agent_fault fault;
	u8 data[MANIFEST_CASE_MAX];
	u32 size = unhex(MANIFEST_HEX, data);

	KUNIT_ASSERT_EQ(test,
			agent_manifest_read(data, size, &manifest, &fault), 0);
	KUNIT_EXPECT_EQ(test, manifest.name.size, 1);
	KUNIT_EXPECT_EQ(test, manifest.image.size, 2);
	KUNIT_EXPECT_EQ(test, manifest.digest[31], 0x1f);
	KUNIT_EXPECT_EQ(test, manifest.nr_caps, 0);
	KUNIT_EXPECT_EQ(test, manifest.limits[AGENT_LIMIT_RAM],
			AGENT_QUOTA_UNLIMITED);
}

static void test_manifest_audit(struct kunit *test)
{
	struct agent_manifest manifest;
	struct agent_fault fault;
	u8 data[MANIFEST_CASE_MAX];
	u32 size = unhex(MANIFEST_HEX, data);

	KUNIT_ASSERT_EQ(test,
			agent_manifest_read(data, size, &manifest, &fault), 0);
	KUNIT_EXPECT_EQ(test, manifest.audit, AGENT_AUDIT_USES);
	KUNIT_EXPECT_EQ(test, manifest.code, 0);
	KUNIT_EXPECT_EQ(test, manifest.nr_code, 0);
	data[0] += 2;
	size += unhex("0c010d81" DIGEST_HEX, data + size);
	KUNIT_ASSERT_EQ(test,
			agent_manifest_read(data, size, &manifest, &fault), 0);
	KUNIT_EXPECT_EQ(test, manifest.audit, AGENT_AUDIT_COALESCED);
	KUNIT_EXPECT_EQ(test, manifest.nr_code, 1);
	/* The array's head stands before the digest and its own two bytes. */
	KUNIT_EXPECT_EQ(test, manifest.code, size - AGENT_DIGEST_SIZE - 3);
}

static void test_host(struct kunit *test)
{
	struct agent_fault fault = { };
	struct agent_cap_spec spec;
	struct agent_cbor cbor;
	u8 data[64];

	agent_cbor_init(&cbor, data,
			unhex("a4" NET_CONNECT_HEX "061901bb071901bb0e65612e6f7267",
			      data));
	KUNIT_ASSERT_EQ(test, agent_cap_read(&cbor, &spec, &fault), 0);
	KUNIT_EXPECT_EQ(test, spec.net.family, 0);
	KUNIT_EXPECT_EQ(test, spec.net.port_low, 443);
	KUNIT_ASSERT_EQ(test, spec.host.size, 5);
	KUNIT_EXPECT_EQ(test, memcmp(spec.host.data, "a.org", 5), 0);
}

static void test_manifest_cut(struct kunit *test)
{
	struct agent_manifest manifest;
	struct agent_fault fault;
	u8 data[MANIFEST_CASE_MAX];
	u32 size = unhex(manifest_cases[1].hex, data), cut;

	for (cut = 0; cut < size; cut++)
		KUNIT_EXPECT_EQ(test,
				agent_manifest_read(data, cut, &manifest,
						    &fault), -EBADMSG);
	/* Nothing of what is too long is read, so that it needn't be there. */
	KUNIT_EXPECT_EQ(test, agent_manifest_read(data, AGENT_MANIFEST_MAX + 1,
						  &manifest, &fault), -E2BIG);
}

static void test_names(struct kunit *test)
{
	enum agent_cap_id id;

	for (id = 1; id < AGENT_CAP_COUNT; id++) {
		const char *name = agent_cap_name(id);

		if (id == AGENT_CAP_USER)
			continue;
		KUNIT_ASSERT_NOT_NULL(test, name);
		KUNIT_EXPECT_EQ(test, agent_cap_id_of(name, strlen(name)), id);
	}
	KUNIT_EXPECT_NULL(test, agent_cap_name(AGENT_CAP_NONE));
	KUNIT_EXPECT_NULL(test, agent_cap_name(AGENT_CAP_USER));
	KUNIT_EXPECT_NULL(test, agent_cap_name(AGENT_CAP_COUNT));
}

static void test_states(struct kunit *test)
{
	u32 from, to;

	for (from = 0; from < AGENT_STATE_COUNT; from++) {
		for (to = 0; to < AGENT_STATE_COUNT; to++)
			KUNIT_EXPECT_EQ_MSG(test,
					    agent_state_may_follow(from, to),
					    !!(edges[from] & 1U << to),
					    "from %s to %s",
					    agent_state_name(from),
					    agent_state_name(to));
	}
	KUNIT_EXPECT_FALSE(test, agent_state_may_follow(AGENT_STATE_COUNT, 0));
	KUNIT_EXPECT_FALSE(test, agent_state_may_follow(0, AGENT_STATE_COUNT));
	KUNIT_EXPECT_STREQ(test, agent_state_name(~0U), "unknown");
}

static void test_net(struct kunit *test)
{
	struct agent_net_scope any = { .port_high = 65535 };
	struct agent_net_scope net = {
		.family = 4, .prefix = 8, .address = { 10 },
		.port_low = 80, .port_high = 90, .protocol = 6,
	};
	struct agent_net_scope one = {
		.family = 4, .prefix = 32, .address = { 10, 1, 2, 3 },
		.port_low = 80, .port_high = 80, .protocol = 6,
	};

	KUNIT_EXPECT_TRUE(test, agent_net_covers(&any, &one));
	KUNIT_EXPECT_TRUE(test, agent_net_covers(&net, &one));
	KUNIT_EXPECT_FALSE(test, agent_net_covers(&one, &net));
	one.port_high = 91;
	KUNIT_EXPECT_FALSE(test, agent_net_covers(&net, &one));
	one.port_high = 80;
	one.protocol = 17;
	KUNIT_EXPECT_FALSE(test, agent_net_covers(&net, &one));
	one.protocol = 6;
	one.address[0] = 11;
	KUNIT_EXPECT_FALSE(test, agent_net_covers(&net, &one));
	one.address[0] = 10;
	one.family = 6;
	KUNIT_EXPECT_FALSE(test, agent_net_covers(&net, &one));
}

static void test_relation(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, agent_relation_covers(AGENT_REL_SELF, true,
						      false));
	KUNIT_EXPECT_FALSE(test, agent_relation_covers(AGENT_REL_SELF, false,
						       true));
	KUNIT_EXPECT_TRUE(test, agent_relation_covers(AGENT_REL_DESCENDANTS,
						      false, true));
	KUNIT_EXPECT_FALSE(test, agent_relation_covers(AGENT_REL_DESCENDANTS,
						       false, false));
	KUNIT_EXPECT_TRUE(test, agent_relation_covers(AGENT_REL_ALL, false,
						      false));
}

static void describe_may(const struct may_case *one, char *text)
{
	strscpy(text, one->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(covers, covers_cases, describe_may);
KUNIT_ARRAY_PARAM(address, address_cases, describe_may);
KUNIT_ARRAY_PARAM(grant, grant_cases, describe_may);

static void test_covers(struct kunit *test)
{
	const struct may_case *one = test->param_value;

	KUNIT_EXPECT_EQ(test, agent_cap_covers(&one->held, &one->wanted),
			one->may);
}

static void test_address(struct kunit *test)
{
	const struct may_case *one = test->param_value;

	KUNIT_EXPECT_EQ(test, agent_cap_gives_address(&one->held, &one->wanted),
			one->may);
	KUNIT_EXPECT_TRUE(test, !one->may || agent_cap_is_host(&one->held));
	KUNIT_EXPECT_FALSE(test, one->may && agent_cap_is_host(&one->wanted));
}

static void test_grant(struct kunit *test)
{
	const struct may_case *one = test->param_value;

	KUNIT_EXPECT_EQ(test, agent_cap_may_grant(&one->held, &one->wanted),
			one->may);
}

static void describe_rate(const struct rate_case *one, char *text)
{
	strscpy(text, one->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(rate, rate_cases, describe_rate);

static void test_rate(struct kunit *test)
{
	const struct rate_case *one = test->param_value;
	u64 due = one->due;

	KUNIT_EXPECT_EQ(test, agent_rate_take(&due, one->now, one->rate,
					      one->period), one->taken);
	KUNIT_EXPECT_EQ(test, due, one->after);
}

/* A full bucket gives just so many at once, and each comes back by itself. */
static void test_rate_burst(struct kunit *test)
{
	u64 due = 0, now = 12345;
	u32 i;

	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_TRUE(test, agent_rate_take(&due, now, 1000, 10));
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_FALSE(test, agent_rate_take(&due, now, 1000, 10));
		now += 9999999;
		KUNIT_ASSERT_FALSE(test, agent_rate_take(&due, now, 1000, 10));
		now++;
		KUNIT_ASSERT_TRUE(test, agent_rate_take(&due, now, 1000, 10));
	}
}

static struct kunit_case cbor_suite_cases[] = {
	KUNIT_CASE_PARAM(test_cbor, cbor_gen_params),
	{ }
};

static struct kunit_case manifest_suite_cases[] = {
	KUNIT_CASE_PARAM(test_cap, cap_gen_params),
	KUNIT_CASE(test_host),
	KUNIT_CASE(test_names),
	KUNIT_CASE_PARAM(test_manifest, manifest_gen_params),
	KUNIT_CASE(test_manifest_parts),
	KUNIT_CASE(test_manifest_audit),
	KUNIT_CASE(test_manifest_cut),
	{ }
};

static struct kunit_case state_suite_cases[] = {
	KUNIT_CASE(test_states),
	KUNIT_CASE(test_net),
	KUNIT_CASE(test_relation),
	{ }
};

static struct kunit_case may_suite_cases[] = {
	KUNIT_CASE_PARAM(test_covers, covers_gen_params),
	KUNIT_CASE_PARAM(test_address, address_gen_params),
	KUNIT_CASE_PARAM(test_grant, grant_gen_params),
	KUNIT_CASE_PARAM(test_rate, rate_gen_params),
	KUNIT_CASE(test_rate_burst),
	{ }
};

static struct kunit_suite cbor_suite = {
	.name = "coconut_cbor",
	.test_cases = cbor_suite_cases,
};

static struct kunit_suite manifest_suite = {
	.name = "coconut_manifest",
	.test_cases = manifest_suite_cases,
};

static struct kunit_suite state_suite = {
	.name = "coconut_state",
	.test_cases = state_suite_cases,
};

static struct kunit_suite may_suite = {
	.name = "coconut_may",
	.test_cases = may_suite_cases,
};

kunit_test_suites(&cbor_suite, &manifest_suite, &state_suite, &may_suite);
