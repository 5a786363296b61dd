/* SPDX-License-Identifier: MIT */
/*
 * Sealing: the order of the rows of several processors.
 *
 * Two writers, each on a processor of its own, write rows into its stage; the
 * sealer makes rounds.  A row that was whole before another was begun must stand
 * before it in the chain.  Who has written a row and waits until the time that it
 * reads afterwards is sealed must find its row sealed.
 *
 * Steps are those of kernel/audit/coconut/stage.c, put_row(), and of seal.c,
 * find_rows(), seal_all() and agent_audit_seal(); each access to the clock, to a
 * stage's head or to what was sealed is one step.
 */
#define CPUS	2
#define ROWS	2		/* of each processor */
#define ALL	4
#define ROUNDS	3
#define NEVER	255

#define row_of(cpu, i)	((cpu) * ROWS + (i))

byte now;			/* ktime_get_ns() */
byte head[CPUS];		/* stage->ring.head, in rows */
byte tail[CPUS];		/* stage->ring.tail */
byte time[ALL];			/* row->time */
bool is_whole[ALL];		/* the row was published */
byte before[ALL];		/* mask of the rows that were whole when it began */
bool is_sealed[ALL];
byte sealed_until;

/* No two looks at the clock are at the same time, wherever they are taken. */
inline look_at_clock(to)
{
	d_step {
#ifndef BREAK_CLOCK
		now++;
#endif
		to = now
	}
}

inline begin_row(row)
{
	d_step {
		i = 0;
		do
		:: i < ALL ->
			if
			:: is_whole[i] -> before[row] = before[row] | (1 << i)
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0
	}
}

proctype write(byte cpu)
{
	byte i, n, at;

	do
	:: n == ROWS -> break
	:: else ->
		begin_row(row_of(cpu, n));
#ifdef BREAK_WHOLE
		/* stored before the time is */
		d_step { head[cpu]++; is_whole[row_of(cpu, n)] = true };
		look_at_clock(at);
		time[row_of(cpu, n)] = at;
#else
		look_at_clock(at);
		time[row_of(cpu, n)] = at;
		/* smp_store_release(&ring->head) */
		d_step { head[cpu]++; is_whole[row_of(cpu, n)] = true };
#endif
		n++
	od;
	/* agent_audit_seal() */
	look_at_clock(at);
	if
	:: sealed_until >= at ->
		assert(is_sealed[row_of(cpu, 0)]);
		assert(is_sealed[row_of(cpu, 1)])
	:: else
	fi
}

/* Return: in @first the processor with the oldest row to take, CPUS for none. */
inline oldest()
{
	first = CPUS;
	least = NEVER;
	cpu = 0;
	do
	:: cpu < CPUS ->
		if
		:: tail[cpu] < seen[cpu] ->
#ifdef BREAK_UNTIL
			if
			:: time[row_of(cpu, tail[cpu])] < least ->
#else
			if
			:: time[row_of(cpu, tail[cpu])] <= until &&
			   time[row_of(cpu, tail[cpu])] < least ->
#endif
				first = cpu;
				least = time[row_of(cpu, tail[cpu])]
			:: else
			fi
		:: else
		fi;
		cpu++
	:: else -> break
	od;
#ifdef BREAK_OLDEST
	/* one stage after the other */
	cpu = 0;
	do
	:: cpu < CPUS && first == CPUS -> break
	:: cpu < CPUS && tail[cpu] < seen[cpu] &&
	   time[row_of(cpu, tail[cpu])] <= until -> first = cpu; break
	:: else -> cpu++
	od;
#endif
	cpu = 0;
	least = 0
}

/* What was whole when this row was begun has its place before it. */
inline seal_row(row)
{
	i = 0;
	do
	:: i < ALL ->
		assert(!(before[row] & (1 << i)) || is_sealed[i]);
		i++
	:: else -> break
	od;
	i = 0;
	is_sealed[row] = true
}

/* What is in the stages is taken by nobody else, so taking it is one step. */
inline take_rows()
{
	d_step {
		oldest();
		do
		:: first == CPUS -> break
		:: else ->
			seal_row(row_of(first, tail[first]));
			tail[first]++;
			oldest()
		od;
		first = 0
	}
}

inline look_at_heads()
{
	seen[0] = head[0];
	seen[1] = head[1]
}

proctype seal()
{
	byte seen[CPUS];
	byte i, cpu, first, least, until, round;

	do
	:: round == ROUNDS -> break
	:: else ->
#ifdef BREAK_CLOCK_FIRST
		look_at_heads();
		look_at_clock(until);
#else
		look_at_clock(until);
		look_at_heads();
#endif
#ifdef BREAK_END
		sealed_until = until;
		take_rows();
#else
		take_rows();
		sealed_until = until;
#endif
		round++
	od
}

init
{
	atomic {
		run write(0);
		run write(1);
		run seal()
	}
}
