/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bypass matrix: what its two sides, the test and the agent, agree on.
 *
 * Below MATRIX are two directories that look alike, of which the agent may do
 * everything in one and nothing in the other:
 *
 *	file	"text\n"
 *	gone	to be deleted
 *	old	to be renamed, to "moved"
 *	list/	a directory
 *	sym	a symbolic link to file
 *	run	a program of the base image, copied
 *	sock	a listening stream socket
 *
 * and the names new, made, hard and moved are free.
 */
#ifndef COCONUT_TEST_MATRIX_H
#define COCONUT_TEST_MATRIX_H

#include "tests.h"

#define MATRIX		BASE "/matrix"
#define MATRIX_TEXT	"text\n"

enum matrix_side {
	MATRIX_DENIED,
	MATRIX_ALLOWED,
	MATRIX_SIDES
};

/* The ports of the allowed side; those of the other are higher. */
#define MATRIX_CONNECT_PORT	7101	/* TCP listens, UDP receives */
#define MATRIX_BIND_PORT	7103
#define MATRIX_DENIED_PORTS	10	/* higher by so much */

/**
 * enum matrix_slot - descriptors that the test opens, one of each for a side
 * @MATRIX_FILE: file, for reading and writing
 * @MATRIX_LIST: the directory, for reading
 * @MATRIX_DIR: the directory, O_PATH
 * @MATRIX_CODE: run, for reading
 * @MATRIX_RUN: run, O_PATH
 * @MATRIX_TCP: a connected TCP socket
 * @MATRIX_UDP: a connected UDP socket
 * @MATRIX_BOUND: a bound UDP socket
 * @MATRIX_UNIX: a unix stream socket without a peer
 * @MATRIX_PID: a pidfd of the process to signal
 */
enum matrix_slot {
	MATRIX_FILE,
	MATRIX_LIST,
	MATRIX_DIR,
	MATRIX_CODE,
	MATRIX_RUN,
	MATRIX_TCP,
	MATRIX_UDP,
	MATRIX_BOUND,
	MATRIX_UNIX,
	MATRIX_PID,
	MATRIX_SLOTS
};

/* Their numbers in the agent, and that of the socket that passes them on. */
#define MATRIX_FIRST_FD		100
#define MATRIX_FD(side, slot)	(MATRIX_FIRST_FD + (side) * MATRIX_SLOTS + (slot))
#define MATRIX_PASS_FD		(MATRIX_FIRST_FD + MATRIX_SIDES * MATRIX_SLOTS)

#endif /* COCONUT_TEST_MATRIX_H */
