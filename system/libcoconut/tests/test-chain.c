/* SPDX-License-Identifier: MIT */
/* The audit chain: good ones, and each way in which one can be bad. */
#include <coconut.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "tap.h"

#define ROWS 6

/* A chain of rows with payloads of different lengths. */
struct fixture {
	uint8_t data[8192];
	size_t size;
	size_t start[ROWS + 1];
	uint8_t head[AGENT_DIGEST_SIZE];
};

static const char payloads[ROWS][64] = {
	"6.12.0-coconut",
	"0123456789abcdef0123456789abcdefsummarizer",
	"",
	"/home/maya/.ssh/id_ed25519",
	"x",
	"12345678",
};

static const uint16_t events[ROWS] = {
	AGENT_EVENT_BOOT, AGENT_EVENT_SPAWN, AGENT_EVENT_STATE,
	AGENT_EVENT_DENY, AGENT_EVENT_USE,   AGENT_EVENT_EXIT,
};

static size_t make_row(uint8_t *data, uint64_t seq, uint8_t *head)
{
	size_t payload = strlen(payloads[seq - 1]);
	size_t body = (AGENT_AUDIT_HEAD_SIZE + payload + 7) / 8 * 8;
	uint8_t hashed[AGENT_DIGEST_SIZE + 256] = { 0 };
	struct agent_audit_row row = {
		.size = htole32(body + AGENT_DIGEST_SIZE),
		.version = htole16(AGENT_AUDIT_VERSION),
		.event = htole16(events[seq - 1]),
		.seq = htole64(seq),
		.boot = htole64(1),
		.time = htole64(1700000000123456789ULL + seq),
		.aid = htole64(7),
		.parent = htole64(1),
		.object = { htole64(2), htole64(4) },
		.pid = htole32(100),
		.payload_size = htole32(payload),
	};

	if (events[seq - 1] == AGENT_EVENT_DENY) {
		row.cap = htole16(AGENT_CAP_FS_READ);
		row.verdict = AGENT_VERDICT_DENY;
		row.reason = AGENT_REASON_SCOPE;
		row.error = htole32(ECAPABILITY);
	}
	memcpy(hashed, head, AGENT_DIGEST_SIZE);
	memcpy(hashed + AGENT_DIGEST_SIZE, &row, sizeof(row));
	memcpy(hashed + AGENT_DIGEST_SIZE + sizeof(row), payloads[seq - 1],
	       payload);
	coconut_digest(hashed, AGENT_DIGEST_SIZE + body, head);
	memcpy(data, hashed + AGENT_DIGEST_SIZE, body);
	memcpy(data + body, head, AGENT_DIGEST_SIZE);
	return body + AGENT_DIGEST_SIZE;
}

static void make_chain(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	for (uint64_t seq = 1; seq <= ROWS; seq++) {
		fixture->start[seq - 1] = fixture->size;
		fixture->size += make_row(fixture->data + fixture->size, seq,
					  fixture->head);
	}
	fixture->start[ROWS] = fixture->size;
}

/* Checks @size bytes, fed in pieces; the message of a fault in @error. */
static enum coconut_chain_fault verify(const uint8_t *data, size_t size,
				       size_t piece,
				       struct coconut_chain *chain,
				       struct coconut_error *error)
{
	coconut_chain_init(chain, 0, NULL);
	for (size_t done = 0; done < size; done += piece) {
		size_t now = size - done < piece ? size - done : piece;
		uint8_t *exact = malloc(now);

		memcpy(exact, data + done, now);
		coconut_chain_feed(chain, exact, now, error);
		free(exact);
	}
	coconut_chain_finish(chain, error);
	return chain->fault;
}

static size_t row_of(const struct fixture *fixture, size_t byte)
{
	size_t row = 1;

	while (fixture->start[row] <= byte)
		row++;
	return row;
}

