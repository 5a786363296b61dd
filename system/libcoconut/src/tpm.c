/* SPDX-License-Identifier: MIT */
/*
 * The chain's head in the TPM.  Two NV indices that the kernel writes and
 * everyone may read, by one command each: TPM2_NV_Read with an empty password.
 */
#include <endian.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

#define DEVICE "/dev/tpmrm0"
#define INDEX_ORDERLY 0x0180c0c0
#define INDEX_DURABLE 0x0180c0c1
#define MAGIC "CNUTNV01"

#define ST_SESSIONS 0x8002
#define CC_NV_READ 0x014e
#define RS_PASSWORD 0x40000009
#define RC_SUCCESS 0
#define RC_NOT_DEFINED 0x018b /* TPM_RC_HANDLE, of the first handle */
#define RC_NOT_WRITTEN 0x014a /* TPM_RC_NV_UNINITIALIZED */

#define RESPONSE_MAX 4096

/* What an index holds; little endian, as the chain is. */
struct held {
	uint8_t magic[8];
	uint64_t seq;
	uint64_t boot;
	uint64_t time;
	uint8_t chain[AGENT_DIGEST_SIZE];
};

/* The TPM's own words are big endian. */
struct header {
	uint16_t tag;
	uint32_t size;
	uint32_t code;
} __attribute__((packed));

struct read_command {
	struct header header;
	uint32_t authority;
	uint32_t index;
	uint32_t session_size;
	uint32_t session;
	uint16_t nonce_size;
	uint8_t attributes;
	uint16_t password_size;
	uint16_t size;
	uint16_t offset;
} __attribute__((packed));

struct read_response {
	struct header header;
	uint32_t parameters_size;
	uint16_t size;
	struct held held;
} __attribute__((packed));

static struct read_command make_command(uint32_t index)
{
	return (struct read_command){
		.header = {
			.tag = htobe16(ST_SESSIONS),
			.size = htobe32(sizeof(struct read_command)),
			.code = htobe32(CC_NV_READ),
		},
		.authority = htobe32(index),
		.index = htobe32(index),
		.session_size = htobe32(9),
		.session = htobe32(RS_PASSWORD),
		.size = htobe16(sizeof(struct held)),
	};
}

static void take_held(struct held held, struct coconut_tpm_head *head)
{
	head->present = true;
	head->seq = le64toh(held.seq);
	head->boot = le64toh(held.boot);
	head->time = le64toh(held.time);
	memcpy(head->chain, held.chain, sizeof(head->chain));
}

int coconut_tpm_head_parse(const void *data, size_t size,
			   struct coconut_tpm_head *ret_head,
			   struct coconut_error *error)
{
	struct read_response response;
	uint32_t code;

	if (size < sizeof(response.header))
		return fail(error, EPROTO, "TPM", "an answer of %zu bytes",
			    size);
	memset(&response, 0, sizeof(response));
	memcpy(&response, data,
	       size < sizeof(response) ? size : sizeof(response));
	if (be32toh(response.header.size) != size)
		return fail(error, EPROTO, "TPM",
			    "an answer of %zu bytes that says it has %u", size,
			    be32toh(response.header.size));
	code = be32toh(response.header.code);
	*ret_head = (struct coconut_tpm_head){ 0 };
	if (code == RC_NOT_DEFINED || code == RC_NOT_WRITTEN)
		return 0;
	if (code != RC_SUCCESS)
		return fail(error, EIO, "TPM", "it answers with error 0x%x",
			    code);
	if (size < sizeof(response) ||
	    be16toh(response.header.tag) != ST_SESSIONS ||
	    be16toh(response.size) != sizeof(response.held) ||
	    be32toh(response.parameters_size) !=
		    sizeof(response.size) + sizeof(response.held))
		return fail(error, EPROTO, "TPM",
			    "an answer that is not %zu bytes of an index",
			    sizeof(response.held));
	if (memcmp(response.held.magic, MAGIC, sizeof(response.held.magic)))
		return fail(error, EBADMSG, "TPM",
			    "the index does not hold a chain's head");
	take_held(response.held, ret_head);
	return 0;
}

static int read_index(int fd, const char *device, uint32_t index,
		      struct coconut_tpm_head *ret_head,
		      struct coconut_error *error)
{
	struct read_command command = make_command(index);
	uint8_t response[RESPONSE_MAX];
	ssize_t count;

	do
		count = write(fd, &command, sizeof(command));
	while (count < 0 && errno == EINTR);
	if (count != sizeof(command))
		return fail_errno(error, count < 0 ? errno : EIO, device,
				  "write");
	do
		count = read(fd, response, sizeof(response));
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return fail_errno(error, errno, device, "read");
	return coconut_tpm_head_parse(response, count, ret_head, error);
}

int coconut_tpm_read(const char *device, struct coconut_tpm_head *ret_durable,
		     struct coconut_tpm_head *ret_orderly,
		     struct coconut_error *error)
{
	struct coconut_tpm_head durable, orderly;
	int err, fd;

	if (!device)
		device = DEVICE;
	fd = open(device, O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && (errno == ENOENT || errno == ENXIO))
		return fail(error, ENODEV, device, "there is no TPM 2.0");
	if (fd < 0)
		return fail_errno(error, errno, device, "open");
	err = read_index(fd, device, INDEX_DURABLE, &durable, error);
	if (!err)
		err = read_index(fd, device, INDEX_ORDERLY, &orderly, error);
	close(fd);
	if (err)
		return err;
	*ret_durable = durable;
	*ret_orderly = orderly;
	return 0;
}
