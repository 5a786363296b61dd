/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of storm_child share. */
#ifndef COCONUT_TEST_STORM_CHILD_H
#define COCONUT_TEST_STORM_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "storm.h"

/* Count one attempt that was made between two looks at the epoch. */
void storm_judge(struct storm_user *user, uint32_t before, uint32_t after,
		 bool got, int error);

/* One attempt after the other until the storm is over. */
void storm_use(struct storm *storm, uint32_t kind, uint32_t user);

/* A bounded number of them. */
void storm_use_for_a_while(struct storm *storm, uint32_t user);

/* Open and map the file. Return: whether that was allowed. */
bool storm_held_open(struct storm *storm);

/* Use what storm_held_open() got, for some epochs, as a user of its own. */
void storm_use_held(struct storm *storm, uint32_t user);

/* Return: 0, or the negative errno of what was seen and must not be. */
int storm_look(void);

#endif /* COCONUT_TEST_STORM_CHILD_H */
