/* SPDX-License-Identifier: MIT */
/* YAML read against a table of fields. */
#include "yaml.h"

int yaml_fail(struct yaml *yaml, const yaml_node_t *node, const char *key,
	      const char *format, ...)
{
	char what[384];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return fail_at(yaml->error, EINVAL, yaml->label,
		       node->start_mark.line + 1, node->start_mark.column + 1,
		       key, "%s", what);
}

yaml_node_t *yaml_node(struct yaml *yaml, int index)
{
	return yaml_document_get_node(&yaml->document, index);
}

/* What cannot be decoded has an offset only; find its line and column. */
static int fail_decode(struct yaml *yaml, const yaml_parser_t *parser,
		       const char *text)
{
	unsigned int line = 1, column = 1;

	for (size_t i = 0; i < parser->problem_offset; i++) {
		if (text[i] == '\n') {
			line++;
			column = 1;
		} else if ((text[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return fail_at(yaml->error, EINVAL, yaml->label, line, column, "YAML",
		       "%s", parser->problem);
}

static int fail_parse(struct yaml *yaml, const yaml_parser_t *parser,
		      const char *text)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return fail_memory(yaml->error);
	if (parser->error == YAML_READER_ERROR)
		return fail_decode(yaml, parser, text);
	return fail_at(yaml->error, EINVAL, yaml->label,
		       parser->problem_mark.line + 1,
		       parser->problem_mark.column + 1, "YAML", "%s%s%s",
		       parser->problem, parser->context ? ", " : "",
		       parser->context ? parser->context : "");
}

static int load_end(struct yaml *yaml, yaml_parser_t *parser, const char *text)
{
	yaml_document_t next;
	yaml_node_t *root;
	int err = 0;

	if (!yaml_parser_load(parser, &next))
		return fail_parse(yaml, parser, text);
	root = yaml_document_get_root_node(&next);
	if (root)
		err = yaml_fail(yaml, root, "YAML",
				"a second document; a manifest is one");
	yaml_document_delete(&next);
	return err;
}

int yaml_load(struct yaml *yaml, const char *text, size_t size)
{
	yaml_parser_t parser;
	int err;

	if (!yaml_parser_initialize(&parser))
		return fail_memory(yaml->error);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const yaml_char_t *)text, size);
	if (!yaml_parser_load(&parser, &yaml->document)) {
		err = fail_parse(yaml, &parser, text);
	} else if (!yaml_document_get_root_node(&yaml->document)) {
		err = fail_at(yaml->error, EINVAL, yaml->label, 1, 1, "YAML",
			      "nothing in it");
		yaml_document_delete(&yaml->document);
	} else {
		err = load_end(yaml, &parser, text);
		if (err)
			yaml_document_delete(&yaml->document);
	}
	yaml_parser_delete(&parser);
	return err;
}

/* Also where the length differs, as with a NUL byte inside. */
static bool is_key(const yaml_node_t *node, const char *key)
{
	return node->type == YAML_SCALAR_NODE &&
	       node->data.scalar.length == strlen(key) &&
	       !memcmp(node->data.scalar.value, key, strlen(key));
}

yaml_node_t *yaml_find(struct yaml *yaml, yaml_node_t *mapping, const char *key,
		       yaml_node_t **ret_key)
{
	yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		yaml_node_t *name = yaml_node(yaml, pair->key);

		if (!is_key(name, key))
			continue;
		if (ret_key)
			*ret_key = name;
		return yaml_node(yaml, pair->value);
	}
	return NULL;
}

static int read_pair(struct yaml *yaml, const yaml_node_pair_t *pair,
		     const struct yaml_field *fields, size_t count,
		     uint32_t *seen, void *target)
{
	yaml_node_t *key = yaml_node(yaml, pair->key);

	if (key->type != YAML_SCALAR_NODE)
		return yaml_fail(yaml, key, "YAML", "a key must be a word");
	for (size_t i = 0; i < count; i++) {
		if (!is_key(key, fields[i].key))
			continue;
		if (*seen & 1U << i)
			return yaml_fail(yaml, key, fields[i].key,
					 "stands twice");
		*seen |= 1U << i;
		if (!fields[i].read)
			return 0;
		return fields[i].read(yaml, yaml_node(yaml, pair->value),
				      fields[i].key, target);
	}
	return yaml_fail(yaml, key, (const char *)key->data.scalar.value,
			 "unknown key");
}

int yaml_mapping(struct yaml *yaml, yaml_node_t *node, const char *key,
		 const struct yaml_field *fields, size_t count, void *target)
{
	uint32_t seen = 0;

	if (node->type != YAML_MAPPING_NODE)
		return yaml_fail(yaml, node, key,
				 "must be \"key: value\" pairs");
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		int err = read_pair(yaml, pair, fields, count, &seen, target);

		if (err)
			return err;
	}
	for (size_t i = 0; i < count; i++)
		if (fields[i].required && !(seen & 1U << i))
			return yaml_fail(yaml, node, fields[i].key, "missing");
	return 0;
}

int yaml_string(struct yaml *yaml, yaml_node_t *node, const char *key,
		const char **ret_string)
{
	const char *string;

	if (node->type != YAML_SCALAR_NODE)
		return yaml_fail(yaml, node, key, "must be one value");
	string = (const char *)node->data.scalar.value;
	if (!*string && !node->data.scalar.length &&
	    node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		return yaml_fail(yaml, node, key, "has no value");
	for (size_t i = 0; i < node->data.scalar.length; i++)
		if ((unsigned char)string[i] < 0x20)
			return yaml_fail(yaml, node, key,
					 "has a control character (0x%02x)",
					 string[i]);
	*ret_string = string;
	return 0;
}

int yaml_each(struct yaml *yaml, yaml_node_t *node, const char *key,
	      int (*read)(struct yaml *yaml, yaml_node_t *node, const char *key,
			  void *target),
	      void *target)
{
	if (node->type == YAML_SCALAR_NODE)
		return read(yaml, node, key, target);
	if (node->type != YAML_SEQUENCE_NODE)
		return yaml_fail(yaml, node, key, "must be a list");
	for (yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++) {
		int err = read(yaml, yaml_node(yaml, *item), key, target);

		if (err)
			return err;
	}
	return 0;
}
