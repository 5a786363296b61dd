// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: limits and what is used of them
 *
 * The limits on tasks and agents hold for the agent as a whole. The RAM limit
 * bounds the private memory of each address space of the agent, by the rlimit
 * that mmap() and brk() already keep.
 */

#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "agent.h"

static void record_limit(struct agent *agent, u32 resource, u64 limit)
{
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_QUOTA,
		.agent = agent,
		.object = { resource, limit },
	});
}

/**
 * agent_limit_reached - an agent asked for more than its limit gives
 * @agent: the agent
 * @resource: AGENT_QUOTA_*
 *
 * The first time leaves a row, and the first after it had less again.
 *
 * Context: Any.
 */
void agent_limit_reached(struct agent *agent, u32 resource)
{
	if (test_and_set_bit(resource, &agent->reached))
		return;
	agent_audit(&(struct agent_audit_record) {
		.event = AGENT_EVENT_LIMIT,
		.agent = agent,
		.object = { resource, READ_ONCE(agent->limits[resource]) },
		.atomic = true,
	});
}

/**
 * agent_quota_apply - read a limit and its usage, after setting it
 * @agent: the agent
 * @args: the call's arguments, valid in themselves
 *
 * A limit below what is in use stops what comes next, and ends nothing.
 *
 * Return: 0.
 */
int agent_quota_apply(struct agent *agent, struct agent_quota_args *args)
{
	if (args->flags & AGENT_QUOTA_SET) {
		WRITE_ONCE(agent->limits[args->resource], args->limit);
		record_limit(agent, args->resource, args->limit);
	}
	args->limit = READ_ONCE(agent->limits[args->resource]);
	args->usage = args->resource == AGENT_QUOTA_TASKS ?
		      atomic_read(&agent->tasks) :
		      atomic_read(&agent->children);
	return 0;
}

/* The first thread may have ended, and its memory is the others' still. */
static u64 pages_of(struct task_struct *process)
{
	struct task_struct *thread;
	u64 pages = 0;

	for_each_thread(process, thread) {
		task_lock(thread);
		if (thread->mm)
			pages = get_mm_rss(thread->mm);
		task_unlock(thread);
		if (pages)
			break;
	}
	return pages;
}

/* Resident memory, each address space once: process by process. */
static u64 resident(const struct agent *agent)
{
	struct task_struct *task;
	u64 pages = 0;

	rcu_read_lock();
	for_each_process(task) {
		if (READ_ONCE(task->agent) == agent)
			pages += pages_of(task);
	}
	rcu_read_unlock();
	return pages << PAGE_SHIFT;
}

static void limit_memory(struct task_struct *task, u64 bytes)
{
	struct rlimit *rlim = &task->signal->rlim[RLIMIT_DATA];

	task_lock(task->group_leader);
	rlim->rlim_cur = min_t(u64, bytes, RLIM_INFINITY);
	rlim->rlim_max = rlim->rlim_cur;
	task_unlock(task->group_leader);
}

/**
 * agent_limit_memory - put a process under its agent's RAM limit
 * @agent: its agent
 *
 * The process is the current one and has just taken up a new image.
 */
void agent_limit_memory(struct agent *agent)
{
	u64 limit = READ_ONCE(agent->ram_limit);

	if (limit != AGENT_QUOTA_UNLIMITED)
		limit_memory(current, limit);
}

static void limit_all(struct agent *agent)
{
	struct task_struct *task;

	rcu_read_lock();
	for_each_process(task) {
		if (READ_ONCE(task->agent) == agent)
			limit_memory(task, agent->ram_limit);
	}
	rcu_read_unlock();
}

/**
 * agent_tier_apply - read a tier's limit and usage, after setting it
 * @agent: the agent
 * @args: the call's arguments, valid in themselves
 *
 * Return: 0.
 */
int agent_tier_apply(struct agent *agent, struct agent_memory_tier_args *args)
{
	if (args->flags & AGENT_TIER_SET) {
		WRITE_ONCE(agent->ram_limit, args->limit);
		limit_all(agent);
		record_limit(agent, AGENT_QUOTA_COUNT + args->tier, args->limit);
	}
	args->limit = READ_ONCE(agent->ram_limit);
	args->usage = resident(agent);
	return 0;
}
