/* SPDX-License-Identifier: MIT */
/*
 * What the models take from the kernel: a mutex, and RCU with one reader.
 *
 * What a mutex guards and nothing else reads is one step from the locking on,
 * atomic; a step ends where somebody could see what is half done.
 */

#define mutex_t			bool
#define mutex_lock(mutex)	!mutex; mutex = true
#define mutex_unlock(mutex)	mutex = false
/* Locked and unlocked within one step. */
#define with_mutex(mutex)	!mutex

/* A reader that is in its section, and which of its sections that is. */
bool reading;
bool section;

#define rcu_read_lock()		d_step { reading = true; section = !section }
#define rcu_read_unlock()	reading = false

/* Waits for the section that was entered before, and for no later one. */
#define synchronize_rcu(before) \
	before = section; \
	atomic { !reading || section != before -> before = false }
