// SPDX-License-Identifier: GPL-2.0
/* agent_child: agents below this one, and what is passed on to them. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "chain.h"
#include "child.h"
#include "child_ops.h"

/* Return: how many bytes a text of two digits each stands for. */
static size_t unhex(const char *text, uint8_t *to, size_t room)
{
	size_t size = 0;

	while (size < room && sscanf(text, "%2hhx", &to[size]) == 1) {
		text += 2;
		size++;
	}
	return size;
}

/* grant AID CBOR: the value is the handle */
static int op_grant(char **words, long long *value)
{
	uint8_t cap[512];
	size_t size = unhex(words[1], cap, sizeof(cap));
	uint64_t handle = 0;
	long ret = cap_grant(strtoull(words[0], NULL, 0), cap, size, &handle);

	*value = handle;
	return -ret;
}

/* present AID CBOR FLAGS */
static int op_present(char **words, long long *value)
{
	uint8_t cap[512];
	struct agent_cap_present_args args = {
		.flags = strtoull(words[2], NULL, 0),
		.aid = strtoull(words[0], NULL, 0),
		.cap = (uintptr_t)cap,
		.cap_size = unhex(words[1], cap, sizeof(cap)),
	};

	(void)value;
	return -CALL(cap_present, &args);
}

/*
 * counts AID FLAGS HANDLE: revoke; the value has 16 bits for each of the
 * counts, the capabilities in the lowest ones
 */
static int op_counts(char **words, long long *value)
{
	struct agent_cap_revoke_args args = {
		.flags = strtoull(words[1], NULL, 0),
		.aid = strtoull(words[0], NULL, 0),
		.handle = strtoull(words[2], NULL, 0),
	};
	long ret = CALL(cap_revoke, &args);

	*value = args.removed | args.agents << 16 | args.files << 32 |
		 args.mappings << 48;
	return -ret;
}

static size_t list_kept(uint32_t *keep, int in, int out)
{
	size_t nr = 0;
	int fd;

	for (fd = CHAIN_FD; fd < CHAIN_FD + 2 * CHAIN_MAX; fd++) {
		if (fd != in && fd != out && fcntl(fd, F_GETFD) >= 0)
			keep[nr++] = fd;
	}
	return nr;
}

/*
 * beget NAME IN OUT: an agent that is told what to do by the descriptor IN,
 * and answers by OUT; the value is its AID
 */
static int op_beget(char **words, long long *value)
{
	static struct signed_manifest manifest;
	const int in = atoi(words[1]), out = atoi(words[2]);
	char *const argv[] = { CHILD_IMAGE, NULL };
	char *const envp[] = { NULL };
	uint32_t keep[2 * CHAIN_MAX] = { 0 };
	struct agent_spawn_args args = {
		.exit_signal = SIGCHLD,
		.manifest = (uintptr_t)manifest.manifest,
		.signature = (uintptr_t)manifest.signature,
		.nr_keep = list_kept(keep, in, out),
	};
	int err = manifest_load(words[0], &manifest);
	long aid;

	if (err)
		return -err;
	args.keep = args.nr_keep ? (uintptr_t)keep : 0;
	args.manifest_size = manifest.manifest_size;
	args.signature_size = manifest.signature_size;
	aid = CALL(spawn, &args);
	if (!aid) {
		if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
			_exit(125);
		execve(CHILD_IMAGE, argv, envp);
		_exit(errno);
	}
	close(in);
	close(out);
	*value = aid;
	return aid < 0 ? -aid : 0;
}

const struct op chain_ops[] = {
	{ "grant", 2, op_grant },
	{ "present", 3, op_present },
	{ "counts", 3, op_counts },
	{ "beget", 3, op_beget },
	{ NULL, 0, NULL },
};
