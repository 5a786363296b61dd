/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The audit chain's root in the TPM, as the rest of the kernel sees it.
 */
#ifndef _LINUX_AGENT_TPM_H
#define _LINUX_AGENT_TPM_H

#include <linux/types.h>

struct tpm_chip;

#if IS_ENABLED(CONFIG_AUDIT_COCONUT) && IS_BUILTIN(CONFIG_TCG_TPM)

u32 agent_audit_tpm_text(char *text, size_t size);
int agent_tpm_command(const struct tpm_chip *chip, const u8 *command,
		      size_t size);
int agent_tpm_request(u64 operation);

#else

static inline u32 agent_audit_tpm_text(char *text, size_t size)
{
	return 0;
}

static inline int agent_tpm_command(const struct tpm_chip *chip,
				    const u8 *command, size_t size)
{
	return 0;
}

static inline int agent_tpm_request(u64 operation)
{
	return 0;
}

#endif

#endif /* _LINUX_AGENT_TPM_H */
