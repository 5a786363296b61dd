/* SPDX-License-Identifier: MIT */
/*
 * Segments and their signatures: names in any order, compressed files that are
 * damaged, and each byte of a .sig changed.
 */
#include <coconut.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "tap.h"

#define NAME "00000000000000000001"

static void write_file(const char *path, const void *data, size_t size)
{
	struct coconut_error error;

	if (coconut_file_write(path, data, size, 0644, &error)) {
		puts(error.message);
		exit(1);
	}
}

static void test_list(void)
{
	static const char *const names[] = {
		"00000000000000000300.seg", "00000000000000000001.seg.zst",
		"00000000000000000001.sig", "00000000000000000020.seg",
		"00000000000000000020.sig", "00000000000000000020.seg.zst",
		"00000000000000000000.seg", "0000000000000000001.seg",
		"00000000000000000400.sig", "audit.pub",
		"00000000000000000300.bad", "00000000000000000300.segx",
		"99999999999999999999.seg",
	};
	struct coconut_segment *segments;
	char name[COCONUT_SEGMENT_NAME_MAX];
	struct coconut_error error = { 0 };
	size_t count, i;

	ok(!coconut_segment_list(".", &segments, &count, &error) && !count,
	   "an empty directory has none");
	free(segments);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		write_file(names[i], "x", 1);
	ok(!coconut_segment_list(".", &segments, &count, &error),
	   "a directory is read");
	if (!ok(count == 3, "what is none is passed over, a number is one"))
		return;
	ok(segments[0].first == 1 && segments[1].first == 20 &&
		   segments[2].first == 300,
	   "in their order");
	is(coconut_segment_name(&segments[0], name),
	   "00000000000000000001.seg.zst", "compressed");
	is(coconut_segment_name(&segments[1], name), "00000000000000000020.seg",
	   "of two the plain one");
	is(coconut_signature_name(20, name), "00000000000000000020.sig",
	   "its signature");
	ok(segments[0].has_signature && segments[1].has_signature &&
		   !segments[2].has_signature,
	   "signatures are seen");
	free(segments);
	is_number(coconut_segment_list("none", &segments, &count, &error),
		  -ENOENT, "no directory");
	is(error.message, "none: open: No such file or directory", "is told");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
}

static size_t pack(const void *data, size_t size, uint8_t *to, size_t room)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t packed;

	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	packed = ZSTD_compress2(ctx, to, room, data, size);
	ZSTD_freeCCtx(ctx);
	return packed;
}

static bool reads_as(const char *path, const void *data, size_t size)
{
	uint8_t *read = NULL;
	size_t read_size = 0;
	bool same = !coconut_segment_read(path, &read, &read_size, NULL) &&
		    read_size == size && !memcmp(read, data, size);

	free(read);
	return same;
}

/* Each byte but the last of the magic number, the checksum included. */
static void test_damage(uint8_t *packed, size_t size, const uint8_t *data,
			size_t data_size)
{
	unsigned int wrong = 0;
	uint8_t *rows;
	size_t rows_size, i;

	for (i = 0; i < size; i++) {
		packed[i] ^= 0x10;
		if (!coconut_segment_unpack(packed, size, &rows, &rows_size)) {
			wrong += rows_size != data_size ||
				 memcmp(rows, data, data_size) != 0;
			free(rows);
		}
		packed[i] ^= 0x10;
		if (!coconut_segment_unpack(packed, i, &rows, &rows_size)) {
			wrong++;
			free(rows);
		}
	}
	is_number(wrong, 0, "a damaged or cut one gives no other rows");
	is_number(coconut_segment_unpack(packed, size + 1, &rows, &rows_size),
		  -EBADMSG, "nor does one with something behind it");
}

/* A frame may claim any size: no room is made for it. */
static void test_bomb(void)
{
	static const uint8_t bomb[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe4, 0, 0,
					0,    0,    1,    0,    0,    0, 0 };
	uint8_t *rows;
	size_t size;

	is_number(coconut_segment_unpack(bomb, sizeof(bomb), &rows, &size),
		  -EBADMSG, "a frame that claims too much");
}

static void test_read(void)
{
	struct coconut_error error;
	uint8_t data[5000], packed[8192] = { 0 }, *read;
	size_t size, read_size, i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i / 7);
	write_file(NAME ".seg", data, sizeof(data));
	ok(reads_as(NAME ".seg", data, sizeof(data)), "a plain one is read");
	size = pack(data, sizeof(data), packed, sizeof(packed) - 1);
	write_file(NAME ".seg.zst", packed, size);
	ok(reads_as(NAME ".seg.zst", data, sizeof(data)), "a compressed one");
	unlink(NAME ".seg");
	ok(reads_as(NAME ".seg", data, sizeof(data)),
	   "and one that was compressed a moment ago");
	test_damage(packed, size, data, sizeof(data));
	test_bomb();
	packed[size / 2] ^= 1;
	write_file(NAME ".seg.zst", packed, size);
	is_number(coconut_segment_read(NAME ".seg.zst", &read, &read_size,
				       &error),
		  -EBADMSG, "damage");
	is(error.message,
	   NAME ".seg.zst: not one whole frame of zstd that tells its size",
	   "is told");
	unlink(NAME ".seg.zst");
	is_number(coconut_segment_read(NAME ".seg", &read, &read_size, &error),
		  -ENOENT, "one that is not there");
}

