/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Agents: what the readers of manifests and of capabilities share
 */
#ifndef _AGENT_CORE_CORE_H
#define _AGENT_CORE_CORE_H

#include <linux/agent_core.h>

#ifndef __KERNEL__
#define u8 uint8_t
#define u16 uint16_t
#define u32 uint32_t
#define u64 uint64_t
#endif

/* Most bytes of one string; names are bounded by AGENT_NAME_MAX. */
#define AGENT_IMAGE_PATH_MAX	255
#define AGENT_SCOPE_PATH_MAX	1023
#define AGENT_SCOPE_TEXT_MAX	255

/* Arguments, and strings of the environment. */
#define AGENT_STRINGS_MAX	256

/* Uses in a period, and seconds of a period. */
#define AGENT_RATE_MAX		1000000
#define AGENT_PERIOD_MAX	86400

/* What bounds a capability beside its name. */
enum agent_scope_kind {
	AGENT_SCOPE_NONE,
	AGENT_SCOPE_PATH,
	AGENT_SCOPE_NET,
	AGENT_SCOPE_RELATION,
	AGENT_SCOPE_TEXT,
	AGENT_SCOPE_COUNT
};

enum agent_scope_kind agent_scope_of(enum agent_cap_id id);
int agent_fail(struct agent_fault *fault, u32 offset, const char *what,
	       int err);
int agent_fail_value(struct agent_fault *fault, const struct agent_cbor *cbor,
		     const char *wrong, int err);
int agent_read_key(struct agent_cbor *cbor, u32 count, u32 *key,
		   struct agent_fault *fault);
int agent_read_uint(struct agent_cbor *cbor, u64 min, u64 max,
		    u64 *value);
int agent_read_text(struct agent_cbor *cbor, u32 max,
		    struct agent_text *text);
int agent_read_path(struct agent_cbor *cbor, u32 max,
		    struct agent_text *path);

#endif /* _AGENT_CORE_CORE_H */
