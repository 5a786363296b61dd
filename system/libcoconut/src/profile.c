/* SPDX-License-Identifier: MIT */
/*
 * Profiles: what many programs need alike, under one name.  The compiler
 * expands them, so that a signed manifest names every capability itself.
 */
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

struct entry {
	enum agent_cap_id id;
	const char *path;
};

/* What a dynamically linked program expects before it does any work. */
static const struct entry base[] = {
	{ AGENT_CAP_FS_READ, "/usr" },
	{ AGENT_CAP_FS_EXEC, "/usr" },
	/* Links: of the root into /usr, and of /usr to what was chosen. */
	{ AGENT_CAP_FS_READ, "/bin" },
	{ AGENT_CAP_FS_READ, "/sbin" },
	{ AGENT_CAP_FS_READ, "/lib" },
	{ AGENT_CAP_FS_READ, "/lib64" },
	{ AGENT_CAP_FS_READ, "/etc/alternatives" },
	{ AGENT_CAP_FS_READ, "/etc/ld.so.preload" },
	{ AGENT_CAP_FS_READ, "/var/run/nscd" },
	{ AGENT_CAP_FS_READ, "/etc/ld.so.cache" },
	{ AGENT_CAP_FS_READ, "/etc/passwd" },
	{ AGENT_CAP_FS_READ, "/etc/group" },
	{ AGENT_CAP_FS_READ, "/etc/nsswitch.conf" },
	{ AGENT_CAP_FS_READ, "/etc/localtime" },
	{ AGENT_CAP_FS_READ, "/etc/hosts" },
	{ AGENT_CAP_FS_READ, "/etc/ssl/openssl.cnf" },
	{ AGENT_CAP_FS_READ, "/etc/python3.13" },
	{ AGENT_CAP_FS_READ, "/proc/sys/vm/overcommit_memory" },
	{ AGENT_CAP_FS_READ, "/dev/null" },
	{ AGENT_CAP_FS_WRITE, "/dev/null" },
	{ AGENT_CAP_FS_READ, "/dev/zero" },
	{ AGENT_CAP_FS_READ, "/dev/random" },
	{ AGENT_CAP_FS_READ, "/dev/urandom" },
};

static const struct {
	const char *name;
	const struct entry *entries;
	size_t count;
} profiles[] = {
	{ "base", base, ARRAY_SIZE(base) },
};

bool profile_exists(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(profiles); i++)
		if (!strcmp(profiles[i].name, name))
			return true;
	return false;
}

/*
 * Devices and /proc come with the boot: no root directory holds them yet.  And
 * every program looks for what follows them, which is hardly ever there: to be
 * told so is no denial.
 */
static bool is_kept(const char *path)
{
	return !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6) ||
	       !strcmp(path, "/etc/ld.so.preload") ||
	       !strcmp(path, "/var/run/nscd");
}

static int exists(const char *path, const char *root)
{
	char *whole;
	int found;

	if (is_kept(path))
		return 1;
	if (asprintf(&whole, "%s%s", root, path) < 0)
		return -ENOMEM;
	found = !faccessat(AT_FDCWD, whole, F_OK, AT_SYMLINK_NOFOLLOW);
	free(whole);
	return found;
}

static int add(const struct entry *entry, struct coconut_manifest *manifest)
{
	struct coconut_cap cap = { .id = entry->id };

	strcpy(cap.name, coconut_cap_id_name(entry->id));
	cap.path = strdup(entry->path);
	return cap.path ? manifest_add_cap(manifest, &cap) : -ENOMEM;
}

int profile_expand(const char *name, const char *root,
		   struct coconut_manifest *manifest)
{
	size_t which = 0;

	while (strcmp(profiles[which].name, name))
		which++;
	for (size_t i = 0; i < profiles[which].count; i++) {
		const struct entry *entry = &profiles[which].entries[i];
		int found = exists(entry->path, root);
		int err = found > 0 ? add(entry, manifest) : found;

		if (err)
			return err;
	}
	return 0;
}
