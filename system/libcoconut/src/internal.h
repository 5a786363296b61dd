/* SPDX-License-Identifier: MIT */
/*
 * What the files of libcoconut share.  Layers, each using those above it only:
 * error, text, writer, file; names, cap, manifest, row; the rest.
 */
#ifndef COCONUT_INTERNAL_H
#define COCONUT_INTERNAL_H

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <coconut.h>
#include <linux/agent_core.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define PRINTF(string, arguments) \
	__attribute__((format(printf, string, arguments)))

/* error.c: each fills in @error, which may be NULL, and returns -code. */

/* The message becomes "where: text", or the text alone without a @where. */
int fail(struct coconut_error *error, int code, const char *where,
	 const char *format, ...) PRINTF(4, 5);
/* The same with the description of @code at the end. */
int fail_errno(struct coconut_error *error, int code, const char *where,
	       const char *format, ...) PRINTF(4, 5);
int fail_memory(struct coconut_error *error);
/* The message becomes "label:line:column: where: text". */
int fail_at(struct coconut_error *error, int code, const char *label,
	    unsigned int line, unsigned int column, const char *where,
	    const char *format, ...) PRINTF(7, 8);

/**
 * struct text - a string being written
 * @data: the string, always NUL-terminated once something was added
 * @size: length that it has or would have, without the NUL
 * @room: bytes at @data
 * @fixed: @data is the caller's: cut what does not fit
 * @failed: memory ran out
 */
struct text {
	char *data;
	size_t size;
	size_t room;
	bool fixed;
	bool failed;
};

void text_add(struct text *text, const char *format, ...) PRINTF(2, 3);
void text_add_bytes(struct text *text, const char *data, size_t size);
void text_add_hex(struct text *text, const void *data, size_t size);
/* For a terminal: what is not printable becomes \xNN. */
void text_add_visible(struct text *text, const void *data, size_t size);
/* A JSON string with its quotes; the data must be UTF-8. */
void text_add_json(struct text *text, const char *data, size_t size);
void text_add_json_string(struct text *text, const char *string);
/* Key and value; bytes that are no UTF-8 stand as digits under KEY_hex. */
void text_add_json_bytes(struct text *text, const char *key, const void *data,
			 size_t size);
/* The name of an errno value; a number where it has none. */
void text_add_errno(struct text *text, uint32_t error);
/* A double-quoted string with \" and \\ escaped, as the grammar has it. */
void text_add_quoted(struct text *text, const char *string);
/* Bytes of the UTF-8 character at @data, 0 when it is none. */
size_t utf8_length(const uint8_t *data, size_t size);
bool utf8_valid(const void *data, size_t size);

/**
 * struct writer - deterministic CBOR being written
 * @data: what there is so far
 * @size: its length in bytes
 * @room: bytes at @data
 * @failed: memory ran out; what follows is ignored
 */
struct writer {
	uint8_t *data;
	size_t size;
	size_t room;
	bool failed;
};

void write_uint(struct writer *writer, uint64_t value);
void write_bytes(struct writer *writer, const void *data, size_t size);
void write_text(struct writer *writer, const char *string);
void write_array(struct writer *writer, size_t count);
void write_texts(struct writer *writer, char *const *strings, size_t count);
/* A map of at most 23 keys, which must be written in ascending order. */
size_t write_map(struct writer *writer);
void write_key(struct writer *writer, size_t map, unsigned int key);
void write_raw(struct writer *writer, const void *data, size_t size);

/* cap.c */
void write_cap(struct writer *writer, const struct coconut_cap *cap);
int cap_from_spec(const void *data, const struct agent_cap_spec *spec,
		  struct coconut_cap *ret_cap);
bool cap_id_has_path(uint32_t id);
bool cap_id_has_net(uint32_t id);
bool cap_id_has_host(uint32_t id);
bool cap_id_has_relation(uint32_t id);
bool cap_id_has_text(uint32_t id);

/* cap_value.c: values that the YAML and the text grammar have in common. */
/* What is wrong with a path, or NULL. */
const char *path_fault(const char *path, size_t max);
/* What is wrong with a hole in a path scope, or NULL. */
const char *except_fault(const char *path, const char *except);
/* What is wrong with a host's name, or NULL. */
const char *host_fault(const char *host);
/* "10.0.0.0/8", "::1", "any"; what is wrong, or NULL. */
const char *read_address(const char *text, struct coconut_cap *cap);
/* "80", "80-90", "any"; what is wrong, or NULL. */
const char *read_ports(const char *text, struct coconut_cap *cap);
const char *read_protocol(const char *text, struct coconut_cap *cap);
const char *read_relation(const char *text, struct coconut_cap *cap);
/* A decimal number from 1 up; what is wrong, or NULL. */
const char *read_count(const char *text, uint64_t *ret_value);
/* "10/s", "10/m", "10/h", "10/30s"; what is wrong, or NULL. */
const char *read_rate(const char *text, struct coconut_cap *cap);
/* What is wrong with the scope of such a capability, or NULL. */
const char *scope_fault(uint32_t id, const char *scope);
/* Digits alone, no sign, no blank. */
bool read_number(const char *text, uint64_t *ret_value);
void add_address(struct text *text, const struct coconut_cap *cap);
void add_ports(struct text *text, const struct coconut_cap *cap);
void add_rate(struct text *text, const struct coconut_cap *cap);
const char *protocol_name(uint8_t protocol);

/**
 * struct message - what is to be hashed
 * @data: its bytes
 * @size: how many, 1 to MESSAGE_MAX
 */
struct message {
	const uint8_t *data;
	size_t size;
};

/* lanes.c: the longest message, one chunk of BLAKE3 */
#define MESSAGE_MAX 1024
/* The digests of many messages at once. */
void digest_messages(const struct message *messages, size_t count,
		     uint8_t (*digests)[AGENT_DIGEST_SIZE]);

/* chain_boot.c: does a row belong to its boot, and tell the truth of the last? */
enum coconut_chain_fault chain_judge_boot(const struct coconut_chain *chain,
					  const struct coconut_row *row);

/* chain_fault.c: fill in @error; returns -EBADMSG when there is a fault. */
int chain_report(const struct coconut_chain *chain,
		 struct coconut_error *error);

/* row_call.c: rows of system calls */
/* Has it the six arguments of one? */
bool is_call(const struct coconut_row *row);
void line_call(struct text *text, const struct coconut_row *row);
void json_call(struct text *text, const struct coconut_row *row);

/* manifest.c */
int manifest_fault(struct coconut_error *error, int err,
		   const struct agent_fault *fault);
/* Add @string to a NULL-terminated array; takes it over, also on failure. */
int strings_add(char ***strings, size_t *count, char *string);
void strings_free(char **strings);

/* profile.c */
/* Add the capabilities of a profile whose paths exist below @root. */
int profile_expand(const char *name, const char *root,
		   struct coconut_manifest *manifest);
bool profile_exists(const char *name);

/* manifest_yaml.c */
/* Move @cap to the end of the manifest's capabilities; clears it. */
int manifest_add_cap(struct coconut_manifest *manifest,
		     struct coconut_cap *cap);
int manifest_add_code(struct coconut_manifest *manifest,
		      const uint8_t digest[AGENT_DIGEST_SIZE]);

#endif /* COCONUT_INTERNAL_H */
