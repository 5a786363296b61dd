// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Agents: the eight states and the one table of legal edges
 */

#include "core.h"

#define EDGE(state)	(1U << (state))
#define EDGES_END	(EDGE(AGENT_TERMINATED_CLEAN) | \
			 EDGE(AGENT_TERMINATED_REVOKED))
#define EDGES_ASIDE	(EDGE(AGENT_CAPABILITY_DENIED) | \
			 EDGE(AGENT_QUARANTINED))

static const struct {
	const char *name;
	u32 next;
} states[AGENT_STATE_COUNT] = {
	[AGENT_SPAWNING] = {
		"spawning",
		EDGE(AGENT_ATTESTED) | EDGES_ASIDE | EDGES_END,
	},
	[AGENT_ATTESTED] = {
		"attested",
		EDGE(AGENT_ACTIVE) | EDGES_ASIDE | EDGES_END,
	},
	[AGENT_ACTIVE] = {
		"active",
		EDGE(AGENT_INFERENCE_BLOCKED) | EDGES_ASIDE | EDGES_END,
	},
	[AGENT_INFERENCE_BLOCKED] = {
		"inference-blocked",
		EDGE(AGENT_ACTIVE) | EDGES_ASIDE | EDGES_END,
	},
	/* Both ways aside lead back to where they were entered from. */
	[AGENT_CAPABILITY_DENIED] = {
		"capability-denied",
		EDGE(AGENT_SPAWNING) | EDGE(AGENT_ATTESTED) |
		EDGE(AGENT_ACTIVE) | EDGE(AGENT_INFERENCE_BLOCKED) |
		EDGE(AGENT_QUARANTINED) | EDGES_END,
	},
	/* What is denied meanwhile, to who asks for it, does not release it. */
	[AGENT_QUARANTINED] = {
		"quarantined",
		EDGE(AGENT_SPAWNING) | EDGE(AGENT_ATTESTED) |
		EDGE(AGENT_ACTIVE) | EDGE(AGENT_INFERENCE_BLOCKED) | EDGES_END,
	},
	[AGENT_TERMINATED_CLEAN] = { "terminated-clean", 0 },
	[AGENT_TERMINATED_REVOKED] = { "terminated-revoked", 0 },
};

/**
 * agent_state_name - the name people read
 * @state: the state
 *
 * Return: the name, or "unknown".
 */
const char *agent_state_name(enum agent_state state)
{
	if ((u32)state >= AGENT_STATE_COUNT)
		return "unknown";
	return states[state].name;
}

/**
 * agent_state_may_follow - whether there is an edge between two states
 * @from: the one an agent is in
 * @to: the one it would enter
 *
 * Return: true if there is.
 */
bool agent_state_may_follow(enum agent_state from, enum agent_state to)
{
	if ((u32)from >= AGENT_STATE_COUNT ||
	    (u32)to >= AGENT_STATE_COUNT)
		return false;
	return states[from].next & EDGE(to);
}
