/* SPDX-License-Identifier: MIT */
/*
 * The audit chain, checked row by row.  A row is bad when it is not what the
 * rows before it and its own bytes make it; the first bad one is named, and
 * nothing after it is believed.  Values are computed side by side, each from the
 * one that stands in the row before, and then judged in order.
 */
#include <crypto/blake3.h>
#include <endian.h>

#include "internal.h"

/* How many rows are hashed side by side. */
#define BATCH 64

void coconut_chain_init(struct coconut_chain *chain, uint64_t seq,
			const uint8_t *head)
{
	*chain = (struct coconut_chain){ .seq = seq };
	if (head)
		memcpy(chain->head, head, sizeof(chain->head));
}

int coconut_chain_anchor(struct coconut_chain *chain, uint64_t seq,
			 const uint8_t *head)
{
	struct coconut_anchor *anchor = &chain->anchors[chain->nr_anchors];

	if (chain->nr_anchors == COCONUT_CHAIN_ANCHORS)
		return -ENOSPC;
	anchor->seq = seq;
	memcpy(anchor->head, head, sizeof(anchor->head));
	chain->nr_anchors++;
	return 0;
}

static void set_fault(struct coconut_chain *chain,
		      enum coconut_chain_fault fault, uint64_t found_seq)
{
	chain->fault = fault;
	chain->expected_seq = chain->seq + 1;
	chain->found_seq = found_seq;
}

int coconut_chain_refuse(struct coconut_chain *chain,
			 enum coconut_chain_fault fault, uint64_t seq,
			 uint64_t offset, struct coconut_error *error)
{
	if (!chain->fault) {
		set_fault(chain, fault, chain->found_seq);
		chain->expected_seq = seq;
		chain->offset = offset;
	}
	return chain_report(chain, error);
}

static bool is_other(const struct coconut_chain *chain,
		     const struct coconut_row *row)
{
	for (size_t i = 0; i < chain->nr_anchors; i++)
		if (chain->anchors[i].seq == row->seq &&
		    memcmp(chain->anchors[i].head, row->chain,
			   AGENT_DIGEST_SIZE))
			return true;
	return false;
}

static enum coconut_chain_fault judge(const struct coconut_chain *chain,
				      const struct coconut_row *row,
				      const uint8_t *value)
{
	enum coconut_chain_fault fault;

	if (row->seq != chain->seq + 1)
		return COCONUT_CHAIN_SEQUENCE;
	if (memcmp(value, row->chain, AGENT_DIGEST_SIZE))
		return COCONUT_CHAIN_VALUE;
	if (row->version != AGENT_AUDIT_VERSION)
		return COCONUT_CHAIN_VERSION;
	fault = chain_judge_boot(chain, row);
	if (!fault && is_other(chain, row))
		fault = COCONUT_CHAIN_FORK;
	return fault;
}

static bool accept(struct coconut_chain *chain, const struct coconut_row *row,
		   const uint8_t *value)
{
	enum coconut_chain_fault fault = judge(chain, row, value);

	if (fault) {
		set_fault(chain, fault,
			  row->seq != chain->seq + 1 ? row->seq : 0);
		return false;
	}
	chain->seq = row->seq;
	chain->boot = row->boot;
	memcpy(chain->head, row->chain, sizeof(chain->head));
	chain->rows++;
	chain->bytes += row->size;
	chain->offset += row->size;
	return true;
}

/* A value over more than one chunk, or after one that stands elsewhere. */
static void hash_alone(const uint8_t *previous, const struct coconut_row *row,
		       uint8_t *value)
{
	struct blake3_ctx ctx;

	blake3_init(&ctx);
	blake3_update(&ctx, previous, AGENT_DIGEST_SIZE);
	blake3_update(&ctx, row->raw, row->size - AGENT_DIGEST_SIZE);
	blake3_final(&ctx, value, AGENT_DIGEST_SIZE);
}

