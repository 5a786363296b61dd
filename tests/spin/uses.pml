/* SPDX-License-Identifier: MIT */
/*
 * Counted uses: one of the capability and one of each above it, or none.
 *
 * TOP has two uses; MIDDLE is derived from it and has a rate of one in each
 * tick; LOW and SIDE are derived from MIDDLE, and LOW has two uses.  Three tasks
 * use LOW, LOW and SIDE at once while time goes on, and LOW is revoked.
 *
 * Steps are those of kernel/agent/cap.c, agent_cap_use(), and of agent_rate_take()
 * in kernel/agent/core/may.c; each access to a count or a rate is one step.
 */
#define TOP	0
#define MIDDLE	1
#define LOW	2
#define SIDE	3
#define CAPS	4

#define above(cap) \
	((cap) == LOW || (cap) == SIDE -> MIDDLE : ((cap) == MIDDLE -> TOP : CAPS))

#define TICKS	2
#define TASKS	3
#define INTERVAL 1

byte most[CAPS];	/* cap->spec.uses; 0 for no count */
byte left[CAPS];	/* cap->uses */
byte due;		/* MIDDLE's cap->due, in ticks; 0 is long ago */
byte now = 1;		/* ktime_get_boottime_ns() */

byte used[CAPS];	/* uses that succeeded, by each that was taken from */
byte taken[TICKS + 1];	/* from MIDDLE's rate and not given back, by their start */
bool spent;		/* a use was denied for a count */
bool paced;		/* a use was denied for the rate */
byte done;		/* tasks that have ended */

bool published;		/* LOW is in the bundle no more */
byte reading;		/* tasks in a section that began while it was */

/* No more than one of those that began in a tick goes by the rate. */
inline note()
{
	taken[start]++;
	assert(taken[start] <= 1)
}

/* take(): first the count, then the rate, and back when there is none. */
inline take(cap)
{
	if
	:: most[cap] ->
#ifdef BREAK_DEC
		old = left[cap];
		if
		:: old -> left[cap] = old - 1
		:: else -> good = false; spent = true
		fi;
		old = 0
#else
		/* atomic64_dec_if_positive() */
		atomic {
			if
			:: left[cap] -> left[cap]--
			:: else -> good = false; spent = true
			fi
		}
#endif
	:: else
	fi;
	if
	:: good && cap == MIDDLE ->
		/* take_rate(): agent_rate_take() of one in an INTERVAL */
#ifdef BREAK_CMPXCHG
		old = due;
		if
		:: old <= start -> due = start + INTERVAL; note()
		:: else -> good = false; paced = true
		fi;
		old = 0
#else
		atomic {
			if
			:: due <= start -> due = start + INTERVAL; note()
			:: else -> good = false; paced = true
			fi
		}
#endif
	:: else
	fi
}

#ifndef BREAK_INTERVAL
#define is_fresh	now < start + INTERVAL
#else
#define is_fresh	true
#endif

/* What was taken from a rate has come back by itself after its interval. */
inline give_back(cap)
{
	if
	:: most[cap] -> left[cap]++
	:: else
	fi;
	if
	:: atomic {
		cap == MIDDLE && is_fresh ->
		due = due - INTERVAL;
		taken[start]--
	   }
	:: else
	fi
}

proctype use(byte cap)
{
	byte at, lent, start, old;
	bool good = true, counted;

	/* decide.c: ask_path(), in a section over the bundle that it found */
	atomic {
		if
		:: cap == LOW && published -> goto out
		:: cap == LOW && !published -> reading++; counted = true
		:: else
		fi;
		start = now;
		at = cap
	}
	do
	:: at == CAPS -> break
	:: else ->
		take(at);
		if
		:: !good -> break
		:: else -> at = above(at)
		fi
	od;
	if
	:: good ->
		/* what went is what was to go */
		atomic {
			used[TOP]++;
			used[MIDDLE]++;
			used[cap]++
		}
	:: else ->
#ifndef BREAK_BACK
		lent = cap;
		do
#ifdef BREAK_LENT
		:: lent == CAPS || above(lent) == at -> break
#else
		:: lent == at -> break
#endif
		:: else -> give_back(lent); lent = above(lent)
		od
#endif
	fi;
	atomic {
		if
		:: counted -> reading--
		:: else
		fi
	}
out:
	done++
}

proctype clock()
{
	do
	:: now < TICKS -> now++
	:: break
	od
}

/* revoke.c: agent_revoke() of LOW; what comes later is denied by the bundle. */
proctype revoke()
{
	published = true;
#ifndef BREAK_GRACE
	/* synchronize_rcu_expedited() */
	reading == 0;
#endif
	/* Nothing of it is half taken. */
	assert(left[LOW] + used[LOW] == most[LOW])
}

/*
 * When all have ended, what is missing was used.  A count denied a use because it
 * was spent, or lent just then to a use that something further up denied.
 */
proctype judge()
{
	done == TASKS;
	assert(left[TOP] + used[TOP] == most[TOP]);
	assert(left[LOW] + used[LOW] == most[LOW]);
	assert(!spent || paced || !left[TOP] || !left[LOW])
}

init
{
	atomic {
		if
		:: most[TOP] = 1
		:: most[TOP] = 2
		fi;
		left[TOP] = most[TOP];
		if
		:: most[LOW] = 1
		:: most[LOW] = 2
		fi;
		left[LOW] = most[LOW];
		run use(LOW);
		run use(LOW);
		run use(SIDE);
		run clock();
		run revoke();
		run judge()
	}
}
