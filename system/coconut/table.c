// SPDX-License-Identifier: MIT
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static void out_of_memory(void)
{
	complain("out of memory");
	exit(EXIT_REFUSED);
}

void table_add(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (table->used == table->room) {
		size_t room = table->room ? 2 * table->room : 64;
		char **cells = reallocarray(table->cells, room, sizeof(*cells));

		if (!cells)
			out_of_memory();
		table->cells = cells;
		table->room = room;
	}
	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		out_of_memory();
	va_end(arguments);
	table->cells[table->used++] = text;
}

static bool is_numeric(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

/* A column of numbers alone is aligned to the right, heading included. */
static void measure(const struct table *table, int *widths)
{
	size_t i;

	for (i = 0; i < table->columns; i++)
		widths[i] = table->used > table->columns ? 0 : 1;
	for (i = table->columns; i < table->used; i++)
		if (!is_numeric(table->cells[i]))
			widths[i % table->columns] = 1;
	for (i = 0; i < table->used; i++) {
		int *width = &widths[i % table->columns];
		int length = (int)strlen(table->cells[i]);
		int least = *width > 0 ? *width : -*width;

		length = length > least ? length : least;
		*width = *width > 0 ? length : -length;
	}
}

static void print_cell(const char *text, int width, bool last)
{
	text = *text ? text : "-";
	if (width < 0)
		printf("%*s", -width, text);
	else
		printf("%-*s", last ? 0 : width, text);
	fputs(last ? "\n" : "  ", stdout);
}

void table_print(struct table *table)
{
	int widths[TABLE_COLUMNS_MAX];
	size_t i;

	measure(table, widths);
	for (i = 0; i < table->used; i++) {
		size_t column = i % table->columns;

		print_cell(table->cells[i], widths[column],
			   column + 1 == table->columns);
		free(table->cells[i]);
	}
	free(table->cells);
}

void json_text(const char *text, size_t size)
{
	size_t i;

	putchar('"');
	for (i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else if (byte < 0x20 || byte == 0x7f)
			printf("\\u%04x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

void json_key(const char *key, bool first)
{
	if (!first)
		fputs(", ", stdout);
	json_text(key, strlen(key));
	fputs(": ", stdout);
}

void json_hex(const uint8_t *data, size_t size)
{
	size_t i;

	putchar('"');
	for (i = 0; i < size; i++)
		printf("%02x", data[i]);
	putchar('"');
}

static void json_array(const cbor_item_t *item)
{
	cbor_item_t **elements = cbor_array_handle(item);
	size_t i;

	putchar('[');
	for (i = 0; i < cbor_array_size(item); i++) {
		if (i)
			fputs(", ", stdout);
		json_item(elements[i]);
	}
	putchar(']');
}

static void json_map(const cbor_item_t *item)
{
	struct cbor_pair *pairs = cbor_map_handle(item);
	bool first = true;
	size_t i;

	putchar('{');
	for (i = 0; i < cbor_map_size(item); i++) {
		if (!cbor_isa_string(pairs[i].key))
			continue;
		if (!first)
			fputs(", ", stdout);
		first = false;
		json_item(pairs[i].key);
		fputs(": ", stdout);
		json_item(pairs[i].value);
	}
	putchar('}');
}

void json_item(const cbor_item_t *item)
{
	if (cbor_isa_uint(item))
		printf("%" PRIu64, cbor_get_int(item));
	else if (cbor_isa_string(item) && cbor_string_is_definite(item))
		json_text((const char *)cbor_string_handle(item),
			  cbor_string_length(item));
	else if (cbor_isa_bytestring(item) && cbor_bytestring_is_definite(item))
		json_hex(cbor_bytestring_handle(item),
			 cbor_bytestring_length(item));
	else if (cbor_isa_array(item))
		json_array(item);
	else if (cbor_isa_map(item))
		json_map(item);
	else if (cbor_is_bool(item))
		fputs(cbor_get_bool(item) ? "true" : "false", stdout);
	else
		fputs("null", stdout);
}
