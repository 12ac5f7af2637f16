/* SPDX-License-Identifier: MIT */
/* Read-write locks, barriers and spin locks of POSIX, over wait queues. */
#include "pthread_sync.h"

struct prwlock {
	struct waitq q;
	struct thread *writer; /* guarded by q.lock, like readers */
	unsigned readers;
};
static_assert(sizeof(struct prwlock) <= sizeof(pthread_rwlock_t), "fits");

struct pbarrier {
	struct waitq q;
	unsigned need, arrived; /* guarded by q.lock, like round and inside */
	unsigned long round;
	unsigned inside;
};
static_assert(sizeof(struct pbarrier) <= sizeof(pthread_barrier_t), "fits");

/* --- read-write lock: readers first, as on Linux --------------------------------------------- */

static struct prwlock *prwlock(pthread_rwlock_t *l)
{
	struct prwlock *p = (struct prwlock *)l;

	if (!has_list(&p->q)) {
		make_list(&p->q);
	}
	return p;
}

static bool may_enter(const struct prwlock *l, bool write)
{
	return l->writer == NULL && (!write || l->readers == 0);
}

/* @deadline 0: only try. */
static int rwlock_lock(pthread_rwlock_t *lock, bool write, uint64_t deadline)
{
	struct prwlock *l = prwlock(lock);
	irqstate_t s = spin_lock_save(&l->q.lock);
	int r = 0;

	while (!may_enter(l, write) && r == 0) {
		r = deadline == 0		 ? -EBUSY
		    : l->writer == thread_self() ? -EDEADLK
						 : waitq_wait(&l->q, deadline);
	}
	if (may_enter(l, write)) {
		l->writer = write ? thread_self() : NULL;
		l->readers += !write;
		r = 0;
	}
	spin_unlock_restore(&l->q.lock, s);
	return -r;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	return rwlock_lock(l, false, TIME_NEVER);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	return rwlock_lock(l, true, TIME_NEVER);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	return rwlock_lock(l, false, 0);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
	return rwlock_lock(l, true, 0);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict l, const struct timespec *restrict t)
{
	uint64_t deadline;
	int r = absolute(CLOCK_REALTIME, t, &deadline);

	return r != 0 ? r : rwlock_lock(l, false, deadline);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict l, const struct timespec *restrict t)
{
	uint64_t deadline;
	int r = absolute(CLOCK_REALTIME, t, &deadline);

	return r != 0 ? r : rwlock_lock(l, true, deadline);
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	struct prwlock *l = prwlock(lock);
	irqstate_t s = spin_lock_save(&l->q.lock);
	int r = 0;

	if (l->writer != NULL) {
		r = l->writer == thread_self() ? 0 : EPERM;
		l->writer = r == 0 ? NULL : l->writer;
	} else if (l->readers > 0) {
		l->readers--;
	} else {
		r = EPERM;
	}
	if (l->writer == NULL && l->readers == 0) {
		waitq_wake_all(&l->q);
	}
	spin_unlock_restore(&l->q.lock, s);
	sched_check();
	return r;
}

int pthread_rwlock_init(pthread_rwlock_t *restrict lock, const pthread_rwlockattr_t *restrict attr)
{
	struct prwlock *l = (struct prwlock *)lock;

	(void)attr;
	waitq_init(&l->q);
	l->writer = NULL;
	l->readers = 0;
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
	struct prwlock *l = prwlock(lock);

	return l->writer != NULL || l->readers > 0 ? EBUSY : 0;
}

int pthread_rwlockattr_init(pthread_rwlockattr_t *a)
{
	*a = (pthread_rwlockattr_t){ { 0 } };
	return 0;
}

int pthread_rwlockattr_destroy(pthread_rwlockattr_t *a)
{
	(void)a;
	return 0;
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *restrict a, int *restrict shared)
{
	*shared = (int)a->__opaque[1];
	return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *a, int shared)
{
	a->__opaque[1] = (unsigned long)shared;
	return shared_ok(shared);
}

/* --- barrier --------------------------------------------------------------------------------- */

int pthread_barrier_init(pthread_barrier_t *restrict barrier,
			 const pthread_barrierattr_t *restrict attr, unsigned count)
{
	struct pbarrier *b = (struct pbarrier *)barrier;

	(void)attr;
	if (count == 0) {
		return EINVAL;
	}
	waitq_init(&b->q);
	b->need = count;
	b->arrived = 0;
	b->round = 0;
	b->inside = 0;
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
		waitq_wait(&b->q, TIME_NEVER);
	}
	b->inside--;
	spin_unlock_restore(&b->q.lock, s);
	sched_check();
	return r;
}

/* Allowed as soon as one thread has left the last round: wait for the others to leave too. */
int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	struct pbarrier *b = (struct pbarrier *)barrier;
	bool busy = true;

	while (busy) {
		irqstate_t s = spin_lock_save(&b->q.lock);

		busy = b->inside > 0;
		spin_unlock_restore(&b->q.lock, s);
		if (busy) {
			sched_yield_cpu();
		}
	}
	return 0;
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
	*shared = (int)a->__opaque[1];
	return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *a, int shared)
{
	a->__opaque[1] = (unsigned long)shared;
	return shared_ok(shared);
}

/* --- spin lock ------------------------------------------------------------------------------- */

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

/* The holder may be a thread of this CPU: let it run. */
int pthread_spin_lock(pthread_spinlock_t *l)
{
	while (pthread_spin_trylock(l) != 0) {
		sched_yield_cpu();
	}
	return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *l)
{
	__atomic_store_n(l, 0, __ATOMIC_RELEASE);
	return 0;
}
