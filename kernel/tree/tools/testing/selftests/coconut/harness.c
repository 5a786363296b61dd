// SPDX-License-Identifier: GPL-2.0
/* The tests' own harness; see harness.h. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/agent.h>

#include "harness.h"

static unsigned int count, failed;

static void tell(bool good, const char *format, va_list args)
{
	failed += !good;
	printf("%sok %u ", good ? "" : "not ", ++count);
	vprintf(format, args);
}

bool check(bool good, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(good, format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return good;
}

static void print_outcome(long long outcome)
{
	const char *name = NULL;

	if (outcome == -ECAPABILITY)
		name = "ECAPABILITY";
	else if (outcome < 0 && outcome > -4096)
		name = strerrorname_np(-outcome);
	if (name)
		printf("%s", name);
	else
		printf("%lld", outcome);
}

bool expect(long long got, long long want, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(got == want, format, args);
	va_end(args);
	if (got != want) {
		printf(" # got ");
		print_outcome(got);
		printf(", want ");
		print_outcome(want);
	}
	printf("\n");
	fflush(stdout);
	return got == want;
}

void skip(const char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(true, format, args);
	va_end(args);
	printf(" # SKIP %s\n", why);
	fflush(stdout);
}

void bail(const char *format, ...)
{
	va_list args;

	printf("Bail out! ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	exit(1);
}

int finish(void)
{
	printf("1..%u\n", count);
	fflush(stdout);
	return failed ? 1 : 0;
}
