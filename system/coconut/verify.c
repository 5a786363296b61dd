// SPDX-License-Identifier: MIT
/* A chain's files, one after another. */
#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_TRIES 5
#define READ_US 50000

static int refuse(struct verify *verify, enum coconut_chain_fault fault,
		  uint64_t seq, uint64_t found)
{
	if (!verify->chain.fault)
		verify->chain.found_seq = found;
	coconut_chain_refuse(&verify->chain, fault, seq, 0, &verify->error);
	return EXIT_UNVERIFIED;
}

/* What stands first in a segment; row 1 where nothing does. */
static void peek(const uint8_t *data, size_t size, struct coconut_row *row)
{
	size_t offset = 0;

	*row = (struct coconut_row){ .seq = 1 };
	coconut_row_next(data, size, &offset, row);
}

/* After row @seq, whose value is @head; the anchors that were set stay. */
static void start(struct verify *verify, uint64_t seq, const uint8_t *head)
{
	verify->started = true;
	verify->first = seq + 1;
	verify->chain.seq = seq;
	if (head)
		memcpy(verify->chain.head, head, AGENT_DIGEST_SIZE);
}

/* A part begins where the good signature of its first segment says. */
static int start_part(struct verify *verify, const struct piece *piece)
{
	struct coconut_signature signature;
	int r = verify_signature(verify, piece, piece->first, &signature);

	if (r < 0)
		return -r;
	if (r || !signature.first)
		start(verify, 0, NULL);
	else
		start(verify, signature.first - 1, signature.before);
	return EXIT_GOOD;
}

static int begin(struct verify *verify, const struct piece *piece,
		 const struct coconut_row *row)
{
	if (verify->started)
		return EXIT_GOOD;
	if (verify->from_hash) {
		start(verify, row->seq ? row->seq - 1 : 0, verify->hash);
		return EXIT_GOOD;
	}
	if (piece && piece->part && row->seq != 1 && !verify->unsigned_too)
		return start_part(verify, piece);
	start(verify, 0, NULL);
	return EXIT_GOOD;
}

/* A name tells which row comes first: is that the next one? */
static int check_number(struct verify *verify, const struct piece *piece)
{
	uint64_t next = verify->chain.seq + 1;

	if (!verify->started || !piece->first || piece->first == next)
		return EXIT_GOOD;
	if (piece->first > next)
		return refuse(verify, COCONUT_CHAIN_SEGMENT_MISSING, next, 0);
	return refuse(verify, COCONUT_CHAIN_SEQUENCE, next, piece->first);
}

/* And is it the one that stands first? */
static int check_first(struct verify *verify, const struct piece *piece,
		       const struct coconut_row *row)
{
	uint64_t next = verify->chain.seq + 1;
	int status = check_number(verify, piece);

	if (status || !piece->first || !row->raw || row->seq == next)
		return status;
	return refuse(verify, COCONUT_CHAIN_SEGMENT_REPLACED, next, row->seq);
}

/* What the TPM told a boot of an earlier row is compared in the end. */
static void learn_told(struct verify *verify, const char *path,
		       const uint8_t *data, size_t size)
{
	struct coconut_row row;
	size_t offset = 0, at = 0;

	for (; coconut_row_next(data, size, &offset, &row) > 0; at = offset) {
		struct told told = { .seq = row.seq,
				     .offset = at,
				     .path = path };

		if (!coconut_row_tells(&row, "tpm", &told.anchor) ||
		    told.anchor.seq + 1 >= row.seq ||
		    told.anchor.seq < verify->first ||
		    verify->nr_told == TOLD_MAX)
			continue;
		verify->told[verify->nr_told++] = told;
	}
}

int verify_rows(struct verify *verify, const uint8_t *data, size_t size)
{
	struct coconut_row row;
	int status;

	peek(data, size, &row);
	status = begin(verify, NULL, &row);
	if (!status &&
	    coconut_chain_feed(&verify->chain, data, size, &verify->error))
		status = EXIT_UNVERIFIED;
	return status;
}

static int check_signed(struct verify *verify, const struct piece *piece,
			uint64_t first, const uint8_t *before, size_t size)
{
	struct coconut_signature signature;
	int r;

	if (verify->unsigned_too)
		return EXIT_GOOD;
	r = verify_signature(verify, piece, first, &signature);
	if (r)
		return r < 0 ? -r : EXIT_GOOD;
	return verify_signed(verify, &signature, first, before, size);
}

static int check_rows(struct verify *verify, const struct piece *piece,
		      const uint8_t *data, size_t size)
{
	struct coconut_chain *chain = &verify->chain;
	uint8_t before[AGENT_DIGEST_SIZE];
	struct coconut_row row;
	uint64_t first;
	int status;

	peek(data, size, &row);
	status = begin(verify, piece, &row);
	if (!status)
		status = check_first(verify, piece, &row);
	if (status)
		return status;
	first = chain->seq + 1;
	memcpy(before, chain->head, sizeof(before));
	if (coconut_chain_feed(chain, data, size, &verify->error))
		status = EXIT_UNVERIFIED;
	/* No row reaches over the end of a file. */
	if (!status && chain->pending_size) {
		coconut_chain_refuse(chain, COCONUT_CHAIN_TRUNCATED,
				     chain->seq + 1, chain->offset,
				     &verify->error);
		status = EXIT_UNVERIFIED;
	}
	learn_told(verify, piece->path, data, size);
	return status ? status :
			check_signed(verify, piece, first, before, size);
}

