// SPDX-License-Identifier: MIT
/* coconut cap */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "command.h"
#include "table.h"

static bool decode(const cbor_item_t *item, struct coconut_cap *cap)
{
	size_t size;
	const uint8_t *bytes = message_get_bytes(item, "cbor", &size);

	return bytes && !coconut_cap_decode(bytes, size, cap, NULL);
}

static char *format_cbor(const cbor_item_t *item, bool plain)
{
	struct coconut_cap cap;
	char *text;

	if (!decode(item, &cap))
		return NULL;
	if (plain) {
		free(cap.hint);
		cap.hint = NULL;
	}
	text = coconut_cap_format(&cap);
	coconut_cap_clear(&cap);
	return text;
}

static bool has_uses(uint64_t uses)
{
	return uses != AGENT_QUOTA_UNLIMITED;
}

/* Numbers that stand in the capability itself; 0 for none. */
static void get_rate(const cbor_item_t *item, uint32_t *rate, uint32_t *period)
{
	struct coconut_cap cap;

	*rate = 0;
	if (!decode(item, &cap))
		return;
	*rate = cap.rate;
	*period = cap.period;
	coconut_cap_clear(&cap);
}

static void add_rate(struct table *table, const cbor_item_t *item)
{
	uint32_t rate, period;

	get_rate(item, &rate, &period);
	if (rate)
		table_add(table, "%" PRIu32 " in %" PRIu32 " s", rate, period);
	else
		table_add(table, "%s", "");
}

/* 0 stands for none. */
static void add_number(struct table *table, uint64_t number)
{
	if (number)
		table_add(table, "%" PRIu64, number);
	else
		table_add(table, "%s", "");
}

static void add_cap(struct table *table, const cbor_item_t *item)
{
	uint64_t expires = message_get_uint(item, "expires_ns", 0);
	uint64_t uses =
		message_get_uint(item, "uses_left", AGENT_QUOTA_UNLIMITED);
	uint64_t flags = message_get_uint(item, "flags", 0);
	char *text = format_cbor(item, false);

	table_add(table, "%" PRIu64, message_get_uint(item, "handle", 0));
	table_add(table, "%s",
		  flags & AGENT_CAP_INFO_GRANTED ? "granted" : "manifest");
	table_add(table, "%" PRIu64, message_get_uint(item, "granter", 0));
	add_number(table, message_get_uint(item, "source", 0));
	if (expires)
		table_add(table, "%" PRIu64 ".%03" PRIu64 "s",
			  expires / 1000000000, expires / 1000000 % 1000);
	else
		table_add(table, "%s", "");
	if (has_uses(uses))
		table_add(table, "%" PRIu64, uses);
	else
		table_add(table, "%s", "");
	add_rate(table, item);
	table_add(table, "%s", text ? text : "(cannot be read)");
	free(text);
}

static void print_caps(cbor_item_t *const *caps, size_t count)
{
	static const char *const heading[] = {
		"HANDLE",  "FROM", "GRANTER", "SOURCE",
		"EXPIRES", "USES", "RATE",    "CAPABILITY",
	};
	struct table table = { .columns = 8 };
	size_t i;

	for (i = 0; i < table.columns; i++)
		table_add(&table, "%s", heading[i]);
	for (i = 0; i < count; i++)
		add_cap(&table, caps[i]);
	table_print(&table);
}

static void json_number(const char *key, bool there, uint64_t number)
{
	json_key(key, false);
	if (there)
		printf("%" PRIu64, number);
	else
		printf("null");
}

static void print_cap_json(const cbor_item_t *item)
{
	uint64_t source = message_get_uint(item, "source", 0);
	uint64_t uses =
		message_get_uint(item, "uses_left", AGENT_QUOTA_UNLIMITED);
	uint64_t flags = message_get_uint(item, "flags", 0);
	char *text = format_cbor(item, false);
	uint32_t rate, period = 0;

	get_rate(item, &rate, &period);
	printf("{\"handle\": %" PRIu64
	       ", \"granted\": %s, \"granter\": %" PRIu64
	       ", \"expires_ns\": %" PRIu64,
	       message_get_uint(item, "handle", 0),
	       flags & AGENT_CAP_INFO_GRANTED ? "true" : "false",
	       message_get_uint(item, "granter", 0),
	       message_get_uint(item, "expires_ns", 0));
	json_number("source", source != 0, source);
	json_number("uses_left", has_uses(uses), uses);
	json_number("rate", rate != 0, rate);
	json_number("period", rate != 0, period);
	json_key("capability", false);
	if (text)
		json_text(text, strlen(text));
	else
		printf("null");
	putchar('}');
	free(text);
}

