/* SPDX-License-Identifier: MIT */
/* What the userspace tests of the pure core share. */
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <stdlib.h>

#include "core.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Reports one test, as a line of TAP. */
void check(bool good, const char *what, const char *name);

/*
 * Read from a copy of exactly @size bytes, so that the sanitizer sees a byte
 * too far.  What the results point to is gone when they return.
 */
int read_cap(const uint8_t *data, uint32_t size, struct agent_cap_spec *spec);
int read_manifest(const uint8_t *data, uint32_t size,
		  struct agent_fault *fault);

/* A second, recursive reader: true for one deterministic item and no more. */
bool is_deterministic(const uint8_t *data, uint32_t size);

void test_mutations(const uint8_t *full, uint32_t full_size);
void test_bounds(void);
void test_decisions(void);

#endif
