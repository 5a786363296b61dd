/* SPDX-License-Identifier: MIT */
/*
 * Denials, traps, and who a peer is.  The two calls of the kernel are defined
 * here in place of its own, so that the test needs no kernel with agents.
 */
#include <coconut.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static struct agent_audit_query_args asked;
static int64_t answer;
static struct agent_denial first;

int64_t coconut_audit_query(struct agent_audit_query_args *args)
{
	asked = *args;
	if (answer > 0)
		memcpy((void *)(uintptr_t)args->buf, &first, sizeof(first));
	args->next_seq = 9;
	return answer;
}

static struct agent_denial sample(void)
{
	struct agent_denial denial = {
		.number = 8,
		.time_ns = 12345678901,
		.object = { 2049, 77 },
		.pid = 70,
		.cap = AGENT_CAP_FS_READ,
		.reason = AGENT_REASON_RATE,
		.error = ECAPABILITY,
	};

	denial.text_size = strlen(strcpy(denial.text, "/home/maya/a\x1b"));
	denial.hint_size = strlen(strcpy(denial.hint, "not so \"fast\""));
	return denial;
}

static void check_query(void)
{
	struct agent_denial denials[AGENT_DENIALS_KEPT] = { 0 };
	uint64_t next = 0;

	first = sample();
	answer = sizeof(first);
	is_number(coconut_denials(7, 5, denials, AGENT_DENIALS_KEPT, &next), 1,
		  "one denial");
	is_number(denials[0].number, 8, "is given");
	is_number(next, 9, "and where to go on");
	is_number(asked.flags, AGENT_AUDIT_REASONS, "asked for as reasons");
	is_number(asked.aid, 7, "of the agent");
	is_number(asked.seq, 5, "from that number");
	is_number(asked.buf_size, sizeof(denials), "with the room there is");
	answer = 0;
	is_number(coconut_denials(AGENT_AID_SELF, 1, denials, 1, NULL), 0,
		  "no denial");
	is_number(asked.buf_size, sizeof(denials[0]), "with room for one");
	answer = -ECAPABILITY;
	next = 1;
	is_number(coconut_denials(7, 1, denials, SIZE_MAX, &next), -ECAPABILITY,
		  "a refusal");
	is_number(next, 1, "leaves the number alone");
	is_number(asked.buf_size, sizeof(denials),
		  "more than is kept is not asked for");
}

static void check_line(void)
{
	struct agent_denial denial = sample();
	char text[COCONUT_DENIAL_TEXT_MAX];
	size_t size;

	size = coconut_denial_format(&denial, text, sizeof(text));
	is(text,
	   "8 12.345s pid=70 fs.read /home/maya/a\\x1b reason=rate error=ECAPABILITY hint=\"not so \"fast\"\"",
	   "a line");
	is_number(size, strlen(text), "its length");
	is_number(coconut_denial_format(&denial, text, 10), size,
		  "which is the same without room");
	is_number(strlen(text), 9, "where it is cut");
	denial.cap = AGENT_CAP_NONE;
	denial.text_size = 0;
	denial.hint_size = 0;
	denial.reason = 999;
	denial.error = 4000;
	coconut_denial_format(&denial, text, sizeof(text));
	is(text, "8 12.345s pid=70 reason=unknown error=4000",
	   "what is not there is left out");
}

static void check_json(void)
{
	struct agent_denial denial = sample();
	char text[COCONUT_DENIAL_TEXT_MAX];

	coconut_denial_json(&denial, text, sizeof(text));
	is(text,
	   "{\"number\":8,\"time_ns\":12345678901,\"pid\":70,\"object\":[2049,77],"
	   "\"cap\":\"fs.read\",\"reason\":\"rate\","
	   "\"explanation\":\"the capability's rate is used up for now\","
	   "\"errno\":134,\"error\":\"ECAPABILITY\","
	   "\"text\":\"/home/maya/a\\u001b\",\"text_size\":13,"
	   "\"hint\":\"not so \\\"fast\\\"\"}",
	   "an object");
	denial.text[0] = '\xff';
	coconut_denial_json(&denial, text, sizeof(text));
	ok(strstr(text, "\"text_hex\":\"ff686f6d65"),
	   "bytes that are no UTF-8");
}

/* A long name is cut, but not within a character. */
static void check_long(void)
{
	struct agent_denial denial = sample();
	char text[COCONUT_DENIAL_TEXT_MAX];

	memset(denial.text, 'a', sizeof(denial.text));
	memcpy(denial.text + AGENT_DENIAL_TEXT_MAX - 2, "\xe2\x82", 2);
	denial.text_size = 1000;
	denial.hint_size = UINT32_MAX;
	memset(denial.hint, '\x01', sizeof(denial.hint));
	ok(coconut_denial_format(&denial, text, sizeof(text)) < sizeof(text),
	   "the longest line has room");
	ok(strstr(text, "aaa... reason="), "a cut name is shown as cut");
	ok(!strstr(text, "\\xe2"), "without half a character");
	ok(coconut_denial_json(&denial, text, sizeof(text)) < sizeof(text),
	   "the longest object has room");
	ok(strstr(text, "aaa\",\"text_size\":1000,"), "and tells the length");
	memset(denial.text, '\xff', sizeof(denial.text));
	ok(coconut_denial_format(&denial, text, sizeof(text)) < sizeof(text),
	   "whatever stands in it");
	ok(coconut_denial_json(&denial, text, sizeof(text)) < sizeof(text),
	   "as an object too");
}

static void check_trap(void)
{
	union {
		siginfo_t info;
		uint8_t bytes[sizeof(siginfo_t)];
	} got = { .info.si_signo = SIGTRAP };
	struct agent_trap sent = {
		.address = 0x401000,
		.number = 8,
		.object = 77,
		.cap = AGENT_CAP_FS_READ,
		.reason = AGENT_REASON_SCOPE,
	};
	struct agent_trap trap = { 0 };

	got.info.si_code = TRAP_AGENT;
	memcpy(got.bytes + 16, &sent, sizeof(sent));
	is_number(coconut_trap_from_siginfo(&got.info, &trap), 0,
		  "a trap of a denial");
	ok(!memcmp(&trap, &sent, sizeof(trap)), "tells all of it");
	ok(got.info.si_addr == (void *)0x401000, "its address is si_addr");
	trap.number = 0;
	got.info.si_code = TRAP_BRKPT;
	is_number(coconut_trap_from_siginfo(&got.info, &trap), -EINVAL,
		  "a breakpoint is none");
	got.info.si_code = TRAP_AGENT;
	got.info.si_signo = SIGSEGV;
	is_number(coconut_trap_from_siginfo(&got.info, &trap), -EINVAL,
		  "nor is another signal");
	is_number(trap.number, 0, "and nothing is told");
}

static void check_peer(void)
{
	uint64_t aid = 1;
	int fds[2], err;

	is_number(coconut_peer_aid(-1, &aid), -EBADF, "no descriptor");
	is_number(aid, 1, "tells nothing");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		abort();
	errno = 5;
	err = coconut_peer_aid(fds[0], &aid);
	/* The test is no agent, and most kernels it runs on have none. */
	ok(err == -ENOPROTOOPT || (!err && aid == AGENT_AID_LEGACY),
	   "a pair of one's own");
	is_number(errno, 5, "errno is left alone");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	check_query();
	check_line();
	check_json();
	check_long();
	check_trap();
	check_peer();
	return tap_end();
}
