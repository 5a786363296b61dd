// SPDX-License-Identifier: MIT
/* coconut agent spawn */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "command.h"
#include "table.h"

#define COUNT_MAX 1000
/* Each holds a connection to coconutd, which has a bound of its own. */
#define WAIT_MAX 64

const char spawn_help[] =
	"Spawn an agent from the installed manifest NAME, or from a manifest in a\n"
	"file. Prints its AID, the pid of its first task, and its name.\n\n"
	"  --count N         so many instances\n"
	"  -w, --wait        show the agent's output, exit with its status; with\n"
	"                    --count, the first status that is not 0. Ending this\n"
	"                    command does not end the agent.\n"
	"  --json            an array of objects\n"
	"  --manifest FILE   compiled manifest, instead of an installed one\n"
	"  --signature FILE  its signature; else FILE.sig for FILE.manifest\n"
	"  -- ARGS...        arguments after the manifest's own\n";

struct spawn {
	const char *name;
	const char *manifest_file;
	const char *signature_file;
	uint8_t *manifest;
	size_t manifest_size;
	uint8_t *signature;
	size_t signature_size;
	char **args;
	size_t nr_args;
	uint64_t count;
	bool wait;
	bool json;
};

static int parse_options(struct spawn *spawn, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "count", required_argument, NULL, 'n' },
		{ "wait", no_argument, NULL, 'w' },
		{ "json", no_argument, NULL, 'j' },
		{ "manifest", required_argument, NULL, 'm' },
		{ "signature", required_argument, NULL, 's' },
		{ 0 },
	};
	int option;

	while ((option = next_option(argc, argv, ":w", longs)) != -1) {
		if (option == '?')
			return EXIT_USAGE;
		if (option == 'n' &&
		    parse_number(optarg, "--count", &spawn->count))
			return EXIT_USAGE;
		if (option == 'm')
			spawn->manifest_file = optarg;
		if (option == 's')
			spawn->signature_file = optarg;
		spawn->wait |= option == 'w';
		spawn->json |= option == 'j';
	}
	if (optind < argc)
		spawn->name = argv[optind++];
	if (optind < argc)
		return misuse(
			"spawn: unexpected argument '%s'; the agent's own stand after '--'",
			argv[optind]);
	return 0;
}

static int check_options(const struct spawn *spawn)
{
	if (spawn->name && spawn->manifest_file)
		return misuse(
			"spawn: a NAME and --manifest exclude each other");
	if (!spawn->name && !spawn->manifest_file)
		return misuse("spawn: the agent's NAME is missing");
	if (spawn->signature_file && !spawn->manifest_file)
		return misuse("spawn: --signature needs --manifest");
	if (spawn->wait && spawn->json)
		return misuse("spawn: --wait and --json exclude each other");
	if (spawn->count < 1 ||
	    spawn->count > (spawn->wait ? WAIT_MAX : COUNT_MAX))
		return misuse(
			"spawn: --count is from 1 to %d, with --wait to %d",
			COUNT_MAX, WAIT_MAX);
	return 0;
}

/* The agent's arguments are set apart before getopt sees them. */
static int parse(struct spawn *spawn, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		spawn->args = argv + i + 1;
		spawn->nr_args = (size_t)(argc - i - 1);
		argc = i;
	}
	if (parse_options(spawn, argc, argv))
		return EXIT_USAGE;
	return check_options(spawn);
}

static int read_signature(struct spawn *spawn, struct coconut_error *error)
{
	char *path = spawn->signature_file ?
			     strdup(spawn->signature_file) :
			     signature_path(spawn->manifest_file);
	int r;

	if (!path)
		return -ENOMEM;
	r = coconut_file_read(path, AGENT_SIGNATURE_MAX, &spawn->signature,
			      &spawn->signature_size, error);
	free(path);
	return r;
}

static int read_files(struct spawn *spawn)
{
	struct coconut_error error = { 0 };
	int r;

	if (!spawn->manifest_file)
		return 0;
	r = coconut_file_read(spawn->manifest_file, AGENT_MANIFEST_MAX,
			      &spawn->manifest, &spawn->manifest_size, &error);
	if (!r)
		r = read_signature(spawn, &error);
	if (!r)
		return 0;
	complain("%s", error.message[0] ? error.message : coconut_strerror(r));
	return EXIT_REFUSED;
}

