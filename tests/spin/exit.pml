/* SPDX-License-Identifier: MIT */
/*
 * Exit against grant: an agent's last task ends while others look it up, grant
 * it something, revoke it by its handle, and let it follow its spawner.
 *
 * Steps are those of kernel/agent/{agent,bundle,cap,revoke,tasks}.c.  What is
 * asserted: no GRANT row after the EXIT row, no handle twice, nothing of the
 * agent touched when it has been freed, and that it is freed once.
 */
#include "kernel.pml"

byte usage;		/* agent->usage: its task's, and who found it */
bool found;		/* it is in the registry */
bool heir;		/* it is among its spawner's offspring */
mutex_t lock;		/* agent->mutex */
bool ended;
bool exit_row;
bool freed;
bool freeing;		/* rwork is queued */
mutex_t family;		/* the spawner's: guards its offspring */

byte last_handle;	/* cap.c */
byte handle;		/* of the capability in the bundle that was granted */
bool given[4];		/* handles that were given out */

bool armed;		/* agent->expiry is pending */
bool expiring;		/* and it runs */
byte readers;		/* in a section of RCU; see free() */
bool waiting;		/* for those that are in one now */

#define touch()	assert(!freed)

/* agent.c: get_live(), refcount_inc_not_zero() */
inline get_live(got)
{
	atomic {
		touch();
#ifndef BREAK_NOT_ZERO
		got = usage > 0;
#else
		got = true;
#endif
		if
		:: got -> usage++
		:: else
		fi
	}
}

/* agent.c: agent_get_by_aid(): what was found may go before it is kept. */
inline get_by_aid(got)
{
	atomic { readers++; got = found }
	if
	:: got -> get_live(got)
	:: else
	fi;
	atomic { readers--; waiting = waiting && readers }
}

/* agent.c: agent_put() */
inline put()
{
	atomic {
		touch();
		assert(usage);
		usage--;
		if
		:: !usage ->
			assert(!freeing);
			freeing = true;
			waiting = readers > 0
		:: else
		fi
	}
}

/* bundle.c: publish() and schedule_expiry(), under the agent's mutex. */
inline publish()
{
	touch();
	armed = true
}

/* syscalls_cap.c: grant_to() */
proctype grant()
{
	byte mine, next;
	bool got;

	get_by_aid(got);
	if
	:: !got -> goto out	/* -ESRCH */
	:: else
	fi;
	/* agent_cap_bind() */
#ifndef BREAK_HANDLE
	atomic {
		last_handle++;
		mine = last_handle;
#else
	next = last_handle + 1;
	atomic {
		last_handle = next;
		mine = next;
#endif
		assert(!given[mine]);
		given[mine] = true
	}
	/* revoke.c: agent_grant() */
#ifdef BREAK_CHECK
	got = !ended;
#endif
	atomic { mutex_lock(lock); touch() }
#ifndef BREAK_CHECK
	got = !ended;
#endif
	if
	:: got ->
		atomic { publish(); handle = mine }
#ifdef BREAK_ROW
		mutex_unlock(lock);
		assert(!exit_row)
#else
		atomic { assert(!exit_row); mutex_unlock(lock) }
#endif
	:: else -> mutex_unlock(lock)
	fi;
	put();
out:
	skip
}

/* revoke.c: agent_revoke() by a handle: it takes that capability or none. */
proctype revoke()
{
	byte wanted = 1;
	bool got;

	get_by_aid(got);
	if
	:: got ->
		atomic {
			mutex_lock(lock);
			touch();
			if
			:: !ended && handle == wanted -> handle = 0; publish()
			:: else		/* -ESRCH, -ENOENT */
			fi
		}
		mutex_unlock(lock);
		put()
	:: else
	fi
}

/* revoke.c: follow(), for a spawner that has lost something; ended or not. */
proctype follow()
{
	bool got;

	/* agent_next_child() */
	atomic { mutex_lock(family); got = heir }
	if
	:: got -> get_live(got)
	:: else
	fi;
	mutex_unlock(family);
	if
	:: got ->
		atomic { mutex_lock(lock); publish() }
		mutex_unlock(lock);
		put()
	:: else
	fi
}

/* revoke.c: agent_bundle_expire(); it has no reference of its own. */
proctype expiry()
{
end:
	do
	:: atomic { armed && !expiring -> armed = false; expiring = true }
		atomic { touch(); mutex_lock(lock) }
		/* agent_bundle_lapse() may have to come again */
		atomic {
			if
			:: publish()
			:: touch()
			fi;
			mutex_unlock(lock)
		}
		atomic { touch(); expiring = false }
	od
}

/* workqueue.c: cancel_delayed_work_sync(): it does not queue itself either. */
inline cancel()
{
	armed = false;
	atomic { !expiring -> armed = false }
}

/* tasks.c: agent_exit() of the last task; agent.c: agent_end(). */
proctype last_task()
{
	atomic { mutex_lock(lock); ended = true }
	atomic { exit_row = true; mutex_unlock(lock) }
	found = false;		/* xa_erase() */
	cancel();
	/* agent_task_free() */
	put()
}

/* agent.c: free_agent(), a work, after a grace period. */
proctype free()
{
end:
	freeing;
#ifndef BREAK_RCU
	!waiting;
#endif
#ifndef BREAK_CANCEL
	cancel();
#endif
#ifndef BREAK_UNLINK
	atomic { with_mutex(family); heir = false }
#endif
	atomic { assert(!freed && !usage); freed = true }
}

init
{
	atomic {
		usage = 1;
		found = true;
		heir = true;
		run last_task();
		run free();
		run expiry();
		run grant();
		run grant();
		if
		:: run revoke()
		:: run follow()
		fi
	}
}
