/* SPDX-License-Identifier: MIT */
/* The least that a test needs to speak TAP. */
#ifndef COCONUT_TAP_H
#define COCONUT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static unsigned int tap_count;
static unsigned int tap_failed;

__attribute__((format(printf, 2, 3))) static inline bool
ok(bool good, const char *format, ...)
{
	va_list arguments;

	tap_failed += !good;
	printf("%sok %u - ", good ? "" : "not ", ++tap_count);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	return good;
}

/* The same string; both are shown when it is not. */
static inline bool is(const char *found, const char *expected, const char *what)
{
	bool good = found && !strcmp(found, expected);

	if (!ok(good, "%s", what))
		printf("# found    %s\n# expected %s\n",
		       found ? found : "(nothing)", expected);
	return good;
}

static inline bool is_number(long long found, long long expected,
			     const char *what)
{
	if (ok(found == expected, "%s", what))
		return true;
	printf("# found %lld, expected %lld\n", found, expected);
	return false;
}

static inline int tap_end(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed != 0;
}

#endif /* COCONUT_TAP_H */
