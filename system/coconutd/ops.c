// SPDX-License-Identifier: MIT
/*
 * coconutd: what clients may ask
 *
 * Root may ask everything. Others may spawn agents that run as themselves, and
 * see and steer those.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coconutd.h"

#define COUNT_MAX 1024
#define ARGS_MAX 256
#define CAPS_ROOM (1 << 20)
#define PAGE_AGENTS 256    /* agents in one reply */
#define DENIALS_ROOM 16384 /* bytes of the last denials */

static bool may_steer(const struct client *client, uint64_t aid)
{
	const struct agent_record *record = agent_record_find(aid);

	return !client->uid || (record && record->uid == client->uid);
}

/* The AID of a request, about which the client may ask; says why not. */
static bool take_aid(struct client *client, const cbor_item_t *request,
		     uint64_t *aid)
{
	if (!message_get_uint(request, "aid", aid)) {
		client_fail(client, EINVAL, "the request names no aid");
		return false;
	}
	if (may_steer(client, *aid))
		return true;
	/* Whether there is one is told to nobody whose it is not. */
	client_fail(client, ESRCH,
		    "agent %" PRIu64
		    " does not exist, has ended, or is not yours",
		    *aid);
	return false;
}

static void reply_error(struct client *client, int64_t err, uint64_t aid)
{
	if (err == -ESRCH)
		client_fail(client, ESRCH,
			    "agent %" PRIu64 " does not exist or has ended",
			    aid);
	else
		client_fail(client, -err, "agent %" PRIu64 ": %s", aid,
			    coconut_strerror(err));
}

static void reply_ok(struct client *client)
{
	client_send(client, message_new(true));
}

static int64_t attest(uint64_t aid, const void *nonce, size_t nonce_size,
		      struct agent_attestation *at)
{
	struct agent_attest_args args = {
		.aid = aid,
		.buf = (uintptr_t)at,
		.buf_size = sizeof(*at),
	};

	if (nonce)
		memcpy(args.nonce, nonce,
		       nonce_size < sizeof(args.nonce) ? nonce_size :
							 sizeof(args.nonce));
	return coconut_agent_attest(&args);
}

/* ---- spawn ----------------------------------------------------------- */

struct loaded {
	uint8_t *manifest;
	uint8_t *signature;
	char **extra;
};

static void unload(struct loaded *loaded)
{
	size_t i;

	free(loaded->manifest);
	free(loaded->signature);
	for (i = 0; loaded->extra && loaded->extra[i]; i++)
		free(loaded->extra[i]);
	free(loaded->extra);
}

/* A name is a file's name below MANIFEST_DIR and must not lead out of it. */
static int load_installed(const char *name, struct loaded *loaded,
			  struct spawn_request *spawn,
			  struct coconut_error *error)
{
	char path[256];
	int err;

	if (!*name || strlen(name) >= AGENT_NAME_MAX || strchr(name, '/') ||
	    name[0] == '.') {
		error->code = EINVAL;
		snprintf(error->message, sizeof(error->message),
			 "'%.80s' is no name of a manifest", name);
		return -EINVAL;
	}
	snprintf(path, sizeof(path), MANIFEST_DIR "/%s.manifest", name);
	err = coconut_file_read(path, AGENT_MANIFEST_MAX, &loaded->manifest,
				&spawn->manifest_size, error);
	if (err)
		return err;
	snprintf(path, sizeof(path), MANIFEST_DIR "/%s.sig", name);
	err = coconut_file_read(path, AGENT_SIGNATURE_MAX, &loaded->signature,
				&spawn->signature_size, error);
	spawn->manifest = loaded->manifest;
	spawn->signature = loaded->signature;
	return err;
}

static int load_args(const cbor_item_t *request, struct loaded *loaded)
{
	const cbor_item_t *args = message_get(request, "args");
	size_t i, count;

	if (!args)
		return 0;
	if (!cbor_isa_array(args) || cbor_array_size(args) > ARGS_MAX)
		return -E2BIG;
	count = cbor_array_size(args);
	loaded->extra = calloc(count + 1, sizeof(*loaded->extra));
	for (i = 0; loaded->extra && i < count; i++) {
		loaded->extra[i] =
			message_get_text(cbor_array_handle(args)[i], NULL);
		if (!loaded->extra[i])
			return -EINVAL;
	}
	return loaded->extra ? 0 : -ENOMEM;
}

