// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the object, the registry and the family
 *
 * The registry finds an agent by its AID as long as a task of it lives; it
 * holds no reference of its own but is told in agent_end(), before the last
 * task's reference can go.
 */

#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/xarray.h>

#include "agent.h"

bool agent_enabled __ro_after_init;

static DEFINE_XARRAY(agents);
static DEFINE_SPINLOCK(next_aid_lock);
static u64 next_aid = AGENT_AID_ROOT + 1;

/**
 * agent_alloc - make an agent that nobody can see yet
 * @parent: its spawner, or NULL for AID 1
 *
 * Return: the agent with one reference, in AGENT_SPAWNING and without a
 * bundle, or NULL when memory is short.
 */
struct agent *agent_alloc(struct agent *parent)
{
	struct agent *agent = kzalloc(sizeof(*agent), GFP_KERNEL_ACCOUNT);
	int i;

	if (!agent)
		return NULL;
	refcount_set(&agent->usage, 1);
	spin_lock_init(&agent->lock);
	mutex_init(&agent->mutex);
	mutex_init(&agent->sweep);
	spin_lock_init(&agent->task_lock);
	INIT_LIST_HEAD(&agent->task_list);
	spin_lock_init(&agent->family);
	INIT_LIST_HEAD(&agent->offspring);
	INIT_LIST_HEAD(&agent->sibling);
	INIT_DELAYED_WORK(&agent->expiry, agent_bundle_expire);
	INIT_WORK(&agent->stop, agent_stop_work);
	agent->state = AGENT_SPAWNING;
	agent->resume = AGENT_SPAWNING;
	agent->ram_limit = AGENT_QUOTA_UNLIMITED;
	for (i = 0; i < AGENT_QUOTA_COUNT; i++)
		agent->limits[i] = AGENT_QUOTA_UNLIMITED;
	agent->spawned = ktime_get_boottime_ns();
	if (parent) {
		agent->parent = agent_get(parent);
		/* First, so that no revocation passes over what it will get. */
		spin_lock(&parent->family);
		list_add_tail(&agent->sibling, &parent->offspring);
		spin_unlock(&parent->family);
	}
	return agent;
}

static void free_agent(struct work_struct *work)
{
	struct agent *agent = container_of(to_rcu_work(work), struct agent,
					   rwork);
	int i;

	cancel_delayed_work_sync(&agent->expiry);
	agent_bundle_drop(agent);
	if (agent->parent) {
		spin_lock(&agent->parent->family);
		list_del(&agent->sibling);
		spin_unlock(&agent->parent->family);
		agent_put(agent->parent);
	}
	for (i = 0; i < ARRAY_SIZE(agent->way); i++)
		agent_scope_put(&agent->way[i]);
	coconut_cache_free(agent);
	agent_reasons_free(agent);
	kfree(agent->keep);
	kfree(agent->code);
	kfree(agent);
}

/**
 * agent_put - drop a reference
 * @agent: the agent; it is freed after a grace period with the last one
 *
 * Context: Any.
 */
void agent_put(struct agent *agent)
{
	if (!refcount_dec_and_test(&agent->usage))
		return;
	INIT_RCU_WORK(&agent->rwork, free_agent);
	queue_rcu_work(system_unbound_wq, &agent->rwork);
}

/**
 * agent_register - give an agent its AID and make it known by it
 * @agent: an agent that is not registered yet
 * @aid: the AID, or 0 for the next free one
 *
 * Return: 0, or -ENOMEM.
 */
int agent_register(struct agent *agent, u64 aid)
{
	if (!aid) {
		spin_lock(&next_aid_lock);
		aid = next_aid++;
		spin_unlock(&next_aid_lock);
	}
	agent->aid = aid;
	return xa_err(xa_store(&agents, aid, agent, GFP_KERNEL_ACCOUNT));
}

/**
 * agent_seed_aid - go on from the AIDs of earlier boots
 * @next: the first AID to give out
 *
 * Return: 0, or -EBUSY when it would give out an AID again.
 */
int agent_seed_aid(u64 next)
{
	int err = 0;

	spin_lock(&next_aid_lock);
	if (next < next_aid || next > S64_MAX / 2)
		err = -EBUSY;
	else
		next_aid = next;
	spin_unlock(&next_aid_lock);
	return err;
}

static struct agent *get_live(struct agent *agent)
{
	if (agent && !refcount_inc_not_zero(&agent->usage))
		return NULL;
	return agent;
}

/**
 * agent_get_by_aid - find a live agent
 * @aid: its AID
 *
 * Return: the agent with a reference, or NULL.
 */
struct agent *agent_get_by_aid(u64 aid)
{
	struct agent *agent;

	rcu_read_lock();
	agent = get_live(xa_load(&agents, aid));
	rcu_read_unlock();
	return agent;
}

/**
 * agent_get_next - find the live agent with the lowest AID above another
 * @aid: that other AID
 *
 * Return: the agent with a reference, or NULL when there is none.
 */
struct agent *agent_get_next(u64 aid)
{
	unsigned long index = aid;
	struct agent *agent;

	rcu_read_lock();
	do {
		agent = xa_find_after(&agents, &index, ULONG_MAX, XA_PRESENT);
	} while (agent && !get_live(agent));
	rcu_read_unlock();
	return agent;
}

/**
 * agent_get_of - the agent of a task
 * @task: the task
 *
 * Return: the agent with a reference, or NULL for a legacy task.
 */
struct agent *agent_get_of(struct task_struct *task)
{
	struct agent *agent;

	rcu_read_lock();
	agent = get_live(READ_ONCE(task->agent));
	rcu_read_unlock();
	return agent;
}

/**
 * agent_is_ancestor - whether one agent descends from another
 * @ancestor: the one above
 * @agent: the one below; an agent is no ancestor of itself
 *
 * Return: true if it does.
 */
bool agent_is_ancestor(const struct agent *ancestor, const struct agent *agent)
{
	for (agent = agent->parent; agent; agent = agent->parent) {
		if (agent == ancestor)
			return true;
	}
	return false;
}

/**
 * agent_next_child - the offspring of an agent, one after another
 * @parent: the agent
 * @after: the one before, referenced; NULL for the first
 *
 * Return: the next one that is not being freed, with a reference, or NULL.
 */
struct agent *agent_next_child(struct agent *parent, struct agent *after)
{
	struct agent *child = NULL;
	struct list_head *pos;

	spin_lock(&parent->family);
	pos = after ? after->sibling.next : parent->offspring.next;
	for (; !child && pos != &parent->offspring; pos = pos->next)
		child = get_live(list_entry(pos, struct agent, sibling));
	spin_unlock(&parent->family);
	return child;
}

/**
 * agent_end - take an agent that has no task left out of the world
 * @agent: the agent
 * @code: exit code of its last task
 */
void agent_end(struct agent *agent, long code)
{
	coconut_cache_flush(agent);
	/* The room for its last row is waited for where nobody is held up. */
	agent_audit_pause();
	mutex_lock(&agent->mutex);
	agent->ended = true;
	agent_set_state(agent, AGENT_TERMINATED_CLEAN);
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_EXIT,
		.agent = agent,
		.object = { code, READ_ONCE(agent->state) },
		.paused = true,
	});
	mutex_unlock(&agent->mutex);
	xa_erase(&agents, agent->aid);
	cancel_delayed_work_sync(&agent->expiry);
	if (agent->parent)
		atomic_dec(&agent->parent->children);
}
