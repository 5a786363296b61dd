/* SPDX-License-Identifier: MIT */
/* What earlier rows tell of agents and of their objects. */
#ifndef COCONUT_VIEW_TABLE_H
#define COCONUT_VIEW_TABLE_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct view_entry - what is known of an agent or of an object of its
 * @key: AID, and the object's two numbers; zeroes for the agent itself
 * @seq: number of the row that tells
 * @name: what the object is called
 * @size: length of @name in bytes
 */
struct view_entry {
	uint64_t key[3];
	uint64_t seq;
	uint8_t *name;
	uint32_t size;
};

/**
 * struct view_table - entries by their keys
 * @entries: a hash table; a free place has @seq 0
 * @room: how many places, a power of two
 * @used: how many are taken
 */
struct view_table {
	struct view_entry *entries;
	size_t room;
	size_t used;
};

/**
 * view_table_find - look an entry up
 * @table: the table
 * @key: three numbers
 *
 * Return: the entry, or NULL.
 */
struct view_entry *view_table_find(const struct view_table *table,
				   const uint64_t *key);

/**
 * view_table_add - add an entry, unless it is there
 * @table: the table
 * @key: three numbers
 * @seq: the row that tells of it, not 0
 *
 * Return: the entry.
 */
struct view_entry *view_table_add(struct view_table *table, const uint64_t *key,
				  uint64_t seq);

/**
 * view_entry_name - remember what an object is called
 * @entry: its entry
 * @name: the name
 * @size: its length in bytes
 */
void view_entry_name(struct view_entry *entry, const uint8_t *name,
		     uint32_t size);

/**
 * view_table_clear - forget all entries
 * @table: the table
 */
void view_table_clear(struct view_table *table);

#endif /* COCONUT_VIEW_TABLE_H */
