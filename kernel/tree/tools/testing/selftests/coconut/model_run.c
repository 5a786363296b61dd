// SPDX-License-Identifier: GPL-2.0
/* The model's operations; see model_run.h. */

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "model_ref.h"
#include "model_run.h"

#define ANSWER_MS	20000
#define NOBODY		999999	/* an AID that there is not */

char run_fault[512];
uint32_t run_done[RUN_KINDS], run_denied[RUN_KINDS];

/* The test's ends of the pipes, and who is there. */
static struct {
	int to;
	int from;
	int agent;	/* index in ref_agents, -1 for none so far */
} slots[MODEL_AGENTS];

static struct {
	size_t manifest_size;
	size_t size;
	uint8_t data[TALK_MAX];
} papers[MODEL_MANIFESTS];

void run_fail(const char *format, ...)
{
	va_list args;

	if (*run_fault)
		return;
	va_start(args, format);
	vsnprintf(run_fault, sizeof(run_fault), format, args);
	va_end(args);
}

int run_agent_in(uint32_t slot)
{
	return slots[slot].agent;
}

/* A pipe whose other end has a number that all agents know it by. */
static int make_pipe(int number, bool theirs_reads)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) || dup2(ends[!theirs_reads], number) < 0)
		bail("pipe: %s", strerror(errno));
	close(ends[!theirs_reads]);
	return ends[theirs_reads];
}

void run_prepare(void)
{
	static struct signed_manifest manifest;
	uint32_t i;
	char name[32];
	int err;

	for (i = 1; i < MODEL_AGENTS; i++) {
		slots[i].to = make_pipe(MODEL_IN(i), true);
		slots[i].from = make_pipe(MODEL_OUT(i), false);
	}
	/* The test needs none, but each number of the list is to be open. */
	if (dup2(0, MODEL_IN(0)) < 0 || dup2(1, MODEL_OUT(0)) < 0)
		bail("dup2: %s", strerror(errno));
	for (i = 0; i < MODEL_MANIFESTS; i++) {
		snprintf(name, sizeof(name), "model/model-%u", i);
		err = manifest_load(name, &manifest);
		if (err || manifest.manifest_size + manifest.signature_size >
		    TALK_MAX)
			bail("manifest %s: %s", name, strerror(-err));
		papers[i].manifest_size = manifest.manifest_size;
		papers[i].size = manifest.manifest_size +
				 manifest.signature_size;
		memcpy(papers[i].data, manifest.manifest,
		       manifest.manifest_size);
		memcpy(papers[i].data + manifest.manifest_size,
		       manifest.signature, manifest.signature_size);
	}
}

void run_begin(void)
{
	struct agent_attestation at;
	uint32_t i;

	model_close_files();
	attest(AGENT_AID_SELF, &at);
	ref_reset(at.aid, getpid());
	ref_agents[0].denials = at.denials;
	slots[0].agent = 0;
	for (i = 1; i < MODEL_AGENTS; i++)
		slots[i].agent = -1;
	*run_fault = '\0';
	rows_begin();
}

/* What nobody has read is not for the next agent in the slot. */
static void drain(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char bytes[256];

	while (poll(&wait, 1, 0) > 0 && read(fd, bytes, sizeof(bytes)) > 0)
		;
}

static void await_end(uint32_t agent)
{
	if (await_state(ref_agents[agent].aid, -ESRCH) != -ESRCH)
		bail("agent %llu does not end",
		     (unsigned long long)ref_agents[agent].aid);
}

void run_end(void)
{
	uint32_t i;

	for (i = 1; i < MODEL_AGENTS; i++) {
		int agent = slots[i].agent;

		if (agent < 0)
			continue;
		if (state_of(ref_agents[agent].aid) >= 0)
			cap_revoke(ref_agents[agent].aid,
				   AGENT_REVOKE_TERMINATE, 0, NULL);
		await_end(agent);
		drain(slots[i].from);
		slots[i].agent = -1;
	}
}

