// SPDX-License-Identifier: MIT
/*
 * coconutd: agents spawned here, from their manifest to their end
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coconutd.h"

#define ENDED_MAX 256     /* ended agents that are remembered */
#define LOG_MAX (1 << 20) /* bytes kept of what one agent prints */
#define GROUPS_MAX 64
#define PIECES_MAX 64 /* more than a pipe holds */

static struct agent_record *records;

static void free_record(struct agent_record *record)
{
	if (record->log_fd >= 0)
		close(record->log_fd);
	free(record);
}

/* Ended agents are forgotten in the order in which they were spawned. */
static void forget_old(void)
{
	struct agent_record **link = &records, *record;
	unsigned int ended = 0;

	while ((record = *link)) {
		bool over = !record->running && record->output.fd < 0;

		if (over && ++ended > ENDED_MAX) {
			*link = record->next;
			free_record(record);
		} else {
			link = &record->next;
		}
	}
}

static void send_output(struct agent_record *record, const void *data,
			size_t size)
{
	cbor_item_t *message;

	if (!record->follower)
		return;
	message = message_new(true);
	message_bytes(message, "out", data, size);
	client_send(record->follower, message);
}

static void keep_output(struct agent_record *record, const char *data,
			size_t size)
{
	if (record->log_fd < 0 || record->log_size >= LOG_MAX)
		return;
	if (size > LOG_MAX - record->log_size)
		size = LOG_MAX - record->log_size;
	if (write(record->log_fd, data, size) == (ssize_t)size)
		record->log_size += size;
}

/* Tell the follower how the agent's first task ended. */
static void tell_end(struct agent_record *record)
{
	cbor_item_t *message;

	if (!record->follower || record->running)
		return;
	message = message_new(true);
	if (WIFSIGNALED(record->status))
		message_uint(message, "signal", WTERMSIG(record->status));
	else
		message_uint(message, "exit", WEXITSTATUS(record->status));
	message_uint(message, "aid", record->aid);
	client_send(record->follower, message);
	record->follower = NULL;
}

/* Return: false once there is nothing more to read at the moment. */
static bool take_output(struct agent_record *record)
{
	char data[16384];
	ssize_t got = read(record->output.fd, data, sizeof(data));

	if (got > 0) {
		keep_output(record, data, got);
		send_output(record, data, got);
		return true;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	loop_remove(&record->output);
	close(record->output.fd);
	record->output.fd = -1;
	return false;
}

static void handle_output(struct source *source, uint32_t events)
{
	(void)events;
	take_output((struct agent_record *)source);
	forget_old();
}

static int refuse(struct coconut_error *error, int code, const char *format,
		  ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	error->code = code;
	return -code;
}

/* Say what a person can do something about. */
static int explain(const struct coconut_manifest *manifest, int err,
		   struct coconut_error *error)
{
	char was[sizeof(error->message)];

	if (!strcmp(error->where, "exec") && err == -ECAPABILITY)
		return refuse(
			error, ECAPABILITY,
			"%s: image %s: its contents are not those the manifest names (digest differs)",
			manifest->name, manifest->image);
	if (err == -EKEYREJECTED)
		return refuse(
			error, EKEYREJECTED,
			"%s: the signature is not over this manifest: one of the two was changed",
			manifest->name);
	if (err == -ENOKEY)
		return refuse(
			error, ENOKEY,
			"%s: the manifest's signer is not in the kernel's .coconut keyring",
			manifest->name);
	snprintf(was, sizeof(was), "%s", error->message);
	return refuse(error, -err, "%.63s: %.440s", manifest->name, was);
}

static int take_user(const struct coconut_manifest *manifest, uid_t asker,
		     struct coconut_spawn_options *options, gid_t *groups,
		     struct coconut_error *error)
{
	int count = GROUPS_MAX;
	struct passwd *user;

	user = manifest->user ? getpwnam(manifest->user) : getpwuid(asker);
	if (!user)
		return refuse(error, ENOENT, "%s: there is no user %s",
			      manifest->name,
			      manifest->user ? manifest->user :
					       "for the asker");
	if (asker && user->pw_uid != asker)
		return refuse(error, EPERM,
			      "%s runs as %s; only %s and root may spawn it",
			      manifest->name, user->pw_name, user->pw_name);
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0)
		return refuse(error, E2BIG, "%s: user %s is in too many groups",
			      manifest->name, user->pw_name);
	options->flags |= COCONUT_SPAWN_USER | COCONUT_SPAWN_SESSION;
	options->uid = user->pw_uid;
	options->gid = user->pw_gid;
	options->groups = groups;
	options->nr_groups = count;
	return 0;
}

