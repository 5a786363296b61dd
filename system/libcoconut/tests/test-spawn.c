/* SPDX-License-Identifier: MIT */
/*
 * What coconut_spawn() does around the system call.  The call itself is a
 * plain clone3() here, defined in place of the library's, so that the test
 * needs no kernel with agents.
 */
#include <coconut.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int refuse_with;
static uint64_t passed_keep, passed_nr_keep;
static uint32_t refuse_cap = ~0U;

int64_t coconut_agent_spawn(struct agent_spawn_args *args)
{
	struct clone_args clone = {
		.flags = CLONE_PIDFD,
		.pidfd = args->pidfd,
		.exit_signal = args->exit_signal,
	};
	long pid;

	passed_keep = args->keep;
	passed_nr_keep = args->nr_keep;
	args->error_cap = refuse_cap;
	if (refuse_with)
		return -refuse_with;
	pid = syscall(SYS_clone3, &clone, sizeof(clone));
	return pid > 0 ? 1000 : pid;
}

static uint8_t *manifest;
static size_t manifest_size;

static void compile(const char *yaml)
{
	struct coconut_manifest *read;
	struct coconut_error error;

	free(manifest);
	if (coconut_manifest_from_yaml_text("yaml", yaml, strlen(yaml), NULL,
					    COCONUT_YAML_NO_IMAGE, &read,
					    &error) ||
	    coconut_manifest_encode(read, &manifest, &manifest_size, &error)) {
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	coconut_manifest_free(read);
}

static struct coconut_spawn_options options(void)
{
	struct coconut_spawn_options options = COCONUT_SPAWN_OPTIONS_INIT;

	options.manifest = manifest;
	options.manifest_size = manifest_size;
	options.signature = "signature";
	options.signature_size = 9;
	return options;
}

static int wait_for(const struct coconut_spawned *spawned)
{
	int status = -1;

	waitpid(spawned->pid, &status, 0);
	close(spawned->pidfd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Runs the manifest; what it wrote to 1 and 2 is in @output. */
static void run(struct coconut_spawn_options *with, char *output, size_t room)
{
	struct coconut_spawned spawned;
	struct coconut_error error;
	ssize_t count = 0;
	size_t size = 0;
	int ends[2];

	output[0] = '\0';
	if (pipe2(ends, O_CLOEXEC))
		return;
	with->stdout_fd = ends[1];
	with->stderr_fd = ends[1];
	if (!ok(!coconut_spawn(with, &spawned, &error), "spawns"))
		printf("# %s\n", error.message);
	else if (ok(spawned.aid == 1000 && spawned.pid > 0,
		    "tells AID and pid")) {
		close(ends[1]);
		while ((count = read(ends[0], output + size, room - size - 1)) >
		       0)
			size += count;
		output[size] = '\0';
		is_number(wait_for(&spawned), 0, "it ends well");
		ends[1] = -1;
	}
	close(ends[0]);
	close(ends[1]);
}

static void test_arguments(void)
{
	struct coconut_spawn_options with;
	char output[4096];
	const char *extra[] = { "three", NULL };
	const char *argv[] = { "sh", "-c", "echo whole; pwd", NULL };
	const char *envp[] = { "A=own", NULL };

	compile("name: a\nimage: /bin/sh\ncwd: /usr\n"
		"args: [-c, 'echo $0 $1 $A; pwd; echo error >&2', one, two]\n"
		"env: [A=b]\n");
	with = options();
	run(&with, output, sizeof(output));
	is(output, "one two b\n/usr\nerror\n",
	   "with the manifest's arguments, environment and directory");
	with = options();
	with.argv = argv;
	with.envp = envp;
	with.cwd = "/";
	run(&with, output, sizeof(output));
	is(output, "whole\n/\n", "with those of the caller");
	compile("name: a\nimage: /bin/echo\nargs: [one, two]\n");
	with = options();
	with.extra_args = extra;
	run(&with, output, sizeof(output));
	is(output, "one two three\n", "with the caller's after the manifest's");
}

/* What the caller has must not reach the agent. */
static void test_clean(void)
{
	struct coconut_spawn_options with;
	char output[4096];
	int leak = open("/dev/null", O_RDONLY);
	sigset_t set, before;

	compile("name: a\nimage: /bin/sh\n"
		"args: [-c, 'for fd in /proc/self/fd/*; do echo ${fd##*/};"
		" done; grep -E \"Sig(Blk|Ign)\" /proc/self/status']\n");
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	with = options();
	with.stdin_fd = leak;
	run(&with, output, sizeof(output));
	sigprocmask(SIG_SETMASK, NULL, &set);
	ok(sigismember(&set, SIGTERM), "the caller's mask is as it was");
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	/* The shell itself opens 3, to list the directory. */
	ok(!strncmp(output, "0\n1\n2\n3\nSig", 11) ||
		   !strncmp(output, "0\n1\n2\nSig", 9),
	   "no other descriptor");
	ok(strstr(output, "SigBlk:\t0000000000000000") &&
		   strstr(output, "SigIgn:\t0000000000000000"),
	   "no blocked or ignored signal");
	close(leak);
}

/* What is to be kept stays, under its number, and nothing beside it. */
static void test_keep(void)
{
	struct coconut_spawn_options with;
	struct coconut_error error;
	char output[256], expected[64];
	int open_fds[3], keep[2];

	for (int i = 0; i < 3; i++)
		open_fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	keep[0] = open_fds[2];
	keep[1] = open_fds[0];
	compile("name: a\nimage: /bin/sh\n"
		"args: [-c, 'for fd; do test -e /proc/self/fd/$fd && echo $fd;"
		" done; true', sh]\n");
	for (int i = 0; i < 3; i++)
		snprintf(expected + 16 * i, 16, "%d", open_fds[i]);
	with = options();
	with.extra_args = (const char *[]){ expected, expected + 16,
					    expected + 32, NULL };
	with.keep_fds = keep;
	with.nr_keep_fds = 2;
	run(&with, output, sizeof(output));
	snprintf(expected, sizeof(expected), "%d\n%d\n", open_fds[0],
		 open_fds[2]);
	is(output, expected, "the descriptors to keep, and no other");
	ok(passed_keep == (uintptr_t)keep && passed_nr_keep == 2,
	   "which the kernel has been told of");
	ok(fcntl(keep[0], F_GETFD) == FD_CLOEXEC,
	   "they are close-on-exec here as before");
	with = options();
	with.keep_fds = keep;
	run(&with, output, sizeof(output));
	ok(!passed_keep && !passed_nr_keep, "no address where there are none");
	for (int i = 0; i < 3; i++)
		close(open_fds[i]);
	with = options();
	with.keep_fds = keep;
	with.nr_keep_fds = 1;
	is_number(coconut_spawn(&with, &(struct coconut_spawned){ 0 }, &error),
		  -EBADF, "a descriptor to keep that is none");
	is(error.where, "descriptors", "with its step");
	with.nr_keep_fds = AGENT_KEEP_MAX + 1;
	is_number(coconut_spawn(&with, &(struct coconut_spawned){ 0 }, &error),
		  -E2BIG, "more to keep than the kernel takes");
}

static const char *flag_path;

/* The image would find the file if it ran by now. */
static int prepare_flag(const struct coconut_spawned *spawned, void *arg)
{
	FILE *file;

	*(struct coconut_spawned *)arg = *spawned;
	usleep(100000);
	file = fopen(flag_path, "we");
	if (file)
		fclose(file);
	return 0;
}

static int prepare_nothing(const struct coconut_spawned *spawned, void *arg)
{
	(void)spawned;
	(void)arg;
	return -EDQUOT;
}

static void test_prepare(void)
{
	struct coconut_spawned seen = { .pidfd = -1 }, spawned = { 0 };
	struct coconut_spawn_options with;
	struct coconut_error error;
	char path[] = "/tmp/test-spawn.XXXXXX";

	close(mkstemp(path));
	unlink(path);
	flag_path = path;
	compile("name: a\nimage: /bin/sh\nargs: [-c, 'test -e $1', sh]\n");
	with = options();
	with.extra_args = (const char *[]){ path, NULL };
	with.prepare = prepare_flag;
	with.prepare_arg = &seen;
	is_number(coconut_spawn(&with, &spawned, &error), 0, "prepared");
	ok(seen.aid == spawned.aid && seen.pid == spawned.pid &&
		   seen.pidfd == spawned.pidfd,
	   "the agent that it was prepared for");
	is_number(wait_for(&spawned), 0, "before its image ran");
	unlink(path);
	with.prepare = prepare_nothing;
	is_number(coconut_spawn(&with, &spawned, &error), -EDQUOT,
		  "what could not be prepared does not run");
	is(error.where, "prepare", "with its step");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "and is waited for");
}

/* 0, 1 and 2 given crosswise, from numbers that are targets themselves. */
static void test_crossed(void)
{
	struct coconut_spawn_options with;
	struct coconut_spawned spawned;
	struct coconut_error error;
	char output[64] = "";
	int saved[3], ends[2];
	int status = -1;
	int err;

	compile("name: a\nimage: /bin/sh\n"
		"args: [-c, 'echo out; echo err >&2; read line; echo $line']\n");
	if (pipe2(ends, O_CLOEXEC))
		return;
	fflush(stdout);
	for (int i = 0; i < 3; i++)
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
	dup2(ends[1], 0);
	close(1);
	close(2);
	with = options();
	with.stdin_fd = saved[0];
	with.stdout_fd = 0;
	with.stderr_fd = 0;
	err = coconut_spawn(&with, &spawned, &error);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}
	close(ends[1]);
	ok(!err, "spawns with 1 and 2 closed");
	if (!err && read(ends[0], output, 4) == 4 &&
	    read(ends[0], output + 4, 4) == 4)
		status = 0;
	is_number(status, 0, "both are written");
	is(output, "out\nerr\n", "to where they were told");
	close(ends[0]);
	if (!err) {
		kill(spawned.pid, SIGKILL);
		wait_for(&spawned);
	}
}

static int try(struct coconut_spawn_options *with, struct coconut_error *error)
{
	struct coconut_spawned spawned;
	int err = coconut_spawn(with, &spawned, error);

	if (!err)
		wait_for(&spawned);
	return err;
}

static void test_failures(void)
{
	struct coconut_spawn_options with;
	struct coconut_error error;

	compile("name: a\nimage: /not/there\n");
	with = options();
	is_number(try(&with, &error), -ENOENT, "an image that is not there");
	is(error.message, "exec: /not/there: No such file or directory",
	   "is told");
	is(error.where, "exec", "with its step");
	compile("name: a\nimage: /etc/passwd\n");
	with = options();
	is_number(try(&with, &error), -EACCES, "an image that is no program");
	compile("name: a\nimage: /bin/true\n");
	with = options();
	with.cwd = "/not/there";
	is_number(try(&with, &error), -ENOENT, "a directory that is not there");
	is(error.message, "chdir: /not/there: No such file or directory",
	   "is told");
	with = options();
	with.stdout_fd = 999;
	is_number(try(&with, &error), -EBADF, "a descriptor that is none");
	is(error.where, "dup", "with its step");
	with.manifest_size = 3;
	is_number(try(&with, &error), -EBADMSG, "a manifest that is none");
	is(error.where, "manifest", "with its step");
	is_number(waitpid(-1, NULL, WNOHANG), -1, "no child is left");
}

static void test_refused(void)
{
	struct coconut_spawn_options with;
	struct coconut_error error;

	compile("name: a\nimage: /bin/true\n"
		"capabilities: [{cap: fs.read, path: /home}]\n");
	with = options();
	refuse_with = ENOKEY;
	is_number(try(&with, &error), -ENOKEY, "an unknown signer");
	is(error.message, "spawn: the signer is not in the kernel's keyring",
	   "is told");
	refuse_with = ECAPABILITY;
	is_number(try(&with, &error), -ECAPABILITY,
		  "a spawner without authority");
	is(error.message, "spawn: the caller may not spawn agents", "is told");
	refuse_cap = 0;
	is_number(try(&with, &error), -ECAPABILITY,
		  "a capability that the spawner lacks");
	is(error.message,
	   "spawn: capability 0 (fs.read /home): not within the spawner's own capabilities",
	   "is told");
	refuse_with = 0;
	refuse_cap = ~0U;
}

static void test_user(void)
{
	struct coconut_spawn_options with;
	gid_t groups[] = { 20, 24 };
	char output[256];

	if (getuid()) {
		ok(true, "another user # SKIP not root");
		return;
	}
	compile("name: a\nimage: /usr/bin/id\n");
	with = options();
	with.flags = COCONUT_SPAWN_USER | COCONUT_SPAWN_SESSION;
	with.uid = 12345;
	with.gid = 12346;
	with.groups = groups;
	with.nr_groups = 2;
	run(&with, output, sizeof(output));
	ok(!strncmp(output, "uid=12345 gid=12346 groups=12346,20", 35),
	   "another user, group and groups");
	printf("# %s", output);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_arguments();
	test_clean();
	test_keep();
	test_prepare();
	test_crossed();
	test_failures();
	test_refused();
	test_user();
	free(manifest);
	return tap_end();
}
