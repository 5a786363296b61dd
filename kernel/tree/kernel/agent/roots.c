// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: path scopes, flattened
 *
 * Every scope and every hole contributes a root, and at each root the rights
 * that all scopes together give there are computed once, when the bundle is
 * made.  A decision then walks up from the object to the nearest root, and
 * that root's mask is the answer.
 *
 * The names that lead to the roots are in edges.c.
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
	/* Where none of its scopes is, it has nothing to be limited. */
	for (i = 0; parent && i < parent->nr_roots; i++) {
		if (root_of(bundle, &parent->roots[i].at))
			add_root(bundle, &parent->roots[i].at);
	}
	return fit_roots(bundle);
}

/**
 * struct survey - how the places of a bundle lie to one another
 * @above: bit of each root that is at or above the one in question
 * @met: those roots, from there up
 * @nr_met: how many
 * @first: for each root the first capability whose scope it is, plus one, or 0
 * @next: for each capability the next one of the same root, plus one, or 0
 * @holes: for each capability where the roots of its holes begin in @hole
 * @hole: those roots
 */
struct survey {
	unsigned long *above;
	u16 *met;
	u32 nr_met;
	u16 *first;
	u16 *next;
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
	kvfree(survey->met);
	kvfree(survey->first);
	kvfree(survey->next);
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
	survey->met = kvcalloc(bundle->nr_roots + 1, sizeof(u16), GFP_KERNEL);
	survey->first = kvcalloc(bundle->nr_roots + 1, sizeof(u16), GFP_KERNEL);
	survey->next = kvcalloc(bundle->nr_caps + 1, sizeof(u16), GFP_KERNEL);
	survey->holes = kvcalloc(bundle->nr_caps + 1, sizeof(u32), GFP_KERNEL);
	survey->hole = kvcalloc(nr_holes + 1, sizeof(u16), GFP_KERNEL);
	if (!survey->above || !survey->met || !survey->first || !survey->next ||
	    !survey->holes || !survey->hole)
		return -ENOMEM;
	for (i = 0, nr_holes = 0; i < bundle->nr_caps; i++) {
		const struct agent_cap *cap = bundle->caps[i];

		survey->holes[i] = nr_holes;
		for (j = 0; j < cap->nr_except; j++)
			survey->hole[nr_holes++] =
				index_of(bundle, &cap->except[j].at);
		if (!cap->scope.at.path.dentry)
			continue;
		j = index_of(bundle, &cap->scope.at);
		survey->next[i] = survey->first[j];
		survey->first[j] = i + 1;
	}
	return 0;
}

static void meet(struct survey *survey, u32 root)
{
	if (!__test_and_set_bit(root, survey->above))
		survey->met[survey->nr_met++] = root;
}

/* One way up meets all roots above. */
static void look_up(struct survey *survey, const struct agent_bundle *bundle,
		    const struct agent_root *from)
{
	struct path path = from->at.path;
	const struct agent_root *root;

	while (survey->nr_met)
		__clear_bit(survey->met[--survey->nr_met], survey->above);
	meet(survey, from - bundle->roots);
	path_get(&path);
	do {
		root = find_root(bundle, d_backing_inode(path.dentry));
		if (!root && bundle->nr_late)
			root = find_late(bundle, path.dentry);
		if (root)
			meet(survey, root - bundle->roots);
	} while (agent_path_up(&path));
	path_put(&path);
}

static bool has_hole(const struct survey *survey,
		     const struct agent_bundle *bundle, u32 cap)
{
	const u16 *hole = survey->hole + survey->holes[cap];
	u32 i;

	for (i = 0; i < bundle->caps[cap]->nr_except; i++) {
		if (test_bit(hole[i], survey->above))
			return true;
	}
	return false;
}

/*
 * The first capability that gives a right and can be used again is the one that
 * is used. One that is spent still covers what was opened with it: where there
 * are only such, it is the last. Where the spawner's uses are limited, it counts
 * only if they are taken from there: by its source.
 */
static void add_right(struct agent_bundle *bundle, struct agent_root *root,
		      const struct agent_root *above, u32 index, u32 *usable)
{
	const struct agent_cap *cap = bundle->caps[index];
	const u32 right = AGENT_RIGHT(cap->spec.id);
	u16 *grant = &root->grant[AGENT_PATH_INDEX(cap->spec.id)];
	const bool live = agent_cap_live(cap);

	if (root->rights & right &&
	    (*usable & right ? !live || index > *grant :
			       !live && index < *grant))
		return;
	if (above && above->limited & right && cap->from &&
	    !agent_cap_reaches(cap->from, &root->at))
		return;
	*grant = index;
	root->rights |= right;
	root->limited &= ~right;
	if (cap->bounded)
		root->limited |= right;
	if (live)
		*usable |= right;
}

static void add_rights(struct agent_bundle *bundle, struct agent_root *root,
		       const struct agent_root *above,
		       const struct survey *survey)
{
	u32 i, cap, usable = 0;

	for (i = 0; i < survey->nr_met; i++) {
		for (cap = survey->first[survey->met[i]]; cap;
		     cap = survey->next[cap - 1]) {
			if (!has_hole(survey, bundle, cap - 1))
				add_right(bundle, root, above, cap - 1,
					  &usable);
		}
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
		const struct agent_root *above = NULL;

		if (parent)
			above = root_of(parent, &root->at);
		look_up(&survey, bundle, root);
		add_rights(bundle, root, above, &survey);
		if (parent)
			root->rights &= above ? above->rights : 0;
		cond_resched();
		/* What an agent has already is taken back whoever is killed. */
		if (!rcu_access_pointer(agent->bundle) &&
		    fatal_signal_pending(current))
			err = -EINTR;
	}
	free_survey(&survey);
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
	return err ?: agent_edges_make(bundle, agent);
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

	agent_edges_free(bundle);
	for (i = 0; i < bundle->nr_roots; i++)
		agent_place_put(&bundle->roots[i].at);
	kvfree(bundle->roots);
	kvfree(bundle->root_slots);
}