static void test_good(const struct fixture *fixture)
{
	static const size_t pieces[] = { 1, 7, 79, 80, 81, 113, 500, 8192 };
	struct coconut_chain chain;
	struct coconut_error error = { 0 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		ok(!verify(fixture->data, fixture->size, pieces[i], &chain,
			   &error),
		   "good in pieces of %zu", pieces[i]);
		is_number(chain.seq, ROWS, "its last row");
		is_number(chain.bytes, fixture->size, "its bytes");
		ok(!memcmp(chain.head, fixture->head, sizeof(chain.head)),
		   "its head");
	}
	ok(!verify(fixture->data, 0, 1, &chain, &error), "no rows are good");
}

static void test_flips(struct fixture *fixture, size_t piece)
{
	struct coconut_chain chain;
	struct coconut_error error;
	unsigned int missed = 0;
	unsigned int misnamed = 0;

	for (size_t bit = 0; bit < 8 * fixture->size; bit++) {
		fixture->data[bit / 8] ^= 1 << bit % 8;
		if (!verify(fixture->data, fixture->size, piece, &chain,
			    &error))
			missed++;
		else if (chain.expected_seq != row_of(fixture, bit / 8) ||
			 chain.offset != fixture->start[chain.expected_seq - 1])
			misnamed++;
		fixture->data[bit / 8] ^= 1 << bit % 8;
	}
	is_number(missed, 0, "each changed bit is found");
	is_number(misnamed, 0, "and its row and offset named");
}

/* As a person would tell it: one byte, one message. */
static void test_messages(struct fixture *fixture)
{
	struct coconut_chain chain;
	struct coconut_error error;
	size_t payload = fixture->start[3] + AGENT_AUDIT_HEAD_SIZE + 20;
	char expected[200];

	fixture->data[payload] ^= 1;
	is_number(verify(fixture->data, fixture->size, 64, &chain, &error),
		  COCONUT_CHAIN_VALUE, "a payload's byte");
	snprintf(
		expected, sizeof(expected),
		"row 4 at byte %zu: its chain value does not match its bytes and the row before it (value)",
		fixture->start[3]);
	is(error.message, expected, "is told with row and byte");
	is_number(error.code, EBADMSG, "with EBADMSG");
	fixture->data[payload] ^= 1;

	fixture->data[fixture->start[1]] ^= 8;
	is_number(verify(fixture->data, fixture->size, 64, &chain, &error),
		  COCONUT_CHAIN_SIZE, "a size's byte");
	fixture->data[fixture->start[1]] ^= 8;
}

static void test_truncated(const struct fixture *fixture)
{
	struct coconut_chain chain;
	struct coconut_error error;
	unsigned int wrong = 0;

	for (size_t size = 1; size < fixture->size; size++) {
		size_t row = row_of(fixture, size);
		bool whole = size == fixture->start[row - 1];
		enum coconut_chain_fault fault;

		fault = verify(fixture->data, size, 50, &chain, &error);
		if (whole ? fault != COCONUT_CHAIN_GOOD :
			    fault != COCONUT_CHAIN_TRUNCATED ||
				    chain.expected_seq != row)
			wrong++;
	}
	is_number(wrong, 0, "each end within a row is found, its row named");
}

