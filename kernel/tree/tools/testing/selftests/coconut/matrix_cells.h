/* SPDX-License-Identifier: GPL-2.0 */
/* The bypass matrix: its rows, its columns, and where they don't meet. */
#ifndef COCONUT_TEST_MATRIX_CELLS_H
#define COCONUT_TEST_MATRIX_CELLS_H

#include <stddef.h>

#include "matrix.h"

/**
 * struct matrix_row - an operation
 * @name: as the agent knows it
 * @slot: the descriptor it acts on, where it is done on a descriptor
 * @named: the descriptor that it finds its object by, where it wants a name
 */
struct matrix_row {
	const char *name;
	enum matrix_slot slot;
	enum matrix_slot named;
};

/**
 * struct matrix_column - a channel
 * @name: as the agent knows it
 * @what: one line for who reads the matrix
 * @denials: of what the channel tries beside the operation
 */
struct matrix_column {
	const char *name;
	const char *what;
	int denials;
};

/**
 * struct matrix_gap - cells that make no sense
 * @rows: the operations, with a space around each
 * @columns: the channels, with a space around each
 * @why: the reason
 */
struct matrix_gap {
	const char *rows;
	const char *columns;
	const char *why;
};

#define MATRIX_ROWS	21
#define MATRIX_COLUMNS	25
#define MATRIX_GAPS	9

extern const struct matrix_row matrix_rows[MATRIX_ROWS];
extern const struct matrix_column matrix_columns[MATRIX_COLUMNS];
extern const struct matrix_gap matrix_gaps[MATRIX_GAPS];

/* Return: the gap that a cell is in, or NULL. */
const struct matrix_gap *matrix_gap_at(size_t row, size_t column);

/* Print the matrix in markdown, behind "# ": @marks[row][column] per cell. */
void matrix_print(char marks[MATRIX_ROWS][MATRIX_COLUMNS]);

#endif /* COCONUT_TEST_MATRIX_CELLS_H */
