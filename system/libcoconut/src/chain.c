/* SPDX-License-Identifier: MIT */
/*
 * The audit chain, checked row by row.  A row is bad when it is not what the
 * rows before it and its own bytes make it; the first bad one is named, and
 * nothing after it is believed.
 */
#include <crypto/blake3.h>
#include <endian.h>

#include "internal.h"

void coconut_chain_init(struct coconut_chain *chain, uint64_t seq,
			const uint8_t *head)
{
	*chain = (struct coconut_chain){ .seq = seq };
	if (head)
		memcpy(chain->head, head, sizeof(chain->head));
}

void coconut_chain_anchor(struct coconut_chain *chain, uint64_t seq,
			  const uint8_t *head)
{
	chain->anchor_seq = seq;
	memcpy(chain->anchor_head, head, sizeof(chain->anchor_head));
}

static const char *const fault_names[] = {
	[COCONUT_CHAIN_GOOD] = "good",
	[COCONUT_CHAIN_SIZE] = "size",
	[COCONUT_CHAIN_SEQUENCE] = "sequence",
	[COCONUT_CHAIN_VALUE] = "value",
	[COCONUT_CHAIN_VERSION] = "version",
	[COCONUT_CHAIN_TRUNCATED] = "truncated",
	[COCONUT_CHAIN_ANCHOR] = "anchor",
};

const char *coconut_chain_fault_name(enum coconut_chain_fault fault)
{
	if ((size_t)fault >= ARRAY_SIZE(fault_names))
		return "unknown";
	return fault_names[fault];
}

static const char *const fault_texts[] = {
	[COCONUT_CHAIN_GOOD] = "",
	[COCONUT_CHAIN_SIZE] = "its sizes cannot be those of a row",
	[COCONUT_CHAIN_SEQUENCE] = "another row stands in its place",
	[COCONUT_CHAIN_VALUE] =
		"its chain value does not match its bytes and the row before it",
	[COCONUT_CHAIN_VERSION] = "its version is unknown",
	[COCONUT_CHAIN_TRUNCATED] = "the chain ends where it should be whole",
	[COCONUT_CHAIN_ANCHOR] =
		"its chain value is not the one the anchor tells",
};

static int report(const struct coconut_chain *chain,
		  struct coconut_error *error)
{
	char where[320];
	char found[40] = "";

	if (!chain->fault)
		return 0;
	snprintf(where, sizeof(where), "%s%srow %ju at byte %ju",
		 chain->segment, *chain->segment ? ": " : "",
		 (uintmax_t)chain->expected_seq, (uintmax_t)chain->offset);
	if (chain->fault == COCONUT_CHAIN_SEQUENCE)
		snprintf(found, sizeof(found), ": number %ju",
			 (uintmax_t)chain->found_seq);
	return fail(error, EBADMSG, where, "%s%s", fault_texts[chain->fault],
		    found);
}

static void set_fault(struct coconut_chain *chain,
		      enum coconut_chain_fault fault, uint64_t found_seq)
{
	chain->fault = fault;
	chain->expected_seq = chain->seq + 1;
	chain->found_seq = found_seq;
}

static void chain_value(const uint8_t *previous, const struct coconut_row *row,
			uint8_t value[AGENT_DIGEST_SIZE])
{
	struct blake3_ctx ctx;

	blake3_init(&ctx);
	blake3_update(&ctx, previous, AGENT_DIGEST_SIZE);
	blake3_update(&ctx, row->raw, row->size - AGENT_DIGEST_SIZE);
	blake3_final(&ctx, value, AGENT_DIGEST_SIZE);
}

static enum coconut_chain_fault judge(const struct coconut_chain *chain,
				      const struct coconut_row *row)
{
	uint8_t value[AGENT_DIGEST_SIZE];

	if (row->seq != chain->seq + 1)
		return COCONUT_CHAIN_SEQUENCE;
	chain_value(chain->head, row, value);
	if (memcmp(value, row->chain, sizeof(value)))
		return COCONUT_CHAIN_VALUE;
	if (row->version != AGENT_AUDIT_VERSION)
		return COCONUT_CHAIN_VERSION;
	if (chain->anchor_seq == row->seq &&
	    memcmp(value, chain->anchor_head, sizeof(value)))
		return COCONUT_CHAIN_ANCHOR;
	return COCONUT_CHAIN_GOOD;
}

static bool accept(struct coconut_chain *chain, const struct coconut_row *row)
{
	enum coconut_chain_fault fault = judge(chain, row);

	if (fault) {
		set_fault(chain, fault, row->seq);
		return false;
	}
	chain->seq = row->seq;
	memcpy(chain->head, row->chain, sizeof(chain->head));
	chain->rows++;
	chain->bytes += row->size;
	chain->offset += row->size;
	return true;
}

/* Accepts whole rows; returns how many bytes of @data they took. */
static size_t accept_rows(struct coconut_chain *chain, const void *data,
			  size_t size)
{
	struct coconut_row row;
	size_t offset = 0;
	int found;

	while ((found = coconut_row_next(data, size, &offset, &row)) > 0)
		if (!accept(chain, &row))
			break;
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
	return report(chain, error);
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
		return report(chain, error);
	chain->offset = 0;
	snprintf(chain->segment, sizeof(chain->segment), "%s", name);
	return 0;
}

int coconut_chain_finish(struct coconut_chain *chain,
			 struct coconut_error *error)
{
	check_end(chain);
	if (!chain->fault && chain->seq < chain->anchor_seq)
		set_fault(chain, COCONUT_CHAIN_TRUNCATED, 0);
	return report(chain, error);
}
