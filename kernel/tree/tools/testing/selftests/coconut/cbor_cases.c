// SPDX-License-Identifier: GPL-2.0
/*
 * CBOR that agent_cap_grant() must refuse, each with its errno, and none with
 * any effect.  The manifest of agent_spawn() goes through the same reader,
 * but only after its signature.
 */

#include <string.h>

#include "calls.h"
#include "cbor.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

/**
 * struct bytes - a case
 * @what: the mistake
 * @data: the bytes
 * @size: how many
 * @error: the errno
 */
struct bytes {
	const char *what;
	const char *data;
	size_t size;
	int error;
};

#define BYTES(what, data, error) { what, data, sizeof(data) - 1, error }
#define ATTEST	"\x01\x66" "attest"
#define READ	"\x01\x67" "fs.read"
#define NET	"\x01\x6b" "net.connect"

static const struct bytes malformed[] = {
	BYTES("an indefinite map", "\xbf" ATTEST "\x09\x02\xff", EBADMSG),
	BYTES("an indefinite text", "\xa2\x01\x7f\x66" "attest\xff\x09\x02",
	      EBADMSG),
	BYTES("a head longer than it need be", "\xa2\x01\x78\x06" "attest"
	      "\x09\x02", EBADMSG),
	BYTES("a number longer than it need be", "\xa2" ATTEST "\x09\x18\x02",
	      EBADMSG),
	BYTES("a map of ~0 pairs", "\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
	      EBADMSG),
	BYTES("a text of ~0 bytes", "\xa1\x01\x7b\xff\xff\xff\xff\xff\xff\xff"
	      "\xff", EBADMSG),
	BYTES("a text of 2^32 bytes", "\xa1\x01\x7b\0\0\0\x01\0\0\0\0",
	      EBADMSG),
	BYTES("a key twice", "\xa3" ATTEST "\x09\x02\x09\x02", EBADMSG),
	BYTES("keys out of order", "\xa2\x09\x02" ATTEST, EBADMSG),
	BYTES("a negative key", "\xa2" ATTEST "\x28\x02", EBADMSG),
	BYTES("a negative number", "\xa2" ATTEST "\x09\x20", EBADMSG),
	BYTES("the most negative number", "\xa2" ATTEST "\x09\x3b\xff\xff\xff"
	      "\xff\xff\xff\xff\xff", EBADMSG),
	BYTES("a tag", "\xc0\xa2" ATTEST "\x09\x02", EBADMSG),
	BYTES("a float", "\xa2" ATTEST "\x09\xf9\x40\x00", EBADMSG),
	BYTES("true", "\xa2" ATTEST "\x09\xf5", EBADMSG),
	BYTES("null", "\xa2" ATTEST "\x09\xf6", EBADMSG),
	BYTES("a reserved head", "\xa2" ATTEST "\x09\x1c", EBADMSG),
	BYTES("a byte after the capability", "\xa2" ATTEST "\x09\x02\x00",
	      EBADMSG),
	BYTES("two capabilities", "\xa2" ATTEST "\x09\x02\xa2" ATTEST
	      "\x09\x02", EBADMSG),
};