/* Each row after the first stands behind the chain value it goes on from. */
static void hash_rows(const struct coconut_chain *chain,
		      const struct coconut_row *rows, size_t count,
		      uint8_t (*values)[AGENT_DIGEST_SIZE])
{
	uint8_t digests[BATCH][AGENT_DIGEST_SIZE];
	struct message messages[BATCH];
	size_t place[BATCH], short_ones = 0;

	hash_alone(chain->head, &rows[0], values[0]);
	for (size_t i = 1; i < count; i++) {
		if (rows[i].size > MESSAGE_MAX) {
			hash_alone(rows[i - 1].chain, &rows[i], values[i]);
			continue;
		}
		messages[short_ones] =
			(struct message){ rows[i - 1].chain, rows[i].size };
		place[short_ones++] = i;
	}
	digest_messages(messages, short_ones, digests);
	for (size_t i = 0; i < short_ones; i++)
		memcpy(values[place[i]], digests[i], AGENT_DIGEST_SIZE);
}

/* Accepts whole rows; returns how many bytes of @data they took. */
static size_t accept_rows(struct coconut_chain *chain, const void *data,
			  size_t size)
{
	uint8_t values[BATCH][AGENT_DIGEST_SIZE];
	struct coconut_row rows[BATCH];
	size_t offset = 0;
	int found;

	do {
		size_t count = 0;

		while ((found = coconut_row_next(data, size, &offset,
						 &rows[count])) > 0 &&
		       ++count < BATCH)
			;
		if (count)
			hash_rows(chain, rows, count, values);
		for (size_t i = 0; i < count; i++)
			if (!accept(chain, &rows[i], values[i]))
				return offset;
	} while (found > 0);
	if (found == -EBADMSG)
		set_fault(chain, COCONUT_CHAIN_SIZE, 0);
	return offset;
}

/* How many bytes the pending row needs before it can be looked at again. */
static uint32_t wanted(const struct coconut_chain *chain)
{
	struct agent_audit_row head;

	if (chain->pending_size < sizeof(head))
		return sizeof(head);
	memcpy(&head, chain->pending, sizeof(head));
	return le32toh(head.size);
}

/* Fills up the pending row; returns how many bytes of @data it took. */
static size_t feed_pending(struct coconut_chain *chain, const uint8_t *data,
			   size_t size)
{
	size_t need = wanted(chain) - chain->pending_size;

	if (need > size)
		need = size;
	memcpy(chain->pending + chain->pending_size, data, need);
	chain->pending_size += need;
	if (accept_rows(chain, chain->pending, chain->pending_size))
		chain->pending_size = 0;
	return need;
}

int coconut_chain_feed(struct coconut_chain *chain, const void *data,
		       size_t size, struct coconut_error *error)
{
	const uint8_t *byte = data;

	while (size && !chain->fault) {
		size_t used;

		if (chain->pending_size)
			used = feed_pending(chain, byte, size);
		else
			used = accept_rows(chain, byte, size);
		byte += used;
		size -= used;
		if (!used && !chain->fault) {
			/* Less than a row, which is less than the room. */
			memcpy(chain->pending, byte, size);
			chain->pending_size = size;
			size = 0;
		}
	}
	return chain_report(chain, error);
}

static void check_end(struct coconut_chain *chain)
{
	if (!chain->fault && chain->pending_size)
		set_fault(chain, COCONUT_CHAIN_TRUNCATED, 0);
}

int coconut_chain_segment(struct coconut_chain *chain, const char *name,
			  struct coconut_error *error)
{
	check_end(chain);
	if (chain->fault)
		return chain_report(chain, error);
	chain->offset = 0;
	snprintf(chain->segment, sizeof(chain->segment), "%s", name);
	return 0;
}

int coconut_chain_finish(struct coconut_chain *chain,
			 struct coconut_error *error)
{
	check_end(chain);
	for (size_t i = 0; i < chain->nr_anchors; i++)
		if (!chain->fault && chain->seq < chain->anchors[i].seq)
			set_fault(chain, COCONUT_CHAIN_ROLLBACK, 0);
	return chain_report(chain, error);
}
