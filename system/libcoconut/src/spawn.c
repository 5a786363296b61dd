/* SPDX-License-Identifier: MIT */
/*
 * Spawning an agent: the kernel makes the agent, the child prepares itself and
 * execs the manifest's image.
 *
 * The child calls the kernel directly.  It is a copy of a process that may have
 * had more threads, whose locks nobody will release here, and the C library's
 * setuid() would wait for those threads.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#define SIGNAL_MAX 64
/* What the kernel takes for a signal action and for a set of signals. */
#define KERNEL_SIGACTION_SIZE 32
#define KERNEL_SIGSET_SIZE 8

enum step {
	STEP_STARTED,
	STEP_DUP,
	STEP_SESSION,
	STEP_TERMINAL,
	STEP_GROUPS,
	STEP_GID,
	STEP_UID,
	STEP_CHDIR,
	STEP_DESCRIPTORS,
	STEP_EXEC,
};

static const char *const step_names[] = {
	[STEP_STARTED] = "spawn",
	[STEP_DUP] = "dup",
	[STEP_SESSION] = "session",
	[STEP_TERMINAL] = "terminal",
	[STEP_GROUPS] = "groups",
	[STEP_GID] = "gid",
	[STEP_UID] = "uid",
	[STEP_CHDIR] = "chdir",
	[STEP_DESCRIPTORS] = "descriptors",
	[STEP_EXEC] = "exec",
};

/* What the child tells its parent: first that it runs, then what failed. */
struct report {
	int32_t step;
	int32_t error;
	int32_t pid;
};

/**
 * struct plan - all that the child needs, made before there is a child
 * @options: the caller's
 * @manifest: the manifest
 * @argv: argument vector; its strings belong to @options and @manifest
 * @envp: environment, likewise
 * @cwd: working directory
 * @report: descriptor for struct report, closed by the exec
 * @go: pipe by which the child learns that the caller has prepared
 */
struct plan {
	const struct coconut_spawn_options *options;
	struct coconut_manifest *manifest;
	const char **argv;
	const char *const *envp;
	const char *cwd;
	int report;
	int go[2];
};

/* ---- The child: no allocation, no locks ------------------------------ */

static void child_report(const struct plan *plan, enum step step, int error)
{
	struct report report = {
		.step = step,
		.error = error,
		.pid = syscall(SYS_getpid),
	};

	/* Shorter than PIPE_BUF: written whole, or not at all. */
	if (write(plan->report, &report, sizeof(report)) < 0)
		_exit(126);
}

static __attribute__((noreturn)) void child_fail(const struct plan *plan,
						 enum step step)
{
	child_report(plan, step, errno);
	_exit(127);
}

/* No byte comes when the caller's function failed: nothing is to run. */
static void child_wait(const struct plan *plan)
{
	ssize_t count;
	char go;

	if (!plan->options->prepare)
		return;
	close(plan->go[1]);
	do
		count = read(plan->go[0], &go, 1);
	while (count < 0 && errno == EINTR);
	if (count != 1)
		_exit(126);
}

/* The parent's handlers must not run here, and its choices not go on. */
static void child_signals(void)
{
	static const char none[KERNEL_SIGACTION_SIZE];

	for (int number = 1; number <= SIGNAL_MAX; number++)
		syscall(SYS_rt_sigaction, number, none, NULL,
			KERNEL_SIGSET_SIZE);
}

/*
 * First all sources are moved out of the way of all targets, so that any
 * permutation of 0, 1 and 2 works.
 */
static void child_descriptors(const struct plan *plan)
{
	int source[3] = {
		plan->options->stdin_fd,
		plan->options->stdout_fd,
		plan->options->stderr_fd,
	};

	for (int i = 0; i < 3; i++) {
		if (source[i] < 0)
			continue;
		source[i] = fcntl(source[i], F_DUPFD_CLOEXEC, 3);
		if (source[i] < 0)
			child_fail(plan, STEP_DUP);
	}
	for (int i = 0; i < 3; i++)
		if (source[i] >= 0 && dup2(source[i], i) < 0)
			child_fail(plan, STEP_DUP);
}

