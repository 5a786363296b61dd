/* SPDX-License-Identifier: MIT */
/* The verbs of "coconut audit", one file each. */
#ifndef COCONUT_AUDIT_H
#define COCONUT_AUDIT_H

#include "command.h"
#include "filter.h"
#include "rows.h"

int audit_show(int argc, char **argv);
int audit_verify(int argc, char **argv);
int audit_prove(int argc, char **argv);
int audit_report(int argc, char **argv);
int audit_check(int argc, char **argv);
int audit_rotate(int argc, char **argv);

/**
 * audit_bad_row - complain that there is no row where one should be
 * @name: where
 * @offset: at this byte
 * @error: what coconut_row_next() gave
 *
 * Return: EXIT_UNVERIFIED.
 */
int audit_bad_row(const char *name, size_t offset, int error);

#endif /* COCONUT_AUDIT_H */