static const struct bytes invalid[] = {
	BYTES("a number for a map", "\x01", EINVAL),
	BYTES("an empty map", "\xa0", EINVAL),
	BYTES("an empty array", "\x80", EINVAL),
	BYTES("a text for a key", "\xa1\x61" "a\x01", EINVAL),
	BYTES("a number for the name", "\xa1\x01\x05", EINVAL),
	BYTES("bytes for the name", "\xa1\x01\x46" "attest", EINVAL),
	BYTES("an empty name", "\xa1\x01\x60", EINVAL),
	BYTES("a name without a dot", "\xa1\x01\x65" "print", EINVAL),
	BYTES("a name the kernel keeps to itself", "\xa1\x01\x66" "fs.fly",
	      EINVAL),
	BYTES("a NUL in the name", "\xa1\x01\x67" "a.b\0c.d", EINVAL),
	BYTES("a newline in the name", "\xa1\x01\x67" "a.b\nc.d", EINVAL),
	BYTES("bytes that are no UTF-8", "\xa2" READ "\x02\x63/\xc3(", EINVAL),
	BYTES("a key that there is not", "\xa3" ATTEST "\x09\x02\x11\x00",
	      EINVAL),
	BYTES("key 0", "\xa2\x00\x00" ATTEST, EINVAL),
	BYTES("key ~0", "\xa3" ATTEST "\x09\x02\x1b\xff\xff\xff\xff\xff\xff"
	      "\xff\xff\x00", EINVAL),
	BYTES("a relation without a name", "\xa1\x09\x02", EINVAL),
	BYTES("a name without its relation", "\xa1" ATTEST, EINVAL),
	BYTES("relation 3", "\xa2" ATTEST "\x09\x03", EINVAL),
	BYTES("relation 2^64 - 1", "\xa2" ATTEST "\x09\x1b\xff\xff\xff\xff\xff"
	      "\xff\xff\xff", EINVAL),
	BYTES("a lifetime of 0", "\xa3" ATTEST "\x09\x02\x0a\x00", EINVAL),
	BYTES("a lifetime of 2^32", "\xa3" ATTEST "\x09\x02\x0a\x1b\0\0\0\x01"
	      "\0\0\0\0", EINVAL),
	BYTES("no uses", "\xa3" ATTEST "\x09\x02\x0b\x00", EINVAL),
	BYTES("a path where there is none", "\xa3" ATTEST "\x02\x64/tmp"
	      "\x09\x02", EINVAL),
	BYTES("no path", "\xa1" READ, EINVAL),
	BYTES("an empty path", "\xa2" READ "\x02\x60", EINVAL),
	BYTES("a relative path", "\xa2" READ "\x02\x63" "tmp", EINVAL),
	BYTES("a path with ..", "\xa2" READ "\x02\x67/tmp/..", EINVAL),
	BYTES("a path with .", "\xa2" READ "\x02\x66/./tmp", EINVAL),
	BYTES("a path with two slashes", "\xa2" READ "\x02\x65//tmp", EINVAL),
	BYTES("a path with a slash at its end", "\xa2" READ "\x02\x65/tmp/",
	      EINVAL),
	BYTES("no holes in the list of holes", "\xa3" READ "\x02\x64/tmp"
	      "\x03\x80", EINVAL),
	BYTES("no port", "\xa1" NET, EINVAL),
	BYTES("port 65536", "\xa3" NET "\x06\x01\x07\x1a\0\x01\0\0", EINVAL),
	BYTES("ports the wrong way round", "\xa3" NET "\x06\x02\x07\x01",
	      EINVAL),
	BYTES("an address of 5 bytes", "\xa5" NET "\x04\x45\x7f\0\0\x01\0"
	      "\x05\x18\x20\x06\x01\x07\x01", EINVAL),
	BYTES("an address without its prefix", "\xa4" NET "\x04\x44\x7f\0\0"
	      "\x01\x06\x01\x07\x01", EINVAL),
	BYTES("a prefix of 33", "\xa5" NET "\x04\x44\x7f\0\0\x01\x05\x18\x21"
	      "\x06\x01\x07\x01", EINVAL),
	BYTES("bits beyond the prefix", "\xa5" NET "\x04\x44\x7f\0\0\x01\x05"
	      "\x08\x06\x01\x07\x01", EINVAL),
	BYTES("protocol 1", "\xa4" NET "\x06\x01\x07\x01\x08\x01", EINVAL),
	BYTES("no device", "\xa1\x01\x69" "dev.ioctl", EINVAL),
	BYTES("a scope where there is none", "\xa2\x01\x63" "key\x09\x02",
	      EINVAL),
	BYTES("a name below the kernel's own", "\xa1\x01\x65" "key.x",
	      EINVAL),
	BYTES("a host without ports", "\xa2" NET "\x0e\x61" "a", EINVAL),
	BYTES("an empty host", "\xa4" NET "\x06\x01\x07\x01\x0e\x60",
	      EINVAL),
	BYTES("a host in capitals", "\xa4" NET "\x06\x01\x07\x01" "\x0e\x61" "A",
	      EINVAL),
	BYTES("a host that ends in a dot", "\xa4" NET "\x06\x01\x07\x01"
	      "\x0e\x62" "a.", EINVAL),
	BYTES("an address of a host to bind to", "\xa6\x01\x68" "net.bind"
	      "\x04\x44\x7f\0\0\x01\x05\x18\x20\x06\x01\x07\x01"
	      "\x0e\x61" "a", EINVAL),
	BYTES("a rate without a period", "\xa3" ATTEST "\x09\x02\x0f\x01",
	      EINVAL),
	BYTES("a period without a rate", "\xa3" ATTEST "\x09\x02\x10\x01",
	      EINVAL),
	BYTES("a rate of 0", "\xa4" ATTEST "\x09\x02\x0f\x00\x10\x01",
	      EINVAL),
	BYTES("a rate of 1000001", "\xa4" ATTEST "\x09\x02\x0f\x1a\0\x0f\x42"
	      "\x41\x10\x01", EINVAL),
	BYTES("a period of 0", "\xa4" ATTEST "\x09\x02\x0f\x01\x10\x00",
	      EINVAL),
	BYTES("a period of 86401", "\xa4" ATTEST "\x09\x02\x0f\x01\x10\x1a\0"
	      "\x01\x51\x81", EINVAL),
	BYTES("a right to grant what there is not", "\xa2\x01\x69" "cap.grant"
	      "\x0d\x66" "fs.fly", EINVAL),
	BYTES("a right to grant what has no name", "\xa2\x01\x69" "cap.grant"
	      "\x0d\x60", EINVAL),
	BYTES("a host to bind to", "\xa4\x01\x68" "net.bind" "\x06\x01"
	      "\x07\x01\x0e\x61" "a", EINVAL),
	BYTES("a path whose directory is not there", "\xa2" READ
	      "\x02\x73/tmp/no-dir/no-file", ENOENT),
	BYTES("a path through a file", "\xa2" READ "\x02\x78\x19"
	      "/tmp/selftest/allowed/a/b", ENOTDIR),
};

