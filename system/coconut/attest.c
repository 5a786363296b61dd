// SPDX-License-Identifier: MIT
/* coconut agent attest and show: what the kernel vouches for. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#include "client.h"
#include "command.h"
#include "table.h"

#define HEX_MAX (2 * AGENT_DIGEST_SIZE + 1)

/* Text of the kernel's, whose end and characters are not taken on trust. */
static void copy_text(char *to, const char *from, size_t size)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ?
				'?' :
				from[i];
	to[i] = '\0';
}

/* AID 1 has no signer: what is empty is shown as "-". */
static void line(const char *label, const char *text)
{
	printf("%-12s%s\n", label, *text ? text : "-");
}

static void hex_line(const char *label, const uint8_t *data, size_t size)
{
	char text[HEX_MAX];

	line(label, coconut_hex(data, size, text));
}

/*
 * The identifier, a SHA-1 digest most often, is shorter than its field, which
 * ends in zeroes; but a digest may end in a zero itself.
 */
static size_t signer_id_size(const struct agent_attestation *attestation)
{
	size_t size = sizeof(attestation->signer_id);

	while (size && !attestation->signer_id[size - 1])
		size--;
	return size && size < 20 ? 20 : size;
}

static void print_link(const char *label, const char *text)
{
	char copy[256];

	copy_text(copy, text, sizeof(copy));
	line(label, copy);
}

/* From the code that runs to what vouches for it. */
static void print_chain(const struct agent_attestation *attestation,
			uint64_t boot)
{
	print_link("code", attestation->image);
	hex_line("  digest", attestation->image_digest, AGENT_DIGEST_SIZE);
	print_link("manifest", attestation->name);
	hex_line("  digest", attestation->manifest_digest, AGENT_DIGEST_SIZE);
	print_link("signer", attestation->signer);
	hex_line("  id", attestation->signer_id, signer_id_size(attestation));
	print_link("authority", attestation->authority);
	printf("%-12sAID %d, the image that is PID 1", "root", AGENT_AID_ROOT);
	if (boot)
		printf(", boot %" PRIu64, boot);
	putchar('\n');
	hex_line("  digest", attestation->root_digest, AGENT_DIGEST_SIZE);
}

static void print_counts(const struct agent_attestation *attestation)
{
	printf("%-12sat %" PRIu64 ".%03" PRIu64 " s of this boot\n", "spawned",
	       (uint64_t)attestation->spawned_ns / 1000000000,
	       (uint64_t)attestation->spawned_ns / 1000000 % 1000);
	printf("%-12s%" PRIu32 " tasks, %" PRIu32 " capabilities, %" PRIu32
	       " children\n",
	       "holds", attestation->tasks, attestation->caps,
	       attestation->children);
	printf("%-12s%" PRIu64 " denials, %" PRIu64 " uses\n", "decisions",
	       (uint64_t)attestation->denials, (uint64_t)attestation->uses);
	printf("%-12srow %" PRIu64 "\n", "audit",
	       (uint64_t)attestation->chain_seq);
	hex_line("  head", attestation->chain_head, AGENT_DIGEST_SIZE);
}

static void print_attestation(const struct agent_attestation *attestation,
			      uint64_t boot)
{
	printf("%-12s%" PRIu64 ", %s, spawned by %" PRIu64 "\n", "agent",
	       (uint64_t)attestation->aid,
	       coconut_state_name(attestation->state),
	       (uint64_t)attestation->parent);
	print_chain(attestation, boot);
	print_counts(attestation);
}

static void json_field(const char *key, const char *text)
{
	char copy[256];

	copy_text(copy, text, sizeof(copy));
	json_key(key, false);
	json_text(copy, strlen(copy));
}

static void json_number(const char *key, uint64_t value)
{
	json_key(key, false);
	printf("%" PRIu64, value);
}

static void json_bytes(const char *key, const uint8_t *data, size_t size)
{
	json_key(key, false);
	json_hex(data, size);
}

/* The pairs of an object whose first one is written here. */
static void json_attestation(const struct agent_attestation *attestation)
{
	json_key("aid", true);
	printf("%" PRIu64, (uint64_t)attestation->aid);
	json_number("parent", attestation->parent);
	json_field("state", coconut_state_name(attestation->state));
	json_field("name", attestation->name);
	json_field("image", attestation->image);
	json_bytes("image_digest", attestation->image_digest,
		   AGENT_DIGEST_SIZE);
	json_bytes("manifest_digest", attestation->manifest_digest,
		   AGENT_DIGEST_SIZE);
	json_field("signer", attestation->signer);
	json_bytes("signer_id", attestation->signer_id,
		   signer_id_size(attestation));
	json_field("authority", attestation->authority);
	json_bytes("root_digest", attestation->root_digest, AGENT_DIGEST_SIZE);
	json_number("spawned_ns", attestation->spawned_ns);
	json_number("tasks", attestation->tasks);
	json_number("caps", attestation->caps);
	json_number("children", attestation->children);
	json_number("denials", attestation->denials);
	json_number("uses", attestation->uses);
	json_number("chain_seq", attestation->chain_seq);
	json_bytes("chain_head", attestation->chain_head, AGENT_DIGEST_SIZE);
}

