// SPDX-License-Identifier: MIT
/* coconut agent: the verbs that need little. */
#include <ctype.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "client.h"
#include "command.h"
#include "table.h"

/* coconutd gives the state by its number or by its name. */
static void state_text(const cbor_item_t *agent, char *text, size_t size)
{
	uint64_t state = message_get_uint(agent, "state", AGENT_STATE_COUNT);

	if (!message_get_text(agent, "state", text, size))
		snprintf(text, size, "%s", coconut_state_name((uint32_t)state));
}

static bool is_ended(const cbor_item_t *agent)
{
	return message_get(agent, "live") && !message_get_bool(agent, "live");
}

static void add_number(struct table *table, const cbor_item_t *agent,
		       const char *key)
{
	if (message_get(agent, key))
		table_add(table, "%" PRIu64, message_get_uint(agent, key, 0));
	else
		table_add(table, "%s", "");
}

static void user_text(const cbor_item_t *agent, char *text, size_t size)
{
	uint64_t uid = message_get_uint(agent, "uid", UINT32_MAX);
	const struct passwd *user = getpwuid((uid_t)uid);

	if (user)
		snprintf(text, size, "%s", user->pw_name);
	else
		snprintf(text, size, "%" PRIu64, uid);
}

static void add_agent(struct table *table, const cbor_item_t *agent)
{
	char text[AGENT_NAME_MAX];

	add_number(table, agent, "aid");
	add_number(table, agent, "parent");
	state_text(agent, text, sizeof(text));
	table_add(table, "%s", text);
	add_number(table, agent, "pid");
	add_number(table, agent, "tasks");
	add_number(table, agent, "caps");
	add_number(table, agent, "uses");
	add_number(table, agent, "denials");
	user_text(agent, text, sizeof(text));
	table_add(table, "%s", text);
	message_get_text(agent, "name", text, sizeof(text));
	table_add(table, "%s", text);
}

static void print_agents(const cbor_item_t *agents, bool all)
{
	static const char *const heading[] = {
		"AID",  "PARENT", "STATE",   "PID",  "TASKS",
		"CAPS", "USES",   "DENIALS", "USER", "NAME",
	};
	struct table table = { .columns = 10 };
	size_t i;

	for (i = 0; i < table.columns; i++)
		table_add(&table, "%s", heading[i]);
	for (i = 0; i < cbor_array_size(agents); i++) {
		const cbor_item_t *agent = cbor_array_handle(agents)[i];

		if (all || !is_ended(agent))
			add_agent(&table, agent);
	}
	table_print(&table);
}

static void print_agents_json(const cbor_item_t *agents, bool all)
{
	const char *separator = "\n";
	size_t i;

	putchar('[');
	for (i = 0; i < cbor_array_size(agents); i++) {
		const cbor_item_t *agent = cbor_array_handle(agents)[i];

		if (!all && is_ended(agent))
			continue;
		fputs(separator, stdout);
		json_item(agent);
		separator = ",\n";
	}
	puts("\n]");
}

/* One reply holds a page; @after moves to its last agent, 0 behind the last page. */
static int take_page(cbor_item_t *list, bool ended, uint64_t *after)
{
	struct message request;
	cbor_item_t *reply, *agents;
	size_t i;
	int status;

	request_init(&request, "ps");
	message_add_uint(&request, "after", *after);
	message_add_bool(&request, "ended", ended);
	status = client_call(&request, &reply);
	if (status)
		return status;
	agents = message_get(reply, "agents");
	if (!agents || !cbor_isa_array(agents)) {
		complain("coconutd's reply has no list of agents");
		cbor_decref(&reply);
		return EXIT_REFUSED;
	}
	for (i = 0; i < cbor_array_size(agents); i++) {
		*after = message_get_uint(cbor_array_handle(agents)[i], "aid",
					  *after);
		if (!cbor_array_push(list, cbor_array_handle(agents)[i]))
			abort();
	}
	if (!message_get_bool(reply, "more"))
		*after = 0;
	cbor_decref(&reply);
	return EXIT_GOOD;
}

static int agent_ps(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "all", no_argument, NULL, 'a' },
		{ 0 },
	};
	bool json = false, all = false;
	uint64_t after = 0;
	cbor_item_t *list;
	int option, status;

	while ((option = next_option(argc, argv, ":a", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		json |= option == 'j';
		all |= option == 'a';
	}
	if (optind < argc)
		return misuse("ps: unexpected argument '%s'", argv[optind]);
	list = cbor_new_indefinite_array();
	do {
		status = take_page(list, false, &after);
	} while (!status && after);
	if (!status && all)
		status = take_page(list, true, &after);
	if (!status)
		(json ? print_agents_json : print_agents)(list, all);
	cbor_decref(&list);
	return status;
}

/* A number, or a name with or without "SIG". */
static int parse_signal(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) ? text : text + 3;
	uint64_t number;
	int i;

	if (isdigit((unsigned char)text[0]))
		return parse_number(text, "signal", &number) || number < 1 ||
				       number > 64 ?
			       -1 :
			       (int)number;
	for (i = 1; i < NSIG; i++)
		if (sigabbrev_np(i) && !strcasecmp(sigabbrev_np(i), name))
			return i;
	return -1;
}

