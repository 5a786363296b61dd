/* SPDX-License-Identifier: MIT */
/*
 * Mappings against revocation: fork, threads that end, and faults.
 *
 * A runs its image.  Its first task has mapped a file by what is revoked, and
 * has a thread.  It forks a task, and spawns C, whose first task runs A's code
 * until it execs and forks as well; then it may end.  All the while each may
 * fault.  A's revocation publishes, and then sweeps the tasks of A, and those of
 * C, which does not run its image.
 *
 * Steps are those of kernel/agent/tasks.c, security/coconut/withdraw.c and of
 * copy_process() with the patches to kernel/fork.c and mm/memory.c.
 */
#include "kernel.pml"

/* Tasks, and the memory each has of its own; the thread has its leader's. */
#define LEADER	0	/* of A */
#define THREAD	1	/* of A, in LEADER's group */
#define FORKED	2	/* of A, by LEADER */
#define SPAWNED	3	/* of C, by LEADER */
#define BELOW	4	/* of C, by SPAWNED */
#define TASKS	5
#define NONE	TASKS	/* task->mm is NULL */

#define A	0
#define C	1

#define agent_of(task)	((task) >= SPAWNED -> C : A)

bool held;		/* the capability is in A's bundle */
bool returned;
byte memory[TASKS];	/* task->mm */
bool page[TASKS];	/* by memory: the file's page is in its tables */
mutex_t lock[TASKS];	/* by memory: mmap_lock and those of its mappings */
bool listed[TASKS];	/* agent_node is in its agent's task_list */
bool running[TASKS];

/* Sweeps have numbers that are never used again: 0 for none, then these. */
#define SWEEP(agent)	(1 + (agent))
byte swept[2];		/* agent->swept */
byte task_swept[TASKS];	/* task->agent_swept */

/* Whoever runs, after the revocation, has no page left by what was revoked. */
inline check(task)
{
	assert(!returned || !running[task] || !page[memory[task]])
}

/* withdraw.c: is_done(): what threads share is gone over with the first one. */
inline sweep_memory(task, number)
{
	atomic {
		mm = memory[task];
		if
#ifndef BREAK_LEADER
		:: task == THREAD && task_swept[LEADER] == number &&
		   memory[LEADER] == mm -> mm = NONE
#else
		:: task == THREAD && memory[LEADER] == mm -> mm = NONE
#endif
		:: else
		fi
	}
	if
	:: mm != NONE ->
		/* sweep_mm(): what is not asked for any more is zapped */
#ifndef BREAK_LOCK
		atomic { with_mutex(lock[mm]); if :: !held -> page[mm] = false :: else fi }
#else
		atomic { if :: !held -> page[mm] = false :: else fi }
#endif
	:: else
	fi;
	mm = NONE
}

#define is_left(task, agent, number) \
	(agent_of(task) == agent && listed[task] && task_swept[task] != number)

/*
 * withdraw.c: coconut_withdraw().  tasks.c: agent_next_unswept() takes any task
 * that is left, since the order in the list depends on who forked when; but the
 * first one of a group before the others of it.
 */
inline withdraw(agent)
{
	do
	:: atomic {
		is_left(LEADER, agent, SWEEP(agent)) -> at = LEADER;
		task_swept[at] = SWEEP(agent)
	   }
	   sweep_memory(at, SWEEP(agent))
	:: atomic {
#ifndef BREAK_LEADER
		is_left(THREAD, agent, SWEEP(agent)) && !is_left(LEADER, agent, SWEEP(agent)) ->
#else
		is_left(THREAD, agent, SWEEP(agent)) ->
#endif
		at = THREAD;
		task_swept[at] = SWEEP(agent)
	   }
	   sweep_memory(at, SWEEP(agent))
	:: atomic {
		is_left(FORKED, agent, SWEEP(agent)) -> at = FORKED;
		task_swept[at] = SWEEP(agent)
	   }
	   sweep_memory(at, SWEEP(agent))
	:: atomic {
		is_left(SPAWNED, agent, SWEEP(agent)) -> at = SPAWNED;
		task_swept[at] = SWEEP(agent)
	   }
	   sweep_memory(at, SWEEP(agent))
	:: atomic {
		is_left(BELOW, agent, SWEEP(agent)) -> at = BELOW;
		task_swept[at] = SWEEP(agent)
	   }
	   sweep_memory(at, SWEEP(agent))
	:: atomic {
		/* under the lock under which a task joins */
		!is_left(LEADER, agent, SWEEP(agent)) &&
		!is_left(THREAD, agent, SWEEP(agent)) &&
		!is_left(FORKED, agent, SWEEP(agent)) &&
		!is_left(SPAWNED, agent, SWEEP(agent)) &&
		!is_left(BELOW, agent, SWEEP(agent)) ->
#ifndef BREAK_UNLOCKED
		swept[agent] = SWEEP(agent);
#endif
		break
	   }
	od;
#ifdef BREAK_UNLOCKED
	swept[agent] = SWEEP(agent);
#endif
	at = 0
}

