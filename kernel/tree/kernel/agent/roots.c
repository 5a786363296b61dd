// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: path scopes, flattened
 *
 * Every scope and every hole contributes a root, and at each root the rights
 * that all scopes together give there are computed once, when the bundle is
 * made.  A decision then walks up from the object to the nearest root, and
 * that root's mask is the answer.
 *
 * Every name that leads from the top to a root is an edge.  Where an agent has
 * no right it may look up edges, and nothing else.
 */

#include <linux/agent_inode.h>
#include <linux/dcache.h>
#include <linux/hash.h>
#include <linux/mount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "../../fs/mount.h"
#include "agent.h"

static const struct agent_root *find_root(const struct agent_bundle *bundle,
					  const struct inode *inode)
{
	u32 slot = hash_ptr(inode, 32) & bundle->root_mask;
	u16 index;

	/* The table is never full, so a free slot ends each search. */
	while ((index = bundle->root_slots[slot])) {
		const struct agent_root *root = &bundle->roots[index - 1];

		if (d_backing_inode(root->at.path.dentry) == inode)
			return root;
		slot = (slot + 1) & bundle->root_mask;
	}
	return NULL;
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
	u32 slot = agent_edge_slot(bundle, dir, name->hash);
	const struct agent_edge *edge;

	for (edge = &bundle->edges[slot]; edge->dir;
	     edge = &bundle->edges[slot = (slot + 1) & bundle->edge_mask]) {
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
	u32 slot = agent_edge_slot(bundle, dir, 0);

	while (bundle->edges[slot].dir) {
		if (bundle->edges[slot].dir == dir && !bundle->edges[slot].step)
			return true;
		slot = (slot + 1) & bundle->edge_mask;
	}
	return false;
}

static const struct agent_root *find_late(const struct agent_bundle *bundle,
					  struct dentry *dentry)
{
	u32 i;

	for (i = 0; i < bundle->nr_roots; i++) {
		if (bundle->roots[i].at.late &&
		    agent_step_is(bundle->roots[i].at.late, dentry))
			return &bundle->roots[i];
	}
	return NULL;
}

static const struct agent_root *climb(const struct agent_bundle *bundle,
				      const struct path *path)
{
	const struct mount *parent, *mnt = real_mount(path->mnt);
	struct dentry *dentry = path->dentry;
	const struct agent_root *root;

	for (;;) {
		root = find_root(bundle, d_backing_inode(dentry));
		if (root)
			return root;
		if (dentry != mnt->mnt.mnt_root) {
			if (bundle->nr_late) {
				root = find_late(bundle, dentry);
				if (root)
					return root;
			}
			/* A directory that is connected to no root has no place. */
			if (IS_ROOT(dentry))
				return NULL;
			dentry = READ_ONCE(dentry->d_parent);
			continue;
		}
		parent = READ_ONCE(mnt->mnt_parent);
		if (parent == mnt)
			return NULL;
		dentry = READ_ONCE(mnt->mnt_mountpoint);
		mnt = parent;
	}
}

/**
 * agent_bundle_nearest - the root that decides about an object
 * @bundle: the bundle, under RCU or otherwise kept by the caller
 * @path: the object; one without an inode counts by its directory and name
 *
 * Climbs without a reference, as d_path() does, and climbs again when a rename
 * or a mount may have misled it.
 *
 * Context: Any.
 * Return: the nearest root at or above @path, or NULL when there is none.
 */
const struct agent_root *agent_bundle_nearest(const struct agent_bundle *bundle,
					      const struct path *path)
{
	const struct agent_root *root;
	unsigned int renames, mounts;

	rcu_read_lock();
	do {
		mounts = read_seqbegin(&mount_lock);
		renames = read_seqbegin(&rename_lock);
		root = climb(bundle, path);
	} while (read_seqretry(&rename_lock, renames) ||
		 read_seqretry(&mount_lock, mounts));
	rcu_read_unlock();
	return root;
}

static const struct agent_root *root_of(const struct agent_bundle *bundle,
					const struct agent_place *place)
{
	u32 i;

	for (i = 0; place->late && i < bundle->nr_roots; i++) {
		if (bundle->roots[i].at.late == place->late)
			return &bundle->roots[i];
	}
	return agent_bundle_nearest(bundle, &place->path);
}

/**
 * agent_bundle_rights - the rights that a bundle gives at a place
 * @bundle: the bundle, kept by the caller
 * @place: the place
 *
 * Return: the root that decides, or NULL when there is none.
 */
const struct agent_root *agent_bundle_rights(const struct agent_bundle *bundle,
					     const struct agent_place *place)
{
	return root_of(bundle, place);
}

static void add_root(struct agent_bundle *bundle,
		     const struct agent_place *place)
{
	const struct inode *inode = d_backing_inode(place->path.dentry);
	u32 slot = hash_ptr(inode, 32) & bundle->root_mask;
	u32 i;

	if (place->late) {
		for (i = 0; i < bundle->nr_roots; i++) {
			if (bundle->roots[i].at.late == place->late)
				return;
		}
		bundle->nr_late++;
	} else {
		if (find_root(bundle, inode))
			return;
		while (bundle->root_slots[slot])
			slot = (slot + 1) & bundle->root_mask;
		bundle->root_slots[slot] = bundle->nr_roots + 1;
	}
	bundle->roots[bundle->nr_roots++].at = agent_place_get(place);
}

static u32 count_places(const struct agent_bundle *bundle,
			const struct agent_bundle *parent)
{
	u32 i, count = parent ? parent->nr_roots : 0;

	for (i = 0; i < bundle->nr_caps; i++) {
		if (bundle->caps[i]->scope.at.path.dentry)
			count += 1 + bundle->caps[i]->nr_except;
	}
	return count;
}

/* A few scopes share most of their places, so the array is cut to its size. */
static int fit_roots(struct agent_bundle *bundle)
{
	struct agent_root *roots;

	roots = kvmalloc_array(bundle->nr_roots ?: 1, sizeof(*roots),
			       GFP_KERNEL_ACCOUNT);
	if (!roots)
		return -ENOMEM;
	memcpy(roots, bundle->roots, array_size(bundle->nr_roots,
						sizeof(*roots)));
	kvfree(bundle->roots);
	bundle->roots = roots;
	return 0;
}

static int add_roots(struct agent_bundle *bundle,
		     const struct agent_bundle *parent)
{
	u32 count = count_places(bundle, parent);
	u32 i, j;

	if (count > AGENT_ROOTS_MAX)
		return -E2BIG;
	bundle->root_mask = roundup_pow_of_two(2 * count + 2) - 1;
	bundle->roots = kvcalloc(count ?: 1, sizeof(*bundle->roots),
				 GFP_KERNEL_ACCOUNT);
	bundle->root_slots = kvcalloc(bundle->root_mask + 1,
				      sizeof(*bundle->root_slots),
				      GFP_KERNEL_ACCOUNT);
	if (!bundle->roots || !bundle->root_slots)
		return -ENOMEM;
	for (i = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		if (cap->scope.at.path.dentry)
			add_root(bundle, &cap->scope.at);
		for (j = 0; j < cap->nr_except; j++)
			add_root(bundle, &cap->except[j].at);
	}
	for (i = 0; parent && i < parent->nr_roots; i++)
		add_root(bundle, &parent->roots[i].at);
	return fit_roots(bundle);
}

/**
 * struct survey - how the places of a bundle lie to one another
 * @above: bit of each root that is at or above the one in question
 * @root_of_cap: for each capability the root of its scope
 * @holes: for each capability where the roots of its holes begin in @hole
 * @hole: those roots
 */
struct survey {
	unsigned long *above;
	u16 *root_of_cap;
	u32 *holes;
	u16 *hole;
};

static u16 index_of(const struct agent_bundle *bundle,
		    const struct agent_place *place)
{
	const struct agent_root *root;
	u32 i;

	if (!place->late) {
		root = find_root(bundle, d_backing_inode(place->path.dentry));
		/* One past the last is above nothing. */
		return WARN_ON_ONCE(!root) ? bundle->nr_roots :
					     root - bundle->roots;
	}
	for (i = 0; bundle->roots[i].at.late != place->late; i++)
		;
	return i;
}

static void free_survey(struct survey *survey)
{
	kvfree(survey->above);
	kvfree(survey->root_of_cap);
	kvfree(survey->holes);
	kvfree(survey->hole);
}

static int make_survey(struct survey *survey, const struct agent_bundle *bundle)
{
	u32 i, j, nr_holes = 0;

	for (i = 0; i < bundle->nr_caps; i++)
		nr_holes += bundle->caps[i]->nr_except;
	survey->above = kvcalloc(BITS_TO_LONGS(bundle->nr_roots + 1),
				 sizeof(long), GFP_KERNEL);
	survey->root_of_cap = kvcalloc(bundle->nr_caps + 1, sizeof(u16),
				       GFP_KERNEL);
	survey->holes = kvcalloc(bundle->nr_caps + 1, sizeof(u32), GFP_KERNEL);
	survey->hole = kvcalloc(nr_holes + 1, sizeof(u16), GFP_KERNEL);
	if (!survey->above || !survey->root_of_cap || !survey->holes ||
	    !survey->hole)
		return -ENOMEM;
	for (i = 0, nr_holes = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		survey->holes[i] = nr_holes;
		if (cap->scope.at.path.dentry)
			survey->root_of_cap[i] = index_of(bundle,
							  &cap->scope.at);
		for (j = 0; j < cap->nr_except; j++)
			survey->hole[nr_holes++] =
				index_of(bundle, &cap->except[j].at);
	}
	return 0;
}

/* One way up marks all roots that are met on it. */
static void look_up(const struct survey *survey,
		    const struct agent_bundle *bundle,
		    const struct agent_root *from)
{
	struct path path = from->at.path;
	const struct agent_root *root;

	bitmap_zero(survey->above, bundle->nr_roots);
	__set_bit(from - bundle->roots, survey->above);
	path_get(&path);
	do {
		root = find_root(bundle, d_backing_inode(path.dentry));
		if (!root && bundle->nr_late)
			root = find_late(bundle, path.dentry);
		if (root)
			__set_bit(root - bundle->roots, survey->above);
	} while (agent_path_up(&path));
	path_put(&path);
}

static bool covers(const struct survey *survey,
		   const struct agent_bundle *bundle, u32 cap)
{
	const u16 *hole = survey->hole + survey->holes[cap];
	u32 i;

	if (!test_bit(survey->root_of_cap[cap], survey->above))
		return false;
	for (i = 0; i < bundle->caps[cap]->nr_except; i++) {
		if (test_bit(hole[i], survey->above))
			return false;
	}
	return true;
}

/*
 * The first capability that gives a right and can be used again is the one that
 * is used. One that is spent still covers what was opened with it.
 */
static void add_rights(struct agent_bundle *bundle, struct agent_root *root,
		       const struct survey *survey)
{
	u32 i, usable = 0;

	for (i = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];
		u32 right;

		if (!cap->scope.at.path.dentry)
			continue;
		right = AGENT_RIGHT(cap->spec.id);
		if (usable & right || !covers(survey, bundle, i))
			continue;
		root->rights |= right;
		root->grant[AGENT_PATH_INDEX(cap->spec.id)] = i;
		root->limited &= ~right;
		if (cap->bounded)
			root->limited |= right;
		if (agent_cap_live(cap))
			usable |= right;
	}
}

