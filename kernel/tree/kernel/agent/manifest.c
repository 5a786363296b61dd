// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the .coconut keyring, and signatures held against it
 *
 * A certificate enters the keyring only when a key that is built into the
 * kernel has signed it, whoever asks; a manifest is accepted only when its
 * signer's certificate is in the keyring.
 */

#include <crypto/blake3.h>
#include <crypto/pkcs7.h>
#include <keys/system_keyring.h>
#include <linux/cred.h>
#include <linux/key.h>
#include <linux/slab.h>
#include <linux/verification.h>

#include "agent.h"

static struct key *keyring __ro_after_init;

static int __init make_keyring(void)
{
	struct key_restriction *restriction = kzalloc(sizeof(*restriction),
						      GFP_KERNEL);

	if (!restriction)
		return -ENOMEM;
	restriction->check = restrict_link_by_builtin_trusted;
	keyring = keyring_alloc(".coconut", GLOBAL_ROOT_UID, GLOBAL_ROOT_GID,
				current_cred(),
				(KEY_POS_ALL & ~KEY_POS_SETATTR) |
				KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH |
				KEY_USR_WRITE,
				KEY_ALLOC_NOT_IN_QUOTA, restriction, NULL);
	if (!IS_ERR(keyring))
		return 0;
	kfree(restriction);
	pr_err("agent: no keyring: %ld\n", PTR_ERR(keyring));
	return PTR_ERR(keyring);
}
late_initcall(make_keyring);

/**
 * agent_is_keyring - whether a key is the keyring of those who may sign
 * @key: the key
 *
 * Return: true if so.
 */
bool agent_is_keyring(const struct key *key)
{
	return !IS_ERR_OR_NULL(keyring) && key == keyring;
}

/**
 * agent_manifest_verify - hold a manifest's signature against the keyring
 * @manifest: the manifest's bytes
 * @size: how many
 * @signature: detached CMS signature over them, DER
 * @signature_size: its length in bytes
 * @attestation: gets the signer's identity and the manifest's digest
 *
 * Return: 0; -EBADMSG when the signature is not well-formed CMS, -ENOKEY when
 * its signer is not in the keyring, -EKEYREJECTED when it is not over these
 * bytes or the key has expired, -ENOPKG for an algorithm that is not built in.
 */
int agent_manifest_verify(const void *manifest, size_t size,
			  const void *signature, size_t signature_size,
			  struct agent_attestation *attestation)
{
	struct pkcs7_message *message;
	int err;

	if (IS_ERR_OR_NULL(keyring))
		return -ENOKEY;
	message = pkcs7_parse_message(signature, signature_size);
	if (IS_ERR(message))
		return PTR_ERR(message) == -ENOMEM ? -ENOMEM : -EBADMSG;
	err = verify_pkcs7_message_sig(manifest, size, message, keyring,
				       VERIFYING_UNSPECIFIED_SIGNATURE, NULL,
				       NULL);
	if (!err)
		err = pkcs7_get_signer(message, attestation->signer,
				       sizeof(attestation->signer),
				       attestation->authority,
				       sizeof(attestation->authority),
				       attestation->signer_id,
				       sizeof(attestation->signer_id));
	pkcs7_free_message(message);
	if (err)
		return err;
	blake3(attestation->manifest_digest, manifest, size);
	return 0;
}
