// SPDX-License-Identifier: GPL-2.0
/*
 * agent_spawn(): what it refuses, and what the child may do before it runs
 * its image.
 *
 *	agent_test ---- agent_spawn() ----> the child, Spawning
 *	  any authority                       no file, one exec: its image
 */

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

static struct signed_manifest good, bad;

static uint32_t children(void)
{
	struct agent_attestation me;

	attest(AGENT_AID_SELF, &me);
	return me.children;
}

static void signatures(void)
{
	bad = good;
	bad.manifest[bad.manifest_size / 2] ^= 1;
	expect(spawn_raw(&bad, NULL, NULL), -EKEYREJECTED,
	       "a manifest with one changed bit");
	bad = good;
	bad.manifest_size--;
	expect(spawn_raw(&bad, NULL, NULL), -EKEYREJECTED,
	       "a manifest without its last byte");
	bad = good;
	bad.manifest[bad.manifest_size++] = 0;
	expect(spawn_raw(&bad, NULL, NULL), -EKEYREJECTED,
	       "a manifest with a byte too many");
	bad = good;
	bad.signature_size /= 2;
	expect(spawn_raw(&bad, NULL, NULL), -EBADMSG, "half a signature");
	bad = good;
	memset(bad.signature, 0, bad.signature_size);
	expect(spawn_raw(&bad, NULL, NULL), -EBADMSG, "zeroes for a signature");
	bad = good;
	bad.signature_size = 1;
	expect(spawn_raw(&bad, NULL, NULL), -EBADMSG,
	       "one byte for a signature");
	bad = good;
	bad.signature[bad.signature_size - 1] ^= 1;
	expect(spawn_raw(&bad, NULL, NULL), -EKEYREJECTED,
	       "a signature with its last bit changed");
	if (manifest_load_from("/usr/share/coconut/refused", "stranger", &bad))
		bail("no manifest of a stranger");
	expect(spawn_raw(&bad, NULL, NULL), -ENOKEY,
	       "a manifest that a stranger has signed");
}

static void pointers(void)
{
	void *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)hole,
		.manifest_size = good.manifest_size,
		.signature = (uintptr_t)good.signature,
		.signature_size = good.signature_size,
		.exit_signal = SIGCHLD,
	};

	expect(CALL(spawn, &args), -EFAULT, "an unmapped manifest");
	args.manifest = 0;
	expect(CALL(spawn, &args), -EFAULT, "a manifest at null");
	args.manifest = (uintptr_t)good.manifest;
	args.signature = (uintptr_t)hole;
	expect(CALL(spawn, &args), -EFAULT, "an unmapped signature");
	args.signature = (uintptr_t)good.signature;
	args.pidfd = (uintptr_t)hole;
	expect(CALL(spawn, &args), -EFAULT, "an unmapped place for the pidfd");
	munmap(hole, 4096);
}

static void faults(void)
{
	uint32_t cap = 77, offset = 77;

	if (manifest_load("selftest-wide", &bad))
		bail("no manifest selftest-wide");
	expect(spawn_raw(&bad, &cap, &offset), -ECAPABILITY,
	       "a bundle that the spawner does not have itself");
	expect(cap, 1, "names the capability at fault");
	check(offset > 0 && offset < bad.manifest_size &&
	      bad.manifest[offset] >> 5 == 5,
	      "and the byte where its map starts");
	if (manifest_load("selftest-missing", &bad))
		bail("no manifest selftest-missing");
	expect(spawn_raw(&bad, &cap, &offset), -ENOENT,
	       "a scope that is not there");
	expect(cap, 0, "names the capability at fault");
	bad = good;
	bad.manifest[0] ^= 1;
	spawn_raw(&bad, &cap, &offset);
	check(cap == ~0U && offset == ~0U,
	      "a bad signature is the fault of no capability");
}

/* What the child finds before its exec, told through its exit status. */
#define TOLD(condition, status) do { \
	if (!(condition)) \
		_exit(status); \
} while (0)

