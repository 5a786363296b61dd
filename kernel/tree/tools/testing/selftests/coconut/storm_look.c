// SPDX-License-Identifier: GPL-2.0
/* storm_child: what an agent sees while a legacy root turns the tree over. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "calls.h"
#include "storm_child.h"

#define MOVING	STORM "/moving"
#define TIMES	60

/* Files in the hole and outside of the scope begin with an s. */
static bool reads_secret(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte = 0;

	if (fd < 0)
		return false;
	if (read(fd, &byte, 1) < 0)
		byte = 0;
	close(fd);
	return byte == 's';
}

int storm_look(void)
{
	static const char *const paths[] = {
		MOVING "/a/file",	MOVING "/b/file",
		MOVING "/a/hole/file",	MOVING "/b/hole/file",
		MOVING "/secret/file",	MOVING "/a/../secret/file",
		MOVING "/m/file",	MOVING "/a/../m/file",
	};
	int times;
	size_t i;

	for (times = 0; times < TIMES; times++) {
		for (i = 0; i < ARRAY_SIZE(paths); i++) {
			if (reads_secret(paths[i]))
				return -EIO;
		}
	}
	return 0;
}
