/* SPDX-License-Identifier: MIT */
/* The first row of a boot, and what it tells of the chain before it. */
#include "internal.h"

#define VALUE_DIGITS (2 * AGENT_DIGEST_SIZE)

/* The rest of the line that begins with @key and a blank, or NULL. */
static const char *find_line(const struct coconut_row *row, const char *key,
			     size_t *ret_size)
{
	const char *line = (const char *)row->payload;
	const char *end = line + row->payload_size;
	size_t length = strlen(key);

	while (line < end) {
		const char *stop = memchr(line, '\n', end - line);

		if (!stop)
			stop = end;
		if ((size_t)(stop - line) > length && line[length] == ' ' &&
		    !memcmp(line, key, length)) {
			*ret_size = stop - line - length - 1;
			return line + length + 1;
		}
		line = stop + 1;
	}
	return NULL;
}

bool coconut_row_tells(const struct coconut_row *row, const char *key,
		       struct coconut_anchor *ret_anchor)
{
	char text[VALUE_DIGITS + 24];
	struct coconut_anchor anchor;
	const char *line;
	char *colon;
	size_t size;

	if (row->event != AGENT_EVENT_BOOT)
		return false;
	line = find_line(row, key, &size);
	if (!line || size >= sizeof(text))
		return false;
	memcpy(text, line, size);
	text[size] = '\0';
	colon = strchr(text, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (!read_number(text, &anchor.seq) ||
	    coconut_unhex(colon + 1, anchor.head, sizeof(anchor.head)))
		return false;
	*ret_anchor = anchor;
	return true;
}

static bool is_previous(const struct coconut_chain *chain,
			const struct coconut_anchor *anchor)
{
	return anchor->seq == chain->seq &&
	       !memcmp(anchor->head, chain->head, sizeof(chain->head));
}

/* What it tells is compared with the row before it, which is at hand. */
static enum coconut_chain_fault judge_told(const struct coconut_chain *chain,
					   const struct coconut_row *row)
{
	struct coconut_anchor anchor;

	if (coconut_row_tells(row, "previous", &anchor) &&
	    !is_previous(chain, &anchor))
		return COCONUT_CHAIN_ANCHOR;
	if (!coconut_row_tells(row, "tpm", &anchor))
		return COCONUT_CHAIN_GOOD;
	if (anchor.seq > chain->seq)
		return COCONUT_CHAIN_ROLLBACK;
	if (anchor.seq == chain->seq && !is_previous(chain, &anchor))
		return COCONUT_CHAIN_FORK;
	return COCONUT_CHAIN_GOOD;
}

enum coconut_chain_fault chain_judge_boot(const struct coconut_chain *chain,
					  const struct coconut_row *row)
{
	bool known = chain->boot || !chain->seq;

	if (row->event != AGENT_EVENT_BOOT)
		return known && row->boot != chain->boot ? COCONUT_CHAIN_BOOT :
							   COCONUT_CHAIN_GOOD;
	if (known && row->boot != chain->boot + 1)
		return COCONUT_CHAIN_BOOT;
	return judge_told(chain, row);
}