static int load(const cbor_item_t *request, struct loaded *loaded,
		struct spawn_request *spawn, struct coconut_error *error)
{
	char *name = message_get_text(request, "name");
	int err = -EINVAL;

	if (name)
		err = load_installed(name, loaded, spawn, error);
	else if (message_get_bytes(request, "manifest", &spawn->manifest,
				   &spawn->manifest_size) &&
		 message_get_bytes(request, "signature", &spawn->signature,
				   &spawn->signature_size))
		err = 0;
	else
		snprintf(error->message, sizeof(error->message),
			 "spawn wants a name, or a manifest and its signature");
	free(name);
	if (err)
		return err;
	err = load_args(request, loaded);
	if (err)
		snprintf(error->message, sizeof(error->message),
			 "args is not an array of at most %d texts", ARGS_MAX);
	spawn->extra = (const char *const *)loaded->extra;
	return err;
}

static cbor_item_t *describe_spawned(const struct agent_record *record)
{
	cbor_item_t *map = cbor_new_indefinite_map();

	message_uint(map, "aid", record->aid);
	message_uint(map, "pid", record->pid);
	message_text(map, "name", record->name);
	return map;
}

/* Those that were spawned before one failed are told all the same. */
static void spawn_many(struct client *client, const struct spawn_request *spawn,
		       uint64_t count, bool follow)
{
	cbor_item_t *list = cbor_new_indefinite_array(), *reply, *one;
	struct agent_record *record = NULL, *first = NULL;
	struct coconut_error error;
	uint64_t i;
	int err = 0;

	for (i = 0; i < count; i++) {
		err = agent_start(spawn, &record, &error);
		if (err)
			break;
		if (!first)
			first = record;
		one = describe_spawned(record);
		if (!cbor_array_push(list, one))
			abort();
		cbor_decref(&one);
	}
	if (!first) {
		cbor_decref(&list);
		client_fail(client, -err, "%s", error.message);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "aid", first->aid);
	message_uint(reply, "pid", first->pid);
	message_text(reply, "name", first->name);
	message_item(reply, "agents", list);
	if (err)
		message_text(reply, "error", error.message);
	if (follow)
		first->follower = client;
	client_send(client, reply);
}

static void op_spawn(struct client *client, const cbor_item_t *request)
{
	struct spawn_request spawn = { .uid = client->uid };
	struct coconut_error error = { 0 };
	struct loaded loaded = { 0 };
	bool follow = message_get_bool(request, "follow");
	uint64_t count = 1;
	int err;

	message_get_uint(request, "count", &count);
	err = load(request, &loaded, &spawn, &error);
	if (err)
		client_fail(client, -err, "%s", error.message);
	else if (!count || count > COUNT_MAX || (follow && count != 1))
		client_fail(client, EINVAL, "count is 1 to %d, and 1 to follow",
			    COUNT_MAX);
	else
		spawn_many(client, &spawn, count, follow);
	unload(&loaded);
}

/* ---- ps, show, attest ------------------------------------------------ */

static cbor_item_t *describe_live(const struct agent_attestation *at)
{
	const struct agent_record *record = agent_record_find(at->aid);
	cbor_item_t *map = cbor_new_indefinite_map();

	message_uint(map, "aid", at->aid);
	message_uint(map, "parent", at->parent);
	message_text(map, "state", coconut_state_name(at->state));
	message_text(map, "name", at->name);
	message_uint(map, "pid",
		     record                    ? record->pid :
		     at->aid == AGENT_AID_ROOT ? 1 :
						 0);
	message_uint(map, "uid", record ? record->uid : 0);
	message_uint(map, "tasks", at->tasks);
	message_uint(map, "denials", at->denials);
	message_uint(map, "uses", at->uses);
	message_uint(map, "caps", at->caps);
	message_uint(map, "spawned_ns", at->spawned_ns);
	message_bool(map, "live", true);
	return map;
}

static cbor_item_t *describe_ended(const struct agent_record *record)
{
	cbor_item_t *map = cbor_new_indefinite_map();

	message_uint(map, "aid", record->aid);
	message_uint(map, "parent", AGENT_AID_ROOT);
	message_text(map, "state", "ended");
	message_text(map, "name", record->name);
	message_uint(map, "pid", record->pid);
	message_uint(map, "uid", record->uid);
	if (WIFSIGNALED(record->status))
		message_uint(map, "signal", WTERMSIG(record->status));
	else
		message_uint(map, "exit", WEXITSTATUS(record->status));
	message_bool(map, "live", false);
	return map;
}

