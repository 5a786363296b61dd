/* SPDX-License-Identifier: GPL-2.0 */
/* The areas of the tests; each is a file of that name. */
#ifndef COCONUT_TEST_TESTS_H
#define COCONUT_TEST_TESTS_H

#include <stdint.h>

/* Where the tests make their files. */
#define BASE	"/tmp/selftest"

/* Both programs run these, so that arguments are judged alike for all. */
void test_abi(void);
void test_args(void);

/* As an agent. */
void test_errno(void);
void test_spawn(void);
void test_cbor(void);
void test_life(void);
void test_kill(void);
void test_caps(void);
void test_files(void);
void test_net(void);
void test_audit(void);

/* Return: rows of an agent in the chain, by bits of enum agent_audit_event. */
long count_rows(uint64_t aid, uint32_t events);

#endif /* COCONUT_TEST_TESTS_H */
