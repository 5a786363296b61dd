// SPDX-License-Identifier: GPL-2.0
/*
 * levels_counts: what enforcement has counted, for a test that may not ask.
 *
 * usage: levels_counts FILE [UID]
 * Writes struct agent_audit_counts to FILE, as that user. The exit status is the
 * errno of what failed.
 */

#include <fcntl.h>
#include <stdlib.h>

#include "calls.h"

int main(int argc, char **argv)
{
	struct agent_audit_counts counts;
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_COUNTS,
		.buf = (uintptr_t)&counts,
		.buf_size = sizeof(counts),
	};
	long ret;
	int fd;

	if (argc < 2 || (argc > 2 && setuid(atoi(argv[2]))))
		return 1;
	ret = CALL(audit_query, &args);
	if (ret < 0)
		return -ret;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, &counts, sizeof(counts)) != sizeof(counts))
		return errno;
	return 0;
}
