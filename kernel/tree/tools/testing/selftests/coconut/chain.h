/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents below agents, what is granted to them, and what a revocation says
 * that it took.
 */
#ifndef COCONUT_TEST_CHAIN_H
#define COCONUT_TEST_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include <linux/agent.h>

#include "cbor.h"
#include "child.h"

/* In an agent that begets others: the first descriptor meant for those. */
#define CHAIN_FD	200
#define CHAIN_MAX	4

/* Return: the handle of the first capability of a kind and path, 0 for none. */
uint64_t find_cap(uint64_t aid, uint32_t id, const char *path,
		  struct agent_cap_info *ret);

/* A grant that must succeed for the test to go on. Return: its handle. */
uint64_t must_grant(uint64_t aid, const struct cbor *cap);

/* The same by an agent below. */
uint64_t must_grant_by(struct child *granter, uint64_t aid,
		       const struct cbor *cap);

/* Return: 0 or the negative errno; the handle is the child's value. */
int child_grant(struct child *granter, uint64_t aid, const struct cbor *cap);

/* Return: 0 or the negative errno. */
int child_present(struct child *child, uint64_t aid, const struct cbor *cap,
		  uint64_t flags);
long present_use(uint64_t aid, const struct cbor *cap);

/**
 * struct counts - what a revocation took
 * @removed: capabilities
 * @agents: agents that lost one
 * @files: open files and sockets of theirs
 * @mappings: mappings of theirs
 */
struct counts {
	uint64_t removed;
	uint64_t agents;
	uint64_t files;
	uint64_t mappings;
};

/* Return: 0 or the negative errno. */
long revoke_counts(uint64_t aid, uint64_t flags, uint64_t handle,
		   struct counts *ret);
int child_revoke_counts(struct child *by, uint64_t aid, uint64_t flags,
			uint64_t handle, struct counts *ret);

/* One result: whether it took just that. */
void expect_counts(const struct counts *got, struct counts want,
		   const char *what);

/* The first is spawned by the test, and each other by the one before it. */
void chain_start(struct child *links, size_t count, const char *const *names);

/* Denials and other rows of one event and one capability. */
long count_cap_rows(uint64_t aid, uint32_t event, uint32_t cap);

/* End them all, the last first: each has left one row for each denial. */
void chain_end(struct child *links, size_t count);

#endif /* COCONUT_TEST_CHAIN_H */
