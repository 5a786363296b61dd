/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The reference: what the kernel should decide, worked out as plainly as can
 * be. Lists, recursion, and nothing remembered that can be found again.
 */
#ifndef COCONUT_TEST_MODEL_REF_H
#define COCONUT_TEST_MODEL_REF_H

#include "model_caps.h"
#include "model_talk.h"

#define REF_AGENTS	1024	/* that there are in one run */
#define REF_CAPS	64	/* of one agent */
#define REF_ARENA	16384	/* of all agents in one run */
#define REF_ROWS	2048	/* of one agent */

/**
 * struct ref_cap - a capability that an agent holds or has held
 * @spec: what it gives
 * @handle: as the kernel named it
 * @granter: AID of who gave it
 * @granted: by a grant
 * @uses_left: with a count
 * @tokens: with a rate
 * @from: the spawner's capability from which it comes
 * @owner: index of the agent
 * @held: it has not been taken
 */
struct ref_cap {
	struct model_cap spec;
	uint64_t handle;
	uint64_t granter;
	bool granted;
	uint64_t uses_left;
	uint32_t tokens;
	struct ref_cap *from;
	uint32_t owner;
	bool held;
};

/**
 * struct ref_row - a row that an agent should leave
 * @event: enum agent_audit_event
 * @cap: enum agent_cap_id, 0 for any
 * @place: of a file, -1 for none
 * @reason: of a denial, 0 for any
 * @may: it need not be there
 */
struct ref_row {
	uint16_t event;
	uint16_t cap;
	int16_t place;
	uint16_t reason;
	bool may;
};

/**
 * struct ref_file - a file that an agent has open
 * @place: which, -1 for none
 * @mode: O_RDONLY, O_WRONLY or O_RDWR
 * @cut: it was told of as lost, and was not used since
 */
struct ref_file {
	int place;
	int mode;
	bool cut;
};

/**
 * struct ref_agent - an agent
 * @live: it has not ended
 * @frozen: it is in quarantine
 * @denied: its last decision was a denial
 * @vague: or was it? A read of an open file may not have been decided
 * @aid: its AID
 * @pid: its process
 * @manifest: which it was spawned from
 * @parent: index of its spawner, -1 for the test
 * @denials: how often it was denied something
 * @nr_caps: how many
 * @caps: what it holds, in the order in which it came
 * @rights: what it may do at each place, since its bundle was made: what it
 *	has itself, and its spawner had then
 * @gives: the capability that is used for that
 * @tops: where a scope or a hole begins, its own or its spawner's
 * @files: what it has open
 * @nr_rows: how many
 * @rows: what it should have left in the chain
 */
struct ref_agent {
	bool live;
	bool frozen;
	bool denied;
	bool vague;
	uint64_t aid;
	int pid;
	uint32_t manifest;
	int parent;
	uint64_t denials;
	uint32_t nr_caps;
	struct ref_cap *caps[REF_CAPS];
	bool rights[MODEL_PATH_KINDS][MODEL_PLACES];
	struct ref_cap *gives[MODEL_PATH_KINDS][MODEL_PLACES];
	bool tops[MODEL_PLACES];
	struct ref_file files[MODEL_FILES];
	uint32_t nr_rows;
	struct ref_row rows[REF_ROWS];
};

/**
 * struct ref_removed - what a revocation took
 * @caps: capabilities
 * @agents: agents that lost one
 * @files: open files that are no longer of use for all that they were opened for
 */
struct ref_removed {
	uint64_t caps;
	uint64_t agents;
	uint64_t files;
};

extern struct ref_agent ref_agents[REF_AGENTS];
extern uint32_t ref_nr_agents;

/* Nobody but the test, agent 0. */
void ref_reset(uint64_t aid, int pid);

/* Return: whether @agent descends from @above, and is not it. */
bool ref_is_below(uint32_t agent, uint32_t above);

/*
 * Each returns what the call should, and changes the reference as the kernel
 * should have changed itself.
 */
int ref_spawn(uint32_t subject, uint32_t manifest, uint32_t *error_cap);
/* What its C library was denied before the first request is no part of it. */
void ref_born(uint32_t agent, uint64_t aid, int pid, uint64_t denials);
int ref_grant(uint32_t subject, int object, const struct model_cap *cap);
int ref_release(uint32_t subject, int object);
int ref_revoke(uint32_t subject, int object, uint64_t handle,
	       struct ref_removed *ret);
int ref_revoke_all(uint32_t subject, int object, struct ref_removed *ret);
int ref_quarantine(uint32_t subject, int object);
int ref_terminate(uint32_t subject, int object);
void ref_end(uint32_t agent);
int ref_present(uint32_t subject, int object, const struct model_cap *cap,
		bool use);
int ref_attest(uint32_t subject, int object);
int ref_signal(uint32_t subject, int object);
int ref_open(uint32_t subject, uint32_t file, uint32_t place, int mode);
int ref_use_file(uint32_t subject, uint32_t file, bool write);
int ref_use_net(uint32_t subject, enum model_kind kind, uint32_t address,
		uint16_t port, uint8_t protocol);

#endif /* COCONUT_TEST_MODEL_REF_H */
