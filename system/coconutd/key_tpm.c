// SPDX-License-Identifier: MIT
/*
 * coconutd: a signing key that never leaves the TPM
 *
 * Five commands, in TPM 2.0's own words, by the kernel's resource manager, which
 * forgets what was loaded when the device is closed. The key is a child of the
 * storage key that each TPM makes of its own seed: what is kept in the file is
 * of use to this TPM only, and to none once the TPM has been cleared.
 */

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

#define DEVICE "/dev/tpmrm0"
#define MAGIC "CNUTKEY1"
#define MAGIC_SIZE 8
#define WORDS_MAX 4096

#define CC_CREATE_PRIMARY 0x131
#define CC_CREATE 0x153
#define CC_LOAD 0x157
#define CC_SIGN 0x15d
#define RH_OWNER 0x40000001
#define HEADER_SIZE 10
/* What TPM2_Load says of another TPM's key, whichever parameter it is. */
#define RC_MASK 0xbf
#define RC_INTEGRITY 0x9f

/* userAuth and data are empty. */
static const uint8_t no_sensitive[] = { 0, 4, 0, 0, 0, 0 };
/* No outside info, no PCR. */
static const uint8_t no_creation[] = { 0, 0, 0, 0, 0, 0 };

/* ECC, SHA-256; restricted, decrypts; AES-128-CFB, P-256. */
static const uint8_t storage_key[] = {
	0, 26,   0, 0x23, 0, 0x0b, 0, 0x03, 0x04, 0x72, 0, 0, 0, 0x06,
	0, 0x80, 0, 0x43, 0, 0x10, 0, 0x03, 0,    0x10, 0, 0, 0, 0,
};

/* ECC, SHA-256; signs; ECDSA with SHA-256, P-256. */
static const uint8_t signing_key[] = {
	0,    24, 0,    0x23, 0,    0x0b, 0,    0x04, 0x04, 0x72, 0, 0, 0,
	0x10, 0,  0x18, 0,    0x0b, 0,    0x03, 0,    0x10, 0,    0, 0, 0,
};
#define POINT_OFFSET 22 /* of x, in the public part of such a key */

/**
 * struct words - a command or a response
 * @data: its bytes
 * @size: how many
 * @at: the next to be read
 */
struct words {
	uint8_t data[WORDS_MAX];
	size_t size;
	size_t at;
};

static void add(struct words *words, const void *data, size_t size)
{
	memcpy(words->data + words->size, data, size);
	words->size += size;
}

static void add_16(struct words *words, uint16_t value)
{
	value = htobe16(value);
	add(words, &value, sizeof(value));
}

static void add_32(struct words *words, uint32_t value)
{
	value = htobe32(value);
	add(words, &value, sizeof(value));
}

/* A command on one object, whose password is empty. */
static void begin(struct words *words, uint32_t command, uint32_t handle)
{
	static const uint8_t password[] = { 0, 0, 0, 9, 0x40, 0, 0,
					    9, 0, 0, 0, 0,    0 };

	*words = (struct words){ 0 };
	add_16(words, 0x8002);
	add_32(words, 0);
	add_32(words, command);
	add_32(words, handle);
	add(words, password, sizeof(password));
}

static const uint8_t *take(struct words *words, size_t size)
{
	const uint8_t *data = words->data + words->at;

	if (size > words->size - words->at)
		return NULL;
	words->at += size;
	return data;
}

static bool take_32(struct words *words, uint32_t *ret_value)
{
	const uint8_t *data = take(words, sizeof(*ret_value));

	if (!data)
		return false;
	memcpy(ret_value, data, sizeof(*ret_value));
	*ret_value = be32toh(*ret_value);
	return true;
}

/* A structure that its size of 16 bits stands before; with that, or without. */
static const uint8_t *take_sized(struct words *words, bool whole,
				 size_t *ret_size)
{
	const uint8_t *data = take(words, 2);
	size_t size;

	if (!data)
		return NULL;
	size = (size_t)data[0] << 8 | data[1];
	if (!take(words, size))
		return NULL;
	*ret_size = whole ? size + 2 : size;
	return whole ? data : data + 2;
}

/* Return: 0, the TPM's code, or a negative errno value. */
static int64_t transact(int fd, struct words *words)
{
	uint32_t length = htobe32((uint32_t)words->size), code;
	ssize_t got;

	memcpy(words->data + 2, &length, sizeof(length));
	if (write(fd, words->data, words->size) < 0)
		return -errno;
	got = read(fd, words->data, sizeof(words->data));
	if (got < 0)
		return -errno;
	words->size = (size_t)got;
	words->at = 6;
	if (!take_32(words, &code))
		return -EPROTO;
	return code;
}

static int64_t make_primary(int fd, uint32_t *ret_handle)
{
	struct words words;
	int64_t code;

	begin(&words, CC_CREATE_PRIMARY, RH_OWNER);
	add(&words, no_sensitive, sizeof(no_sensitive));
	add(&words, storage_key, sizeof(storage_key));
	add(&words, no_creation, sizeof(no_creation));
	code = transact(fd, &words);
	if (!code && !take_32(&words, ret_handle))
		code = -EPROTO;
	return code;
}

