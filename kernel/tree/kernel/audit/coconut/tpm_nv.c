// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: commands to the TPM about the two NV indices
 *
 * Both are of the owner's hierarchy and have an empty authorization value, so
 * whoever is at the machine can read them; who may write them is decided by
 * the kernel alone, see tpm_guard.c.  They are written by their own
 * authorization rather than the owner's: an owner who sets a password later
 * does not lock the kernel out.  NO_DA: that value is no secret, and someone
 * else's failures must not lock it.
 */

#include <linux/string.h>
#include <linux/unaligned.h>

#include "tpm.h"

#define CC_NV_UNDEFINE_SPACE	0x0122
#define CC_NV_DEFINE_SPACE	0x012a
#define CC_NV_WRITE		0x0137
#define CC_NV_READ_PUBLIC	0x0169

#define RC_NV_UNINITIALIZED	0x014a
#define RC_FORMAT_ONE		BIT(7)	/* about a handle, session or parameter */

#define RH_OWNER		0x40000001

#define NV_AUTHWRITE		BIT(2)
#define NV_OWNERREAD		BIT(17)
#define NV_AUTHREAD		BIT(18)
#define NV_NO_DA		BIT(25)
#define NV_ORDERLY		BIT(26)
#define NV_WRITTEN		BIT(29)

/* TPMS_NV_PUBLIC without a policy: index, algorithm, attributes, 0, size. */
#define PUBLIC_SIZE		14

static u32 attributes_of(u32 index)
{
	u32 attributes = NV_AUTHWRITE | NV_OWNERREAD | NV_AUTHREAD | NV_NO_DA;

	return index == AUDIT_NV_ORDERLY ? attributes | NV_ORDERLY : attributes;
}

static int begin(struct tpm_buf *buf, u32 code)
{
	return tpm_buf_init(buf, code == CC_NV_READ_PUBLIC ?
					 TPM2_ST_NO_SESSIONS :
					 TPM2_ST_SESSIONS, code);
}

/* What the TPM says as an errno. */
static int to_errno(int rc)
{
	if (rc <= 0)
		return rc;
	if (tpm2_rc_value(rc) == TPM2_RC_HANDLE)
		return -ENOENT;
	if (rc == RC_NV_UNINITIALIZED)
		return -ENODATA;
	return rc & RC_FORMAT_ONE ? -EILSEQ : -EIO;
}

/*
 * Send a command. Return: 0 with at least so many bytes of response after its
 * head, or a negative errno; the buffer is the caller's in any case.
 */
static int submit(struct tpm_chip *chip, struct tpm_buf *buf, size_t least)
{
	int rc = tpm_try_get_ops(chip);

	if (rc)
		return rc;
	rc = tpm_transmit_cmd(chip, buf, least, NULL);
	tpm_put_ops(chip);
	return to_errno(rc);
}

/* Whether an index is as audit_nv_define() makes it: 0 or an errno. */
static int check_public(struct tpm_chip *chip, u32 index)
{
	struct tpm_buf buf;
	const u8 *public;
	int err = begin(&buf, CC_NV_READ_PUBLIC);

	if (err)
		return err;
	tpm_buf_append_u32(&buf, index);
	err = submit(chip, &buf, 2 + PUBLIC_SIZE);
	public = buf.data + TPM_HEADER_SIZE;
	if (!err && (get_unaligned_be16(public) != PUBLIC_SIZE ||
		     get_unaligned_be32(public + 2) != index ||
		     (get_unaligned_be32(public + 8) & ~NV_WRITTEN) !=
			     attributes_of(index) ||
		     get_unaligned_be16(public + 14) !=
			     sizeof(struct audit_nv_head)))
		err = -EILSEQ;
	tpm_buf_destroy(&buf);
	return err;
}

static int read_data(struct tpm_chip *chip, u32 index,
		     struct audit_nv_head *head)
{
	struct tpm_buf buf;
	const u8 *data;
	int err = begin(&buf, TPM2_CC_NV_READ);

