/* SPDX-License-Identifier: GPL-2.0 */
/* What agent_child can be told to do. */
#ifndef COCONUT_TEST_CHILD_OPS_H
#define COCONUT_TEST_CHILD_OPS_H

#include <stdbool.h>

/* The answer to a line that is no operation: no call gives this errno. */
#define EPROTO_OP	4000

/**
 * struct op - one operation
 * @name: first word of the line
 * @words: how many words follow it
 * @run: does it; gives a positive errno or 0
 */
struct op {
	const char *name;
	int words;
	int (*run)(char **words, long long *value);
};

/* Each ends with an entry without a name. */
extern const struct op file_ops[];
extern const struct op net_ops[];
extern const struct op task_ops[];
extern const struct op cell_ops[];
extern const struct op look_ops[];
extern const struct op code_ops[];
extern const struct op passed_ops[];
extern const struct op relation_ops[];
extern const struct op netroad_ops[];
extern const struct op race_ops[];
extern const struct op road_ops[];
extern const struct op chain_ops[];
extern const struct op put_ops[];
extern const struct op block_ops[];
extern const struct op map_ops[];
extern const struct op armed_ops[];
extern const struct op reason_ops[];
extern const struct op storm_ops[];
extern const struct op level_ops[];

/* One cell of the bypass matrix; the errno is for the exit status. */
int matrix_main(int argc, char **argv);

/* Where one of the mappings is. */
void *child_map_at(const char *slot);

int op_leave(char **words, long long *value);

#endif /* COCONUT_TEST_CHILD_OPS_H */
