// SPDX-License-Identifier: GPL-2.0
/* Agents below the test; see child.h. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "harness.h"

#define ANSWER_MS	20000	/* an emulated machine may be slow */

static int load(const char *path, uint8_t *to, size_t room, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, to, room);
	close(fd);
	if (got < 0)
		return -EIO;
	*ret_size = got;
	return 0;
}

int manifest_load_from(const char *dir, const char *name,
		       struct signed_manifest *ret)
{
	char path[256];
	int err;

	snprintf(path, sizeof(path), "%s/%s.manifest", dir, name);
	err = load(path, ret->manifest, sizeof(ret->manifest),
		   &ret->manifest_size);
	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/%s.sig", dir, name);
	return load(path, ret->signature, sizeof(ret->signature),
		    &ret->signature_size);
}

int manifest_load(const char *name, struct signed_manifest *ret)
{
	return manifest_load_from("/etc/coconut/manifests", name, ret);
}

static void fill_args(struct agent_spawn_args *args,
		      const struct signed_manifest *manifest)
{
	*args = (struct agent_spawn_args) {
		.manifest = (uintptr_t)manifest->manifest,
		.manifest_size = manifest->manifest_size,
		.signature = (uintptr_t)manifest->signature,
		.signature_size = manifest->signature_size,
		.exit_signal = SIGCHLD,
	};
}

long spawn_raw(const struct signed_manifest *manifest, uint32_t *error_cap,
	       uint32_t *error_offset)
{
	struct agent_spawn_args args;
	int pidfd = -1;
	siginfo_t info;
	long aid;

	fill_args(&args, manifest);
	args.pidfd = (uintptr_t)&pidfd;
	aid = CALL(spawn, &args);
	if (!aid)
		_exit(0);
	if (aid > 0) {
		waitid(P_PIDFD, pidfd, &info, WEXITED);
		close(pidfd);
	}
	if (error_cap)
		*error_cap = args.error_cap;
	if (error_offset)
		*error_offset = args.error_offset;
	return aid;
}

/* In the child: only what a spawning agent may do, then its image. */
static void __attribute__((noreturn)) run_image(const char *image, int in,
						int out)
{
	char *const argv[] = { (char *)image, NULL };
	char *const envp[] = { NULL };

	if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(125);
	execve(image, argv, envp);
	_exit(errno);
}

static int start(struct child *child, const struct signed_manifest *manifest,
		 const char *image, const uint32_t *keep, size_t nr_keep)
{
	struct agent_spawn_args args;
	int to[2], from[2];
	long aid;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		bail("pipe: %s", strerror(errno));
	fill_args(&args, manifest);
	args.pidfd = (uintptr_t)&child->pidfd;
	args.keep = (uintptr_t)keep;
	args.nr_keep = nr_keep;
	aid = CALL(spawn, &args);
	if (!aid)
		run_image(image, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	child->to = to[1];
	child->from = from[0];
	child->aid = aid;
	if (aid > 0)
		return 0;
	close(to[1]);
	close(from[0]);
	child->value = (int32_t)args.error_cap;
	return aid;
}

static int spawn_image(struct child *child, const char *name,
		       const char *image, const uint32_t *keep, size_t nr_keep)
{
	static struct signed_manifest manifest;
	int err = manifest_load(name, &manifest);
	int status;

	memset(child, 0, sizeof(*child));
	if (err)
		bail("cannot read the manifest %s: %s", name, strerror(-err));
	err = start(child, &manifest, image, keep, nr_keep);
	if (err)
		return err;
	if (!child_answer(child, ANSWER_MS)) {
		child->pid = child->value;
		return 0;
	}
	status = child_wait(child);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

int child_spawn_image(struct child *child, const char *name, const char *image)
{
	return spawn_image(child, name, image, NULL, 0);
}

int child_spawn(struct child *child, const char *name)
{
	return child_spawn_image(child, name, CHILD_IMAGE);
}

int child_spawn_keep(struct child *child, const char *name,
		     const uint32_t *keep, size_t nr_keep)
{
	return spawn_image(child, name, CHILD_IMAGE, keep, nr_keep);
}

void child_start(struct child *child, const char *name)
{
	int err = child_spawn(child, name);

	if (err)
		bail("cannot spawn %s: errno %d, capability %lld", name, -err,
		     child->value);
}

static void tell(struct child *child, const char *format, va_list args)
{
	char line[1024];
	int size = vsnprintf(line, sizeof(line) - 1, format, args);

	line[size++] = '\n';
	if (write(child->to, line, size) != size)
		printf("# an agent does not listen: %s\n", strerror(errno));
}

void child_tell(struct child *child, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(child, format, args);
	va_end(args);
}

int child_answer(struct child *child, int ms)
{
	struct pollfd wait = { .fd = child->from, .events = POLLIN };
	char line[128];
	size_t size = 0;
	int error;

	/* An answer is written whole, so only its first byte is waited for. */
	while (size < sizeof(line) - 1) {
		if (!size && poll(&wait, 1, ms) <= 0)
			return -ETIMEDOUT;
		if (read(child->from, line + size, 1) <= 0)
			return -EPIPE;
		if (line[size++] == '\n')
			break;
	}
	line[size] = '\0';
	if (sscanf(line, "%d %lld", &error, &child->value) != 2)
		return -EPROTO;
	return -error;
}

int child_ask(struct child *child, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(child, format, args);
	va_end(args);
	return child_answer(child, ANSWER_MS);
}

int child_wait(struct child *child)
{
	siginfo_t info = { .si_pid = 0 };

	close(child->to);
	close(child->from);
	while (waitid(P_PIDFD, child->pidfd, &info, WEXITED) && errno == EINTR)
		;
	close(child->pidfd);
	return info.si_code == CLD_EXITED ? info.si_status << 8 :
	       info.si_status;
}

/* It ends when its standard input does. */
int child_end(struct child *child)
{
	return child_wait(child);
}

void child_destroy(struct child *child)
{
	cap_revoke(child->aid, AGENT_REVOKE_TERMINATE, 0, NULL);
	child_wait(child);
}

long state_of(uint64_t aid)
{
	struct agent_attestation at;
	long ret = attest(aid, &at);

	return ret < 0 ? ret : (long)at.state;
}

long await_state(uint64_t aid, long state)
{
	long now = state_of(aid);
	int tries;

	for (tries = 0; now != state && tries < 500; tries++) {
		usleep(10000);
		now = state_of(aid);
	}
	return now;
}
