// SPDX-License-Identifier: MIT
/*
 * coconutd: revoking, beside everything else
 *
 * A revoke returns once nothing uses any more what was revoked, and for each
 * capability that fell it leaves a row, for which there must be room on the
 * way to the disk. PID 1 is who makes that room, so it cannot wait: a thread
 * of its own does, one revoke after the other.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "coconutd.h"

/**
 * struct job - a revoke that is wanted
 * @next: the one after it
 * @args: for the kernel
 * @client: who is told, a number of client_find(), or 0
 * @err: what the kernel said
 */
struct job {
	struct job *next;
	struct agent_cap_revoke_args args;
	uint64_t client;
	int err;
};

/* A queue whose end is where the next one goes. */
struct queue {
	struct job *first;
	struct job **end;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static struct queue todo = { .end = &todo.first };
static struct queue done = { .end = &done.first };
static struct source finished = { .fd = -1 };

static void put(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
}

static struct job *take(struct queue *queue)
{
	struct job *job = queue->first;

	if (!job)
		return NULL;
	queue->first = job->next;
	if (!queue->first)
		queue->end = &queue->first;
	return job;
}

/* Nothing here allocates or frees: the main thread forks. */
static void *work(void *arg)
{
	struct job *job;

	pthread_mutex_lock(&lock);
	for (;;) {
		job = take(&todo);
		if (!job) {
			pthread_cond_wait(&wanted, &lock);
			continue;
		}
		pthread_mutex_unlock(&lock);
		job->err = coconut_cap_revoke(&job->args);
		pthread_mutex_lock(&lock);
		put(&done, job);
		eventfd_write(finished.fd, 1);
	}
	return arg;
}

static void handle_finished(struct source *source, uint32_t events)
{
	eventfd_t count;
	struct job *job;

	(void)events;
	eventfd_read(source->fd, &count);
	for (;;) {
		pthread_mutex_lock(&lock);
		job = take(&done);
		pthread_mutex_unlock(&lock);
		if (!job)
			return;
		op_revoked(client_find(job->client), &job->args, job->err);
		free(job);
	}
}

/* The thread takes no signal: those are the main thread's. */
static bool start(void)
{
	sigset_t all, old;
	pthread_t thread;
	int err;

	if (finished.fd >= 0)
		return true;
	finished.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (finished.fd < 0)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&thread, NULL, work, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		note("no thread that revokes: %s", coconut_strerror(err));
		close(finished.fd);
		finished.fd = -1;
		return false;
	}
	pthread_detach(thread);
	finished.handle = handle_finished;
	loop_add(&finished, EPOLLIN);
	return true;
}

/**
 * revoke_later - revoke without waiting for it
 * @client: who is told by op_revoked() and takes no request before, or NULL
 * @args: what to revoke
 */
void revoke_later(struct client *client,
		  const struct agent_cap_revoke_args *args)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		abort();
	job->args = *args;
	if (!start()) {
		/* Late is better than never. */
		job->err = coconut_cap_revoke(&job->args);
		op_revoked(client, &job->args, job->err);
		free(job);
		return;
	}
	if (client) {
		job->client = client->number;
		client_pause(client);
	}
	pthread_mutex_lock(&lock);
	put(&todo, job);
	pthread_cond_signal(&wanted);
	pthread_mutex_unlock(&lock);
}