static void __attribute__((noreturn)) look_around(void)
{
	struct agent_attestation at;

	TOLD(attest(AGENT_AID_SELF, &at) > 0, 1);
	TOLD(at.state == AGENT_SPAWNING, 2);
	TOLD(!strcmp(at.name, "selftest-child"), 3);
	TOLD(at.tasks == 1, 4);
	TOLD(open(BASE "/allowed/a", O_RDONLY) < 0 && errno == ECAPABILITY, 5);
	/* Once more: the first denial must not have opened the way. */
	TOLD(open(BASE "/allowed/a", O_RDONLY) < 0 && errno == ECAPABILITY, 6);
	TOLD(open(BASE "/allowed/new", O_CREAT | O_WRONLY, 0600) < 0 &&
	     errno == ECAPABILITY, 7);
	TOLD(unlink(BASE "/allowed/a") < 0 && errno == ECAPABILITY, 8);
	TOLD(execl("/usr/bin/true", "true", (char *)NULL) < 0 &&
	     errno == ECAPABILITY, 9);
	/* Denied as it is, it may still run what it was made for. */
	execl(CHILD_IMAGE, CHILD_IMAGE, (char *)NULL);
	_exit(10);
}

static void spawning(void)
{
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)good.manifest,
		.manifest_size = good.manifest_size,
		.signature = (uintptr_t)good.signature,
		.signature_size = good.signature_size,
		.exit_signal = SIGCHLD,
	};
	int pipes[2], nothing[2], status = 0;
	char line[64] = "";
	long aid;

	if (pipe2(pipes, O_CLOEXEC) || pipe2(nothing, O_CLOEXEC))
		bail("no pipe");
	aid = CALL(spawn, &args);
	if (!aid) {
		dup2(nothing[0], 0);
		dup2(pipes[1], 1);
		look_around();
	}
	close(pipes[1]);
	close(nothing[0]);
	if (read(pipes[0], line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	check(line[0] == '0', "a denied spawner's child runs its image at last");
	expect(state_of(aid), AGENT_ACTIVE, "and is active then");
	close(pipes[0]);
	close(nothing[1]);
	wait(&status);
	expect(WEXITSTATUS(status), 0,
	       "while spawning it opened, made, deleted and ran nothing else (the number is the step)");
}

static void image(void)
{
	struct child child;
	char byte;
	int fd;

	expect(child_spawn_image(&child, "selftest-child", CHILD2_IMAGE),
	       -ECAPABILITY, "an agent may not run another image first");
	expect(state_of(child.aid), -ESRCH, "and is gone with its task");
	expect(child_spawn_image(&child, "selftest-changed", CHILD2_IMAGE), 0,
	       "an image as its manifest names it");
	child_end(&child);
	fd = open(CHILD2_IMAGE, O_RDWR | O_APPEND | O_CLOEXEC);
	if (fd < 0 || write(fd, "x", 1) != 1)
		bail("cannot change %s: %s", CHILD2_IMAGE, strerror(errno));
	close(fd);
	expect(child_spawn_image(&child, "selftest-changed", CHILD2_IMAGE),
	       -ECAPABILITY, "the image with a byte more");
	fd = open(CHILD2_IMAGE, O_RDWR | O_CLOEXEC);
	if (ftruncate(fd, lseek(fd, -1, SEEK_END)))
		bail("cannot change %s back", CHILD2_IMAGE);
	close(fd);
	expect(child_spawn_image(&child, "selftest-changed", CHILD2_IMAGE), 0,
	       "the image as it was");
	child_end(&child);
	/* A physical address in the first program header: nobody reads it. */
	fd = open(CHILD2_IMAGE, O_RDWR | O_CLOEXEC);
	if (pread(fd, &byte, 1, 64 + 24) != 1)
		bail("cannot read %s", CHILD2_IMAGE);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, 64 + 24) != 1)
		bail("cannot change %s in place", CHILD2_IMAGE);
	close(fd);
	expect(child_spawn_image(&child, "selftest-changed", CHILD2_IMAGE),
	       -ECAPABILITY, "the image with a byte changed in its place");
}

