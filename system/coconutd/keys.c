// SPDX-License-Identifier: MIT
/*
 * coconutd: certificates into the kernel's keyring
 *
 * The kernel itself decides which it accepts: only those that a key built into
 * it has signed.
 */

#include <dirent.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coconutd.h"

#define CERTIFICATE_MAX 65536

/* /proc/keys: serial in hex, flags, usage, expiry, permissions, uid, gid, type, description */
static int32_t find_keyring(void)
{
	FILE *file = fopen("/proc/keys", "re");
	char line[512], type[32], name[64];
	unsigned int serial = 0, found = 0;

	if (!file)
		return 0;
	while (!found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%x %*s %*s %*s %*s %*s %*s %31s %63[^: ]",
			   &serial, type, name) == 3 &&
		    !strcmp(type, "keyring") && !strcmp(name, ".coconut"))
			found = serial;
	}
	fclose(file);
	return found;
}

static void seed(int32_t keyring, const char *name)
{
	struct coconut_error error;
	char path[512];
	uint8_t *data;
	size_t size;

	snprintf(path, sizeof(path), KEYS_DIR "/%s", name);
	if (coconut_file_read(path, CERTIFICATE_MAX, &data, &size, &error)) {
		note("%s", error.message);
		return;
	}
	if (syscall(SYS_add_key, "asymmetric", "", data, size, keyring) < 0)
		note("the kernel refuses the certificate %s: %m", path);
	free(data);
}

/**
 * keys_seed - give the kernel the certificates of those who may sign
 */
void keys_seed(void)
{
	int32_t keyring = find_keyring();
	struct dirent *entry;
	DIR *dir;

	if (!keyring) {
		note("the kernel has no .coconut keyring; no manifest will be accepted");
		return;
	}
	dir = opendir(KEYS_DIR);
	if (!dir) {
		note("cannot read " KEYS_DIR ": %m");
		return;
	}
	while ((entry = readdir(dir))) {
		size_t length = strlen(entry->d_name);

		if (length > 4 && !strcmp(entry->d_name + length - 4, ".der"))
			seed(keyring, entry->d_name);
	}
	closedir(dir);
}
