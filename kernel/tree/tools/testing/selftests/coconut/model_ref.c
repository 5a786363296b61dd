// SPDX-License-Identifier: GPL-2.0
/* The reference: who holds what, and from whom; see model_ref.h. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <linux/agent.h>

#include "model_inner.h"

struct ref_agent ref_agents[REF_AGENTS];
uint32_t ref_nr_agents;

static struct ref_cap arena[REF_ARENA];
static uint32_t nr_arena;

bool ref_is_below(uint32_t agent, uint32_t above)
{
	int at;

	for (at = ref_agents[agent].parent; at >= 0;
	     at = ref_agents[at].parent) {
		if (at == (int)above)
			return true;
	}
	return false;
}

bool ref_is_live(int agent)
{
	return agent >= 0 && ref_agents[agent].live;
}

void ref_add_row(struct ref_agent *agent, struct ref_row row)
{
	if (agent->nr_rows < REF_ROWS)
		agent->rows[agent->nr_rows++] = row;
}

int ref_deny(struct ref_agent *agent, uint32_t reason)
{
	agent->denials++;
	agent->denied = true;
	agent->vague = false;
	ref_add_row(agent, (struct ref_row) {
		.event = AGENT_EVENT_DENY,
		.place = -1,
		.reason = reason,
	});
	return -ECAPABILITY;
}

void ref_allow(struct ref_agent *agent, uint32_t cap, int place)
{
	agent->denied = false;
	agent->vague = false;
	ref_add_row(agent, (struct ref_row) {
		.event = AGENT_EVENT_USE,
		.cap = cap,
		.place = place,
	});
}

/* A family of the same prefix; the narrower one has the longer. */
static bool is_range_in(const struct model_net *in, const struct model_net *of)
{
	uint32_t mask = of->prefix ? ~0U << (32 - of->prefix) : 0;

	if (in->low < of->low || in->high > of->high)
		return false;
	if (!of->family)
		return true;
	return in->family == of->family && in->prefix >= of->prefix &&
	       !((in->address ^ of->address) & mask);
}

bool ref_covers_net(const struct model_cap *held,
		    const struct model_net *wanted, uint8_t protocol)
{
	struct model_net range = model_range(held);

	return (!held->protocol || held->protocol == protocol) &&
	       is_range_in(wanted, &range);
}

/* Of paths only that they are of one kind. */
bool ref_covers(const struct model_cap *held, const struct model_cap *wanted)
{
	struct model_net range;

	if (held->kind != wanted->kind)
		return false;
	switch (held->kind) {
	case MODEL_CONNECT:
	case MODEL_BIND:
		range = model_range(wanted);
		return ref_covers_net(held, &range, wanted->protocol);
	case MODEL_OWN:
	case MODEL_PRINT:
		return !held->scope || held->scope == wanted->scope;
	case MODEL_SIGNAL:
	case MODEL_ATTEST:
		return held->relation >= wanted->relation;
	case MODEL_GRANT:
		return !held->grants || held->grants == wanted->grants;
	default:
		return true;
	}
}

bool ref_is_path(const struct model_cap *cap)
{
	return cap->kind == MODEL_READ || cap->kind == MODEL_WRITE;
}

bool ref_gives_at(const struct model_cap *cap, enum model_kind kind,
		  uint32_t place)
{
	uint32_t i;

	if (cap->kind != kind || !model_is_in(place, cap->place))
		return false;
	for (i = 0; i < cap->nr_holes; i++) {
		if (model_is_in(place, cap->holes[i]))
			return false;
	}
	return true;
}

/* Neither it nor any from which it comes is spent. */
static bool can_be_used(const struct ref_cap *cap)
{
	for (; cap; cap = cap->from) {
		if (cap->spec.uses && !cap->uses_left)
			return false;
	}
	return true;
}

/*
 * The first that gives a right at a place and can be used is the one that is;
 * when all are spent, the last one stands for what is open already.
 */
static struct ref_cap *pick(const struct ref_agent *agent,
			    enum model_kind kind, uint32_t place)
{
	struct ref_cap *found = NULL;
	uint32_t i;

	for (i = 0; i < agent->nr_caps; i++) {
		if (!ref_gives_at(&agent->caps[i]->spec, kind, place))
			continue;
		found = agent->caps[i];
		if (can_be_used(found))
			break;
	}
	return found;
}

