// SPDX-License-Identifier: GPL-2.0
/*
 * legacy_test: the ABI, seen by root outside any agent (AID 0).
 *
 *	coconutd (AID 1, PID 1)
 *	  |- legacy_test (AID 0, root): no authority over agents
 *	  |- agent_child (manifest selftest-idle): what it reaches for
 *
 * usage: legacy_test
 * The exit status is 1 when a test failed.
 */

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "calls.h"
#include "cbor.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

/* Valid in every way, but for who asks. */
static void calls(uint64_t aid, const char *who)
{
	struct cbor cap = cap_relation("attest", AGENT_REL_SELF);
	uint64_t limit = 10;
	uint8_t buf[4096];
	struct agent_audit_query_args query = {
		.aid = aid,
		.buf = (uintptr_t)buf,
		.buf_size = sizeof(buf),
	};

	expect(attest(aid, NULL), -ECAPABILITY, "agent_attest of %s", who);
	expect(quota(aid, AGENT_QUOTA_TASKS, 0, NULL, NULL), -ECAPABILITY,
	       "agent_quota of %s", who);
	expect(quota(aid, AGENT_QUOTA_TASKS, AGENT_QUOTA_SET, &limit, NULL),
	       -ECAPABILITY, "agent_quota, setting, of %s", who);
	expect(cap_grant(aid, cap.data, cap.size, NULL), -ECAPABILITY,
	       "agent_cap_grant to %s", who);
	expect(release(aid), -ECAPABILITY, "release of %s", who);
	expect(cap_revoke(aid, 0, 1, NULL), -ECAPABILITY,
	       "agent_cap_revoke from %s", who);
	expect(cap_revoke(aid, AGENT_REVOKE_ALL, 0, NULL), -ECAPABILITY,
	       "revoking all from %s", who);
	expect(cap_revoke(aid, AGENT_REVOKE_QUARANTINE, 0, NULL),
	       -ECAPABILITY, "quarantine of %s", who);
	expect(cap_revoke(aid, AGENT_REVOKE_TERMINATE, 0, NULL),
	       -ECAPABILITY, "ending %s", who);
	expect(present(aid, cap.data, cap.size), -ECAPABILITY,
	       "agent_cap_present of %s", who);
	expect(CALL(audit_query, &query), -ECAPABILITY,
	       "agent_audit_query of %s", who);
	query.flags = AGENT_AUDIT_FOLLOW;
	expect(CALL(audit_query, &query), -ECAPABILITY, "following %s", who);
	expect(tier(aid, 0, &limit, NULL), -ECAPABILITY,
	       "agent_memory_tier of %s", who);
	expect(tier(aid, AGENT_TIER_SET, &limit, NULL), -ECAPABILITY,
	       "agent_memory_tier, setting, of %s", who);
}

static void listing(void)
{
	struct agent_attestation at;
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_NEXT,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};
	struct agent_audit_query_args query = { .buf = (uintptr_t)&at,
						.buf_size = 32 };

	expect(CALL(attest, &args), -ECAPABILITY, "listing agents");
	query.flags = AGENT_AUDIT_COMMIT;
	expect(CALL(audit_query, &query), -ECAPABILITY,
	       "committing the chain");
	query.flags = AGENT_AUDIT_SEED;
	expect(CALL(audit_query, &query), -ECAPABILITY, "seeding the chain");
}

static void spawning(void)
{
	static struct signed_manifest manifest;
	uint32_t cap = 77;

	if (manifest_load("selftest-idle", &manifest))
		bail("no manifest selftest-idle");
	expect(spawn_raw(&manifest, &cap, NULL), -ECAPABILITY,
	       "agent_spawn of a manifest that is signed well");
	manifest.signature[0] ^= 1;
	expect(spawn_raw(&manifest, &cap, NULL), -ECAPABILITY,
	       "authority comes before the signature");
	expect(cap, 0, "and before anything is said about the manifest");
}

