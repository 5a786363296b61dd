// SPDX-License-Identifier: GPL-2.0
/* The page that the storms share, and the names of what is done in them. */

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "harness.h"
#include "storm.h"

/* In the order of the functions in storm_use.c. */
const struct storm_kind storm_kinds[] = {
	{ "open", STORM_READ, STORM_READ },
	{ "pread", STORM_READ, STORM_READ },
	{ "readv", STORM_READ, STORM_READ },
	{ "sendfile", STORM_READ, STORM_READ },
	{ "mmap", STORM_READ, STORM_READ },
	{ "touch", STORM_READ, STORM_READ },
	{ "pwrite", STORM_WRITE, STORM_WRITE },
	{ "put", STORM_WRITE, STORM_READ },
	{ "udp connect", STORM_NET, STORM_NET },
	{ "udp send", STORM_NET, STORM_NET },
	{ "tcp connect", STORM_NET, STORM_NET },
	{ "tcp send", STORM_NET, STORM_NET },
	{ "unix connect", STORM_UNIX, STORM_UNIX },
	{ "present", STORM_WORD, STORM_WORD },
};

const uint32_t storm_nr_kinds = ARRAY_SIZE(storm_kinds);

struct storm *storm_map(void)
{
	int fd = open(STORM "/shared/page", O_RDWR | O_CLOEXEC);
	void *page;

	if (fd < 0)
		bail("the shared page: %s", strerrorname_np(errno));
	page = mmap(NULL, sizeof(struct storm), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	close(fd);
	if (page == MAP_FAILED)
		bail("the shared page: %s", strerrorname_np(errno));
	return page;
}