static void test_anchor(struct fixture *fixture)
{
	struct coconut_chain chain;
	struct coconut_error error;
	uint8_t other[AGENT_DIGEST_SIZE] = { 1 };

	coconut_chain_init(&chain, 0, NULL);
	coconut_chain_anchor(&chain, ROWS, fixture->head);
	coconut_chain_feed(&chain, fixture->data, fixture->size, NULL);
	ok(!coconut_chain_finish(&chain, NULL), "the anchor's chain is good");

	coconut_chain_init(&chain, 0, NULL);
	coconut_chain_anchor(&chain, ROWS, fixture->head);
	coconut_chain_feed(&chain, fixture->data, fixture->start[ROWS - 1],
			   NULL);
	is_number(coconut_chain_finish(&chain, &error), -EBADMSG,
		  "without its last row it is not");
	is_number(chain.fault, COCONUT_CHAIN_ROLLBACK, "but rolled back");
	is_number(chain.expected_seq, ROWS, "before that row");

	coconut_chain_init(&chain, 0, NULL);
	coconut_chain_anchor(&chain, 3, other);
	is_number(coconut_chain_feed(&chain, fixture->data, fixture->size,
				     &error),
		  -EBADMSG, "a rewritten chain is not the anchor's");
	is_number(chain.fault, COCONUT_CHAIN_FORK, "and said to be another");
	is_number(chain.expected_seq, 3, "at the anchor's row");

	coconut_chain_init(&chain, 0, NULL);
	for (int i = 0; i < COCONUT_CHAIN_ANCHORS; i++)
		coconut_chain_anchor(&chain, ROWS, fixture->head);
	is_number(coconut_chain_anchor(&chain, 3, other), -ENOSPC,
		  "there is room for so many");
}

/* A row as it is, with its chain value made anew: what an insider can do. */
static size_t forge(uint8_t *data, const struct agent_audit_row *head,
		    const char *payload, uint8_t *value)
{
	uint8_t hashed[AGENT_DIGEST_SIZE + 512] = { 0 };
	size_t size = strlen(payload);
	size_t body = (AGENT_AUDIT_HEAD_SIZE + size + 7) / 8 * 8;
	struct agent_audit_row row = *head;

	row.size = htole32(body + AGENT_DIGEST_SIZE);
	row.version = htole16(AGENT_AUDIT_VERSION);
	row.payload_size = htole32(size);
	memcpy(hashed, value, AGENT_DIGEST_SIZE);
	memcpy(hashed + AGENT_DIGEST_SIZE, &row, sizeof(row));
	memcpy(hashed + AGENT_DIGEST_SIZE + sizeof(row), payload, size);
	coconut_digest(hashed, AGENT_DIGEST_SIZE + body, value);
	memcpy(data, hashed + AGENT_DIGEST_SIZE, body);
	memcpy(data + body, value, AGENT_DIGEST_SIZE);
	return body + AGENT_DIGEST_SIZE;
}

/* What is judged of a row @event of @boot that follows the fixture's last. */
static enum coconut_chain_fault boots(const struct fixture *fixture,
				      uint16_t event, uint64_t boot,
				      const char *format)
{
	struct agent_audit_row head = {
		.event = htole16(event),
		.seq = htole64(ROWS + 1),
		.boot = htole64(boot),
	};
	char payload[256], digits[2 * AGENT_DIGEST_SIZE + 1];
	struct fixture more = *fixture;
	struct coconut_chain chain;
	struct coconut_error error;

	snprintf(payload, sizeof(payload), format,
		 coconut_hex(fixture->head, AGENT_DIGEST_SIZE, digits));
	more.size += forge(more.data + more.size, &head, payload, more.head);
	return verify(more.data, more.size, more.size, &chain, &error);
}

