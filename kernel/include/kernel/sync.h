/* SPDX-License-Identifier: MIT */
/* Mutex, condition and counting semaphore, small over wait.h. All-zero storage plus
 * the init call, or the static initialisers. Thread context unless it says otherwise. */
#pragma once

#include <kernel/arch.h>
#include <kernel/wait.h>
#include <stdatomic.h>

/* Taking a free mutex and giving back one that nobody waits for is one compare-and-swap of @owner.
 * All the rest happens under one lock for all mutexes, sync.c. */
struct mutex {
	_Atomic uintptr_t owner;      /* struct thread *, and flags of sync.c; 0: free */
	struct mutex_waiter *waiters; /* (private) best first */
	struct mutex *next, **link;   /* (private) in the owner's list of those that may raise it */
	uint8_t flags;		      /* MUTEX_INHERIT, MUTEX_ROBUST */
	uint8_t ceiling;	      /* 0, or the least priority its owner runs at */
	uint8_t state;		      /* (private) of a robust one */
};

#define MUTEX_INHERIT 1U /* the owner runs at least at the priority of whoever waits for it */
#define MUTEX_ROBUST  2U /* the next one is told that the owner ended with it held */

#define MUTEX_INIT(name)               \
	{                              \
		.flags = MUTEX_INHERIT \
	}

/* The kernel's mutexes inherit priority. */
void mutex_init(struct mutex *m);
/* Not recursive: a second lock by the owner is a bug that panics. No event is acted upon
 * (thread.busy) until the unlock. */
void mutex_lock(struct mutex *m);
/* Returns 0, -ETIMEDOUT. */
int mutex_lock_until(struct mutex *m, uint64_t deadline);
/* May fail for a moment also when the mutex is free, while one who waited is on the way to take it. */
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_held(struct mutex *m); /* by the calling thread; for assertions */

/* --- the same for the mutexes of applications, whose owners still see events ------------------
 * All zeros is a free mutex without protocol. */

#define MUTEX_INTR 1U /* a posted event ends the wait: -EINTR */
#define MUTEX_DETECT \
	2U /* -EDEADLK instead of a wait that closes a circle of mutexes that inherit */

/* With @flags and @ceiling (an effective priority, 0: none). */
void mutex_setup(struct mutex *m, unsigned flags, unsigned ceiling);
/* After mutex_take() failed. @deadline 0: do not wait. The caller does not hold it, unless it wants to
 * wait for itself. Returns 0, -EBUSY, -ETIMEDOUT, -EINTR, -EDEADLK, -EINVAL (the caller's own priority is
 * above the ceiling), -EOWNERDEAD (taken, what it guards is suspect), -ENOTRECOVERABLE. */
int mutex_take_slow(struct mutex *m, uint64_t deadline, unsigned how);
/* After mutex_give() failed, by the owner. */
void mutex_give_slow(struct mutex *m);
/* The owner of a mutex that was -EOWNERDEAD says that what it guards is sound. Returns 0 or -EINVAL. */
int mutex_consistent(struct mutex *m);
/* Nobody holds it and nobody waits. */
bool mutex_is_free(struct mutex *m);
/* By the owner: change the ceiling. Takes effect with the next lock. Returns the old one. */
unsigned mutex_set_ceiling(struct mutex *m, unsigned ceiling);
/* The calling thread ends: hand on the robust mutexes that it holds. */
void mutex_abandon_all(void);

/* Until 13, gcc for RISC-V puts the barriers that the order for failure asks for, also on success:
 * the orders below are those that are right with it. */
static inline bool mutex_take(struct mutex *m)
{
	uintptr_t free = 0;

	return atomic_compare_exchange_strong_explicit(&m->owner, &free, (uintptr_t)arch_self(),
						       memory_order_acquire, memory_order_acquire);
}

static inline bool mutex_give(struct mutex *m)
{
	uintptr_t self = (uintptr_t)arch_self();

	return atomic_compare_exchange_strong_explicit(&m->owner, &self, 0, memory_order_seq_cst,
						       memory_order_seq_cst);
}

/* Change the base priority and policy of @t, and through the mutex it waits for that of others.
 * Context: thread. */
void thread_set_prio(struct thread *t, uint8_t prio, bool fifo);

/* --- condition, semaphore --------------------------------------------------------------------- */

struct cond {
	struct waitq q;
	_Atomic unsigned signals; /* how many so far */
};

#define COND_INIT(name)              \
	{                            \
		WAITQ_INIT((name).q) \
	}

void cond_init(struct cond *c);
/* Release @m, sleep, take @m again. Returns 0 (maybe for no reason) or -ETIMEDOUT. */
int cond_wait(struct cond *c, struct mutex *m, uint64_t deadline);
/* How often @c was signalled so far: whether one came since. For waits that are made elsewhere. */
static inline unsigned cond_count(const struct cond *c)
{
	return atomic_load_explicit(&c->signals, memory_order_relaxed);
}
void cond_signal(struct cond *c);    /* any context */
void cond_broadcast(struct cond *c); /* any context */

struct semaphore {
	unsigned count; /* guarded by q.lock */
	struct waitq q;
};

void sem_init_count(struct semaphore *s, unsigned count);
/* Returns 0, -ETIMEDOUT; deadline 0: try only, -EAGAIN. */
int sem_down(struct semaphore *s, uint64_t deadline);
/* Also -EINTR when events are posted and it would have to wait. */
int sem_down_intr(struct semaphore *s, uint64_t deadline);
/* Returns 0 or -EOVERFLOW. Any context. */
int sem_up(struct semaphore *s);
unsigned sem_count(struct semaphore *s);
