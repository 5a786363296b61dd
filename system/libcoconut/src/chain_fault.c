/* SPDX-License-Identifier: MIT */
/* What can be wrong with a chain, for programs and for people. */
#include "internal.h"

static const char *const names[] = {
	[COCONUT_CHAIN_GOOD] = "good",
	[COCONUT_CHAIN_SIZE] = "size",
	[COCONUT_CHAIN_SEQUENCE] = "sequence",
	[COCONUT_CHAIN_VALUE] = "value",
	[COCONUT_CHAIN_VERSION] = "version",
	[COCONUT_CHAIN_TRUNCATED] = "truncated",
	[COCONUT_CHAIN_ANCHOR] = "anchor",
	[COCONUT_CHAIN_SEGMENT_MISSING] = "segment-missing",
	[COCONUT_CHAIN_SEGMENT_REPLACED] = "segment-replaced",
	[COCONUT_CHAIN_SIGNATURE_MISSING] = "signature-missing",
	[COCONUT_CHAIN_SIGNATURE_BAD] = "signature-bad",
	[COCONUT_CHAIN_KEY_UNKNOWN] = "key-unknown",
	[COCONUT_CHAIN_MACHINE] = "machine",
	[COCONUT_CHAIN_ROLLBACK] = "rollback",
	[COCONUT_CHAIN_FORK] = "fork",
	[COCONUT_CHAIN_BOOT] = "boot",
};

const char *coconut_chain_fault_name(enum coconut_chain_fault fault)
{
	if ((size_t)fault >= ARRAY_SIZE(names))
		return "unknown";
	return names[fault];
}

static const char *const texts[] = {
	[COCONUT_CHAIN_GOOD] = "",
	[COCONUT_CHAIN_SIZE] = "its sizes cannot be those of a row",
	[COCONUT_CHAIN_SEQUENCE] = "another row stands in its place",
	[COCONUT_CHAIN_VALUE] =
		"its chain value does not match its bytes and the row before it",
	[COCONUT_CHAIN_VERSION] = "its version is unknown",
	[COCONUT_CHAIN_TRUNCATED] = "the chain ends where it should be whole",
	[COCONUT_CHAIN_ANCHOR] =
		"it tells another chain value of the row before it",
	[COCONUT_CHAIN_SEGMENT_MISSING] =
		"the segment that holds it is not there",
	[COCONUT_CHAIN_SEGMENT_REPLACED] =
		"the segment is not the one that was closed under this name",
	[COCONUT_CHAIN_SIGNATURE_MISSING] =
		"the segment that it begins has no signature",
	[COCONUT_CHAIN_SIGNATURE_BAD] =
		"the signature of the segment that it begins is not good",
	[COCONUT_CHAIN_KEY_UNKNOWN] =
		"the segment that it begins is signed with an unknown key",
	[COCONUT_CHAIN_MACHINE] =
		"the segment that it begins was signed on another machine",
	[COCONUT_CHAIN_ROLLBACK] =
		"rows that were there are gone: a later row is known",
	[COCONUT_CHAIN_FORK] =
		"the chain is another: its value is known to be different",
	[COCONUT_CHAIN_BOOT] = "it does not belong to the boot it tells",
};

int chain_report(const struct coconut_chain *chain, struct coconut_error *error)
{
	char where[320];
	char more[300] = "";

	if (!chain->fault)
		return 0;
	snprintf(where, sizeof(where), "%s%srow %ju at byte %ju",
		 chain->segment, *chain->segment ? ": " : "",
		 (uintmax_t)chain->expected_seq, (uintmax_t)chain->offset);
	if (chain->found_seq)
		snprintf(more, sizeof(more), ": number %ju",
			 (uintmax_t)chain->found_seq);
	return fail(error, EBADMSG, where, "%s%s (%s)", texts[chain->fault],
		    more, coconut_chain_fault_name(chain->fault));
}
