/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: what the units of kernel/agent/ share among themselves.
 */
#ifndef _KERNEL_AGENT_AGENT_H
#define _KERNEL_AGENT_AGENT_H

#include <linux/agent.h>
#include <linux/agent_audit.h>

/* agent.c: objects and the registry */
struct agent *agent_alloc(struct agent *parent);
int agent_register(struct agent *agent, u64 aid);
void agent_end(struct agent *agent, long code);
int agent_seed_aid(u64 next);

/* lifecycle.c: ways through the state table */
void agent_stop_work(struct work_struct *work);
int agent_quarantine(struct agent *agent, u64 *stopped);
int agent_release(struct agent *agent);
int agent_terminate(struct agent *agent, u64 *killed);

/* bundle.c */
int agent_bundle_install(struct agent *agent, struct agent_cap **caps,
			 u32 nr_caps);
int agent_bundle_add(struct agent *agent, struct agent_cap *cap);
int agent_bundle_remove(struct agent *agent, u64 handle, u64 *removed);
void agent_bundle_drop(struct agent *agent);
bool agent_bundle_covers(struct agent *agent, const struct agent_cap *cap);
void agent_bundle_expire(struct work_struct *work);

bool agent_bundle_holds(struct agent *agent, const struct agent_cap *cap);
bool agent_bundle_names(const struct agent_bundle *bundle, const void *cbor,
			u32 size);

/* roots.c */
int agent_roots_make(struct agent_bundle *bundle, const struct agent *agent,
		     const struct agent_bundle *parent);
void agent_roots_free(struct agent_bundle *bundle);
const struct agent_root *agent_bundle_rights(const struct agent_bundle *bundle,
					     const struct agent_place *place);

/* The capability that gives a right at a root. */
static inline struct agent_cap *agent_root_cap(const struct agent_bundle *bundle,
					       const struct agent_root *root,
					       enum agent_cap_id id)
{
	return bundle->caps[root->grant[AGENT_PATH_INDEX(id)]];
}

/* place.c */
struct agent_step *agent_step_get(const struct path *dir,
				  const struct qstr *name);
void agent_step_put(struct agent_step *step);
int agent_scope_bind(struct agent_scope *scope, struct agent_text text);
void agent_scope_put(struct agent_scope *scope);
struct agent_place agent_place_get(const struct agent_place *place);
void agent_place_put(struct agent_place *place);
bool agent_place_in(const struct agent_place *place,
		    const struct agent_place *scope);
bool agent_path_up(struct path *path);
int agent_place_above(struct path *path, struct agent_step **step);

/* cap.c */
struct agent_cap *agent_cap_bind(const struct agent_cap_spec *spec,
				 u64 granter, u32 flags);
void agent_cap_put(struct agent_cap *cap);
int agent_grant(struct agent *agent, struct agent_cap *cap, u64 granter);
int agent_revoke(struct agent *agent, u64 handle, bool all, u64 revoker,
		 u64 *removed);

/* manifest.c: signature, keyring and the agent made from a manifest */
int agent_manifest_verify(const void *manifest, size_t size,
			  const void *signature, size_t signature_size,
			  struct agent_attestation *attestation);

/* code.c */
void agent_code_load(void);

/* exec.c */
const u8 *agent_root_digest(void);

/* attest.c */
long agent_attest_one(struct agent *agent, const struct agent_attest_args *args);
long agent_attest_caps(struct agent *agent, const struct agent_attest_args *args);

/* quota.c */
int agent_quota_apply(struct agent *agent, struct agent_quota_args *args);
void agent_limit_memory(struct agent *agent);
int agent_tier_apply(struct agent *agent, struct agent_memory_tier_args *args);

/* spawn.c */
long agent_spawn_one(struct agent *parent, struct agent_spawn_args *args);

#endif /* _KERNEL_AGENT_AGENT_H */