/* Says to how many processes it was done. */
static int do_and_count(struct message *request, const char *done)
{
	cbor_item_t *reply;
	int status = client_call(request, &reply);
	uint64_t count;

	if (status)
		return status;
	count = message_get_uint(reply, "removed", 0);
	printf("%s %" PRIu64 " %s\n", done, count,
	       count == 1 ? "process" : "processes");
	cbor_decref(&reply);
	return EXIT_GOOD;
}

static int agent_kill(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "signal", required_argument, NULL, 's' },
		{ "revoke", no_argument, NULL, 'r' },
		{ 0 },
	};
	const char *name = NULL;
	bool revoke = false;
	struct message request;
	int option, number;
	uint64_t aid;

	while ((option = next_option(argc, argv, ":s:", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == 's')
			name = optarg;
		revoke |= option == 'r';
	}
	if (name && revoke)
		return misuse("kill: --signal and --revoke exclude each other");
	number = name ? parse_signal(name) : SIGTERM;
	if (number < 0)
		return misuse("kill: '%s' is no signal", name);
	if (parse_aid(argc, argv, 0, &aid))
		return EXIT_USAGE;
	request_agent(&request, "kill", aid);
	if (revoke) {
		message_add_bool(&request, "revoke", true);
		return do_and_count(&request, "ended");
	}
	message_add_uint(&request, "signal", (uint64_t)number);
	return client_do(&request);
}

static int do_for_agent(const char *op, const char *done, int argc, char **argv)
{
	static const struct option none[] = { { 0 } };
	struct message request;
	uint64_t aid;

	if (next_option(argc, argv, ":", none) != -1 ||
	    parse_aid(argc, argv, 0, &aid))
		return EXIT_USAGE;
	request_agent(&request, op, aid);
	return done ? do_and_count(&request, done) : client_do(&request);
}

static int agent_quarantine(int argc, char **argv)
{
	return do_for_agent("quarantine", "froze", argc, argv);
}

static int agent_release(int argc, char **argv)
{
	return do_for_agent("release", NULL, argc, argv);
}

static int agent_log(int argc, char **argv)
{
	static const struct option none[] = { { 0 } };
	struct message request;
	const uint8_t *bytes;
	cbor_item_t *reply;
	size_t size;
	uint64_t aid;
	int status;

	if (next_option(argc, argv, ":", none) != -1 ||
	    parse_aid(argc, argv, 0, &aid))
		return EXIT_USAGE;
	request_agent(&request, "log", aid);
	status = client_call(&request, &reply);
	if (status)
		return status;
	bytes = message_get_bytes(reply, "log", &size);
	if (bytes)
		fwrite(bytes, 1, size, stdout);
	else
		complain("coconutd's reply has no log");
	cbor_decref(&reply);
	return bytes ? EXIT_GOOD : EXIT_REFUSED;
}

const struct verb agent_verbs[] = {
	{ "spawn", "[OPTIONS] NAME | --manifest FILE [-- ARGS...]", spawn_help,
	  agent_spawn },
	{ "ps", "[--json] [--all]",
	  "List the live agents.\n\n"
	  "  -a, --all   those that have ended too, as far as coconutd remembers\n"
	  "  --json      an array of objects\n",
	  agent_ps },
	{ "show", "[--json] AID",
	  "Show all that coconutd and the kernel know of an agent, its last\n"
	  "denials included.\n",
	  agent_show },
	{ "kill", "[--signal S | --revoke] AID",
	  "Send a signal to the first task of an agent.\n\n"
	  "  -s, --signal S  number or name, TERM when not given\n"
	  "  --revoke        revoke the whole agent: no task of it survives; prints\n"
	  "                  how many processes that were\n",
	  agent_kill },
	{ "attest", "[--json] AID",
	  "Ask the kernel to vouch for an agent, and print the chain from the\n"
	  "code that runs to the authority behind who signed for it. Exits\n"
	  "with 3 when the answer is not the one to this question.\n",
	  agent_attest },
	{ "why", "[--json] [--from N] [AID]", why_help, agent_why },
	{ "quarantine", "AID",
	  "Freeze an agent, and print how many processes that were; nothing of\n"
	  "it is lost.\n",
	  agent_quarantine },
	{ "release", "AID", "Let a stopped or quarantined agent go on.\n",
	  agent_release },
	{ "log", "AID", "Print what an agent has written to its output.\n",
	  agent_log },
	{ 0 },
};