static void print_caps_json(cbor_item_t *const *caps, size_t count)
{
	size_t i;

	putchar('[');
	for (i = 0; i < count; i++) {
		fputs(i ? ",\n" : "\n", stdout);
		print_cap_json(caps[i]);
	}
	puts("\n]");
}

/* The reply holds the capabilities, and is to be given to cbor_decref(). */
static int get_caps(uint64_t aid, cbor_item_t **ret_reply,
		    cbor_item_t **ret_caps)
{
	struct message request;
	cbor_item_t *reply;
	int status;

	request_agent(&request, "cap-list", aid);
	status = client_call(&request, &reply);
	if (status)
		return status;
	*ret_caps = message_get(reply, "caps");
	if (!*ret_caps || !cbor_isa_array(*ret_caps)) {
		complain("coconutd's reply has no list of capabilities");
		cbor_decref(&reply);
		return EXIT_REFUSED;
	}
	*ret_reply = reply;
	return 0;
}

static int cap_list(int argc, char **argv)
{
	cbor_item_t *reply, *caps;
	uint64_t aid;
	bool json;
	int status;

	if (parse_json_only(argc, argv, &json) ||
	    parse_aid(argc, argv, 0, &aid))
		return EXIT_USAGE;
	status = get_caps(aid, &reply, &caps);
	if (status)
		return status;
	(json ? print_caps_json : print_caps)(cbor_array_handle(caps),
					      cbor_array_size(caps));
	cbor_decref(&reply);
	return EXIT_GOOD;
}

/* Shows the place of a mistake below the text, where it is known. */
static int bad_capability(const char *text, const struct coconut_error *error)
{
	complain("%s", error->message);
	if (error->column)
		fprintf(stderr, "  %s\n  %*s\n", text, (int)error->column, "^");
	return EXIT_USAGE;
}

static int cap_grant(int argc, char **argv)
{
	static const struct option none[] = { { 0 } };
	struct coconut_error error = { 0 };
	struct message request;
	struct coconut_cap cap;
	cbor_item_t *reply;
	uint8_t *bytes;
	uint64_t aid;
	size_t size;
	int r;

	if (next_option(argc, argv, ":", none) != -1 ||
	    parse_aid(argc, argv, 1, &aid))
		return EXIT_USAGE;
	if (coconut_cap_parse(argv[optind + 1], &cap, &error) < 0)
		return bad_capability(argv[optind + 1], &error);
	r = coconut_cap_encode(&cap, &bytes, &size, &error);
	coconut_cap_clear(&cap);
	if (r < 0)
		return bad_capability(argv[optind + 1], &error);
	request_agent(&request, "cap-grant", aid);
	message_add_bytes(&request, "cap", bytes, size);
	free(bytes);
	r = client_call(&request, &reply);
	if (r)
		return r;
	printf("%" PRIu64 "\n", message_get_uint(reply, "handle", 0));
	cbor_decref(&reply);
	return EXIT_GOOD;
}

static void print_count(const char *before, uint64_t count, const char *one,
			const char *many)
{
	printf("%s%" PRIu64 " %s", before, count, count == 1 ? one : many);
}

/* What fell with it, at the agent itself and at those below it. */
static void print_revoked(const cbor_item_t *reply)
{
	uint64_t files = message_get_uint(reply, "files", 0);
	uint64_t mappings = message_get_uint(reply, "mappings", 0);

	print_count("revoked ", message_get_uint(reply, "removed", 0),
		    "capability", "capabilities");
	print_count(" of ", message_get_uint(reply, "agents", 0), "agent",
		    "agents");
	if (files)
		print_count("; ", files, "open file", "open files");
	if (mappings)
		print_count(files ? " and " : "; ", mappings, "mapping",
			    "mappings");
	puts(files || mappings ? " cut off" : "");
}

static int ask_revoke(struct message *request)
{
	cbor_item_t *reply;
	int status = client_call(request, &reply);

	if (status)
		return status;
	print_revoked(reply);
	cbor_decref(&reply);
	return EXIT_GOOD;
}

