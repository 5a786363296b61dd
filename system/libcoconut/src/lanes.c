/* SPDX-License-Identifier: MIT */
/*
 * BLAKE3 of many short messages at once, each in a lane of its own.  The rows
 * of a chain depend on each other only through chain values that stand in them,
 * so that those of many rows can be checked side by side.
 */
#include <crypto/blake3.h>
#include <endian.h>

#include "internal.h"

#define LANES 8
#define IDLE SIZE_MAX

enum {
	CHUNK_START = 1,
	CHUNK_END = 2,
	ROOT = 8
};

typedef uint32_t lanes_t __attribute__((vector_size(4 * LANES)));

#ifdef __x86_64__
#define for_each_machine \
	__attribute__((  \
		target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define for_each_machine
#endif
#define inlined static inline __attribute__((always_inline))

static const uint32_t unkeyed[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* The order in which each round takes the words of the block. */
static const uint8_t schedule[7][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8 },
	{ 3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1 },
	{ 10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6 },
	{ 12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4 },
	{ 9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7 },
	{ 11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13 },
};

/**
 * struct work - what the lanes are at
 * @cv: chaining values, word by word
 * @length: bytes of each lane's block
 * @flags: flags of each lane's block
 * @block: where each lane's block stands
 * @message: which message each lane hashes, IDLE for none
 * @done: bytes of it that are hashed
 * @last: each lane's last block, filled up with zeroes
 */
struct work {
	lanes_t cv[8];
	lanes_t length;
	lanes_t flags;
	const uint8_t *block[LANES];
	size_t message[LANES];
	size_t done[LANES];
	uint8_t last[LANES][BLAKE3_BLOCK_SIZE];
};

inlined void mix(lanes_t *v, int a, int b, int c, int d, lanes_t *x, lanes_t *y)
{
	v[a] += v[b] + *x;
	v[d] ^= v[a];
	v[d] = v[d] >> 16 | v[d] << 16;
	v[c] += v[d];
	v[b] ^= v[c];
	v[b] = v[b] >> 12 | v[b] << 20;
	v[a] += v[b] + *y;
	v[d] ^= v[a];
	v[d] = v[d] >> 8 | v[d] << 24;
	v[c] += v[d];
	v[b] ^= v[c];
	v[b] = v[b] >> 7 | v[b] << 25;
}

inlined void mix_all(lanes_t *v, lanes_t *word, const uint8_t *order)
{
#define WORD(i) (&word[order[i]])
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

#define PAIRS(x, y, low, high)                                                 \
	do {                                                                   \
		low = __builtin_shufflevector(x, y, 0, 8, 1, 9, 4, 12, 5, 13); \
		high = __builtin_shufflevector(x, y, 2, 10, 3, 11, 6, 14, 7,   \
					       15);                            \
	} while (0)
#define QUADS(x, y, low, high)                                                 \
	do {                                                                   \
		low = __builtin_shufflevector(x, y, 0, 1, 8, 9, 4, 5, 12, 13); \
		high = __builtin_shufflevector(x, y, 2, 3, 10, 11, 6, 7, 14,   \
					       15);                            \
	} while (0)
#define HALVES(x, y, low, high)                                                \
	do {                                                                   \
		low = __builtin_shufflevector(x, y, 0, 1, 2, 3, 8, 9, 10, 11); \
		high = __builtin_shufflevector(x, y, 4, 5, 6, 7, 12, 13, 14,   \
					       15);                            \
	} while (0)

/* Eight words of each lane's block become eight vectors of one word each. */
inlined void load_words(const struct work *work, size_t offset, lanes_t *word)
{
	lanes_t row[LANES], pair[LANES], quad[LANES];

	for (int i = 0; i < LANES; i++)
		memcpy(&row[i], work->block[i] + offset, sizeof(row[i]));
	for (int i = 0; i < LANES; i += 2)
		PAIRS(row[i], row[i + 1], pair[i], pair[i + 1]);
	for (int i = 0; i < LANES; i += 4) {
		QUADS(pair[i], pair[i + 2], quad[i], quad[i + 1]);
		QUADS(pair[i + 1], pair[i + 3], quad[i + 2], quad[i + 3]);
	}
	for (int i = 0; i < LANES / 2; i++)
		HALVES(quad[i], quad[i + 4], word[i], word[i + 4]);
}

/* One block of each lane. */
for_each_machine static void compress(struct work *work)
{
	lanes_t v[16], word[16];

	load_words(work, 0, word);
	load_words(work, BLAKE3_BLOCK_SIZE / 2, word + LANES);
	for (int i = 0; i < 8; i++)
		v[i] = work->cv[i];
	for (int i = 0; i < 4; i++)
		v[8 + i] = (lanes_t){ 0 } + unkeyed[i];
	/* The number of the chunk, which is the first. */
	v[12] = v[13] = (lanes_t){ 0 };
	v[14] = work->length;
	v[15] = work->flags;
#pragma GCC unroll 7
	for (int i = 0; i < 7; i++)
		mix_all(v, word, schedule[i]);
	for (int i = 0; i < 8; i++)
		work->cv[i] = v[i] ^ v[i + 8];
}

static void begin(struct work *work, int lane, size_t message)
{
	work->message[lane] = message;
	work->done[lane] = 0;
	for (int i = 0; i < 8; i++)
		work->cv[i][lane] = unkeyed[i];
}

/* The next block of a lane; a lane without a message hashes zeroes. */
static void aim(struct work *work, int lane, const struct message *message)
{
	size_t done = work->done[lane];
	size_t left = message->size - done;
	uint32_t flags = done ? 0 : CHUNK_START;

	work->block[lane] = message->data + done;
	if (left <= BLAKE3_BLOCK_SIZE) {
		flags |= CHUNK_END | ROOT;
		memset(work->last[lane], 0, BLAKE3_BLOCK_SIZE);
		memcpy(work->last[lane], message->data + done, left);
		work->block[lane] = work->last[lane];
	} else {
		left = BLAKE3_BLOCK_SIZE;
	}
	work->done[lane] += left;
	work->length[lane] = left;
	work->flags[lane] = flags;
}

static void take_digest(const struct work *work, int lane, uint8_t *digest)
{
	for (int i = 0; i < 8; i++) {
		uint32_t value = htole32(work->cv[i][lane]);

		memcpy(digest + 4 * i, &value, sizeof(value));
	}
}

/* Returns how many lanes have finished theirs. */
static size_t step(struct work *work, const struct message *messages,
		   size_t count, size_t *next,
		   uint8_t (*digests)[AGENT_DIGEST_SIZE])
{
	size_t finished = 0;

	for (int lane = 0; lane < LANES; lane++)
		if (work->message[lane] != IDLE)
			aim(work, lane, &messages[work->message[lane]]);
	compress(work);
	for (int lane = 0; lane < LANES; lane++) {
		size_t message = work->message[lane];

		if (message == IDLE ||
		    work->done[lane] < messages[message].size)
			continue;
		take_digest(work, lane, digests[message]);
		finished++;
		if (*next < count)
			begin(work, lane, (*next)++);
		else
			work->message[lane] = IDLE;
	}
	return finished;
}

void digest_messages(const struct message *messages, size_t count,
		     uint8_t (*digests)[AGENT_DIGEST_SIZE])
{
	struct work work = { 0 };
	size_t next = 0, finished = 0;

	for (int lane = 0; lane < LANES; lane++) {
		work.message[lane] = IDLE;
		work.block[lane] = work.last[lane];
		if (next < count)
			begin(&work, lane, next++);
	}
	while (finished < count)
		finished += step(&work, messages, count, &next, digests);
}
