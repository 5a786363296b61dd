// SPDX-License-Identifier: MIT
/* coconut agent why: what an agent was denied last, and why. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client.h"
#include "command.h"

const char why_help[] =
	"Tell what an agent was denied last, at most 16 denials, and why: the\n"
	"capability, the object, the reason and the hint that its manifest gives.\n"
	"Without AID an agent asks about itself, for which it needs no capability\n"
	"and no coconutd; about others it needs audit.read.\n\n"
	"  --from N   only from denial N on; each agent's are numbered from 1\n"
	"  --json     an array of objects\n";

/**
 * struct denials - what an agent was denied
 * @list: the denials, oldest first
 * @count: how many
 */
struct denials {
	struct agent_denial list[AGENT_DENIALS_KEPT];
	size_t count;
};

/* A pair of sockets knows who made it, and tells it without a capability. */
static uint64_t own_aid(void)
{
	uint64_t aid = AGENT_AID_LEGACY;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return aid;
	coconut_peer_aid(fds[0], &aid);
	close(fds[0]);
	close(fds[1]);
	return aid;
}

static int ask_kernel(uint64_t aid, uint64_t from, struct denials *denials)
{
	int got = coconut_denials(aid, from, denials->list, AGENT_DENIALS_KEPT,
				  NULL);

	if (got < 0) {
		complain("agent %" PRIu64 ": %s", aid, coconut_strerror(got));
		return got == -ESRCH ? EXIT_NO_AGENT : EXIT_REFUSED;
	}
	denials->count = (size_t)got;
	return EXIT_GOOD;
}

static int ask_coconutd(uint64_t aid, uint64_t from, struct denials *denials)
{
	struct message request;
	const uint8_t *bytes;
	cbor_item_t *reply;
	size_t size;
	int status;

	request_agent(&request, "why", aid);
	message_add_uint(&request, "from", from);
	status = client_call(&request, &reply);
	if (status)
		return status;
	bytes = message_get_bytes(reply, "denials", &size);
	if (!bytes || size > sizeof(denials->list) ||
	    size % sizeof(denials->list[0])) {
		complain("coconutd's reply has no list of denials");
		status = EXIT_REFUSED;
	} else {
		memcpy(denials->list, bytes, size);
		denials->count = size / sizeof(denials->list[0]);
	}
	cbor_decref(&reply);
	return status;
}

static void print_denials(const struct denials *denials)
{
	char text[COCONUT_DENIAL_TEXT_MAX];
	size_t i;

	for (i = 0; i < denials->count; i++) {
		coconut_denial_format(&denials->list[i], text, sizeof(text));
		printf("%s\n    %s\n", text,
		       coconut_reason_text(denials->list[i].reason));
	}
	if (!denials->count)
		printf("nothing was denied\n");
}

static void print_denials_json(const struct denials *denials)
{
	char text[COCONUT_DENIAL_TEXT_MAX];
	size_t i;

	putchar('[');
	for (i = 0; i < denials->count; i++) {
		coconut_denial_json(&denials->list[i], text, sizeof(text));
		printf("%s%s", i ? ",\n" : "\n", text);
	}
	puts("\n]");
}

/* The AID may be left out by an agent, which then means itself. */
static int parse_whom(int argc, char **argv, uint64_t own, uint64_t *ret_aid)
{
	if (optind < argc)
		return parse_aid(argc, argv, 0, ret_aid);
	if (own == AGENT_AID_LEGACY)
		return misuse(
			"why: the AID is missing, and this is no agent that could mean itself");
	*ret_aid = own;
	return 0;
}

int agent_why(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "from", required_argument, NULL, 'f' },
		{ 0 },
	};
	uint64_t aid, from = 1, own = own_aid();
	struct denials denials = { .count = 0 };
	bool json = false;
	int option, status;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == '?' ||
		    (option == 'f' && parse_number(optarg, "--from", &from)))
			return EXIT_USAGE;
		json |= option == 'j';
	}
	if (parse_whom(argc, argv, own, &aid))
		return EXIT_USAGE;
	if (own == AGENT_AID_LEGACY)
		status = ask_coconutd(aid, from, &denials);
	else
		status = ask_kernel(aid, from, &denials);
	if (!status)
		(json ? print_denials_json : print_denials)(&denials);
	return status;
}