static int begin(const struct spawn *spawn, int *ret_fd,
		 cbor_item_t **ret_reply)
{
	struct message request;
	int fd, status;

	request_init(&request, "spawn");
	if (spawn->name) {
		message_add_text(&request, "name", spawn->name);
	} else {
		message_add_bytes(&request, "manifest", spawn->manifest,
				  spawn->manifest_size);
		message_add_bytes(&request, "signature", spawn->signature,
				  spawn->signature_size);
	}
	if (spawn->nr_args)
		message_add_texts(&request, "args", spawn->args,
				  spawn->nr_args);
	if (spawn->wait)
		message_add_bool(&request, "follow", true);
	status = client_open(&request, &fd);
	if (status)
		return status;
	status = client_next(fd, ret_reply);
	if (status)
		close(fd);
	else
		*ret_fd = fd;
	return status;
}

static void print_spawned(const struct spawn *spawn, const cbor_item_t *reply,
			  bool first)
{
	char name[AGENT_NAME_MAX];

	if (spawn->json) {
		fputs(first ? "\n" : ",\n", stdout);
		json_item(reply);
		return;
	}
	message_get_text(reply, "name", name, sizeof(name));
	printf("%" PRIu64 " %" PRIu64 " %s\n",
	       message_get_uint(reply, "aid", 0),
	       message_get_uint(reply, "pid", 0),
	       name[0]     ? name :
	       spawn->name ? spawn->name :
			     spawn->manifest_file);
}

/* Each line appears at once, so that who waits for the AID can go on. */
static int spawn_all(const struct spawn *spawn)
{
	int fd, status = 0;
	uint64_t i;

	if (spawn->json)
		putchar('[');
	for (i = 0; i < spawn->count && !status; i++) {
		cbor_item_t *reply;

		status = begin(spawn, &fd, &reply);
		if (status)
			break;
		print_spawned(spawn, reply, i == 0);
		fflush(stdout);
		cbor_decref(&reply);
		close(fd);
	}
	if (spawn->json)
		puts("\n]");
	if (status && i)
		complain("%" PRIu64 " of %" PRIu64 " agents spawned", i,
			 spawn->count);
	return status;
}

/* One message of an agent's; sets @ret_status once it has ended. */
static bool follow(int fd, int *ret_status)
{
	const uint8_t *bytes;
	cbor_item_t *map;
	uint64_t number;
	bool ended;
	size_t size;

	*ret_status = client_next(fd, &map);
	if (*ret_status)
		return true;
	bytes = message_get_bytes(map, "out", &size);
	if (bytes) {
		fwrite(bytes, 1, size, stdout);
		fflush(stdout);
	}
	ended = message_get(map, "exit") || message_get(map, "signal");
	number = message_get_uint(map, "signal", 0);
	*ret_status = number ? 128 + (int)number :
			       (int)message_get_uint(map, "exit", 0);
	cbor_decref(&map);
	return ended;
}

static int follow_all(struct pollfd *polls, nfds_t count)
{
	int result = 0, status;
	nfds_t i, left = count;

	while (left) {
		if (poll(polls, count, -1) < 0 && errno != EINTR) {
			complain("poll: %s", coconut_strerror(errno));
			return EXIT_REFUSED;
		}
		for (i = 0; i < count; i++) {
			if (polls[i].fd < 0 || !polls[i].revents)
				continue;
			if (!follow(polls[i].fd, &status))
				continue;
			close(polls[i].fd);
			polls[i].fd = -1;
			left--;
			result = result ? result : status;
		}
	}
	return result;
}

static int spawn_and_wait(const struct spawn *spawn)
{
	struct pollfd *polls = calloc(spawn->count, sizeof(*polls));
	int refused = 0, status;
	nfds_t count = 0;

	if (!polls) {
		complain("out of memory");
		return EXIT_REFUSED;
	}
	while (count < spawn->count) {
		cbor_item_t *reply;

		refused = begin(spawn, &polls[count].fd, &reply);
		if (refused)
			break;
		polls[count++].events = POLLIN;
		cbor_decref(&reply);
	}
	status = follow_all(polls, count);
	free(polls);
	return refused ? refused : status;
}

int agent_spawn(int argc, char **argv)
{
	struct spawn spawn = { .count = 1 };
	int status = parse(&spawn, argc, argv);

	if (status)
		return status;
	status = read_files(&spawn);
	if (!status)
		status =
			spawn.wait ? spawn_and_wait(&spawn) : spawn_all(&spawn);
	free(spawn.manifest);
	free(spawn.signature);
	return status;
}
