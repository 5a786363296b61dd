// SPDX-License-Identifier: MIT
/*
 * coconutd: mounts and devices
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

static const struct {
	const char *type;
	const char *target;
	unsigned long flags;
	const char *data;
} mounts[] = {
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "devtmpfs", "/dev", MS_NOSUID, "mode=0755" },
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
	  "gid=5,mode=620,ptmxmode=666" },
	{ "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755" },
	{ "tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777" },
	{ "cgroup2", "/sys/fs/cgroup", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
	{ "securityfs", "/sys/kernel/security",
	  MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL },
};

/* What is kept there is durable only if the name is. */
static void sync_parent(const char *path)
{
	char parent[CHAIN_PATH_MAX];

	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	chain_sync_dir(parent);
}

static void make_dirs(void)
{
	static const struct {
		const char *path;
		mode_t mode;
	} dirs[] = {
		{ RUN_DIR, 0755 },
		{ "/var/log/coconut", 0755 },
		{ CHAIN_DIR, 0750 },
		{ OUTPUT_DIR, 0755 },
		{ "/var/lib/coconut", 0755 },
		{ STATE_DIR, 0700 },
	};
	size_t i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (!mkdir(dirs[i].path, dirs[i].mode))
			sync_parent(dirs[i].path);
		else if (errno != EEXIST)
			note("cannot make %s: %m", dirs[i].path);
	}
}

/* A number of this machine's own; whoever reads its chain elsewhere sees it. */
static void number_machine(void)
{
	static const char path[] = "/etc/machine-id";
	uint8_t number[16], found[16];
	char text[2 * sizeof(number) + 2];
	struct coconut_error error;
	uint8_t *file;
	size_t size;
	bool good = false;

	if (!coconut_file_read(path, sizeof(text), &file, &size, NULL)) {
		file[strcspn((char *)file, "\n")] = '\0';
		good = !coconut_unhex((char *)file, found, sizeof(found));
		free(file);
	}
	if (good || getrandom(number, sizeof(number), 0) != sizeof(number))
		return;
	coconut_hex(number, sizeof(number), text);
	strcat(text, "\n");
	if (coconut_file_write(path, text, strlen(text), 0444, &error))
		note("%s", error.message);
}

/* Who is in the group may read the chain; its segments inherit the group. */
static void share_chain(void)
{
	const struct group *group = getgrnam(AUDIT_GROUP);

	if (!group)
		return;
	if (chown(CHAIN_DIR, 0, group->gr_gid) || chmod(CHAIN_DIR, 02750))
		note("cannot give " CHAIN_DIR " to the group " AUDIT_GROUP
		     ": %m");
}

/* What devtmpfs leaves to userspace; shells open /dev/fd/N. */
static void make_links(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (symlink(links[i][0], links[i][1]) && errno != EEXIST)
			note("cannot make %s: %m", links[i][1]);
	}
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (!ioctl(fd, SIOCGIFFLAGS, &request)) {
		request.ifr_flags |= IFF_UP | IFF_RUNNING;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
}

static void set_hostname(void)
{
	char name[64] = "";
	FILE *file = fopen("/etc/hostname", "re");

	if (!file)
		return;
	if (fgets(name, sizeof(name), file)) {
		name[strcspn(name, "\n")] = '\0';
		if (sethostname(name, strlen(name)))
			note("cannot set the host name: %m");
	}
	fclose(file);
}

/**
 * boot_mount - make the machine habitable
 *
 * What fails is told and does not stop the boot: a machine without /dev/shm is
 * better than none.
 */
void boot_mount(void)
{
	size_t i;

	umask(022);
	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].target, 0755);
		if (mount(mounts[i].type, mounts[i].target, mounts[i].type,
			  mounts[i].flags, mounts[i].data) &&
		    errno != EBUSY)
			note("cannot mount %s: %m", mounts[i].target);
	}
	make_dirs();
	share_chain();
	number_machine();
	make_links();
	loopback_up();
	set_hostname();
}

/**
 * boot_option - look up NAME=VALUE on the kernel's command line
 * @name: the option's name
 * @value: gets its value
 * @size: room in bytes
 *
 * Return: true when it is there.
 */
bool boot_option(const char *name, char *value, size_t size)
{
	char line[4096] = "", *save = NULL, *word;
	FILE *file = fopen("/proc/cmdline", "re");
	size_t length = strlen(name);

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	for (word = strtok_r(line, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		if (!strncmp(word, name, length) && word[length] == '=') {
			snprintf(value, size, "%s", word + length + 1);
			return true;
		}
	}
	return false;
}

/**
 * boot_halt - leave the disk in order and end the machine
 * @how: RB_POWER_OFF or RB_AUTOBOOT
 */
void boot_halt(int how)
{
	sync();
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL))
		note("the root filesystem stays writable: %m");
	sync();
	reboot(how);
}
