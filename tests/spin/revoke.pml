/* SPDX-License-Identifier: MIT */
/*
 * Revoke against use: who holds what, after a revocation has returned.
 *
 * A has two capabilities, X and Y, from AID 1; C, its child, has both derived
 * from A's; D, C's child, has both derived from C's, or is being spawned
 * meanwhile, or else somebody republishes C's bundle: a grant of X to C, or what
 * refreshes it.  Two calls revoke X of A, Y of A, or all of A's.  A use is asked
 * for in the name of any of the three, anew or with a file that is open.
 *
 * Steps are those of kernel/agent/{bundle,hold,revoke,share,spawn}.c and of
 * security/coconut/{decide,file}.c; the names of functions stand beside them.
 * Each BREAK_ leaves one out, and SPIN must find what comes of it.
 */
#include "kernel.pml"

#define A	0
#define C	1
#define D	2
#define AGENTS	3

#define X	1
#define Y	2
#define ALL	(X | Y)

/* struct agent: a bundle never changes, so a copy stands for its pointer. */
byte bundle[AGENTS];
bool made[AGENTS];	/* agent->bundle is not NULL */
bool listed;		/* D is among C's offspring */
mutex_t lock[AGENTS];	/* agent->mutex */
mutex_t walk;		/* one walk over descendants at a time */
byte returned;		/* capabilities whose revocation has returned */

/*
 * A generation is never given out twice.  So all there is to know of one that
 * was read is whether it is the agent's still.
 */
byte me;		/* the user's agent */
bool known_is_now;	/* of the file: coconut_file(file)->known */
bool asked_is_now;	/* as read before a decision */
bool shared_is_now;	/* that of C which the bundle of D's sibling, ALL, is of */

/* bundle.c: publish(), in two steps; who sees the number sees the bundle. */
#ifndef BREAK_ORDER
#define publish_bundle(agent, what)	bundle[agent] = what
#define publish_number(agent)		new_number(agent); made[agent] = true
#else
#define publish_bundle(agent, what)	new_number(agent); next = what
#define publish_number(agent)		bundle[agent] = next; \
					made[agent] = true
byte next;
#endif

inline new_number(agent)
{
	if
	:: agent == me -> known_is_now = false; asked_is_now = false
	:: else
	fi;
	if
	:: agent == C -> shared_is_now = false
	:: else
	fi
}

/* revoke.c: follow(), bundle.c: agent_bundle_follow(). */
inline follow(agent, parent)
{
	atomic {
		mutex_lock(lock[agent]);
		/* has_orphan(); what is not made will be made from what is left */
		with_mutex(lock[parent]);
		changed = made[agent] && bundle[agent] & ~bundle[parent]
	}
	if
	:: changed ->
		atomic {
			/* make_within() */
			with_mutex(lock[parent]);
			publish_bundle(agent, bundle[agent] & bundle[parent])
		}
		atomic { publish_number(agent); mutex_unlock(lock[agent]) }
	:: else -> mutex_unlock(lock[agent])
	fi
}

/* revoke.c: withdraw_below(), the spawner before its children. */
inline withdraw_below()
{
#ifdef BREAK_BOTTOM_UP
	if
	:: listed -> follow(D, C)
	:: else
	fi;
	follow(C, A)
#else
	follow(C, A);
	if
	:: changed && listed -> follow(D, C)
	:: else
	fi
#endif
	;changed = false
}

/* revoke.c: one walk at a time, from the removal at its top on. */
inline begin_removal()
{
#if !defined(BREAK_WALKS) && !defined(BREAK_REMOVAL)
	atomic { mutex_lock(walk) }
#else
	skip
#endif
}

inline begin_walk()
{
#ifdef BREAK_REMOVAL
	atomic { mutex_lock(walk) }
#else
	skip
#endif
}

inline end_walk()
{
#ifndef BREAK_WALKS
	mutex_unlock(walk)
#else
	skip
#endif
}

/* revoke.c: agent_revoke() of A. */
proctype revoke(byte wanted)
{
	bool changed, lost;

	begin_removal();
	atomic {
		mutex_lock(lock[A]);
		/* agent_bundle_remove() */
		lost = (bundle[A] & wanted) != 0;
		if
		:: lost -> publish_bundle(A, bundle[A] & ~wanted)
		:: else
		fi
	}
	atomic { publish_number(A); mutex_unlock(lock[A]) }
	begin_walk();
	if
	:: lost || wanted == ALL ->
#ifndef BREAK_CASCADE
		withdraw_below();
#endif
		end_walk();
#ifndef BREAK_GRACE
		synchronize_rcu(changed);
#endif
		returned = returned | wanted
	:: else -> end_walk()	/* -ENOENT */
	fi
}

