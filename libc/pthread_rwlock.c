/* SPDX-License-Identifier: MIT */
/* Read-write locks of POSIX over two wait queues each.
 *
 * Writers first: a reader waits while a writer of its priority or a better one waits, so that readers
 * that come and go cannot keep writers out. A thread that reads already, any lock, may read again; else it
 * would wait for the writer that waits for it. */
#include "pthread_sync.h"

struct prwlock {
	struct waitq readers_q;	  /* its lock guards all but the other queue */
	struct waitq writers_q;	  /* locked inside the first */
	struct thread *writer;	  /* who holds it for writing */
	unsigned readers;	  /* how many hold it for reading */
	unsigned writers_waiting; /* asleep, or woken and on the way to take it */
	uint8_t writers_prio;	  /* the best of those, or of some that have left */
};
static_assert(sizeof(struct prwlock) <= sizeof(pthread_rwlock_t), "fits");

struct attr { /* over pthread_rwlockattr_t */
	uint8_t shared;
};

static _Thread_local unsigned reading; /* read locks that this thread holds */

static struct prwlock *prwlock(pthread_rwlock_t *l)
{
	struct prwlock *p = (struct prwlock *)l;

	if (unlikely(!has_list(&p->readers_q))) {
		make_list(&p->writers_q);
		make_list(&p->readers_q);
	}
	return p;
}

static bool may_read(const struct prwlock *l)
{
	return l->writer == NULL &&
	       (l->writers_waiting == 0 || reading > 0 || thread_self()->prio > l->writers_prio);
}

static bool may_write(const struct prwlock *l)
{
	return l->writer == NULL && l->readers == 0;
}

static void wake_writer(struct prwlock *l)
{
	spin_lock(&l->writers_q.lock);
	waitq_wake_one(&l->writers_q);
	spin_unlock(&l->writers_q.lock);
}

/* Something changed: wake who may enter now. Locked. */
static void wake_next(struct prwlock *l)
{
	struct list *first = l->readers_q.threads.next;

	if (l->writers_waiting > 0 && may_write(l)) {
		wake_writer(l);
	}
	if (l->writers_waiting == 0 ||
	    (first != &l->readers_q.threads &&
	     list_entry(first, struct thread, wait)->prio > l->writers_prio)) {
		waitq_wake_all(&l->readers_q);
	}
}

/* @deadline 0: only try. Locked. */
static int read_lock(struct prwlock *l, uint64_t deadline)
{
	int r = 0;

	while (!may_read(l)) {
		r = deadline == 0 ? -EBUSY : l->writer == thread_self() ? -EDEADLK : r;
		if (r != 0) {
			return r;
		}
		r = wait_on(&l->readers_q, deadline);
	}
	l->readers++;
	reading++;
	return 0;
}

/* Asleep in the writers' queue; its lock is taken before the other is given up, and so no wake-up is lost. */
static int wait_to_write(struct prwlock *l, uint64_t deadline)
{
	int r;

	spin_lock(&l->writers_q.lock);
	spin_unlock(&l->readers_q.lock);
	r = wait_on(&l->writers_q, deadline);
	spin_unlock(&l->writers_q.lock);
	spin_lock(&l->readers_q.lock);
	return r;
}

static int write_lock(struct prwlock *l, uint64_t deadline)
{
	int r = 0;

	if (may_write(l)) {
		l->writer = thread_self();
		return 0;
	}
	if (deadline == 0 || l->writer == thread_self()) {
		return deadline == 0 ? -EBUSY : -EDEADLK;
	}
	l->writers_prio = MAX(l->writers_waiting > 0 ? l->writers_prio : 0, thread_self()->prio);
	l->writers_waiting++;
	while (!may_write(l) && r == 0) {
		r = wait_to_write(l, deadline);
	}
	l->writers_waiting--;
	if (may_write(l)) {
		l->writer = thread_self();
		return 0;
	}
	wake_next(l); /* readers that waited for this one */
	return r;
}

static int lock_until(pthread_rwlock_t *lock, uint64_t deadline,
		      int (*how)(struct prwlock *l, uint64_t deadline))
{
	struct prwlock *l = prwlock(lock);
	irqstate_t s = spin_lock_save(&l->readers_q.lock);
	int r = how(l, deadline);

	spin_unlock_restore(&l->readers_q.lock, s);
	return -r;
}

/* What can be had at once is, whatever the time says. */
static int lock_timed(pthread_rwlock_t *lock, clockid_t clock, const struct timespec *t,
		      int (*how)(struct prwlock *l, uint64_t deadline))
{
	uint64_t deadline;
	int r = lock_until(lock, 0, how);

	if (r != EBUSY) {
		return r;
	}
	r = absolute(clock, t, &deadline);
	return r != 0 ? r : lock_until(lock, deadline, how);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *l)
{
	return lock_until(l, TIME_NEVER, read_lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *l)
{
	return lock_until(l, TIME_NEVER, write_lock);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *l)
{
	return lock_until(l, 0, read_lock);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *l)
{
	return lock_until(l, 0, write_lock);
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict l, clockid_t clock,
			       const struct timespec *restrict t)
{
	return lock_timed(l, clock, t, read_lock);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict l, clockid_t clock,
			       const struct timespec *restrict t)
{
	return lock_timed(l, clock, t, write_lock);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict l, const struct timespec *restrict t)
{
	return lock_timed(l, CLOCK_REALTIME, t, read_lock);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict l, const struct timespec *restrict t)
{
	return lock_timed(l, CLOCK_REALTIME, t, write_lock);
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
	struct prwlock *l = prwlock(lock);
	irqstate_t s = spin_lock_save(&l->readers_q.lock);
	int r = 0;

	if (l->writer != NULL) {
		r = l->writer == thread_self() ? 0 : EPERM;
		l->writer = r == 0 ? NULL : l->writer;
	} else if (l->readers > 0) {
		l->readers--;
		reading -= reading > 0;
	} else {
		r = EPERM;
	}
	if (r == 0) {
		wake_next(l);
	}
	spin_unlock_restore(&l->readers_q.lock, s);
	sched_check();
	return r;
}

int pthread_rwlock_init(pthread_rwlock_t *restrict lock, const pthread_rwlockattr_t *restrict attr)
{
	(void)attr;
	*(struct prwlock *)lock = (struct prwlock){ 0 };
	return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
	struct prwlock *l = prwlock(lock);
	irqstate_t s = spin_lock_save(&l->readers_q.lock); /* a last unlock may still be in there */
	bool busy = l->writer != NULL || l->readers > 0;

	spin_unlock_restore(&l->readers_q.lock, s);
	return busy ? EBUSY : 0;
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
	*shared = ((const struct attr *)a)->shared;
	return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *a, int shared)
{
	int r = shared_ok(shared);

	if (r == 0) {
		((struct attr *)a)->shared = (uint8_t)shared;
	}
	return r;
}
