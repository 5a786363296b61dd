/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents: what the units of kernel/agent/ share among themselves.
 */
#ifndef _KERNEL_AGENT_AGENT_H
#define _KERNEL_AGENT_AGENT_H

#include <linux/agent.h>
#include <linux/agent_audit.h>

/**
 * struct agent_loss - what one agent has lost
 * @expire: to be set beforehand: what has expired goes as well
 * @nr: capabilities that were taken back
 * @expired: those whose time was over
 * @rights: AGENT_RIGHT() of paths among all these
 * @handles: of those that were taken back, the first ones
 */
struct agent_loss {
	bool expire;
	u32 nr;
	u32 expired;
	u32 rights;
	__le64 handles[32];
};

/* agent.c: objects, the registry and the family */
struct agent *agent_alloc(struct agent *parent);
int agent_register(struct agent *agent, u64 aid);
void agent_end(struct agent *agent, long code);
int agent_seed_aid(u64 next);
struct agent *agent_next_child(struct agent *parent, struct agent *after);

/* tasks.c */
bool agent_leave(struct task_struct *task);
u32 agent_stop_all(struct agent *agent);
void agent_continue_all(struct agent *agent);
u32 agent_kill_all(struct agent *agent);

/* lifecycle.c: ways through the state table */
void agent_stop_work(struct work_struct *work);
int agent_quarantine(struct agent *agent, u64 *stopped);
int agent_release(struct agent *agent);
int agent_terminate(struct agent *agent, u64 *killed);

/* bundle.c: under the agent's mutex, but for install, lapse and drop */
int agent_bundle_install(struct agent *agent, struct agent_cap **caps,
			 u32 nr_caps);
int agent_bundle_add(struct agent *agent, struct agent_cap *cap);
int agent_bundle_remove(struct agent *agent, u64 handle,
			struct agent_loss *loss);
bool agent_bundle_follow(struct agent *agent, u32 rights,
			 struct agent_loss *loss);
int agent_bundle_lapse(struct agent *agent, struct agent_loss *loss);
void agent_bundle_drop(struct agent *agent);
bool agent_bundle_names(const struct agent_bundle *bundle, const void *cbor,
			u32 size);

/* share.c */
u64 agent_share_key(const struct agent *agent);
struct agent_bundle *agent_share_find(u64 key, struct agent_cap *const *caps,
				      u32 nr_caps);
void agent_share_offer(struct agent_bundle *bundle, u64 key);
bool agent_share_put(struct agent_bundle *bundle);

/* hold.c */
struct agent_cap *agent_find_source(struct agent *agent,
				    const struct agent_cap *wanted);
struct agent_cap *agent_find_host(struct agent *agent,
				  const struct agent_cap *wanted);
struct agent_cap *agent_find_handle(struct agent *agent, u64 handle);
bool agent_bundle_holds(struct agent *agent, const struct agent_cap *cap);
enum agent_audit_reason agent_use_held(struct agent *agent,
				       const struct agent_cap *cap);
enum agent_audit_reason agent_may_grant(struct agent *subject,
					const struct agent_cap_spec *spec);

/* revoke.c */
int agent_grant(struct agent *agent, struct agent_cap *cap, u64 granter);
int agent_revoke(struct agent *agent, u64 handle, u64 revoker,
		 struct agent_toll *toll);
void agent_bundle_expire(struct work_struct *work);

/* reasons.c */
int agent_hints_keep(struct agent *agent, struct agent_cap *const *caps,
		     u32 nr_caps);
long agent_reasons_read(struct agent *agent,
			struct agent_audit_query_args *args);
void agent_reasons_free(struct agent *agent);

/* roots.c */
int agent_roots_make(struct agent_bundle *bundle, const struct agent *agent,
		     const struct agent_bundle *parent);
void agent_roots_free(struct agent_bundle *bundle);

/* edges.c */
int agent_edges_make(struct agent_bundle *bundle, const struct agent *agent);
void agent_edges_free(struct agent_bundle *bundle);
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
bool agent_cap_reaches(const struct agent_cap *cap,
		       const struct agent_place *place);
void agent_cap_derive(struct agent_cap *cap, struct agent_cap *from);

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
void agent_limit_reached(struct agent *agent, u32 resource);

/* It has got what it asked for: running into the limit would be news again. */
static inline void agent_limit_kept(struct agent *agent, u32 resource)
{
	if (unlikely(READ_ONCE(agent->reached)))
		clear_bit(resource, &agent->reached);
}

int agent_tier_apply(struct agent *agent, struct agent_memory_tier_args *args);

/* spawn.c */
long agent_spawn_one(struct agent *parent, struct agent_spawn_args *args);

#endif /* _KERNEL_AGENT_AGENT_H */
