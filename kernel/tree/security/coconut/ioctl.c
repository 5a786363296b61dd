// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: ioctl() on devices and files
 */

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/sockios.h>
#include <linux/tty.h>

#include "coconut.h"

/* What any program does with its terminal, and what any descriptor answers. */
static bool is_harmless(unsigned int cmd)
{
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
	case FIONBIO:
	case FIOASYNC:
	case FIONREAD:
	case TIOCOUTQ:
	case TCGETS:
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCGETS2:
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
	case TCSBRK:
	case TCSBRKP:
	case TCXONC:
	case TCFLSH:
	case TIOCGWINSZ:
	case TIOCSWINSZ:
	case TIOCGPGRP:
	case TIOCSPGRP:
	case TIOCGSID:
	case TIOCSCTTY:
	case TIOCNOTTY:
	case TIOCGPTN:
	case TIOCSPTLCK:
		return true;
	default:
		return false;
	}
}

/* Input for other programs, and what changes a terminal under them. */
static bool is_closed(unsigned int cmd)
{
	return cmd == TIOCSTI || cmd == TIOCLINUX || cmd == TIOCCONS ||
	       cmd == TIOCSETD;
}

static bool only_reads(unsigned int cmd)
{
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
	case FIONBIO:
	case FIOASYNC:
	case FIONREAD:
	case FIOQSIZE:
	case FIGETBSZ:
	case TCGETS:
	case TCGETS2:
	case TIOCGWINSZ:
	case FS_IOC_FIEMAP:
	case FS_IOC_GETFLAGS:
	case FS_IOC_GETVERSION:
	case FS_IOC_FSGETXATTR:
	case FS_IOC_GETFSLABEL:
	case FS_IOC_MEASURE_VERITY:
	case FS_IOC_READ_VERITY_METADATA:
		return true;
	default:
		return false;
	}
}

static int ask_device(struct agent *agent, struct file *file, unsigned int cmd)
{
	if (is_closed(cmd))
		return coconut_close(agent, "an ioctl of terminals");
	if (is_harmless(cmd))
		return 0;
	return coconut_need(agent, AGENT_CAP_DEV_IOCTL, &file->f_path);
}

static int hook_file_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	const struct inode *inode = file_inode(file);
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	if (S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode))
		return ask_device(agent, file, cmd);
	if (coconut_has_no_place(&file->f_path) || only_reads(cmd) ||
	    !(S_ISREG(inode->i_mode) || S_ISDIR(inode->i_mode)))
		return 0;
	return coconut_need(agent, AGENT_CAP_FS_WRITE, &file->f_path);
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(file_ioctl, hook_file_ioctl),
	LSM_HOOK_INIT(file_ioctl_compat, hook_file_ioctl),
};

void __init coconut_add_ioctl_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
