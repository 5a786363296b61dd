/* SPDX-License-Identifier: MIT */
/*
 * Signatures of segments.  Lines of text, of which there is one way to write
 * them only: what is read is written again, and has to be the same.
 */
#include <inttypes.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include "internal.h"

#define TITLE "coconut-segment 1\n"

/**
 * struct line - one of the lines
 * @key: its first word
 * @offset: where in the structure its value is
 * @size: bytes that are written in hexadecimal; 0 for a number
 */
struct line {
	const char *key;
	size_t offset;
	size_t size;
};

#define NUMBER(name) { #name, offsetof(struct coconut_signature, name), 0 }
#define BYTES(name)                                        \
	{ #name, offsetof(struct coconut_signature, name), \
	  sizeof(((struct coconut_signature *)NULL)->name) }

static const struct line lines[] = {
	NUMBER(first),  NUMBER(last),   BYTES(before),
	BYTES(head),    NUMBER(bytes),  NUMBER(boot),
	NUMBER(closed), BYTES(machine), BYTES(key),
};

static void add_line(struct text *text, const struct line *line,
		     const struct coconut_signature *signature)
{
	const uint8_t *value = (const uint8_t *)signature + line->offset;
	uint64_t number;

	text_add(text, "%s ", line->key);
	if (line->size) {
		text_add_hex(text, value, line->size);
	} else {
		memcpy(&number, value, sizeof(number));
		text_add(text, "%" PRIu64, number);
	}
	text_add(text, "\n");
}

size_t coconut_signature_body(const struct coconut_signature *signature,
			      char *text, size_t size)
{
	struct text body = { .data = text, .room = size, .fixed = true };
	size_t i;

	text_add(&body, TITLE);
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		add_line(&body, &lines[i], signature);
	return body.size;
}

size_t coconut_signature_format(const struct coconut_signature *signature,
				char *text, size_t size)
{
	char base64[2 * COCONUT_SIGNATURE_DER_MAX];
	size_t body = coconut_signature_body(signature, text, size);
	size_t at = body < size ? body : size;
	int length;

	EVP_EncodeBlock((uint8_t *)base64, signature->der,
			(int)signature->der_size);
	length = snprintf(at < size ? text + at : NULL, size - at,
			  "signature %s\n", base64);
	return body + (size_t)length;
}

static bool take_value(const struct line *line, const char *text,
		       struct coconut_signature *signature)
{
	uint8_t *value = (uint8_t *)signature + line->offset;
	uint64_t number;

	if (line->size)
		return !coconut_unhex(text, value, line->size);
	if (!read_number(text, &number))
		return false;
	memcpy(value, &number, sizeof(number));
	return true;
}

/* "KEY VALUE\n" at @text; returns what follows, or NULL. */
static const char *take_line(const char *text, const char *key, char *value,
			     size_t room)
{
	size_t length = strlen(key), end;

	if (strncmp(text, key, length) || text[length] != ' ')
		return NULL;
	text += length + 1;
	end = strcspn(text, "\n");
	if (end >= room || text[end] != '\n')
		return NULL;
	memcpy(value, text, end);
	value[end] = '\0';
	return text + end + 1;
}

static bool take_der(const char *base64, struct coconut_signature *signature)
{
	uint8_t der[2 * COCONUT_SIGNATURE_DER_MAX];
	size_t length = strlen(base64), padding = 0;
	int size;

	if (!length || length % 4 || length > sizeof(der))
		return false;
	while (padding < 2 && base64[length - padding - 1] == '=')
		padding++;
	size = EVP_DecodeBlock(der, (const uint8_t *)base64, (int)length);
	if (size < 0 || (size_t)size - padding > sizeof(signature->der))
		return false;
	signature->der_size = (size_t)size - padding;
	memcpy(signature->der, der, signature->der_size);
	return true;
}

static bool take_lines(const char *text, struct coconut_signature *signature)
{
	char value[2 * COCONUT_SIGNATURE_DER_MAX];
	size_t i;

	if (strncmp(text, TITLE, strlen(TITLE)))
		return false;
	text += strlen(TITLE);
	for (i = 0; text && i < ARRAY_SIZE(lines); i++) {
		text = take_line(text, lines[i].key, value, sizeof(value));
		if (text && !take_value(&lines[i], value, signature))
			return false;
	}
	if (text)
		text = take_line(text, "signature", value, sizeof(value));
	return text && take_der(value, signature);
}

