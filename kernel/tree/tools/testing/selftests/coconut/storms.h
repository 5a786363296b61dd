/* SPDX-License-Identifier: GPL-2.0 */
/* The storms, for storm.c; each is bounded by a number of rounds. */
#ifndef COCONUT_TEST_STORMS_H
#define COCONUT_TEST_STORMS_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "storm.h"

/* The page, as the storms begin: nothing is granted. */
extern struct storm *storm;

void storm_begin(void);

/* Spawn one, which must succeed. */
void storm_start(struct child *child, const char *name);

/* Tell them that it is over, and wait. Return: what the child answered. */
int storm_end(struct child *child);

/* Grant or revoke what is called so, to an agent, and say so in the page. */
void storm_grant(uint64_t aid, enum storm_thing thing);
void storm_revoke(uint64_t aid, enum storm_thing thing);

/* Wait until each of these users has been there in the epoch of its thing. */
void storm_await(uint32_t first, uint32_t count);

/* One result for each kind of user, or for all. */
void storm_tell_kinds(void);

/* Return: how often they were refused while it was held. */
uint32_t storm_tell(uint32_t first, uint32_t count, const char *what);

/* In storm_revoke.c: revocations against uses, forks and spawns. */
void storm_uses(uint32_t rounds);
void storm_forks(uint32_t rounds);
void storm_spawns(uint32_t rounds);

/* In storm_life.c: ends, quarantines, and a tree that is turned over. */
void storm_exits(uint32_t rounds);
void storm_freezes(uint32_t rounds);
void storm_moves(uint32_t rounds);

/* As a legacy root: turn the tree over until it is told to stop. */
int storm_hand(void);

#endif /* COCONUT_TEST_STORMS_H */
