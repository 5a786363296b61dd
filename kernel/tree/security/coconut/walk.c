// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: the names that an agent may look up
 *
 * Asked for each name of a path before it is looked up anywhere, so that what
 * lies outside the bundle looks the same whether it exists or not.
 */

#include "cache.h"

/**
 * coconut_step - decide whether a name may be looked up
 * @agent: who walks
 * @dir: the directory, under RCU or referenced
 * @inode: its inode
 * @name: the name
 * @pace: how the walk stands
 *
 * Context: Any; does not sleep.
 * Return: 0, or -ECAPABILITY; the caller tells coconut_step_denied().
 */
int coconut_step(struct agent *agent, const struct path *dir,
		 const struct inode *inode, const struct qstr *name,
		 struct agent_pace *pace)
{
	const struct agent_edge *edge;
	bool found, hole = false;

	if (unlikely(agent->aid == AGENT_AID_ROOT))
		return 0;
	pace->inside = false;
	if (coconut_is_marked(inode)) {
		rcu_read_lock();
		edge = agent_bundle_edge(rcu_dereference(agent->bundle), inode,
					 name);
		found = edge;
		if (edge)
			hole = edge->to == AGENT_HOLE;
		rcu_read_unlock();
		if (found)
			return hole ? -ECAPABILITY : 0;
	}
	if (!(coconut_known(agent, dir) & AGENT_PATH_RIGHTS))
		return -ECAPABILITY;
	pace->inside = true;
	return 0;
}
