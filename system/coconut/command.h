/* SPDX-License-Identifier: MIT */
/* What the verbs of the coconut command share. */
#ifndef COCONUT_COMMAND_H
#define COCONUT_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <coconut.h>

/* Exit statuses; coconut(1) documents them. */
enum {
	EXIT_GOOD = 0,
	EXIT_REFUSED = 1,
	EXIT_USAGE = 2,
	EXIT_UNVERIFIED = 3,
	EXIT_NO_AGENT = 4,
};

/**
 * struct verb - one verb
 * @name: what it is called
 * @arguments: its arguments, for the usage line
 * @help: what it does, lines that end with a newline
 * @run: argv[0] is @name; gives the exit status
 */
struct verb {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(int argc, char **argv);
};

/* Each table ends with a verb that has no name. */
extern const struct verb agent_verbs[];
extern const struct verb cap_verbs[];
extern const struct verb manifest_verbs[];
extern const struct verb audit_verbs[];
extern const struct verb system_verbs[];

/* The further verbs of "agent", one file each. */
extern const char spawn_help[];
int agent_spawn(int argc, char **argv);
int agent_attest(int argc, char **argv);
int agent_show(int argc, char **argv);
extern const char why_help[];
int agent_why(int argc, char **argv);

/**
 * complain - write a message to standard error, after the program's name
 * @format: as for printf(), without a final newline
 */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/**
 * misuse - complain about the command line
 * @format: as for complain()
 *
 * Return: EXIT_USAGE.
 */
__attribute__((format(printf, 1, 2))) int misuse(const char *format, ...);

/**
 * next_option - getopt_long() that complains in this command's way
 * @argc: as there
 * @argv: as there
 * @shorts: as there, beginning with ':'
 * @longs: as there
 *
 * Return: as there; '?' once the mistake has been told.
 */
int next_option(int argc, char **argv, const char *shorts,
		const struct option *longs);

/**
 * parse_number - read a decimal number
 * @text: the text
 * @what: what it is, for the message
 * @ret_value: gets the number
 *
 * Return: 0, or EXIT_USAGE once the mistake has been told.
 */
int parse_number(const char *text, const char *what, uint64_t *ret_value);

/**
 * parse_aid - the one argument of a verb that is about an agent
 * @argc: argument count
 * @argv: arguments; optind is where the AID stands
 * @more: how many arguments must follow it
 * @ret_aid: gets the AID
 *
 * Return: 0, or EXIT_USAGE once the mistake has been told.
 */
int parse_aid(int argc, char **argv, int more, uint64_t *ret_aid);

/**
 * parse_json_only - read the options of a verb that has --json only
 * @argc: argument count
 * @argv: arguments; optind is left where the operands begin
 * @ret_json: gets whether it was given
 *
 * Return: 0, or EXIT_USAGE once the mistake has been told.
 */
int parse_json_only(int argc, char **argv, bool *ret_json);

/**
 * signature_path - where the signature of a manifest stands
 * @file: the manifest
 *
 * Return: FILE.sig for FILE.manifest, and for any other name all of it and
 * ".sig"; to be given to free(). NULL once it has been told that memory is
 * short.
 */
char *signature_path(const char *file);

/**
 * finish_output - flush standard output
 * @status: exit status so far
 *
 * Return: @status, or EXIT_REFUSED when the output could not be written.
 */
int finish_output(int status);

#endif /* COCONUT_COMMAND_H */
