// SPDX-License-Identifier: GPL-2.0
/*
 * storm: many at once, against one who grants, revokes, freezes and ends.
 *
 * usage: storm [--rounds N] [STORM...]
 *	  storm hand
 * As the agent of the manifest "storm" it runs the storms and prints TAP. "hand" is for
 * a legacy root, which turns a tree over meanwhile; see hand.sh.
 */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <netinet/in.h>

#include "calls.h"
#include "harness.h"
#include "storms.h"

#define ROUNDS	20

static const struct {
	const char *name;
	void (*run)(uint32_t rounds);
} storms[] = {
	{ "use", storm_uses },	   { "fork", storm_forks },
	{ "spawn", storm_spawns }, { "exit", storm_exits },
	{ "freeze", storm_freezes }, { "move", storm_moves },
};

static void make_dir(const char *path)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		bail("cannot make %s: %s", path, strerror(errno));
}

static void make_file(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 ||
	    ftruncate(fd, size))
		bail("cannot make %s: %s", path, strerror(errno));
	close(fd);
}

static void make_tree(void)
{
	static const char *const dirs[] = {
		STORM,		    STORM "/data",
		STORM "/shared",    STORM "/sock",
		STORM "/moving",    STORM "/moving/a",
		STORM "/moving/b",  STORM "/moving/a/hole",
		STORM "/moving/b/hole", STORM "/moving/secret",
		STORM "/moving/m",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		make_dir(dirs[i]);
	make_file(STORM "/shared/page", "", sizeof(struct storm));
	make_file(STORM "/data/file", "data", 4096);
	make_file(STORM "/moving/a/file", "a", 1);
	make_file(STORM "/moving/b/file", "b", 1);
	make_file(STORM "/moving/a/hole/file", "s", 1);
	make_file(STORM "/moving/b/hole/file", "s", 1);
	make_file(STORM "/moving/secret/file", "s", 1);
}

static int bind_to(int family, int type, const void *address, socklen_t size)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	const int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, address, size))
		bail("cannot bind a socket: %s", strerror(errno));
	return fd;
}

/* Who listens takes what comes, and keeps TCP's connections open. */
static void *take_all(void *arg)
{
	const int listener = (intptr_t)arg;
	int kept[64], turn;

	memset(kept, -1, sizeof(kept));
	for (turn = 0;; turn = (turn + 1) % ARRAY_SIZE(kept)) {
		if (kept[turn] >= 0)
			close(kept[turn]);
		kept[turn] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	}
	return NULL;
}

static void *drain(void *arg)
{
	const int fd = (intptr_t)arg;
	char byte;

	for (;;)
		recv(fd, &byte, 1, 0);
	return NULL;
}

static void start(void *(*run)(void *), int fd)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run, (void *)(intptr_t)fd))
		bail("no thread");
}

static void listen_on_all(void)
{
	const struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(STORM_PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	const struct sockaddr_un un = {
		.sun_family = AF_UNIX,
		.sun_path = STORM "/sock/socket",
	};
	int tcp = bind_to(AF_INET, SOCK_STREAM, &in, sizeof(in));
	int udp = bind_to(AF_INET, SOCK_DGRAM, &in, sizeof(in));
	int unx;

	unlink(un.sun_path);
	unx = bind_to(AF_UNIX, SOCK_STREAM, &un, sizeof(un));
	if (listen(tcp, 128) || listen(unx, 128))
		bail("cannot listen: %s", strerror(errno));
	start(take_all, tcp);
	start(take_all, unx);
	start(drain, udp);
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
	uint32_t rounds = ROUNDS;
	size_t i;

	if (argc > 1 && !strcmp(argv[1], "hand"))
		return storm_hand();
	if (argc > 2 && !strcmp(argv[1], "--rounds")) {
		rounds = atoi(argv[2]);
		argv += 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	if (attest(AGENT_AID_SELF, NULL) == -ECAPABILITY)
		bail("not an agent: coconut agent spawn storm");
	make_tree();
	storm = storm_map();
	listen_on_all();
	for (i = 0; i < ARRAY_SIZE(storms); i++) {
		if (!is_wanted(storms[i].name, argv + 1))
			continue;
		printf("# %s\n", storms[i].name);
		storms[i].run(rounds);
	}
	return finish();
}