static bool take_answer(uint32_t slot, struct model_answer *ret)
{
	struct pollfd wait = { .fd = slots[slot].from, .events = POLLIN };

	if (poll(&wait, 1, ANSWER_MS) != 1 ||
	    read(slots[slot].from, ret, sizeof(*ret)) != sizeof(*ret)) {
		run_fail("slot %u does not answer", slot);
		return false;
	}
	return true;
}

static struct model_answer ask(uint32_t slot, struct model_request request,
			       const void *data)
{
	struct model_answer answer = { .error = -EPIPE };

	if (!slot)
		return model_do(&request, data);
	if (write(slots[slot].to, &request, sizeof(request)) !=
	    sizeof(request) ||
	    write(slots[slot].to, data ?: "", request.size) !=
	    (ssize_t)request.size)
		bail("slot %u does not listen: %s", slot, strerror(errno));
	if (request.op != TALK_EXIT)
		take_answer(slot, &answer);
	return answer;
}

const char *run_name_error(long long error)
{
	static char text[2][32];
	static int turn;

	turn = !turn;
	if (!error)
		return "0";
	if (error == -ECAPABILITY)
		return "ECAPABILITY";
	snprintf(text[turn], sizeof(text[turn]), "%s",
		 strerrorname_np(-error) ?: "?");
	return text[turn];
}

/* Return: whether it went as it should. */
static bool compare(const struct run_op *op, const struct model_answer *got,
		    int want)
{
	run_done[op->kind]++;
	run_denied[op->kind] += want == -ECAPABILITY;
	if (got->error == want)
		return true;
	run_fail("got %s, the model says %s", run_name_error(got->error),
		 run_name_error(want));
	return false;
}

static uint64_t aid_in(const struct run_op *op)
{
	int agent = slots[op->object].agent;

	if (op->self && op->object == op->subject)
		return AGENT_AID_SELF;
	return agent < 0 ? NOBODY : ref_agents[agent].aid;
}

static void do_spawn(const struct run_op *op, uint32_t subject)
{
	const uint32_t slot = op->object, next = ref_nr_agents;
	struct model_answer got, hello;
	struct agent_attestation at;
	uint32_t error_cap;
	int want;

	if (!slot || ref_nr_agents == REF_AGENTS ||
	    (slots[slot].agent >= 0 && ref_agents[slots[slot].agent].live))
		return;
	want = ref_spawn(subject, op->number, &error_cap);
	got = ask(op->subject, (struct model_request) {
		.op = TALK_SPAWN,
		.size = papers[op->number].size,
		.a = slot,
		.b = papers[op->number].manifest_size,
	}, papers[op->number].data);
	if (!compare(op, &got, want))
		return;
	if (want) {
		if ((uint32_t)got.values[0] != error_cap)
			run_fail("capability %d is named, the model says %d",
				 (int)got.values[0], (int)error_cap);
		return;
	}
	slots[slot].agent = next;
	if (take_answer(slot, &hello) && attest(got.values[0], &at) > 0)
		ref_born(next, got.values[0], hello.values[0], at.denials);
	else
		run_fail("a new agent does not begin");
}

static void do_grant(const struct run_op *op, uint32_t subject, int object)
{
	struct cbor cbor = model_cbor(&op->cap);
	int want = ref_grant(subject, object, &op->cap);
	struct model_answer got = ask(op->subject, (struct model_request) {
		.op = TALK_GRANT,
		.size = cbor.size,
		.a = aid_in(op),
	}, cbor.data);
	struct ref_agent *to = &ref_agents[object];

	if (compare(op, &got, want) && !want)
		to->caps[to->nr_caps - 1]->handle = got.values[0];
}

