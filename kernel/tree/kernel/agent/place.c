// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the places that scopes name, and the steps that lead there
 *
 * A place is an object, or a name in a directory whose object is not there
 * yet.  A step is one name looked up in one directory.  The steps that were
 * taken when a place was bound, through symbolic links as well, are the only
 * ones that an agent may take outside its scopes.  Many agents name the same
 * places, so each step exists once, whoever uses it.
 */

#include <linux/dcache.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "agent.h"

static DEFINE_HASHTABLE(steps, 10);
static DEFINE_SPINLOCK(steps_lock);

static u64 step_key(const struct dentry *dir, const struct qstr *name)
{
	return name->hash_len ^ (unsigned long)dir;
}

static struct agent_step *find_step(const struct path *dir,
				    const struct qstr *name)
{
	struct agent_step *step;

	lockdep_assert_held(&steps_lock);
	hash_for_each_possible(steps, step, node, step_key(dir->dentry, name)) {
		if (path_equal(&step->dir, dir) &&
		    step->name.hash_len == name->hash_len &&
		    !memcmp(step->name.name, name->name, name->len) &&
		    refcount_inc_not_zero(&step->usage))
			return step;
	}
	return NULL;
}

static struct agent_step *make_step(const struct path *dir,
				    const struct qstr *name)
{
	u32 size = round_up(name->len + 1, sizeof(long));
	struct agent_step *step = kzalloc(struct_size(step, text, size),
					  GFP_KERNEL_ACCOUNT);

	/* Its first word is compared at once, see agent_stride(). */
	BUILD_BUG_ON(offsetof(struct agent_step, text) % sizeof(long));
	if (!step)
		return NULL;
	refcount_set(&step->usage, 1);
	step->dir = *dir;
	path_get(&step->dir);
	memcpy(step->text, name->name, name->len);
	step->name.hash_len = name->hash_len;
	step->name.name = step->text;
	return step;
}

/**
 * agent_step_get - the step that is one name in one directory
 * @dir: the directory
 * @name: the name, hashed as the directory does
 *
 * Context: May sleep.
 * Return: the step with a reference, or NULL when memory is short.
 */
struct agent_step *agent_step_get(const struct path *dir,
				  const struct qstr *name)
{
	struct agent_step *step, *new;

	spin_lock(&steps_lock);
	step = find_step(dir, name);
	spin_unlock(&steps_lock);
	if (step)
		return step;
	new = make_step(dir, name);
	if (!new)
		return NULL;
	spin_lock(&steps_lock);
	step = find_step(dir, name);
	if (!step)
		hash_add(steps, &new->node, step_key(dir->dentry, name));
	spin_unlock(&steps_lock);
	if (step) {
		path_put(&new->dir);
		kfree(new);
	}
	return step ?: new;
}

/**
 * agent_step_put - drop a reference to a step
 * @step: the step
 *
 * Context: May sleep.
 */
void agent_step_put(struct agent_step *step)
{
	if (!refcount_dec_and_test(&step->usage))
		return;
	spin_lock(&steps_lock);
	hash_del(&step->node);
	spin_unlock(&steps_lock);
	path_put(&step->dir);
	kfree_rcu(step, rcu);
}

/**
 * agent_walk_record - note a step of the walk that binds a place
 * @walk: the walk
 * @dir: the directory, referenced by the walker
 * @name: the name that is looked up in it
 *
 * Return: 0, -ELOOP for a walk of too many steps, or -ENOMEM.
 */
int agent_walk_record(struct agent_walk *walk, const struct path *dir,
		      const struct qstr *name)
{
	struct agent_step *step;

	if (walk->nr_steps == AGENT_STEPS_MAX)
		return -ELOOP;
	step = agent_step_get(dir, name);
	if (!step)
		return -ENOMEM;
	walk->steps[walk->nr_steps++] = step;
	return 0;
}

static void put_steps(struct agent_step **steps, u32 nr_steps)
{
	while (nr_steps)
		agent_step_put(steps[--nr_steps]);
}

static int keep_steps(struct agent_scope *scope, const struct agent_walk *walk)
{
	scope->steps = kmemdup_array(walk->steps, walk->nr_steps,
				     sizeof(*walk->steps), GFP_KERNEL_ACCOUNT);
	if (walk->nr_steps && !scope->steps)
		return -ENOMEM;
	scope->nr_steps = walk->nr_steps;
	return 0;
}

/*
 * What is missing is the last name of the walk, if its directory is there. A
 * link that leads to a missing directory ends in another name.
 */
static int bind_missing(struct agent_place *place, const char *name,
			struct agent_walk *walk)
{
	const char *base = strrchr(name, '/') + 1;
	struct agent_step *last;

	if (!walk->nr_steps)
		return -ENOENT;
	last = walk->steps[walk->nr_steps - 1];
	if (strcmp(base, last->text))
		return -ENOENT;
	refcount_inc(&last->usage);
	place->late = last;
	place->path = last->dir;
	path_get(&place->path);
	return 0;
}

static bool is_last_missing(const char *name)
{
	const char *base = strrchr(name, '/');
	struct path parent;
	char *dir;
	bool found;

	if (base == name)
		return true;
	dir = kmemdup_nul(name, base - name, GFP_KERNEL);
	if (!dir)
		return false;
	found = !kern_path(dir, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &parent);
	kfree(dir);
	if (found)
		path_put(&parent);
	return found;
}

