// SPDX-License-Identifier: MIT
/* coconut audit prove: a part of the chain, for whoever trusts nobody here */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "verify.h"

#define KEY_MAX 65536

struct prove {
	uint64_t from;
	uint64_t to;
	const char *output;
	const char *key;
	struct verify verify;
};

static const char readme[] =
	"What this is\n"
	"============\n\n"
	"Rows %1$" PRIu64 " to %2$" PRIu64
	" of the audit chain of a machine that runs Coconut OS, with all\n"
	"that it takes to check them without trusting that machine or this copy:\n\n"
	"  *.seg      the segments that hold these rows, whole: rows one after another,\n"
	"             each with a chain value over itself and the row before it\n"
	"  *.sig      what was signed when each was closed: its first and last row, the\n"
	"             chain values before and after them, the machine, the key\n"
	"  audit.pub  the public key of those signatures, PEM\n"
	"  range      which rows this is about\n\n"
	"Where trust comes from\n"
	"======================\n\n"
	"The key's fingerprint, SHA-256 of its SubjectPublicKeyInfo, is\n\n"
	"    %3$s\n\n"
	"Compare it with the one that you were given when the machine was set up, or use\n"
	"that key instead of audit.pub: whoever made these files could have put another\n"
	"key here. The fingerprint of audit.pub is printed by\n\n"
	"    openssl pkey -pubin -in audit.pub -outform DER | sha256sum\n\n"
	"To check it with Coconut OS's own tool\n"
	"======================================\n\n"
	"    coconut audit verify --key KEY .\n\n"
	"prints the rows it found good, or exits with 3 and names the first row that\n"
	"cannot be believed. 'coconut audit show .' prints the rows.\n\n"
	"To check it with another's tool\n"
	"===============================\n\n"
	"The Python verifier, tests/verifier/coconut_verify.py in the sources of Coconut OS, was\n"
	"written from docs/audit.md alone and needs Python's standard library only:\n\n"
	"    tests/verifier/coconut_verify.py --key KEY .\n\n"
	"By hand, a signature is over all lines of its file but the last:\n\n"
	"    head -n -1 N.sig >lines\n"
	"    sed -n 's/^signature //p' N.sig | base64 -d >signature\n"
	"    openssl dgst -sha256 -verify KEY -signature signature lines\n\n"
	"and the chain value of a row is BLAKE3 of the value before it, which for the\n"
	"first row here is 'before' of its signature, and the row without its last 32\n"
	"bytes. docs/audit.md describes every byte.\n\n"
	"What this does not show\n"
	"=======================\n\n"
	"That these are the last rows of the machine: later ones are another proof.\n";

static char *path_in(const char *directory, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", directory, name) >= 0)
		return path;
	complain("out of memory");
	exit(EXIT_REFUSED);
}

static int put(const struct prove *prove, const char *name, const void *data,
	       size_t size)
{
	char *path = path_in(prove->output, name);
	struct coconut_error error;
	int r = coconut_file_write(path, data, size, 0644, &error);

	free(path);
	if (r)
		complain("%s", error.message);
	return r ? EXIT_REFUSED : EXIT_GOOD;
}

static int copy_file(const struct prove *prove, const char *from,
		     const char *name)
{
	struct coconut_error error;
	uint8_t *data;
	size_t size;
	int r = coconut_file_read(from, KEY_MAX, &data, &size, &error);

	if (r) {
		complain("%s", error.message);
		return EXIT_REFUSED;
	}
	r = put(prove, name, data, size);
	free(data);
	return r;
}

/* Not compressed: what reads it may know nothing but bytes. */
static int copy_piece(const struct prove *prove, const struct piece *piece)
{
	struct coconut_segment segment = { .first = piece->first,
					   .plain = true };
	char name[COCONUT_SEGMENT_NAME_MAX];
	struct coconut_error error;
	uint8_t *data;
	size_t size;
	int r = coconut_segment_read(piece->path, &data, &size, &error);

	if (r) {
		complain("%s", error.message);
		return EXIT_REFUSED;
	}
	r = put(prove, coconut_segment_name(&segment, name), data, size);
	free(data);
	if (r)
		return r;
	return copy_file(prove, piece->signature,
			 coconut_signature_name(piece->first, name));
}

static int write_texts(const struct prove *prove)
{
	char digits[2 * AGENT_DIGEST_SIZE + 1], *text;
	int r, size;

	size = asprintf(&text,
			"coconut-range 1\nfrom %" PRIu64 "\nto %" PRIu64 "\n",
			prove->from, prove->to);
	if (size < 0)
		return EXIT_REFUSED;
	r = put(prove, RANGE_FILE, text, (size_t)size);
	free(text);
	if (r)
		return r;
	coconut_hex(prove->verify.keys[0], sizeof(prove->verify.keys[0]),
		    digits);
	size = asprintf(&text, readme, prove->from, prove->to, digits);
	if (size < 0)
		return EXIT_REFUSED;
	r = put(prove, "README.txt", text, (size_t)size);
	free(text);
	return r;
}