/* Make its bundle: from what it has and from what its spawner's bundle gives. */
static void find_tops(struct ref_agent *of)
{
	uint32_t i, j;

	memset(of->tops, 0, sizeof(of->tops));
	if (of->parent > 0)
		memcpy(of->tops, ref_agents[of->parent].tops, sizeof(of->tops));
	for (i = 0; of->parent >= 0 && i < of->nr_caps; i++) {
		const struct model_cap *cap = &of->caps[i]->spec;

		if (ref_is_path(cap))
			of->tops[cap->place] = true;
		for (j = 0; j < cap->nr_holes; j++)
			of->tops[cap->holes[j]] = true;
	}
}

void ref_publish(uint32_t agent)
{
	struct ref_agent *of = &ref_agents[agent];
	uint32_t kind, place;

	find_tops(of);

	for (kind = 0; kind < MODEL_PATH_KINDS; kind++) {
		for (place = 0; place < MODEL_PLACES; place++) {
			struct ref_cap *cap = pick(of, kind, place);

			of->gives[kind][place] = cap;
			of->rights[kind][place] = cap && (of->parent < 0 ||
				ref_agents[of->parent].rights[kind][place]);
		}
	}
}

/* What an agent holds that is at least as wide; of paths at the scope's top. */
static bool has_any(const struct ref_agent *agent, uint32_t place)
{
	return agent->rights[MODEL_READ][place] ||
	       agent->rights[MODEL_WRITE][place];
}

/*
 * A name that leads to a scope or a hole may be looked up, and so may one that
 * is a scope; a hole's own may not. Any other may be within a scope.
 */
static bool can_look_up(const struct ref_agent *agent, uint32_t place)
{
	uint32_t i;

	for (i = 0; i < MODEL_PLACES; i++) {
		if (agent->tops[i] && i != place && model_is_in(i, place))
			return true;
	}
	if (agent->tops[place])
		return has_any(agent, place);
	return place && has_any(agent, model_above(place));
}

static bool can_walk(uint32_t agent, uint32_t place)
{
	uint32_t i;

	/* The test may look up anything here. */
	for (i = 0; agent && i < MODEL_PLACES; i++) {
		if (model_is_in(place, i) &&
		    !can_look_up(&ref_agents[agent], i))
			return false;
	}
	return true;
}

bool ref_can_name(uint32_t agent, const struct model_cap *cap)
{
	bool can = !ref_is_path(cap) || can_walk(agent, cap->place);
	uint32_t i;

	for (i = 0; i < cap->nr_holes; i++)
		can = can && can_walk(agent, cap->holes[i]);
	return can;
}

struct ref_cap *ref_source(uint32_t agent, const struct model_cap *wanted)
{
	struct ref_agent *at = &ref_agents[agent];
	struct ref_cap *cap;
	uint32_t i;

	if (ref_is_path(wanted)) {
		if (!at->rights[wanted->kind][wanted->place])
			return NULL;
		if (!can_be_used(at->gives[wanted->kind][wanted->place]))
			ref_publish(agent);
		cap = at->gives[wanted->kind][wanted->place];
		return at->rights[wanted->kind][wanted->place] &&
		       can_be_used(cap) ? cap : NULL;
	}
	for (i = 0; i < at->nr_caps; i++) {
		if (ref_covers(&at->caps[i]->spec, wanted) &&
		    can_be_used(at->caps[i]))
			return at->caps[i];
	}
	return NULL;
}

static struct ref_cap *bind(uint32_t agent, const struct model_cap *spec,
			    uint64_t granter, bool granted,
			    struct ref_cap *from)
{
	struct ref_agent *to = &ref_agents[agent];
	struct ref_cap *cap;

	if (nr_arena == REF_ARENA || to->nr_caps == REF_CAPS)
		return NULL;
	cap = &arena[nr_arena++];
	*cap = (struct ref_cap) {
		.spec = *spec,
		.granter = granter,
		.granted = granted,
		.uses_left = spec->uses,
		.tokens = spec->rate,
		.from = from,
		.owner = agent,
		.held = true,
	};
	to->caps[to->nr_caps++] = cap;
	return cap;
}

static void close_all(struct ref_agent *agent)
{
	uint32_t i;

	for (i = 0; i < MODEL_FILES; i++)
		agent->files[i].place = -1;
}

