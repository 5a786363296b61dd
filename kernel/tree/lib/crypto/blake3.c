// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The BLAKE3 hash function, in portable C
 *
 * The input is cut into chunks of 1024 bytes, the leaves of a binary tree whose
 * left subtrees are always complete. Chunks are chains of blocks of 64 bytes,
 * parents are one block each: the chaining values of their two children. One
 * compression function serves all of them, told apart by flags.
 *
 * Written from the BLAKE3 paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn).
 * Scalar code only: the kernel hashes short audit rows, for which entering an
 * FPU section would cost more than vectors save.
 */

#include <crypto/blake3.h>

#ifdef __KERNEL__
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#else
#include <assert.h>
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define noinline_for_stack
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "+r"(var))
#define visible_anyway(symbol) static_assert(1, #symbol)
#define EXPORT_SYMBOL_GPL visible_anyway

static inline uint32_t get_unaligned_le32(const void *p)
{
	uint32_t word;

	memcpy(&word, p, sizeof(word));
	return le32toh(word);
}

static inline void put_unaligned_le32(uint32_t word, void *p)
{
	word = htole32(word);
	memcpy(p, &word, sizeof(word));
}

static inline uint32_t ror32(uint32_t word, unsigned int shift)
{
	return word >> shift | word << (32 - shift);
}
#endif /* __KERNEL__ */

enum blake3_flags {
	CHUNK_START = 1 << 0,
	CHUNK_END = 1 << 1,
	PARENT = 1 << 2,
	ROOT = 1 << 3,
	KEYED_HASH = 1 << 4,
	DERIVE_KEY_CONTEXT = 1 << 5,
	DERIVE_KEY_MATERIAL = 1 << 6,
};

/*
 * What stands in for the key where there is none: the first 32 bits after the
 * point of the square roots of the first eight primes, as little-endian words.
 */
static const uint8_t unkeyed[BLAKE3_KEY_SIZE] = {
	0x67, 0xe6, 0x09, 0x6a, 0x85, 0xae, 0x67, 0xbb,
	0x72, 0xf3, 0x6e, 0x3c, 0x3a, 0xf5, 0x4f, 0xa5,
	0x7f, 0x52, 0x0e, 0x51, 0x8c, 0x68, 0x05, 0x9b,
	0xab, 0xd9, 0x83, 0x1f, 0x19, 0xcd, 0xe0, 0x5b,
};

/*
 * The order in which each round takes the words of the block. Each line is the
 * one before it, permuted by the second line.
 */
static const uint8_t schedule[7][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8 },
	{ 3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1 },
	{ 10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6 },
	{ 12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4 },
	{ 9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7 },
	{ 11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13 },
};