static void watch(struct agent_record *record,
		  const struct coconut_manifest *manifest,
		  const struct coconut_spawned *spawned, int output)
{
	char path[128];

	close(spawned->pidfd);
	snprintf(record->name, sizeof(record->name), "%s", manifest->name);
	record->aid = spawned->aid;
	record->pid = spawned->pid;
	record->running = true;
	snprintf(path, sizeof(path), OUTPUT_DIR "/%" PRIu64 ".log",
		 record->aid);
	record->log_fd =
		open(path,
		     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		     0640);
	if (record->log_fd >= 0 && fchown(record->log_fd, record->uid, -1))
		note("%s: %m", path);
	record->output.fd = output;
	record->output.handle = handle_output;
	fcntl(output, F_SETFL, O_NONBLOCK);
	loop_add(&record->output, EPOLLIN);
	record->next = records;
	records = record;
}

static bool has_host(const struct coconut_manifest *manifest)
{
	size_t i;

	for (i = 0; i < manifest->nr_caps; i++) {
		if (manifest->caps[i].host)
			return true;
	}
	return false;
}

/* It may ask for a name with its first instruction. */
static int prepare(const struct coconut_spawned *spawned, void *arg)
{
	(void)arg;
	holders_update(spawned->aid);
	return 0;
}

static int spawn(const struct spawn_request *request,
		 const struct coconut_manifest *manifest,
		 struct agent_record *record, struct coconut_error *error)
{
	struct coconut_spawn_options options = COCONUT_SPAWN_OPTIONS_INIT;
	struct coconut_spawned spawned;
	gid_t groups[GROUPS_MAX];
	int output[2], err;

	err = take_user(manifest, request->uid, &options, groups, error);
	if (err)
		return err;
	if (pipe2(output, O_CLOEXEC))
		return refuse(error, errno, "%s: no pipe: %m", manifest->name);
	options.manifest = request->manifest;
	options.manifest_size = request->manifest_size;
	options.signature = request->signature;
	options.signature_size = request->signature_size;
	options.extra_args = request->extra;
	options.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	options.stdout_fd = output[1];
	options.stderr_fd = output[1];
	if (has_host(manifest))
		options.prepare = prepare;
	record->uid = options.uid;
	err = coconut_spawn(&options, &spawned, error);
	close(options.stdin_fd);
	close(output[1]);
	if (err) {
		close(output[0]);
		return explain(manifest, err, error);
	}
	watch(record, manifest, &spawned, output[0]);
	return 0;
}

/**
 * agent_start - spawn an agent from a signed manifest
 * @request: what a client wants
 * @ret_record: the agent
 * @error: why not
 *
 * Return: 0, or a negative errno value.
 */
int agent_start(const struct spawn_request *request,
		struct agent_record **ret_record, struct coconut_error *error)
{
	struct coconut_manifest *manifest;
	struct agent_record *record;
	int err;

	memset(error, 0, sizeof(*error));
	if (!chain_can_record())
		return refuse(
			error, ENOSPC,
			"the audit chain cannot be written; no agent is admitted until it can");
	err = coconut_manifest_decode(request->manifest, request->manifest_size,
				      &manifest, error);
	if (err)
		return err;
	record = calloc(1, sizeof(*record));
	if (!record)
		err = refuse(error, ENOMEM, "out of memory");
	else
		err = spawn(request, manifest, record, error);
	if (err)
		free(record);
	else
		*ret_record = record;
	coconut_manifest_free(manifest);
	return err;
}

struct agent_record *agent_records(void)
{
	return records;
}

struct agent_record *agent_record_find(uint64_t aid)
{
	struct agent_record *record;

	for (record = records; record && record->aid != aid;
	     record = record->next)
		;
	return record;
}

/**
 * agent_reaped - a child has been waited for
 * @pid: the child
 * @status: its wait status
 *
 * Return: true if it was an agent's first task.
 */
bool agent_reaped(pid_t pid, int status)
{
	struct agent_record *record;
	unsigned int pieces;

	for (record = records; record; record = record->next) {
		if (!record->running || record->pid != pid)
			continue;
		record->running = false;
		record->status = status;
		/* What it wrote comes first; others may hold the pipe open. */
		for (pieces = 0; record->output.fd >= 0 &&
				 pieces < PIECES_MAX && take_output(record);
		     pieces++)
			;
		tell_end(record);
		return true;
	}
	return false;
}

void agent_forget_follower(const struct client *client)
{
	struct agent_record *record;

	for (record = records; record; record = record->next) {
		if (record->follower == client)
			record->follower = NULL;
	}
}

/**
 * agent_end_all - end every agent there is, children of agents included
 */
void agent_end_all(void)
{
	struct agent_attestation at;
	struct agent_attest_args next = {
		.flags = AGENT_ATTEST_NEXT,
		.aid = AGENT_AID_ROOT,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};

	while (coconut_agent_attest(&next) > 0) {
		struct agent_cap_revoke_args end = {
			.flags = AGENT_REVOKE_TERMINATE,
			.aid = at.aid,
		};

		coconut_cap_revoke(&end);
		next.aid = at.aid;
	}
}
