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
void test_levels(void);
void test_matrix(void);
void test_oracle(void);
void test_code(void);
void test_passed(void);
void test_scopes(void);
void test_tasks(void);
void test_netroads(void);
void test_races(void);
void test_roads(void);
void test_delegate(void);
void test_revoke(void);
void test_revoke_maps(void);
void test_revoke_blocked(void);
void test_revoke_rings(void);
void test_peeraid(void);
void test_reasons(void);
void test_frozen(void);
void test_model(void);

/* --seed N and --operations N, among the words of the command line. */
void model_options(char **words);

/* Return: rows of an agent in the chain, by bits of enum agent_audit_event. */
long count_rows(uint64_t aid, uint32_t events);

/* Copy a file that exists to one that does not, for running it. */
void copy_program(const char *from, const char *to);

#endif /* COCONUT_TEST_TESTS_H */