/* Return: PID of a process called agent_child, 0 when there is none. */
static pid_t find_child(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (dir && !found && (entry = readdir(dir))) {
		char path[300], name[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name) - 1) > 0 &&
		    !strcmp(name, "agent_child\n"))
			found = atoi(entry->d_name);
		close(fd);
	}
	if (dir)
		closedir(dir);
	return found;
}

static pid_t start_agent(void)
{
	pid_t pid;
	int tries;

	if (system("coconut agent spawn selftest-idle >/dev/null 2>&1 &"))
		bail("cannot run the coconut command");
	for (tries = 0; tries < 200; tries++) {
		pid = find_child();
		if (pid)
			return pid;
		usleep(100000);
	}
	bail("no agent to reach for");
}

static long open_proc(pid_t pid, const char *name)
{
	char path[64], byte;
	long ret;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = read(fd, &byte, 1) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

/* The memory, the registers and the private files of an agent. */
static void tracing(pid_t pid)
{
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };

	expect(ptrace(PTRACE_ATTACH, pid, NULL, NULL) ? -errno : 0,
	       -ECAPABILITY, "ptrace attach");
	expect(ptrace(PTRACE_SEIZE, pid, NULL, NULL) ? -errno : 0,
	       -ECAPABILITY, "ptrace seize");
	expect(process_vm_readv(pid, &here, 1, &there, 1, 0) < 0 ?
	       -errno : 0, -EPERM, "process_vm_readv");
	expect(process_vm_writev(pid, &here, 1, &there, 1, 0) < 0 ?
	       -errno : 0, -EPERM, "process_vm_writev");
	expect(open_proc(pid, "mem"), -EACCES, "/proc/PID/mem");
	expect(open_proc(pid, "environ"), -EACCES, "/proc/PID/environ");
	expect(open_proc(pid, "maps"), -EACCES, "/proc/PID/maps");
	expect(open_proc(pid, "fd/0"), -EACCES, "/proc/PID/fd/0");
	expect(open_proc(getpid(), "environ"), 0, "its own it may read");
}

static long kill_errno(pid_t pid, int sig)
{
	return kill(pid, sig) ? -errno : 0;
}

static void signals(pid_t pid)
{
	static const int refused[] = {
		0, SIGTERM, SIGINT, SIGSTOP, SIGCONT, SIGHUP, SIGUSR1,
		SIGABRT,
	};
	size_t i;
	int tries;

	for (i = 0; i < ARRAY_SIZE(refused); i++)
		expect(kill_errno(pid, refused[i]), -ECAPABILITY,
		       "root sends signal %d to an agent", refused[i]);
	expect(kill_errno(1, SIGTERM), -ECAPABILITY, "and one to PID 1");
	expect(kill_errno(getpid(), 0), 0, "to itself it may");
	expect(kill_errno(pid, SIGKILL), 0, "root ends an agent");
	for (tries = 0; tries < 100 && kill(pid, 0) == 0; tries++)
		usleep(50000);
	for (tries = 0; tries < 100 && find_child() == pid; tries++)
		usleep(50000);
	check(find_child() != pid, "and it is gone");
}

/* Not root: not even SIGKILL. */
static void user_signals(pid_t pid)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		if (setgid(1000) || setuid(1000))
			_exit(1);
		_exit(kill(pid, SIGKILL) ? (errno == EPERM ? 0 : 2) : 3);
	}
	waitpid(child, &status, 0);
	expect(status, 0, "a user ends nothing that is root's");
}

static void legacy_is_free(void)
{
	int fd = open("/etc/shadow", O_RDONLY | O_CLOEXEC);

	check(fd >= 0, "a legacy task opens what DAC lets it");
	if (fd >= 0)
		close(fd);
}

int main(void)
{
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	test_abi();
	test_args();
	calls(AGENT_AID_SELF, "oneself");
	calls(AGENT_AID_ROOT, "AID 1");
	calls(0x7fffffffffff, "an AID that is nobody's");
	listing();
	spawning();
	pid = start_agent();
	tracing(pid);
	user_signals(pid);
	signals(pid);
	legacy_is_free();
	return finish();
}