static int revoke_handle(uint64_t aid, uint64_t handle)
{
	struct message request;

	request_agent(&request, "cap-revoke", aid);
	message_add_uint(&request, "handle", handle);
	return ask_revoke(&request);
}

/* Handles begin with 1: with "all", 0 stands for none in particular. */
static int revoke_all(uint64_t aid)
{
	struct message request;

	request_agent(&request, "cap-revoke", aid);
	message_add_uint(&request, "handle", 0);
	message_add_bool(&request, "all", true);
	return ask_revoke(&request);
}

/* As coconut itself writes it, and without the hint, which decides nothing. */
static char *normalise(const char *text, int *ret_status)
{
	struct coconut_error error = { 0 };
	struct coconut_cap cap;
	char *result;

	if (coconut_cap_parse(text, &cap, &error) < 0) {
		*ret_status = bad_capability(text, &error);
		return NULL;
	}
	free(cap.hint);
	cap.hint = NULL;
	result = coconut_cap_format(&cap);
	coconut_cap_clear(&cap);
	if (!result) {
		complain("out of memory");
		*ret_status = EXIT_REFUSED;
	}
	return result;
}

static int revoke_matching(uint64_t aid, const cbor_item_t *caps,
			   const char *wanted)
{
	size_t i, matches = 0;
	int status = 0;

	for (i = 0; i < cbor_array_size(caps) && !status; i++) {
		const cbor_item_t *cap = cbor_array_handle(caps)[i];
		char *text = format_cbor(cap, true);

		if (text && !strcmp(text, wanted)) {
			status = revoke_handle(
				aid, message_get_uint(cap, "handle", 0));
			matches++;
		}
		free(text);
	}
	if (matches)
		return status;
	complain("agent %" PRIu64 " holds no '%s'; 'coconut cap list %" PRIu64
		 "' shows what it holds",
		 aid, wanted, aid);
	return EXIT_REFUSED;
}

static int revoke_text(uint64_t aid, const char *text)
{
	cbor_item_t *reply, *caps;
	int status = 0;
	char *wanted = normalise(text, &status);

	if (!wanted)
		return status;
	status = get_caps(aid, &reply, &caps);
	if (!status) {
		status = revoke_matching(aid, caps, wanted);
		cbor_decref(&reply);
	}
	free(wanted);
	return status;
}

static int cap_revoke(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ 0 },
	};
	uint64_t aid, handle;
	bool all = false;
	const char *which;
	int option;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		all = true;
	}
	if (parse_aid(argc, argv, !all, &aid))
		return EXIT_USAGE;
	if (all)
		return revoke_all(aid);
	which = argv[optind + 1];
	if (which[strspn(which, "0123456789")])
		return revoke_text(aid, which);
	if (parse_number(which, "HANDLE", &handle))
		return EXIT_USAGE;
	return revoke_handle(aid, handle);
}

const struct verb cap_verbs[] = {
	{ "list", "[--json] AID",
	  "List the capabilities of an agent. FROM tells whether it came with the\n"
	  "manifest or was granted, GRANTER by whom. SOURCE is the agent from whose\n"
	  "capability it is derived: with that it ends. EXPIRES is in seconds of\n"
	  "this boot, USES what remains.\n\n"
	  "  --json   an array of objects\n",
	  cap_list },
	{ "grant", "AID 'CAPABILITY'",
	  "Give an agent a capability, and print its handle. For example:\n\n"
	  "  coconut cap grant 7 'fs.read /home/maya/papers lifetime=60'\n"
	  "  coconut cap grant 7 'net.connect 127.0.0.1:8080/tcp uses=5 rate=1/s'\n\n"
	  "lifetime= is in seconds, uses= a number, rate= a number in each second\n"
	  "(/s), minute (/m), hour (/h) or so many seconds (/30s).\n"
	  "coconut-capabilities(7) tells how a capability is written; one that\n"
	  "cannot be read counts as wrong usage.\n",
	  cap_grant },
	{ "revoke", "AID HANDLE|'CAPABILITY' | --all AID",
	  "Take a capability from an agent, and from those below it what is\n"
	  "derived from it; what was open by it is cut off. Prints how much that\n"
	  "was. A capability is named by its handle, or as 'coconut cap list'\n"
	  "writes it, its hint left out or not.\n\n"
	  "  --all   every capability\n",
	  cap_revoke },
	{ 0 },
};