/* An older kernel's is shorter; what it lacks is zero. */
static int get_attestation(const cbor_item_t *reply,
			   struct agent_attestation *attestation)
{
	const uint8_t *bytes;
	size_t size;

	bytes = message_get_bytes(reply, "attestation", &size);
	if (!bytes || size < offsetof(struct agent_attestation, nonce)) {
		complain("coconutd's reply has no attestation");
		return EXIT_REFUSED;
	}
	memset(attestation, 0, sizeof(*attestation));
	memcpy(attestation, bytes,
	       size < sizeof(*attestation) ? size : sizeof(*attestation));
	return 0;
}

static int make_nonce(uint8_t nonce[32])
{
	if (getrandom(nonce, 32, 0) == 32)
		return 0;
	complain("getrandom: %s", coconut_strerror(errno));
	return EXIT_REFUSED;
}

/* An attestation of another time or of another agent is none. */
static int check_answer(const struct agent_attestation *attestation,
			const uint8_t nonce[32], uint64_t aid)
{
	if (memcmp(attestation->nonce, nonce, 32)) {
		complain("the attestation has not the nonce that was sent");
		return EXIT_UNVERIFIED;
	}
	if (attestation->aid != aid) {
		complain("the attestation is about agent %" PRIu64,
			 (uint64_t)attestation->aid);
		return EXIT_UNVERIFIED;
	}
	return 0;
}

static int attest(uint64_t aid, struct agent_attestation *attestation,
		  uint64_t *ret_boot)
{
	struct message request;
	cbor_item_t *reply;
	uint8_t nonce[32];
	int status = make_nonce(nonce);

	if (status)
		return status;
	request_agent(&request, "attest", aid);
	message_add_bytes(&request, "nonce", nonce, sizeof(nonce));
	status = client_call(&request, &reply);
	if (status)
		return status;
	status = get_attestation(reply, attestation);
	*ret_boot = message_get_uint(reply, "boot", 0);
	cbor_decref(&reply);
	return status ? status : check_answer(attestation, nonce, aid);
}

int agent_attest(int argc, char **argv)
{
	struct agent_attestation attestation;
	uint64_t aid, boot;
	bool json;
	int status;

	if (parse_json_only(argc, argv, &json) ||
	    parse_aid(argc, argv, 0, &aid))
		return EXIT_USAGE;
	status = attest(aid, &attestation, &boot);
	if (status)
		return status;
	if (json) {
		putchar('{');
		json_attestation(&attestation);
		json_number("boot", boot);
		json_bytes("nonce", attestation.nonce,
			   sizeof(attestation.nonce));
		puts("}");
		return EXIT_GOOD;
	}
	print_attestation(&attestation, boot);
	hex_line("nonce", attestation.nonce, sizeof(attestation.nonce));
	return EXIT_GOOD;
}

/* What coconutd adds stands in "agent", and the rows of denials. */
static void show_rows(const cbor_item_t *reply, bool json)
{
	char text[COCONUT_ROW_TEXT_MAX];
	struct coconut_row row;
	size_t size, offset = 0;
	const uint8_t *rows = message_get_bytes(reply, "denials", &size);

	if (json) {
		json_key("denied", false);
		putchar('[');
	}
	while (rows && coconut_row_next(rows, size, &offset, &row) > 0) {
		if (json) {
			coconut_row_json(&row, text, sizeof(text));
			printf("%s%s", row.raw == rows ? "" : ", ", text);
		} else {
			coconut_row_format(&row, text, sizeof(text));
			printf("%-12s%s\n", "denied", text);
		}
	}
	if (json)
		putchar(']');
}

static void show_extras(const cbor_item_t *reply, bool json)
{
	static const char *const keys[] = { "pid", "uid" };
	const cbor_item_t *agent = message_get(reply, "agent");
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint64_t value = message_get_uint(agent, keys[i], UINT64_MAX);

		if (value == UINT64_MAX)
			continue;
		if (json)
			json_number(keys[i], value);
		else
			printf("%-12s%" PRIu64 "\n", keys[i], value);
	}
	show_rows(reply, json);
}

static void show(const cbor_item_t *reply,
		 const struct agent_attestation *attestation, bool json)
{
	if (json) {
		putchar('{');
		json_attestation(attestation);
		show_extras(reply, true);
		puts("}");
	} else {
		print_attestation(attestation, 0);
		show_extras(reply, false);
	}
}

int agent_show(int argc, char **argv)
{
	struct agent_attestation attestation;
	struct message request;
	cbor_item_t *reply;
	uint64_t aid;
	bool json;
	int status;

	if (parse_json_only(argc, argv, &json) ||
	    parse_aid(argc, argv, 0, &aid))
		return EXIT_USAGE;
	request_agent(&request, "show", aid);
	status = client_call(&request, &reply);
	if (status)
		return status;
	status = get_attestation(reply, &attestation);
	if (!status)
		show(reply, &attestation, json);
	cbor_decref(&reply);
	return status;
}
