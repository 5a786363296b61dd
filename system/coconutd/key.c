// SPDX-License-Identifier: MIT
/*
 * coconutd: the key that signs segments
 *
 * Made at the first boot. With a TPM it is made there and never leaves it: what
 * is on disk, key.tpm, only that TPM can use. Without one it is in key.pem,
 * which whoever is root and no agent can read. A machine that has key.tpm does
 * not fall back on key.pem while its TPM does not answer: signatures wait.
 */

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

#define SOFT "key.pem"
#define SEALED "key.tpm"
#define PUBLIC "audit.pub"
#define PEM_MAX 65536

/* ---- the key in a file ----------------------------------------------- */

static int store_soft(EVP_PKEY *key, const char *path)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	char *data;
	long size;
	int err = -ENOMEM;

	if (bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL,
						 NULL)) {
		size = BIO_get_mem_data(bio, &data);
		err = coconut_file_write(path, data, (size_t)size, 0600, NULL);
	}
	BIO_free(bio);
	return err;
}

static int make_soft(const char *path, EVP_PKEY **ret_key)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	int err = key ? store_soft(key, path) : -ENOMEM;

	if (err) {
		EVP_PKEY_free(key);
		return err;
	}
	note("a key to sign the audit chain with was made, without a TPM: %s",
	     path);
	*ret_key = key;
	return 0;
}

static int open_soft(const char *path, EVP_PKEY **ret_key)
{
	EVP_PKEY *key;
	uint8_t *data;
	size_t size;
	BIO *bio;
	int err = coconut_file_read(path, PEM_MAX, &data, &size, NULL);

	if (err == -ENOENT)
		return make_soft(path, ret_key);
	if (err)
		return err;
	bio = BIO_new_mem_buf(data, (int)size);
	key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	BIO_free(bio);
	OPENSSL_cleanse(data, size);
	free(data);
	if (!key)
		return -EBADMSG;
	*ret_key = key;
	return 0;
}

/* ---- the key in a TPM ------------------------------------------------ */

static EVP_PKEY *public_of(const struct key_point *point)
{
	uint8_t octets[1 + sizeof(*point)] = { POINT_CONVERSION_UNCOMPRESSED };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)"prime256v1", 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
						  octets, sizeof(octets)),
		OSSL_PARAM_construct_end(),
	};

	memcpy(octets + 1, point, sizeof(*point));
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static int sign_sealed(const struct key *key, const void *data, size_t size,
		       struct coconut_signature *signature)
{
	uint8_t digest[SHA256_DIGEST_LENGTH], *to = signature->der;
	ECDSA_SIG *pair = ECDSA_SIG_new();
	struct key_point point;
	int err, length = -1;

	SHA256(data, size, digest);
	err = key_tpm_sign(key->tpm_fd, key->tpm_handle, digest, &point);
	if (!err && pair &&
	    ECDSA_SIG_set0(pair, BN_bin2bn(point.x, sizeof(point.x), NULL),
			   BN_bin2bn(point.y, sizeof(point.y), NULL)))
		length = i2d_ECDSA_SIG(pair, NULL);
	if (length > 0 && (size_t)length <= sizeof(signature->der))
		signature->der_size = (size_t)i2d_ECDSA_SIG(pair, &to);
	else if (!err)
		err = -EIO;
	ECDSA_SIG_free(pair);
	return err;
}

/* ---- both ------------------------------------------------------------ */

static char *public_pem(EVP_PKEY *key, size_t *ret_size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *copy = NULL;
	long size;

	if (bio && PEM_write_bio_PUBKEY(bio, key)) {
		size = BIO_get_mem_data(bio, &data);
		copy = malloc((size_t)size);
		if (copy)
			memcpy(copy, data, (size_t)size);
		*ret_size = (size_t)size;
	}
	BIO_free(bio);
	return copy;
}

/* Behind the keys before it, whose signatures are still to be checked. */
static int add_public(const char *path, const uint8_t *old, size_t old_size,
		      const char *pem, size_t size)
{
	char *all = malloc(old_size + size);
	int err;

	if (!all)
		return -ENOMEM;
	if (old_size) {
		note("%s: another key than before signs from now on", path);
		memcpy(all, old, old_size);
	}
	memcpy(all + old_size, pem, size);
	err = coconut_file_write(path, all, old_size + size, 0644, NULL);
	free(all);
	return err;
}

static int publish(EVP_PKEY *public, const char *path, uint8_t digest[32])
{
	uint8_t *old = NULL, last[32];
	size_t size = 0, old_size = 0;
	char *pem = public_pem(public, &size);
	int err =
		pem ? coconut_signature_key(pem, size, digest, NULL) : -ENOMEM;

	if (!err)
		err = coconut_file_read(path, PEM_MAX, &old, &old_size, NULL);
	if (err == -ENOENT)
		err = 0;
	if (!err && (!old || coconut_signature_key(old, old_size, last, NULL) ||
		     memcmp(last, digest, sizeof(last)) != 0))
		err = add_public(path, old, old_size, pem, size);
	free(old);
	free(pem);
	return err;
}

static int open_sealed(struct key *key, const char *path, EVP_PKEY **ret_public)
{
	struct key_point point;
	int err = key_tpm_open(path, &key->tpm_fd, &key->tpm_handle, &point);

	if (err)
		return err;
	*ret_public = public_of(&point);
	return *ret_public ? 0 : -EBADMSG;
}

/**
 * key_open - take the key that signs, and make it where there is none
 * @key: gets it
 * @dir: where its public half is told
 * @state_dir: where it is kept
 *
 * Return: 0, or a negative errno value.
 */
int key_open(struct key *key, const char *dir, const char *state_dir)
{
	char path[CHAIN_PATH_MAX], public_path[CHAIN_PATH_MAX];
	EVP_PKEY *public = NULL;
	int err;

	*key = (struct key){ .tpm_fd = -1 };
	chain_path(path, state_dir, SEALED);
	if (key_tpm_is_there() || !access(path, F_OK)) {
		err = open_sealed(key, path, &public);
	} else {
		err = open_soft(chain_path(path, state_dir, SOFT), &public);
		key->soft = public;
	}
	if (!err)
		err = publish(public, chain_path(public_path, dir, PUBLIC),
			      key->digest);
	if (!key->soft)
		EVP_PKEY_free(public);
	if (err)
		key_close(key);
	return err;
}

/**
 * key_sign - sign the lines of a signature
 * @key: the key
 * @data: the lines
 * @size: how many bytes
 * @signature: gets @der and @der_size
 *
 * Return: 0, or a negative errno value.
 */
int key_sign(const struct key *key, const void *data, size_t size,
	     struct coconut_signature *signature)
{
	EVP_MD_CTX *ctx;
	int err = -EIO;

	if (!key->soft)
		return sign_sealed(key, data, size, signature);
	ctx = EVP_MD_CTX_new();
	signature->der_size = sizeof(signature->der);
	if (ctx &&
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key->soft) == 1 &&
	    EVP_DigestSign(ctx, signature->der, &signature->der_size, data,
			   size) == 1)
		err = 0;
	EVP_MD_CTX_free(ctx);
	return err;
}

/**
 * key_close - let go of a key
 * @key: the key
 */
void key_close(struct key *key)
{
	EVP_PKEY_free(key->soft);
	key->soft = NULL;
	if (key->tpm_fd >= 0)
		close(key->tpm_fd);
	key->tpm_fd = -1;
}
