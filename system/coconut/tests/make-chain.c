/* SPDX-License-Identifier: MIT */
/*
 * usage: make-chain FIRST LAST HASH: writes rows, chained on to HASH.
 *        make-chain rows SEQ HASH: the same for those that standard input tells,
 *        one a line: EVENT BOOT TIME AID PARENT OBJECT OBJECT CAP VERDICT REASON
 *        ERROR PAYLOAD, the latter in hexadecimal or "-"
 */
#include <coconut.h>
#include <endian.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* As long as a path often is; the padding makes it a multiple of 8. */
static const char payload[] = "/home/maya/.ssh/id_ed25519";

/* Fills in what follows from the payload and the row before; writes it all. */
static bool write_row(struct agent_audit_row *row, const void *data,
		      size_t size, uint8_t head[AGENT_DIGEST_SIZE])
{
	static uint8_t hashed[AGENT_DIGEST_SIZE + AGENT_AUDIT_ROW_MAX];
	size_t body = (sizeof(*row) + size + 7) / 8 * 8;

	row->size = htole32(body + AGENT_DIGEST_SIZE);
	row->version = htole16(AGENT_AUDIT_VERSION);
	row->payload_size = htole32(size);
	memset(hashed, 0, sizeof(hashed));
	memcpy(hashed, head, AGENT_DIGEST_SIZE);
	memcpy(hashed + AGENT_DIGEST_SIZE, row, sizeof(*row));
	memcpy(hashed + AGENT_DIGEST_SIZE + sizeof(*row), data, size);
	coconut_digest(hashed, AGENT_DIGEST_SIZE + body, head);
	return fwrite(hashed + AGENT_DIGEST_SIZE, body, 1, stdout) == 1 &&
	       fwrite(head, AGENT_DIGEST_SIZE, 1, stdout) == 1;
}

static bool write_numbered(uint64_t seq, uint8_t head[AGENT_DIGEST_SIZE])
{
	struct agent_audit_row row = {
		.event = htole16(seq % 2 ? AGENT_EVENT_DENY : AGENT_EVENT_USE),
		.seq = htole64(seq),
		.boot = htole64(1),
		.aid = htole64(seq % 3),
		.cap = htole16(AGENT_CAP_FS_READ),
	};

	if (seq == 1)
		row.event = htole16(AGENT_EVENT_BOOT);
	return write_row(&row, payload, sizeof(payload) - 1, head);
}

static bool write_told(const char *line, uint64_t seq,
		       uint8_t head[AGENT_DIGEST_SIZE])
{
	static char digits[2 * AGENT_AUDIT_PAYLOAD_MAX + 1];
	static uint8_t data[AGENT_AUDIT_PAYLOAD_MAX];
	uint64_t n[11];
	size_t size;

	if (sscanf(line,
		   "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64
		   "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64 "%" SCNu64
		   "%" SCNu64 "%8192s",
		   &n[0], &n[1], &n[2], &n[3], &n[4], &n[5], &n[6], &n[7],
		   &n[8], &n[9], &n[10], digits) != 12)
		return false;
	size = strcmp(digits, "-") ? strlen(digits) / 2 : 0;
	if (size && coconut_unhex(digits, data, size))
		return false;
	return write_row(
		&(struct agent_audit_row){
			.event = htole16(n[0]),
			.seq = htole64(seq),
			.boot = htole64(n[1]),
			.time = htole64(n[2]),
			.aid = htole64(n[3]),
			.parent = htole64(n[4]),
			.object = { htole64(n[5]), htole64(n[6]) },
			.cap = htole16(n[7]),
			.verdict = n[8],
			.reason = n[9],
			.error = htole32(n[10]),
		},
		data, size, head);
}

int main(int argc, char **argv)
{
	static char line[2 * AGENT_AUDIT_PAYLOAD_MAX + 256];
	uint8_t head[AGENT_DIGEST_SIZE];
	uint64_t seq;

	if (argc != 4 || coconut_unhex(argv[3], head, sizeof(head)))
		return 2;
	if (!strcmp(argv[1], "rows")) {
		seq = strtoull(argv[2], NULL, 10);
		while (fgets(line, sizeof(line), stdin))
			if (!write_told(line, seq++, head))
				return 1;
		return fflush(stdout) ? 1 : 0;
	}
	for (seq = strtoull(argv[1], NULL, 10);
	     seq <= strtoull(argv[2], NULL, 10); seq++)
		if (!write_numbered(seq, head))
			return 1;
	return fflush(stdout) ? 1 : 0;
}
