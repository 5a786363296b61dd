// SPDX-License-Identifier: MIT
/*
 * For tests/resolver: an agent that spawns another without coconutd, and takes
 * the capabilities by hosts' names from it while it runs.
 *
 * usage: host_parent SECONDS MANIFEST ARG...
 */
#include <coconut.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int complain(const struct coconut_error *error)
{
	fprintf(stderr, "host_parent: %s\n", error->message);
	return 1;
}

static int load(const char *name, const char *suffix, uint8_t **data,
		size_t *size, struct coconut_error *error)
{
	char path[256];

	snprintf(path, sizeof(path), "/etc/coconut/manifests/%s.%s", name,
		 suffix);
	return coconut_file_read(path, AGENT_MANIFEST_MAX, data, size, error);
}

static int spawn(const char *name, char **argv, struct coconut_spawned *child,
		 struct coconut_error *error)
{
	struct coconut_spawn_options options = COCONUT_SPAWN_OPTIONS_INIT;
	uint8_t *manifest, *signature;

	if (load(name, "manifest", &manifest, &options.manifest_size, error) ||
	    load(name, "sig", &signature, &options.signature_size, error))
		return -1;
	options.manifest = manifest;
	options.signature = signature;
	options.extra_args = (const char *const *)argv;
	return coconut_spawn(&options, child, error);
}

static void take_host(uint64_t aid, const struct agent_cap_info *info)
{
	struct agent_cap_revoke_args revoke = { .aid = aid };
	struct coconut_cap cap;

	if (coconut_cap_decode(info + 1, info->cbor_size, &cap, NULL))
		return;
	revoke.handle = info->handle;
	if (cap.host)
		printf("revoked %s: %d\n", cap.host,
		       coconut_cap_revoke(&revoke));
	coconut_cap_clear(&cap);
}

static void take_hosts(uint64_t aid)
{
	static uint64_t room[8192];
	struct agent_attest_args args = {
		.flags = AGENT_ATTEST_CAPS,
		.aid = aid,
		.buf = (uintptr_t)room,
		.buf_size = sizeof(room),
	};
	int64_t at, size = coconut_agent_attest(&args);

	for (at = 0; at < size;) {
		const struct agent_cap_info *info =
			(const void *)((const char *)room + at);

		take_host(aid, info);
		at += info->size;
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct coconut_spawned child;
	struct coconut_error error;
	int status = -1;

	if (argc < 3) {
		fprintf(stderr, "usage: host_parent SECONDS MANIFEST ARG...\n");
		return 2;
	}
	if (spawn(argv[2], argv + 3, &child, &error))
		return complain(&error);
	sleep(atoi(argv[1]));
	take_hosts(child.aid);
	waitpid(child.pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
