// SPDX-License-Identifier: MIT
/*
 * coconutd: one epoll set, one handler for each descriptor
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "coconutd.h"

static int epoll_fd = -1;
static struct epoll_event ready[64];
static int nr_ready;

void loop_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		abort();
}

void loop_add(struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, source->fd, &event))
		note("cannot watch descriptor %d: %m", source->fd);
}

void loop_change(struct source *source, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
}

/* After this no event of the current turn reaches the source either. */
void loop_remove(struct source *source)
{
	int i;

	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	for (i = 0; i < nr_ready; i++) {
		if (ready[i].data.ptr == source)
			ready[i].data.ptr = NULL;
	}
}

/**
 * loop_now - the time by which capabilities end
 *
 * Return: CLOCK_BOOTTIME nanoseconds.
 */
uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/**
 * loop_turn - wait for events and handle them
 * @timeout_ms: how long at most; -1 for ever
 */
void loop_turn(int timeout_ms)
{
	int i;

	nr_ready = epoll_wait(epoll_fd, ready, 64, timeout_ms);
	for (i = 0; i < nr_ready; i++) {
		struct source *source = ready[i].data.ptr;

		if (source)
			source->handle(source, ready[i].events);
	}
	nr_ready = 0;
}