/* A child has no right where its spawner has none. */
static int find_rights(struct agent_bundle *bundle, const struct agent *agent,
		       const struct agent_bundle *parent)
{
	struct survey survey = {};
	int err = make_survey(&survey, bundle);
	u32 i;

	for (i = 0; !err && i < bundle->nr_roots; i++) {
		struct agent_root *root = &bundle->roots[i];
		const struct agent_root *above;

		look_up(&survey, bundle, root);
		add_rights(bundle, root, &survey);
		if (parent) {
			above = root_of(parent, &root->at);
			root->rights &= above ? above->rights : 0;
		}
		cond_resched();
		/* What an agent has already is taken back whoever is killed. */
		if (!rcu_access_pointer(agent->bundle) &&
		    fatal_signal_pending(current))
			err = -EINTR;
	}
	free_survey(&survey);
	return err;
}

static void put_edge(struct agent_bundle *bundle, const struct agent_edge *edge)
{
	u32 slot = agent_edge_slot(bundle, edge->dir, (u32)edge->hash_len);

	while (bundle->edges[slot].dir)
		slot = (slot + 1) & bundle->edge_mask;
	bundle->edges[slot] = *edge;
	bundle->nr_edges++;
}

static int grow_edges(struct agent_bundle *bundle)
{
	struct agent_edge *old = bundle->edges;
	u32 i, slots = old ? bundle->edge_mask + 1 : 0;

	if (2 * (bundle->nr_edges + 2) <= slots)
		return 0;
	bundle->edges = kvcalloc(2 * slots ?: 16, sizeof(*old),
				 GFP_KERNEL_ACCOUNT);
	if (!bundle->edges) {
		bundle->edges = old;
		return -ENOMEM;
	}
	bundle->edge_mask = (2 * slots ?: 16) - 1;
	bundle->nr_edges = 0;
	for (i = 0; i < slots; i++) {
		if (old[i].dir)
			put_edge(bundle, &old[i]);
	}
	kvfree(old);
	return 0;
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
 * agent_roots_make - compute where a bundle's rights change
 * @bundle: a bundle whose capabilities are in place
 * @agent: the agent it is for
 * @parent: the bundle that limits it, kept by the caller, or NULL
 *
 * Return: 0, -E2BIG, -EINTR for a caller that is being killed, or -ENOMEM;
 * agent_roots_free() cleans up either way.
 */
int agent_roots_make(struct agent_bundle *bundle, const struct agent *agent,
		     const struct agent_bundle *parent)
{
	int err = add_roots(bundle, parent);

	if (err)
		return err;
	err = find_rights(bundle, agent, parent);
	if (!err)
		err = add_edges(bundle, agent);
	return err ?: note_roots(bundle);
}

/**
 * agent_roots_free - free what agent_roots_make() made
 * @bundle: the bundle
 *
 * Context: May sleep.
 */
void agent_roots_free(struct agent_bundle *bundle)
{
	u32 i;

	for (i = 0; bundle->edges && i <= bundle->edge_mask; i++) {
		if (bundle->edges[i].step)
			agent_step_put(bundle->edges[i].step);
	}
	kvfree(bundle->edges);
	for (i = 0; i < bundle->nr_roots; i++)
		agent_place_put(&bundle->roots[i].at);
	kvfree(bundle->roots);
	kvfree(bundle->root_slots);
}
