/* SPDX-License-Identifier: MIT */
/*
 * YAML read against a table of fields.  libyaml keeps the position of every
 * node, so that what is wrong in meaning, not only in form, is told with its
 * line and column.
 */
#ifndef COCONUT_YAML_H
#define COCONUT_YAML_H

#include <yaml.h>

#include "internal.h"

/**
 * struct yaml - a document being read
 * @document: the nodes
 * @label: what errors call the file
 * @root: directory in which paths are looked up as in "/"
 * @flags: COCONUT_YAML_*
 * @error: where to tell what is wrong
 */
struct yaml {
	yaml_document_t document;
	const char *label;
	const char *root;
	unsigned int flags;
	struct coconut_error *error;
};

/**
 * struct yaml_field - a key that a mapping may have
 * @key: its name
 * @read: reads the value into the mapping's target
 * @required: the mapping must have it
 */
struct yaml_field {
	const char *key;
	int (*read)(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target);
	bool required;
};

int yaml_load(struct yaml *yaml, const char *text, size_t size);
int yaml_fail(struct yaml *yaml, const yaml_node_t *node, const char *key,
	      const char *format, ...) PRINTF(4, 5);
yaml_node_t *yaml_node(struct yaml *yaml, int index);

/* Reads a mapping of at most 32 known fields. */
int yaml_mapping(struct yaml *yaml, yaml_node_t *node, const char *key,
		 const struct yaml_field *fields, size_t count, void *target);
/* The value of a key, or NULL. */
yaml_node_t *yaml_find(struct yaml *yaml, yaml_node_t *mapping, const char *key,
		       yaml_node_t **ret_key);
/* A string of the document: UTF-8, without NUL or other control characters. */
int yaml_string(struct yaml *yaml, yaml_node_t *node, const char *key,
		const char **ret_string);
/* A sequence, or a single scalar that stands for a sequence of one. */
int yaml_each(struct yaml *yaml, yaml_node_t *node, const char *key,
	      int (*read)(struct yaml *yaml, yaml_node_t *node, const char *key,
			  void *target),
	      void *target);

/* cap_yaml.c: one entry of "capabilities"; the target is the manifest. */
int yaml_capability(struct yaml *yaml, yaml_node_t *node, const char *key,
		    void *target);

#endif /* COCONUT_YAML_H */
