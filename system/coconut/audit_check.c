// SPDX-License-Identifier: MIT
/* coconut audit check: what was counted against what was written down */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "table.h"

#define SECOND_NS 1000000000ULL
#define PAUSE_MS 50

/**
 * struct check - a comparison
 * @counts: what the kernel has counted
 * @denials: rows of deny in the log of this boot, up to @seq, by capability
 * @rows: rows in it, by event
 * @seq: the last row of the log that was counted, up to which @counts go
 * @json: as JSON
 */
struct check {
	struct agent_audit_counts counts;
	uint64_t denials[AGENT_COUNT_CAPS];
	uint64_t rows[AGENT_COUNT_EVENTS];
	uint64_t seq;
	bool json;
};

static int ask_kernel(struct agent_audit_counts *counts)
{
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_COUNTS,
		.buf = (uintptr_t)counts,
		.buf_size = sizeof(*counts),
	};
	int64_t r = coconut_audit_query(&args);

	if (r == (int64_t)sizeof(*counts))
		return EXIT_GOOD;
	if (r == -ECAPABILITY)
		complain("the kernel's counts are for root");
	else
		complain("the kernel's counts: %s",
			 r < 0 ? coconut_strerror((int)r) :
				 "not what was asked for");
	return EXIT_REFUSED;
}

static int count_rows(void *context, const char *name, bool first,
		      const uint8_t *data, size_t size)
{
	struct check *check = context;
	struct coconut_row row;
	size_t offset = 0;

	(void)name;
	(void)first;
	/* A row that is being written is not there yet. */
	while (coconut_row_next(data, size, &offset, &row) > 0) {
		if (row.seq <= check->seq || row.seq > check->counts.seq ||
		    row.seq < check->counts.first_seq)
			continue;
		check->seq = row.seq;
		if (row.event < AGENT_COUNT_EVENTS)
			check->rows[row.event]++;
		if (row.event == AGENT_EVENT_DENY && row.cap < AGENT_COUNT_CAPS)
			check->denials[row.cap]++;
	}
	return EXIT_GOOD;
}

/* Goes on where the last call ended. */
static int read_log(struct check *check)
{
	struct row_taker taker = { .take = count_rows, .context = check };
	struct row_filter ask = ROW_FILTER_ALL;

	ask.from = check->seq + 1 > check->counts.first_seq ?
			   check->seq + 1 :
			   check->counts.first_seq;
	return rows_from(NULL, 0, &ask, &taker);
}

static bool agrees(const struct check *check)
{
	const struct agent_audit_counts *counts = &check->counts;

	return check->seq == counts->seq && !counts->unsealed &&
	       !memcmp(counts->rows, counts->sealed, sizeof(counts->rows)) &&
	       !memcmp(counts->rows, check->rows, sizeof(counts->rows)) &&
	       !memcmp(counts->denials, check->denials,
		       sizeof(counts->denials));
}

static uint64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_BOOTTIME, &time);
	return (uint64_t)time.tv_sec * 1000 +
	       (uint64_t)time.tv_nsec / (SECOND_NS / 1000);
}

static void pause_ms(long milliseconds)
{
	struct timespec time = { .tv_nsec = milliseconds * 1000000 };

	nanosleep(&time, NULL);
}

/* Rows move while others act: what was counted is compared until it agrees. */
static int compare(struct check *check, uint64_t seconds)
{
	uint64_t end = now_ms() + 1000 * seconds;
	int status;

	do {
		status = ask_kernel(&check->counts);
		if (!status)
			status = read_log(check);
		if (status)
			return status;
		if (agrees(check))
			return EXIT_GOOD;
		pause_ms(PAUSE_MS);
	} while (now_ms() < end);
	return EXIT_UNVERIFIED;
}

static const char *word(bool good)
{
	return good ? "agree" : "DIFFER";
}

static void print_events(const struct check *check)
{
	const struct agent_audit_counts *counts = &check->counts;
	struct table table = { .columns = 5 };
	size_t i;

	for (i = 0; i < 5; i++)
		table_add(&table, "%s",
			  ((const char *const[]){ "EVENT", "WRITTEN", "SEALED",
						  "IN THE LOG", "THEY" })[i]);
	for (i = 0; i < AGENT_COUNT_EVENTS; i++) {
		uint64_t rows = counts->rows[i], sealed = counts->sealed[i];

		if (!rows && !sealed && !check->rows[i])
			continue;
		table_add(&table, "%s", coconut_event_name((uint32_t)i));
		table_add(&table, "%" PRIu64, rows);
		table_add(&table, "%" PRIu64, sealed);
		table_add(&table, "%" PRIu64, check->rows[i]);
		table_add(&table, "%s",
			  word(rows == sealed && rows == check->rows[i]));
	}
	table_print(&table);
}

