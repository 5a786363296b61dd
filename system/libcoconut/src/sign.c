/* SPDX-License-Identifier: MIT */
/*
 * Signatures: detached CMS over the manifest's bytes, the signer's certificate
 * inside, as `openssl cms -sign -binary -nosmimecap -md sha256` makes them.
 */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "internal.h"

#define PEM_SIZE_MAX (1024 * 1024)
#define SIGN_FLAGS (CMS_BINARY | CMS_NOSMIMECAP | CMS_DETACHED)

/* OpenSSL's own first reason, which is the deepest, then an empty queue. */
static int fail_openssl(struct coconut_error *error, int code,
			const char *where, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_get_error());

	ERR_clear_error();
	return fail(error, code, where, "%s%s%s", what, reason ? ": " : "",
		    reason ? reason : "");
}

/**
 * struct source - a file of keys or certificates, in memory
 * @data: its bytes
 * @size: how many
 * @bio: reads them
 */
struct source {
	uint8_t *data;
	size_t size;
	BIO *bio;
};

static int open_source(const char *path, struct source *source,
		       struct coconut_error *error)
{
	int err = coconut_file_read(path, PEM_SIZE_MAX, &source->data,
				    &source->size, error);

	if (err)
		return err;
	source->bio = BIO_new_mem_buf(source->data, source->size);
	if (source->bio)
		return 0;
	free(source->data);
	return fail_memory(error);
}

/* It may have held a private key. */
static void close_source(struct source *source)
{
	BIO_free(source->bio);
	OPENSSL_cleanse(source->data, source->size);
	free(source->data);
}

static int read_key(const char *path, EVP_PKEY **ret_key,
		    struct coconut_error *error)
{
	struct source source;
	EVP_PKEY *key = NULL;
	int err = open_source(path, &source, error);

	if (err)
		return err;
	key = PEM_read_bio_PrivateKey(source.bio, NULL, NULL, NULL);
	close_source(&source);
	if (!key)
		return fail_openssl(error, EINVAL, path, "no private key");
	*ret_key = key;
	return 0;
}

static void add_certificate(STACK_OF(X509) * certs, X509 *cert)
{
	if (cert && sk_X509_push(certs, cert) < 1)
		X509_free(cert);
}

/* Certificates one after another in PEM, or a single one in DER. */
static int read_certificates(const char *path, STACK_OF(X509) * *ret_certs,
			     struct coconut_error *error)
{
	STACK_OF(X509) * certs;
	struct source source;
	X509 *cert;
	int err = open_source(path, &source, error);

	if (err)
		return err;
	certs = sk_X509_new_null();
	while ((cert = PEM_read_bio_X509(source.bio, NULL, NULL, NULL)))
		add_certificate(certs, cert);
	if (!sk_X509_num(certs) && BIO_reset(source.bio) >= 0)
		add_certificate(certs, d2i_X509_bio(source.bio, NULL));
	close_source(&source);
	if (sk_X509_num(certs) < 1) {
		sk_X509_free(certs);
		return fail_openssl(error, EINVAL, path, "no certificate");
	}
	/* The end of the file, which is what ended the loop, is no error. */
	ERR_clear_error();
	*ret_certs = certs;
	return 0;
}

static CMS_ContentInfo *sign_data(const void *data, size_t size, X509 *cert,
				  EVP_PKEY *key)
{
	CMS_ContentInfo *cms =
		CMS_sign(NULL, NULL, NULL, NULL, SIGN_FLAGS | CMS_PARTIAL);
	BIO *bio = BIO_new_mem_buf(data, size);

	if (cms && bio &&
	    CMS_add1_signer(cms, cert, key, EVP_sha256(), SIGN_FLAGS) &&
	    CMS_final(cms, bio, NULL, SIGN_FLAGS)) {
		BIO_free(bio);
		return cms;
	}
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	return NULL;
}

static int sign(const void *data, size_t size, X509 *cert, EVP_PKEY *key,
		uint8_t **ret_signature, size_t *ret_size,
		struct coconut_error *error)
{
	CMS_ContentInfo *cms = sign_data(data, size, cert, key);
	uint8_t *der = NULL, *copy;
	int length;

	if (!cms)
		return fail_openssl(error, EIO, "sign", "OpenSSL failed");
	length = i2d_CMS_ContentInfo(cms, &der);
	CMS_ContentInfo_free(cms);
	if (length <= 0)
		return fail_openssl(error, EIO, "sign", "OpenSSL failed");
	if (length > AGENT_SIGNATURE_MAX) {
		OPENSSL_free(der);
		return fail(
			error, E2BIG, "sign",
			"signature of %d bytes, more than the %d it may have",
			length, AGENT_SIGNATURE_MAX);
	}
	copy = malloc(length);
	if (copy)
		memcpy(copy, der, length);
	OPENSSL_free(der);
	if (!copy)
		return fail_memory(error);
	*ret_signature = copy;
	*ret_size = length;
	return 0;
}

