/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The BLAKE3 hash function
 *
 * The kernel and userspace compile the same header and the same blake3.c.
 */

#ifndef _CRYPTO_BLAKE3_H
#define _CRYPTO_BLAKE3_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

enum blake3_lengths {
	BLAKE3_KEY_SIZE = 32,
	BLAKE3_HASH_SIZE = 32,
	BLAKE3_BLOCK_SIZE = 64,
	BLAKE3_CHUNK_SIZE = 1024,
	/* 2^64 bytes are 2^54 chunks, so no path in the tree is longer. */
	BLAKE3_MAX_DEPTH = 54,
};

/**
 * struct blake3_ctx - the state of an incremental hash
 * @chunks: number of chunks already on @stack, which is also the index of the
 *	chunk being read
 * @flags: the domain flags of the mode
 * @chunk_len: bytes of the current chunk read so far, 0 to BLAKE3_CHUNK_SIZE
 * @depth: number of chaining values on @stack
 * @key: the chaining value that each chunk and each parent starts from
 * @cv: chaining value of the current chunk, up to but not including @block
 * @block: the last 1 to BLAKE3_BLOCK_SIZE bytes read, held back because the
 *	last block of a chunk is compressed with another flag
 * @stack: chaining values of complete subtrees, the largest (leftmost) first
 *
 * Chaining values are kept as little-endian bytes, so that two neighbours on
 * the stack are the block of their parent as they lie. The struct takes some
 * 1.9 KB: the kernel allocates it, or uses blake3() for what is in memory.
 *
 * The context holds no reference to anything, so it may be copied, and it needs
 * no release. In the keyed and the derive-key mode it is as secret as the key,
 * and the caller is the one who knows when to clear it (memzero_explicit()).
 */
struct blake3_ctx {
	uint64_t chunks;
	uint32_t flags;
	uint16_t chunk_len;
	uint16_t depth;
	uint8_t key[BLAKE3_KEY_SIZE];
	uint8_t cv[BLAKE3_HASH_SIZE];
	uint8_t block[BLAKE3_BLOCK_SIZE];
	uint8_t stack[BLAKE3_MAX_DEPTH][BLAKE3_HASH_SIZE];
};

void blake3_init(struct blake3_ctx *ctx);
void blake3_init_keyed(struct blake3_ctx *ctx,
		       const uint8_t key[BLAKE3_KEY_SIZE]);
void blake3_init_derive_key(struct blake3_ctx *ctx, const void *context,
			    size_t context_len);
void blake3_update(struct blake3_ctx *ctx, const void *data, size_t len);
void blake3_final(const struct blake3_ctx *ctx, void *out, size_t out_len);

void blake3(uint8_t out[BLAKE3_HASH_SIZE], const void *data, size_t len);

#endif /* _CRYPTO_BLAKE3_H */