/* Only the segments that hold the rows are kept, and they must be closed. */
static int select_pieces(struct prove *prove)
{
	struct pieces *pieces = &prove->verify.pieces;
	size_t i, kept = 0;

	for (i = 0; i < pieces->count; i++) {
		struct piece piece = pieces->list[i];
		bool before = i + 1 < pieces->count &&
			      pieces->list[i + 1].first <= prove->from;

		if (before || piece.first > prove->to) {
			free(piece.path);
			free(piece.signature);
			free(piece.key);
			continue;
		}
		piece.part = true;
		pieces->list[kept++] = piece;
	}
	pieces->count = kept;
	if (!kept) {
		complain("no segment holds row %" PRIu64, prove->from);
		return EXIT_REFUSED;
	}
	if (access(pieces->list[kept - 1].signature, F_OK) == 0) {
		pieces->list[kept - 1].closed = true;
		return EXIT_GOOD;
	}
	complain(
		"row %" PRIu64
		" may be in a segment that is not closed yet, and is signed by nobody; 'coconut audit rotate' closes it",
		prove->to);
	return EXIT_REFUSED;
}

/* What does not verify here is no proof there. */
static int check(struct prove *prove)
{
	struct verify *verify = &prove->verify;
	int status;

	coconut_chain_init(&verify->chain, 0, NULL);
	verify->pieces.from = prove->from;
	verify->pieces.to = prove->to;
	verify->key_file = prove->key;
	status = verify_files(verify);
	if (!status)
		status = verify_finish(verify);
	if (status == EXIT_UNVERIFIED)
		complain("%s", verify->error.message);
	return status;
}

static int export(const struct prove *prove)
{
	const struct pieces *pieces = &prove->verify.pieces;
	int status = EXIT_GOOD;
	size_t i;

	if (mkdir(prove->output, 0755)) {
		complain("%s: %s", prove->output, coconut_strerror(errno));
		return EXIT_REFUSED;
	}
	for (i = 0; i < pieces->count && !status; i++)
		status = copy_piece(prove, &pieces->list[i]);
	if (!status)
		status =
			copy_file(prove,
				  prove->key ? prove->key : pieces->list[0].key,
				  KEY_FILE);
	if (!status)
		status = write_texts(prove);
	if (!status)
		printf("rows %" PRIu64 " to %" PRIu64
		       " are in %s, among %" PRIu64 " of %zu segment%s\n",
		       prove->from, prove->to, prove->output,
		       prove->verify.chain.rows, pieces->count,
		       pieces->count == 1 ? "" : "s");
	return status;
}

static int parse(struct prove *prove, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "key", required_argument, NULL, 'k' },
		{ "output", required_argument, NULL, 'o' },
		{ "to", required_argument, NULL, 't' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":o:", longs)) != -1) {
		if (option == '?' ||
		    (option == 'f' &&
		     parse_number(optarg, "--from", &prove->from)) ||
		    (option == 't' && parse_number(optarg, "--to", &prove->to)))
			return EXIT_USAGE;
		if (option == 'k')
			prove->key = optarg;
		if (option == 'o')
			prove->output = optarg;
	}
	if (!prove->from || prove->to < prove->from || !prove->output)
		return misuse(
			"--from SEQ, --to SEQ not before it, and -o NEWDIR are needed");
	if (argc - optind > 1)
		return misuse("%s: unexpected argument '%s'", argv[0],
			      argv[optind + 1]);
	return 0;
}

int audit_prove(int argc, char **argv)
{
	struct prove *prove = calloc(1, sizeof(*prove));
	const char *directory = SEGMENT_DIRECTORY;
	int status;

	if (!prove) {
		complain("out of memory");
		return EXIT_REFUSED;
	}
	status = parse(prove, argc, argv);
	if (!status) {
		directory = optind < argc ? argv[optind] : directory;
		status = pieces_add(&prove->verify.pieces, directory);
	}
	if (status == -EACCES) {
		complain("%s: %s", directory, coconut_strerror(EACCES));
		status = EXIT_REFUSED;
	}
	if (!status)
		status = select_pieces(prove);
	if (!status)
		status = check(prove);
	if (!status)
		status = export(prove);
	pieces_clear(&prove->verify.pieces);
	free(prove);
	return status;
}