static void child_session(const struct plan *plan)
{
	unsigned int flags = plan->options->flags;

	if (flags & COCONUT_SPAWN_SESSION && setsid() < 0)
		child_fail(plan, STEP_SESSION);
	if (flags & COCONUT_SPAWN_TERMINAL && ioctl(0, TIOCSCTTY, 0))
		child_fail(plan, STEP_TERMINAL);
}

static void child_user(const struct plan *plan)
{
	const struct coconut_spawn_options *options = plan->options;

	if (!(options->flags & COCONUT_SPAWN_USER))
		return;
	if (syscall(SYS_setgroups, options->nr_groups, options->groups))
		child_fail(plan, STEP_GROUPS);
	if (syscall(SYS_setresgid, options->gid, options->gid, options->gid))
		child_fail(plan, STEP_GID);
	if (syscall(SYS_setresuid, options->uid, options->uid, options->uid))
		child_fail(plan, STEP_UID);
}

/* All beyond 2 is closed by the exec, but for what is to stay open. */
static void child_close(const struct plan *plan)
{
	const struct coconut_spawn_options *options = plan->options;

	if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC))
		child_fail(plan, STEP_DESCRIPTORS);
	for (size_t i = 0; i < options->nr_keep_fds; i++)
		if (fcntl(options->keep_fds[i], F_SETFD, 0))
			child_fail(plan, STEP_DESCRIPTORS);
}

static __attribute__((noreturn)) void child_run(const struct plan *plan)
{
	static const uint64_t no_signals;

	child_signals();
	child_report(plan, STEP_STARTED, 0);
	child_wait(plan);
	child_descriptors(plan);
	child_session(plan);
	child_user(plan);
	if (chdir(plan->cwd))
		child_fail(plan, STEP_CHDIR);
	child_close(plan);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL,
		KERNEL_SIGSET_SIZE);
	execve(plan->manifest->image, (char *const *)plan->argv,
	       (char *const *)plan->envp);
	child_fail(plan, STEP_EXEC);
}

/* ---- The parent ------------------------------------------------------ */

static size_t count_strings(const char *const *strings)
{
	size_t count = 0;

	while (strings && strings[count])
		count++;
	return count;
}

