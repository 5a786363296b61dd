/* SPDX-License-Identifier: MIT */
/* Names of the ABI's numbers. */
#include "internal.h"

static const char *const events[AGENT_EVENT_COUNT] = {
	[AGENT_EVENT_BOOT] = "boot",     [AGENT_EVENT_SPAWN] = "spawn",
	[AGENT_EVENT_STATE] = "state",   [AGENT_EVENT_GRANT] = "grant",
	[AGENT_EVENT_REVOKE] = "revoke", [AGENT_EVENT_DENY] = "deny",
	[AGENT_EVENT_USE] = "use",       [AGENT_EVENT_EXIT] = "exit",
	[AGENT_EVENT_QUOTA] = "quota",   [AGENT_EVENT_KILL] = "kill",
	[AGENT_EVENT_ATTEST] = "attest", [AGENT_EVENT_REFUSE] = "refuse",
	[AGENT_EVENT_CALL] = "call",     [AGENT_EVENT_LIMIT] = "limit",
};

static const char *const reasons[AGENT_REASON_COUNT] = {
	[AGENT_REASON_NONE] = "none",
	[AGENT_REASON_SCOPE] = "scope",
	[AGENT_REASON_STATE] = "state",
	[AGENT_REASON_IMAGE] = "image",
	[AGENT_REASON_EXPIRED] = "expired",
	[AGENT_REASON_AUTHORITY] = "authority",
	[AGENT_REASON_FAMILY] = "family",
	[AGENT_REASON_LEGACY] = "legacy",
	[AGENT_REASON_CODE] = "code",
	[AGENT_REASON_CLOSED] = "closed",
	[AGENT_REASON_REPEATS] = "repeats",
	[AGENT_REASON_RATE] = "rate",
	[AGENT_REASON_REVOKED] = "revoked",
};

static const char *const reason_texts[AGENT_REASON_COUNT] = {
	[AGENT_REASON_NONE] = "no reason was given",
	[AGENT_REASON_SCOPE] = "no capability covers it",
	[AGENT_REASON_STATE] = "not before the agent runs its image",
	[AGENT_REASON_IMAGE] = "its contents are not the manifest's image",
	[AGENT_REASON_EXPIRED] =
		"the capability's time is over, or its uses are spent",
	[AGENT_REASON_AUTHORITY] = "the call needs an authority that it lacks",
	[AGENT_REASON_FAMILY] = "such sockets are closed to agents",
	[AGENT_REASON_LEGACY] =
		"who belongs to no agent has no authority over agents",
	[AGENT_REASON_CODE] =
		"code that neither the base image nor the manifest names",
	[AGENT_REASON_CLOSED] = "closed to agents, whatever they hold",
	[AGENT_REASON_REPEATS] = "repeats of a use",
	[AGENT_REASON_RATE] = "the capability's rate is used up for now",
	[AGENT_REASON_REVOKED] = "it was allowed before, and is no longer",
};

static const char *const verdicts[] = {
	[AGENT_VERDICT_NONE] = "none",
	[AGENT_VERDICT_ALLOW] = "allow",
	[AGENT_VERDICT_DENY] = "deny",
};

static const char *const relations[] = {
	[AGENT_REL_SELF] = "self",
	[AGENT_REL_DESCENDANTS] = "descendants",
	[AGENT_REL_ALL] = "all",
};

static const char *const denials[] = {
	[AGENT_DENY_CONTINUE] = "continue",
	[AGENT_DENY_STOP] = "stop",
	[AGENT_DENY_QUARANTINE] = "quarantine",
	[AGENT_DENY_TRAP] = "trap",
};

static const char *const audits[] = {
	[AGENT_AUDIT_USES] = "uses",
	[AGENT_AUDIT_COALESCED] = "coalesced",
	[AGENT_AUDIT_FULL] = "full",
};

static const char *const resources[AGENT_QUOTA_COUNT] = {
	[AGENT_QUOTA_TASKS] = "tasks",
	[AGENT_QUOTA_AGENTS] = "agents",
};

static const char *const tiers[] = {
	[AGENT_TIER_RAM] = "ram",
};

static const char *name_in(const char *const *names, size_t count,
			   uint32_t number)
{
	if (number >= count || !names[number])
		return "unknown";
	return names[number];
}

static int number_in(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;
	return -EINVAL;
}

#define NAME_IN(names, number) name_in(names, ARRAY_SIZE(names), number)
#define NUMBER_IN(names, name) number_in(names, ARRAY_SIZE(names), name)

const char *coconut_state_name(uint32_t state)
{
	return state < AGENT_STATE_COUNT ? agent_state_name(state) : "unknown";
}

const char *coconut_cap_id_name(uint32_t id)
{
	const char *name = NULL;

	if (id == AGENT_CAP_USER)
		return "user";
	if (id > AGENT_CAP_NONE && id < AGENT_CAP_COUNT)
		name = agent_cap_name(id);
	return name ? name : "unknown";
}

const char *coconut_event_name(uint32_t event)
{
	return NAME_IN(events, event);
}

const char *coconut_reason_name(uint32_t reason)
{
	return NAME_IN(reasons, reason);
}

const char *coconut_reason_text(uint32_t reason)
{
	return NAME_IN(reason_texts, reason);
}

const char *coconut_verdict_name(uint32_t verdict)
{
	return NAME_IN(verdicts, verdict);
}

const char *coconut_relation_name(uint32_t relation)
{
	return NAME_IN(relations, relation);
}

const char *coconut_on_deny_name(uint32_t on_deny)
{
	return NAME_IN(denials, on_deny);
}

const char *coconut_audit_name(uint32_t audit)
{
	return NAME_IN(audits, audit);
}

const char *coconut_resource_name(uint32_t resource)
{
	return NAME_IN(resources, resource);
}

const char *coconut_tier_name(uint32_t tier)
{
	return NAME_IN(tiers, tier);
}

int coconut_state_from_name(const char *name)
{
	for (int state = 0; state < AGENT_STATE_COUNT; state++)
		if (!strcmp(agent_state_name(state), name))
			return state;
	return -EINVAL;
}

int coconut_event_from_name(const char *name)
{
	return NUMBER_IN(events, name);
}

int coconut_verdict_from_name(const char *name)
{
	return NUMBER_IN(verdicts, name);
}

int coconut_resource_from_name(const char *name)
{
	return NUMBER_IN(resources, name);
}

int coconut_tier_from_name(const char *name)
{
	return NUMBER_IN(tiers, name);
}

int coconut_cap_id_from_name(const char *name)
{
	enum agent_cap_id id = agent_cap_id_of(name, strlen(name));

	return id == AGENT_CAP_NONE ? -EINVAL : (int)id;
}
