// SPDX-License-Identifier: MIT
/*
 * coconutd: what clients may ask: to spawn
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops.h"

#define COUNT_MAX 1024
#define ARGS_MAX 256

struct loaded {
	uint8_t *manifest;
	uint8_t *signature;
	char **extra;
};

static void unload(struct loaded *loaded)
{
	size_t i;

	free(loaded->manifest);
	free(loaded->signature);
	for (i = 0; loaded->extra && loaded->extra[i]; i++)
		free(loaded->extra[i]);
	free(loaded->extra);
}

/* A name is a file's name below MANIFEST_DIR and must not lead out of it. */
static int load_installed(const char *name, struct loaded *loaded,
			  struct spawn_request *spawn,
			  struct coconut_error *error)
{
	char path[256];
	int err;

	if (!*name || strlen(name) >= AGENT_NAME_MAX || strchr(name, '/') ||
	    name[0] == '.') {
		error->code = EINVAL;
		snprintf(error->message, sizeof(error->message),
			 "'%.80s' is no name of a manifest", name);
		return -EINVAL;
	}
	snprintf(path, sizeof(path), MANIFEST_DIR "/%s.manifest", name);
	err = coconut_file_read(path, AGENT_MANIFEST_MAX, &loaded->manifest,
				&spawn->manifest_size, error);
	if (err)
		return err;
	snprintf(path, sizeof(path), MANIFEST_DIR "/%s.sig", name);
	err = coconut_file_read(path, AGENT_SIGNATURE_MAX, &loaded->signature,
				&spawn->signature_size, error);
	spawn->manifest = loaded->manifest;
	spawn->signature = loaded->signature;
	return err;
}

static int load_args(const cbor_item_t *request, struct loaded *loaded)
{
	const cbor_item_t *args = message_get(request, "args");
	size_t i, count;

	if (!args)
		return 0;
	if (!cbor_isa_array(args) || cbor_array_size(args) > ARGS_MAX)
		return -E2BIG;
	count = cbor_array_size(args);
	loaded->extra = calloc(count + 1, sizeof(*loaded->extra));
	for (i = 0; loaded->extra && i < count; i++) {
		loaded->extra[i] =
			message_get_text(cbor_array_handle(args)[i], NULL);
		if (!loaded->extra[i])
			return -EINVAL;
	}
	return loaded->extra ? 0 : -ENOMEM;
}

static int load(const cbor_item_t *request, struct loaded *loaded,
		struct spawn_request *spawn, struct coconut_error *error)
{
	char *name = message_get_text(request, "name");
	int err = -EINVAL;

	if (name)
		err = load_installed(name, loaded, spawn, error);
	else if (message_get_bytes(request, "manifest", &spawn->manifest,
				   &spawn->manifest_size) &&
		 message_get_bytes(request, "signature", &spawn->signature,
				   &spawn->signature_size))
		err = 0;
	else
		snprintf(error->message, sizeof(error->message),
			 "spawn wants a name, or a manifest and its signature");
	free(name);
	if (err)
		return err;
	err = load_args(request, loaded);
	if (err)
		snprintf(error->message, sizeof(error->message),
			 "args is not an array of at most %d texts", ARGS_MAX);
	spawn->extra = (const char *const *)loaded->extra;
	return err;
}

static cbor_item_t *describe_spawned(const struct agent_record *record)
{
	cbor_item_t *map = cbor_new_indefinite_map();

	message_uint(map, "aid", record->aid);
	message_uint(map, "pid", record->pid);
	message_text(map, "name", record->name);
	return map;
}

/* Those that were spawned before one failed are told all the same. */
static void spawn_many(struct client *client, const struct spawn_request *spawn,
		       uint64_t count, bool follow)
{
	cbor_item_t *list = cbor_new_indefinite_array(), *reply, *one;
	struct agent_record *record = NULL, *first = NULL;
	struct coconut_error error;
	uint64_t i;
	int err = 0;

	for (i = 0; i < count; i++) {
		err = agent_start(spawn, &record, &error);
		if (err)
			break;
		if (!first)
			first = record;
		one = describe_spawned(record);
		if (!cbor_array_push(list, one))
			abort();
		cbor_decref(&one);
	}
	if (!first) {
		cbor_decref(&list);
		client_fail(client, -err, "%s", error.message);
		return;
	}
	reply = message_new(true);
	message_uint(reply, "aid", first->aid);
	message_uint(reply, "pid", first->pid);
	message_text(reply, "name", first->name);
	message_item(reply, "agents", list);
	if (err)
		message_text(reply, "error", error.message);
	if (follow)
		first->follower = client;
	client_send(client, reply);
}

void op_spawn(struct client *client, const cbor_item_t *request)
{
	struct spawn_request spawn = { .uid = client->uid };
	struct coconut_error error = { 0 };
	struct loaded loaded = { 0 };
	bool follow = message_get_bool(request, "follow");
	uint64_t count = 1;
	int err;

	message_get_uint(request, "count", &count);
	err = load(request, &loaded, &spawn, &error);
	if (err)
		client_fail(client, -err, "%s", error.message);
	else if (!count || count > COUNT_MAX || (follow && count != 1))
		client_fail(client, EINVAL, "count is 1 to %d, and 1 to follow",
			    COUNT_MAX);
	else
		spawn_many(client, &spawn, count, follow);
	unload(&loaded);
}
