/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking back: what is granted to an agent, to be taken, and beside it what it
 * has anyway, to go on.
 */
#ifndef COCONUT_TEST_REVOKE_H
#define COCONUT_TEST_REVOKE_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "rows.h"
#include "tests.h"

#define TAKEN		BASE "/taken"
#define KEPT		BASE "/kept"

/* Ports to connect to, and ports to have. */
#define TAKEN_PORT	7401
#define TAKEN_OWN	7403
#define KEPT_PORT	7411
#define KEPT_OWN	7413

/* What is granted for TAKEN, each by a handle of its own. */
enum thing {
	THING_READ, THING_WRITE, THING_EXEC, THING_UNIX, THING_CONNECT,
	THING_OWN, THING_IPC, THINGS
};

/* In which way it is taken. */
enum way {
	BY_SPAWNER,	/* each handle by who granted it */
	ALL_AT_ONCE,	/* the whole bundle */
	BY_ITSELF,	/* the agent gives it up */
	BY_TIME,	/* its time is over */
	WAYS
};

extern const char *const way_names[WAYS];

/**
 * struct victim - an agent that loses what it was granted
 * @child: the agent
 * @way: in which way it will
 * @handles: of what it was granted, by enum thing
 * @lifetime: of that, in seconds, 0 for none
 * @keep: descriptors to leave open in it
 * @nr_keep: how many
 * @meet: what the test does with it once it has prepared, or NULL; false when
 *	what was granted has ended before that was done
 * @arg: for @meet
 */
struct victim {
	struct child child;
	enum way way;
	uint64_t handles[THINGS];
	uint32_t lifetime;
	const uint32_t *keep;
	size_t nr_keep;
	bool (*meet)(struct victim *victim);
	void *arg;
};

/* Make the files, the pipes with names and the sockets of both sides. */
void make_things(void);

/**
 * victim_start - spawn one, grant it all things, and let it prepare
 * @victim: which is set, but for what it keeps and meets
 * @manifest: of the agent
 * @way: in which it will lose them
 * @lines: what it does to prepare, as child_ask() takes them
 * @count: how many
 *
 * Where time ends it, and does before all of it is done, it is tried once more
 * with twice the time.
 */
void victim_start(struct victim *victim, const char *manifest, enum way way,
		  const char *const *lines, size_t count);

/* Take all things, and return when that is done. */
void victim_take(struct victim *victim);

/* Take one. */
void victim_take_one(struct victim *victim, enum thing thing);

/*
 * As run_attempts().  What time ends is over for that reason, or it was open
 * before it was: why it is denied is asserted for the other ways alone.
 */
void victim_try(struct victim *victim, const struct attempt *attempts,
		size_t count);

#define VICTIM_TRY(victim, attempts) \
	victim_try(victim, attempts, ARRAY_SIZE(attempts))

/* The test's ends, which are there since make_things(): -1 for nobody there. */
int accept_tcp(bool taken);
int accept_unix(bool taken);
int udp_of(bool taken);
int datagrams_of(bool taken);
int connect_tcp(int port);

/* Close who waits to be accepted, and take all datagrams away. */
void empty_ends(void);

/* A part of the area revoke-maps. */
void revoke_pinned(void);

/* Parts of the area revoke. */
void revoke_lines(void);
void revoke_sockets(void);

#endif /* COCONUT_TEST_REVOKE_H */