int coconut_manifest_sign(const void *data, size_t size, const char *key_path,
			  const char *cert_path, uint8_t **ret_signature,
			  size_t *ret_size, struct coconut_error *error)
{
	STACK_OF(X509) * certs;
	EVP_PKEY *key = NULL;
	X509 *cert;
	int err = coconut_manifest_check(data, size, error);

	if (!err)
		err = read_key(key_path, &key, error);
	if (err)
		return err;
	err = read_certificates(cert_path, &certs, error);
	if (err) {
		EVP_PKEY_free(key);
		return err;
	}
	cert = sk_X509_value(certs, 0);
	if (X509_check_private_key(cert, key) != 1)
		err = fail_openssl(error, EINVAL, key_path,
				   "not the key of the certificate");
	else
		err = sign(data, size, cert, key, ret_signature, ret_size,
			   error);
	sk_X509_pop_free(certs, X509_free);
	EVP_PKEY_free(key);
	return err;
}

static int parse_signature(const void *signature, size_t size,
			   CMS_ContentInfo **ret_cms,
			   struct coconut_error *error)
{
	const uint8_t *at = signature;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, size);

	if (!cms)
		return fail_openssl(error, EBADMSG, "signature",
				    "not a CMS signature");
	if (at != (const uint8_t *)signature + size ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed ||
	    sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)) < 1) {
		CMS_ContentInfo_free(cms);
		return fail(error, EBADMSG, "signature",
			    "not a CMS signature, or bytes after it");
	}
	*ret_cms = cms;
	return 0;
}

/* When the signature says that it was made; 0 when it does not. */
static time_t signing_time(CMS_ContentInfo *cms)
{
	CMS_SignerInfo *signer;
	ASN1_OBJECT *oid = OBJ_nid2obj(NID_pkcs9_signingTime);
	const ASN1_TIME *made;
	struct tm tm;

	signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	made = CMS_signed_get0_data_by_OBJ(signer, oid, -3, V_ASN1_UTCTIME);
	if (!made)
		made = CMS_signed_get0_data_by_OBJ(signer, oid, -3,
						   V_ASN1_GENERALIZEDTIME);
	if (!made || !ASN1_TIME_to_tm(made, &tm))
		return 0;
	return timegm(&tm);
}

/*
 * Like the kernel: any key usage will do, a certificate is trusted wherever in
 * its chain it stands, and has to be valid when the signature was made.
 */
static X509_STORE *make_store(STACK_OF(X509) * certs, time_t when)
{
	X509_STORE *store = X509_STORE_new();
	X509_VERIFY_PARAM *param;

	if (!store)
		return NULL;
	for (int i = 0; i < sk_X509_num(certs); i++)
		X509_STORE_add_cert(store, sk_X509_value(certs, i));
	param = X509_STORE_get0_param(store);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
	X509_STORE_set_purpose(store, X509_PURPOSE_ANY);
	if (when)
		X509_VERIFY_PARAM_set_time(param, when);
	else
		X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
	return store;
}

static int verify_once(CMS_ContentInfo *cms, STACK_OF(X509) * certs,
		       X509_STORE *store, const void *data, size_t size,
		       unsigned int flags)
{
	BIO *bio = BIO_new_mem_buf(data, size);
	int good = bio && CMS_verify(cms, certs, store, bio, NULL,
				     CMS_BINARY | flags) == 1;

	BIO_free(bio);
	return good;
}

static int verify(CMS_ContentInfo *cms, STACK_OF(X509) * certs,
		  const void *data, size_t size, struct coconut_error *error)
{
	X509_STORE *store = make_store(certs, signing_time(cms));
	unsigned long reason;
	int err = 0;

	if (!store)
		return fail_memory(error);
	if (!verify_once(cms, certs, store, data, size,
			 CMS_NO_SIGNER_CERT_VERIFY)) {
		reason = ERR_peek_error();
		if (ERR_GET_LIB(reason) == ERR_LIB_CMS &&
		    ERR_GET_REASON(reason) ==
			    CMS_R_SIGNER_CERTIFICATE_NOT_FOUND)
			err = fail_openssl(error, ENOKEY, "signature",
					   "signer unknown");
		else
			err = fail_openssl(error, EKEYREJECTED, "signature",
					   "not over these bytes");
	} else if (!verify_once(cms, certs, store, data, size, 0)) {
		err = fail_openssl(error, ENOKEY, "signature",
				   "signer not vouched for by the authority");
	}
	X509_STORE_free(store);
	return err;
}

/* The signers are known once the signature has been verified. */
static void name_signer(CMS_ContentInfo *cms, char *name, size_t size)
{
	STACK_OF(X509) * signers;

	if (!size)
		return;
	signers = CMS_get0_signers(cms);
	*name = '\0';
	if (sk_X509_num(signers) > 0)
		X509_NAME_oneline(
			X509_get_subject_name(sk_X509_value(signers, 0)), name,
			size);
	sk_X509_free(signers);
}

int coconut_manifest_verify(const void *data, size_t size,
			    const void *signature, size_t signature_size,
			    const char *authority, char *signer,
			    size_t signer_size, struct coconut_error *error)
{
	STACK_OF(X509) * certs;
	CMS_ContentInfo *cms = NULL;
	int err = read_certificates(authority, &certs, error);

	if (err)
		return err;
	err = parse_signature(signature, signature_size, &cms, error);
	if (!err) {
		err = verify(cms, certs, data, size, error);
		if (!err)
			name_signer(cms, signer, signer_size);
		CMS_ContentInfo_free(cms);
	}
	sk_X509_pop_free(certs, X509_free);
	return err;
}
