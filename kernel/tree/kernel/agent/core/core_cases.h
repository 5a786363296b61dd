/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Agents: cases that the KUnit suite and the userspace tests share
 */
#ifndef _KERNEL_AGENT_CORE_CASES_H
#define _KERNEL_AGENT_CORE_CASES_H

#include <linux/agent_core.h>

/* One item, as hexadecimal digits; the examples are those of RFC 8949. */
static const struct cbor_case {
	const char *hex;
	int error;
	uint64_t value;
	const char *name;
} cbor_cases[] = {
	{ "00", 0, 0, "0" },
	{ "17", 0, 23, "23" },
	{ "1818", 0, 24, "24" },
	{ "1864", 0, 100, "100" },
	{ "1903e8", 0, 1000, "1000" },
	{ "1a000f4240", 0, 1000000, "1000000" },
	{ "1b000000e8d4a51000", 0, 1000000000000ULL, "1000000000000" },
	{ "1bffffffffffffffff", 0, ~0ULL, "the largest number" },
	{ "40", 0, 0, "no bytes" },
	{ "4401020304", 0, 4, "four bytes" },
	{ "60", 0, 0, "no text" },
	{ "6449455446", 0, 4, "text" },
	{ "80", 0, 0, "an empty array" },
	{ "83010203", 0, 3, "an array of three" },
	{ "a0", 0, 0, "an empty map" },
	{ "a201020304", 0, 2, "a map of two" },
	{ "", -EBADMSG, 0, "nothing" },
	{ "1817", -EBADMSG, 0, "23 in two bytes" },
	{ "190018", -EBADMSG, 0, "24 in three bytes" },
	{ "1a0000ffff", -EBADMSG, 0, "65535 in five bytes" },
	{ "1b00000000ffffffff", -EBADMSG, 0, "32 bits in nine bytes" },
	{ "18", -EBADMSG, 0, "a head cut after one byte" },
	{ "1903", -EBADMSG, 0, "a head cut after two bytes" },
	{ "1c", -EBADMSG, 0, "reserved additional information 28" },
	{ "1e", -EBADMSG, 0, "reserved additional information 30" },
	{ "5f4100ff", -EBADMSG, 0, "indefinite bytes" },
	{ "7f6161ff", -EBADMSG, 0, "indefinite text" },
	{ "9fff", -EBADMSG, 0, "an indefinite array" },
	{ "bfff", -EBADMSG, 0, "an indefinite map" },
	{ "20", -EBADMSG, 0, "-1" },
	{ "3903e7", -EBADMSG, 0, "-1000" },
	{ "c11a514b67b0", -EBADMSG, 0, "a tag" },
	{ "f4", -EBADMSG, 0, "false" },
	{ "f6", -EBADMSG, 0, "null" },
	{ "f93c00", -EBADMSG, 0, "a half float" },
	{ "fb3ff199999999999a", -EBADMSG, 0, "a double float" },
	{ "4401020", -EBADMSG, 0, "bytes cut short" },
	{ "5affffffff", -EBADMSG, 0, "more bytes than there are" },
	{ "5bffffffffffffffff", -EBADMSG, 0, "more bytes than can be" },
	{ "8301", -EBADMSG, 0, "an array longer than the buffer" },
	{ "a20102", -EBADMSG, 0, "a map longer than the buffer" },
	{ "9bffffffffffffffff", -EBADMSG, 0, "an array of all there is" },
};

