/* SPDX-License-Identifier: GPL-2.0 */
/* Passing on: what its files share. */
#ifndef COCONUT_TEST_DELEGATE_H
#define COCONUT_TEST_DELEGATE_H

struct cbor;
struct child;

/* A capability for what no manifest gives. */
struct cbor cap_denied(const char *name);

/* Let it be opened for reading; a denial is one, for that reason. */
void expect_open(struct child *child, int error, int reason, const char *what);

/* What services ask for and use; AID 1; and that nothing grows. */
void delegate_services(void);
void delegate_growth(void);

#endif /* COCONUT_TEST_DELEGATE_H */
