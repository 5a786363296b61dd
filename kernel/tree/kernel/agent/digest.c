// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: the BLAKE3 digest of an image
 */

#include <crypto/blake3.h>
#include <linux/fs.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "agent.h"

#define PIECE	SZ_64K

static int digest_pieces(struct file *file, struct blake3_ctx *ctx, void *piece)
{
	loff_t pos = 0;
	ssize_t got;

	do {
		got = kernel_read(file, piece, PIECE, &pos);
		if (got < 0)
			return got;
		blake3_update(ctx, piece, got);
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	} while (got);
	return 0;
}

/**
 * agent_digest_file - BLAKE3 of a file's contents
 * @file: a regular file, open for reading
 * @digest: the result
 *
 * Return: 0, -EINTR when the caller is being killed, -ENOMEM, or what reading
 * the file said.
 */
int agent_digest_file(struct file *file, u8 digest[AGENT_DIGEST_SIZE])
{
	struct blake3_ctx *ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	void *piece = kvmalloc(PIECE, GFP_KERNEL);
	int err = -ENOMEM;

	if (ctx && piece) {
		blake3_init(ctx);
		err = digest_pieces(file, ctx, piece);
		if (!err)
			blake3_final(ctx, digest, AGENT_DIGEST_SIZE);
	}
	kvfree(piece);
	kfree(ctx);
	return err;
}