static bool is_whole(const uint8_t *data, size_t size)
{
	struct coconut_row row;
	size_t offset = 0;

	while (coconut_row_next(data, size, &offset, &row) > 0)
		;
	return offset == size;
}

/* To the machine's own newest segment, coconutd may be writing just now. */
static int read_piece(const struct verify *verify, const struct piece *piece,
		      uint8_t **ret_data, size_t *ret_size,
		      struct coconut_error *error)
{
	int tries = verify->local && !piece->closed ? READ_TRIES : 1, r;

	for (;;) {
		r = coconut_segment_read(piece->path, ret_data, ret_size,
					 error);
		if (r || !--tries || is_whole(*ret_data, *ret_size))
			return r;
		free(*ret_data);
		usleep(READ_US);
	}
}

static int check_piece(struct verify *verify, const struct piece *piece)
{
	struct coconut_error error;
	uint8_t *data;
	size_t size;
	int r;

	coconut_chain_segment(&verify->chain, piece->path, NULL);
	/* Where the chain begins may stand in the file, but for a whole log. */
	if (!verify->started && !verify->from_hash && !piece->part)
		start(verify, 0, NULL);
	r = check_number(verify, piece);
	if (r)
		return r;
	r = read_piece(verify, piece, &data, &size, &error);
	if (r == -EBADMSG || r == -E2BIG)
		return refuse(verify, COCONUT_CHAIN_SEGMENT_REPLACED,
			      verify->chain.seq + 1, 0);
	if (r) {
		complain("%s", error.message);
		return EXIT_REFUSED;
	}
	r = check_rows(verify, piece, data, size);
	free(data);
	return r;
}

/* An export that begins too late holds nothing of what it was made for. */
static int check_start(struct verify *verify)
{
	const struct pieces *pieces = &verify->pieces;

	if (!pieces->from || pieces->list[0].first <= pieces->from)
		return EXIT_GOOD;
	coconut_chain_segment(&verify->chain, pieces->list[0].path, NULL);
	return refuse(verify, COCONUT_CHAIN_SEGMENT_MISSING, pieces->from, 0);
}

int verify_files(struct verify *verify)
{
	int status = check_start(verify);
	size_t i;

	for (i = 0; i < verify->pieces.count && !status; i++)
		status = check_piece(verify, &verify->pieces.list[i]);
	return status;
}

/* Is this row's value in the file another than what is told of it? */
static bool is_other(const struct piece *piece,
		     const struct coconut_anchor *anchor)
{
	struct coconut_row row;
	size_t size, offset = 0;
	uint8_t *data;
	bool other = false;

	if (!piece || coconut_segment_read(piece->path, &data, &size, NULL))
		return false;
	while (coconut_row_next(data, size, &offset, &row) > 0 &&
	       row.seq <= anchor->seq)
		other = row.seq == anchor->seq &&
			memcmp(row.chain, anchor->head, AGENT_DIGEST_SIZE);
	free(data);
	return other;
}

/* What a boot tells comes first when it stands before the fault. */
static int check_told(struct verify *verify)
{
	struct coconut_chain *chain = &verify->chain;
	size_t i;

	for (i = 0; i < verify->nr_told; i++) {
		const struct told *told = &verify->told[i];

		if (told->seq > chain->seq ||
		    !is_other(pieces_find(&verify->pieces, told->anchor.seq),
			      &told->anchor))
			continue;
		chain->fault = COCONUT_CHAIN_GOOD;
		snprintf(chain->segment, sizeof(chain->segment), "%s",
			 told->path);
		coconut_chain_refuse(chain, COCONUT_CHAIN_FORK, told->seq,
				     told->offset, &verify->error);
		return EXIT_UNVERIFIED;
	}
	return EXIT_GOOD;
}

/* An export has to hold what it was made for. */
static int check_range(struct verify *verify)
{
	const struct pieces *pieces = &verify->pieces;
	struct coconut_chain *chain = &verify->chain;

	if (!pieces->from || chain->seq >= pieces->to)
		return EXIT_GOOD;
	coconut_chain_refuse(chain, COCONUT_CHAIN_SEGMENT_MISSING,
			     chain->seq + 1, chain->offset, &verify->error);
	return EXIT_UNVERIFIED;
}

int verify_finish(struct verify *verify)
{
	int status = check_told(verify);

	if (!verify->started)
		start(verify, 0, NULL);
	if (!status && coconut_chain_finish(&verify->chain, &verify->error))
		status = EXIT_UNVERIFIED;
	return status ? status : check_range(verify);
}
