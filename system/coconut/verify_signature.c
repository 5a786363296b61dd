// SPDX-License-Identifier: MIT
/* Signatures of segments, and whether segments are what was signed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "verify.h"

#define KEY_MAX 65536
#define WAIT_TRIES 50
#define WAIT_US 100000
#define MACHINE_ID "/etc/machine-id"

static int refuse(struct verify *verify, enum coconut_chain_fault fault,
		  uint64_t seq, uint64_t offset)
{
	coconut_chain_refuse(&verify->chain, fault, seq, offset,
			     &verify->error);
	return EXIT_UNVERIFIED;
}

/* What is at hand to check signatures of a segment with; none is no error. */
static int read_key(const struct verify *verify, const struct piece *piece,
		    uint8_t **ret_pem, size_t *ret_size)
{
	const char *path = verify->key_file ? verify->key_file : piece->key;
	struct coconut_error error;
	int r = coconut_file_read(path, KEY_MAX, ret_pem, ret_size, &error);

	if (!r || (r == -ENOENT && !verify->key_file))
		return EXIT_GOOD;
	complain("%s", error.message);
	return EXIT_REFUSED;
}

/* This machine's own chain is signed by this machine, any other by one. */
static bool is_machine(struct verify *verify,
		       const struct coconut_signature *signature)
{
	uint8_t *text;
	size_t size;

	if (!verify->machine_known && verify->local &&
	    !coconut_file_read(MACHINE_ID, 64, &text, &size, NULL)) {
		text[strcspn((char *)text, "\n")] = '\0';
		verify->machine_known = !coconut_unhex(
			(char *)text, verify->machine, sizeof(verify->machine));
		free(text);
	}
	if (!verify->machine_known)
		memcpy(verify->machine, signature->machine,
		       sizeof(verify->machine));
	verify->machine_known = true;
	return !memcmp(verify->machine, signature->machine,
		       sizeof(verify->machine));
}

static enum coconut_chain_fault judge(struct verify *verify,
				      const uint8_t *text, size_t size,
				      const uint8_t *pem, size_t pem_size,
				      struct coconut_signature *ret_signature)
{
	int r = pem ? coconut_signature_check(text, size, pem, pem_size,
					      ret_signature, NULL) :
		      coconut_signature_parse(text, size, ret_signature, NULL);

	if (r == -ENOKEY || (!r && !pem))
		return COCONUT_CHAIN_KEY_UNKNOWN;
	if (r)
		return COCONUT_CHAIN_SIGNATURE_BAD;
	return is_machine(verify, ret_signature) ? COCONUT_CHAIN_GOOD :
						   COCONUT_CHAIN_MACHINE;
}

/* coconutd needs a moment to sign what it has just closed. */
static int read_signature(const struct verify *verify,
			  const struct piece *piece, uint8_t **ret_text,
			  size_t *ret_size, struct coconut_error *error)
{
	int tries, r;

	for (tries = 0; tries < WAIT_TRIES; tries++) {
		r = coconut_file_read(piece->signature,
				      COCONUT_SIGNATURE_TEXT_MAX, ret_text,
				      ret_size, error);
		if (r != -ENOENT || !verify->local || !piece->closed)
			break;
		usleep(WAIT_US);
	}
	return r;
}

int verify_signature(struct verify *verify, const struct piece *piece,
		     uint64_t first, struct coconut_signature *ret_signature)
{
	struct coconut_error error;
	enum coconut_chain_fault fault;
	uint8_t *text, *pem = NULL;
	size_t size, pem_size = 0;
	int r = read_signature(verify, piece, &text, &size, &error);

	if (r == -ENOENT && !piece->closed)
		return 1;
	if (r == -ENOENT)
		return -refuse(verify, COCONUT_CHAIN_SIGNATURE_MISSING, first,
			       0);
	if (r == -E2BIG)
		return -refuse(verify, COCONUT_CHAIN_SIGNATURE_BAD, first, 0);
	if (r) {
		complain("%s", error.message);
		return -EXIT_REFUSED;
	}
	r = read_key(verify, piece, &pem, &pem_size);
	if (!r) {
		fault = judge(verify, text, size, pem, pem_size, ret_signature);
		if (fault)
			r = refuse(verify, fault, first, 0);
	}
	free(text);
	free(pem);
	return -r;
}

static void learn_key(struct verify *verify, const uint8_t *key)
{
	size_t i;

	for (i = 0; i < verify->nr_keys; i++)
		if (!memcmp(verify->keys[i], key, AGENT_DIGEST_SIZE))
			return;
	if (i < KEYS_MAX)
		memcpy(verify->keys[verify->nr_keys++], key, AGENT_DIGEST_SIZE);
}

int verify_signed(struct verify *verify,
		  const struct coconut_signature *signature, uint64_t first,
		  const uint8_t *before, size_t size)
{
	const struct coconut_chain *chain = &verify->chain;

	if (signature->first != first ||
	    memcmp(signature->before, before, AGENT_DIGEST_SIZE))
		return refuse(verify, COCONUT_CHAIN_SEGMENT_REPLACED, first, 0);
	if (signature->last < chain->seq)
		return refuse(verify, COCONUT_CHAIN_SEGMENT_REPLACED,
			      signature->last + 1, signature->bytes);
	if (signature->last > chain->seq)
		return refuse(verify, COCONUT_CHAIN_SEGMENT_REPLACED,
			      chain->seq + 1, size);
	if (signature->bytes != size || signature->boot != chain->boot ||
	    memcmp(signature->head, chain->head, AGENT_DIGEST_SIZE))
		return refuse(verify, COCONUT_CHAIN_SEGMENT_REPLACED, first, 0);
	verify->signatures++;
	verify->signed_to = chain->seq;
	learn_key(verify, signature->key);
	return EXIT_GOOD;
}