static uint64_t target;

static long try(const void *data, size_t size)
{
	return cap_grant(target, data, size, NULL);
}

static void table(const struct bytes *cases, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		expect(try(cases[i].data, cases[i].size), -cases[i].error,
		       "a grant of %s", cases[i].what);
}

/* Cut anywhere, a capability is malformed, never another capability. */
static void truncated(void)
{
	struct cbor cbor = cap_ipv4("net.connect", 1, 7001);
	size_t size;
	int wrong = 0;

	for (size = 1; size < cbor.size; size++)
		wrong += try(cbor.data, size) != -EBADMSG;
	expect(wrong, 0, "a grant that is cut at any of its %zu bytes",
	       cbor.size);
}

static void deep(void)
{
	static uint8_t data[AGENT_CAP_CBOR_MAX];
	struct cbor cbor = { .size = 0 };
	int i;

	memset(data, 0x81, 1000);
	data[1000] = 0;
	expect(try(data, 1001), -EINVAL, "a grant of 1000 nested arrays");
	memset(data, 0x9f, 1000);
	expect(try(data, 1000), -EBADMSG,
	       "a grant of 1000 nested indefinite arrays");
	for (i = 0; i < 2000; i += 2)
		memcpy(data + i, "\xa1\x01", 2);
	data[2000] = 0;
	expect(try(data, 2001), -EINVAL, "a grant of 1000 nested maps");
	memset(data, 0, sizeof(data));
	expect(try(data, sizeof(data)), -EINVAL,
	       "a grant of the longest there may be");

	cbor_head(&cbor, CBOR_MAP, 3);
	cbor_pair_text(&cbor, 1, "fs.read");
	cbor_pair_text(&cbor, 2, "/tmp");
	cbor_head(&cbor, CBOR_UINT, 3);
	cbor_head(&cbor, CBOR_ARRAY, AGENT_EXCEPT_MAX + 1);
	for (i = 0; i <= AGENT_EXCEPT_MAX; i++)
		cbor_text(&cbor, BASE);
	expect(try(cbor.data, cbor.size), -E2BIG, "a grant with 65 holes");
}

static void unaligned(void)
{
	struct cbor cbor = cap_relation("attest", AGENT_REL_SELF);
	uint8_t room[64];
	int shift, wrong = 0;

	for (shift = 0; shift < 8; shift++) {
		memcpy(room + shift, cbor.data, cbor.size);
		wrong += try(room + shift, cbor.size) != 0;
	}
	expect(wrong, 0, "a good grant at any alignment");
}

void test_cbor(void)
{
	struct agent_attestation before, after;
	struct child child;

	child_start(&child, "selftest-child");
	target = child.aid;
	attest(target, &before);
	table(malformed, ARRAY_SIZE(malformed));
	table(invalid, ARRAY_SIZE(invalid));
	truncated();
	deep();
	attest(target, &after);
	expect(after.caps, before.caps, "no bad grant has left a capability");
	expect(count_rows(target, 1U << AGENT_EVENT_GRANT), 0,
	       "nor a row that says so");
	unaligned();
	attest(target, &after);
	expect(after.caps, before.caps + 8, "each good one has");
	child_end(&child);
}