static __always_inline void mix(uint32_t v[16], int a, int b, int c, int d,
				uint32_t x, uint32_t y)
{
	v[a] += v[b] + x;
	v[d] = ror32(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = ror32(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = ror32(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = ror32(v[b] ^ v[c], 7);
}

/*
 * Inlined with a constant number, so that the schedule is gone at compile time
 * and each word of the block is an operand in memory: the sixteen words of the
 * state alone are more than most machines have registers.
 */
static __always_inline void do_round(uint32_t v[16], const uint8_t *block,
				     int number)
{
#define WORD(i) get_unaligned_le32(block + 4 * schedule[number][i])
	mix(v, 0, 4, 8, 12, WORD(0), WORD(1));
	mix(v, 1, 5, 9, 13, WORD(2), WORD(3));
	mix(v, 2, 6, 10, 14, WORD(4), WORD(5));
	mix(v, 3, 7, 11, 15, WORD(6), WORD(7));

	mix(v, 0, 5, 10, 15, WORD(8), WORD(9));
	mix(v, 1, 6, 11, 12, WORD(10), WORD(11));
	mix(v, 2, 7, 8, 13, WORD(12), WORD(13));
	mix(v, 3, 4, 9, 14, WORD(14), WORD(15));
#undef WORD
}

/*
 * The compression function. @out takes 32 bytes, a chaining value or a digest,
 * or 64 if @wide, for extended output. @out may be @cv or @block.
 */
static noinline_for_stack void compress(uint8_t *out, const uint8_t *cv,
					const uint8_t *block, uint64_t counter,
					uint32_t len, uint32_t flags, bool wide)
{
	uint32_t v[16] = {
		get_unaligned_le32(cv + 0),  get_unaligned_le32(cv + 4),
		get_unaligned_le32(cv + 8),  get_unaligned_le32(cv + 12),
		get_unaligned_le32(cv + 16), get_unaligned_le32(cv + 20),
		get_unaligned_le32(cv + 24), get_unaligned_le32(cv + 28),
		get_unaligned_le32(unkeyed + 0), get_unaligned_le32(unkeyed + 4),
		get_unaligned_le32(unkeyed + 8), get_unaligned_le32(unkeyed + 12),
		(uint32_t)counter, (uint32_t)(counter >> 32), len, flags,
	};
	int i;

	/*
	 * If the compiler sees one pointer in all rounds, it loads the words
	 * once and then spills them, which costs an eighth more instructions.
	 */
	do_round(v, block, 0);
	OPTIMIZER_HIDE_VAR(block);
	do_round(v, block, 1);
	OPTIMIZER_HIDE_VAR(block);
	do_round(v, block, 2);
	OPTIMIZER_HIDE_VAR(block);
	do_round(v, block, 3);
	OPTIMIZER_HIDE_VAR(block);
	do_round(v, block, 4);
	OPTIMIZER_HIDE_VAR(block);
	do_round(v, block, 5);
	OPTIMIZER_HIDE_VAR(block);
	do_round(v, block, 6);

	if (wide)
		for (i = 0; i < 8; i++)
			put_unaligned_le32(v[i + 8] ^
					   get_unaligned_le32(cv + 4 * i),
					   out + 32 + 4 * i);
	for (i = 0; i < 8; i++)
		put_unaligned_le32(v[i] ^ v[i + 8], out + 4 * i);
}

/*
 * Hashes one chunk, of which @index is the place in the input. The bits of
 * @flags describe the mode; ROOT among them says that there is no other chunk.
 * @out is written last, so it may lie within @data.
 */
static noinline_for_stack void hash_chunk(uint8_t *out, const uint8_t *key,
					  const uint8_t *data, size_t len,
					  uint64_t index, uint32_t flags)
{
	const uint32_t inner = flags & ~ROOT;
	uint8_t cv[BLAKE3_HASH_SIZE], last[BLAKE3_BLOCK_SIZE];
	uint32_t start = CHUNK_START;

	for (; len > BLAKE3_BLOCK_SIZE; len -= BLAKE3_BLOCK_SIZE) {
		compress(cv, key, data, index, BLAKE3_BLOCK_SIZE, inner | start,
			 false);
		key = cv;
		start = 0;
		data += BLAKE3_BLOCK_SIZE;
	}

	if (len < BLAKE3_BLOCK_SIZE) {
		memset(last, 0, sizeof(last));
		if (len)
			memcpy(last, data, len);
		data = last;
	}
	compress(out, key, data, index, len, flags | start | CHUNK_END, false);
}

static void hash_parent(uint8_t *out, const uint8_t *key,
			const uint8_t *children, uint32_t flags)
{
	compress(out, key, children, 0, BLAKE3_BLOCK_SIZE, flags | PARENT,
		 false);
}

/*
 * Hashes input that lies in memory as a whole. Each doubling of the length
 * beyond a chunk is one more level of recursion, which takes less stack than
 * room for the longest path would, at all lengths that occur.
 */
static void hash_subtree(uint8_t *out, const uint8_t *key, const uint8_t *data,
			 size_t len, uint64_t index, uint32_t flags)
{
	const uint32_t inner = flags & ~ROOT;
	uint8_t children[2][BLAKE3_HASH_SIZE];
	size_t left = BLAKE3_CHUNK_SIZE;

	if (len <= BLAKE3_CHUNK_SIZE) {
		hash_chunk(out, key, data, len, index, flags);
		return;
	}
	/* The left child is complete, and the right one is not empty. */
	while (left < len - left)
		left *= 2;
	hash_subtree(children[0], key, data, left, index, inner);
	hash_subtree(children[1], key, data + left, len - left,
		     index + left / BLAKE3_CHUNK_SIZE, inner);
	hash_parent(out, key, children[0], flags);
}

/**
 * blake3 - hash a buffer
 * @out: the digest, BLAKE3_HASH_SIZE bytes; it may lie within @data
 * @data: the input; may be NULL if @len is 0
 * @len: length of the input in bytes
 *
 * Up to BLAKE3_CHUNK_SIZE bytes this takes less than 400 bytes of stack, and
 * each doubling of the length some 150 more. It neither allocates, sleeps nor
 * takes a lock, so it may be called in any context.
 */
void blake3(uint8_t out[BLAKE3_HASH_SIZE], const void *data, size_t len)
{
	if (len <= BLAKE3_CHUNK_SIZE)
		hash_chunk(out, unkeyed, data, len, 0, ROOT);
	else
		hash_subtree(out, unkeyed, data, len, 0, ROOT);
}
EXPORT_SYMBOL_GPL(blake3);

static void init(struct blake3_ctx *ctx, const uint8_t *key, uint32_t flags)
{
	ctx->chunks = 0;
	ctx->flags = flags;
	ctx->chunk_len = 0;
	ctx->depth = 0;
	memcpy(ctx->key, key, sizeof(ctx->key));
}

/**
 * blake3_init - begin a hash
 * @ctx: the context; whatever it held before is forgotten
 */
void blake3_init(struct blake3_ctx *ctx)
{
	init(ctx, unkeyed, 0);
}
EXPORT_SYMBOL_GPL(blake3_init);

/**
 * blake3_init_keyed - begin a keyed hash, which is a MAC or a PRF
 * @ctx: the context; whatever it held before is forgotten
 * @key: the key, BLAKE3_KEY_SIZE bytes, of which @ctx keeps a copy
 *
 * The caller clears @ctx with memzero_explicit() after the last use.
 */
void blake3_init_keyed(struct blake3_ctx *ctx,
		       const uint8_t key[BLAKE3_KEY_SIZE])
{
	init(ctx, key, KEYED_HASH);
}
EXPORT_SYMBOL_GPL(blake3_init_keyed);

/**
 * blake3_init_derive_key - begin the derivation of a key
 * @ctx: the context; whatever it held before is forgotten
 * @context: what the key is for: a text that is hardcoded, unique in the world
 *	and not secret
 * @context_len: length of @context in bytes, without a terminator
 *
 * The key material goes to blake3_update(), and blake3_final() gives the key.
 * The caller clears @ctx with memzero_explicit() after the last use.
 */
void blake3_init_derive_key(struct blake3_ctx *ctx, const void *context,
			    size_t context_len)
{
	uint8_t key[BLAKE3_KEY_SIZE];

	init(ctx, unkeyed, DERIVE_KEY_CONTEXT);
	blake3_update(ctx, context, context_len);
	blake3_final(ctx, key, sizeof(key));
	init(ctx, key, DERIVE_KEY_MATERIAL);
}
EXPORT_SYMBOL_GPL(blake3_init_derive_key);

/*
 * Takes a complete chunk, whose chaining value the caller has put on top of the
 * stack. Trees of equal size are joined as carries run through a binary
 * counter. None of them is the root, because the caller has more input.
 */
static void push_chunk(struct blake3_ctx *ctx)
{
	uint64_t chunks = ++ctx->chunks;

	for (; !(chunks & 1); chunks >>= 1) {
		uint8_t *left = ctx->stack[ctx->depth - 1];

		hash_parent(left, ctx->key, left, ctx->flags);
		ctx->depth--;
	}
	ctx->depth++;
}

/* How much of the current chunk is in ctx->block: nothing only at its start. */
static size_t held_back(const struct blake3_ctx *ctx)
{
	return ctx->chunk_len ? (ctx->chunk_len - 1) % BLAKE3_BLOCK_SIZE + 1 : 0;
}

static uint32_t start_flag(const struct blake3_ctx *ctx)
{
	return ctx->chunk_len <= BLAKE3_BLOCK_SIZE ? CHUNK_START : 0;
}

/* Reads data that ends in the current chunk. */
static void fill_chunk(struct blake3_ctx *ctx, const uint8_t *data, size_t len)
{
	size_t held = held_back(ctx), n;

	for (; len; len -= n) {
		if (held == BLAKE3_BLOCK_SIZE) {
			compress(ctx->cv, start_flag(ctx) ? ctx->key : ctx->cv,
				 ctx->block, ctx->chunks, BLAKE3_BLOCK_SIZE,
				 ctx->flags | start_flag(ctx), false);
			held = 0;
		}
		n = BLAKE3_BLOCK_SIZE - held;
		if (n > len)
			n = len;
		memcpy(ctx->block + held, data, n);
		held += n;
		data += n;
		ctx->chunk_len += n;
	}
}

/**
 * blake3_update - hash more input
 * @ctx: the context
 * @data: the input; may be NULL if @len is 0
 * @len: length of the input in bytes
 *
 * How the input is divided among calls makes no difference to the digest.
 */
void blake3_update(struct blake3_ctx *ctx, const void *data, size_t len)
{
	const uint8_t *in = data;
	size_t n;

	for (; len; in += n, len -= n) {
		if (ctx->chunk_len == BLAKE3_CHUNK_SIZE) {
			compress(ctx->stack[ctx->depth], ctx->cv, ctx->block,
				 ctx->chunks, BLAKE3_BLOCK_SIZE,
				 ctx->flags | CHUNK_END, false);
			push_chunk(ctx);
			ctx->chunk_len = 0;
		}
		/* A chunk with input after it need not go through the block. */
		if (!ctx->chunk_len && len > BLAKE3_CHUNK_SIZE) {
			n = BLAKE3_CHUNK_SIZE;
			hash_chunk(ctx->stack[ctx->depth], ctx->key, in, n,
				   ctx->chunks, ctx->flags);
			push_chunk(ctx);
			continue;
		}
		n = BLAKE3_CHUNK_SIZE - ctx->chunk_len;
		if (n > len)
			n = len;
		fill_chunk(ctx, in, n);
	}
}
EXPORT_SYMBOL_GPL(blake3_update);

/* The root is compressed once for every 64 bytes of output, numbered. */
static void expand_root(uint8_t *out, size_t out_len, const uint8_t *cv,
			const uint8_t *block, uint32_t len, uint32_t flags)
{
	uint8_t last[BLAKE3_BLOCK_SIZE];
	uint64_t counter = 0;

	for (; out_len >= sizeof(last); out_len -= sizeof(last)) {
		compress(out, cv, block, counter++, len, flags | ROOT, true);
		out += sizeof(last);
	}
	if (out_len) {
		compress(last, cv, block, counter, len, flags | ROOT, true);
		memcpy(out, last, out_len);
	}
}

/**
 * blake3_final - get the digest of the input so far
 * @ctx: the context, which is not changed: more input may follow
 * @out: the digest, @out_len bytes; it may not lie within @ctx
 * @out_len: any length. Usually BLAKE3_HASH_SIZE; a longer digest begins with
 *	the shorter one
 */
void blake3_final(const struct blake3_ctx *ctx, void *out, size_t out_len)
{
	const uint8_t *cv = start_flag(ctx) ? ctx->key : ctx->cv;
	uint32_t flags = ctx->flags | start_flag(ctx) | CHUNK_END;
	uint64_t counter = ctx->chunks;
	uint32_t len = held_back(ctx);
	uint8_t block[BLAKE3_BLOCK_SIZE];
	unsigned int depth = ctx->depth;

	memcpy(block, ctx->block, len);
	memset(block + len, 0, sizeof(block) - len);

	/* What is on the stack are the left siblings on the way to the root. */
	while (depth--) {
		compress(block + BLAKE3_HASH_SIZE, cv, block, counter, len,
			 flags, false);
		memcpy(block, ctx->stack[depth], BLAKE3_HASH_SIZE);
		cv = ctx->key;
		counter = 0;
		len = BLAKE3_BLOCK_SIZE;
		flags = ctx->flags | PARENT;
	}
	expand_root(out, out_len, cv, block, len, flags);
}
EXPORT_SYMBOL_GPL(blake3_final);