static void do_release(const struct run_op *op, uint32_t subject, int object)
{
	int want = ref_release(subject, object);
	struct model_answer got = ask(op->subject, (struct model_request) {
		.op = TALK_GRANT,
		.a = aid_in(op),
		.b = AGENT_GRANT_RELEASE,
	}, NULL);

	compare(op, &got, want);
}

/* The handle of a capability by its place in the bundle, or none of it. */
static uint64_t pick_handle(const struct run_op *op, int object)
{
	const struct ref_agent *agent = &ref_agents[object];

	if (object < 0 || !agent->nr_caps)
		return 1;
	if (op->number % 16 == 15)
		return 1;
	return agent->caps[op->number % agent->nr_caps]->handle;
}

static void do_revoke(const struct run_op *op, uint32_t subject, int object)
{
	const bool all = op->kind == RUN_REVOKE_ALL;
	uint64_t handle = all ? 0 : pick_handle(op, object);
	struct ref_removed removed = { .caps = 0 };
	struct model_answer got;
	int want;

	/* The test itself is what it always was. */
	if (!object)
		return;
	want = all ? ref_revoke_all(subject, object, &removed) :
		     ref_revoke(subject, object, handle, &removed);
	got = ask(op->subject, (struct model_request) {
		.op = TALK_REVOKE,
		.a = aid_in(op),
		.b = all ? AGENT_REVOKE_ALL : 0,
		.c = handle,
	}, NULL);
	if (!compare(op, &got, want) || want)
		return;
	if (got.values[0] != removed.caps || got.values[1] != removed.agents ||
	    got.values[2] != removed.files || got.values[3])
		run_fail("%llu caps, %llu agents, %llu files, %llu maps, not %llu, %llu, %llu, 0",
			 (unsigned long long)got.values[0],
			 (unsigned long long)got.values[1],
			 (unsigned long long)got.values[2],
			 (unsigned long long)got.values[3],
			 (unsigned long long)removed.caps,
			 (unsigned long long)removed.agents,
			 (unsigned long long)removed.files);
}

static void do_whole(const struct run_op *op, uint32_t subject, int object)
{
	const bool freeze = op->kind == RUN_QUARANTINE;
	int want = freeze ? ref_quarantine(subject, object) :
			    ref_terminate(subject, object);
	struct model_answer got = ask(op->subject, (struct model_request) {
		.op = TALK_REVOKE,
		.a = aid_in(op),
		.b = freeze ? AGENT_REVOKE_QUARANTINE : AGENT_REVOKE_TERMINATE,
	}, NULL);

	if (!compare(op, &got, want) || want)
		return;
	if (got.values[0] != 1)
		run_fail("%llu processes, the model says 1",
			 (unsigned long long)got.values[0]);
	if (!freeze) {
		await_end(object);
		drain(slots[op->object].from);
	}
}

static void do_exit(const struct run_op *op, uint32_t subject)
{
	if (!subject)
		return;
	ref_end(subject);
	ask(op->subject, (struct model_request) { .op = TALK_EXIT }, NULL);
	run_done[op->kind]++;
	await_end(subject);
}

static void do_present(const struct run_op *op, uint32_t subject, int object)
{
	const bool use = op->kind == RUN_PRESENT_USE;
	struct cbor cbor = model_cbor(&op->cap);
	struct model_answer got;
	int want;

	if (use && !object)
		return;
	want = ref_present(subject, object, &op->cap, use);
	got = ask(op->subject, (struct model_request) {
		.op = TALK_PRESENT,
		.size = cbor.size,
		.a = aid_in(op),
		.b = use ? AGENT_PRESENT_USE : 0,
	}, cbor.data);
	compare(op, &got, want);
}