static void test_boots(const struct fixture *fixture)
{
	static const struct {
		uint16_t event;
		uint64_t boot;
		const char *payload;
		enum coconut_chain_fault fault;
		const char *what;
	} rows[] = {
		{ AGENT_EVENT_USE, 1, "x", COCONUT_CHAIN_GOOD,
		  "the boot goes on" },
		{ AGENT_EVENT_USE, 2, "x", COCONUT_CHAIN_BOOT,
		  "a boot that does not begin" },
		{ AGENT_EVENT_USE, 0, "x", COCONUT_CHAIN_BOOT,
		  "a boot that was before" },
		{ AGENT_EVENT_BOOT, 2, "6.12", COCONUT_CHAIN_GOOD,
		  "the next boot" },
		{ AGENT_EVENT_BOOT, 1, "6.12", COCONUT_CHAIN_BOOT,
		  "the same again" },
		{ AGENT_EVENT_BOOT, 3, "6.12", COCONUT_CHAIN_BOOT,
		  "a boot is left out" },
		{ AGENT_EVENT_BOOT, 2, "6.12\nprevious 6:%s\npcr0 00\n",
		  COCONUT_CHAIN_GOOD, "it tells the row before it" },
		{ AGENT_EVENT_BOOT, 2, "6.12\nprevious 5:%s",
		  COCONUT_CHAIN_ANCHOR, "it tells another" },
		{ AGENT_EVENT_BOOT, 2, "6.12\ntpm 6:%s\n", COCONUT_CHAIN_GOOD,
		  "the TPM told the same" },
		{ AGENT_EVENT_BOOT, 2, "6.12\ntpm 7:%s\n",
		  COCONUT_CHAIN_ROLLBACK, "the TPM told of later rows" },
		{ AGENT_EVENT_BOOT, 2,
		  "6.12\ntpm 6:00000000000000000000000000000000"
		  "00000000000000000000000000000000\n",
		  COCONUT_CHAIN_FORK, "the TPM told another value" },
		{ AGENT_EVENT_BOOT, 2, "6.12\ntpm lost\n", COCONUT_CHAIN_GOOD,
		  "the TPM has been cleared" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is(coconut_chain_fault_name(boots(fixture, rows[i].event,
						  rows[i].boot,
						  rows[i].payload)),
		   coconut_chain_fault_name(rows[i].fault), rows[i].what);
}

/* Rows of all lengths, some over more than one chunk, side by side. */
static void test_lengths(void)
{
	static uint8_t data[1 << 21];
	struct agent_audit_row head = { .event = htole16(AGENT_EVENT_BOOT),
					.boot = htole64(1) };
	uint8_t value[AGENT_DIGEST_SIZE] = { 0 };
	struct coconut_chain chain;
	struct coconut_error error;
	char payload[401] = "";
	size_t size = 0;

	for (size_t seq = 1; seq <= 800; seq++) {
		memset(payload, 'x', seq * 7 % 400);
		payload[seq * 7 % 400] = '\0';
		head.seq = htole64(seq);
		size += forge(data + size, &head, payload, value);
		head.event = htole16(AGENT_EVENT_USE);
	}
	ok(!verify(data, size, size, &chain, &error), "rows of all lengths: %s",
	   chain.fault ? error.message : "good");
	is_number(chain.seq, 800, "all of them");
	data[size / 2] ^= 1;
	ok(verify(data, size, size, &chain, &error),
	   "and not with another bit");
}

/* Rows taken out, doubled and exchanged. */
static void test_sequence(const struct fixture *fixture)
{
	struct coconut_chain chain;
	struct coconut_error error;
	struct fixture cut = *fixture;
	size_t size = fixture->start[3] - fixture->start[2];

	memmove(cut.data + cut.start[2], cut.data + cut.start[3],
		cut.size - cut.start[3]);
	is_number(verify(cut.data, cut.size - size, 64, &chain, &error),
		  COCONUT_CHAIN_SEQUENCE, "a missing row");
	is_number(chain.expected_seq, 3, "is named");
	is_number(chain.found_seq, 4, "with what stands in its place");

	cut = *fixture;
	memmove(cut.data + cut.start[3], cut.data + cut.start[2],
		cut.size - cut.start[2]);
	is_number(verify(cut.data, cut.size + size, 64, &chain, &error),
		  COCONUT_CHAIN_SEQUENCE, "a doubled row");
	is_number(chain.expected_seq, 4, "is found at the next number");
	is_number(chain.found_seq, 3, "which it does not have");
}

static void test_segments(const struct fixture *fixture)
{
	struct coconut_chain chain;
	struct coconut_error error;
	size_t half = fixture->start[3];

	coconut_chain_init(&chain, 0, NULL);
	ok(!coconut_chain_segment(&chain, "one.rows", &error), "first segment");
	ok(!coconut_chain_feed(&chain, fixture->data, half, &error),
	   "its rows");
	ok(!coconut_chain_segment(&chain, "two.rows", &error), "next segment");
	ok(!coconut_chain_feed(&chain, fixture->data + half,
			       fixture->size - half, &error),
	   "its rows");
	ok(!coconut_chain_finish(&chain, &error), "both are one chain");

	coconut_chain_init(&chain, 0, NULL);
	coconut_chain_segment(&chain, "two.rows", &error);
	is_number(coconut_chain_feed(&chain, fixture->data + half,
				     fixture->size - half, &error),
		  -EBADMSG, "the second alone is none");
	is(error.message,
	   "two.rows: row 1 at byte 0: another row stands in its place: number 4 (sequence)",
	   "and its first row is named");

	coconut_chain_init(&chain, 0, NULL);
	coconut_chain_segment(&chain, "one.rows", &error);
	coconut_chain_feed(&chain, fixture->data, half - 1, &error);
	is_number(coconut_chain_segment(&chain, "two.rows", &error), -EBADMSG,
		  "a segment that ends within a row is bad");
	is_number(chain.expected_seq, 3, "at that row");
	is_number(coconut_chain_finish(&chain, &error), -EBADMSG,
		  "and stays bad");
}

static void test_resume(const struct fixture *fixture)
{
	struct coconut_chain chain;
	const uint8_t *head =
		fixture->data + fixture->start[3] - AGENT_DIGEST_SIZE;

	coconut_chain_init(&chain, 3, head);
	coconut_chain_feed(&chain, fixture->data + fixture->start[3],
			   fixture->size - fixture->start[3], NULL);
	ok(!coconut_chain_finish(&chain, NULL), "goes on from a known row");
	coconut_chain_init(&chain, 3, NULL);
	coconut_chain_feed(&chain, fixture->data + fixture->start[3],
			   fixture->size - fixture->start[3], NULL);
	is_number(chain.fault, COCONUT_CHAIN_VALUE,
		  "but not from another head");
}

static void get_row(const struct fixture *fixture, size_t number,
		    struct coconut_row *row)
{
	size_t offset = fixture->start[number - 1];

	coconut_row_next(fixture->data, fixture->size, &offset, row);
}

static void test_print(const struct fixture *fixture)
{
	char text[COCONUT_ROW_TEXT_MAX];
	struct coconut_row row;
	char small[8];
	size_t size;

	get_row(fixture, 4, &row);
	size = coconut_row_format(&row, text, sizeof(text));
	is(text,
	   "4 2023-11-14T22:13:20.123456793Z aid=7 pid=100 DENY fs.read"
	   " /home/maya/.ssh/id_ed25519 reason=scope error=ECAPABILITY",
	   "a denial as a line");
	is_number(size, strlen(text), "its length");
	is_number(coconut_row_format(&row, small, sizeof(small)), size,
		  "its length where it does not fit");
	is(small, "4 2023-", "and what fits");
	coconut_row_json(&row, text, sizeof(text));
	ok(strstr(text, "\"event\":\"deny\"") &&
		   strstr(text, "\"payload\":\"/home/maya/.ssh/id_ed25519\"") &&
		   strstr(text, "\"errno\":134,\"error\":\"ECAPABILITY\""),
	   "and as JSON");
	get_row(fixture, 2, &row);
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " spawn summarizer digest=3031323334353637"),
	   "a spawn with its digest");
	get_row(fixture, 3, &row);
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " state active -> capability-denied"),
	   "a state by its names");
}

