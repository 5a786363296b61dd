// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: capabilities granted, and taken back from all who have them
 *
 * What an agent loses, those below it lose that have it from there. Each gets a
 * new bundle, the spawner before its children, and after that what they have
 * open or mapped by what is gone is taken away. Whoever is being spawned
 * meanwhile is among the children already, and is given what is left.
 *
 * There is one walk at a time, so that none ends where another that it met has
 * still to go on: what one has taken from an agent, another finds gone there.
 */

#include <linux/rcupdate.h>
#include <linux/sched/signal.h>

#define CREATE_TRACE_POINTS
#include <trace/events/agent.h>

#include "agent.h"

/*
 * From the removal to the last of those below: what one walk has taken from an
 * agent a second finds gone, and would turn back before the first has been to
 * those below that one.
 */
static DEFINE_MUTEX(walks);

static void record_revoke(struct agent *agent, const struct agent_loss *loss,
			  u64 revoker)
{
	const bool one = loss->nr == 1;
	u32 listed = min_t(u32, loss->nr, ARRAY_SIZE(loss->handles));
	u64 handle = one ? le64_to_cpu(loss->handles[0]) : 0;

	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_REVOKE,
		.agent = agent,
		.object = { handle, revoker },
		.payload = loss->handles,
		.payload_size = one ? 0 : listed * sizeof(loss->handles[0]),
		.paused = true,
	});
	trace_agent_revoke(agent->aid, handle, loss->nr, revoker);
}

static void add_loss(struct agent_toll *toll, const struct agent_loss *loss)
{
	toll->removed += loss->nr;
	toll->agents += loss->nr > 0;
}

/**
 * agent_grant - add a capability to an agent's bundle
 * @agent: the agent
 * @cap: the capability; the caller keeps its reference
 * @granter: AID of who grants it
 *
 * Return: 0, -ESRCH when the agent has ended, -ECAPABILITY when its spawner has
 * lost meanwhile what this was derived from, -E2BIG when the bundle is full,
 * -EINTR, or -ENOMEM.
 */
int agent_grant(struct agent *agent, struct agent_cap *cap, u64 granter)
{
	int err = agent_audit_pause();

	if (err)
		return err;
	mutex_lock(&agent->mutex);
	err = agent->ended ? -ESRCH : agent_bundle_add(agent, cap);
	/* In the same order as what the rows tell: none after its end. */
	if (!err)
		agent_audit(&(struct agent_audit_record) {
			.event = AGENT_EVENT_GRANT,
			.agent = agent,
			.cap = cap->spec.id,
			.object = { cap->handle, granter },
			.payload = cap->cbor,
			.payload_size = cap->cbor_size,
			.paused = true,
		});
	mutex_unlock(&agent->mutex);
	if (!err)
		trace_agent_grant(agent->aid, cap->handle, cap->spec.id,
				  granter);
	return err;
}

/* Whether the agent has another bundle now. */
static bool follow(struct agent *agent, u32 rights, u64 revoker,
		   struct agent_toll *toll)
{
	struct agent_loss loss = {};
	bool changed;

	agent_audit_pause();
	mutex_lock(&agent->mutex);
	changed = agent_bundle_follow(agent, rights, &loss);
	/* One that has ended has lost all; those below it have it from there. */
	if (agent->ended)
		loss.nr = 0;
	if (loss.nr)
		record_revoke(agent, &loss, revoker);
	mutex_unlock(&agent->mutex);
	add_loss(toll, &loss);
	/* A child that runs its spawner's code still has what that had. */
	if (changed || !agent_is_running(agent))
		coconut_withdraw(agent, toll);
	return changed;
}

/*
 * The next agent whose spawner is among those that have lost something. @at has
 * a reference, but for @top, which goes with this.
 */
static struct agent *next_heir(struct agent *top, struct agent *at, bool below)
{
	struct agent *next = below ? agent_next_child(at, NULL) : NULL;

	if (next) {
		/* A child keeps its spawner. */
		if (at != top)
			agent_put(at);
		return next;
	}
	while (!next && at != top) {
		struct agent *parent = at->parent;

		next = agent_next_child(parent, at);
		if (!next && parent != top)
			agent_get(parent);
		agent_put(at);
		at = parent;
	}
	return next;
}

/*
 * The line of spawners may be long, so there is no recursion. @top is kept by
 * the caller, or ends not before this does.
 */
static void withdraw_below(struct agent *top, u32 rights, u64 revoker,
			   struct agent_toll *toll)
{
	struct agent *at = top;
	bool below = true;

	lockdep_assert_held(&walks);
	while ((at = next_heir(top, at, below))) {
		below = follow(at, rights, revoker, toll);
		cond_resched();
	}
}

/**
 * agent_revoke - take a capability, or all, from an agent and those below it
 * @agent: the agent
 * @handle: which, 0 for the whole bundle
 * @revoker: AID of who revokes
 * @toll: how much went
 *
 * When this returns, no decision that was made before is under way; what is
 * open, mapped or waited for by what was removed is asked about again.
 *
 * Return: 0, -ENOENT when there is no such handle, -ESRCH when the agent has
 * ended, -EINTR, or -ENOMEM; then nothing was removed.
 */
int agent_revoke(struct agent *agent, u64 handle, u64 revoker,
		 struct agent_toll *toll)
{
	struct agent_loss loss = {};
	int err = agent_audit_pause();

	if (err)
		return err;
	mutex_lock(&walks);
	mutex_lock(&agent->mutex);
	err = agent->ended ? -ESRCH :
	      agent_bundle_remove(agent, handle, &loss);
	if (!err)
		record_revoke(agent, &loss, revoker);
	mutex_unlock(&agent->mutex);
	if (!err) {
		add_loss(toll, &loss);
		coconut_withdraw(agent, toll);
		withdraw_below(agent, loss.rights, revoker, toll);
	}
	mutex_unlock(&walks);
	if (err)
		return err;
	synchronize_rcu_expedited();
	return 0;
}

/**
 * agent_bundle_expire - withdraw what has expired
 * @work: the agent's expiry work
 */
void agent_bundle_expire(struct work_struct *work)
{
	struct agent *agent = container_of(to_delayed_work(work), struct agent,
					   expiry);
	struct agent_loss loss = {};
	struct agent_toll toll = {};

	mutex_lock(&walks);
	if (agent_bundle_lapse(agent, &loss)) {
		mod_delayed_work(system_unbound_wq, &agent->expiry, HZ);
	} else if (loss.expired || loss.nr) {
		coconut_withdraw(agent, &toll);
		withdraw_below(agent, loss.rights, AGENT_AID_LEGACY, &toll);
	}
	mutex_unlock(&walks);
}
