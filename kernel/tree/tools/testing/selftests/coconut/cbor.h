/* SPDX-License-Identifier: GPL-2.0 */
/* Capabilities as the deterministic CBOR that agent_cap_grant() takes. */
#ifndef COCONUT_TEST_CBOR_H
#define COCONUT_TEST_CBOR_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct cbor - a buffer that grows at its end
 * @size: bytes in use
 * @data: the bytes
 */
struct cbor {
	size_t size;
	uint8_t data[8192];
};

/* Major types, in the place where a head has them. */
#define CBOR_UINT	(0 << 5)
#define CBOR_BYTES	(2 << 5)
#define CBOR_TEXT	(3 << 5)
#define CBOR_ARRAY	(4 << 5)
#define CBOR_MAP	(5 << 5)

void cbor_head(struct cbor *cbor, uint8_t type, uint64_t value);
void cbor_text(struct cbor *cbor, const char *text);
void cbor_pair_uint(struct cbor *cbor, uint64_t key, uint64_t value);
void cbor_pair_text(struct cbor *cbor, uint64_t key, const char *text);

struct cbor cap_bare(const char *name);
struct cbor cap_path(const char *name, const char *path);
struct cbor cap_relation(const char *name, uint64_t relation);
struct cbor cap_ipv4(const char *name, uint8_t last, uint16_t port);
struct cbor cap_scope(const char *name, const char *scope);

/* Put one pair more into a capability; its key is above all that are there. */
void cap_add_uint(struct cbor *cap, uint64_t key, uint64_t value);
void cap_add_text(struct cbor *cap, uint64_t key, const char *text);

#endif /* COCONUT_TEST_CBOR_H */