/* What an agent chooses, a file's name, must not reach a terminal raw. */
static void test_hostile_payload(void)
{
	static const uint8_t path[] = "/x\n\x1b[2J\xff\xe2\x80\xae\"\\";
	char text[COCONUT_ROW_TEXT_MAX];
	uint8_t raw[AGENT_AUDIT_ROW_MAX];
	struct coconut_row row = {
		.seq = 1,
		.event = AGENT_EVENT_DENY,
		.payload = path,
		.payload_size = sizeof(path) - 1,
		.chain = raw,
	};

	memset(raw, 0xff, sizeof(raw));
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, "/x\\x0a\\x1b[2J\\xff\\xe2\\x80\\xae\"\\\\"),
	   "a hostile name is shown, not obeyed");
	coconut_row_json(&row, text, sizeof(text));
	ok(strstr(text, "\"payload_hex\":\"2f780a1b5b324affe280ae225c\""),
	   "and in hexadecimal in JSON");
	row.payload = raw;
	row.payload_size = AGENT_AUDIT_PAYLOAD_MAX;
	ok(coconut_row_format(&row, text, sizeof(text)) < sizeof(text) &&
		   coconut_row_json(&row, text, sizeof(text)) < sizeof(text),
	   "the longest row fits the room told");
	memset(raw, 1, sizeof(raw));
	ok(coconut_row_json(&row, text, sizeof(text)) < sizeof(text),
	   "also where each byte is escaped");
}

