// SPDX-License-Identifier: MIT
/* coconut: the command; it finds the verb and hands over. */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "command.h"

struct group {
	const char *name;
	const char *help;
	const struct verb *verbs;
};

static int ask_for(const char *op, int argc, char **argv)
{
	struct message request;

	if (argc > 1)
		return misuse("%s: unexpected argument '%s'", argv[0], argv[1]);
	request_init(&request, op);
	return client_do(&request);
}

static int system_poweroff(int argc, char **argv)
{
	return ask_for("poweroff", argc, argv);
}

static int system_reboot(int argc, char **argv)
{
	return ask_for("reboot", argc, argv);
}

const struct verb system_verbs[] = {
	{ "poweroff", "", "End all agents, save the audit chain, power off.\n",
	  system_poweroff },
	{ "reboot", "", "The same, and start again.\n", system_reboot },
	{ 0 },
};

static const struct group groups[] = {
	{ "agent", "spawn, watch, attest and end agents", agent_verbs },
	{ "cap", "list, grant and revoke capabilities", cap_verbs },
	{ "manifest", "write, compile, sign and check manifests",
	  manifest_verbs },
	{ "audit", "read, verify, prove and report the audit chain",
	  audit_verbs },
	{ "system", "power off or reboot the machine", system_verbs },
};
#define NR_GROUPS (sizeof(groups) / sizeof(groups[0]))

static const char exit_help[] =
	"Exit status:\n"
	"  0  done\n"
	"  1  refused or failed; the message says why\n"
	"  2  wrong usage\n"
	"  3  something did not verify: a chain, a signature, an attestation\n"
	"  4  no such agent\n"
	"'agent spawn --wait' exits with the agent's own status, or with\n"
	"128 and the number of the signal that ended it.\n";

static int help(void)
{
	size_t i;

	printf("usage: coconut GROUP VERB [ARGUMENTS]\n\n");
	for (i = 0; i < NR_GROUPS; i++) {
		const struct verb *verb;

		printf("  %-9s %s\n           ", groups[i].name,
		       groups[i].help);
		for (verb = groups[i].verbs; verb->name; verb++)
			printf(" %s", verb->name);
		printf("\n");
	}
	printf("\n'coconut GROUP --help' and 'coconut GROUP VERB --help' tell more.\n\n%s",
	       exit_help);
	return finish_output(EXIT_GOOD);
}

static int help_group(const struct group *group)
{
	const struct verb *verb;

	printf("coconut %s: %s\n\n", group->name, group->help);
	for (verb = group->verbs; verb->name; verb++)
		printf("  coconut %s %s %s\n", group->name, verb->name,
		       verb->arguments);
	printf("\n%s", exit_help);
	return finish_output(EXIT_GOOD);
}

static int help_verb(const struct group *group, const struct verb *verb)
{
	printf("usage: coconut %s %s %s\n\n%s\n%s", group->name, verb->name,
	       verb->arguments, verb->help, exit_help);
	return finish_output(EXIT_GOOD);
}

static bool is_help(const char *text)
{
	return !strcmp(text, "--help") || !strcmp(text, "-h");
}

/* What follows "--" is for the agent, and not for us. */
static bool wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (is_help(argv[i]))
			return true;
	return false;
}

static int run_verb(const struct group *group, int argc, char **argv)
{
	const struct verb *verb;

	if (argc < 2)
		return misuse("%s: the verb is missing", group->name);
	if (is_help(argv[1]))
		return help_group(group);
	for (verb = group->verbs; verb->name; verb++) {
		if (strcmp(verb->name, argv[1]))
			continue;
		if (wants_help(argc - 1, argv + 1))
			return help_verb(group, verb);
		return finish_output(verb->run(argc - 1, argv + 1));
	}
	return misuse("%s: unknown verb '%s'", group->name, argv[1]);
}

int main(int argc, char **argv)
{
	size_t i;

	program_invocation_short_name = "coconut";
	if (argc < 2)
		return misuse("the group is missing");
	if (is_help(argv[1]))
		return help();
	for (i = 0; i < NR_GROUPS; i++)
		if (!strcmp(groups[i].name, argv[1]))
			return run_verb(&groups[i], argc - 1, argv + 1);
	return misuse("unknown group '%s'", argv[1]);
}
