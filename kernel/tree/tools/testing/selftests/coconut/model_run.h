/* SPDX-License-Identifier: GPL-2.0 */
/* The model's operations: drawn, done by agents, and compared. */
#ifndef COCONUT_TEST_MODEL_RUN_H
#define COCONUT_TEST_MODEL_RUN_H

#include "model_caps.h"
#include "model_talk.h"

enum run_kind {
	RUN_SPAWN,
	RUN_GRANT,
	RUN_RELEASE,
	RUN_REVOKE,
	RUN_REVOKE_ALL,
	RUN_QUARANTINE,
	RUN_TERMINATE,
	RUN_EXIT,
	RUN_PRESENT,
	RUN_PRESENT_USE,
	RUN_ATTEST,
	RUN_SIGNAL,
	RUN_OPEN,
	RUN_READ,
	RUN_PREAD,
	RUN_WRITE,
	RUN_CONNECT,
	RUN_BIND,
	RUN_KINDS
};

/**
 * struct run_op - one operation, whole in itself: it can be done again in
 *	another history, where it may do nothing
 * @kind: enum run_kind
 * @subject: slot of who does it
 * @object: slot of the agent it is done to
 * @self: by AGENT_AID_SELF, where it is the same
 * @number: manifest, index of a capability, file or address
 * @more: place or port
 * @mode: of an open, or a protocol
 * @cap: granted or presented
 */
struct run_op {
	uint8_t kind;
	uint8_t subject;
	uint8_t object;
	bool self;
	uint32_t number;
	uint32_t more;
	uint32_t mode;
	struct model_cap cap;
};

/* What went otherwise than in the reference, "" for nothing. */
extern char run_fault[512];
/* How often each kind was done, and how often it gave ECAPABILITY. */
extern uint32_t run_done[RUN_KINDS];
extern uint32_t run_denied[RUN_KINDS];

void run_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *run_name_error(long long error);

/* Hold an agent's bundle, denials and state against the reference's. */
void run_check(uint32_t index);

/* Once: the pipes and the manifests. */
void run_prepare(void);
/* Once more: an agent for each slot, and none but the first is there. */
void run_begin(void);
/* All agents are gone afterwards. */
void run_end(void);

/* Return: index of the agent in a slot, -1 for none. */
int run_agent_in(uint32_t slot);

struct run_op run_draw(uint64_t *seed);
/* Return: whether the kernel and the reference agree so far. */
bool run_do(const struct run_op *op);
void run_print(const struct run_op *op);

/* Rows of the chain: from here on; as they come; and whether all are there. */
void rows_begin(void);
void rows_read(void);
bool rows_agree(void);

#endif /* COCONUT_TEST_MODEL_RUN_H */
