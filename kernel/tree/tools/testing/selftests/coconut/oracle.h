/* SPDX-License-Identifier: GPL-2.0 */
/* The oracle: where its files are. */
#ifndef COCONUT_TEST_ORACLE_H
#define COCONUT_TEST_ORACLE_H

#include "tests.h"

#define ORACLE		BASE "/oracle"

/* Two names in the allowed directory: a file of the agent's, and none. */
#define ORACLE_OWN	ORACLE "/allowed/own"
#define ORACLE_FREE	ORACLE "/allowed/free"

#endif /* COCONUT_TEST_ORACLE_H */
