/* SPDX-License-Identifier: MIT */
/* Output: aligned columns, and JSON. */
#ifndef COCONUT_TABLE_H
#define COCONUT_TABLE_H

#include <cbor.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

/**
 * struct table - rows of cells
 * @columns: how many in each row
 * @used: how many cells
 * @room: how many fit
 * @cells: the cells, row after row
 */
struct table {
	size_t columns;
	size_t used;
	size_t room;
	char **cells;
};

/**
 * table_add - add a cell
 * @table: the table, zeroes but for @columns before the first
 * @format: as for printf(); a cell whose text is empty is shown as "-"
 */
__attribute__((format(printf, 2, 3))) void table_add(struct table *table,
						     const char *format, ...);

/**
 * table_print - write the table, numbers to the right, and free it
 * @table: the table; its first row is the heading
 */
void table_print(struct table *table);

/**
 * json_text - write a JSON string
 * @text: its bytes
 * @size: how many
 */
void json_text(const char *text, size_t size);

/**
 * json_key - write a key, with the comma before it
 * @key: the key
 * @first: it is the first of its object
 */
void json_key(const char *key, bool first);

/**
 * json_hex - write bytes as a JSON string of hexadecimal digits
 * @data: the bytes
 * @size: how many
 */
void json_hex(const uint8_t *data, size_t size);

/**
 * json_item - write a CBOR item as JSON
 * @item: the item; byte strings become hexadecimal digits
 */
void json_item(const cbor_item_t *item);

#endif /* COCONUT_TABLE_H */
