// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the code that they may run, known by its contents
 *
 * Code is what the base image holds or what the manifest names.  The base
 * image's list is read once, when AID 1 is bound, and must be signed by whom a
 * key that is built into the kernel vouches for.
 */

#include <linux/bsearch.h>
#include <linux/kernel_read_file.h>
#include <linux/sizes.h>
#include <linux/verification.h>
#include <linux/vmalloc.h>

#include "agent.h"

#define LIST_PATH	"/usr/lib/coconut/code.digests"
#define SIGNATURE_PATH	"/usr/lib/coconut/code.sig"

static u8 *base;
static size_t nr_base;

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, AGENT_DIGEST_SIZE);
}

static bool is_sorted(const u8 *list, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++) {
		if (compare(list + (i - 1) * AGENT_DIGEST_SIZE,
			    list + i * AGENT_DIGEST_SIZE) >= 0)
			return false;
	}
	return true;
}

static int check_list(const void *list, size_t size, const void *signature,
		      size_t signature_size)
{
	int err = verify_pkcs7_signature(list, size, signature, signature_size,
					 NULL, VERIFYING_UNSPECIFIED_SIGNATURE,
					 NULL, NULL);

	if (err)
		return err;
	if (size % AGENT_DIGEST_SIZE ||
	    !is_sorted(list, size / AGENT_DIGEST_SIZE))
		return -EBADMSG;
	return 0;
}

/**
 * agent_code_load - read the base image's list of code
 *
 * Without one nothing but what manifests name is code.
 *
 * Context: Process context of PID 1, before it can be anything but what was
 * measured.
 */
void agent_code_load(void)
{
	void *list = NULL, *signature = NULL;
	size_t size = 0, signature_size = 0;
	ssize_t got;
	int err;

	got = kernel_read_file_from_path(LIST_PATH, 0, &list, SZ_16M, &size,
					 READING_UNKNOWN);
	if (got >= 0)
		got = kernel_read_file_from_path(SIGNATURE_PATH, 0, &signature,
						 AGENT_SIGNATURE_MAX,
						 &signature_size,
						 READING_UNKNOWN);
	err = got < 0 ? got : check_list(list, size, signature, signature_size);
	vfree(signature);
	if (err) {
		pr_err("agent: the base image's list of code is not used: %d\n",
		       err);
		vfree(list);
		return;
	}
	base = list;
	nr_base = size / AGENT_DIGEST_SIZE;
	pr_info("agent: %zu files of the base image are code\n", nr_base);
}

/**
 * agent_knows_code - whether contents are code to an agent
 * @agent: the agent
 * @digest: BLAKE3 of the contents
 *
 * Context: Any.
 * Return: true if the base image holds them or the manifest names them.
 */
bool agent_knows_code(const struct agent *agent,
		      const u8 digest[AGENT_DIGEST_SIZE])
{
	const u8 *named = agent->code;
	u32 i;

	if (!memcmp(digest, agent->attestation.image_digest, AGENT_DIGEST_SIZE))
		return true;
	for (i = 0; i < agent->nr_code; i++, named += AGENT_DIGEST_SIZE) {
		if (!memcmp(digest, named, AGENT_DIGEST_SIZE))
			return true;
	}
	return base && bsearch(digest, base, nr_base, AGENT_DIGEST_SIZE,
			       compare);
}
