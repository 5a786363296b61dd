/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The pure core of the agent subsystem: the CBOR reader, the manifest reader,
 * the state table and the decisions.  None of it allocates, sleeps, takes a
 * lock or knows the kernel, so the same files are compiled into the kernel,
 * into libcoconut and into the tests.
 */
#ifndef _LINUX_AGENT_CORE_H
#define _LINUX_AGENT_CORE_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#include <uapi/linux/agent.h>
#else
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <linux/agent.h>
#endif

/* CBOR major types (RFC 8949, section 3.1). */
enum agent_cbor_type {
	AGENT_CBOR_UINT = 0,
	AGENT_CBOR_NEGATIVE = 1,
	AGENT_CBOR_BYTES = 2,
	AGENT_CBOR_TEXT = 3,
	AGENT_CBOR_ARRAY = 4,
	AGENT_CBOR_MAP = 5,
	AGENT_CBOR_TAG = 6,
	AGENT_CBOR_SIMPLE = 7,
};

/**
 * struct agent_cbor - a reader over one buffer of deterministic CBOR
 * @data: start of the buffer
 * @size: its length in bytes
 * @pos: offset of the next item
 * @at: offset of the item read last, or that could not be read
 */
struct agent_cbor {
	const uint8_t *data;
	uint32_t size;
	uint32_t pos;
	uint32_t at;
};

/**
 * struct agent_cbor_item - the head of one item
 * @type: its major type
 * @value: the integer, or the number of bytes, elements or pairs
 * @data: the bytes of a byte or text string, otherwise NULL
 */
struct agent_cbor_item {
	enum agent_cbor_type type;
	uint64_t value;
	const uint8_t *data;
};

void agent_cbor_init(struct agent_cbor *cbor, const void *data, uint32_t size);
int agent_cbor_next(struct agent_cbor *cbor, struct agent_cbor_item *item);
int agent_cbor_expect(struct agent_cbor *cbor, enum agent_cbor_type type,
		      struct agent_cbor_item *item);
bool agent_cbor_at_end(const struct agent_cbor *cbor);

/* Keys of the manifest map. */
enum agent_manifest_key {
	AGENT_MANIFEST_VERSION_KEY = 1,	/* uint, 1 */
	AGENT_MANIFEST_NAME_KEY = 2,	/* text: [a-z0-9.-], 1 to 63 bytes */
	AGENT_MANIFEST_IMAGE_KEY = 3,	/* text: absolute path, up to 255 bytes */
	AGENT_MANIFEST_DIGEST_KEY = 4,	/* bytes: 32, BLAKE3 of the image */
	AGENT_MANIFEST_CAPS_KEY = 5,	/* array of capability maps */
	AGENT_MANIFEST_ON_DENY_KEY = 6,	/* uint, AGENT_DENY_*; optional */
	AGENT_MANIFEST_LIMITS_KEY = 7,	/* map, AGENT_LIMIT_* to uint; optional */
	AGENT_MANIFEST_ARGS_KEY = 8,	/* array of text, argv[1..]; optional */
	AGENT_MANIFEST_ENV_KEY = 9,	/* array of text, NAME=value; optional */
	AGENT_MANIFEST_USER_KEY = 10,	/* text: user name; optional */
	AGENT_MANIFEST_CWD_KEY = 11,	/* text: absolute path; optional */
	AGENT_MANIFEST_AUDIT_KEY = 12,	/* uint, AGENT_AUDIT_*; optional */
	AGENT_MANIFEST_CODE_KEY = 13,	/* array of bytes, 32 each; optional */
	AGENT_MANIFEST_KEY_COUNT
};

/* Keys of the limits map. */
#define AGENT_LIMIT_TASKS	1
#define AGENT_LIMIT_AGENTS	2
#define AGENT_LIMIT_RAM		3	/* bytes */
#define AGENT_LIMIT_COUNT	4

/* Keys of a capability map. */
enum agent_cap_key {
	AGENT_CAP_NAME_KEY = 1,		/* text: dotted name, up to 63 bytes */
	AGENT_CAP_PATH_KEY = 2,		/* text: absolute path */
	AGENT_CAP_EXCEPT_KEY = 3,	/* array of text: absolute paths below it */
	AGENT_CAP_ADDRESS_KEY = 4,	/* bytes: 4 or 16 */
	AGENT_CAP_PREFIX_KEY = 5,	/* uint: bits of the address that count */
	AGENT_CAP_PORT_LOW_KEY = 6,	/* uint */
	AGENT_CAP_PORT_HIGH_KEY = 7,	/* uint */
	AGENT_CAP_PROTOCOL_KEY = 8,	/* uint: 6 TCP, 17 UDP, absent both */
	AGENT_CAP_RELATION_KEY = 9,	/* uint: AGENT_REL_* */
	AGENT_CAP_LIFETIME_KEY = 10,	/* uint: seconds from binding, 1 up */
	AGENT_CAP_USES_KEY = 11,	/* uint: how many uses, 1 up */
	AGENT_CAP_HINT_KEY = 12,	/* text: for who reads a denial, up to 255 bytes */
	AGENT_CAP_SCOPE_KEY = 13,	/* text: scope of a userspace capability */
	AGENT_CAP_HOST_KEY = 14,	/* text: host's name; an address beside it is one
					 * of the host's, which AID 1 grants
					 */
	AGENT_CAP_RATE_KEY = 15,	/* uint: uses in a period, 1 to 1000000 */
	AGENT_CAP_PERIOD_KEY = 16,	/* uint: seconds, 1 to 86400; with a rate */
	AGENT_CAP_KEY_COUNT
};