static const char *cap_name(size_t cap)
{
	return cap ? coconut_cap_id_name((uint32_t)cap) : "other";
}

static void print_denials(const struct check *check)
{
	const struct agent_audit_counts *counts = &check->counts;
	struct table table = { .columns = 4 };
	size_t i;

	for (i = 0; i < 4; i++)
		table_add(&table, "%s",
			  ((const char *const[]){ "DENIALS OF", "ENFORCED",
						  "IN THE LOG", "THEY" })[i]);
	for (i = 0; i < AGENT_COUNT_CAPS; i++) {
		uint64_t enforced = counts->denials[i];

		if (!enforced && !check->denials[i])
			continue;
		table_add(&table, "%s", cap_name(i));
		table_add(&table, "%" PRIu64, enforced);
		table_add(&table, "%" PRIu64, check->denials[i]);
		table_add(&table, "%s", word(enforced == check->denials[i]));
	}
	table_print(&table);
}

static void print_text(const struct check *check, bool good)
{
	printf("boot %" PRIu64 ", rows %" PRIu64 " to %" PRIu64
	       "; the log goes to %" PRIu64 ", %" PRIu64 " not sealed\n\n",
	       (uint64_t)check->counts.boot, (uint64_t)check->counts.first_seq,
	       (uint64_t)check->counts.seq, check->seq,
	       (uint64_t)check->counts.unsealed);
	print_events(check);
	putchar('\n');
	print_denials(check);
	printf("\n%s\n", good ? "all agree" : "they do not agree");
}

static void json_numbers(const char *key, const uint64_t *numbers, size_t count,
			 const char *(*name)(size_t))
{
	bool first = true;
	size_t i;

	printf(", \"%s\": {", key);
	for (i = 0; i < count; i++) {
		if (!numbers[i])
			continue;
		printf("%s\"%s\": %" PRIu64, first ? "" : ", ", name(i),
		       numbers[i]);
		first = false;
	}
	putchar('}');
}

static const char *event_name(size_t event)
{
	return coconut_event_name((uint32_t)event);
}

static void print_json(const struct check *check, bool good)
{
	const struct agent_audit_counts *counts = &check->counts;
	uint64_t numbers[AGENT_COUNT_CAPS];

	printf("{\"good\": %s, \"boot\": %" PRIu64 ", \"first\": %" PRIu64
	       ", \"last\": %" PRIu64 ", \"log_last\": %" PRIu64
	       ", \"unsealed\": %" PRIu64,
	       good ? "true" : "false", (uint64_t)counts->boot,
	       (uint64_t)counts->first_seq, (uint64_t)counts->seq, check->seq,
	       (uint64_t)counts->unsealed);
	memcpy(numbers, counts->rows, sizeof(counts->rows));
	json_numbers("written", numbers, AGENT_COUNT_EVENTS, event_name);
	memcpy(numbers, counts->sealed, sizeof(counts->sealed));
	json_numbers("sealed", numbers, AGENT_COUNT_EVENTS, event_name);
	json_numbers("log", check->rows, AGENT_COUNT_EVENTS, event_name);
	memcpy(numbers, counts->denials, sizeof(counts->denials));
	json_numbers("enforced", numbers, AGENT_COUNT_CAPS, cap_name);
	json_numbers("denied", check->denials, AGENT_COUNT_CAPS, cap_name);
	puts("}");
}

int audit_check(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "wait", required_argument, NULL, 'w' },
		{ 0 },
	};
	struct check check = { 0 };
	uint64_t seconds = 10;
	int option, status;

	while ((option = next_option(argc, argv, ":", longs)) != -1) {
		check.json |= option == 'j';
		if (option == '?' ||
		    (option == 'w' && parse_number(optarg, "--wait", &seconds)))
			return EXIT_USAGE;
	}
	if (optind < argc)
		return misuse("%s: unexpected argument '%s'", argv[0],
			      argv[optind]);
	status = compare(&check, seconds);
	if (status != EXIT_GOOD && status != EXIT_UNVERIFIED)
		return status;
	if (check.json)
		print_json(&check, status == EXIT_GOOD);
	else
		print_text(&check, status == EXIT_GOOD);
	return status;
}