/* Walk to a place by the caller's own capabilities, noting each step. */
static int walk_to(struct agent_scope *scope, const char *name,
		   struct agent_walk *walk)
{
	int err;

	current->agent_walk = walk;
	err = kern_path(name, LOOKUP_FOLLOW, &scope->at.path);
	current->agent_walk = NULL;
	if (err == -ENOENT && is_last_missing(name))
		err = bind_missing(&scope->at, name, walk);
	if (!err)
		err = keep_steps(scope, walk);
	if (err)
		put_steps(walk->steps, walk->nr_steps);
	return err;
}

/**
 * agent_scope_bind - resolve a path and note the way to it
 * @scope: the scope's top, or a hole in it; nothing to release on failure
 * @text: an absolute path
 *
 * A last name that is not there yet is bound as a name in its directory.
 *
 * Return: 0, -ENOMEM, or what the lookup said.
 */
int agent_scope_bind(struct agent_scope *scope, struct agent_text text)
{
	char *name = kmemdup_nul(text.data, text.size, GFP_KERNEL);
	struct agent_walk *walk = kzalloc(sizeof(*walk), GFP_KERNEL);
	int err = -ENOMEM;

	memset(scope, 0, sizeof(*scope));
	if (name && walk)
		err = walk_to(scope, name, walk);
	if (err) {
		agent_place_put(&scope->at);
		memset(scope, 0, sizeof(*scope));
	}
	kfree(walk);
	kfree(name);
	return err;
}

/**
 * agent_scope_put - let go of a scope's top
 * @scope: the scope, bound or zeroed
 */
void agent_scope_put(struct agent_scope *scope)
{
	put_steps(scope->steps, scope->nr_steps);
	kfree(scope->steps);
	agent_place_put(&scope->at);
}

/**
 * agent_place_get - take references to what a place is made of
 * @place: the place
 *
 * Return: @place's own content, for a copy of it.
 */
struct agent_place agent_place_get(const struct agent_place *place)
{
	path_get(&place->path);
	if (place->late)
		refcount_inc(&place->late->usage);
	return *place;
}

/**
 * agent_place_put - let go of a place
 * @place: the place, or zeroes
 *
 * Context: May sleep.
 */
void agent_place_put(struct agent_place *place)
{
	if (place->late)
		agent_step_put(place->late);
	path_put(&place->path);
}

/**
 * agent_step_is - whether an object has the name and the directory of a step
 * @step: the step
 * @dentry: the object
 *
 * Context: Any; under RCU.
 * Return: true if it has.
 */
bool agent_step_is(const struct agent_step *step, struct dentry *dentry)
{
	bool same;

	if (READ_ONCE(dentry->d_name.hash_len) != step->name.hash_len)
		return false;
	/* A name is only whole under its lock. */
	spin_lock(&dentry->d_lock);
	same = dentry->d_name.hash_len == step->name.hash_len &&
	       dentry->d_parent->d_inode == step->dir.dentry->d_inode &&
	       !memcmp(dentry->d_name.name, step->name.name, step->name.len);
	spin_unlock(&dentry->d_lock);
	return same;
}

/**
 * agent_path_up - go to the directory that an object is in, across mounts
 * @path: the object, replaced by its directory; references move along
 *
 * Context: May sleep.
 * Return: false at the top of the namespace.
 */
bool agent_path_up(struct path *path)
{
	struct dentry *parent;

	while (path->dentry == path->mnt->mnt_root) {
		if (!follow_up(path))
			return false;
	}
	if (IS_ROOT(path->dentry))
		return false;
	parent = dget_parent(path->dentry);
	dput(path->dentry);
	path->dentry = parent;
	return true;
}

static bool is_at(const struct path *path, const struct agent_place *scope)
{
	if (scope->late)
		return agent_step_is(scope->late, path->dentry);
	return d_backing_inode(path->dentry) ==
	       d_backing_inode(scope->path.dentry);
}

/**
 * agent_place_in - whether a place lies in a scope
 * @place: the place
 * @scope: the scope's top
 *
 * Context: May sleep.
 * Return: true if @place is @scope or lies below it.
 */
bool agent_place_in(const struct agent_place *place,
		    const struct agent_place *scope)
{
	struct path path = place->path;
	bool in;

	if (place->late && place->late == scope->late)
		return true;
	path_get(&path);
	do {
		in = is_at(&path, scope);
	} while (!in && agent_path_up(&path));
	path_put(&path);
	return in;
}

/**
 * agent_place_above - the step by which the directory of a path leads to it
 * @path: an object, replaced by its directory, whose reference is taken over
 * @step: gets the step with a reference, NULL at the top
 *
 * Return: 0, or -ENOMEM.
 */
int agent_place_above(struct path *path, struct agent_step **step)
{
	struct name_snapshot name;
	struct path child;
	int err = 0;

	*step = NULL;
	while (path->dentry == path->mnt->mnt_root) {
		if (!follow_up(path))
			return 0;
	}
	child = *path;
	path_get(&child);
	if (agent_path_up(path)) {
		take_dentry_name_snapshot(&name, child.dentry);
		*step = agent_step_get(path, &name.name);
		release_dentry_name_snapshot(&name);
		err = *step ? 0 : -ENOMEM;
	}
	path_put(&child);
	return err;
}