static const struct coconut_signature sample = {
	.first = 18446744073709551615ULL,
	.last = 20,
	.before = { 1, 2, 3 },
	.head = { 0xff, [31] = 9 },
	.bytes = 4096,
	.boot = 3,
	.closed = 1700000000123456789ULL,
	.machine = { 0xc0 },
};

static char *public_pem(EVP_PKEY *key, size_t *ret_size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *copy;
	long size;

	PEM_write_bio_PUBKEY(bio, key);
	size = BIO_get_mem_data(bio, &data);
	copy = malloc((size_t)size);
	memcpy(copy, data, (size_t)size);
	BIO_free(bio);
	*ret_size = (size_t)size;
	return copy;
}

static size_t make_signature(EVP_PKEY *key, const char *pem, size_t pem_size,
			     char *text)
{
	struct coconut_signature signature = sample;
	char body[COCONUT_SIGNATURE_TEXT_MAX];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t size;

	coconut_signature_key(pem, pem_size, signature.key, NULL);
	size = coconut_signature_body(&signature, body, sizeof(body));
	signature.der_size = sizeof(signature.der);
	EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key);
	EVP_DigestSign(ctx, signature.der, &signature.der_size,
		       (const uint8_t *)body, size);
	EVP_MD_CTX_free(ctx);
	return coconut_signature_format(&signature, text,
					COCONUT_SIGNATURE_TEXT_MAX);
}

static int check(const char *text, size_t size, const char *pem,
		 size_t pem_size)
{
	struct coconut_signature found;
	struct coconut_error error;

	return coconut_signature_check(text, size, pem, pem_size, &found,
				       &error);
}

static void test_changes(char *text, size_t size, const char *pem,
			 size_t pem_size)
{
	unsigned int accepted = 0, cut = 0;
	size_t i, bit;

	for (i = 0; i < size; i++) {
		for (bit = 0; bit < 8; bit++) {
			text[i] ^= (char)(1 << bit);
			accepted += !check(text, size, pem, pem_size);
			text[i] ^= (char)(1 << bit);
		}
		cut += check(text, i, pem, pem_size) != -EBADMSG;
	}
	is_number(accepted, 0, "no changed bit is accepted");
	is_number(cut, 0, "no part of it is one");
	text[size] = '\n';
	is_number(check(text, size + 1, pem, pem_size), -EBADMSG,
		  "nor is one with a line more");
	memcpy(text, "coconut-segment 1\nfirst 018446744073709551615", 45);
	is_number(check(text, size, pem, pem_size), -EBADMSG,
		  "nor one that writes a number in another way");
}

static void test_openssl(const char *text, size_t size)
{
	const char *end = strstr(text, "signature ");

	write_file("sig", text, size);
	write_file("body", text, (size_t)(end - text));
	ok(!system("sed -n 's/^signature //p' sig | base64 -d >der && "
		   "openssl dgst -sha256 -verify pub -signature der body"
		   " >/dev/null"),
	   "openssl accepts it");
	ok(!system("test \"$(sed -n 's/^key //p' sig)\" = \"$(openssl pkey"
		   " -pubin -in pub -outform DER | sha256sum | cut -c-64)\""),
	   "and has the same fingerprint of the key");
}

static void test_signature(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	struct coconut_signature found;
	char text[COCONUT_SIGNATURE_TEXT_MAX], both[2048];
	size_t pem_size, other_size, size;
	char *pem = public_pem(key, &pem_size);
	char *other_pem = public_pem(other, &other_size);

	size = make_signature(key, pem, pem_size, text);
	write_file("pub", pem, pem_size);
	test_openssl(text, size);
	ok(!coconut_signature_read("sig", &found, NULL) &&
		   found.first == sample.first && found.boot == 3 &&
		   found.closed == sample.closed && found.head[31] == 9 &&
		   found.machine[0] == 0xc0,
	   "a file of it is read");
	is_number(check(text, size, pem, pem_size), 0, "it is good");
	is_number(check(text, size, other_pem, other_size), -ENOKEY,
		  "another key is told from a bad signature");
	memcpy(both, pem, pem_size);
	memcpy(both + pem_size, other_pem, other_size);
	is_number(check(text, size, both, pem_size + other_size), 0,
		  "of several keys the one it names is taken");
	size = make_signature(other, pem, pem_size, text);
	is_number(check(text, size, pem, pem_size), -EKEYREJECTED,
		  "one by another key that names this one");
	size = make_signature(key, pem, pem_size, text);
	test_changes(text, size, pem, pem_size);
	free(pem);
	free(other_pem);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

int main(void)
{
	char directory[] = "/tmp/coconut-segment-XXXXXX";
	char command[64];

	if (!mkdtemp(directory) || chdir(directory))
		return 1;
	test_list();
	test_read();
	test_signature();
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ok(!system(command), "nothing is left");
	return tap_end();
}