static void push(cbor_item_t *list, cbor_item_t *item)
{
	if (!cbor_array_push(list, item))
		abort();
	cbor_decref(&item);
}

/* A page of live agents; true when there are more of them. */
static bool list_live(struct client *client, cbor_item_t *list, uint64_t after)
{
	struct agent_attestation at;
	struct agent_attest_args next = {
		.flags = AGENT_ATTEST_NEXT,
		.aid = after,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};

	while (coconut_agent_attest(&next) > 0) {
		if (cbor_array_size(list) >= PAGE_AGENTS)
			return true;
		next.aid = at.aid;
		if (may_steer(client, at.aid))
			push(list, describe_live(&at));
	}
	return false;
}

static void list_ended(struct client *client, cbor_item_t *list)
{
	const struct agent_record *record;
	struct agent_attestation at;

	for (record = agent_records(); record; record = record->next) {
		if (cbor_array_size(list) < PAGE_AGENTS &&
		    may_steer(client, record->aid) &&
		    attest(record->aid, NULL, 0, &at) < 0)
			push(list, describe_ended(record));
	}
}

static void op_ps(struct client *client, const cbor_item_t *request)
{
	cbor_item_t *list = cbor_new_indefinite_array(), *reply;
	uint64_t after = 0;
	bool more;

	message_get_uint(request, "after", &after);
	if (message_get_bool(request, "ended")) {
		list_ended(client, list);
		more = false;
	} else {
		more = list_live(client, list, after);
	}
	reply = message_new(true);
	message_item(reply, "agents", list);
	message_bool(reply, "more", more);
	client_send(client, reply);
}

