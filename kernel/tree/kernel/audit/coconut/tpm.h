/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit chain's root in the TPM: what its units share.
 */
#ifndef _KERNEL_AUDIT_COCONUT_TPM_H
#define _KERNEL_AUDIT_COCONUT_TPM_H

#include <linux/agent_core.h>
#include <linux/tpm.h>

#define AUDIT_NV_ORDERLY	0x0180c0c0
#define AUDIT_NV_DURABLE	0x0180c0c1

#define AUDIT_NV_MAGIC		"CNUTNV01"

/**
 * struct audit_nv_head - what an index holds
 * @magic: AUDIT_NV_MAGIC
 * @seq: number of the last row that was on disk
 * @boot: number of the boot
 * @time: when it was written, CLOCK_REALTIME nanoseconds
 * @chain: chain value of row @seq
 */
struct audit_nv_head {
	u8 magic[8];
	__le64 seq;
	__le64 boot;
	__le64 time;
	u8 chain[AGENT_DIGEST_SIZE];
};

static inline bool audit_nv_is_root(u32 handle)
{
	return handle == AUDIT_NV_ORDERLY || handle == AUDIT_NV_DURABLE;
}

int audit_nv_read(struct tpm_chip *chip, u32 index,
		  struct audit_nv_head *head);
int audit_nv_write(struct tpm_chip *chip, u32 index,
		   const struct audit_nv_head *head);
int audit_nv_define(struct tpm_chip *chip, u32 index);
int audit_nv_undefine(struct tpm_chip *chip, u32 index);

#endif /* _KERNEL_AUDIT_COCONUT_TPM_H */
