/* SPDX-License-Identifier: MIT */
/* usage: make-chain FIRST LAST HASH: writes rows, chained on to HASH. */
#include <coconut.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

/* As long as a path often is; the padding makes it a multiple of 8. */
static const char payload[] = "/home/maya/.ssh/id_ed25519";
#define BODY ((AGENT_AUDIT_HEAD_SIZE + sizeof(payload) - 1 + 7) / 8 * 8)

static bool write_row(uint64_t seq, uint8_t head[AGENT_DIGEST_SIZE])
{
	uint8_t hashed[AGENT_DIGEST_SIZE + BODY] = { 0 };
	struct agent_audit_row row = {
		.size = htole32(BODY + AGENT_DIGEST_SIZE),
		.version = htole16(AGENT_AUDIT_VERSION),
		.event = htole16(seq % 2 ? AGENT_EVENT_DENY : AGENT_EVENT_USE),
		.seq = htole64(seq),
		.boot = htole64(1),
		.aid = htole64(seq % 3),
		.cap = htole16(AGENT_CAP_FS_READ),
		.payload_size = htole32(sizeof(payload) - 1),
	};

	memcpy(hashed, head, AGENT_DIGEST_SIZE);
	memcpy(hashed + AGENT_DIGEST_SIZE, &row, sizeof(row));
	memcpy(hashed + AGENT_DIGEST_SIZE + sizeof(row), payload,
	       sizeof(payload) - 1);
	coconut_digest(hashed, sizeof(hashed), head);
	return fwrite(hashed + AGENT_DIGEST_SIZE, BODY, 1, stdout) == 1 &&
	       fwrite(head, AGENT_DIGEST_SIZE, 1, stdout) == 1;
}

int main(int argc, char **argv)
{
	uint8_t head[AGENT_DIGEST_SIZE];
	uint64_t seq;

	if (argc != 4 || coconut_unhex(argv[3], head, sizeof(head)))
		return 2;
	for (seq = strtoull(argv[1], NULL, 10);
	     seq <= strtoull(argv[2], NULL, 10); seq++)
		if (!write_row(seq, head))
			return 1;
	return fflush(stdout) ? 1 : 0;
}
