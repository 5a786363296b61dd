/* SPDX-License-Identifier: GPL-2.0 */
/* What the reference's two files share. */
#ifndef COCONUT_TEST_MODEL_INNER_H
#define COCONUT_TEST_MODEL_INNER_H

#include "model_ref.h"

bool ref_is_live(int agent);
bool ref_is_path(const struct model_cap *cap);
void ref_add_row(struct ref_agent *agent, struct ref_row row);
/* @reason: AGENT_REASON_*, 0 for any. Return: -ECAPABILITY. */
int ref_deny(struct ref_agent *agent, uint32_t reason);
void ref_allow(struct ref_agent *agent, uint32_t cap, int place);

bool ref_covers_net(const struct model_cap *held,
		    const struct model_net *wanted, uint8_t protocol);
/* Of paths only that they are of one kind. */
bool ref_covers(const struct model_cap *held, const struct model_cap *wanted);
bool ref_gives_at(const struct model_cap *cap, enum model_kind kind,
		  uint32_t place);

/* Make a bundle: from what the agent has and from what its spawner's gives. */
void ref_publish(uint32_t agent);
/*
 * Whether an agent may look up all that a capability names, which it does when
 * it gives it or asks about it.
 */
bool ref_can_name(uint32_t agent, const struct model_cap *cap);
/* What an agent holds that is at least as wide; of paths at the scope's top. */
struct ref_cap *ref_source(uint32_t agent, const struct model_cap *wanted);

#endif /* COCONUT_TEST_MODEL_INNER_H */
