// SPDX-License-Identifier: MIT
/*
 * coconutd: when a segment ends, and who then sees to it
 *
 * A segment is closed by its size, by its age, and when root asks for it; not by
 * a shutdown. Signing and compressing is a child's work, so that it never keeps
 * PID 1 waiting. The child executes nothing: it stays in AID 1, where no other
 * root reads the key out of its memory. When it is killed or fails, another one
 * does the rest later.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chain.h"
#include "coconutd.h"

#define BYTES (16ULL << 20)
#define SECONDS (24ULL * 60 * 60)
#define LOOK_S 10     /* how often the age is looked at */
#define PAUSE_LOOKS 3 /* before a child that failed is followed by another */
#define NICEST 19

/**
 * struct waiting - a closed segment that is not signed yet
 * @next: closed after it
 * @closed: what is to be signed
 */
struct waiting {
	struct waiting *next;
	struct coconut_signature closed;
};

static struct source timer = { .fd = -1 };
static struct waiting *queue;
static pid_t child;
static bool child_has_first; /* it was told of the first of the queue */
static unsigned int pause_looks;
static uint64_t max_bytes = BYTES;
static uint64_t max_seconds = SECONDS;
static bool again; /* what is there is looked over, also without a new one */

uint64_t close_bytes(void)
{
	return max_bytes;
}

/* ---- the child ------------------------------------------------------- */

static __attribute__((noreturn)) void run(const struct waiting *first)
{
	sigset_t none;

	/* Its copies would keep clients waiting for the end of a connection. */
	close_range(3, ~0U, 0);
	note_forget();
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	setpriority(PRIO_PROCESS, 0, NICEST);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
	_exit(archive_run(CHAIN_DIR, STATE_DIR, first ? &first->closed : NULL));
}

static void start(void)
{
	pid_t pid;

	if (child || (!queue && !again) || is_shutting_down())
		return;
	pid = fork();
	if (!pid)
		run(queue);
	if (pid < 0) {
		note("no child to sign segments: %m");
		pause_looks = PAUSE_LOOKS;
		return;
	}
	child = pid;
	child_has_first = queue != NULL;
}

static void drop_first(void)
{
	struct waiting *first = queue;

	if (!first)
		return;
	queue = first->next;
	free(first);
}

/**
 * close_reaped - a child has been waited for
 * @pid: the child
 * @status: its wait status
 *
 * Return: true if it was the one that signs.
 */
bool close_reaped(pid_t pid, int status)
{
	int end = WIFEXITED(status) ? WEXITSTATUS(status) : ARCHIVE_LATER;

	if (pid != child || !child)
		return false;
	child = 0;
	if (WIFSIGNALED(status))
		note("the child that signs segments was killed by signal %d; another one follows",
		     WTERMSIG(status));
	if (end != ARCHIVE_GOOD && end != ARCHIVE_REFUSED) {
		pause_looks = PAUSE_LOOKS;
		return true;
	}
	again = false;
	if (child_has_first)
		drop_first();
	start();
	return true;
}

/* ---- the parent ------------------------------------------------------ */

/**
 * close_done - a segment has been closed
 * @closed: what is to be signed of it
 */
void close_done(const struct coconut_signature *closed)
{
	struct waiting *last = calloc(1, sizeof(*last)), **link = &queue;

	if (!last) {
		note("no memory to sign a segment");
		return;
	}
	last->closed = *closed;
	while (*link)
		link = &(*link)->next;
	*link = last;
	if (!pause_looks)
		start();
}

static void handle_timer(struct source *source, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	if (chain_age() >= max_seconds)
		chain_close(NULL);
	if (pause_looks && --pause_looks)
		return;
	start();
}

static void take_option(const char *name, uint64_t *value)
{
	char text[32];
	uint64_t number;

	if (!boot_option(name, text, sizeof(text)))
		return;
	number = strtoull(text, NULL, 10);
	if (number)
		*value = number;
}

/**
 * close_init - see to what earlier boots closed, and to the age from now on
 *
 * Another size and another age can be told on the kernel's command line.
 */
void close_init(void)
{
	struct itimerspec look = { .it_interval.tv_sec = LOOK_S,
				   .it_value.tv_sec = LOOK_S };

	take_option("coconut.segment_bytes", &max_bytes);
	take_option("coconut.segment_seconds", &max_seconds);
	if (max_seconds < LOOK_S)
		look.it_interval.tv_sec = look.it_value.tv_sec = 1;
	timer.fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(timer.fd, 0, &look, NULL);
	timer.handle = handle_timer;
	loop_add(&timer, EPOLLIN);
	again = true;
	start();
}
