// SPDX-License-Identifier: MIT
#include "view_table.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"

static size_t place_of(const struct view_table *table, const uint64_t *key)
{
	uint64_t hash = 0;
	size_t i;

	for (i = 0; i < 3; i++)
		hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15ULL;
	i = (size_t)(hash >> 32);
	for (;; i++) {
		const struct view_entry *entry;

		i &= table->room - 1;
		entry = &table->entries[i];
		if (!entry->seq || !memcmp(entry->key, key, sizeof(entry->key)))
			return i;
	}
}

static void grow(struct view_table *table)
{
	struct view_table grown = { .room = table->room ? 2 * table->room : 64,
				    .used = table->used };
	size_t i;

	grown.entries = calloc(grown.room, sizeof(*grown.entries));
	if (!grown.entries) {
		complain("out of memory");
		exit(EXIT_REFUSED);
	}
	for (i = 0; i < table->room; i++)
		if (table->entries[i].seq)
			grown.entries[place_of(&grown, table->entries[i].key)] =
				table->entries[i];
	free(table->entries);
	*table = grown;
}

struct view_entry *view_table_find(const struct view_table *table,
				   const uint64_t *key)
{
	struct view_entry *entry;

	if (!table->used)
		return NULL;
	entry = &table->entries[place_of(table, key)];
	return entry->seq ? entry : NULL;
}

struct view_entry *view_table_add(struct view_table *table, const uint64_t *key,
				  uint64_t seq)
{
	struct view_entry *entry;

	if (4 * (table->used + 1) > 3 * table->room)
		grow(table);
	entry = &table->entries[place_of(table, key)];
	if (!entry->seq) {
		memcpy(entry->key, key, sizeof(entry->key));
		table->used++;
	}
	entry->seq = seq;
	return entry;
}

void view_entry_name(struct view_entry *entry, const uint8_t *name,
		     uint32_t size)
{
	if (entry->name && entry->size == size &&
	    !memcmp(entry->name, name, size))
		return;
	free(entry->name);
	entry->name = malloc(size);
	entry->size = entry->name ? size : 0;
	if (entry->name)
		memcpy(entry->name, name, size);
}

void view_table_clear(struct view_table *table)
{
	size_t i;

	for (i = 0; i < table->room; i++)
		free(table->entries[i].name);
	free(table->entries);
	*table = (struct view_table){ 0 };
}