/* revoke.c: agent_revoke() of A, withdraw_below() with C in it. */
proctype revoke()
{
	byte mm = NONE, at;

#ifdef BREAK_FIRST
	withdraw(A);
	withdraw(C);
	held = false;
#else
	held = false;
	withdraw(A);
#ifndef BREAK_SPAWNING
	/* follow(): it is not running, and has what its spawner had */
	withdraw(C);
#endif
#endif
	atomic {
		returned = true;
		check(LEADER);
		check(THREAD);
		check(FORKED);
		check(SPAWNED);
		check(BELOW)
	}
}

/* A copy of the caller's memory, in copy_process(), for a task of an agent. */
inline fork(task, parent)
{
	/* tasks.c: agent_fork(), before copy_mm() */
#if defined(BREAK_RECORD)
	skip;
#elif defined(BREAK_OF_CODE)
	task_swept[task] = swept[A];
#elif defined(BREAK_GENERATION)
	task_swept[task] = (held -> 0 : SWEEP(agent_of(task)));
#else
	task_swept[task] = swept[agent_of(task)];
#endif
	/* dup_mm(), under the parent's lock */
	atomic {
		with_mutex(lock[memory[parent]]);
		memory[task] = task;
		page[task] = page[memory[parent]]
	}
#ifdef BREAK_RECORD
	task_swept[task] = swept[agent_of(task)];
#endif
#ifndef BREAK_JOIN
	/* agent_join(): it can be found */
	listed[task] = true;
#endif
	/* agent_sweep_forked() */
	if
#ifndef BREAK_SWEEP
#ifdef BREAK_OF_CODE
	:: task_swept[task] != swept[A] ->
#elif defined(BREAK_GENERATION)
	:: task_swept[task] != (held -> 0 : SWEEP(agent_of(task))) ->
#else
	:: task_swept[task] != swept[agent_of(task)] ->
#endif
		sweep_memory(task, NONE)
#endif
	:: else
	fi;
#ifdef BREAK_JOIN
	listed[task] = true;
#endif
	atomic { running[task] = true; check(task) }
}

/*
 * mm/memory.c: do_fault(), withdraw.c: coconut_may_fault(), under the lock; by
 * any task that runs.  From then on the page is used without a question.
 */
proctype faults()
{
	byte mm;
	bool good;

	do
	:: atomic {
		if
		:: running[LEADER] -> mm = LEADER
		:: running[THREAD] -> mm = memory[THREAD]
		:: running[FORKED] -> mm = FORKED
		:: running[SPAWNED] -> mm = SPAWNED
		:: running[BELOW] -> mm = BELOW
		fi;
		mutex_lock(lock[mm]);
#ifndef BREAK_FAULT
		good = held
#else
		good = true
#endif
	   }
	   atomic {
		if
		:: good -> page[mm] = true; assert(!returned)
		:: else
		fi;
		good = false;
		mutex_unlock(lock[mm]);
		mm = 0
	   }
	:: break
	od
}

/* A task of A that forks, or spawns C, and may end. */
proctype leader()
{
	byte mm = NONE;

	if
	:: fork(FORKED, LEADER)
	:: skip
	fi;
	if
	:: fork(SPAWNED, LEADER)
	:: skip
	fi;
	if
	/* do_exit(): exit_mm(), and much later agent_leave() */
	:: running[LEADER] = false; memory[LEADER] = NONE; listed[LEADER] = false
	:: skip
	fi
}

/* C's first task, before it execs. */
proctype spawned()
{
	byte mm = NONE;

end:	/* or it is never made */
	running[SPAWNED];
	if
	:: fork(BELOW, SPAWNED)
	:: skip
	fi
}

init
{
	atomic {
		held = true;
		if
		:: page[LEADER] = true
		:: skip
		fi;
		memory[LEADER] = LEADER;
		memory[THREAD] = LEADER;
		memory[FORKED] = NONE;
		memory[SPAWNED] = NONE;
		memory[BELOW] = NONE;
		listed[LEADER] = true;
		listed[THREAD] = true;
		running[LEADER] = true;
		running[THREAD] = true;
		run leader();
		run spawned();
		run faults();
		run revoke()
	}
}
