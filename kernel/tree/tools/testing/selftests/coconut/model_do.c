// SPDX-License-Identifier: GPL-2.0
/* What the model's test and its agents do, each in its own name. */

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "calls.h"
#include "model_caps.h"
#include "model_talk.h"

static int files[MODEL_FILES] = { -1, -1, -1, -1 };

static int result(long ret)
{
	return ret < 0 ? -errno : 0;
}

/* In the new agent, before its image: nothing may be opened here. */
static void __attribute__((noreturn)) run_image(int slot)
{
	static char *const argv[] = { (char *)MODEL_IMAGE, NULL };
	static char *const envp[] = { NULL };

	if (dup2(MODEL_IN(slot), 0) < 0 || dup2(MODEL_OUT(slot), 1) < 0)
		_exit(125);
	execve(MODEL_IMAGE, argv, envp);
	_exit(126);
}

static void spawn(const struct model_request *request, const uint8_t *data,
		  struct model_answer *ret)
{
	uint32_t keep[2 * MODEL_AGENTS];
	struct agent_spawn_args args = {
		.manifest = (uintptr_t)data,
		.manifest_size = request->b,
		.signature = (uintptr_t)(data + request->b),
		.signature_size = request->size - request->b,
		.exit_signal = SIGCHLD,
		.error_cap = ~0U,
		.keep = (uintptr_t)keep,
		.nr_keep = ARRAY_SIZE(keep),
	};
	uint32_t i;
	long aid;

	for (i = 0; i < ARRAY_SIZE(keep); i++)
		keep[i] = MODEL_IN(0) + i;
	aid = CALL(spawn, &args);
	if (!aid)
		run_image(request->a);
	ret->error = aid < 0 ? aid : 0;
	ret->values[0] = aid < 0 ? args.error_cap : aid;
}

static void grant(const struct model_request *request, const void *data,
		  struct model_answer *ret)
{
	struct agent_cap_grant_args args = {
		.flags = request->b,
		.aid = request->a,
		.cap = request->size ? (uintptr_t)data : 0,
		.cap_size = request->size,
	};

	ret->error = CALL(cap_grant, &args);
	ret->values[0] = args.handle;
}

static void take_back(const struct model_request *request,
		      struct model_answer *ret)
{
	struct agent_cap_revoke_args args = {
		.flags = request->b,
		.aid = request->a,
		.handle = request->c,
	};

	ret->error = CALL(cap_revoke, &args);
	ret->values[0] = args.removed;
	ret->values[1] = args.agents;
	ret->values[2] = args.files;
	ret->values[3] = args.mappings;
}

static int ask(const struct model_request *request, const void *data)
{
	struct agent_cap_present_args args = {
		.flags = request->b,
		.aid = request->a,
		.cap = (uintptr_t)data,
		.cap_size = request->size,
	};

	return CALL(cap_present, &args);
}

void model_close_files(void)
{
	uint32_t i;

	for (i = 0; i < MODEL_FILES; i++) {
		if (files[i] >= 0)
			close(files[i]);
		files[i] = -1;
	}
}

static int open_file(const struct model_request *request, const char *path)
{
	int *fd = &files[request->a % MODEL_FILES];

	if (*fd >= 0)
		close(*fd);
	*fd = open(path, request->b | O_CLOEXEC);
	return result(*fd);
}

static int use_file(const struct model_request *request)
{
	int fd = files[request->a % MODEL_FILES];
	char byte = 'x';

	switch (request->op) {
	case TALK_PREAD:
		return result(pread(fd, &byte, 1, 0));
	case TALK_READ:
		return result(lseek(fd, 0, SEEK_SET) ?: read(fd, &byte, 1));
	default:
		return result(pwrite(fd, &byte, 1, 0));
	}
}

static int use_net(const struct model_request *request)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(request->b),
		.sin_addr.s_addr = htonl(request->a),
	};
	int fd = socket(AF_INET, request->c | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	err = result(request->op == TALK_BIND ?
		     bind(fd, (struct sockaddr *)&to, sizeof(to)) :
		     connect(fd, (struct sockaddr *)&to, sizeof(to)));
	close(fd);
	return err;
}

static int look_at(uint64_t aid)
{
	long ret = attest(aid, NULL);

	return ret < 0 ? ret : 0;
}

struct model_answer model_do(const struct model_request *request,
			     const void *data)
{
	struct model_answer answer = { .error = -ENOSYS };

	switch ((enum model_request_op)request->op) {
	case TALK_SPAWN:
		spawn(request, data, &answer);
		break;
	case TALK_GRANT:
		grant(request, data, &answer);
		break;
	case TALK_REVOKE:
		take_back(request, &answer);
		break;
	case TALK_PRESENT:
		answer.error = ask(request, data);
		break;
	case TALK_ATTEST:
		answer.error = look_at(request->a);
		break;
	case TALK_SIGNAL:
		answer.error = result(kill(request->a, 0));
		break;
	case TALK_OPEN:
		answer.error = open_file(request, data);
		break;
	case TALK_READ:
	case TALK_PREAD:
	case TALK_WRITE:
		answer.error = use_file(request);
		break;
	case TALK_CONNECT:
	case TALK_BIND:
		answer.error = use_net(request);
		break;
	case TALK_EXIT:
		_exit(0);
	}
	return answer;
}
