/* SPDX-License-Identifier: MIT */
/* Mutex, condition and counting semaphore, small over wait.h. All-zero storage plus
 * the init call, or the static initialisers. Thread context unless it says otherwise. */
#pragma once

#include <kernel/wait.h>
#include <stdatomic.h>

struct mutex {
	_Atomic uintptr_t owner; /* struct thread *, bit 0: somebody waits; 0: free */
	struct waitq q;
};

#define MUTEX_INIT(name)                \
	{                               \
		0, WAITQ_INIT((name).q) \
	}

void mutex_init(struct mutex *m);
/* Not recursive: a second lock by the owner is a bug that panics. */
void mutex_lock(struct mutex *m);
/* Returns 0, -ETIMEDOUT. */
int mutex_lock_until(struct mutex *m, uint64_t deadline);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_held(struct mutex *m); /* by the calling thread; for assertions */

struct cond {
	struct waitq q;
};

#define COND_INIT(name)              \
	{                            \
		WAITQ_INIT((name).q) \
	}

void cond_init(struct cond *c);
/* Release @m, sleep, take @m again. Returns 0 or -ETIMEDOUT. */
int cond_wait(struct cond *c, struct mutex *m, uint64_t deadline);
void cond_signal(struct cond *c);    /* any context */
void cond_broadcast(struct cond *c); /* any context */

struct semaphore {
	unsigned count; /* guarded by q.lock */
	struct waitq q;
};

void sem_init_count(struct semaphore *s, unsigned count);
/* Returns 0, -ETIMEDOUT; deadline 0: try only, -EAGAIN. */
int sem_down(struct semaphore *s, uint64_t deadline);
/* Returns 0 or -EOVERFLOW. Any context. */
int sem_up(struct semaphore *s);
unsigned sem_count(struct semaphore *s);
