// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: what userspace may not tell the TPM
 *
 * The two NV indices of the chain's root are the kernel's to write.  Everyone
 * who may open the TPM can read and certify them, and has it otherwise as
 * always.  Refused are commands that name one of them for anything else, and
 * those that take away all indices of the owner at once.
 */

#include <linux/agent.h>
#include <linux/agent_audit.h>
#include <linux/agent_tpm.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "tpm.h"

#define CC_NV_UNDEFINE_SPACE_SPECIAL	0x011f
#define CC_HIERARCHY_CONTROL		0x0121
#define CC_NV_UNDEFINE_SPACE		0x0122
#define CC_CLEAR			0x0126
#define CC_NV_DEFINE_SPACE		0x012a
#define CC_NV_INCREMENT			0x0134
#define CC_NV_SET_BITS			0x0135
#define CC_NV_EXTEND			0x0136
#define CC_NV_WRITE			0x0137
#define CC_NV_WRITE_LOCK		0x0138
#define CC_NV_CHANGE_AUTH		0x013b
#define CC_POLICY_NV			0x0149
#define CC_NV_READ			0x014e
#define CC_NV_READ_LOCK			0x014f
#define CC_NV_READ_PUBLIC		0x0169
#define CC_NV_CERTIFY			0x0184
#define CC_NV_DEFINE_SPACE_2		0x019d
#define CC_NV_READ_PUBLIC_2		0x019e

/* What a row calls a command. */
static const struct {
	u32 code;
	const char *name;
} names[] = {
	{ CC_NV_UNDEFINE_SPACE_SPECIAL, "TPM2_NV_UndefineSpaceSpecial" },
	{ CC_HIERARCHY_CONTROL, "TPM2_HierarchyControl" },
	{ CC_NV_UNDEFINE_SPACE, "TPM2_NV_UndefineSpace" },
	{ CC_CLEAR, "TPM2_Clear" },
	{ CC_NV_DEFINE_SPACE, "TPM2_NV_DefineSpace" },
	{ CC_NV_INCREMENT, "TPM2_NV_Increment" },
	{ CC_NV_SET_BITS, "TPM2_NV_SetBits" },
	{ CC_NV_EXTEND, "TPM2_NV_Extend" },
	{ CC_NV_WRITE, "TPM2_NV_Write" },
	{ CC_NV_WRITE_LOCK, "TPM2_NV_WriteLock" },
	{ CC_NV_CHANGE_AUTH, "TPM2_NV_ChangeAuth" },
	{ CC_NV_READ_LOCK, "TPM2_NV_ReadLock" },
	{ CC_NV_DEFINE_SPACE_2, "TPM2_NV_DefineSpace2" },
};

static int deny(const char *what)
{
	return agent_deny(&(struct agent_audit_record) {
		.agent = agent_of_current(),
		.cap = AGENT_CAP_NONE,
		.reason = AGENT_REASON_CLOSED,
		.payload = what,
		.payload_size = strlen(what),
	});
}

static int deny_command(u32 code)
{
	char number[32];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].code == code)
			return deny(names[i].name);
	snprintf(number, sizeof(number), "TPM2 command 0x%x", code);
	return deny(number);
}

static bool only_reads(u32 code)
{
	return code == CC_NV_READ || code == CC_NV_READ_PUBLIC ||
	       code == CC_NV_READ_PUBLIC_2 || code == CC_NV_CERTIFY ||
	       code == CC_POLICY_NV;
}

/* How many handles stand at the beginning of a command, by the TPM's own list. */
static u32 count_handles(const struct tpm_chip *chip, u32 code)
{
	u32 i, attrs;

	for (i = 0; i < chip->nr_commands; i++) {
		attrs = chip->cc_attrs_tbl[i];
		if ((attrs & (GENMASK(15, 0) | BIT(TPM2_CC_ATTR_VENDOR))) ==
		    code)
			return (attrs >> TPM2_CC_ATTR_CHANDLES) & GENMASK(2, 0);
	}
	return 0;
}

static bool names_by_handle(const u8 *handles, size_t size, u32 count)
{
	for (; count && size >= 4; count--, handles += 4, size -= 4)
		if (audit_nv_is_root(get_unaligned_be32(handles)))
			return true;
	return false;
}

/*
 * What is to be defined is a parameter behind others of any length.  Found
 * wherever it stands, it can't be hidden from us by what only the TPM can read.
 */
static bool names_anywhere(const u8 *bytes, size_t size)
{
	for (; size >= 4; bytes++, size--)
		if (audit_nv_is_root(get_unaligned_be32(bytes)))
			return true;
	return false;
}

/**
 * agent_tpm_command - whether userspace may send a command to the TPM
 * @chip: the TPM
 * @command: the command
 * @size: its bytes
 *
 * Context: May sleep.
 * Return: 0, or -ECAPABILITY, which has been recorded.
 */
int agent_tpm_command(const struct tpm_chip *chip, const u8 *command,
		      size_t size)
{
	const struct tpm_header *header = (const void *)command;
	const u8 *rest = command + TPM_HEADER_SIZE;
	bool refused;
	u32 code;

	/* Without a whole head it is no command to the TPM either. */
	if (!(chip->flags & TPM_CHIP_FLAG_TPM2) || size < TPM_HEADER_SIZE)
		return 0;
	size -= TPM_HEADER_SIZE;
	code = be32_to_cpu(header->ordinal);
	if (only_reads(code))
		return 0;
	/* A hierarchy that is off hides its indices, and can be off at a cut. */
	if (code == CC_CLEAR || code == CC_HIERARCHY_CONTROL)
		refused = true;
	else if (code == CC_NV_DEFINE_SPACE || code == CC_NV_DEFINE_SPACE_2)
		refused = names_anywhere(rest, size);
	else
		refused = names_by_handle(rest, size,
					  count_handles(chip, code));
	return refused ? deny_command(code) : 0;
}

/**
 * agent_tpm_request - whether userspace may ask the firmware for an operation
 * @operation: its number in the TCG's Physical Presence Interface
 *
 * Context: May sleep.
 * Return: 0, or -ECAPABILITY for what clears the TPM at the next boot; this has
 * been recorded.
 */
int agent_tpm_request(u64 operation)
{
	switch (operation) {
	case 5: /* Clear */
	case 14: /* Clear, Enable, Activate */
	case 21: /* Enable, Activate, Clear */
	case 22: /* Enable, Activate, Clear, Enable, Activate */
		return deny("TPM2_Clear by the firmware");
	default:
		return 0;
	}
}
