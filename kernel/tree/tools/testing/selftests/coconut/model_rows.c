// SPDX-License-Identifier: GPL-2.0
/* The model's rows: what each agent left in the chain, held against it. */

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "harness.h"
#include "model_ref.h"
#include "model_run.h"

#define BIT(event)	(1U << (event))
#define EVENTS		(BIT(AGENT_EVENT_DENY) | BIT(AGENT_EVENT_USE) | \
			 BIT(AGENT_EVENT_GRANT) | BIT(AGENT_EVENT_REVOKE) | \
			 BIT(AGENT_EVENT_EXIT))
#define ROWS_MS		20000

/**
 * struct seen - the rows of one agent so far
 * @at: which of the reference's rows may be the next: more than one, since some
 *	need not be there and look like those that must
 * @denials: rows of a denial
 * @ended: its last row was seen
 */
static struct seen {
	bool at[REF_ROWS + 1];
	uint64_t denials;
	bool ended;
} seen[REF_AGENTS];

static int follow = -1;
static uint64_t inodes[MODEL_PLACES];

static void find_inodes(void)
{
	char path[64];
	struct stat st;
	uint32_t i;

	for (i = 0; i < MODEL_PLACES; i++) {
		snprintf(path, sizeof(path), MODEL_DIR "%s", model_place(i));
		if (stat(path, &st))
			bail("%s: %s", path, strerror(errno));
		inodes[i] = st.st_ino;
	}
}

void rows_begin(void)
{
	struct agent_attestation at;
	struct agent_audit_query_args args = {
		.flags = AGENT_AUDIT_FOLLOW,
		.events = EVENTS,
	};
	uint32_t i;

	if (follow >= 0)
		close(follow);
	attest(AGENT_AID_SELF, &at);
	args.seq = at.chain_seq + 1;
	follow = CALL(audit_query, &args);
	/* What wakes may be a row of others, and then there is none to read. */
	if (follow < 0 || fcntl(follow, F_SETFL, O_NONBLOCK))
		bail("cannot follow the chain: %s", strerror(-follow));
	memset(seen, 0, sizeof(seen));
	for (i = 0; i < REF_AGENTS; i++)
		seen[i].at[0] = true;
	find_inodes();
}

static bool is_like(const struct agent_audit_row *row,
		    const struct ref_row *want)
{
	if (row->event != want->event)
		return false;
	if (row->event == AGENT_EVENT_DENY)
		return !want->reason || row->reason == want->reason;
	if (row->event != AGENT_EVENT_USE)
		return true;
	if (want->cap && row->cap != want->cap)
		return false;
	return want->place < 0 || row->object[1] == inodes[want->place];
}

static const char *name_event(uint32_t event)
{
	return event == AGENT_EVENT_DENY ? "a denial" :
	       event == AGENT_EVENT_USE ? "a use" :
	       event == AGENT_EVENT_GRANT ? "a grant" : "a revocation";
}

/* Which may be the next after a row, when those up to @at had theirs. */
static bool step(const struct ref_agent *agent, uint32_t at,
		 const struct agent_audit_row *row, bool next[REF_ROWS + 1])
{
	bool some = false;

	for (; at < agent->nr_rows; at++) {
		if (is_like(row, &agent->rows[at])) {
			next[at + 1] = true;
			some = true;
		}
		if (!agent->rows[at].may)
			break;
	}
	return some;
}

static void match(uint32_t index, const struct agent_audit_row *row)
{
	const struct ref_agent *agent = &ref_agents[index];
	bool next[REF_ROWS + 1] = { false }, some = false;
	struct seen *so_far = &seen[index];
	const struct ref_row *want;
	uint32_t i, last = 0;

	for (i = 0; i <= agent->nr_rows; i++) {
		if (!so_far->at[i])
			continue;
		last = i;
		some = step(agent, i, row, next) || some;
	}
	memcpy(so_far->at, next, sizeof(next));
	if (some)
		return;
	want = &agent->rows[last];
	if (last == agent->nr_rows)
		run_fail("agent %u: a row of %s (capability %u) too much",
			 index, name_event(row->event), row->cap);
	else
		run_fail("agent %u: a row of %s (%u, %u), the model has %s (%u, %u)",
			 index, name_event(row->event), row->cap, row->reason,
			 name_event(want->event), want->cap, want->reason);
}

/* Return: a row that must still come, NULL when there is none. */
static const struct ref_row *missing(uint32_t index)
{
	const struct ref_agent *agent = &ref_agents[index];
	uint32_t i, last = agent->nr_rows;

	while (last && agent->rows[last - 1].may)
		last--;
	for (i = last; i <= agent->nr_rows; i++) {
		if (seen[index].at[i])
			return NULL;
	}
	return &agent->rows[last - 1];
}

static void take_row(const struct agent_audit_row *row)
{
	uint32_t i;

	for (i = 0; i < ref_nr_agents; i++) {
		if (ref_agents[i].aid == row->aid)
			break;
	}
	if (i == ref_nr_agents)
		return;
	if (row->event == AGENT_EVENT_EXIT) {
		seen[i].ended = true;
		return;
	}
	seen[i].denials += row->event == AGENT_EVENT_DENY;
	/* The test itself opens files beside. */
	if (i)
		match(i, row);
}

static bool read_some(int ms)
{
	static uint8_t rows[1 << 16];
	struct pollfd wait = { .fd = follow, .events = POLLIN };
	long size = 0, pos;

	if (poll(&wait, 1, ms) == 1)
		size = read(follow, rows, sizeof(rows));
	for (pos = 0; pos < size;) {
		const struct agent_audit_row *row = (void *)(rows + pos);

		pos += row->size;
		take_row(row);
	}
	return size > 0;
}

void rows_read(void)
{
	read_some(0);
}

static bool all_ended(void)
{
	uint32_t i;

	for (i = 1; i < ref_nr_agents; i++) {
		if (!seen[i].ended)
			return false;
	}
	return true;
}

/* An agent's last row is sealed after all others of it. */
bool rows_agree(void)
{
	uint32_t i, tries;

	for (tries = 0; !all_ended() && tries < ROWS_MS / 10; tries++) {
		if (!read_some(10))
			usleep(10000);
	}
	if (!all_ended())
		run_fail("rows are missing");
	for (i = 1; i < ref_nr_agents && !*run_fault; i++) {
		const struct ref_agent *agent = &ref_agents[i];

		if (missing(i))
			run_fail("agent %u: no row of %s", i,
				 name_event(missing(i)->event));
		if (seen[i].denials != agent->denials)
			run_fail("agent %u: %llu rows of %llu denials", i,
				 (unsigned long long)seen[i].denials,
				 (unsigned long long)agent->denials);
	}
	return !*run_fault;
}