void ref_reset(uint64_t aid, int pid)
{
	static const struct model_cap own[] = {
		{ .kind = MODEL_READ }, { .kind = MODEL_WRITE },
		{ .kind = MODEL_CONNECT, .address = 1 },
		{ .kind = MODEL_BIND, .address = 1 },
		{ .kind = MODEL_OWN }, { .kind = MODEL_PRINT, .scope = 1 },
		{ .kind = MODEL_SIGNAL, .relation = AGENT_REL_ALL },
		{ .kind = MODEL_ATTEST, .relation = AGENT_REL_ALL },
		{ .kind = MODEL_SPAWN }, { .kind = MODEL_GRANT },
	};
	uint32_t i;

	memset(ref_agents, 0, sizeof(ref_agents));
	nr_arena = 0;
	ref_nr_agents = 1;
	ref_agents[0].live = true;
	ref_agents[0].aid = aid;
	ref_agents[0].pid = pid;
	ref_agents[0].parent = -1;
	close_all(&ref_agents[0]);
	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		bind(0, &own[i], 0, false, NULL);
	ref_publish(0);
}

int ref_spawn(uint32_t subject, uint32_t manifest, uint32_t *error_cap)
{
	struct ref_cap *from[MODEL_CAPS_MAX];
	const struct model_cap spawn = { .kind = MODEL_SPAWN };
	struct model_bundle bundle;
	uint32_t i;

	*error_cap = ~0U;
	if (!ref_source(subject, &spawn))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	model_manifest(manifest, &bundle);
	for (i = 0; i < bundle.nr_caps; i++) {
		/* The walk is denied, and then the spawn. */
		if (!ref_can_name(subject, &bundle.caps[i])) {
			*error_cap = i;
			ref_deny(&ref_agents[subject], AGENT_REASON_SCOPE);
			return ref_deny(&ref_agents[subject],
					AGENT_REASON_AUTHORITY);
		}
		from[i] = ref_source(subject, &bundle.caps[i]);
		if (!from[i]) {
			*error_cap = i;
			return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
		}
	}
	ref_agents[ref_nr_agents].live = true;
	ref_agents[ref_nr_agents].manifest = manifest;
	ref_agents[ref_nr_agents].parent = subject;
	close_all(&ref_agents[ref_nr_agents]);
	for (i = 0; i < bundle.nr_caps; i++)
		bind(ref_nr_agents, &bundle.caps[i], ref_agents[subject].aid,
		     false, from[i]);
	ref_publish(ref_nr_agents);
	ref_nr_agents++;
	return 0;
}

void ref_born(uint32_t agent, uint64_t aid, int pid, uint64_t denials)
{
	ref_agents[agent].aid = aid;
	ref_agents[agent].pid = pid;
	while (denials--)
		ref_deny(&ref_agents[agent], 0);
}

/* Whether a cap.grant of @subject is for what is granted; NULL for all. */
static bool rules(uint32_t subject, int object, const struct model_cap *what)
{
	struct model_cap wanted = {
		.kind = MODEL_GRANT,
		.grants = what ? what->kind + 1 : 0,
	};

	return ref_is_live(object) && ref_is_below(object, subject) &&
	       ref_source(subject, &wanted);
}

int ref_grant(uint32_t subject, int object, const struct model_cap *cap)
{
	struct ref_agent *by = &ref_agents[subject];
	struct ref_cap *from;

	if (!ref_is_live(object) || !ref_is_below(object, subject))
		return ref_deny(by, AGENT_REASON_AUTHORITY);
	if (!ref_can_name(subject, cap))
		return ref_deny(by, AGENT_REASON_SCOPE);
	if (!rules(subject, object, cap) || !ref_source(subject, cap))
		return ref_deny(by, AGENT_REASON_AUTHORITY);
	from = ref_source(ref_agents[object].parent, cap);
	if (!from)
		return ref_deny(by, AGENT_REASON_AUTHORITY);
	if (!bind(object, cap, by->aid, true, from))
		return -E2BIG;
	ref_publish(object);
	ref_add_row(&ref_agents[object], (struct ref_row) {
		.event = AGENT_EVENT_GRANT,
	});
	return 0;
}

int ref_release(uint32_t subject, int object)
{
	struct ref_agent *to = &ref_agents[object];

	if (!rules(subject, object, NULL))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	if (!to->frozen && !to->denied)
		return -EINVAL;
	to->frozen = false;
	to->denied = false;
	to->vague = false;
	return 0;
}