/* revoke.c: agent_revoke() of X of C, which may do so itself. */
proctype drop()
{
	bool changed;

	begin_removal();
	atomic {
		mutex_lock(lock[C]);
		publish_bundle(C, bundle[C] & ~X)
	}
	atomic { publish_number(C); mutex_unlock(lock[C]) }
	begin_walk();
	if
	:: listed -> follow(D, C)
	:: else
	fi;
	changed = false;
	end_walk()
}

/* revoke.c: agent_grant() of X to C, or a refresh; make_bundle() for both. */
proctype republish()
{
	bool source;

	if
	:: atomic {
		/* syscalls.c: derive_grant(), hold.c: agent_find_source() */
		with_mutex(lock[A]);
		source = (bundle[A] & X) != 0
	}
	:: true		/* an expiry, or a use that found one */
	fi;
	atomic {
		mutex_lock(lock[C]);
		with_mutex(lock[A]);
		/* agent_bundle_add(): what it comes from must be there still */
#ifndef BREAK_GRANT
		source = source && bundle[A] & X;
#endif
#ifdef BREAK_ABSORB
		publish_bundle(C, bundle[C] & bundle[A] | (source -> X : 0))
#else
		publish_bundle(C, bundle[C] | (source -> X : 0))
#endif
	}
	atomic { publish_number(C); mutex_unlock(lock[C]) }
}

/* spawn.c: agent_spawn_one() by C; agent.c: agent_alloc() puts D on the list. */
proctype spawn()
{
	byte derived;

#ifndef BREAK_LIST
	listed = true;
#endif
	/* bind_caps(): derive() of each, under the spawner's mutex */
	atomic { with_mutex(lock[C]); derived = bundle[C] & X }
	atomic { with_mutex(lock[C]); derived = derived | bundle[C] & Y }

	/* bundle.c: agent_bundle_install(); share() under both mutexes */
	atomic {
		mutex_lock(lock[D]);
#ifdef BREAK_SHARE
		/* a key of the past finds the bundle of the past */
		if
		:: derived == ALL -> publish_bundle(D, ALL); goto number
		:: else
		fi
#else
		with_mutex(lock[C]);
		if
		:: shared_is_now && derived == ALL ->
			publish_bundle(D, ALL);
			goto number
		:: else
		fi
#endif
	}
	atomic {
		/* make_within(): orphans are left out */
#ifndef BREAK_WITHIN
		with_mutex(lock[C]);
		publish_bundle(D, derived & bundle[C])
#else
		publish_bundle(D, derived)
#endif
	}
number:
	atomic { publish_number(D); mutex_unlock(lock[D]) }
#ifdef BREAK_LIST
	listed = true
#endif
}

/* decide.c: ask_path(); it succeeds or does not within its section. */
inline decide()
{
	rcu_read_lock();
	allowed = (bundle[me] & X) != 0;
	atomic { assert(!allowed || !(returned & X)); rcu_read_unlock() }
}

/* file.c: open_anew() or ask_again(); the number is read before it is asked. */
inline ask_and_note()
{
#ifdef BREAK_NOTE
	decide();
	atomic { asked_is_now = true;
#else
	asked_is_now = true;
	decide();
	atomic {
#endif
		open = allowed;
		known_is_now = allowed && asked_is_now;
		allowed = false;
		asked_is_now = false
	}
}

/* A task of any one of the agents: it asks anew, or uses what is open. */
proctype user()
{
	bool allowed, open, late;

	made[me];
	do
	:: !open -> ask_and_note()
	:: open ->
		/* file.c: check_file() */
		late = (returned & X) != 0;
		if
#ifndef BREAK_COMPARE
		:: atomic { known_is_now -> assert(!late); late = false }
		:: atomic { !known_is_now -> late = false } ask_and_note()
#else
		:: atomic { assert(!late); late = false }
#endif
		fi
	:: atomic { open = false; known_is_now = false }
	:: break
	od
}

init
{
	atomic {
		bundle[A] = ALL;
		bundle[C] = ALL;
		made[A] = true;
		made[C] = true;
		shared_is_now = true;
		if
		:: me = A
		:: me = C
		:: me = D
		fi;
		if
		:: run spawn()
		:: bundle[D] = ALL; made[D] = true; listed = true;
			run republish()
		fi;
		if
		:: run revoke(X); run revoke(Y)
		:: run revoke(X); run revoke(ALL)
		:: run revoke(ALL); run revoke(ALL)
		:: run revoke(X); run drop()
		fi;
		run user()
	}
}