/*
 * selftest-bare can't run its dynamic linker: its exec fails after the image
 * was found to be the right one.
 */
static void failed_exec(void)
{
	struct agent_spawn_args args = { .exit_signal = SIGCHLD };
	int status = 0;
	long aid;

	if (manifest_load("selftest-bare", &bad))
		bail("no manifest selftest-bare");
	args.manifest = (uintptr_t)bad.manifest;
	args.manifest_size = bad.manifest_size;
	args.signature = (uintptr_t)bad.signature;
	args.signature_size = bad.signature_size;
	aid = CALL(spawn, &args);
	if (!aid) {
		TOLD(execl(CHILD_IMAGE, CHILD_IMAGE, (char *)NULL) < 0 &&
		     errno == ECAPABILITY, 1);
		TOLD(open(BASE "/allowed/a", O_RDONLY) < 0 &&
		     errno == ECAPABILITY, 2);
		_exit(0);
	}
	wait(&status);
	check(aid > 0, "an agent without its interpreter is spawned");
	expect(WEXITSTATUS(status), 0,
	       "a failed exec leaves the spawner's code without the agent's files (the number is the step)");
}

#ifdef __x86_64__
static void __attribute__((noreturn)) run_true(void)
{
	static char *const argv[] = { CHILD_IMAGE, "idle", NULL };
	static char *const envp[] = { NULL };

	execve(CHILD_IMAGE, argv, envp);
	_exit(errno);
}

/* The child comes back on another stack: it must not return from here. */
static long spawn_vfork(struct agent_spawn_args *args)
{
	register unsigned long run asm("r12") = (unsigned long)run_true;
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%%r12\n\t"
			 "1:"
			 : "=a" (ret)
			 : "0" ((long)__NR_agent_spawn), "D" (args),
			   "S" (sizeof(*args)), "r" (run)
			 : "rcx", "r11", "memory");
	return ret;
}

static void vforked(void)
{
	static uint8_t stack[65536] __attribute__((aligned(16)));
	struct agent_attestation at;
	int pidfd = -1;
	struct agent_spawn_args args = {
		.flags = AGENT_SPAWN_VFORK,
		.manifest = (uintptr_t)good.manifest,
		.manifest_size = good.manifest_size,
		.signature = (uintptr_t)good.signature,
		.signature_size = good.signature_size,
		.pidfd = (uintptr_t)&pidfd,
		.stack = (uintptr_t)stack,
		.stack_size = sizeof(stack),
		.exit_signal = SIGCHLD,
	};
	long aid = spawn_vfork(&args);
	siginfo_t info;

	check(aid > AGENT_AID_ROOT, "a spawn like vfork()");
	memset(&at, 0, sizeof(at));
	attest(aid, &at);
	check(at.state == AGENT_ATTESTED || at.state == AGENT_ACTIVE,
	      "comes back when the child has its image");
	check(pidfd >= 0, "and brings a pidfd");
	expect(cap_revoke(aid, AGENT_REVOKE_TERMINATE, 0, NULL), 0,
	       "it is ended");
	expect(waitid(P_PIDFD, pidfd, &info, WEXITED), 0, "and reaped");
	close(pidfd);
}
#else
static void vforked(void)
{
	skip("written for x86-64", "a spawn like vfork()");
}
#endif

void test_spawn(void)
{
	uint32_t before;

	if (manifest_load("selftest-child", &good))
		bail("no manifest selftest-child");
	before = children();
	signatures();
	pointers();
	faults();
	expect(children(), before, "a failed spawn leaves no child behind");
	spawning();
	image();
	failed_exec();
	vforked();
	expect(children(), before, "all children are gone");
}
