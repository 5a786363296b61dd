// SPDX-License-Identifier: MIT
/* coconut audit verify */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "table.h"
#include "verify.h"

/**
 * struct asked - what the command line asks for
 * @verify: the check
 * @json: as JSON
 * @tpm: ask the TPM
 * @each: every path is a chain of its own
 */
struct asked {
	struct verify verify;
	bool json;
	bool tpm;
	bool each;
};

static void print_head(const struct verify *verify, char *digits)
{
	coconut_hex(verify->chain.head, AGENT_DIGEST_SIZE, digits);
}

/* Which of the heads that were told are rows of the part that was read. */
static size_t count_compared(const struct verify *verify)
{
	size_t count = 0, i;

	for (i = 0; i < verify->chain.nr_anchors; i++)
		count += verify->chain.anchors[i].seq >= verify->first;
	return count;
}

static void print_signatures(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	char key[2 * AGENT_DIGEST_SIZE + 1];
	size_t i;

	if (verify->unsigned_too) {
		puts("signatures: not checked");
		return;
	}
	if (!verify->signatures) {
		puts("signatures: none; no segment is closed yet");
		return;
	}
	printf("signatures: %" PRIu64
	       " good, by the keys of %s, rows to %" PRIu64 "; %" PRIu64
	       " rows not signed yet\n",
	       verify->signatures,
	       verify->key_file ? verify->key_file :
				  KEY_FILE " beside the segments",
	       verify->signed_to, chain->seq - verify->signed_to);
	for (i = 0; i < verify->nr_keys; i++)
		printf("signed by key %s\n",
		       coconut_hex(verify->keys[i], AGENT_DIGEST_SIZE, key));
}

static void print_heads(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	size_t i;

	if (!verify->tpm)
		puts("TPM: not compared");
	for (i = 0; i < chain->nr_anchors; i++)
		printf("%s: row %" PRIu64 " %s\n",
		       verify->tpm && i >= verify->nr_heads ? "TPM" : "head",
		       chain->anchors[i].seq,
		       chain->anchors[i].seq >= verify->first ?
			       "is there, with that chain value" :
			       "is before these rows, not compared");
}

static void report_good(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	char head[2 * AGENT_DIGEST_SIZE + 1];

	print_head(verify, head);
	printf("verified %" PRIu64 " rows, seq %" PRIu64 " to %" PRIu64
	       ", head %s\n",
	       chain->rows, verify->first, chain->seq, head);
	print_signatures(verify);
	print_heads(verify);
	if (verify->pieces.from)
		printf("range: rows %" PRIu64 " to %" PRIu64
		       " are among them\n",
		       verify->pieces.from, verify->pieces.to);
}

static void json_good(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	char head[2 * AGENT_DIGEST_SIZE + 1];
	size_t i;

	print_head(verify, head);
	printf("{\"good\": true, \"rows\": %" PRIu64 ", \"first\": %" PRIu64
	       ", \"last\": %" PRIu64 ", \"head\": \"%s\"",
	       chain->rows, verify->first, chain->seq, head);
	printf(", \"signatures\": %" PRIu64 ", \"signed_to\": %" PRIu64,
	       verify->signatures, verify->signed_to);
	json_key("keys", false);
	for (i = 0; i < verify->nr_keys; i++) {
		fputs(i ? ", " : "[", stdout);
		json_hex(verify->keys[i], AGENT_DIGEST_SIZE);
	}
	fputs(i ? "]" : "[]", stdout);
	printf(", \"tpm\": %s, \"heads\": %zu}\n",
	       verify->tpm ? "true" : "false", count_compared(verify));
}

static void json_bad(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;
	const char *message = verify->error.message;

	printf("{\"good\": false, \"rows\": %" PRIu64 ", \"row\": %" PRIu64
	       ", \"offset\": %" PRIu64 ", \"fault\": \"%s\", \"segment\": ",
	       chain->rows, chain->expected_seq, chain->offset,
	       coconut_chain_fault_name(chain->fault));
	json_text(chain->segment, strlen(chain->segment));
	json_key("message", false);
	json_text(message, strlen(message));
	puts("}");
}

static void report_bad(const struct verify *verify)
{
	const struct coconut_chain *chain = &verify->chain;

	complain("%s", verify->error.message);
	if (chain->rows || verify->from_hash ||
	    (chain->fault != COCONUT_CHAIN_SEQUENCE &&
	     chain->fault != COCONUT_CHAIN_SEGMENT_MISSING))
		return;
	complain(
		"if the rows before these are not meant to be here: --from-hash takes the chain value of the row before the first");
}

static int add_head(struct verify *verify, uint64_t seq, const uint8_t *head)
{
	if (!coconut_chain_anchor(&verify->chain, seq, head))
		return 0;
	return misuse("--head: at most %d", COCONUT_CHAIN_ANCHORS - 2);
}

/* SEQ:HASH */
static int parse_head(struct verify *verify, const char *text)
{
	const char *colon = strchr(text, ':');
	uint8_t head[AGENT_DIGEST_SIZE];
	char number[24];
	uint64_t seq;

	if (!colon || (size_t)(colon - text) >= sizeof(number) ||
	    coconut_unhex(colon + 1, head, sizeof(head)))
		return misuse("--head: '%s' is no SEQ:HASH", text);
	snprintf(number, sizeof(number), "%.*s", (int)(colon - text), text);
	if (parse_number(number, "--head", &seq))
		return EXIT_USAGE;
	if (verify->nr_heads == COCONUT_CHAIN_ANCHORS - 2)
		return misuse("--head: at most %d", COCONUT_CHAIN_ANCHORS - 2);
	verify->nr_heads++;
	return add_head(verify, seq, head);
}

