/* SPDX-License-Identifier: MIT */
/* Barriers and spin locks of POSIX. */
#include "pthread_sync.h"

#include <kernel/cpu.h>
#include <kernel/time.h>

struct pbarrier {
	struct waitq q;
	unsigned need, arrived; /* guarded by q.lock, like round and inside */
	unsigned long round;
	unsigned inside;
	bool leaving; /* somebody destroys it and waits for those inside */
};
static_assert(sizeof(struct pbarrier) <= sizeof(pthread_barrier_t), "fits");

struct attr { /* over pthread_barrierattr_t */
	uint8_t shared;
};

int pthread_barrier_init(pthread_barrier_t *restrict barrier,
			 const pthread_barrierattr_t *restrict attr, unsigned count)
{
	struct pbarrier *b = (struct pbarrier *)barrier;

	(void)attr;
	if (count == 0) {
		return EINVAL;
	}
	*b = (struct pbarrier){ .need = count };
	waitq_init(&b->q);
	return 0;
}

int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	struct pbarrier *b = (struct pbarrier *)barrier;
	irqstate_t s = spin_lock_save(&b->q.lock);
	unsigned long round = b->round;
	int r = 0;

	b->inside++;
	if (++b->arrived == b->need) {
		b->arrived = 0;
		b->round++;
		waitq_wake_all(&b->q);
		r = PTHREAD_BARRIER_SERIAL_THREAD;
	}
	while (b->round == round) {
		wait_on(&b->q, TIME_NEVER);
	}
	if (--b->inside == 0 && b->leaving) {
		waitq_wake_all(&b->q);
	}
	spin_unlock_restore(&b->q.lock, s);
	sched_check();
	return r;
}

/* Allowed as soon as one thread has left the last round: wait for the others to leave too. Others that
 * wait for a round to fill up would wait for ever. */
int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	struct pbarrier *b = (struct pbarrier *)barrier;
	irqstate_t s = spin_lock_save(&b->q.lock);
	int r = b->arrived > 0 ? EBUSY : 0;

	b->leaving = r == 0;
	while (r == 0 && b->inside > 0) {
		waitq_wait(&b->q, TIME_NEVER);
	}
	spin_unlock_restore(&b->q.lock, s);
	return r;
}

int pthread_barrierattr_init(pthread_barrierattr_t *a)
{
	*a = (pthread_barrierattr_t){ { 0 } };
	return 0;
}

int pthread_barrierattr_destroy(pthread_barrierattr_t *a)
{
	(void)a;
	return 0;
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *restrict a, int *restrict shared)
{
	*shared = ((const struct attr *)a)->shared;
	return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *a, int shared)
{
	int r = shared_ok(shared);

	if (r == 0) {
		((struct attr *)a)->shared = (uint8_t)shared;
	}
	return r;
}

/* --- spin lock --------------------------------------------------------------------------------------
 * The holder may have been preempted, on this CPU too and by this very thread: whoever spins for a while
 * sleeps a little, so that the holder runs whatever its priority. */

#define SPINS	 1000
#define PAUSE_NS (100 * NS_PER_US)

int pthread_spin_init(pthread_spinlock_t *l, int shared)
{
	*l = 0;
	return shared_ok(shared);
}

int pthread_spin_destroy(pthread_spinlock_t *l)
{
	return *l == 0 ? 0 : EBUSY;
}

int pthread_spin_trylock(pthread_spinlock_t *l)
{
	return __atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE) == 0 ? 0 : EBUSY;
}

static void pause_a_little(void)
{
	struct waitq q = WAITQ_INIT(q);
	irqstate_t s = spin_lock_save(&q.lock);

	waitq_wait(&q, time_after(PAUSE_NS));
	spin_unlock_restore(&q.lock, s);
}

static void __attribute__((noinline)) spin_slow(pthread_spinlock_t *l)
{
	do {
		for (unsigned i = 0; i < SPINS && cpu_count > 1 && *l != 0; i++) {
			arch_relax();
		}
		if (*l != 0) {
			pause_a_little();
		}
	} while (pthread_spin_trylock(l) != 0);
}

int pthread_spin_lock(pthread_spinlock_t *l)
{
	if (unlikely(pthread_spin_trylock(l) != 0)) {
		spin_slow(l);
	}
	return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *l)
{
	__atomic_store_n(l, 0, __ATOMIC_RELEASE);
	return 0;
}