static const char **make_argv(const struct coconut_spawn_options *options,
			      const struct coconut_manifest *manifest)
{
	const char *const *parts[] = {
		(const char *const[]){ manifest->image, NULL },
		(const char *const *)manifest->args,
		options->extra_args,
	};
	const char *const *whole[] = { options->argv };
	const char *const **from = options->argv ? whole : parts;
	size_t nr_from = options->argv ? 1 : ARRAY_SIZE(parts);
	size_t count = 0;
	const char **argv;

	for (size_t i = 0; i < nr_from; i++)
		count += count_strings(from[i]);
	argv = calloc(count + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	count = 0;
	for (size_t i = 0; i < nr_from; i++)
		for (size_t j = 0; from[i] && from[i][j]; j++)
			argv[count++] = from[i][j];
	return argv;
}

/* Before the library opens any: a number that is free now would be its own. */
static int check_keep(const struct coconut_spawn_options *options,
		      struct coconut_error *error)
{
	if (options->nr_keep_fds > AGENT_KEEP_MAX)
		return fail(error, E2BIG, "descriptors",
			    "%zu to keep, more than %d", options->nr_keep_fds,
			    AGENT_KEEP_MAX);
	for (size_t i = 0; i < options->nr_keep_fds; i++)
		if (fcntl(options->keep_fds[i], F_GETFD) < 0)
			return fail_errno(error, EBADF, "descriptors", "%d",
					  options->keep_fds[i]);
	return 0;
}

static int make_plan(const struct coconut_spawn_options *options,
		     struct plan *plan, struct coconut_error *error)
{
	static const char *const no_env[] = { NULL };
	struct coconut_manifest *manifest;
	struct coconut_error what;
	int err = coconut_manifest_decode(
		options->manifest, options->manifest_size, &manifest, &what);

	if (err)
		return fail(error, -err, "manifest", "%s", what.message);
	*plan = (struct plan){
		.options = options,
		.manifest = manifest,
		.report = -1,
		.go = { -1, -1 },
	};
	plan->argv = make_argv(options, manifest);
	if (!plan->argv) {
		coconut_manifest_free(manifest);
		return fail_memory(error);
	}
	plan->envp = options->envp;
	if (!plan->envp)
		plan->envp = (const char *const *)manifest->env;
	if (!plan->envp)
		plan->envp = no_env;
	plan->cwd = options->cwd ? options->cwd : manifest->cwd;
	if (!plan->cwd)
		plan->cwd = "/";
	return 0;
}

static void free_plan(struct plan *plan)
{
	coconut_manifest_free(plan->manifest);
	free(plan->argv);
}

/* The child's end must not be one of the numbers it will dup over. */
static int make_pipe(int ends[2])
{
	int moved;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	moved = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
	if (moved < 0) {
		int err = -errno;

		close(ends[0]);
		close(ends[1]);
		return err;
	}
	close(ends[1]);
	ends[1] = moved;
	return 0;
}

static void close_pipe(int ends[2])
{
	for (int i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
		ends[i] = -1;
	}
}

static int make_pipes(struct plan *plan, int ends[2])
{
	int err = make_pipe(ends);

	if (!err && plan->options->prepare) {
		err = make_pipe(plan->go);
		if (err)
			close_pipe(ends);
	}
	plan->report = ends[1];
	return err;
}

static const char *explain_spawn(int code)
{
	switch (code) {
	case ENOSYS:
		return "this kernel has no agents";
	case EOPNOTSUPP:
		return "agents are switched off in this kernel";
	case EAGAIN:
		return "the limit of agents or tasks is reached";
	case ENOKEY:
		return "the signer is not in the kernel's keyring";
	case EKEYREJECTED:
		return "the signature is not over this manifest, or its key has expired";
	case EBADMSG:
		return "manifest or signature is malformed";
	case ENOPKG:
		return "the signature's algorithm is not built into the kernel";
	case ECAPABILITY:
		return "the caller may not spawn agents";
	case ESTALE:
		return "its files are moved about while they are looked for";
	default:
		return coconut_strerror(code);
	}
}

static int fail_spawn(struct coconut_error *error, int code,
		      const struct plan *plan,
		      const struct agent_spawn_args *args)
{
	const char *why = explain_spawn(code);
	char *cap;
	int err;

	if (args->error_cap >= plan->manifest->nr_caps)
		return fail(error, code, "spawn", "%s", why);
	if (code == ECAPABILITY)
		why = "not within the spawner's own capabilities";
	cap = coconut_cap_format(&plan->manifest->caps[args->error_cap]);
	err = fail(error, code, "spawn", "capability %u (%s): %s",
		   args->error_cap, cap ? cap : "", why);
	free(cap);
	return err;
}

/* No signal may run a handler of the parent's in the child. */
static int64_t spawn_child(const struct plan *plan,
			   struct agent_spawn_args *args)
{
	sigset_t all, before;
	int64_t aid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	aid = coconut_agent_spawn(args);
	if (!aid)
		child_run(plan);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return aid;
}

/* Return: 1 for a report, 0 at the end of the pipe. */
static int read_report(int fd, struct report *report)
{
	ssize_t count;

	do
		count = read(fd, report, sizeof(*report));
	while (count < 0 && errno == EINTR);
	return count == sizeof(*report);
}

static void wait_child(int pidfd)
{
	siginfo_t info;

	while (waitid(P_PIDFD, pidfd, &info, WEXITED) && errno == EINTR)
		;
}

static int fail_step(struct coconut_error *error, const struct plan *plan,
		     const struct report *report)
{
	const char *step = step_names[report->step];
	int code = report->error;

	if (report->step == STEP_EXEC && code == ECAPABILITY)
		return fail(
			error, code, step,
			"%s: the image is not the one the manifest names, or its interpreter may not be run",
			plan->manifest->image);
	if (report->step == STEP_EXEC)
		return fail_errno(error, code, step, "%s",
				  plan->manifest->image);
	if (report->step == STEP_CHDIR)
		return fail_errno(error, code, step, "%s", plan->cwd);
	return fail(error, code, step, "%s", coconut_strerror(code));
}

/* The other end of the pipe stays open here: no SIGPIPE for a dead child. */
static int prepare(const struct plan *plan, struct coconut_spawned *spawned)
{
	const struct coconut_spawn_options *options = plan->options;
	int err;

	if (!options->prepare)
		return 0;
	err = options->prepare(spawned, options->prepare_arg);
	if (!err && write(plan->go[1], "", 1) != 1)
		err = -errno;
	return err;
}

static int fail_started(struct coconut_error *error)
{
	return fail(error, ECHILD, "spawn",
		    "the agent was ended before it ran its image");
}

/*
 * Waits until the child has exec'd or failed.  Closes the plan's pipe: a child
 * that waits for its byte ends when there is none.
 */
static int await_exec(struct plan *plan, int fd,
		      struct coconut_spawned *spawned,
		      struct coconut_error *error)
{
	struct report report = { 0 };
	int err = 0;
	bool started = read_report(fd, &report);

	spawned->pid = report.pid;
	if (started)
		err = prepare(plan, spawned);
	close_pipe(plan->go);
	if (started && !err && !read_report(fd, &report))
		return 0;
	wait_child(spawned->pidfd);
	if (!started)
		return fail_started(error);
	if (err)
		return fail(error, -err, "prepare", "%s",
			    coconut_strerror(err));
	return fail_step(error, plan, &report);
}

static int run_plan(struct plan *plan, struct coconut_spawned *ret_spawned,
		    struct coconut_error *error)
{
	const struct coconut_spawn_options *options = plan->options;
	struct coconut_spawned spawned = { .pidfd = -1 };
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)options->manifest,
		.manifest_size = options->manifest_size,
		.signature = (uintptr_t)options->signature,
		.signature_size = options->signature_size,
		.pidfd = (uintptr_t)&spawned.pidfd,
		.exit_signal = SIGCHLD,
		.error_cap = ~0U,
		.error_offset = ~0U,
		.nr_keep = options->nr_keep_fds,
	};
	int ends[2];
	int64_t aid;
	int err = make_pipes(plan, ends);

	if (err)
		return fail_errno(error, -err, "spawn", "pipe");
	if (args.nr_keep)
		args.keep = (uintptr_t)options->keep_fds;
	aid = spawn_child(plan, &args);
	close(ends[1]);
	spawned.aid = aid;
	if (aid < 0)
		err = fail_spawn(error, -aid, plan, &args);
	else
		err = await_exec(plan, ends[0], &spawned, error);
	close(ends[0]);
	close_pipe(plan->go);
	if (!err)
		*ret_spawned = spawned;
	else if (spawned.pidfd >= 0)
		close(spawned.pidfd);
	return err;
}

int coconut_spawn(const struct coconut_spawn_options *options,
		  struct coconut_spawned *ret_spawned,
		  struct coconut_error *error)
{
	struct plan plan;
	int err = check_keep(options, error);

	if (!err)
		err = make_plan(options, &plan, error);
	if (err)
		return err;
	err = run_plan(&plan, ret_spawned, error);
	free_plan(&plan);
	return err;
}
