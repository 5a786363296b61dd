// SPDX-License-Identifier: MIT
/* coconut audit: its verbs */
#include "audit.h"

#include <errno.h>

#include "client.h"

int audit_bad_row(const char *name, size_t offset, int error)
{
	complain("%s: %s at offset %zu; 'coconut audit verify' tells more",
		 name,
		 error == -EAGAIN ? "the file ends within the row" : "no row",
		 offset);
	return EXIT_UNVERIFIED;
}

int audit_rotate(int argc, char **argv)
{
	struct message request;
	cbor_item_t *reply;
	int status;

	if (next_option(argc, argv, ":", (const struct option[]){ { 0 } }) !=
	    -1)
		return EXIT_USAGE;
	if (optind < argc)
		return misuse("%s: unexpected argument '%s'", argv[0],
			      argv[optind]);
	request_init(&request, "rotate");
	status = client_call(&request, &reply);
	if (status)
		return status;
	if (message_get(reply, "first"))
		printf("closed rows %ju to %ju; their signature follows\n",
		       (uintmax_t)message_get_uint(reply, "first", 0),
		       (uintmax_t)message_get_uint(reply, "last", 0));
	cbor_decref(&reply);
	return EXIT_GOOD;
}

const struct verb audit_verbs[] = {
	{ "show",
	  ROW_FILTER_USAGE "\n        [--follow] [--json] [DIR|FILE...]",
	  "Print audit rows, by default those in " SEGMENT_DIRECTORY ",\n"
	  "or as coconutd tells them to who may not read there.\n\n" ROW_FILTER_HELP
	  "  --follow     go on with new rows as they come\n"
	  "  --json       one object a line\n",
	  audit_show },
	{ "verify",
	  "[--json] [--from-hash HASH] [--head SEQ:HASH]... [--tpm]\n"
	  "        [--key FILE | --no-signatures] [--each] [DIR|FILE...]",
	  "Check that every row follows from the one before it, that no segment\n"
	  "is missing, and that those that are closed are signed. Names the first\n"
	  "row that cannot be believed, its file and offset, why, and exits with 3.\n\n"
	  "  --from-hash HASH  the first row is not row 1; HASH is the chain\n"
	  "                    value of the row before it\n"
	  "  --head SEQ:HASH   what the chain must hold, as an attestation tells;\n"
	  "                    without it or --tpm nobody sees rows cut off at the\n"
	  "                    end\n"
	  "  --tpm             the same from this machine's TPM\n"
	  "  --key FILE        the public key, PEM; without it, the audit.pub beside\n"
	  "                    the segments, which who changed them may have changed\n"
	  "  --no-signatures   look at the rows alone\n"
	  "  --each            every path is a chain of its own\n"
	  "  --json            one object, for each chain on a line of its own\n",
	  audit_verify },
	{ "prove", "--from SEQ --to SEQ -o NEWDIR [--key FILE] [DIR]",
	  "Copy the closed segments that hold these rows, their signatures, the\n"
	  "public key and what a third party has to know into a new directory.\n"
	  "'coconut audit verify NEWDIR' takes it.\n\n"
	  "  --from SEQ   the first row\n"
	  "  --to SEQ     the last row\n"
	  "  -o NEWDIR    the directory, which is made\n"
	  "  --key FILE   the public key; without it, the audit.pub of DIR\n",
	  audit_prove },
	{ "report",
	  ROW_FILTER_USAGE "\n        [--json] [--html FILE] [DIR|FILE...]",
	  "Tell what each agent did: how often it was allowed and denied each\n"
	  "capability, and when first and last.\n\n" ROW_FILTER_HELP
	  "  --json       one object\n"
	  "  --html FILE  a page with a picture, which needs no other file\n",
	  audit_report },
	{ "check", "[--json] [--wait SECONDS]",
	  "Compare what enforcement has counted in this boot with the rows that\n"
	  "were written, sealed, and are in the log. For root; exits with 3 when\n"
	  "they do not agree.\n\n"
	  "  --wait SECONDS  how long rows may move, 10 when not given\n"
	  "  --json          one object\n",
	  audit_check },
	{ "rotate", "",
	  "Close the segment that is being written; it is signed in a moment.\n"
	  "For root.\n",
	  audit_rotate },
	{ 0 },
};
