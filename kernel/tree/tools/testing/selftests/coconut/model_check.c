// SPDX-License-Identifier: GPL-2.0
/* The model's agents, held against what the kernel attests of them. */

#include <string.h>

#include "calls.h"
#include "model_ref.h"
#include "model_run.h"

/* It ends with what it comes from. */
static bool ends(const struct ref_cap *cap)
{
	for (; cap; cap = cap->from) {
		if (cap->spec.lives)
			return true;
	}
	return false;
}

static void check_cap(uint32_t index, const struct ref_cap *want,
		      const struct agent_cap_info *got)
{
	struct cbor cbor = model_cbor(&want->spec);
	uint64_t left = want->spec.uses ? want->uses_left : ~0ULL;
	uint32_t flags = (want->granted ? AGENT_CAP_INFO_GRANTED : 0) |
			 AGENT_CAP_INFO_DERIVED;

	if (got->cbor_size != cbor.size ||
	    memcmp(got + 1, cbor.data, cbor.size))
		run_fail("agent %u: another capability than the model's",
			 index);
	if (got->handle != want->handle || got->granter != want->granter)
		run_fail("agent %u: handle %llu of %llu, the model says %llu of %llu",
			 index, (unsigned long long)got->handle,
			 (unsigned long long)got->granter,
			 (unsigned long long)want->handle,
			 (unsigned long long)want->granter);
	if (got->uses_left != left)
		run_fail("agent %u: %lld uses left of %s, the model says %lld",
			 index, (long long)got->uses_left,
			 model_name(want->spec.kind), (long long)left);
	if (got->flags != flags)
		run_fail("agent %u: flags %u of %s, the model says %u", index,
			 got->flags, model_name(want->spec.kind), flags);
	if (!got->expires_ns == ends(want))
		run_fail("agent %u: %s has an end or not?", index,
			 model_name(want->spec.kind));
}

/* A new agent's handles are learnt; from then on they are what they were. */
static void check_bundle(uint32_t index)
{
	static uint64_t buf[8192];
	struct ref_agent *agent = &ref_agents[index];
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_CAPS,
		.aid = agent->aid,
		.buf = (uintptr_t)buf,
		.buf_size = sizeof(buf),
	};
	long size = CALL(attest, &args), pos;
	uint32_t i = 0;

	for (pos = 0; pos < size; i++) {
		const struct agent_cap_info *info = (void *)buf + pos;

		pos += info->size;
		if (i >= agent->nr_caps)
			continue;
		if (!agent->caps[i]->handle)
			agent->caps[i]->handle = info->handle;
		check_cap(index, agent->caps[i], info);
	}
	if (size < 0 || i != agent->nr_caps)
		run_fail("agent %u: %u capabilities (%ld), the model says %u",
			 index, i, size, agent->nr_caps);
}

static void check_state(uint32_t index)
{
	struct ref_agent *agent = &ref_agents[index];
	struct agent_attestation at;
	uint32_t want = agent->frozen ? AGENT_QUARANTINED :
			agent->denied ? AGENT_CAPABILITY_DENIED : AGENT_ACTIVE;
	long ret = attest(agent->aid, &at);

	if (ret < 0) {
		run_fail("agent %u: %s", index, run_name_error(ret));
		return;
	}
	if (at.denials != agent->denials)
		run_fail("agent %u: %llu denials, the model says %llu", index,
			 (unsigned long long)at.denials,
			 (unsigned long long)agent->denials);
	/* A read may not have been asked about; now it is known. */
	if (!index)
		return;
	if (agent->vague && !agent->frozen) {
		agent->denied = at.state == AGENT_CAPABILITY_DENIED;
		agent->vague = false;
	} else if (at.state != want) {
		run_fail("agent %u: state %u, the model says %u", index,
			 at.state, want);
	}
}

void run_check(uint32_t index)
{
	if (index)
		check_bundle(index);
	check_state(index);
}