	if (err)
		return err;
	tpm_buf_append_u32(&buf, index);
	tpm_buf_append_u32(&buf, index);
	tpm_buf_append_empty_auth(&buf, TPM2_RS_PW);
	tpm_buf_append_u16(&buf, sizeof(*head));
	tpm_buf_append_u16(&buf, 0);
	/* The length of the parameters, and that of the data, come first. */
	err = submit(chip, &buf, 4 + 2 + sizeof(*head));
	data = buf.data + TPM_HEADER_SIZE + 4;
	if (!err && get_unaligned_be16(data) != sizeof(*head))
		err = -EILSEQ;
	if (!err)
		memcpy(head, data + 2, sizeof(*head));
	tpm_buf_destroy(&buf);
	return err;
}

/**
 * audit_nv_read - read what an index holds
 * @chip: the TPM
 * @index: AUDIT_NV_*
 * @head: gets it
 *
 * Return: 0; -ENOENT when it is not defined, -ENODATA when it has not been
 * written since it was defined (an orderly one: since the TPM was reset),
 * -EILSEQ when it is not ours, or another errno when the TPM can't be asked.
 */
int audit_nv_read(struct tpm_chip *chip, u32 index, struct audit_nv_head *head)
{
	int err = check_public(chip, index) ?: read_data(chip, index, head);

	BUILD_BUG_ON(sizeof(*head) != 64);
	if (!err && memcmp(head->magic, AUDIT_NV_MAGIC, sizeof(head->magic)))
		err = -EILSEQ;
	return err;
}

/**
 * audit_nv_write - write an index
 * @chip: the TPM
 * @index: AUDIT_NV_*
 * @head: what it is to hold
 *
 * Return: 0, or a negative errno.
 */
int audit_nv_write(struct tpm_chip *chip, u32 index,
		   const struct audit_nv_head *head)
{
	struct tpm_buf buf;
	int err = begin(&buf, CC_NV_WRITE);

	if (err)
		return err;
	tpm_buf_append_u32(&buf, index);
	tpm_buf_append_u32(&buf, index);
	tpm_buf_append_empty_auth(&buf, TPM2_RS_PW);
	tpm_buf_append_u16(&buf, sizeof(*head));
	tpm_buf_append(&buf, (const u8 *)head, sizeof(*head));
	tpm_buf_append_u16(&buf, 0);
	err = submit(chip, &buf, 0);
	tpm_buf_destroy(&buf);
	return err;
}

/**
 * audit_nv_define - make an index
 * @chip: the TPM
 * @index: AUDIT_NV_*, not defined
 *
 * Return: 0, or a negative errno; -EILSEQ when the owner has a password, or
 * there is no room.
 */
int audit_nv_define(struct tpm_chip *chip, u32 index)
{
	struct tpm_buf buf;
	int err = begin(&buf, CC_NV_DEFINE_SPACE);

	if (err)
		return err;
	tpm_buf_append_u32(&buf, RH_OWNER);
	tpm_buf_append_empty_auth(&buf, TPM2_RS_PW);
	tpm_buf_append_u16(&buf, 0);
	tpm_buf_append_u16(&buf, PUBLIC_SIZE);
	tpm_buf_append_u32(&buf, index);
	tpm_buf_append_u16(&buf, TPM_ALG_SHA256);
	tpm_buf_append_u32(&buf, attributes_of(index));
	tpm_buf_append_u16(&buf, 0);
	tpm_buf_append_u16(&buf, sizeof(struct audit_nv_head));
	err = submit(chip, &buf, 0);
	tpm_buf_destroy(&buf);
	return err;
}

/**
 * audit_nv_undefine - remove an index that is not ours
 * @chip: the TPM
 * @index: AUDIT_NV_*
 *
 * Return: 0, or a negative errno.
 */
int audit_nv_undefine(struct tpm_chip *chip, u32 index)
{
	struct tpm_buf buf;
	int err = begin(&buf, CC_NV_UNDEFINE_SPACE);

	if (err)
		return err;
	tpm_buf_append_u32(&buf, RH_OWNER);
	tpm_buf_append_u32(&buf, index);
	tpm_buf_append_empty_auth(&buf, TPM2_RS_PW);
	err = submit(chip, &buf, 0);
	tpm_buf_destroy(&buf);
	return err;
}