/* One row for many uses: how many, of which object. */
static void test_repeats(void)
{
	static const uint8_t count[8] = { 0x39, 0x30 };
	static const uint8_t chain[AGENT_DIGEST_SIZE];
	char text[COCONUT_ROW_TEXT_MAX];
	struct coconut_row row = {
		.seq = 9,
		.aid = 7,
		.pid = 100,
		.event = AGENT_EVENT_USE,
		.cap = AGENT_CAP_FS_READ,
		.object = { 2049, 17 },
		.verdict = AGENT_VERDICT_ALLOW,
		.reason = AGENT_REASON_REPEATS,
		.payload = count,
		.payload_size = sizeof(count),
		.chain = chain,
	};

	coconut_row_format(&row, text, sizeof(text));
	is(text,
	   "9 1970-01-01T00:00:00.000000000Z aid=7 pid=100 use fs.read"
	   " 0:2049:17 count=12345 reason=repeats",
	   "repeats of a use as a line");
	coconut_row_json(&row, text, sizeof(text));
	ok(strstr(text, "\"object\":[2049,17],\"cap\":\"fs.read\"") &&
		   strstr(text, "\"reason\":\"repeats\"") &&
		   strstr(text, ",\"count\":12345,") &&
		   !strstr(text, "payload"),
	   "and as JSON");
	row.cap = AGENT_CAP_NET_CONNECT;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " use net.connect count=12345 "),
	   "no file where there is none");
	row.event = AGENT_EVENT_DENY;
	row.reason = AGENT_REASON_CLOSED;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, "DENY") && strstr(text, "reason=closed") &&
		   !strstr(text, "count="),
	   "a denial has no count");
}

/* What newer events tell. */
static void test_events(void)
{
	static const uint8_t arguments[48] = { 0x9c, 0xff, 0xff,
					       0xff, [8] = 3 };
	static const uint8_t boot[] = "6.12.1\ntpm new\n";
	static const uint8_t chain[AGENT_DIGEST_SIZE];
	char text[COCONUT_ROW_TEXT_MAX];
	struct coconut_row row = {
		.seq = 9,
		.aid = 7,
		.pid = 100,
		.event = AGENT_EVENT_CALL,
		.object = { 257, (uint64_t)-2 },
		.payload = arguments,
		.payload_size = sizeof(arguments),
		.chain = chain,
	};

	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " call openat(0xffffff9c, 0x3, 0, 0, 0, 0) = -ENOENT"),
	   "a system call: %s", text);
	coconut_row_json(&row, text, sizeof(text));
	ok(strstr(text,
		  ",\"call\":\"openat\",\"arguments\":[4294967196,3,0,0,0,0]"
		  ",\"result\":-2,"),
	   "and as JSON");
	row.object[0] = __NR_agent_attest;
	row.object[1] = 672;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " call agent_attest(") && strstr(text, ") = 672"),
	   "one of ours");
	row.object[0] = 100000;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " call call-100000("), "and one without a name");
	row.event = AGENT_EVENT_ATTEST;
	row.object[0] = 8;
	row.payload_size = 0;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " attest of=8"), "an attestation");
	row.event = AGENT_EVENT_LIMIT;
	row.object[0] = AGENT_QUOTA_TASKS;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " limit tasks=672"), "a limit that was reached");
	row.event = AGENT_EVENT_REFUSE;
	row.payload_size = 34;
	row.error = ENOKEY;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " refuse ") && strstr(text, " digest=9cffffff00") &&
		   strstr(text, " error=ENOKEY"),
	   "a manifest that was refused: %s", text);
	row.event = AGENT_EVENT_BOOT;
	row.payload = boot;
	row.payload_size = sizeof(boot) - 1;
	row.error = 0;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " boot 6.12.1; tpm new"), "a boot on one line");
}

