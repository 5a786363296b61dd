/* SPDX-License-Identifier: MIT */
/* A check of a chain's files, under way. */
#ifndef COCONUT_VERIFY_H
#define COCONUT_VERIFY_H

#include "command.h"
#include "pieces.h"

/* Boots whose first row tells what the TPM knew, and it was not the last row. */
#define TOLD_MAX 256
/* Keys that are told by their fingerprints. */
#define KEYS_MAX 8

/**
 * struct told - what the first row of a boot tells of an earlier row
 * @seq: number of the boot's row
 * @offset: where it stands in @path
 * @path: the segment
 * @anchor: what it tells
 */
struct told {
	uint64_t seq;
	uint64_t offset;
	const char *path;
	struct coconut_anchor anchor;
};

/**
 * struct verify - a check
 * @chain: of the rows
 * @error: the first fault, for a person
 * @pieces: the files
 * @started: it is known where the chain begins
 * @first: number of the first row
 * @from_hash: it begins after a row whose value is @hash
 * @hash: that value
 * @unsigned_too: look at the rows alone
 * @local: it is this machine's own chain
 * @nr_heads: how many of the chain's anchors were told by the user
 * @tpm: the others were told by the TPM
 * @key_file: the public key, NULL for the one beside the segments
 * @keys: fingerprints of the keys by which segments are signed
 * @nr_keys: how many, up to KEYS_MAX
 * @signatures: how many were good
 * @signed_to: last row that is signed
 * @machine: the machine that signed the first of them
 * @machine_known: it is known
 * @told: what boots tell
 * @nr_told: how many
 */
struct verify {
	struct coconut_chain chain;
	struct coconut_error error;
	struct pieces pieces;
	bool started;
	uint64_t first;
	bool from_hash;
	uint8_t hash[AGENT_DIGEST_SIZE];
	bool unsigned_too;
	bool local;
	size_t nr_heads;
	bool tpm;
	const char *key_file;
	uint8_t keys[KEYS_MAX][AGENT_DIGEST_SIZE];
	size_t nr_keys;
	uint64_t signatures;
	uint64_t signed_to;
	uint8_t machine[16];
	bool machine_known;
	struct told told[TOLD_MAX];
	size_t nr_told;
};

/**
 * verify_files - check all files
 * @verify: the check; its @pieces, @from_hash, @key_file and so on are set
 *
 * Return: exit status; with EXIT_UNVERIFIED @chain and @error tell the fault.
 */
int verify_files(struct verify *verify);

/**
 * verify_rows - check rows that come without files
 * @verify: the check
 * @data: the rows
 * @size: how many bytes
 *
 * Return: exit status.
 */
int verify_rows(struct verify *verify, const uint8_t *data, size_t size);

/**
 * verify_finish - all has been seen
 * @verify: the check
 *
 * Return: exit status.
 */
int verify_finish(struct verify *verify);

/**
 * verify_signature - check the signature of a segment, not yet what it tells
 * @verify: the check
 * @piece: the segment
 * @first: number of its first row
 * @ret_signature: gets the signature
 *
 * Return: 0 for a good one, 1 for none where there need not be any, an exit
 * status of EXIT_REFUSED as -EXIT_REFUSED, or -EXIT_UNVERIFIED.
 */
int verify_signature(struct verify *verify, const struct piece *piece,
		     uint64_t first, struct coconut_signature *ret_signature);

/**
 * verify_signed - is a segment the one that was signed
 * @verify: the check, after the segment's rows
 * @signature: its signature
 * @first: number of its first row
 * @before: the chain value before it
 * @size: its length in bytes
 *
 * Return: exit status.
 */
int verify_signed(struct verify *verify,
		  const struct coconut_signature *signature, uint64_t first,
		  const uint8_t *before, size_t size);

#endif /* COCONUT_VERIFY_H */
