// SPDX-License-Identifier: MIT
/*
 * coconutd: the control socket and its clients
 *
 * One message is one datagram of a SOCK_SEQPACKET socket: a CBOR map. What a
 * client may ask depends on who the kernel says it is: which agent, and, for
 * what is no agent, which user.
 */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "coconutd.h"

#define CLIENTS_MAX 128
#define AGENT_CLIENTS_MAX 8 /* of one agent */

static struct source listener = { .fd = -1 };
static struct client *clients;
static unsigned int nr_clients;

static void end_client(struct client *client)
{
	if (client->dead)
		return;
	client->dead = true;
	agent_forget_follower(client);
	stream_end(client);
	loop_remove(&client->source);
	close(client->source.fd);
}

/**
 * client_send - send one message
 * @client: to whom
 * @message: the message; the reference is taken over
 *
 * A client that doesn't read what it asked for is cut off: PID 1 waits for
 * nobody.
 *
 * Return: 0, or a negative errno value; -EAGAIN only while it has a stream.
 */
int client_send(struct client *client, cbor_item_t *message)
{
	unsigned char *data = NULL;
	size_t room, size = cbor_serialize_alloc(message, &data, &room);
	int err = 0;

	cbor_decref(&message);
	if (!size)
		abort();
	if (size > MESSAGE_MAX) {
		free(data);
		client_fail(client, EMSGSIZE,
			    "the reply is longer than %d bytes", MESSAGE_MAX);
		return -EMSGSIZE;
	}
	if (!client->dead && send(client->source.fd, data, size,
				  MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		err = -errno;
	free(data);
	if (err && !(err == -EAGAIN && client->stream))
		end_client(client);
	return err;
}

/**
 * client_fail - refuse what a client asked
 * @client: the client
 * @code: positive errno value
 * @format: why, as printf()
 */
void client_fail(struct client *client, int code, const char *format, ...)
{
	cbor_item_t *message = message_new(false);
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	message_text(message, "error", text);
	message_uint(message, "errno", code);
	client_send(client, message);
}

/**
 * client_find - the client of a number
 * @number: the number
 *
 * Return: the client, or NULL when it has gone.
 */
struct client *client_find(uint64_t number)
{
	struct client *client;

	for (client = clients; client; client = client->next) {
		if (client->number == number && !client->dead)
			return client;
	}
	return NULL;
}

/**
 * client_pause - read nothing from a client until client_resume()
 * @client: the client
 *
 * So its requests are answered in their order.
 */
void client_pause(struct client *client)
{
	client->paused = true;
	client_watch(client, client->stream != NULL);
}

/**
 * client_resume - go on reading
 * @client: the client
 */
void client_resume(struct client *client)
{
	client->paused = false;
	client_watch(client, client->stream != NULL);
}

/**
 * client_watch - wait for a client's requests, unless it is paused
 * @client: the client
 * @writable: also for room in its socket
 */
void client_watch(struct client *client, bool writable)
{
	if (!client->dead)
		loop_change(&client->source, (client->paused ? 0 : EPOLLIN) |
						     (writable ? EPOLLOUT : 0));
}

static void handle_message(struct client *client, const void *data, size_t size)
{
	struct cbor_load_result result;
	cbor_item_t *request = cbor_load(data, size, &result);

	if (!request || result.read != size || !cbor_isa_map(request))
		client_fail(client, EBADMSG, "not one CBOR map");
	else
		ops_dispatch(client, request);
	if (request)
		cbor_decref(&request);
}

static void handle_client(struct source *source, uint32_t events)
{
	struct client *client = (struct client *)source;
	static char data[MESSAGE_MAX];
	ssize_t got;

	if (events & EPOLLOUT)
		stream_pump(client);
	if (client->dead || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (client->paused) {
		/* It does not wait for what it asked for. */
		if (events & (EPOLLHUP | EPOLLERR))
			end_client(client);
		return;
	}
	got = recv(source->fd, data, sizeof(data), MSG_DONTWAIT | MSG_TRUNC);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		end_client(client);
	else if (got > (ssize_t)sizeof(data))
		client_fail(client, EMSGSIZE, "a message has at most %d bytes",
			    MESSAGE_MAX);
	else
		handle_message(client, data, got);
}

/* Who may read the directory of the chain may read the chain here. */
static bool is_auditor(int fd, uid_t uid)
{
	gid_t groups[64];
	socklen_t size = sizeof(groups);
	struct stat stat_buf;
	size_t i;

	if (!uid)
		return true;
	if (stat(CHAIN_DIR, &stat_buf) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
		return false;
	for (i = 0; i < size / sizeof(groups[0]); i++) {
		if (groups[i] == stat_buf.st_gid)
			return true;
	}
	return false;
}

/* No agent takes the place of all others. */
static bool has_room(const struct client *client)
{
	const struct client *other;
	unsigned int own = 0;

	for (other = clients; other; other = other->next)
		own += !other->dead && other->aid == client->aid;
	return nr_clients < CLIENTS_MAX &&
	       (!peer_is_agent(client) || own < AGENT_CLIENTS_MAX);
}

static void add_client(int fd)
{
	static uint64_t last;
	struct ucred peer;
	socklen_t size = sizeof(peer);
	struct client *client = calloc(1, sizeof(*client));

	/* Of whom nothing is known, nothing is taken. */
	if (!client || coconut_peer_aid(fd, &client->aid) ||
	    !has_room(client) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size)) {
		free(client);
		close(fd);
		return;
	}
	client->source.fd = fd;
	client->source.handle = handle_client;
	client->number = ++last;
	client->uid = peer.uid;
	client->auditor = !peer_is_agent(client) && is_auditor(fd, peer.uid);
	client->next = clients;
	clients = client;
	nr_clients++;
	loop_add(&client->source, EPOLLIN);
}

static void handle_listener(struct source *source, uint32_t events)
{
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd >= 0)
		add_client(fd);
}

/**
 * control_open - listen on the control socket
 *
 * Everyone may connect; what they may ask is decided for each message. Agents
 * need a unix.connect capability to get here at all, and are agents here.
 */
void control_open(void)
{
	struct sockaddr_un address = {
		.sun_family = AF_UNIX,
		.sun_path = CONTROL_PATH,
	};

	listener.fd = socket(AF_UNIX,
			     SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(CONTROL_PATH);
	if (listener.fd < 0 ||
	    bind(listener.fd, (struct sockaddr *)&address, sizeof(address)) ||
	    chmod(CONTROL_PATH, 0666) || listen(listener.fd, 64)) {
		note("cannot listen on " CONTROL_PATH ": %m");
		return;
	}
	listener.handle = handle_listener;
	loop_add(&listener, EPOLLIN);
}

/**
 * control_close - take no new client
 */
void control_close(void)
{
	if (listener.fd < 0)
		return;
	loop_remove(&listener);
	close(listener.fd);
	listener.fd = -1;
	unlink(CONTROL_PATH);
}

/**
 * control_sweep - free the clients that have gone
 */
void control_sweep(void)
{
	struct client **link = &clients, *client;

	while ((client = *link)) {
		if (client->dead) {
			*link = client->next;
			free(client);
			nr_clients--;
		} else {
			link = &client->next;
		}
	}
}

/**
 * control_rows_written - there are new rows on disk
 */
void control_rows_written(void)
{
	struct client *client;

	for (client = clients; client; client = client->next) {
		if (!client->dead && client->stream)
			stream_pump(client);
	}
}
