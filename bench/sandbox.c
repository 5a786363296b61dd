// SPDX-License-Identifier: MIT
/* The benchmark's rules, given to itself through Landlock. */

#include <err.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static void allow_path(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (rule.parent_fd < 0 || syscall(SYS_landlock_add_rule, ruleset,
					  LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		err(1, "landlock %s", path);
	close(rule.parent_fd);
}

void enter_landlock(const char *dir, int rules)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_IOCTL_DEV << 1) - 1,
		.handled_access_net = LANDLOCK_ACCESS_NET_CONNECT_TCP |
				      LANDLOCK_ACCESS_NET_BIND_TCP,
	};
	struct landlock_net_port_attr port = {
		.allowed_access = LANDLOCK_ACCESS_NET_CONNECT_TCP |
				  LANDLOCK_ACCESS_NET_BIND_TCP,
		.port = PORT,
	};
	int ruleset =
		syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	char path[16];
	int i;

	if (ruleset < 0)
		err(1, "landlock");
	allow_path(ruleset, dir, READ);
	allow_path(ruleset, CHILDREN, READ | LANDLOCK_ACCESS_FS_EXECUTE);
	for (i = 0; i < rules; i++) {
		snprintf(path, sizeof(path), RULE_PATH, i);
		allow_path(ruleset, path, READ);
	}
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_NET_PORT,
		    &port, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0))
		err(1, "landlock");
	close(ruleset);
}
