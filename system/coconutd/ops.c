// SPDX-License-Identifier: MIT
/*
 * coconutd: what clients may ask
 *
 * Root may ask everything. Others may spawn agents that run as themselves, and
 * see and steer those. An agent is held to its capabilities, whatever its user:
 * see peers.c.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>

#include "ops.h"

/**
 * ops_may_steer - whether an agent is its user's own, or the client is root
 * @client: who asks; no agent
 * @aid: about which agent
 *
 * Return: true if so.
 */
bool ops_may_steer(const struct client *client, uint64_t aid)
{
	const struct agent_record *record = agent_record_find(aid);

	return !peer_is_agent(client) &&
	       (!client->uid || (record && record->uid == client->uid));
}

static bool take_for_agent(struct client *client, uint64_t aid, uint32_t need)
{
	if (peer_holds(client, aid, need, true))
		return true;
	client_fail(client, ECAPABILITY,
		    "agent %" PRIu64 " is not within the %s of agent %" PRIu64,
		    aid, need ? coconut_cap_id_name(need) : "reach",
		    client->aid);
	return false;
}

/**
 * ops_take_aid - take a request's AID
 * @client: who asks, and is told why not
 * @request: the request
 * @need: what an agent needs to ask this about another, a capability with a
 *	relation; AGENT_CAP_NONE when it may ask about itself alone
 * @aid: gets the AID
 *
 * Return: true if the client may ask about that agent.
 */
bool ops_take_aid(struct client *client, const cbor_item_t *request,
		  uint32_t need, uint64_t *aid)
{
	if (!message_get_uint(request, "aid", aid)) {
		client_fail(client, EINVAL, "the request names no aid");
		return false;
	}
	if (peer_is_agent(client))
		return take_for_agent(client, *aid, need);
	if (ops_may_steer(client, *aid))
		return true;
	/* Whether there is one is told to nobody whose it is not. */
	client_fail(client, ESRCH,
		    "agent %" PRIu64
		    " does not exist, has ended, or is not yours",
		    *aid);
	return false;
}

/**
 * ops_reply_error - say that the kernel refused something
 * @client: to whom
 * @err: negative errno value
 * @aid: about which agent
 */
void ops_reply_error(struct client *client, int64_t err, uint64_t aid)
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

/* ---- kill, quarantine, release --------------------------------------- */

static void revoke_whole(struct client *client, uint64_t aid, uint64_t how)
{
	struct agent_cap_revoke_args args = { .flags = how, .aid = aid };

	revoke_later(client, &args);
}

static void op_kill(struct client *client, const cbor_item_t *request)
{
	const struct agent_record *record;
	uint64_t aid, sig = SIGTERM;

	if (!ops_take_aid(client, request, AGENT_CAP_NONE, &aid))
		return;
	if (message_get_bool(request, "revoke")) {
		revoke_whole(client, aid, AGENT_REVOKE_TERMINATE);
		return;
	}
	message_get_uint(request, "signal", &sig);
	record = agent_record_find(aid);
	if (!record || !record->running)
		ops_reply_error(client, -ESRCH, aid);
	else if (kill(record->pid, sig))
		ops_reply_error(client, -errno, aid);
	else
		reply_ok(client);
}

static void op_quarantine(struct client *client, const cbor_item_t *request)
{
	uint64_t aid;

	if (ops_take_aid(client, request, AGENT_CAP_NONE, &aid))
		revoke_whole(client, aid, AGENT_REVOKE_QUARANTINE);
}

static void op_release(struct client *client, const cbor_item_t *request)
{
	struct agent_cap_grant_args args = { .flags = AGENT_GRANT_RELEASE };
	uint64_t aid;
	int err;

	if (!ops_take_aid(client, request, AGENT_CAP_NONE, &aid))
		return;
	args.aid = aid;
	err = coconut_cap_grant(&args);
	if (err == -EINVAL)
		client_fail(client, EINVAL,
			    "agent %" PRIu64
			    " is neither stopped nor quarantined",
			    aid);
	else if (err)
		ops_reply_error(client, err, aid);
	else
		reply_ok(client);
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

/* ---- the audit chain ------------------------------------------------- */

static void op_rotate(struct client *client, const cbor_item_t *request)
{
	struct coconut_signature closed;
	cbor_item_t *message;
	int err;

	(void)request;
	if (client->uid) {
		client_fail(client, EPERM, "only root may close a segment");
		return;
	}
	err = chain_close(&closed);
	if (err == -ENODATA) {
		client_fail(client, ENODATA, "the open segment has no rows");
	} else if (err) {
		client_fail(client, -err, "the chain cannot be written now");
	} else {
		message = message_new(true);
		message_uint(message, "first", closed.first);
		message_uint(message, "last", closed.last);
		client_send(client, message);
	}
}

/* What an agent may ask, whose capabilities then decide; all else it may not. */
static const struct {
	const char *name;
	void (*handle)(struct client *client, const cbor_item_t *request);
	bool by_agents;
} ops[] = {
	{ "spawn", op_spawn, false },
	{ "ps", op_ps, true },
	{ "show", op_show, true },
	{ "attest", op_attest, true },
	{ "log", op_log, true },
	{ "why", op_why, true },
	{ "kill", op_kill, false },
	{ "quarantine", op_quarantine, false },
	{ "release", op_release, false },
	{ "cap-list", op_cap_list, true },
	{ "cap-grant", op_cap_grant, false },
	{ "cap-revoke", op_cap_revoke, false },
	{ "quota", op_quota, true },
	{ "tier", op_tier, true },
	{ "audit", stream_begin, true },
	{ "rotate", op_rotate, false },
	{ "poweroff", op_poweroff, false },
	{ "reboot", op_reboot, false },
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
		if (strcmp(ops[i].name, name) != 0)
			continue;
		if (peer_is_agent(client) && !ops[i].by_agents)
			peer_refuse(client, name);
		else
			ops[i].handle(client, request);
		free(name);
		return;
	}
	client_fail(client, EOPNOTSUPP, "there is no operation '%.40s'",
		    name ? name : "");
	free(name);
}
