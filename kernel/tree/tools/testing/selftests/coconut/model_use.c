// SPDX-License-Identifier: GPL-2.0
/* The reference: uses, and questions; see model_ref.h. */

#include <errno.h>
#include <fcntl.h>

#include <linux/agent.h>

#include "model_inner.h"

/* The whole of it, without a hole that it does not have itself. */
static bool holds(uint32_t agent, const struct model_cap *wanted)
{
	uint32_t place;

	if (!ref_source(agent, wanted))
		return false;
	for (place = 0; ref_is_path(wanted) && place < MODEL_PLACES; place++) {
		if (ref_gives_at(wanted, wanted->kind, place) &&
		    !ref_agents[agent].rights[wanted->kind][place])
			return false;
	}
	return true;
}

/* Return: AGENT_REASON_* of the first in line that has nothing left. */
static uint32_t use(struct ref_cap *cap)
{
	struct ref_cap *at;

	for (at = cap; at; at = at->from) {
		if (at->spec.uses && !at->uses_left)
			return AGENT_REASON_EXPIRED;
		if (at->spec.rate && !at->tokens)
			return AGENT_REASON_RATE;
	}
	for (at = cap; at; at = at->from) {
		at->uses_left -= !!at->spec.uses;
		at->tokens -= !!at->spec.rate;
	}
	return AGENT_REASON_NONE;
}

/* Another one may give what a spent one gave until now. */
static uint32_t take_path(uint32_t agent, enum model_kind kind, uint32_t place)
{
	struct ref_agent *by = &ref_agents[agent];
	uint32_t reason = AGENT_REASON_SCOPE;

	if (by->rights[kind][place])
		reason = use(by->gives[kind][place]);
	if (reason != AGENT_REASON_EXPIRED)
		return reason;
	ref_publish(agent);
	return by->rights[kind][place] ? use(by->gives[kind][place]) :
					 AGENT_REASON_SCOPE;
}

static int use_path(uint32_t subject, enum model_kind kind, uint32_t place)
{
	uint32_t reason = take_path(subject, kind, place);

	if (reason != AGENT_REASON_NONE)
		return ref_deny(&ref_agents[subject], reason);
	ref_allow(&ref_agents[subject], model_cap_id(kind), place);
	return 0;
}

/* The first that can be used now; or why the last of them can't be. */
static uint32_t use_any(uint32_t agent, const struct model_cap *wanted)
{
	struct ref_agent *at = &ref_agents[agent];
	uint32_t i, reason = AGENT_REASON_SCOPE;

	for (i = 0; reason != AGENT_REASON_NONE && i < at->nr_caps; i++) {
		if (ref_covers(&at->caps[i]->spec, wanted))
			reason = use(at->caps[i]);
	}
	return reason;
}

static bool reaches(uint32_t subject, int object, enum model_kind kind)
{
	struct model_cap wanted = {
		.kind = kind,
		.relation = AGENT_REL_ALL,
	};

	if (ref_is_live(object) && ref_is_below(object, subject))
		wanted.relation = AGENT_REL_DESCENDANTS;
	return use_any(subject, &wanted) == AGENT_REASON_NONE;
}

int ref_attest(uint32_t subject, int object)
{
	if (object == (int)subject)
		return 0;
	if (!reaches(subject, object, MODEL_ATTEST))
		return ref_deny(&ref_agents[subject], AGENT_REASON_AUTHORITY);
	return ref_is_live(object) ? 0 : -ESRCH;
}

int ref_signal(uint32_t subject, int object)
{
	if (!reaches(subject, object, MODEL_SIGNAL))
		return ref_deny(&ref_agents[subject], AGENT_REASON_SCOPE);
	ref_allow(&ref_agents[subject], AGENT_CAP_PROC_SIGNAL, -1);
	return 0;
}

static int present(uint32_t object, const struct model_cap *cap, bool used)
{
	struct ref_agent *of = &ref_agents[object];
	uint32_t reason = AGENT_REASON_SCOPE;

	if (!used)
		return holds(object, cap) ? 0 : -ECAPABILITY;
	if (!ref_is_path(cap))
		reason = use_any(object, cap);
	else if (holds(object, cap))
		reason = take_path(object, cap->kind, cap->place);
	if (reason != AGENT_REASON_NONE)
		return ref_deny(of, reason);
	ref_allow(of, model_cap_id(cap->kind), -1);
	return 0;
}

int ref_present(uint32_t subject, int object, const struct model_cap *cap,
		bool used)
{
	int err = ref_attest(subject, object);

	if (!err && !ref_can_name(subject, cap))
		return ref_deny(&ref_agents[subject], AGENT_REASON_SCOPE);
	return err ?: present(object, cap, used);
}

int ref_open(uint32_t subject, uint32_t file, uint32_t place, int mode)
{
	struct ref_file *to = &ref_agents[subject].files[file];
	int err = 0;

	to->place = -1;
	if (mode != O_WRONLY)
		err = use_path(subject, MODEL_READ, place);
	if (!err && mode != O_RDONLY)
		err = use_path(subject, MODEL_WRITE, place);
	if (!err)
		*to = (struct ref_file) { .place = place, .mode = mode };
	return err;
}

/* It goes on with what it has opened, which takes no use. */
int ref_use_file(uint32_t subject, uint32_t file, bool write)
{
	struct ref_agent *by = &ref_agents[subject];
	struct ref_file *of = &by->files[file];
	enum model_kind kind = write ? MODEL_WRITE : MODEL_READ;

	if (of->place < 0 || of->mode == (write ? O_RDONLY : O_WRONLY))
		return -EBADF;
	if (!by->rights[kind][of->place])
		return ref_deny(by, AGENT_REASON_REVOKED);
	of->cut = false;
	by->vague = by->vague || by->denied;
	ref_add_row(by, (struct ref_row) {
		.event = AGENT_EVENT_USE,
		.cap = model_cap_id(kind),
		.place = of->place,
		.may = true,
	});
	return 0;
}

int ref_use_net(uint32_t subject, enum model_kind kind, uint32_t address,
		uint16_t port, uint8_t protocol)
{
	struct ref_agent *by = &ref_agents[subject];
	const struct model_net one = {
		.family = 4,
		.address = address,
		.prefix = 32,
		.low = port,
		.high = port,
	};
	uint32_t i, reason = AGENT_REASON_SCOPE;

	for (i = 0; reason != AGENT_REASON_NONE && i < by->nr_caps; i++) {
		const struct model_cap *spec = &by->caps[i]->spec;

		if (spec->kind == kind && ref_covers_net(spec, &one, protocol))
			reason = use(by->caps[i]);
	}
	if (reason != AGENT_REASON_NONE)
		return ref_deny(by, reason);
	ref_allow(by, model_cap_id(kind), -1);
	return 0;
}
