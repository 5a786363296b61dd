// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the names that lead to where rights change
 *
 * Every name that leads from the top to a root is an edge.  Where an agent has
 * no right it may look up edges, and nothing else.  A directory that has edges
 * is marked, in its inode and by an edge without a name.
 */

#include <linux/agent_inode.h>
#include <linux/dcache.h>
#include <linux/slab.h>

#include "agent.h"

#define SLOTS_MIN	16
#define SLOTS_SPARSE	64	/* up to here a table has room to spare */

static u32 slots_of(const struct agent_bundle *bundle)
{
	return bundle->edges ? bundle->edge_mask / sizeof(*bundle->edges) + 1 :
	       0;
}

/**
 * agent_bundle_edge - what is special about a name in a directory
 * @bundle: the bundle, under RCU or otherwise kept by the caller
 * @dir: the directory
 * @name: the name, hashed as the directory does
 *
 * Context: Any.
 * Return: the edge, or NULL when the name is like any other there.
 */
const struct agent_edge *agent_bundle_edge(const struct agent_bundle *bundle,
					   const struct inode *dir,
					   const struct qstr *name)
{
	const struct agent_edge *edge;

	for (edge = agent_edge_first(bundle, dir, name->hash); edge->dir;
	     edge = agent_edge_next(bundle, edge)) {
		if (edge->dir == dir && edge->hash_len == name->hash_len &&
		    edge->step &&
		    !memcmp(edge->step->text, name->name, name->len))
			return edge;
	}
	return NULL;
}

/**
 * agent_bundle_marks - whether a directory has names that are special
 * @bundle: the bundle, under RCU or otherwise kept by the caller
 * @dir: the directory
 *
 * Context: Any.
 * Return: true if it is on the way to a root.
 */
bool agent_bundle_marks(const struct agent_bundle *bundle,
			const struct inode *dir)
{
	const struct agent_edge *edge = agent_edge_first(bundle, dir, 0);

	for (; edge->dir; edge = agent_edge_next(bundle, edge)) {
		if (edge->dir == dir && !edge->step)
			return true;
	}
	return false;
}

static void put_edge(struct agent_bundle *bundle, const struct agent_edge *edge)
{
	struct agent_edge *to = agent_edge_first(bundle, edge->dir,
						 (u32)edge->hash_len);

	while (to->dir)
		to = agent_edge_next(bundle, to);
	*to = *edge;
	bundle->nr_edges++;
}

/* Names have the slots where a walk looks first; marks lie between them. */
static int lay_out(struct agent_bundle *bundle, u32 slots)
{
	struct agent_edge *old = bundle->edges;
	u32 i, was = slots_of(bundle);
	int marks;

	BUILD_BUG_ON(sizeof(*old) != 1 << AGENT_EDGE_SHIFT);
	bundle->edges = kvcalloc(slots, sizeof(*old), GFP_KERNEL_ACCOUNT);
	if (!bundle->edges) {
		bundle->edges = old;
		return -ENOMEM;
	}
	bundle->edge_mask = (slots - 1) * sizeof(*old);
	bundle->nr_edges = 0;
	for (marks = 0; marks < 2; marks++) {
		for (i = 0; i < was; i++) {
			if (old[i].dir && marks == !old[i].step)
				put_edge(bundle, &old[i]);
		}
	}
	kvfree(old);
	return 0;
}

static int grow_edges(struct agent_bundle *bundle)
{
	u32 slots = slots_of(bundle);

	return 2 * (bundle->nr_edges + 2) <= slots ? 0 :
	       lay_out(bundle, 2 * slots ?: SLOTS_MIN);
}

static unsigned long word_of(const struct agent_step *step)
{
	if (step->name.len > sizeof(long) ||
	    !IS_ENABLED(CONFIG_DCACHE_WORD_ACCESS))
		return AGENT_WORD_LONG;
	return *(const unsigned long *)step->text;
}

/* Takes a reference to the step if it keeps it. */
static int add_edge(struct agent_bundle *bundle, struct agent_step *step,
		    bool hole)
{
	const struct inode *dir = d_backing_inode(step->dir.dentry);
	struct agent_edge *edge;
	int err = grow_edges(bundle);

	if (err)
		return err;
	edge = (struct agent_edge *)agent_bundle_edge(bundle, dir, &step->name);
	if (edge) {
		/* A way that passes through a hole is no hole. */
		if (!hole)
			edge->to = NULL;
		return 0;
	}
	if (!agent_bundle_marks(bundle, dir))
		put_edge(bundle, &(struct agent_edge) { .dir = dir });
	coconut_inode_mark(dir);
	refcount_inc(&step->usage);
	put_edge(bundle, &(struct agent_edge) {
		.dir = dir,
		.hash_len = step->name.hash_len,
		.word = word_of(step),
		.mask = agent_name_mask(step->name.len),
		.step = step,
		.to = hole ? AGENT_HOLE : NULL,
	});
	return 0;
}

