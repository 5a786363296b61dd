// SPDX-License-Identifier: GPL-2.0
/*
 * Granting, revoking and running out: what an agent holds decides its next
 * use, also of what it has open already.
 *
 *	agent_test: cap.grant, and all below /tmp
 *	  |- selftest-child: some of that, more when granted
 *	  |- selftest-once: capabilities with an end
 */

#include <string.h>

#include "calls.h"
#include "cbor.h"
#include "chain.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

static void listing(void)
{
	struct agent_cap_info info;
	struct agent_attestation me, at;
	struct child child;

	child_start(&child, "selftest-child");
	attest(AGENT_AID_SELF, &me);
	attest(child.aid, &at);
	check(find_cap(child.aid, AGENT_CAP_FS_EXEC, BASE, &info),
	      "the bundle is listed");
	expect(info.granter, me.aid, "with who gave it");
	expect(info.flags, AGENT_CAP_INFO_DERIVED,
	       "at the spawn, from what that has");
	expect(info.expires_ns, 0, "without an end");
	expect(info.uses_left, ~0ULL, "and without a count");
	expect(info.size % 8, 0, "in records of whole words");
	check(!find_cap(child.aid, AGENT_CAP_AGENT_SPAWN, NULL, NULL),
	      "what it lacks is not there");
	check(find_cap(me.aid, AGENT_CAP_FS_READ, "/tmp", &info),
	      "its spawner's own");
	expect(info.flags, 0, "comes from nobody's, being from AID 1");
	expect(info.granter, AGENT_AID_ROOT, "who gave it");
	child_end(&child);
}

static void granting(void)
{
	struct cbor cap = cap_path("fs.read", BASE "/denied");
	struct agent_attestation before, after;
	struct agent_cap_info info;
	struct child child;
	uint64_t handle = 0;

	child_start(&child, "selftest-child");
	attest(child.aid, &before);
	expect(child_ask(&child, "open %s/denied/secret r", BASE),
	       -ECAPABILITY, "without a grant a file is closed");
	expect(present(child.aid, cap.data, cap.size), -ECAPABILITY,
	       "the kernel says that it is");
	expect(cap_grant(child.aid, cap.data, cap.size, &handle), 0,
	       "a grant");
	check(handle, "has a handle");
	attest(child.aid, &after);
	expect(after.caps, before.caps + 1, "the bundle has one more");
	expect(find_cap(child.aid, AGENT_CAP_FS_READ, BASE "/denied", &info),
	       handle, "which is listed under it");
	expect(info.flags, AGENT_CAP_INFO_GRANTED | AGENT_CAP_INFO_DERIVED,
	       "as granted, from what the spawner has");
	expect(present(child.aid, cap.data, cap.size), 0,
	       "the kernel says that it is open");
	expect(child_ask(&child, "open %s/denied/secret r", BASE), 0,
	       "and so it is");
	expect(child_ask(&child, "read"), 0, "it can be read");
	expect(child_ask(&child, "open %s/denied/secret w", BASE),
	       -ECAPABILITY, "but not be written");
	expect(cap_revoke(child.aid, 0, handle, &handle), 0, "a revocation");
	expect(handle, 1, "takes one");
	expect(child_ask(&child, "read"), -ECAPABILITY,
	       "the open file can no longer be read");
	expect(child_ask(&child, "open %s/denied/secret r", BASE),
	       -ECAPABILITY, "nor be opened");
	child_end(&child);
}

static void revoking(void)
{
	struct child child;
	uint64_t handle, removed = 0;

	child_start(&child, "selftest-child");
	expect(child_ask(&child, "open %s/allowed/a rw", BASE), 0,
	       "a file open for reading and writing");
	handle = find_cap(child.aid, AGENT_CAP_FS_WRITE, BASE, NULL);
	expect(cap_revoke(child.aid, 0, handle, &removed), 0,
	       "fs.write is revoked");
	expect(removed, 1, "one capability");
	expect(child_ask(&child, "read"), 0, "it can be read");
	expect(child_ask(&child, "write"), -ECAPABILITY, "but not written");
	expect(child_ask(&child, "ftruncate"), -ECAPABILITY, "nor truncated");
	expect(child_ask(&child, "map w"), -ECAPABILITY,
	       "nor mapped for writing");
	expect(child_ask(&child, "map p"), 0,
	       "a private mapping is nobody else's");
	expect(cap_revoke(child.aid, 0, handle, NULL), -ENOENT,
	       "a handle is used up");
	expect(cap_revoke(child.aid, AGENT_REVOKE_ALL, 0, &removed), 0,
	       "everything is revoked");
	check(removed > 5, "that was more than a few");
	expect(child_ask(&child, "read"), -ECAPABILITY, "nothing is readable");
	expect(child_ask(&child, "open /dev/null r"), -ECAPABILITY,
	       "nothing opens");
	expect(child_ask(&child, "aid"), 0, "the agent goes on");
	child_end(&child);
}

