// SPDX-License-Identifier: MIT
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"

void request_init(struct message *request, const char *op)
{
	message_init(request);
	message_add_text(request, "op", op);
}

void request_agent(struct message *request, const char *op, uint64_t aid)
{
	request_init(request, op);
	message_add_uint(request, "aid", aid);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd;
}

/* The variable lets tests, and whoever runs a second coconutd, use another. */
static int open_control(void)
{
	const char *path = getenv("COCONUT_CONTROL");
	int fd;

	if (!path || !*path)
		path = CONTROL_PATH;
	fd = connect_to(path);
	if (fd < 0) {
		complain("cannot reach coconutd at %s: %s", path,
			 coconut_strerror(fd));
		complain(
			"to check: 'ps -p 1' shows what is PID 1, 'ls -l %s' its socket",
			path);
	}
	return fd;
}

int client_open(struct message *request, int *ret_fd)
{
	int fd = open_control();
	int r;

	if (fd < 0) {
		message_clear(request);
		return EXIT_REFUSED;
	}
	r = message_send(fd, request);
	if (r < 0) {
		complain("sending to coconutd: %s", coconut_strerror(r));
		close(fd);
		return EXIT_REFUSED;
	}
	*ret_fd = fd;
	return 0;
}

/* What coconutd refuses, it explains. */
static int refusal(const cbor_item_t *map)
{
	uint64_t code = message_get_uint(map, "errno", 0);
	char text[1024];

	if (message_get_text(map, "error", text, sizeof(text)))
		complain("%s", text);
	else
		complain("refused: %s", coconut_strerror((int)code));
	return code == ESRCH ? EXIT_NO_AGENT : EXIT_REFUSED;
}

int client_next(int fd, cbor_item_t **ret_map)
{
	cbor_item_t *map;
	int r = message_receive(fd, &map);

	if (r <= 0) {
		complain("coconutd's reply: %s",
			 r ? coconut_strerror(r) : "the connection has ended");
		return EXIT_REFUSED;
	}
	if (message_get(map, "ok") && !message_get_bool(map, "ok")) {
		r = refusal(map);
		cbor_decref(&map);
		return r;
	}
	*ret_map = map;
	return 0;
}

int client_call(struct message *request, cbor_item_t **ret_map)
{
	int fd, status = client_open(request, &fd);

	if (status)
		return status;
	status = client_next(fd, ret_map);
	close(fd);
	return status;
}

int client_do(struct message *request)
{
	cbor_item_t *reply;
	int status = client_call(request, &reply);

	if (!status)
		cbor_decref(&reply);
	return status;
}