static void do_look(const struct run_op *op, uint32_t subject, int object)
{
	const bool kill = op->kind == RUN_SIGNAL;
	struct model_answer got;
	int want;

	if (kill && (object < 0 || !ref_agents[object].live ||
		     object == (int)subject))
		return;
	want = kill ? ref_signal(subject, object) :
		      ref_attest(subject, object);
	got = ask(op->subject, (struct model_request) {
		.op = kill ? TALK_SIGNAL : TALK_ATTEST,
		.a = kill ? (uint64_t)ref_agents[object].pid : aid_in(op),
	}, NULL);
	compare(op, &got, want);
}

static void do_open(const struct run_op *op, uint32_t subject)
{
	uint32_t place = MODEL_DIRS + op->more % MODEL_DIRS;
	int want = ref_open(subject, op->number % MODEL_FILES, place, op->mode);
	struct model_answer got;
	char path[64];
	int size;

	size = snprintf(path, sizeof(path), MODEL_DIR "%s", model_place(place));
	got = ask(op->subject, (struct model_request) {
		.op = TALK_OPEN,
		.size = size,
		.a = op->number % MODEL_FILES,
		.b = op->mode,
	}, path);
	compare(op, &got, want);
}

static void do_file(const struct run_op *op, uint32_t subject)
{
	int want = ref_use_file(subject, op->number % MODEL_FILES,
				op->kind == RUN_WRITE);
	struct model_answer got = ask(op->subject, (struct model_request) {
		.op = op->kind == RUN_READ ? TALK_READ :
		      op->kind == RUN_PREAD ? TALK_PREAD : TALK_WRITE,
		.a = op->number % MODEL_FILES,
	}, NULL);

	compare(op, &got, want);
}

static void do_net(const struct run_op *op, uint32_t subject)
{
	const bool tcp = op->mode == 6, bind = op->kind == RUN_BIND;
	uint32_t address = 0x7f000000 | op->number;
	int want = ref_use_net(subject, bind ? MODEL_BIND : MODEL_CONNECT,
			       address, op->more, op->mode);
	struct model_answer got = ask(op->subject, (struct model_request) {
		.op = bind ? TALK_BIND : TALK_CONNECT,
		.a = address,
		.b = op->more,
		.c = tcp ? SOCK_STREAM : SOCK_DGRAM,
	}, NULL);

	/* Nobody listens, which is found out only where it is allowed. */
	if (!want && tcp && !bind)
		want = -ECONNREFUSED;
	compare(op, &got, want);
}

bool run_do(const struct run_op *op)
{
	int subject = slots[op->subject].agent;
	int object = slots[op->object].agent;
	uint32_t i;

	if (subject < 0 || !ref_agents[subject].live ||
	    ref_agents[subject].frozen)
		return true;
	switch ((enum run_kind)op->kind) {
	case RUN_SPAWN:
		do_spawn(op, subject);
		break;
	case RUN_GRANT:
		do_grant(op, subject, object);
		break;
	case RUN_RELEASE:
		do_release(op, subject, object);
		break;
	case RUN_REVOKE:
	case RUN_REVOKE_ALL:
		do_revoke(op, subject, object);
		break;
	case RUN_QUARANTINE:
	case RUN_TERMINATE:
		do_whole(op, subject, object);
		break;
	case RUN_EXIT:
		do_exit(op, subject);
		break;
	case RUN_PRESENT:
	case RUN_PRESENT_USE:
		do_present(op, subject, object);
		break;
	case RUN_ATTEST:
	case RUN_SIGNAL:
		do_look(op, subject, object);
		break;
	case RUN_OPEN:
		do_open(op, subject);
		break;
	case RUN_READ:
	case RUN_PREAD:
	case RUN_WRITE:
		do_file(op, subject);
		break;
	case RUN_CONNECT:
	case RUN_BIND:
		do_net(op, subject);
		break;
	case RUN_KINDS:
		break;
	}
	for (i = 0; i < MODEL_AGENTS; i++) {
		if (slots[i].agent >= 0 && ref_agents[slots[i].agent].live)
			run_check(slots[i].agent);
	}
	rows_read();
	return !*run_fault;
}