/* A revocation reaches an open file on every way to its contents. */
static void every_way(void)
{
	static const char *const ways[] = {
		"readv", "writev", "fallocate", "copy", "sendfile", "splice",
	};
	struct child child;
	size_t i;

	child_start(&child, "selftest-child");
	child_ask(&child, "open %s/allowed/a rw", BASE);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		expect(child_ask(&child, "via %s", ways[i]), 0,
		       "%s while it may", ways[i]);
	cap_revoke(child.aid, AGENT_REVOKE_ALL, 0, NULL);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		expect(child_ask(&child, "via %s", ways[i]), -ECAPABILITY,
		       "%s after the revocation", ways[i]);
	child_end(&child);

	child_start(&child, "selftest-child");
	child_ask(&child, "open %s/allowed d", BASE);
	expect(child_ask(&child, "via getdents"), 0, "getdents while it may");
	cap_revoke(child.aid, AGENT_REVOKE_ALL, 0, NULL);
	expect(child_ask(&child, "via getdents"), -ECAPABILITY,
	       "getdents after the revocation");
	child_end(&child);
}

static void self(void)
{
	struct child child;

	child_start(&child, "selftest-child");
	expect(child_ask(&child, "revoke %llu %llu 0", AGENT_AID_SELF,
			 (unsigned long long)AGENT_REVOKE_ALL), 0,
	       "an agent gives up all it has");
	expect(child_ask(&child, "open %s/allowed/a r", BASE), -ECAPABILITY,
	       "and has it no more");
	child_end(&child);
}

static void beyond(void)
{
	struct cbor ssh = cap_path("fs.read", "/home/maya/.ssh");
	struct cbor etc = cap_path("fs.write", "/etc/coconut");
	struct cbor net = cap_ipv4("net.connect", 1, 80);
	struct cbor print = cap_scope("org.example.print", "printer-1");
	struct cbor other = cap_scope("org.example.print", "printer-2");
	struct cbor whole = cap_bare("org.example.print");
	struct cbor scan = cap_bare("org.example.scan");
	struct cbor all = cap_relation("proc.signal", AGENT_REL_ALL);
	struct child child;

	child_start(&child, "selftest-child");
	expect(cap_grant(child.aid, ssh.data, ssh.size, NULL), -ECAPABILITY,
	       "nobody grants a path that it lacks");
	expect(cap_grant(child.aid, etc.data, etc.size, NULL), -ECAPABILITY,
	       "nor a right that it lacks at a path");
	expect(cap_grant(child.aid, other.data, other.size, NULL),
	       -ECAPABILITY, "nor another scope");
	expect(cap_grant(child.aid, whole.data, whole.size, NULL),
	       -ECAPABILITY, "nor the whole where it has a part");
	expect(cap_grant(child.aid, scan.data, scan.size, NULL), -ECAPABILITY,
	       "nor another name");
	expect(cap_grant(child.aid, net.data, net.size, NULL), 0,
	       "an address within its own");
	expect(cap_grant(child.aid, all.data, all.size, NULL), 0,
	       "a relation that it has itself");
	expect(present(child.aid, print.data, print.size), -ECAPABILITY,
	       "a userspace capability is not there");
	expect(cap_grant(child.aid, print.data, print.size, NULL), 0,
	       "it is granted");
	expect(present(child.aid, print.data, print.size), 0, "it is there");
	expect(present(child.aid, other.data, other.size), -ECAPABILITY,
	       "in no other scope");
	expect(present(AGENT_AID_SELF, ssh.data, ssh.size), -ECAPABILITY,
	       "asked about itself: what it lacks");
	expect(present(AGENT_AID_SELF, net.data, net.size), 0,
	       "asked about itself: what it has");
	child_end(&child);
}

static void ends(void)
{
	struct agent_cap_info info;
	struct child child;

	child_start(&child, "selftest-once");
	find_cap(child.aid, AGENT_CAP_FS_READ, BASE "/once", &info);
	expect(info.uses_left, 1, "a capability for one use");
	find_cap(child.aid, AGENT_CAP_FS_READ, BASE "/brief", &info);
	check(info.expires_ns, "a capability with an end");
	expect(child_ask(&child, "open %s/once/a r", BASE), 0, "one use");
	expect(child_ask(&child, "open %s/once/a r", BASE), -ECAPABILITY,
	       "and no second");
	expect(child_ask(&child, "connect 127.0.0.1 7001"), -ECONNREFUSED,
	       "one use of an address");
	expect(child_ask(&child, "connect 127.0.0.1 7001"), -ECAPABILITY,
	       "and no second");
	child_end(&child);

	child_start(&child, "selftest-once");
	expect(child_ask(&child, "open %s/brief/a r", BASE), 0,
	       "a file within the capability's time");
	expect(child_ask(&child, "read"), 0, "can be read");
	sleep(4);
	expect(child_ask(&child, "read"), -ECAPABILITY,
	       "after it, the open file can't");
	expect(child_ask(&child, "open %s/brief/a r", BASE), -ECAPABILITY,
	       "nor be opened");
	check(!find_cap(child.aid, AGENT_CAP_FS_READ, BASE "/brief", NULL),
	      "and the bundle no longer lists it");
	child_end(&child);
}

void test_caps(void)
{
	listing();
	granting();
	revoking();
	every_way();
	self();
	beyond();
	ends();
}
