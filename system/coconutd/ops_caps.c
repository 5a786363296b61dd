// SPDX-License-Identifier: MIT
/*
 * coconutd: what clients may ask: about capabilities and limits
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "ops.h"

/* An address that was granted comes from the agent's own host. */
static bool is_address_of_host(const struct agent_cap_info *info)
{
	struct coconut_cap cap;
	bool is;

	if (!(info->flags & AGENT_CAP_INFO_GRANTED) ||
	    info->id != AGENT_CAP_NET_CONNECT ||
	    coconut_cap_decode(info + 1, info->cbor_size, &cap, NULL))
		return false;
	is = cap.host && cap.family;
	coconut_cap_clear(&cap);
	return is;
}

/* The agent from whose capability one is derived, and with whose it ends; 0 for none. */
static uint64_t source_of(const struct agent_cap_info *info, uint64_t aid,
			  uint64_t parent)
{
	if (!(info->flags & AGENT_CAP_INFO_DERIVED))
		return 0;
	return is_address_of_host(info) ? aid : parent;
}

static cbor_item_t *describe_cap(const struct agent_cap_info *info,
				 uint64_t source)
{
	cbor_item_t *map = cbor_new_indefinite_map();

	message_uint(map, "handle", info->handle);
	message_bytes(map, "cbor", info + 1, info->cbor_size);
	message_uint(map, "flags", info->flags);
	message_uint(map, "expires_ns", info->expires_ns);
	message_uint(map, "uses_left", info->uses_left);
	message_uint(map, "granter", info->granter);
	if (source)
		message_uint(map, "source", source);
	return map;
}

void op_cap_list(struct client *client, const cbor_item_t *request)
{
	cbor_item_t *list, *reply, *item;
	const uint8_t *info;
	uint64_t aid, parent;
	int64_t got, at;

	if (!ops_take_aid(client, request, AGENT_CAP_ATTEST, &aid))
		return;
	parent = agent_parent(aid);
	got = caps_list(aid, &info);
	if (got < 0) {
		ops_reply_error(client, got, aid);
		return;
	}
	list = cbor_new_indefinite_array();
	for (at = 0; at < got;) {
		const struct agent_cap_info *one = (const void *)(info + at);

		item = describe_cap(one, source_of(one, aid, parent));
		if (!cbor_array_push(list, item))
			abort();
		cbor_decref(&item);
		at += one->size;
	}
	reply = message_new(true);
	message_item(reply, "caps", list);
	client_send(client, reply);
}

void op_cap_grant(struct client *client, const cbor_item_t *request)
{
	struct agent_cap_grant_args args = { 0 };
	const void *cap;
	cbor_item_t *reply;
	uint64_t aid;
	size_t size;
	int err;

	if (!ops_take_aid(client, request, AGENT_CAP_NONE, &aid))
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
		ops_reply_error(client, err, aid);
		return;
	}
	/* It may be a host by its name. */
	holders_update(aid);
	reply = message_new(true);
	message_uint(reply, "handle", args.handle);
	client_send(client, reply);
}

void op_cap_revoke(struct client *client, const cbor_item_t *request)
{
	struct agent_cap_revoke_args args = { 0 };
	uint64_t aid, handle = 0;

	if (!ops_take_aid(client, request, AGENT_CAP_NONE, &aid))
		return;
	message_get_uint(request, "handle", &handle);
	args.aid = aid;
	args.handle = handle;
	if (message_get_bool(request, "all"))
		args.flags = AGENT_REVOKE_ALL;
	revoke_later(client, &args);
}

static void reply_revoked(struct client *client,
			  const struct agent_cap_revoke_args *args, int err)
{
	cbor_item_t *reply;

	if (err == -ENOENT) {
		client_fail(client, ENOENT,
			    "agent %" PRIu64 " holds no capability %" PRIu64,
			    (uint64_t)args->aid, (uint64_t)args->handle);
		return;
	}
	if (err) {
		ops_reply_error(client, err, args->aid);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "removed", args->removed);
	message_uint(reply, "agents", args->agents);
	message_uint(reply, "files", args->files);
	message_uint(reply, "mappings", args->mappings);
	client_send(client, reply);
}

/**
 * op_revoked - what became of a revoke
 * @client: who wanted it, or NULL when it has gone or nobody did
 * @args: what the kernel has said
 * @err: 0, or a negative errno value
 */
void op_revoked(struct client *client, const struct agent_cap_revoke_args *args,
		int err)
{
	if (!err)
		holders_update(args->aid);
	if (!client)
		return;
	client_resume(client);
	reply_revoked(client, args, err);
}

/* ---- limits ---------------------------------------------------------- */

static void reply_limit(struct client *client, int err, uint64_t aid,
			uint64_t limit, uint64_t usage)
{
	cbor_item_t *reply;

	if (err) {
		ops_reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "limit", limit);
	message_uint(reply, "usage", usage);
	client_send(client, reply);
}

/* An agent may read limits here, but sets them by the system calls. */
static bool refuse_setting(struct client *client, const cbor_item_t *request)
{
	if (!peer_is_agent(client) || !message_get(request, "limit"))
		return false;
	peer_refuse(client, "setting a limit");
	return true;
}

void op_quota(struct client *client, const cbor_item_t *request)
{
	struct agent_quota_args args = { 0 };
	uint64_t aid, number = 0;
	int err;

	if (refuse_setting(client, request) ||
	    !ops_take_aid(client, request, AGENT_CAP_QUOTA_SET, &aid))
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

void op_tier(struct client *client, const cbor_item_t *request)
{
	struct agent_memory_tier_args args = { 0 };
	uint64_t aid, number = 0;
	int err;

	if (refuse_setting(client, request) ||
	    !ops_take_aid(client, request, AGENT_CAP_MEM_TIER, &aid))
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
