// SPDX-License-Identifier: MIT
/* coconut audit */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "rows.h"
#include "table.h"

struct show {
	struct row_filter filter;
	bool json;
};

static int show_rows(void *context, const char *name, bool first,
		     const uint8_t *data, size_t size)
{
	const struct show *show = context;
	struct coconut_row row;
	size_t offset = 0;
	int r;

	(void)first;
	while ((r = coconut_row_next(data, size, &offset, &row)) > 0)
		row_print(&show->filter, show->json, &row);
	if (!r)
		return EXIT_GOOD;
	complain("%s: %s at offset %zu; 'coconut audit verify' tells more",
		 name, r == -EAGAIN ? "the file ends within the row" : "no row",
		 offset);
	return EXIT_UNVERIFIED;
}

static int audit_show(int argc, char **argv)
{
	static const struct option longs[] = {
		ROW_FILTER_OPTIONS,
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	struct show show = { .filter.from = 1 };
	struct row_taker taker = { .take = show_rows, .context = &show };
	int option;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == 'j')
			show.json = true;
		else if (option == '?' ||
			 row_filter_option(&show.filter, option, optarg))
			return EXIT_USAGE;
	}
	return rows_from(argv + optind, (size_t)(argc - optind), &show.filter,
			 &taker);
}

struct verify {
	struct coconut_chain chain;
	struct coconut_error error;
	bool started;
	bool from_hash;
	uint8_t hash[AGENT_DIGEST_SIZE];
	uint64_t first;
	bool anchored;
	uint64_t head_seq;
	uint8_t head[AGENT_DIGEST_SIZE];
	bool json;
};

/* The first row may be any when the chain value before it is told. */
static void start(struct verify *verify, const uint8_t *data, size_t size)
{
	struct coconut_row row = { .seq = 1 };
	size_t offset = 0;
	bool found = coconut_row_next(data, size, &offset, &row) > 0;

	verify->started = true;
	verify->first = verify->from_hash && found && row.seq ? row.seq : 1;
	coconut_chain_init(&verify->chain, verify->first - 1,
			   verify->from_hash ? verify->hash : NULL);
	if (verify->anchored)
		coconut_chain_anchor(&verify->chain, verify->head_seq,
				     verify->head);
}

static int verify_rows(void *context, const char *name, bool first,
		       const uint8_t *data, size_t size)
{
	struct verify *verify = context;
	int r = 0;

	if (!verify->started)
		start(verify, data, size);
	if (first)
		r = coconut_chain_segment(&verify->chain, name, &verify->error);
	if (!r)
		r = coconut_chain_feed(&verify->chain, data, size,
				       &verify->error);
	return r ? EXIT_UNVERIFIED : EXIT_GOOD;
}

static int report_good(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	char head[2 * AGENT_DIGEST_SIZE + 1];

	coconut_hex(chain->head, AGENT_DIGEST_SIZE, head);
	if (verify->json)
		printf("{\"good\": true, \"rows\": %" PRIu64
		       ", \"first\": %" PRIu64 ", \"last\": %" PRIu64
		       ", \"head\": \"%s\"}\n",
		       chain->rows, verify->first, chain->seq, head);
	else
		printf("verified %" PRIu64 " rows, seq %" PRIu64 " to %" PRIu64
		       ", head %s\n",
		       chain->rows, verify->first, chain->seq, head);
	return EXIT_GOOD;
}

static int report_bad(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	const char *message = verify->error.message;

	if (verify->json) {
		printf("{\"good\": false, \"rows\": %" PRIu64
		       ", \"row\": %" PRIu64 ", \"offset\": %" PRIu64
		       ", \"fault\": \"%s\", \"segment\": ",
		       chain->rows, chain->expected_seq, chain->offset,
		       coconut_chain_fault_name(chain->fault));
		json_text(chain->segment, strlen(chain->segment));
		json_key("message", false);
		json_text(message, strlen(message));
		puts("}");
	}
	complain("%s", message);
	if (!chain->rows && !verify->from_hash &&
	    chain->fault == COCONUT_CHAIN_SEQUENCE)
		complain(
			"the rows before row %" PRIu64
			" are not here; --from-hash takes the chain value of row %" PRIu64,
			chain->found_seq, chain->found_seq - 1);
	return EXIT_UNVERIFIED;
}

/* SEQ:HASH */
static int parse_head(struct verify *verify, const char *text)
{
	const char *colon = strchr(text, ':');
	char number[24];

	if (!colon || (size_t)(colon - text) >= sizeof(number) ||
	    coconut_unhex(colon + 1, verify->head, AGENT_DIGEST_SIZE))
		return misuse("--head: '%s' is no SEQ:HASH", text);
	snprintf(number, sizeof(number), "%.*s", (int)(colon - text), text);
	verify->anchored = true;
	return parse_number(number, "--head", &verify->head_seq);
}

static int parse_verify(struct verify *verify, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "from-hash", required_argument, NULL, 'f' },
		{ "head", required_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		if (option == '?' ||
		    (option == 'h' && parse_head(verify, optarg)))
			return EXIT_USAGE;
		verify->json |= option == 'j';
		if (option != 'f')
			continue;
		verify->from_hash = true;
		if (coconut_unhex(optarg, verify->hash, AGENT_DIGEST_SIZE))
			return misuse(
				"--from-hash: '%s' is not %d hexadecimal digits",
				optarg, 2 * AGENT_DIGEST_SIZE);
	}
	return 0;
}

static int audit_verify(int argc, char **argv)
{
	const struct row_filter all = { .from = 1 };
	struct verify *verify = calloc(1, sizeof(*verify));
	struct row_taker taker = { .take = verify_rows, .context = verify };
	int status;

	if (!verify) {
		complain("out of memory");
		return EXIT_REFUSED;
	}
	status = parse_verify(verify, argc, argv);
	if (!status)
		status = rows_from(argv + optind, (size_t)(argc - optind), &all,
				   &taker);
	if (!status && !verify->started)
		start(verify, NULL, 0);
	if (!status && coconut_chain_finish(&verify->chain, &verify->error))
		status = EXIT_UNVERIFIED;
	if (!status)
		report_good(verify);
	else if (status == EXIT_UNVERIFIED)
		report_bad(verify);
	free(verify);
	return status;
}

const struct verb audit_verbs[] = {
	{ "show",
	  "[--aid N] [--event E] [--cap C] [--from SEQ] [--json] [DIR|FILE...]",
	  "Print audit rows, by default those in " SEGMENT_DIRECTORY ",\n"
	  "or as coconutd tells them to who may not read there.\n\n"
	  "  --aid N     only rows of this agent\n"
	  "  --event E   only rows of this event, such as deny\n"
	  "  --cap C     only rows of this capability, such as fs.read\n"
	  "  --from SEQ  from this row on\n"
	  "  --json      one object a line\n",
	  audit_show },
	{ "verify",
	  "[--json] [--from-hash HASH] [--head SEQ:HASH] [DIR|FILE...]",
	  "Check that every row follows from the one before it. Names the first\n"
	  "row that does not, its file and offset, and exits with 3.\n\n"
	  "  --from-hash HASH  the first row is not row 1; HASH is the chain\n"
	  "                    value of the row before it\n"
	  "  --head SEQ:HASH   what the chain must hold, as an attestation tells;\n"
	  "                    without it nobody sees rows cut off at the end\n"
	  "  --json            one object\n",
	  audit_verify },
	{ 0 },
};