static void op_attest(struct client *client, const cbor_item_t *request)
{
	struct agent_attestation at;
	const void *nonce = NULL;
	cbor_item_t *reply;
	size_t size = 0;
	uint64_t aid;
	int64_t err;

	if (!take_aid(client, request, &aid))
		return;
	message_get_bytes(request, "nonce", &nonce, &size);
	err = attest(aid, nonce, size, &at);
	if (err < 0) {
		reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_bytes(reply, "attestation", &at, sizeof(at));
	message_uint(reply, "boot", chain_boot());
	client_send(client, reply);
}

/* Drop whole rows at the front until @size bytes fit behind what is left. */
static size_t make_room(uint8_t *rows, size_t held, size_t size)
{
	struct coconut_row row;
	size_t offset = 0;

	while (held - offset + size > DENIALS_ROOM &&
	       coconut_row_next(rows, held, &offset, &row) == 1)
		;
	memmove(rows, rows + offset, held - offset);
	return held - offset;
}

/* The agent's last denials, as rows: those that the kernel still holds. */
static void add_denials(cbor_item_t *reply, uint64_t aid)
{
	static uint8_t rows[DENIALS_ROOM], some[DENIALS_ROOM / 2];
	struct agent_audit_query_args query = {
		.aid = aid,
		.events = 1U << AGENT_EVENT_DENY,
		.buf = (uintptr_t)some,
		.buf_size = sizeof(some),
	};
	size_t held = 0;
	int64_t got;

	while ((got = coconut_audit_query(&query)) > 0) {
		held = make_room(rows, held, got);
		memcpy(rows + held, some, got);
		held += got;
		query.seq = query.next_seq;
	}
	if (held)
		message_bytes(reply, "denials", rows, held);
}

static void op_show(struct client *client, const cbor_item_t *request)
{
	struct agent_attestation at;
	cbor_item_t *reply;
	uint64_t aid;
	int64_t err;

	if (!take_aid(client, request, &aid))
		return;
	err = attest(aid, NULL, 0, &at);
	if (err < 0) {
		reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_bytes(reply, "attestation", &at, sizeof(at));
	message_item(reply, "agent", describe_live(&at));
	add_denials(reply, aid);
	client_send(client, reply);
}

static void op_log(struct client *client, const cbor_item_t *request)
{
	struct coconut_error error;
	cbor_item_t *reply;
	uint8_t *data;
	uint64_t aid;
	char path[128];
	size_t size;

	if (!take_aid(client, request, &aid))
		return;
	snprintf(path, sizeof(path), OUTPUT_DIR "/%" PRIu64 ".log", aid);
	if (coconut_file_read(path, 2 << 20, &data, &size, &error)) {
		client_fail(client, error.code, "%s", error.message);
		return;
	}
	reply = message_new(true);
	/* The end of a long one: what fits into a message. */
	if (size > MESSAGE_MAX - 1024)
		message_bytes(reply, "log", data + size - (MESSAGE_MAX - 1024),
			      MESSAGE_MAX - 1024);
	else
		message_bytes(reply, "log", data, size);
	free(data);
	client_send(client, reply);
}

/* ---- kill, quarantine, release --------------------------------------- */

static void revoke_whole(struct client *client, uint64_t aid, uint64_t how)
{
	struct agent_cap_revoke_args args = { .flags = how, .aid = aid };
	cbor_item_t *reply;
	int err = coconut_cap_revoke(&args);

	if (err) {
		reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "removed", args.removed);
	client_send(client, reply);
}

static void op_kill(struct client *client, const cbor_item_t *request)
{
	const struct agent_record *record;
	uint64_t aid, sig = SIGTERM;

	if (!take_aid(client, request, &aid))
		return;
	if (message_get_bool(request, "revoke")) {
		revoke_whole(client, aid, AGENT_REVOKE_TERMINATE);
		return;
	}
	message_get_uint(request, "signal", &sig);
	record = agent_record_find(aid);
	if (!record || !record->running)
		reply_error(client, -ESRCH, aid);
	else if (kill(record->pid, sig))
		reply_error(client, -errno, aid);
	else
		reply_ok(client);
}

static void op_quarantine(struct client *client, const cbor_item_t *request)
{
	uint64_t aid;

	if (take_aid(client, request, &aid))
		revoke_whole(client, aid, AGENT_REVOKE_QUARANTINE);
}

static void op_release(struct client *client, const cbor_item_t *request)
{
	struct agent_cap_grant_args args = { .flags = AGENT_GRANT_RELEASE };
	uint64_t aid;
	int err;

	if (!take_aid(client, request, &aid))
		return;
	args.aid = aid;
	err = coconut_cap_grant(&args);
	if (err == -EINVAL)
		client_fail(client, EINVAL,
			    "agent %" PRIu64
			    " is neither stopped nor quarantined",
			    aid);
	else if (err)
		reply_error(client, err, aid);
	else
		reply_ok(client);
}

/* ---- capabilities ---------------------------------------------------- */

static cbor_item_t *describe_cap(const struct agent_cap_info *info)
{
	cbor_item_t *map = cbor_new_indefinite_map();

	message_uint(map, "handle", info->handle);
	message_bytes(map, "cbor", info + 1, info->cbor_size);
	message_uint(map, "flags", info->flags);
	message_uint(map, "expires_ns", info->expires_ns);
	message_uint(map, "uses_left", info->uses_left);
	message_uint(map, "granter", info->granter);
	return map;
}

static void op_cap_list(struct client *client, const cbor_item_t *request)
{
	static uint64_t room[CAPS_ROOM / sizeof(uint64_t)];
	const uint8_t *info = (const uint8_t *)room;
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_CAPS,
		.buf = (uintptr_t)room,
		.buf_size = sizeof(room),
	};
	cbor_item_t *list, *reply;
	uint64_t aid;
	int64_t got, at;

	if (!take_aid(client, request, &aid))
		return;
	args.aid = aid;
	got = coconut_agent_attest(&args);
	if (got < 0) {
		reply_error(client, got, aid);
		return;
	}
	list = cbor_new_indefinite_array();
	for (at = 0; at < got;) {
		const struct agent_cap_info *one = (const void *)(info + at);

		push(list, describe_cap(one));
		at += one->size;
	}
	reply = message_new(true);
	message_item(reply, "caps", list);
	client_send(client, reply);
}

static void op_cap_grant(struct client *client, const cbor_item_t *request)
{
	struct agent_cap_grant_args args = { 0 };
	const void *cap;
	cbor_item_t *reply;
	uint64_t aid;
	size_t size;
	int err;

	if (!take_aid(client, request, &aid))
		return;
	/* What the manifest's signer vouched for, only root may widen. */
	if (client->uid) {
		client_fail(
			client, EPERM,
			"only root may grant what the signed manifest does not");
		return;
	}
	if (!message_get_bytes(request, "cap", &cap, &size)) {
		client_fail(client, EINVAL, "the request has no capability");
		return;
	}
	args.aid = aid;
	args.cap = (uintptr_t)cap;
	args.cap_size = size;
	err = coconut_cap_grant(&args);
	if (err) {
		reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "handle", args.handle);
	client_send(client, reply);
}

static void op_cap_revoke(struct client *client, const cbor_item_t *request)
{
	struct agent_cap_revoke_args args = { 0 };
	cbor_item_t *reply;
	uint64_t aid, handle = 0;
	int err;

	if (!take_aid(client, request, &aid))
		return;
	message_get_uint(request, "handle", &handle);
	args.aid = aid;
	args.handle = handle;
	if (message_get_bool(request, "all"))
		args.flags = AGENT_REVOKE_ALL;
	err = coconut_cap_revoke(&args);
	if (err == -ENOENT)
		client_fail(client, ENOENT,
			    "agent %" PRIu64 " holds no capability %" PRIu64,
			    aid, handle);
	else if (err)
		reply_error(client, err, aid);
	if (err)
		return;
	reply = message_new(true);
	message_uint(reply, "removed", args.removed);
	client_send(client, reply);
}

/* ---- limits ---------------------------------------------------------- */

static void reply_limit(struct client *client, int err, uint64_t aid,
			uint64_t limit, uint64_t usage)
{
	cbor_item_t *reply;

	if (err) {
		reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "limit", limit);
	message_uint(reply, "usage", usage);
	client_send(client, reply);
}

static void op_quota(struct client *client, const cbor_item_t *request)
{
	struct agent_quota_args args = { 0 };
	uint64_t aid, number = 0;
	int err;

	if (!take_aid(client, request, &aid))
		return;
	args.aid = aid;
	message_get_uint(request, "resource", &number);
	args.resource = number;
	if (message_get_uint(request, "limit", &number)) {
		args.limit = number;
		args.flags = AGENT_QUOTA_SET;
	}
	err = coconut_agent_quota(&args);
	reply_limit(client, err, aid, args.limit, args.usage);
}

static void op_tier(struct client *client, const cbor_item_t *request)
{
	struct agent_memory_tier_args args = { 0 };
	uint64_t aid, number = 0;
	int err;

	if (!take_aid(client, request, &aid))
		return;
	args.aid = aid;
	message_get_uint(request, "tier", &number);
	args.tier = number;
	if (message_get_uint(request, "limit", &number)) {
		args.limit = number;
		args.flags = AGENT_TIER_SET;
	}
	err = coconut_memory_tier(&args);
	reply_limit(client, err, aid, args.limit, args.usage);
}

/* ---- the machine ----------------------------------------------------- */

static void end_machine(struct client *client, int how)
{
	if (client->uid) {
		client_fail(client, EPERM, "only root may end the machine");
		return;
	}
	reply_ok(client);
	request_shutdown(how);
}

static void op_poweroff(struct client *client, const cbor_item_t *request)
{
	(void)request;
	end_machine(client, RB_POWER_OFF);
}

static void op_reboot(struct client *client, const cbor_item_t *request)
{
	(void)request;
	end_machine(client, RB_AUTOBOOT);
}

static const struct {
	const char *name;
	void (*handle)(struct client *client, const cbor_item_t *request);
} ops[] = {
	{ "spawn", op_spawn },
	{ "ps", op_ps },
	{ "show", op_show },
	{ "attest", op_attest },
	{ "log", op_log },
	{ "kill", op_kill },
	{ "quarantine", op_quarantine },
	{ "release", op_release },
	{ "cap-list", op_cap_list },
	{ "cap-grant", op_cap_grant },
	{ "cap-revoke", op_cap_revoke },
	{ "quota", op_quota },
	{ "tier", op_tier },
	{ "audit", stream_begin },
	{ "poweroff", op_poweroff },
	{ "reboot", op_reboot },
};

/**
 * ops_dispatch - do what a client asks
 * @client: the client
 * @request: a map with "op"
 */
void ops_dispatch(struct client *client, const cbor_item_t *request)
{
	char *name = message_get_text(request, "op");
	size_t i;

	for (i = 0; name && i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (!strcmp(ops[i].name, name)) {
			ops[i].handle(client, request);
			free(name);
			return;
		}
	}
	client_fail(client, EOPNOTSUPP, "there is no operation '%.40s'",
		    name ? name : "");
	free(name);
}