/* Before the log is read: it only grows meanwhile. */
static int ask_tpm(struct verify *verify)
{
	struct coconut_tpm_head heads[2];
	struct coconut_error error;
	size_t i;

	if (coconut_tpm_read(NULL, &heads[0], &heads[1], &error)) {
		complain("%s", error.message);
		return EXIT_REFUSED;
	}
	for (i = 0; i < 2; i++) {
		if (!heads[i].present || !heads[i].seq)
			continue;
		verify->tpm = true;
		add_head(verify, heads[i].seq, heads[i].chain);
	}
	if (verify->tpm)
		return EXIT_GOOD;
	complain("the TPM holds no head of a chain");
	return EXIT_REFUSED;
}

static int take_option(struct asked *asked, int option)
{
	struct verify *verify = &asked->verify;

	switch (option) {
	case 'h':
		return parse_head(verify, optarg);
	case 'f':
		verify->from_hash = true;
		if (!coconut_unhex(optarg, verify->hash, AGENT_DIGEST_SIZE))
			return 0;
		return misuse("--from-hash: '%s' is not %d hexadecimal digits",
			      optarg, 2 * AGENT_DIGEST_SIZE);
	case 'k':
		verify->key_file = optarg;
		return 0;
	case 'n':
		verify->unsigned_too = true;
		return 0;
	case 't':
		asked->tpm = true;
		return 0;
	case 'e':
		asked->each = true;
		return 0;
	case 'j':
		asked->json = true;
		return 0;
	default:
		return EXIT_USAGE;
	}
}

static int parse(struct asked *asked, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "each", no_argument, NULL, 'e' },
		{ "from-hash", required_argument, NULL, 'f' },
		{ "head", required_argument, NULL, 'h' },
		{ "json", no_argument, NULL, 'j' },
		{ "key", required_argument, NULL, 'k' },
		{ "no-signatures", no_argument, NULL, 'n' },
		{ "tpm", no_argument, NULL, 't' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":", longs)) != -1)
		if (take_option(asked, option))
			return EXIT_USAGE;
	if (asked->verify.key_file && asked->verify.unsigned_too)
		return misuse("--key and --no-signatures exclude each other");
	return 0;
}

static int take_rows(void *context, const char *name, bool first,
		     const uint8_t *data, size_t size)
{
	struct verify *verify = context;

	if (first)
		coconut_chain_segment(&verify->chain, name, NULL);
	return verify_rows(verify, data, size);
}

/* Who may not read the files has only the rows, as coconutd tells them. */
static int check(struct verify *verify, char **paths, int count)
{
	const struct row_filter all = ROW_FILTER_ALL;
	struct row_taker taker = { .take = take_rows, .context = verify };
	int i, status = EXIT_GOOD;

	verify->local = !count;
	for (i = 0; i < count && !status; i++)
		status = pieces_add(&verify->pieces, paths[i]);
	if (!count)
		status = pieces_add(&verify->pieces, SEGMENT_DIRECTORY);
	if (status == -EACCES && !count) {
		verify->unsigned_too = true;
		status = rows_from_coconutd(&all, false, &taker);
	} else if (status == -EACCES) {
		complain("%s: %s", paths[i - 1], coconut_strerror(EACCES));
		status = EXIT_REFUSED;
	} else if (!status) {
		status = verify_files(verify);
	}
	return status == EXIT_GOOD || status == EXIT_UNVERIFIED ?
		       (verify_finish(verify) ? EXIT_UNVERIFIED : EXIT_GOOD) :
		       status;
}

static int check_and_tell(struct verify *verify, bool json, char **paths,
			  int count)
{
	int status = check(verify, paths, count);

	if (status == EXIT_GOOD)
		json ? json_good(verify) : report_good(verify);
	if (status == EXIT_UNVERIFIED) {
		if (json)
			json_bad(verify);
		report_bad(verify);
	}
	pieces_clear(&verify->pieces);
	return status;
}

/* The worst of them is the status: 3, or else 1. */
static int check_each(const struct asked *asked, char **paths, int count)
{
	struct verify *verify = malloc(sizeof(*verify));
	int i, status = EXIT_GOOD;

	for (i = 0; verify && i < count; i++) {
		int one;

		*verify = asked->verify;
		one = check_and_tell(verify, asked->json, paths + i, 1);
		status = one > status ? one : status;
	}
	free(verify);
	return verify ? status : EXIT_REFUSED;
}

int audit_verify(int argc, char **argv)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	int status;

	if (!asked) {
		complain("out of memory");
		return EXIT_REFUSED;
	}
	coconut_chain_init(&asked->verify.chain, 0, NULL);
	status = parse(asked, argc, argv);
	if (!status && asked->tpm)
		status = ask_tpm(&asked->verify);
	if (!status && asked->each)
		status = check_each(asked, argv + optind, argc - optind);
	else if (!status)
		status = check_and_tell(&asked->verify, asked->json,
					argv + optind, argc - optind);
	free(asked);
	return status;
}
