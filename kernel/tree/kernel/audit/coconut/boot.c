// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: what the first row of a boot says of the machine
 */

#include <linux/agent_tpm.h>
#include <linux/buildid.h>
#include <linux/utsname.h>

#include "chain.h"

/**
 * audit_boot_text - the payload of a boot's row
 * @text: gets lines of text
 * @size: bytes of room
 * @seq: number of the row before it
 * @chain: its chain value
 *
 * The build ID is the linker's digest of all that the kernel consists of.
 *
 * Return: bytes of text.
 */
u32 audit_boot_text(char *text, u32 size, u64 seq,
		    const u8 chain[AGENT_DIGEST_SIZE])
{
	u8 id[BUILD_ID_SIZE_MAX] = {};
	u32 length;

	build_id_parse_buf(audit_notes_start, id,
			   audit_notes_stop - audit_notes_start);
	length = scnprintf(text, size,
			   "%s\nbuild-id %*phN\nprevious %llu:%*phN\n",
			   init_uts_ns.name.release, (int)sizeof(id), id, seq,
			   AGENT_DIGEST_SIZE, chain);
	return length + agent_audit_tpm_text(text + length, size - length);
}
