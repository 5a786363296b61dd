// SPDX-License-Identifier: MIT
/*
 * coconutd: what clients may ask: to look at agents
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "ops.h"

#define PAGE_AGENTS 256    /* agents in one reply */
#define DENIALS_ROOM 16384 /* bytes of the last denials */

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

static bool may_list(const struct client *client, uint64_t aid, uint32_t reach)
{
	return peer_is_agent(client) ? peer_reaches(client, aid, reach) :
				       ops_may_steer(client, aid);
}

/* A page of live agents; true when there are more of them. */
static bool list_live(struct client *client, cbor_item_t *list, uint64_t after)
{
	uint32_t reach = peer_is_agent(client) ?
				 peer_reach(client, AGENT_CAP_ATTEST) :
				 AGENT_REL_SELF;
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
		if (may_list(client, at.aid, reach))
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
		    ops_may_steer(client, record->aid) &&
		    attest(record->aid, NULL, 0, &at) < 0)
			push(list, describe_ended(record));
	}
}

void op_ps(struct client *client, const cbor_item_t *request)
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

void op_attest(struct client *client, const cbor_item_t *request)
{
	struct agent_attestation at;
	const void *nonce = NULL;
	cbor_item_t *reply;
	size_t size = 0;
	uint64_t aid;
	int64_t err;

	if (!ops_take_aid(client, request, AGENT_CAP_ATTEST, &aid))
		return;
	message_get_bytes(request, "nonce", &nonce, &size);
	err = attest(aid, nonce, size, &at);
	if (err < 0) {
		ops_reply_error(client, err, aid);
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

void op_show(struct client *client, const cbor_item_t *request)
{
	struct agent_attestation at;
	cbor_item_t *reply;
	uint64_t aid;
	int64_t err;

	if (!ops_take_aid(client, request, AGENT_CAP_ATTEST, &aid))
		return;
	err = attest(aid, NULL, 0, &at);
	if (err < 0) {
		ops_reply_error(client, err, aid);
		return;
	}
	reply = message_new(true);
	message_bytes(reply, "attestation", &at, sizeof(at));
	message_item(reply, "agent", describe_live(&at));
	if (!peer_is_agent(client) ||
	    peer_holds(client, aid, AGENT_CAP_AUDIT_READ, false))
		add_denials(reply, aid);
	client_send(client, reply);
}

/* As the kernel keeps them: why, and what the manifest says to it. */
void op_why(struct client *client, const cbor_item_t *request)
{
	static struct agent_denial denials[AGENT_DENIALS_KEPT];
	uint64_t aid, from = 0, next = 0;
	cbor_item_t *reply;
	int got;

	if (!ops_take_aid(client, request, AGENT_CAP_AUDIT_READ, &aid))
		return;
	message_get_uint(request, "from", &from);
	got = coconut_denials(aid, from, denials, AGENT_DENIALS_KEPT, &next);
	if (got < 0) {
		ops_reply_error(client, got, aid);
		return;
	}
	reply = message_new(true);
	message_bytes(reply, "denials", denials, got * sizeof(denials[0]));
	message_uint(reply, "next", next);
	client_send(client, reply);
}

void op_log(struct client *client, const cbor_item_t *request)
{
	struct coconut_error error;
	cbor_item_t *reply;
	uint8_t *data;
	uint64_t aid;
	char path[128];
	size_t size;

	if (!ops_take_aid(client, request, AGENT_CAP_NONE, &aid))
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
