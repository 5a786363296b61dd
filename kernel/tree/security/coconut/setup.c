// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: setup
 */

#include <linux/init.h>
#include <uapi/linux/lsm.h>

#include "coconut.h"

struct lsm_blob_sizes coconut_blob_sizes __ro_after_init = {
	.lbs_file = sizeof(struct coconut_file),
	.lbs_inode = sizeof(struct coconut_inode),
	.lbs_ipc = sizeof(struct coconut_ipc),
};

const struct lsm_id coconut_lsmid = {
	.name = "coconut",
	.id = LSM_ID_COCONUT,
};

static int __init coconut_init(void)
{
	coconut_add_fs_hooks();
	coconut_add_inode_hooks();
	coconut_add_file_hooks();
	coconut_add_ioctl_hooks();
	coconut_add_code_hooks();
	coconut_add_net_hooks();
	coconut_add_unix_hooks();
	coconut_add_task_hooks();
	coconut_add_ipc_hooks();
	coconut_add_system_hooks();
	agent_enabled = true;
	pr_info("coconut: agents are enabled\n");
	return 0;
}

DEFINE_LSM(coconut) = {
	.name = "coconut",
	.init = coconut_init,
	.blobs = &coconut_blob_sizes,
};