/* One capability map. 67 66732e72656164 is the text "fs.read". */
static const struct cap_case {
	const char *hex;
	int error;
	enum agent_cap_id id;
	const char *name;
} cap_cases[] = {
	{ "a2016766732e7265616402642f746d70", 0, AGENT_CAP_FS_READ,
	  "fs.read /tmp" },
	{ "a2016766732e7265616402612f", 0, AGENT_CAP_FS_READ, "fs.read /" },
	{ "a3016766732e7265616402642f746d700381662f746d702f61", 0,
	  AGENT_CAP_FS_READ, "a hole" },
	{ "a1016b6167656e742e737061776e", 0, AGENT_CAP_AGENT_SPAWN,
	  "agent.spawn" },
	{ "a2016b70726f632e7369676e616c0901", 0, AGENT_CAP_PROC_SIGNAL,
	  "proc.signal descendants" },
	{ "a5016b6e65742e636f6e6e65637404447f00000105182006191f9007191f90", 0,
	  AGENT_CAP_NET_CONNECT, "net.connect 127.0.0.1:8080" },
	{ "a3016b6e65742e636f6e6e65637406000719ffff", 0, AGENT_CAP_NET_CONNECT,
	  "net.connect any" },
	{ "a1016d6f72672e702e7072696e742d78", 0, AGENT_CAP_USER,
	  "a userspace name" },
	{ "a3016766732e7265616402642f746d700b01", 0, AGENT_CAP_FS_READ,
	  "one use" },
	{ "80", -EINVAL, 0, "not a map" },
	{ "a0", -EINVAL, 0, "no name" },
	{ "a1016766732e72656164", -EINVAL, 0, "no path" },
	{ "a1016766732e7265616a", -EINVAL, 0, "fs. is the kernel's" },
	{ "a101626673", -EINVAL, 0, "a name without a dot" },
	{ "a2016766732e7265616402646f746d70", -EINVAL, 0, "a relative path" },
	{ "a2016766732e7265616402652f746d702f", -EINVAL, 0, "a final slash" },
	{ "a2016766732e7265616402652f2e2e2f61", -EINVAL, 0, "dot dot" },
	{ "a2016766732e7265616402642f2f6161", -EINVAL, 0, "an empty component" },
	{ "a2016766732e7265616402632f612e", 0, AGENT_CAP_FS_READ,
	  "a name that ends in a dot" },
	{ "a2016766732e7265616402632f2f2e", -EINVAL, 0, "dot" },
	{ "a2016766732e7265616402632f6100", -EINVAL, 0, "a NUL in a path" },
	{ "a2016766732e7265616402632f61ff", -EINVAL, 0, "not UTF-8" },
	{ "a2016766732e7265616402632fc080", -EINVAL, 0, "overlong UTF-8" },
	{ "a202642f746d70016766732e72656164", -EBADMSG, 0, "keys out of order" },
	{ "a3016766732e7265616402642f746d7002642f746d70", -EBADMSG, 0,
	  "a key twice" },
	{ "a3016766732e7265616402642f746d70181901", -EINVAL, 0,
	  "an unknown key" },
	{ "a3016766732e7265616402642f746d700901", -EINVAL, 0,
	  "a key of another capability" },
	{ "a2016766732e7265616402642f746d", -EBADMSG, 0, "cut short" },
	{ "a3016766732e7265616402642f746d700b00", -EINVAL, 0, "no uses" },
	{ "a3016766732e7265616402642f746d700b20", -EBADMSG, 0, "-1 uses" },
	{ "a3016766732e7265616402642f746d700b1bffffffffffffffff", -EINVAL, 0,
	  "too many uses" },
	{ "a2016b70726f632e7369676e616c0903", -EINVAL, 0,
	  "a relation that is none" },
	{ "a5016b6e65742e636f6e6e65637404447f00000105182106191f9007191f90",
	  -EINVAL, 0, "a prefix of 33" },
	{ "a5016b6e65742e636f6e6e65637404447f000001050806191f9007191f90",
	  -EINVAL, 0, "bits beyond the prefix" },
	{ "a4016b6e65742e636f6e6e65637404447f00000106191f9007191f90", -EINVAL,
	  0, "an address without a prefix" },
	{ "a3016b6e65742e636f6e6e65637406191f9007191f8f", -EINVAL, 0,
	  "ports that run backwards" },
	{ "a3016b6e65742e636f6e6e6563740600071a00010000", -EINVAL,
	  0, "a port beyond 65535" },
	{ "a4016b6e65742e636f6e6e65637406000719ffff0801", -EINVAL, 0,
	  "a protocol that is none" },
};

static inline uint32_t unhex(const char *hex, uint8_t *to)
{
	uint32_t size = 0;

	for (; hex[0] && hex[1]; hex += 2) {
		uint8_t high = hex[0] - (hex[0] > '9' ? 'a' - 10 : '0');
		uint8_t low = hex[1] - (hex[1] > '9' ? 'a' - 10 : '0');

		to[size++] = high << 4 | low;
	}
	return size;
}

/* The smallest manifest: version, name "a", image "/a", a digest, no caps. */
#define MANIFEST_HEX \
	"a50101026161" "03622f61" "045820" \
	"0001020304050607" "08090a0b0c0d0e0f" \
	"1011121314151617" "18191a1b1c1d1e1f" "0580"

/* Edges as docs/lifecycle.md draws them: a bit for each state that may follow. */
static const uint32_t edges[AGENT_STATE_COUNT] = {
	[AGENT_SPAWNING] = 0xf2,
	[AGENT_ATTESTED] = 0xf4,
	[AGENT_ACTIVE] = 0xf8,
	[AGENT_INFERENCE_BLOCKED] = 0xf4,
	[AGENT_CAPABILITY_DENIED] = 0xef,
	[AGENT_QUARANTINED] = 0xdf,
	[AGENT_TERMINATED_CLEAN] = 0,
	[AGENT_TERMINATED_REVOKED] = 0,
};

#endif /* _KERNEL_AGENT_CORE_CASES_H */
