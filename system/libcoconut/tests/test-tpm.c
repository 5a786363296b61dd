/* SPDX-License-Identifier: MIT */
/* The chain's head in the TPM: its answers, and what is none. */
#include <coconut.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

#define ANSWER_SIZE 85

/* As a TPM gives it: head, parameters' size, size, 64 bytes, an empty session. */
static const uint8_t answer[ANSWER_SIZE] = {
	0x80, 0x02, 0,    0,    0,    ANSWER_SIZE, 0,   0,   0,   0,   0,
	0,    0,    66,   0,    64,   'C',         'N', 'U', 'T', 'N', 'V',
	'0',  '1',  0x39, 0x30, 0,    0,           0,   0,   0,   0,   7,
	0,    0,    0,    0,    0,    0,           0,   0,   0,   0,   0,
	0,    0,    0,    1,    0xaa, 1,           2,   3,   4,   5,   6,
	7,    8,    9,    10,   11,   12,          13,  14,  15,  16,  17,
	18,   19,   20,   21,   22,   23,          24,  25,  26,  27,  28,
	29,   30,   0xbb, 0,    0,    1,           0,   0,
};

/* On the heap and no longer than told, so that what reads further is seen. */
static int parse(const uint8_t *data, size_t size,
		 struct coconut_tpm_head *head, struct coconut_error *error)
{
	uint8_t *exact = malloc(size ? size : 1);
	int err;

	memcpy(exact, data, size);
	memset(head, 0xff, sizeof(*head));
	err = coconut_tpm_head_parse(exact, size, head, error);
	free(exact);
	return err;
}

static void test_good(void)
{
	struct coconut_tpm_head head;

	is_number(parse(answer, sizeof(answer), &head, NULL), 0, "an answer");
	ok(head.present, "has a head");
	is_number(head.seq, 12345, "with its row");
	is_number(head.boot, 7, "its boot");
	is_number(head.time, 1LL << 56, "its time");
	ok(head.chain[0] == 0xaa && head.chain[31] == 0xbb, "and its value");
}

static void test_code(uint16_t code, int wanted, const char *what)
{
	uint8_t bare[10] = {
		0x80, 0x01, [5] = sizeof(bare), [8] = code >> 8, [9] = code
	};
	struct coconut_tpm_head head;
	struct coconut_error error = { 0 };

	is_number(parse(bare, sizeof(bare), &head, &error), wanted, what);
	if (!wanted)
		ok(!head.present && !head.seq, "and there is no head");
	else
		ok(strstr(error.message, "0x921"), "and told by its number");
}

/* Each answer that is too short, and each of which a byte is another. */
static void test_bad(void)
{
	struct coconut_tpm_head head;
	struct coconut_error error;
	uint8_t bad[ANSWER_SIZE];
	unsigned int taken = 0;

	for (size_t size = 0; size < sizeof(answer); size++)
		taken += !parse(answer, size, &head, &error);
	for (size_t size = 10; size < 80; size++) {
		memcpy(bad, answer, sizeof(bad));
		bad[5] = size;
		taken += !parse(bad, size, &head, &error);
	}
	is_number(taken, 0, "no answer that is cut short is taken");
	for (size_t byte = 0; byte < 24; byte++) {
		memcpy(bad, answer, sizeof(bad));
		bad[byte] ^= 0x40;
		taken += !parse(bad, sizeof(bad), &head, &error);
	}
	is_number(taken, 0, "nor one with another head, size or magic");
	is_number(parse(bad, sizeof(bad), &head, &error), -EBADMSG,
		  "what the index holds is another's");
	is(error.message, "TPM: the index does not hold a chain's head",
	   "and that is told");
}

static void test_device(void)
{
	char folder[] = "/tmp/test-tpm.XXXXXX";
	struct coconut_tpm_head durable, orderly;
	struct coconut_error error;
	char path[64];

	if (!ok(mkdtemp(folder), "a folder"))
		return;
	snprintf(path, sizeof(path), "%s/tpm", folder);
	is_number(coconut_tpm_read(path, &durable, &orderly, &error), -ENODEV,
		  "no device is no TPM");
	ok(strstr(error.message, "there is no TPM 2.0"), "and told so");
	/* It gives back what was written, so the command stands as an answer. */
	ok(!mkfifo(path, 0600), "a device of another kind");
	is_number(coconut_tpm_read(path, &durable, &orderly, &error), -EIO,
		  "its answer is none of a TPM");
	unlink(path);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	is_number(coconut_tpm_read(path, &durable, &orderly, &error), -EPROTO,
		  "nor is none at all");
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	test_good();
	test_code(0x18b, 0, "an index that is not defined");
	test_code(0x14a, 0, "one that was never written");
	test_code(0x921, -EIO, "another error");
	test_bad();
	test_device();
	return tap_end();
}
