/* SPDX-License-Identifier: MIT */
/*
 * What agents that hold hosts are granted.  The kernel is a list of one agent's
 * capabilities here, to which cap_give() adds.
 */
#include <errno.h>
#include <stdlib.h>

#include "holders.h"
#include "tap.h"

#define AID 7
#define HOST "a.org"

static struct {
	char text[200];
	uint64_t handle;
	uint64_t expires;
} caps[64];
static size_t nr_caps;
static uint64_t last_handle, now = 1000 * NS_PER_SECOND;
static unsigned int gives, takes, notes;
static int refuse_with;
static bool way_held;

static void bind(const char *text, uint64_t expires)
{
	strcpy(caps[nr_caps].text, text);
	caps[nr_caps].expires = expires;
	caps[nr_caps++].handle = ++last_handle;
}

static void unbind(const char *part)
{
	size_t kept = 0;

	for (size_t i = 0; i < nr_caps; i++)
		if (!strstr(caps[i].text, part))
			caps[kept++] = caps[i];
	nr_caps = kept;
}

static unsigned int count(const char *part)
{
	unsigned int found = 0;

	for (size_t i = 0; i < nr_caps; i++)
		found += strstr(caps[i].text, part) != NULL;
	return found;
}

int64_t caps_list(uint64_t aid, const uint8_t **ret_list)
{
	static uint8_t room[65536];
	struct coconut_cap cap;
	size_t at = 0, size;
	uint8_t *data;

	*ret_list = room;
	if (aid != AID)
		return -ESRCH;
	for (size_t i = 0; i < nr_caps; i++) {
		struct agent_cap_info *info = (void *)(room + at);

		if (coconut_cap_parse(caps[i].text, &cap, NULL) ||
		    coconut_cap_encode(&cap, &data, &size, NULL))
			abort();
		*info = (struct agent_cap_info){
			.handle = caps[i].handle,
			.id = cap.id,
			.expires_ns = caps[i].expires,
			.uses_left = ~0ULL,
			.size = (sizeof(*info) + size + 7) & ~7UL,
			.cbor_size = size,
		};
		memcpy(info + 1, data, size);
		at += info->size;
		free(data);
		coconut_cap_clear(&cap);
	}
	return at;
}

int cap_give(uint64_t aid, const struct coconut_cap *cap, uint64_t *ret_handle)
{
	char *text;

	gives++;
	if (aid != AID)
		return -ESRCH;
	if (refuse_with && cap->host)
		return -refuse_with;
	text = coconut_cap_format(cap);
	bind(text, cap->lifetime ? now + cap->lifetime * NS_PER_SECOND : 0);
	free(text);
	*ret_handle = last_handle;
	return 0;
}

bool cap_is_held(uint64_t aid, const struct coconut_cap *cap)
{
	(void)aid;
	(void)cap;
	return way_held;
}

void cap_take(uint64_t aid, uint64_t handle)
{
	size_t kept = 0;

	(void)aid;
	takes++;
	for (size_t i = 0; i < nr_caps; i++)
		if (caps[i].handle != handle)
			caps[kept++] = caps[i];
	nr_caps = kept;
}

uint64_t loop_now(void)
{
	return now;
}

void note(const char *format, ...)
{
	(void)format;
	notes++;
}

void resolver_start(void)
{
}

void hosts_prepare(const char *name)
{
	(void)name;
}

int64_t coconut_agent_attest(struct agent_attest_args *args)
{
	(void)args;
	return -ESRCH;
}

static void grant(unsigned int last, uint64_t seconds)
{
	const struct resolver_address address = {
		.family = 4,
		.bytes = { 192, 0, 2, last },
	};

	holders_grant(HOST, &address, 1, now, now + seconds * NS_PER_SECOND);
}

static void see(uint16_t event, uint64_t by)
{
	const struct coconut_row row = {
		.event = event,
		.aid = AID,
		.parent = 1,
		.object = { 0, by },
		.cap = AGENT_CAP_NET_CONNECT,
	};

	holders_see(&row);
}

static void test_grant(void)
{
	bind("net.connect host=" HOST ":443/tcp", 0);
	holders_update(AID);
	ok(holders_want(HOST) && !holders_want("b.org"), "it holds the host");
	is_number(count("127.0.0.1:53"), 1, "and has the way");
	grant(7, 60);
	is_number(count("net.connect 192.0.2.7:443/tcp host=" HOST
			" lifetime=60"),
		  1, "its address is one of the host's");
	gives = 0;
	grant(7, 60);
	is_number(gives, 0, "which is granted once");
	holders_update(AID);
	grant(7, 60);
	is_number(gives, 0, "also after a look at the list");
	now += 40 * NS_PER_SECOND;
	takes = 0;
	grant(7, 60);
	is_number(count("192.0.2.7"), 2, "a longer one stands beside it");
	is_number(takes, 0, "and nothing is revoked for it");
	grant(8, 60);
	is_number(count("192.0.2.8"), 1, "another address is another grant");
}

/* What the kernel has taken is granted when there is reason to. */
static void test_lost(void)
{
	unbind("192.0.2");
	see(AGENT_EVENT_REVOKE, AGENT_AID_ROOT);
	is_number(count("192.0.2"), 0, "nobody is given back what was revoked");
	grant(7, 60);
	is_number(count("192.0.2.7"), 1, "before the name is asked for again");
	gives = 0;
	unbind("host=" HOST ":");
	unbind("192.0.2");
	see(AGENT_EVENT_REVOKE, 5);
	is_number(count("127.0.0.1:53") + count("/etc"), 0,
		  "with the last host the way is taken");
	ok(!holders_want(HOST), "and the name is held by nobody");
	grant(7, 60);
	is_number(gives, 0, "who gets no address");
}

static void test_counted(void)
{
	bind("net.connect host=" HOST ":443 uses=3 rate=1/s", 0);
	see(AGENT_EVENT_GRANT, 5);
	grant(7, 60);
	is_number(count("net.connect 192.0.2.7:443 host=" HOST " lifetime=60"),
		  1, "a host with a number of uses has its addresses");
	is_number(notes, 0, "without a word");
	refuse_with = ECAPABILITY;
	grant(8, 60);
	is_number(notes, 0, "its end is nothing to tell either");
	unbind("host=" HOST);
	gives = 0;
	holders_catch_up();
	ok(!holders_want(HOST), "the list is looked at again");
	bind("net.connect host=" HOST ":443", 0);
	holders_update(AID);
	refuse_with = EINVAL;
	grant(8, 60);
	is_number(notes, 1, "another refusal is told");
	refuse_with = 0;
}

static void test_time(void)
{
	unbind("host=" HOST);
	bind("net.connect host=" HOST ":443 lifetime=5",
	     now + 5 * NS_PER_SECOND);
	holders_update(AID);
	ok(holders_want(HOST), "a host for a while");
	now += 6 * NS_PER_SECOND;
	holders_catch_up();
	ok(!holders_want(HOST), "that is over");
	is_number(count("127.0.0.1:53"), 0, "and the way with it");
	way_held = true;
	gives = 0;
	bind("net.connect host=" HOST ":443", 0);
	holders_update(AID);
	is_number(gives, 0, "who has the way is not given it");
	see(AGENT_EVENT_EXIT, 0);
	ok(!holders_want(HOST), "who has ended holds nothing");
}

int main(void)
{
	test_grant();
	test_lost();
	test_counted();
	test_time();
	return tap_end();
}
