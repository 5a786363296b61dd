// SPDX-License-Identifier: GPL-2.0
/* Agents below agents; see chain.h. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"
#include "chain.h"
#include "harness.h"
#include "rows.h"
#include "tests.h"

#define BIT(event) (1U << (event))

#define ANSWER_MS	20000	/* an emulated machine may be slow */

uint64_t find_cap(uint64_t aid, uint32_t id, const char *path,
		  struct agent_cap_info *ret)
{
	static uint8_t buf[1 << 18];
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_CAPS,
		.aid = aid,
		.buf = (uintptr_t)buf,
		.buf_size = sizeof(buf),
	};
	long size = CALL(attest, &args), pos;

	for (pos = 0; pos < size;) {
		const struct agent_cap_info *info = (void *)(buf + pos);

		pos += info->size;
		if (info->id != id)
			continue;
		if (path && !memmem(info + 1, info->cbor_size, path,
				    strlen(path)))
			continue;
		if (ret)
			*ret = *info;
		return info->handle;
	}
	return 0;
}

uint64_t must_grant(uint64_t aid, const struct cbor *cap)
{
	uint64_t handle = 0;
	long ret = cap_grant(aid, cap->data, cap->size, &handle);

	if (ret)
		bail("cannot grant to %llu: errno %ld",
		     (unsigned long long)aid, -ret);
	return handle;
}

static const char *hex(const struct cbor *cap)
{
	static char text[2 * 400 + 1];
	size_t i;

	if (cap->size > 400)
		bail("a capability too long for a line");
	for (i = 0; i < cap->size; i++)
		sprintf(text + 2 * i, "%02x", cap->data[i]);
	return text;
}

int child_grant(struct child *granter, uint64_t aid, const struct cbor *cap)
{
	return child_ask(granter, "grant %llu %s", (unsigned long long)aid,
			 hex(cap));
}

uint64_t must_grant_by(struct child *granter, uint64_t aid,
		       const struct cbor *cap)
{
	int ret = child_grant(granter, aid, cap);

	if (ret)
		bail("%llu cannot grant to %llu: errno %d",
		     (unsigned long long)granter->aid, (unsigned long long)aid,
		     -ret);
	return granter->value;
}

int child_present(struct child *child, uint64_t aid, const struct cbor *cap,
		  uint64_t flags)
{
	return child_ask(child, "present %llu %s %llu",
			 (unsigned long long)aid, hex(cap),
			 (unsigned long long)flags);
}

long present_use(uint64_t aid, const struct cbor *cap)
{
	struct agent_cap_present_args args = {
		.flags = AGENT_PRESENT_USE,
		.aid = aid,
		.cap = (uintptr_t)cap->data,
		.cap_size = cap->size,
	};

	return CALL(cap_present, &args);
}

long revoke_counts(uint64_t aid, uint64_t flags, uint64_t handle,
		   struct counts *ret)
{
	struct agent_cap_revoke_args args = {
		.flags = flags,
		.aid = aid,
		.handle = handle,
	};
	long err = CALL(cap_revoke, &args);

	*ret = (struct counts) {
		.removed = args.removed,
		.agents = args.agents,
		.files = args.files,
		.mappings = args.mappings,
	};
	return err;
}

int child_revoke_counts(struct child *by, uint64_t aid, uint64_t flags,
			uint64_t handle, struct counts *ret)
{
	int err = child_ask(by, "counts %llu %llu %llu",
			    (unsigned long long)aid, (unsigned long long)flags,
			    (unsigned long long)handle);
	const uint64_t all = by->value;

	*ret = (struct counts) {
		.removed = all & 0xffff,
		.agents = all >> 16 & 0xffff,
		.files = all >> 32 & 0xffff,
		.mappings = all >> 48,
	};
	return err;
}

void expect_counts(const struct counts *got, struct counts want,
		   const char *what)
{
	bool same = !memcmp(got, &want, sizeof(want));

	if (!same)
		printf("# took %llu, of %llu agents, %llu files, %llu mappings\n",
		       (unsigned long long)got->removed,
		       (unsigned long long)got->agents,
		       (unsigned long long)got->files,
		       (unsigned long long)got->mappings);
	check(same, "%s: %llu of %llu agents, %llu files, %llu mappings", what,
	      (unsigned long long)want.removed,
	      (unsigned long long)want.agents, (unsigned long long)want.files,
	      (unsigned long long)want.mappings);
}

static void move_to(int fd, int number)
{
	if (fcntl(fd, F_DUPFD, number) != number)
		bail("descriptor %d is in use", number);
	close(fd);
}

/* Both ends' other ends go down the chain, to where they belong. */
static size_t make_pipes(struct child *links, size_t count, uint32_t *keep)
{
	int to[2], from[2];
	size_t i, nr = 0;

	for (i = 1; i < count; i++) {
		if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
			bail("pipe: %s", strerror(errno));
		keep[nr] = CHAIN_FD + nr;
		move_to(to[0], keep[nr++]);
		keep[nr] = CHAIN_FD + nr;
		move_to(from[1], keep[nr++]);
		links[i] = (struct child) {
			.pidfd = -1,
			.to = to[1],
			.from = from[0],
		};
	}
	return nr;
}

void chain_start(struct child *links, size_t count, const char *const *names)
{
	uint32_t keep[2 * CHAIN_MAX] = { 0 };
	size_t nr = make_pipes(links, count, keep), i;

	if (child_spawn_keep(&links[0], names[0], keep, nr))
		bail("cannot spawn %s", names[0]);
	for (i = 0; i < nr; i++)
		close(keep[i]);
	for (i = 1; i < count; i++) {
		int fd = CHAIN_FD + 2 * (i - 1);

		if (child_ask(&links[i - 1], "beget %s %d %d", names[i], fd,
			      fd + 1))
			bail("agent %zu of the chain cannot spawn %s", i,
			     names[i]);
		links[i].aid = links[i - 1].value;
		if (child_answer(&links[i], ANSWER_MS))
			bail("agent %zu of the chain is silent", i + 1);
		links[i].pid = links[i].value;
	}
}

long count_cap_rows(uint64_t aid, uint32_t event, uint32_t cap)
{
	static uint8_t rows[1 << 18];
	struct agent_audit_query_args args = {
		.aid = aid,
		.events = BIT(event),
		.cap = cap,
		.buf = (uintptr_t)rows,
		.buf_size = sizeof(rows),
	};
	long count = 0, size, pos;

	while ((size = CALL(audit_query, &args)) > 0) {
		for (pos = 0; pos < size; count++)
			pos += ((struct agent_audit_row *)(rows + pos))->size;
		args.seq = args.next_seq;
	}
	return size < 0 ? size : count;
}

void chain_end(struct child *links, size_t count)
{
	struct agent_attestation at;
	int tries;

	while (count--) {
		struct child *link = &links[count];

		if (!count) {
			expect_rows(link);
			return;
		}
		if (attest(link->aid, &at) < 0)
			bail("agent %zu of the chain is gone", count + 1);
		close(link->to);
		close(link->from);
		await_state(link->aid, -ESRCH);
		for (tries = 0; tries < 1000; tries++) {
			if (count_rows(link->aid, BIT(AGENT_EVENT_EXIT)) > 0)
				break;
			usleep(5000);
		}
		expect(count_rows(link->aid, BIT(AGENT_EVENT_DENY)),
		       at.denials, "agent %zu: as many rows as denials",
		       count + 1);
	}
}
