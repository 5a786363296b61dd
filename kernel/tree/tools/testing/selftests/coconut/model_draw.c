// SPDX-License-Identifier: GPL-2.0
/* The model's operations, as they are drawn and told. */

#include <fcntl.h>
#include <stdio.h>

#include "calls.h"
#include "model_ref.h"
#include "model_run.h"

/* Of a thousand. */
static const uint16_t weights[RUN_KINDS] = {
	[RUN_SPAWN] = 60,	[RUN_GRANT] = 170,	[RUN_RELEASE] = 25,
	[RUN_REVOKE] = 90,	[RUN_REVOKE_ALL] = 8,	[RUN_QUARANTINE] = 10,
	[RUN_TERMINATE] = 11,	[RUN_EXIT] = 6,		[RUN_PRESENT] = 105,
	[RUN_PRESENT_USE] = 85,	[RUN_ATTEST] = 15,	[RUN_SIGNAL] = 25,
	[RUN_OPEN] = 140,	[RUN_READ] = 60,	[RUN_PREAD] = 60,
	[RUN_WRITE] = 50,	[RUN_CONNECT] = 50,	[RUN_BIND] = 30,
};

static enum run_kind draw_kind(uint64_t *seed)
{
	uint32_t at = model_below(seed, 1000), kind;

	for (kind = 0; kind < RUN_KINDS - 1 && at >= weights[kind]; kind++)
		at -= weights[kind];
	return kind;
}

/* One that some agent holds is asked for more often than any that there is. */
static struct model_cap draw_cap(uint64_t *seed)
{
	const struct ref_agent *agent =
		&ref_agents[model_below(seed, ref_nr_agents)];
	struct model_cap cap;

	if (!agent->nr_caps || model_chance(seed, 35))
		return model_draw(seed);
	cap = agent->caps[model_below(seed, agent->nr_caps)]->spec;
	if (model_chance(seed, 50))
		cap = model_narrow(seed, cap);
	if (model_chance(seed, 60))
		cap.uses = 0;
	if (model_chance(seed, 60))
		cap.rate = 0;
	return cap;
}

/* A slot of one that lives, or of none that does; the first if there is none. */
static uint32_t draw_slot(uint64_t *seed, bool live)
{
	uint32_t start = model_below(seed, MODEL_AGENTS), i;

	for (i = 0; i < MODEL_AGENTS; i++) {
		uint32_t slot = (start + i) % MODEL_AGENTS;
		int agent = run_agent_in(slot);

		if ((agent >= 0 && ref_agents[agent].live) == live)
			return slot;
	}
	return 0;
}

/* Its own manifest by a step narrower is what an agent can mostly spawn. */
static void draw_spawn(uint64_t *seed, struct run_op *op)
{
	uint32_t own;

	op->subject = draw_slot(seed, true);
	op->object = draw_slot(seed, false);
	op->number = model_below(seed, MODEL_MANIFESTS);
	own = ref_agents[run_agent_in(op->subject)].manifest;
	if (op->subject && own % MODEL_LEVELS < MODEL_LEVELS - 1 &&
	    model_chance(seed, 70))
		op->number = own + 1;
}

/* One that is open, by whoever has one, and best by who has lost something. */
static void draw_file(uint64_t *seed, struct run_op *op)
{
	uint32_t tries, agent;

	for (tries = 0; tries < 20; tries++) {
		op->subject = draw_slot(seed, true);
		op->number = model_below(seed, MODEL_FILES);
		agent = run_agent_in(op->subject);
		if (ref_agents[agent].files[op->number].cut ||
		    (ref_agents[agent].files[op->number].place >= 0 &&
		     model_chance(seed, 30)))
			return;
	}
}

struct run_op run_draw(uint64_t *seed)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	struct run_op op = {
		.kind = draw_kind(seed),
		.subject = draw_slot(seed, true),
		.object = model_chance(seed, 90) ? draw_slot(seed, true) :
			  model_below(seed, MODEL_AGENTS),
		.self = model_chance(seed, 50),
		.number = model_below(seed, 256),
		.more = model_below(seed, 256),
		.mode = modes[model_below(seed, 3)],
	};

	/* The test rules over all, so it has a part of its own. */
	if (op.kind <= RUN_PRESENT_USE && model_chance(seed, 35))
		op.subject = 0;
	if (op.kind == RUN_REVOKE && model_chance(seed, 15))
		op.object = op.subject;
	switch ((enum run_kind)op.kind) {
	case RUN_SPAWN:
		draw_spawn(seed, &op);
		break;
	case RUN_GRANT:
	case RUN_PRESENT:
	case RUN_PRESENT_USE:
		op.cap = draw_cap(seed);
		break;
	case RUN_READ:
	case RUN_PREAD:
	case RUN_WRITE:
		draw_file(seed, &op);
		break;
	case RUN_CONNECT:
	case RUN_BIND:
		op.number = 1 + model_below(seed, 4);
		op.more = 7099 + model_below(seed, 12);
		op.mode = model_chance(seed, 50) ? 6 : 17;
		break;
	default:
		break;
	}
	return op;
}

static const char *name_mode(uint32_t mode)
{
	return mode == O_RDONLY ? "reading" :
	       mode == O_WRONLY ? "writing" : "both";
}

void run_print(const struct run_op *op)
{
	static const char *const verbs[RUN_KINDS] = {
		[RUN_GRANT] = "grants", [RUN_RELEASE] = "releases",
		[RUN_REVOKE] = "takes from", [RUN_REVOKE_ALL] = "takes all from",
		[RUN_QUARANTINE] = "freezes", [RUN_TERMINATE] = "ends",
		[RUN_PRESENT] = "asks about", [RUN_PRESENT_USE] = "uses of",
		[RUN_ATTEST] = "attests", [RUN_SIGNAL] = "signals",
	};
	uint32_t file = op->number % MODEL_FILES;

	printf("slot %u ", op->subject);
	switch ((enum run_kind)op->kind) {
	case RUN_SPAWN:
		printf("spawns slot %u from model-%u", op->object, op->number);
		break;
	case RUN_EXIT:
		printf("exits");
		break;
	case RUN_OPEN:
		printf("opens %s as file %u for %s",
		       model_place(MODEL_DIRS + op->more % MODEL_DIRS), file,
		       name_mode(op->mode));
		break;
	case RUN_READ:
	case RUN_PREAD:
		printf("reads file %u", file);
		break;
	case RUN_WRITE:
		printf("writes file %u", file);
		break;
	case RUN_CONNECT:
	case RUN_BIND:
		printf("%s 127.0.0.%u port %u protocol %u",
		       op->kind == RUN_BIND ? "binds" : "connects to",
		       op->number, op->more, op->mode);
		break;
	default:
		printf("%s slot %u ", verbs[op->kind], op->object);
		if (op->kind == RUN_REVOKE)
			printf("number %u", op->number);
		else if (op->kind == RUN_GRANT || op->kind == RUN_PRESENT ||
			 op->kind == RUN_PRESENT_USE)
			model_print(stdout, &op->cap);
		break;
	}
	printf("\n");
}
