// SPDX-License-Identifier: MIT
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void complain_list(const char *format, va_list arguments)
{
	/* What has been printed so far comes before the complaint. */
	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
}

void complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_list(format, arguments);
	va_end(arguments);
}

int misuse(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	complain_list(format, arguments);
	va_end(arguments);
	fprintf(stderr, "%s: --help tells the usage\n",
		program_invocation_short_name);
	return EXIT_USAGE;
}

int next_option(int argc, char **argv, const char *shorts,
		const struct option *longs)
{
	int option;

	opterr = 0;
	option = getopt_long(argc, argv, shorts, longs, NULL);
	if (option == ':') {
		misuse("option '%s' needs an argument", argv[optind - 1]);
		return '?';
	}
	if (option == '?') {
		if (optopt && optopt < 0x80 && strchr(shorts, optopt) == NULL &&
		    strncmp(argv[optind - 1], "--", 2) != 0)
			misuse("unknown option '-%c'", optopt);
		else
			misuse("unknown or misused option '%s'",
			       argv[optind - 1]);
	}
	return option;
}

int parse_number(const char *text, const char *what, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		return misuse("%s: '%s' is no number", what, text);
	*ret_value = value;
	return 0;
}

int parse_aid(int argc, char **argv, int more, uint64_t *ret_aid)
{
	if (argc - optind < 1 + more)
		return misuse("%s: %s is missing", argv[0],
			      argc == optind ? "the AID" : "an argument");
	if (argc - optind > 1 + more)
		return misuse("%s: unexpected argument '%s'", argv[0],
			      argv[optind + 1 + more]);
	return parse_number(argv[optind], "AID", ret_aid);
}

int parse_json_only(int argc, char **argv, bool *ret_json)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int option;

	*ret_json = false;
	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option != 'j')
			return EXIT_USAGE;
		*ret_json = true;
	}
	return 0;
}

int finish_output(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	complain("standard output: %s", coconut_strerror(errno));
	return status ? status : EXIT_REFUSED;
}

char *signature_path(const char *file)
{
	const char *dot = strrchr(file, '.');
	size_t stem = dot && !strcmp(dot, ".manifest") ? (size_t)(dot - file) :
							 strlen(file);
	char *path;

	if (asprintf(&path, "%.*s.sig", (int)stem, file) >= 0)
		return path;
	complain("out of memory");
	return NULL;
}