int coconut_signature_parse(const void *data, size_t size,
			    struct coconut_signature *ret_signature,
			    struct coconut_error *error)
{
	struct coconut_signature signature = { 0 };
	char text[COCONUT_SIGNATURE_TEXT_MAX];
	char again[COCONUT_SIGNATURE_TEXT_MAX];

	if (size >= sizeof(text) || memchr(data, '\0', size))
		return fail(error, EBADMSG, "signature", "not a segment's");
	memcpy(text, data, size);
	text[size] = '\0';
	if (!take_lines(text, &signature) ||
	    coconut_signature_format(&signature, again, sizeof(again)) !=
		    size ||
	    memcmp(text, again, size) != 0)
		return fail(error, EBADMSG, "signature", "not a segment's");
	*ret_signature = signature;
	return 0;
}

int coconut_signature_read(const char *path,
			   struct coconut_signature *ret_signature,
			   struct coconut_error *error)
{
	uint8_t *data;
	size_t size;
	int err = coconut_file_read(path, COCONUT_SIGNATURE_TEXT_MAX, &data,
				    &size, error);

	if (err == -E2BIG)
		return fail(error, EBADMSG, path, "not a segment's signature");
	if (err)
		return err;
	err = coconut_signature_parse(data, size, ret_signature, NULL);
	free(data);
	return err ? fail(error, EBADMSG, path, "not a segment's signature") :
		     0;
}

/* SHA-256 of the SubjectPublicKeyInfo. */
static bool fingerprint(EVP_PKEY *key, uint8_t digest[SHA256_DIGEST_LENGTH])
{
	uint8_t *der = NULL;
	int size = i2d_PUBKEY(key, &der);

	if (size <= 0)
		return false;
	SHA256(der, (size_t)size, digest);
	OPENSSL_free(der);
	return true;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) &&
	       !strcmp(group, "prime256v1");
}

/* The last of the keys in @pem, or the one with this fingerprint. */
static EVP_PKEY *find_key(const void *pem, size_t size, const uint8_t *wanted,
			  uint8_t found[SHA256_DIGEST_LENGTH])
{
	BIO *bio = BIO_new_mem_buf(pem, (int)size);
	EVP_PKEY *key, *best = NULL;
	uint8_t digest[SHA256_DIGEST_LENGTH];

	while (bio && (key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL))) {
		if (!is_p256(key) || !fingerprint(key, digest) ||
		    (wanted && memcmp(digest, wanted, sizeof(digest)) != 0)) {
			EVP_PKEY_free(key);
			continue;
		}
		EVP_PKEY_free(best);
		best = key;
		memcpy(found, digest, sizeof(digest));
	}
	BIO_free(bio);
	/* The end of the file, which is what ended the loop, is no error. */
	ERR_clear_error();
	return best;
}

int coconut_signature_key(const void *pem, size_t size,
			  uint8_t digest[AGENT_DIGEST_SIZE],
			  struct coconut_error *error)
{
	EVP_PKEY *key = find_key(pem, size, NULL, digest);

	if (!key)
		return fail(error, EINVAL, "key", "no public key of P-256");
	EVP_PKEY_free(key);
	return 0;
}

static bool is_signed(EVP_PKEY *key, const struct coconut_signature *signature)
{
	char text[COCONUT_SIGNATURE_TEXT_MAX];
	size_t size = coconut_signature_body(signature, text, sizeof(text));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	good = ctx &&
	       EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, signature->der, signature->der_size,
				(const uint8_t *)text, size) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

int coconut_signature_check(const void *data, size_t size, const void *pem,
			    size_t pem_size,
			    struct coconut_signature *ret_signature,
			    struct coconut_error *error)
{
	struct coconut_signature signature;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	EVP_PKEY *key;
	int err = coconut_signature_parse(data, size, &signature, error);

	if (err)
		return err;
	key = find_key(pem, pem_size, signature.key, digest);
	if (!key)
		return fail(error, ENOKEY, "signature",
			    "by a key that is not at hand");
	if (!is_signed(key, &signature))
		err = fail(error, EKEYREJECTED, "signature",
			   "not over these lines");
	EVP_PKEY_free(key);
	if (!err)
		*ret_signature = signature;
	return err;
}