static bool is_of_use(const struct ref_agent *agent,
		      const struct ref_file *file)
{
	if (file->mode != O_WRONLY && !agent->rights[MODEL_READ][file->place])
		return false;
	return file->mode == O_RDONLY ||
	       agent->rights[MODEL_WRITE][file->place];
}

/* A file that is told of once is not told of again before it was of use. */
static void cut_files(struct ref_agent *agent, struct ref_removed *ret)
{
	uint32_t i;

	for (i = 0; agent->live && i < MODEL_FILES; i++) {
		struct ref_file *file = &agent->files[i];

		if (file->place < 0 || file->cut || is_of_use(agent, file))
			continue;
		file->cut = true;
		ret->files++;
	}
}

/* Whether that from which it comes is still there. */
static bool is_orphan(const struct ref_cap *cap)
{
	return !cap->held || (cap->from && !cap->from->held);
}

/*
 * Take what comes from what is gone, then see who has something from here. A
 * right that is lost may be one that those below lose as well.
 */
static void follow(uint32_t agent, bool path, bool first,
		   struct ref_removed *ret)
{
	struct ref_agent *of = &ref_agents[agent];
	uint32_t i, kept = 0, lost;

	for (i = 0; i < of->nr_caps; i++) {
		if (is_orphan(of->caps[i]))
			of->caps[i]->held = false;
		else
			of->caps[kept++] = of->caps[i];
	}
	lost = of->nr_caps - kept;
	of->nr_caps = kept;
	if (!lost && !path)
		return;
	ref_publish(agent);
	if (of->live) {
		ret->caps += lost;
		ret->agents += lost > 0;
		if (lost || first)
			ref_add_row(of, (struct ref_row) {
			.event = AGENT_EVENT_REVOKE,
		});
	}
	cut_files(of, ret);
	for (i = 0; i < ref_nr_agents; i++) {
		if (ref_agents[i].parent == (int)agent)
			follow(i, path, false, ret);
	}
}

static struct ref_cap *find(uint32_t agent, uint64_t handle)
{
	uint32_t i;

	for (i = 0; i < ref_agents[agent].nr_caps; i++) {
		if (ref_agents[agent].caps[i]->handle == handle)
			return ref_agents[agent].caps[i];
	}
	return NULL;
}

/* Whether it has a cap.grant at all. */
static bool is_granter(uint32_t subject)
{
	struct model_cap wanted = { .kind = MODEL_GRANT };
	bool is = false;

	for (; wanted.grants <= MODEL_KINDS; wanted.grants++)
		is = is || ref_source(subject, &wanted);
	return is;
}

int ref_revoke(uint32_t subject, int object, uint64_t handle,
	       struct ref_removed *ret)
{
	const bool self = object == (int)subject;
	struct ref_cap *cap = ref_is_live(object) ? find(object, handle) : NULL;

	if (!self && !(ref_is_live(object) && ref_is_below(object, subject)))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	if (!self && !(cap ? rules(subject, object, &cap->spec) :
			     is_granter(subject)))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	if (!cap)
		return -ENOENT;
	cap->held = false;
	follow(object, ref_is_path(&cap->spec), true, ret);
	return 0;
}

int ref_revoke_all(uint32_t subject, int object, struct ref_removed *ret)
{
	bool path = false;
	uint32_t i;

	if (object != (int)subject && !rules(subject, object, NULL))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	if (!ref_agents[object].nr_caps) {
		ref_add_row(&ref_agents[object], (struct ref_row) {
			.event = AGENT_EVENT_REVOKE,
		});
		return 0;
	}
	for (i = 0; i < ref_agents[object].nr_caps; i++) {
		path = path || ref_is_path(&ref_agents[object].caps[i]->spec);
		ref_agents[object].caps[i]->held = false;
	}
	follow(object, path, true, ret);
	return 0;
}

int ref_quarantine(uint32_t subject, int object)
{
	if (!rules(subject, object, NULL))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	ref_agents[object].frozen = true;
	return 0;
}

void ref_end(uint32_t agent)
{
	ref_agents[agent].live = false;
	ref_agents[agent].frozen = false;
}

int ref_terminate(uint32_t subject, int object)
{
	if (!rules(subject, object, NULL))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	ref_end(object);
	return 0;
}

