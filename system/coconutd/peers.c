// SPDX-License-Identifier: MIT
/*
 * coconutd: clients that are agents
 *
 * coconutd may do everything, and must not do for an agent what the kernel
 * would refuse it. So an agent, whatever its user, may only ask, and only about
 * itself and whomever its own capabilities reach; that it asked is a use of
 * them. What changes anything it does by the system calls, where the kernel
 * decides.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "coconutd.h"

#define GENERATIONS_MAX 4096 /* none reaches so far; a loop would be a fault */

/**
 * peer_is_agent - whether a client is an agent
 * @client: the client
 *
 * Return: true for an agent; what belongs to AID 1 or to none is none.
 */
bool peer_is_agent(const struct client *client)
{
	return client->aid != AGENT_AID_LEGACY && client->aid != AGENT_AID_ROOT;
}

/**
 * agent_parent - who has spawned a live agent
 * @aid: the agent
 *
 * Return: its spawner's AID; 0 when there is none, or the agent has ended.
 */
uint64_t agent_parent(uint64_t aid)
{
	struct agent_attestation at;
	struct agent_attest_args args = {
		.aid = aid,
		.buf = (uintptr_t)&at,
		.buf_size = sizeof(at),
	};

	return coconut_agent_attest(&args) > 0 ? at.parent : 0;
}

static bool descends(uint64_t aid, uint64_t from)
{
	unsigned int i;

	for (i = 0; i < GENERATIONS_MAX && aid > AGENT_AID_ROOT; i++) {
		aid = agent_parent(aid);
		if (aid == from)
			return true;
	}
	return false;
}

static struct coconut_cap over(uint32_t id, uint32_t relation)
{
	struct coconut_cap cap = { .id = id, .relation = relation };

	strcpy(cap.name, coconut_cap_id_name(id));
	return cap;
}

/**
 * peer_holds - whether an agent's capability reaches another agent
 * @client: the agent that asks
 * @aid: the agent it asks about
 * @id: the capability that it takes, one with a relation, or AGENT_CAP_NONE for
 *	what no capability gives
 * @use: it is used now: counted, and a row of the chain
 *
 * Return: true if it does; itself it always reaches.
 */
bool peer_holds(const struct client *client, uint64_t aid, uint32_t id,
		bool use)
{
	struct coconut_cap cap;

	if (aid == client->aid)
		return true;
	if (id == AGENT_CAP_NONE)
		return false;
	cap = over(id, descends(aid, client->aid) ? AGENT_REL_DESCENDANTS :
						    AGENT_REL_ALL);
	return use ? cap_use(client->aid, &cap) :
		     cap_is_held(client->aid, &cap);
}

/**
 * peer_reach - how far an agent's capability reaches, which is used now
 * @client: the agent
 * @id: the capability, one with a relation
 *
 * Return: AGENT_REL_*
 */
uint32_t peer_reach(const struct client *client, uint32_t id)
{
	uint32_t relation;

	for (relation = AGENT_REL_ALL; relation > AGENT_REL_SELF; relation--) {
		struct coconut_cap cap = over(id, relation);

		if (cap_is_held(client->aid, &cap) &&
		    cap_use(client->aid, &cap))
			return relation;
	}
	return AGENT_REL_SELF;
}

/**
 * peer_reaches - whether a relation reaches an agent
 * @client: the agent that has it
 * @aid: the other
 * @reach: AGENT_REL_*
 *
 * Return: true if it does.
 */
bool peer_reaches(const struct client *client, uint64_t aid, uint32_t reach)
{
	return aid == client->aid || reach == AGENT_REL_ALL ||
	       (reach == AGENT_REL_DESCENDANTS && descends(aid, client->aid));
}

/**
 * peer_refuse - tell an agent that something is not for it
 * @client: the agent
 * @what: what it asked for
 */
void peer_refuse(struct client *client, const char *what)
{
	client_fail(
		client, ECAPABILITY,
		"%s is not for agents: coconutd does nothing for agent %" PRIu64
		" that changes anything",
		what, client->aid);
}