/* A string inside the manifest's own buffer; not NUL-terminated. */
struct agent_text {
	const char *data;
	uint32_t size;
};

/**
 * struct agent_net_scope - addresses and ports
 * @address: network byte order; IPv4 in the first four bytes
 * @family: 4 or 6; 0 for any address
 * @prefix: how many leading bits of @address count
 * @protocol: 6 or 17, 0 for both
 * @port_low: first port
 * @port_high: last port
 */
struct agent_net_scope {
	uint8_t address[16];
	uint8_t family;
	uint8_t prefix;
	uint8_t protocol;
	uint16_t port_low;
	uint16_t port_high;
};

/**
 * struct agent_cap_spec - one capability as its CBOR gives it
 * @id: enum agent_cap_id
 * @name: dotted name
 * @path: path scope (fs.*, unix.connect), otherwise empty
 * @except: where the array of holes starts in the buffer (its array head)
 * @nr_except: holes
 * @net: address scope (net.*)
 * @relation: AGENT_REL_* (proc.signal, audit.read, quota.set, attest, mem.tier)
 * @lifetime: seconds, 0 for no end
 * @uses: 0 for no count
 * @hint: text for who reads a denial
 * @scope: scope of a userspace capability
 * @host: host whose addresses AID 1 grants while they are its own; with an
 *	address in @net, such a grant
 * @rate: uses in each @period, 0 for no rate
 * @period: seconds
 * @cbor: the whole capability map in the buffer
 */
struct agent_cap_spec {
	enum agent_cap_id id;
	struct agent_text name;
	struct agent_text path;
	uint32_t except;
	uint32_t nr_except;
	struct agent_net_scope net;
	uint32_t relation;
	uint64_t lifetime;
	uint64_t uses;
	struct agent_text hint;
	struct agent_text scope;
	struct agent_text host;
	uint32_t rate;
	uint32_t period;
	struct agent_text cbor;
};

/**
 * struct agent_manifest - a manifest, read in place
 * @name: the agent's name
 * @image: absolute path of the image
 * @digest: BLAKE3 of the image, AGENT_DIGEST_SIZE bytes in the buffer
 * @caps: offset of the first capability map
 * @nr_caps: how many follow
 * @on_deny: AGENT_DENY_*
 * @limits: by AGENT_LIMIT_*, AGENT_QUOTA_UNLIMITED where absent
 * @args: offset of the array of arguments, 0 when absent
 * @env: offset of the array of the environment, 0 when absent
 * @user: user to run as, empty when absent
 * @cwd: working directory, empty when absent
 * @audit: AGENT_AUDIT_*
 * @code: offset of the array of digests of code, 0 when absent
 * @nr_code: how many there are
 */
struct agent_manifest {
	struct agent_text name;
	struct agent_text image;
	const uint8_t *digest;
	uint32_t caps;
	uint32_t nr_caps;
	uint32_t on_deny;
	uint64_t limits[AGENT_LIMIT_COUNT];
	uint32_t args;
	uint32_t env;
	struct agent_text user;
	struct agent_text cwd;
	uint32_t audit;
	uint32_t code;
	uint32_t nr_code;
};

/**
 * struct agent_fault - where a manifest is wrong
 * @offset: byte of the item at fault
 * @cap: index of the capability at fault, ~0 outside the capabilities
 * @what: a fixed English phrase
 */
struct agent_fault {
	uint32_t offset;
	uint32_t cap;
	const char *what;
};

int agent_manifest_read(const void *data, uint32_t size,
			struct agent_manifest *manifest,
			struct agent_fault *fault);
int agent_cap_read(struct agent_cbor *cbor, struct agent_cap_spec *spec,
		   struct agent_fault *fault);
bool agent_path_valid(struct agent_text path, uint32_t max);
int agent_text_next(struct agent_cbor *cbor, struct agent_text *text);
enum agent_cap_id agent_cap_id_of(const char *name, uint32_t size);
const char *agent_cap_name(enum agent_cap_id id);

const char *agent_state_name(enum agent_state state);
bool agent_state_may_follow(enum agent_state from, enum agent_state to);

bool agent_net_covers(const struct agent_net_scope *scope,
		      const struct agent_net_scope *wanted);
bool agent_relation_covers(uint32_t held, bool self, bool descendant);
bool agent_cap_covers(const struct agent_cap_spec *held,
		      const struct agent_cap_spec *wanted);
bool agent_cap_is_host(const struct agent_cap_spec *spec);
bool agent_cap_gives_address(const struct agent_cap_spec *host,
			     const struct agent_cap_spec *address);
bool agent_cap_may_grant(const struct agent_cap_spec *held,
			 const struct agent_cap_spec *wanted);
bool agent_rate_take(uint64_t *due, uint64_t now, uint32_t rate,
		     uint32_t period);

#endif /* _LINUX_AGENT_CORE_H */
