// SPDX-License-Identifier: GPL-2.0
/*
 * Who signed a PKCS#7 message, for those who must say so
 */

#include <crypto/pkcs7.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>

#include "pkcs7_parser.h"

/**
 * pkcs7_get_signer - name the first signer of a verified message
 * @pkcs7: a message that pkcs7_verify() has accepted
 * @subject: gets the subject of the signing certificate
 * @subject_size: bytes of @subject
 * @issuer: gets the issuer of the signing certificate
 * @issuer_size: bytes of @issuer
 * @id: gets the subject key identifier, padded with zeroes
 * @id_size: bytes of @id
 *
 * Names that are too long are cut.
 *
 * Return: 0, or -ENOKEY when the message doesn't carry the certificate.
 */
int pkcs7_get_signer(const struct pkcs7_message *pkcs7, char *subject,
		     size_t subject_size, char *issuer, size_t issuer_size,
		     u8 *id, size_t id_size)
{
	const struct pkcs7_signed_info *info = pkcs7->signed_infos;
	const struct x509_certificate *cert = info ? info->signer : NULL;

	if (!cert)
		return -ENOKEY;
	strscpy(subject, cert->subject, subject_size);
	strscpy(issuer, cert->issuer, issuer_size);
	memset(id, 0, id_size);
	if (cert->raw_skid)
		memcpy(id, cert->raw_skid,
		       min_t(size_t, cert->raw_skid_size, id_size));
	return 0;
}
EXPORT_SYMBOL_GPL(pkcs7_get_signer);
