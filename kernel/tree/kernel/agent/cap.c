// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: granting and revoking, with their rows
 */

#include "agent.h"

/**
 * agent_grant - add a capability to an agent's bundle
 * @agent: the agent
 * @cap: the capability; the caller keeps its reference
 * @granter: AID of who grants it
 *
 * Return: 0, -E2BIG when the bundle is full, or -ENOMEM.
 */
int agent_grant(struct agent *agent, struct agent_cap *cap, u64 granter)
{
	int err = agent_bundle_add(agent, cap);

	if (err)
		return err;
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_GRANT,
		.agent = agent,
		.cap = cap->id,
		.object = { cap->handle, granter },
		.payload = cap->cbor,
		.payload_size = cap->cbor_size,
	});
	return 0;
}

/**
 * agent_revoke - take a capability, or all, from an agent's bundle
 * @agent: the agent
 * @handle: which, 0 with @all
 * @all: the whole bundle
 * @revoker: AID of who revokes
 * @removed: how many were removed
 *
 * When this returns, no decision that starts later uses the capability, and
 * open files are asked again at their next use.
 *
 * Return: 0, -ENOENT when there is no such handle, or -ENOMEM.
 */
int agent_revoke(struct agent *agent, u64 handle, bool all, u64 revoker,
		 u64 *removed)
{
	int err = agent_bundle_remove(agent, all ? 0 : handle, removed);

	if (err)
		return err;
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_REVOKE,
		.agent = agent,
		.object = { all ? 0 : handle, revoker },
	});
	return 0;
}
