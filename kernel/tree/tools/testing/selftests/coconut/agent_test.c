// SPDX-License-Identifier: GPL-2.0
/*
 * agent_test: the ABI, seen by an agent.
 *
 *	coconutd (AID 1, PID 1)
 *	  |- agent_test (manifest selftest)
 *	       |- agent_child (manifests selftest-*), told what to try
 *
 * usage: agent_test [AREA...] [--seed N] [--operations N]
 * Without an area it runs them all.  The exit status is 1 when a test failed.
 * The seed and the number of operations are those of the area model.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"
#include "child.h"
#include "harness.h"
#include "tests.h"

static const struct {
	const char *name;
	void (*run)(void);
} areas[] = {
	{ "abi", test_abi },
	{ "args", test_args },
	{ "errno", test_errno },
	{ "spawn", test_spawn },
	{ "cbor", test_cbor },
	{ "life", test_life },
	{ "kill", test_kill },
	{ "caps", test_caps },
	{ "files", test_files },
	{ "net", test_net },
	{ "audit", test_audit },
	{ "levels", test_levels },
	{ "matrix", test_matrix },
	{ "oracle", test_oracle },
	{ "code", test_code },
	{ "passed", test_passed },
	{ "scopes", test_scopes },
	{ "tasks", test_tasks },
	{ "netroads", test_netroads },
	{ "races", test_races },
	{ "roads", test_roads },
	{ "delegate", test_delegate },
	{ "revoke", test_revoke },
	{ "revoke-maps", test_revoke_maps },
	{ "revoke-blocked", test_revoke_blocked },
	{ "revoke-rings", test_revoke_rings },
	{ "peeraid", test_peeraid },
	{ "reasons", test_reasons },
	{ "frozen", test_frozen },
	{ "model", test_model },
};

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		bail("cannot make %s: %s", path, strerror(errno));
}

static void make_file(const char *path, const char *content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, content, strlen(content)) < 0)
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

static void make_link(const char *to, const char *path)
{
	if (symlink(to, path) && errno != EEXIST)
		bail("cannot make %s: %s", path, strerror(errno));
}

void copy_program(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	char buf[4096];
	ssize_t got;

	if (in < 0 || out < 0)
		bail("cannot copy %s: %s", from, strerror(errno));
	while ((got = read(in, buf, sizeof(buf))) > 0) {
		if (write(out, buf, got) != got)
			bail("cannot write %s: %s", to, strerror(errno));
	}
	close(in);
	close(out);
}

static void make_files(void)
{
	static const char *const dirs[] = {
		BASE, BASE "/allowed", BASE "/allowed/hole",
		BASE "/allowed/outer", BASE "/allowed/outer/hole",
		BASE "/allowed/bin", BASE "/half", BASE "/denied",
		BASE "/denied/empty", BASE "/once", BASE "/brief",
		BASE "/given", BASE "/kept", BASE "/taken",
		BASE "/taken/dir",
	};
	static const char *const files[] = {
		BASE "/allowed/a", BASE "/allowed/outer/a",
		BASE "/allowed/hole/secret", BASE "/allowed/outer/hole/secret",
		BASE "/half/x", BASE "/half/y", BASE "/denied/secret",
		BASE "/once/a", BASE "/brief/a", BASE "/given/file",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		make_dir(dirs[i]);
	for (i = 0; i < ARRAY_SIZE(files); i++)
		make_file(files[i], "text\n");
	copy_program("/usr/bin/true", BASE "/allowed/b");
	copy_program("/usr/bin/true", BASE "/allowed/bin/run");
	copy_program("/usr/bin/true", BASE "/denied/run");
	make_link(BASE "/denied/secret", BASE "/allowed/to-secret");
	make_link(BASE "/denied", BASE "/allowed/to-denied");
	make_link(BASE "/denied/run", BASE "/allowed/to-run");
}

static bool is_wanted(const char *name, char **words)
{
	if (!*words)
		return true;
	for (; *words; words++) {
		if (!strcmp(*words, name))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	size_t i;

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	if (attest(AGENT_AID_SELF, NULL) == -ECAPABILITY)
		bail("not an agent: coconut agent spawn selftest");
	make_files();
	model_options(argv + 1);
	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		if (!is_wanted(areas[i].name, argv + 1))
			continue;
		printf("# %s\n", areas[i].name);
		areas[i].run();
	}
	return finish();
}
