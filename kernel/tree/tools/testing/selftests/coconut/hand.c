// SPDX-License-Identifier: GPL-2.0
/* A legacy root that does what a test can't, being an agent; see hand.sh. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "hand.h"
#include "harness.h"

#define HAND	"/tmp/selftest-hand"

/* Nobody reads from it when there is none. */
bool hand_is_there(void)
{
	int tries, fd;

	for (tries = 0; tries < 100; tries++) {
		fd = open(HAND "/do", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0) {
			close(fd);
			return true;
		}
		usleep(10000);
	}
	return false;
}

int hand(const char *line)
{
	int to = open(HAND "/do", O_WRONLY | O_CLOEXEC);
	int from = open(HAND "/done", O_RDONLY | O_CLOEXEC);
	char status[16] = "";

	if (to < 0 || from < 0 || dprintf(to, "%s\n", line) < 0 ||
	    read(from, status, sizeof(status) - 1) <= 0)
		bail("the hand does not answer: %s", strerror(errno));
	close(to);
	close(from);
	return atoi(status);
}
