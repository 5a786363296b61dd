/* SPDX-License-Identifier: GPL-2.0 */
/* A legacy root that does what a test can't, being an agent; see hand.sh. */
#ifndef COCONUT_TEST_HAND_H
#define COCONUT_TEST_HAND_H

#include <stdbool.h>

/* Return: whether there is one. */
bool hand_is_there(void);

/* Run a line by the shell. Return: its exit status. */
int hand(const char *line);

#endif /* COCONUT_TEST_HAND_H */
