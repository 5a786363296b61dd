/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Agents: manifests that the KUnit suite and the userspace tests share
 */
#ifndef _KERNEL_AGENT_MANIFEST_CASES_H
#define _KERNEL_AGENT_MANIFEST_CASES_H

#include "core_cases.h"

#define NO_CAP		(~0U)

/* The bytes 0 to 31. */
#define DIGEST_HEX \
	"5820000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* The smallest manifest: version, name "a", image "/a", a digest, no caps. */
#define MANIFEST_HEX \
	"a5010102616103622f6104" \
	DIGEST_HEX \
	"0580"

/* Most bytes of one of these. */
#define MANIFEST_CASE_MAX	128

/* A manifest, the answer, and the byte and the capability at fault. */
static const struct manifest_case {
	const char *hex;
	int error;
	u32 offset;
	u32 cap;
	const char *name;
} manifest_cases[] = {
	{ MANIFEST_HEX, 0, 0, NO_CAP, "the smallest" },
	{ "a9010102616103622f6104"
	  DIGEST_HEX
	  "0581a2016766732e7265616402622f78060207a30118400200031a100000000a666d6179615f310b612f",
	  0, 0, NO_CAP, "all keys" },
	{ "a7010102616103622f6104"
	  DIGEST_HEX
	  "05800882622d7860098263413d6262433d",
	  0, 0, NO_CAP, "arguments and settings" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800c00",
	  0, 0, NO_CAP, "uses each with a row" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800c01",
	  0, 0, NO_CAP, "repeated uses counted" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800d81"
	  DIGEST_HEX,
	  0, 0, NO_CAP, "a piece of code" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800d80",
	  0, 0, NO_CAP, "no code" },
	{ "a7010102616103622f6104"
	  DIGEST_HEX
	  "05800c010d81"
	  DIGEST_HEX,
	  0, 0, NO_CAP, "counted uses, and code" },
	{ "80",
	  -EINVAL, 0, NO_CAP, "not a map" },
	{ "a0",
	  -EINVAL, 0, NO_CAP, "an empty map" },
	{ "a60001010102616103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 1, NO_CAP, "key 0" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800e01",
	  -EINVAL, 47, NO_CAP, "key 14" },
	{ "a6616101010102616103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 1, NO_CAP, "a text as a key" },
	{ "a5010202616103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 2, NO_CAP, "version 2" },
	{ "a402616103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 0, NO_CAP, "no version" },
	{ "a4010103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 0, NO_CAP, "no name" },
	{ "a4010102616104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 0, NO_CAP, "no image" },
	{ "a4010102616103622f610580",
	  -EINVAL, 0, NO_CAP, "no digest" },
	{ "a4010102616103622f6104"
	  DIGEST_HEX,
	  -EINVAL, 0, NO_CAP, "no capabilities" },
	{ "a5010102614103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 4, NO_CAP, "a name in capitals" },
	{ "a50101026003622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 4, NO_CAP, "an empty name" },
	{ "a5010102416103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 4, NO_CAP, "a name as bytes" },
	{ "a5010102616103616104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 7, NO_CAP, "a relative image" },
	{ "a5010102616103652f2e2e2f6104"
	  DIGEST_HEX
	  "0580",
	  -EINVAL, 7, NO_CAP, "an image with dots" },
	{ "a5010102616103622f6104430001020580",
	  -EINVAL, 11, NO_CAP, "a digest of 3 bytes" },
	{ "a5010102616103622f610461610580",
	  -EINVAL, 11, NO_CAP, "a digest as text" },
	{ "a6010102616102616103622f6104"
	  DIGEST_HEX
	  "0580",
	  -EBADMSG, 6, NO_CAP, "a key twice" },
	{ "a5010103622f6102616104"
	  DIGEST_HEX
	  "0580",
	  -EBADMSG, 7, NO_CAP, "keys out of order" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "058101",
	  -EINVAL, 47, 0, "a capability that is no map" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0581a2016766732e72656164026178",
	  -EINVAL, 58, 0, "a bad first capability" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0582a2016766732e7265616402622f78a1016766732e72656164",
	  -EINVAL, 61, 1, "a bad second capability" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0581a3016766732e7265616402622f780901",
	  -EINVAL, 61, 0, "a foreign key in a capability" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0581a3016766732e7265616402622f780382642f782f61632f7879",
	  -EINVAL, 68, 0, "a bad hole" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800603",
	  0, 0, NO_CAP, "a trap at a denial" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800604",
	  -EINVAL, 48, NO_CAP, "on_deny 4" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0581a2" AGENT_SPAWN_HEX "0f01",
	  -EINVAL, 47, 0, "a rate without a period" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0582a1" CAP_GRANT_HEX "a2" CAP_GRANT_HEX "0d6378797a",
	  -EINVAL, 72, 1, "cap.grant of no name" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "058007a10100",
	  -EINVAL, 50, NO_CAP, "no tasks" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "058007a10401",
	  -EINVAL, 49, NO_CAP, "limit 4" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "058007a202010101",
	  -EBADMSG, 51, NO_CAP, "limits out of order" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "058007a1036131",
	  -EINVAL, 50, NO_CAP, "a limit as text" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800780",
	  -EINVAL, 48, NO_CAP, "limits that are no map" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800882616101",
	  -EINVAL, 51, NO_CAP, "a number as argument" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "0580088162610a",
	  -EINVAL, 49, NO_CAP, "a newline in an argument" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "0580098263413d626143",
	  -EINVAL, 53, NO_CAP, "a setting without a value" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800981623d62",
	  -EINVAL, 49, NO_CAP, "a setting without a name" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800a644d617961",
	  -EINVAL, 48, NO_CAP, "a user in capitals" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800b64686f6d65",
	  -EINVAL, 48, NO_CAP, "a relative directory" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800c03",
	  -EINVAL, 48, NO_CAP, "audit 3" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800c6475736573",
	  -EINVAL, 48, NO_CAP, "audit as text" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800d"
	  DIGEST_HEX,
	  -EINVAL, 48, NO_CAP, "code that is no list" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800d8143000102",
	  -EINVAL, 49, NO_CAP, "code of 3 bytes" },
	{ "a6010102616103622f6104"
	  DIGEST_HEX
	  "05800d81622f61",
	  -EINVAL, 49, NO_CAP, "code as a path" },
	{ "a7010102616103622f6104"
	  DIGEST_HEX
	  "05800d800c00",
	  -EBADMSG, 49, NO_CAP, "code before audit" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "058000",
	  -EBADMSG, 47, NO_CAP, "a byte behind" },
	{ "a5010102616103622f6104"
	  DIGEST_HEX
	  "0580f6",
	  -EBADMSG, 47, NO_CAP, "a null behind" },
};

#endif /* _KERNEL_AGENT_MANIFEST_CASES_H */
