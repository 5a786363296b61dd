/* SPDX-License-Identifier: GPL-2.0 */
/* Descriptors in messages, for both sides of a test. */
#ifndef COCONUT_TEST_FDS_H
#define COCONUT_TEST_FDS_H

#include <stddef.h>

/* Return: 0, or -1 and errno. */
int send_fds(int to, const int *fds, size_t count);

/*
 * Take one without waiting.  What the receiver may not have, the kernel leaves
 * out of the message.
 *
 * Return: it, or -1 and errno: ECAPABILITY when it was left out.
 */
int receive_fd(int from);

#endif /* COCONUT_TEST_FDS_H */