/* What a use's object is called may stand in an earlier row. */
static void test_names(void)
{
	static const uint8_t chain[AGENT_DIGEST_SIZE];
	char text[COCONUT_ROW_TEXT_MAX];
	struct coconut_row row = {
		.seq = 9,
		.event = AGENT_EVENT_USE,
		.cap = AGENT_CAP_FS_READ,
		.object = { 8 << 20 | 1, 17 },
		.chain = chain,
	};

	ok(coconut_row_wants_name(&row) && !coconut_row_is_named(&row),
	   "a use without a payload wants one");
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " use fs.read 8:1:17"), "and is told by numbers: %s",
	   text);
	row.name = (const uint8_t *)"/a\x1b";
	row.name_size = 3;
	row.named_by = 4;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " use fs.read /a\\x1b"), "or by its name: %s", text);
	coconut_row_json(&row, text, sizeof(text));
	ok(strstr(text, ",\"name\":\"/a\\u001b\",\"named_by\":4,") &&
		   !strstr(text, "payload"),
	   "of which JSON tells where it stands: %s", text);
	row.payload = (const uint8_t *)"/a";
	row.payload_size = 2;
	ok(!coconut_row_wants_name(&row) && coconut_row_is_named(&row),
	   "one with a payload has it");
	row.object[1] = 0;
	ok(!coconut_row_is_named(&row), "what is no file has none");
}

/* What fell at once is one row. */
static void test_revoked(void)
{
	static const uint8_t handles[16] = { 12, [8] = 0x39, 0x30 };
	static const uint8_t chain[AGENT_DIGEST_SIZE];
	char text[COCONUT_ROW_TEXT_MAX];
	struct coconut_row row = {
		.seq = 9,
		.aid = 7,
		.pid = 100,
		.event = AGENT_EVENT_REVOKE,
		.object = { 0, 4 },
		.payload = handles,
		.payload_size = sizeof(handles),
		.chain = chain,
	};

	coconut_row_format(&row, text, sizeof(text));
	is(text,
	   "9 1970-01-01T00:00:00.000000000Z aid=7 pid=100 revoke"
	   " handles=12,12345 by=4",
	   "several that were revoked");
	coconut_row_json(&row, text, sizeof(text));
	ok(strstr(text, ",\"handles\":[12,12345],") && !strstr(text, "payload"),
	   "and as JSON");
	row.payload_size = 0;
	row.object[0] = 12;
	coconut_row_format(&row, text, sizeof(text));
	ok(strstr(text, " revoke handle=12 by=4"), "and one");
	row.payload_size = 7;
	coconut_row_format(&row, text, sizeof(text));
	ok(!strstr(text, "handles="), "what is no list is none");
}

int main(void)
{
	static struct fixture fixture;

	make_chain(&fixture);
	test_good(&fixture);
	test_flips(&fixture, 8192);
	test_flips(&fixture, 33);
	test_messages(&fixture);
	test_truncated(&fixture);
	test_anchor(&fixture);
	test_boots(&fixture);
	test_lengths();
	test_sequence(&fixture);
	test_segments(&fixture);
	test_resume(&fixture);
	test_print(&fixture);
	test_hostile_payload();
	test_repeats();
	test_revoked();
	test_events();
	test_names();
	return tap_end();
}