/* All names from a place up to the top of the namespace. */
static int add_way_up(struct agent_bundle *bundle, const struct path *from,
		      bool hole)
{
	struct path path = *from;
	struct agent_step *step;
	int err;

	path_get(&path);
	do {
		err = agent_place_above(&path, &step);
		if (err || !step)
			break;
		err = add_edge(bundle, step, hole);
		agent_step_put(step);
		hole = false;
	} while (!err);
	path_put(&path);
	return err;
}

static int add_steps(struct agent_bundle *bundle,
		     const struct agent_scope *scope)
{
	u32 i;
	int err = 0;

	/* The last one is a hole's own name, or a root's that has its edge. */
	for (i = 0; !err && i + 1 < scope->nr_steps; i++)
		err = add_edge(bundle, scope->steps[i], false);
	return err;
}

static int add_scope_steps(struct agent_bundle *bundle,
			   const struct agent_scope *scope)
{
	int err = add_steps(bundle, scope);

	/* A link that leads into the scope is a name of its own. */
	if (!err && scope->nr_steps)
		err = add_edge(bundle, scope->steps[scope->nr_steps - 1],
			       false);
	return err;
}

static int add_edges(struct agent_bundle *bundle, const struct agent *agent)
{
	u32 i, j;
	int err = grow_edges(bundle);

	for (i = 0; !err && i < bundle->nr_roots; i++) {
		const struct agent_root *root = &bundle->roots[i];

		if (root->at.late)
			err = add_edge(bundle, root->at.late, !root->rights);
		if (!err)
			err = add_way_up(bundle, &root->at.path,
					 !root->at.late && !root->rights);
	}
	for (i = 0; !err && i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		err = add_scope_steps(bundle, &cap->scope);
		for (j = 0; !err && j < cap->nr_except; j++)
			err = add_steps(bundle, &cap->except[j]);
	}
	for (i = 0; !err && i < ARRAY_SIZE(agent->way); i++)
		err = add_scope_steps(bundle, &agent->way[i]);
	return err;
}

/* A walker need not ask about a root to which it was led. */
static int note_root(struct agent_bundle *bundle, const struct agent_root *root)
{
	const struct inode *inode = d_backing_inode(root->at.path.dentry);
	struct path path = root->at.path;
	struct agent_step *step;
	struct agent_edge *edge;
	int err;

	if (root->at.late || !root->rights || !S_ISDIR(inode->i_mode))
		return 0;
	path_get(&path);
	err = agent_place_above(&path, &step);
	path_put(&path);
	if (err || !step)
		return err;
	edge = (struct agent_edge *)
	       agent_bundle_edge(bundle, d_backing_inode(step->dir.dentry),
				 &step->name);
	if (edge && edge->to != AGENT_HOLE)
		edge->to = inode;
	agent_step_put(step);
	return 0;
}

static int note_roots(struct agent_bundle *bundle)
{
	u32 i;
	int err = 0;

	for (i = 0; !err && i < bundle->nr_roots; i++)
		err = note_root(bundle, &bundle->roots[i]);
	return err;
}

/**
 * agent_edges_make - note the names that lead to a bundle's roots
 * @bundle: a bundle whose roots are in place
 * @agent: the agent it is for
 *
 * Return: 0, or -ENOMEM; agent_edges_free() cleans up either way.
 */
int agent_edges_make(struct agent_bundle *bundle, const struct agent *agent)
{
	int err = add_edges(bundle, agent);
	u32 slots;

	if (!err)
		err = note_roots(bundle);
	if (err)
		return err;
	/* The fewer names share a slot, the fewer steps look twice. */
	slots = slots_of(bundle);
	if (slots <= SLOTS_SPARSE)
		slots *= 2;
	return lay_out(bundle, slots);
}

/**
 * agent_edges_free - free what agent_edges_make() made
 * @bundle: the bundle
 *
 * Context: May sleep.
 */
void agent_edges_free(struct agent_bundle *bundle)
{
	u32 i;

	for (i = 0; i < slots_of(bundle); i++) {
		if (bundle->edges[i].step)
			agent_step_put(bundle->edges[i].step);
	}
	kvfree(bundle->edges);
}
