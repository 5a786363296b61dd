// SPDX-License-Identifier: GPL-2.0
/* Denials and their rows; see rows.h. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "child.h"
#include "hand.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define BIT(event) (1U << (event))

long long denials_of(const struct child *child)
{
	struct agent_attestation at;
	long ret = attest(child->aid, &at);

	return ret < 0 ? ret : (long long)at.denials;
}

/* Rows are sealed soon after they are written. */
void await_row_count(uint64_t aid, uint32_t events, long count)
{
	int tries;

	for (tries = 0; tries < 1000; tries++) {
		if (count_rows(aid, events) >= count)
			return;
		usleep(5000);
	}
}

int last_reason(const struct child *child)
{
	static uint8_t rows[1 << 18];
	struct agent_audit_query_args args = {
		.aid = child->aid,
		.events = BIT(AGENT_EVENT_DENY),
		.buf = (uintptr_t)rows,
		.buf_size = sizeof(rows),
	};
	int reason = -1;
	long size, pos;

	await_row_count(child->aid, args.events, denials_of(child));
	while ((size = CALL(audit_query, &args)) > 0) {
		for (pos = 0; pos < size;) {
			const struct agent_audit_row *row = (void *)(rows + pos);

			pos += row->size;
			reason = row->reason;
		}
		args.seq = args.next_seq;
	}
	return reason;
}

void expect_rows(struct child *child)
{
	struct agent_attestation at;
	long ret = attest(child->aid, &at);

	if (ret < 0)
		bail("agent %llu is gone", (unsigned long long)child->aid);
	child_end(child);
	/* Its last row is sealed after all others of it. */
	await_row_count(child->aid, BIT(AGENT_EVENT_EXIT), 1);
	expect(count_rows(child->aid, BIT(AGENT_EVENT_DENY)), at.denials,
	       "as many rows as denials");
}

/* Write the directory's name for each @ of a line. */
static void expand(const char *line, const char *dir, char *to, size_t room)
{
	size_t size = 0;

	for (; *line && size < room - strlen(dir) - 1; line++) {
		if (*line == '@')
			size += sprintf(to + size, "%s", dir);
		else
			to[size++] = *line;
	}
	to[size] = '\0';
}

static bool is_right(struct child *child, const struct attempt *attempt,
		     long long found)
{
	const bool denied = attempt->error == ECAPABILITY;
	int reason;

	if (found != denied) {
		printf("# %lld denials\n", found);
		return false;
	}
	if (!denied || !attempt->reason)
		return true;
	reason = last_reason(child);
	if (reason != attempt->reason)
		printf("# reason %d, want %d\n", reason, attempt->reason);
	return reason == attempt->reason;
}

static void run_by_hand(const char *line, const char *told)
{
	int status = hand(line);

	if (status)
		bail("%s: exit status %d", told, status);
}

void run_attempts(struct child *child, const char *dir,
		  const struct attempt *attempts, size_t count)
{
	char line[1024];
	size_t i;

	for (i = 0; i < count; i++) {
		const struct attempt *attempt = &attempts[i];
		long long before;
		int got;

		expand(attempt->line, dir, line, sizeof(line));
		if (line[0] == '!') {
			run_by_hand(line + 2, attempt->line);
			continue;
		}
		before = denials_of(child);
		got = child_ask(child, "%s", line);
		if (got == -EPIPE || got == -ETIMEDOUT)
			bail("the agent did not come back from %s", line);
		if (got != -attempt->error)
			expect(got, -attempt->error, "%s", attempt->line);
		else
			check(is_right(child, attempt,
				       denials_of(child) - before), "%s",
			      attempt->line);
	}
}