/* In the file: the private part, which only this TPM reads, and the public one. */
static int64_t make_key(int fd, uint32_t primary, const char *path)
{
	uint8_t file[WORDS_MAX] = MAGIC;
	const uint8_t *private, *public;
	size_t private_size, public_size;
	struct words words;
	uint32_t size;
	int64_t code;

	begin(&words, CC_CREATE, primary);
	add(&words, no_sensitive, sizeof(no_sensitive));
	add(&words, signing_key, sizeof(signing_key));
	add(&words, no_creation, sizeof(no_creation));
	code = transact(fd, &words);
	if (code)
		return code;
	if (!take_32(&words, &size))
		return -EPROTO;
	private = take_sized(&words, true, &private_size);
	public = private ? take_sized(&words, true, &public_size) : NULL;
	if (!public || MAGIC_SIZE + private_size + public_size > sizeof(file))
		return -EPROTO;
	memcpy(file + MAGIC_SIZE, private, private_size);
	memcpy(file + MAGIC_SIZE + private_size, public, public_size);
	note("a key to sign the audit chain with was made in the TPM");
	return coconut_file_write(path, file,
				  MAGIC_SIZE + private_size + public_size, 0600,
				  NULL);
}

/* What is not as this TPM made it, it will not load. */
static int take_point(const uint8_t *data, size_t size,
		      struct key_point *ret_point)
{
	if (size < POINT_OFFSET + 68 || data[POINT_OFFSET + 1] != 32 ||
	    data[POINT_OFFSET + 35] != 32)
		return -EBADMSG;
	memcpy(ret_point->x, data + POINT_OFFSET + 2, 32);
	memcpy(ret_point->y, data + POINT_OFFSET + 36, 32);
	return 0;
}

static int64_t load_key(int fd, uint32_t primary, const uint8_t *file,
			size_t size, uint32_t *ret_handle,
			struct key_point *ret_point)
{
	struct words words;
	size_t private_size;
	int64_t code;

	if (size < MAGIC_SIZE + 2 || size > WORDS_MAX / 2 ||
	    memcmp(file, MAGIC, MAGIC_SIZE) != 0)
		return -EBADMSG;
	file += MAGIC_SIZE;
	size -= MAGIC_SIZE;
	private_size = 2 + ((size_t)file[0] << 8 | file[1]);
	if (private_size > size)
		return -EBADMSG;
	code = take_point(file + private_size, size - private_size, ret_point);
	if (code)
		return code;
	begin(&words, CC_LOAD, primary);
	add(&words, file, size);
	code = transact(fd, &words);
	if (!code && !take_32(&words, ret_handle))
		code = -EPROTO;
	return code;
}

static int64_t open_key(int fd, uint32_t primary, const char *path,
			uint32_t *ret_handle, struct key_point *ret_point)
{
	uint8_t *file;
	size_t size;
	int64_t code = coconut_file_read(path, WORDS_MAX, &file, &size, NULL);

	if (code)
		return code;
	code = load_key(fd, primary, file, size, ret_handle, ret_point);
	free(file);
	return code;
}

static int as_errno(int64_t code)
{
	if (code > 0)
		note("the TPM answers with code 0x%x", (unsigned int)code);
	return code > 0 ? -EIO : (int)code;
}

bool key_tpm_is_there(void)
{
	return !access(DEVICE, F_OK);
}

/**
 * key_tpm_open - load the key into the TPM, and make it where there is none
 * @path: what is kept of it
 * @ret_fd: gets the TPM
 * @ret_handle: gets the key there
 * @ret_point: gets its public half
 *
 * Return: 0, or a negative errno value.
 */
int key_tpm_open(const char *path, int *ret_fd, uint32_t *ret_handle,
		 struct key_point *ret_point)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	uint32_t primary;
	int64_t code;

	if (fd < 0)
		return -errno;
	code = make_primary(fd, &primary);
	if (!code)
		code = open_key(fd, primary, path, ret_handle, ret_point);
	if (code > 0 && (code & RC_MASK) == RC_INTEGRITY)
		note("the signing key is another TPM's, or this one was cleared");
	if (code == -ENOENT || (code > 0 && (code & RC_MASK) == RC_INTEGRITY)) {
		code = make_key(fd, primary, path);
		if (!code)
			code = open_key(fd, primary, path, ret_handle,
					ret_point);
	}
	if (code) {
		close(fd);
		return as_errno(code);
	}
	*ret_fd = fd;
	return 0;
}

/* Numbers may be told without their leading zeroes. */
static bool take_number(struct words *words, uint8_t number[32])
{
	size_t size;
	const uint8_t *data = take_sized(words, false, &size);

	if (!data || size > 32)
		return false;
	memset(number, 0, 32);
	memcpy(number + 32 - size, data, size);
	return true;
}

/**
 * key_tpm_sign - let the TPM sign a digest
 * @fd: the TPM
 * @handle: the key
 * @digest: SHA-256 of what is signed
 * @ret_pair: gets r and s
 *
 * Return: 0, or a negative errno value.
 */
int key_tpm_sign(int fd, uint32_t handle, const uint8_t digest[32],
		 struct key_point *ret_pair)
{
	/* The key's own scheme; a ticket that says that there is none. */
	static const uint8_t rest[] = {
		0, 0x10, 0x80, 0x24, 0x40, 0, 0, 7, 0, 0
	};
	struct words words;
	int64_t code;

	begin(&words, CC_SIGN, handle);
	add_16(&words, 32);
	add(&words, digest, 32);
	add(&words, rest, sizeof(rest));
	code = transact(fd, &words);
	if (!code &&
	    (!take(&words, 4 + 2 + 2) || !take_number(&words, ret_pair->x) ||
	     !take_number(&words, ret_pair->y)))
		code = -EPROTO;
	return as_errno(code);
}
