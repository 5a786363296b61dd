/* SPDX-License-Identifier: MIT */
/*
 * Signatures.  Keys and certificates are made here, with the openssl command,
 * so that what it makes and takes is tested against the library's.
 */
#include <coconut.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static const char yaml[] = "name: signed\n"
			   "image: /bin/agent\n"
			   "capabilities:\n"
			   "  - {cap: fs.read, path: /home}\n";

static bool run(const char *command)
{
	return !system(command);
}

/* A root, a signer below it, and a stranger with a root of its own. */
static bool make_keys(void)
{
	return run("set -e; exec >openssl.log 2>&1;"
		   "for root in root other; do openssl req -x509 -newkey ec"
		   " -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $root.key"
		   " -subj /CN=$root -days 30 -out $root.pem; done;"
		   "for pair in maya:root stranger:other; do"
		   " name=${pair%:*}; ca=${pair#*:};"
		   " openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256"
		   " -nodes -keyout $name.key -subj /CN=$name -out $name.csr;"
		   " openssl x509 -req -in $name.csr -CA $ca.pem -CAkey $ca.key"
		   " -CAcreateserial -days 30 -out $name.pem; done;"
		   "openssl x509 -in root.pem -outform DER -out root.der");
}

static int verify(const uint8_t *data, size_t size, const uint8_t *signature,
		  size_t signature_size, const char *authority,
		  struct coconut_error *error)
{
	return coconut_manifest_verify(data, size, signature, signature_size,
				       authority, NULL, 0, error);
}

static void test_good(const uint8_t *data, size_t size,
		      const uint8_t *signature, size_t signature_size)
{
	struct coconut_error error = { 0 };
	char signer[64] = "";

	is_number(coconut_manifest_verify(data, size, signature, signature_size,
					  "root.pem", signer, sizeof(signer),
					  &error),
		  0, "accepted by its root");
	is(signer, "/CN=maya", "the signer is named");
	ok(!verify(data, size, signature, signature_size, "root.der", &error),
	   "accepted by its root in DER");
	ok(!verify(data, size, signature, signature_size, "maya.pem", &error),
	   "accepted by the signer's own certificate");
}

static void test_openssl(const uint8_t *data, size_t size,
			 const uint8_t *signature, size_t signature_size)
{
	struct coconut_error error;
	uint8_t *made;
	size_t made_size;

	ok(!coconut_file_write("m", data, size, 0644, &error) &&
		   !coconut_file_write("m.sig", signature, signature_size, 0644,
				       &error),
	   "files are written");
	ok(run("openssl cms -verify -binary -inform DER -in m.sig -content m"
	       " -CAfile root.pem -purpose any -out /dev/null 2>>openssl.log"),
	   "openssl accepts the library's signature");
	ok(run("openssl cms -sign -binary -nosmimecap -md sha256 -signer"
	       " maya.pem -inkey maya.key -outform DER -in m -out m.sig2"
	       " 2>>openssl.log") &&
		   !coconut_file_read("m.sig2", 65536, &made, &made_size,
				      &error),
	   "openssl signs");
	ok(!verify(data, size, made, made_size, "root.pem", &error),
	   "the library accepts openssl's signature");
	free(made);
}

static void test_tampered(uint8_t *data, size_t size, uint8_t *signature,
			  size_t signature_size)
{
	struct coconut_error error = { 0 };
	unsigned int accepted = 0;

	for (size_t i = 0; i < size; i++) {
		data[i] ^= 1;
		if (verify(data, size, signature, signature_size, "root.pem",
			   &error) != -EKEYREJECTED)
			accepted++;
		data[i] ^= 1;
	}
	is_number(accepted, 0, "each changed byte is -EKEYREJECTED");
	ok(strstr(error.message, "signature: not over these bytes"),
	   "and told so");
	is_number(verify(data, size - 1, signature, signature_size, "root.pem",
			 &error),
		  -EKEYREJECTED, "a byte less");
	is_number(verify(data, size, signature, signature_size - 1, "root.pem",
			 &error),
		  -EBADMSG, "a truncated signature");
	signature[0] ^= 1;
	is_number(verify(data, size, signature, signature_size, "root.pem",
			 &error),
		  -EBADMSG, "what is not CMS");
	signature[0] ^= 1;
	is_number(verify(data, size, data, size, "root.pem", &error), -EBADMSG,
		  "a manifest in the signature's place");
}

static void test_unknown(const uint8_t *data, size_t size)
{
	struct coconut_error error;
	uint8_t *signature;
	size_t signature_size;

	ok(!coconut_manifest_sign(data, size, "stranger.key", "stranger.pem",
				  &signature, &signature_size, &error),
	   "a stranger signs");
	is_number(verify(data, size, signature, signature_size, "root.pem",
			 &error),
		  -ENOKEY, "and is not known");
	ok(!strncmp(error.message,
		    "signature: signer not vouched for by the authority", 50),
	   "and told so");
	free(signature);
}

static void test_bad_keys(const uint8_t *data, size_t size)
{
	struct coconut_error error;
	uint8_t *signature;
	size_t signature_size;

	is_number(coconut_manifest_sign(data, size, "missing.key", "maya.pem",
					&signature, &signature_size, &error),
		  -ENOENT, "a missing key");
	is(error.message, "missing.key: open: No such file or directory",
	   "is named");
	is_number(coconut_manifest_sign(data, size, "maya.pem", "maya.pem",
					&signature, &signature_size, &error),
		  -EINVAL, "a file that holds no key");
	ok(!strncmp(error.message, "maya.pem: no private key", 24), "is named");
	is_number(coconut_manifest_sign(data, size, "maya.key", "maya.key",
					&signature, &signature_size, &error),
		  -EINVAL, "a file that holds no certificate");
	ok(!strncmp(error.message, "maya.key: no certificate", 24), "is named");
	is_number(coconut_manifest_sign(data, size, "stranger.key", "maya.pem",
					&signature, &signature_size, &error),
		  -EINVAL, "a key of another certificate");
	ok(!strncmp(error.message,
		    "stranger.key: not the key of the certificate", 44),
	   "is named");
	is_number(coconut_manifest_sign("x", 1, "maya.key", "maya.pem",
					&signature, &signature_size, &error),
		  -EBADMSG, "what is no manifest is not signed");
}

static int enter_directory(char *template)
{
	return mkdtemp(template) && !chdir(template) ? 0 : -1;
}

int main(void)
{
	char directory[] = "/tmp/coconut-sign-XXXXXX";
	char remove[64];
	struct coconut_manifest *manifest;
	struct coconut_error error;
	uint8_t *data, *signature;
	size_t size, signature_size;

	if (!ok(!enter_directory(directory) && make_keys(), "keys are made"))
		return tap_end();
	if (coconut_manifest_from_yaml_text("yaml", yaml, strlen(yaml), NULL,
					    COCONUT_YAML_NO_IMAGE, &manifest,
					    &error) ||
	    coconut_manifest_encode(manifest, &data, &size, &error))
		return 1;
	coconut_manifest_free(manifest);
	if (!ok(!coconut_manifest_sign(data, size, "maya.key", "maya.pem",
				       &signature, &signature_size, &error),
		"maya signs"))
		return tap_end();
	test_good(data, size, signature, signature_size);
	test_openssl(data, size, signature, signature_size);
	test_tampered(data, size, signature, signature_size);
	test_unknown(data, size);
	test_bad_keys(data, size);
	free(signature);
	free(data);
	snprintf(remove, sizeof(remove), "rm -rf %s", directory);
	ok(run(remove), "nothing is left");
	return tap_end();
}
