/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model's capabilities: what the randomised test deals in. A few places,
 * addresses and names, so that what is drawn at random often meets.
 */
#ifndef COCONUT_TEST_MODEL_CAPS_H
#define COCONUT_TEST_MODEL_CAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cbor.h"
#include "tests.h"

#define MODEL_DIR	BASE "/model"
#define MODEL_IMAGE	"/usr/lib/coconut/tests/model_child"

enum model_kind {
	MODEL_READ,
	MODEL_WRITE,
	MODEL_CONNECT,
	MODEL_BIND,
	MODEL_OWN,		/* a userspace name that the test holds whole */
	MODEL_PRINT,		/* one of which it holds a scope */
	MODEL_SIGNAL,
	MODEL_ATTEST,
	MODEL_SPAWN,
	MODEL_GRANT,
	MODEL_KINDS
};

#define MODEL_PATH_KINDS	(MODEL_WRITE + 1)

/* Places: directories first, then a file in each of them. */
#define MODEL_DIRS	7
#define MODEL_PLACES	(2 * MODEL_DIRS)
#define MODEL_HOLES	2
#define MODEL_ADDRESSES	5
#define MODEL_PORTS	4
#define MODEL_SCOPES	3

/**
 * struct model_cap - one capability; indices of the tables of model_caps.c
 * @kind: enum model_kind
 * @place: of a path scope
 * @nr_holes: how many
 * @holes: places below @place
 * @address: which range of addresses
 * @ports: which range of ports
 * @protocol: 6, 17 or 0
 * @scope: of a userspace name, 0 for none
 * @relation: AGENT_REL_*
 * @grants: of cap.grant: one more than the kind, 0 for all
 * @lives: it has a lifetime, as long as can be
 * @uses: 0 for no count
 * @rate: uses in a day, 0 for no rate
 */
struct model_cap {
	uint8_t kind;
	uint8_t place;
	uint8_t nr_holes;
	uint8_t holes[MODEL_HOLES];
	uint8_t address;
	uint8_t ports;
	uint8_t protocol;
	uint8_t scope;
	uint8_t relation;
	uint8_t grants;
	bool lives;
	uint32_t uses;
	uint32_t rate;
};

/**
 * struct model_net - an address and port that is asked for, or a range
 * @family: 4, or 0 for any address
 * @address: host's byte order
 * @prefix: leading bits that count
 * @low: first port
 * @high: last port
 */
struct model_net {
	uint8_t family;
	uint32_t address;
	uint8_t prefix;
	uint16_t low;
	uint16_t high;
};

/* Manifests: families, each of them narrower from level to level. */
#define MODEL_FAMILIES	10
#define MODEL_LEVELS	4
#define MODEL_MANIFESTS	(MODEL_FAMILIES * MODEL_LEVELS)
#define MODEL_CAPS_MAX	20

/**
 * struct model_bundle - capabilities in their order
 * @nr_caps: how many
 * @caps: the capabilities
 */
struct model_bundle {
	uint32_t nr_caps;
	struct model_cap caps[MODEL_CAPS_MAX];
};

/* A number that is as good as random, and the same for the same seed. */
uint64_t model_random(uint64_t *seed);
/* Below @limit. */
uint32_t model_below(uint64_t *seed, uint32_t limit);
/* True in @percent of a hundred times. */
bool model_chance(uint64_t *seed, uint32_t percent);

/* The path of a place, below MODEL_DIR or with it. */
const char *model_place(uint32_t place);
/* The directory of a place other than the first. */
uint32_t model_above(uint32_t place);
/* Whether a place is another, or in it. */
bool model_is_in(uint32_t place, uint32_t top);

struct model_net model_range(const struct model_cap *cap);
const char *model_name(enum model_kind kind);
uint32_t model_cap_id(enum model_kind kind);

struct model_cap model_draw(uint64_t *seed);
/* As wide as @cap at most. */
struct model_cap model_narrow(uint64_t *seed, struct model_cap cap);
/* What manifest @index gives. */
void model_manifest(uint32_t index, struct model_bundle *ret);

struct cbor model_cbor(const struct model_cap *cap);
/* One line as in a manifest. */
void model_print(FILE *to, const struct model_cap *cap);

#endif /* COCONUT_TEST_MODEL_CAPS_H */
