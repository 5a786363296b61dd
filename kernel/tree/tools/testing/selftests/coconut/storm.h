/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the storms share: a page that everybody maps, in which the one who
 * grants and revokes says what he has done, and the others what they got.
 *
 *	storm (manifest storm): everything below /tmp, grants and revokes
 *	  |- storm_child (storm-child): uses; forks
 *	  |- storm_child (storm-spawner): spawns
 *	       |- storm_child (storm-grand): uses
 */
#ifndef COCONUT_TEST_STORM_H
#define COCONUT_TEST_STORM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define STORM		"/tmp/storm"
#define STORM_PORT	7103
#define STORM_NAME	"org.example.storm"
#define STORM_IMAGE	"/usr/lib/coconut/tests/storm_child"

#define STORM_THREADS	64
#define STORM_SLOTS	128

/* What is granted and revoked. */
enum storm_thing {
	STORM_READ,		/* fs.read of STORM/data */
	STORM_WRITE,		/* fs.write of the same */
	STORM_NET,		/* net.connect to STORM_PORT */
	STORM_UNIX,		/* unix.connect to STORM/sock */
	STORM_WORD,		/* a capability of userspace */
	STORM_THINGS
};

/*
 * An epoch goes up by one at each of these, so that who finds the same epoch
 * before and after what he does knows what he could rely on meanwhile.
 */
enum storm_phase {
	STORM_REVOKED,		/* the revocation has returned */
	STORM_GRANTING,
	STORM_HELD,		/* the grant has returned */
	STORM_REVOKING,
	STORM_PHASES
};

/**
 * struct storm_user - what one thread, or one kind of user, has seen
 * @kind: what it does, an index into the kinds of storm_use.c
 * @seen: the last epoch in which it got through, or was refused
 * @done: how often it got through in a phase that holds
 * @refused: how often it was refused in a phase that is revoked
 * @bad: how often it got through what began after a revocation had returned
 * @lost: how often it was refused between a grant and the next revocation
 */
struct storm_user {
	atomic_uint kind;
	atomic_uint seen;
	atomic_uint done;
	atomic_uint refused;
	atomic_uint bad;
	atomic_uint lost;
};

/**
 * struct storm - what everybody maps
 * @epoch: of each thing; its remainder by four is the phase
 * @stop: the storm is over
 * @beats: something moves
 * @users: of each thread
 * @aids: of agents that a spawner has spawned, 0 for none
 */
struct storm {
	atomic_uint epoch[STORM_THINGS];
	atomic_uint stop;
	atomic_uint beats;
	struct storm_user users[STORM_THREADS];
	atomic_ullong aids[STORM_SLOTS];
};

static inline enum storm_phase storm_phase(uint32_t epoch)
{
	return epoch % STORM_PHASES;
}

/* In both programs: the page. Ends the program when it is not to be had. */
struct storm *storm_map(void);

/**
 * struct storm_kind - what a thread does in a storm; see storm_use.c
 * @name: for who reads the results
 * @thing: without which it is refused
 * @also: without which it may be refused as well
 */
struct storm_kind {
	const char *name;
	enum storm_thing thing;
	enum storm_thing also;
};

extern const struct storm_kind storm_kinds[];
extern const uint32_t storm_nr_kinds;

#endif /* COCONUT_TEST_STORM_H */
