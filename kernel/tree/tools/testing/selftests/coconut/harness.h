/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests' own harness: lines of TAP, and an exit status.
 *
 * A result is one line, "ok N name" or "not ok N name # why".  The plan comes
 * last, so that a program that dies early has none, and the runner sees it.
 */
#ifndef COCONUT_TEST_HARNESS_H
#define COCONUT_TEST_HARNESS_H

#include <stdbool.h>

/**
 * check - one result
 * @good: whether the test passed
 * @format: its name
 *
 * Return: @good.
 */
bool check(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * expect - one result: what a call gave against what it should give
 * @got: 0 or a value, or a negative errno
 * @want: the same; where it is an errno, that very one
 * @format: the test's name
 *
 * Return: whether the two are equal.
 */
bool expect(long long got, long long want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * skip - one result that could not be had on this machine
 * @why: what the machine lacks
 * @format: the test's name
 */
void skip(const char *why, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * bail - end the program without a plan: it can't go on
 * @format: why
 */
void bail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/**
 * finish - print the plan
 *
 * Return: the program's exit status, 1 when a test failed.
 */
int finish(void);

#endif /* COCONUT_TEST_HARNESS_H */
