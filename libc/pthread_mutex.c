/* SPDX-License-Identifier: MIT */
/* Mutexes and conditions of POSIX, over the kernel's. */
#include "pthread_sync.h"

#include <assert.h>
#include <kernel/sync.h>
#include <kernel/thread.h>
#include <limits.h>
#include <stdatomic.h>

struct pmutex {
	struct mutex mutex;
	unsigned long depth; /* of a recursive one; the holder's */
	unsigned long type;  /* the static initialisers in <pthread.h> set this word */
};
static_assert(sizeof(struct pmutex) == sizeof(pthread_mutex_t), "fits");
static_assert(offsetof(struct pmutex, type) == 5 * sizeof(long), "the last word");

struct pcond {
	struct cond cond;
	unsigned long monotonic; /* deadlines are on CLOCK_MONOTONIC */
	_Atomic unsigned inside; /* threads in a wait, also those woken already */
};
static_assert(sizeof(struct pcond) <= sizeof(pthread_cond_t), "fits");

/* --- mutex ----------------------------------------------------------------------------------- */

static inline struct pmutex *pmutex(pthread_mutex_t *m)
{
	struct pmutex *p = (struct pmutex *)m;

	if (unlikely(!has_list(&p->mutex.q))) {
		make_list(&p->mutex.q);
	}
	return p;
}

/* A mutex of another type than normal that the caller holds already: -1 when it does not. */
static int held_already(struct pmutex *m)
{
	if (m->type == PTHREAD_MUTEX_NORMAL || !mutex_held(&m->mutex)) {
		return -1;
	}
	if (m->type == PTHREAD_MUTEX_ERRORCHECK) {
		return EDEADLK;
	}
	if (m->depth == UINT_MAX) {
		return EAGAIN;
	}
	m->depth++;
	return 0;
}

static int lock_until(pthread_mutex_t *mutex, uint64_t deadline)
{
	struct pmutex *m = pmutex(mutex);
	int r;

	if (unlikely(m->type != PTHREAD_MUTEX_NORMAL)) {
		r = held_already(m);
		if (r >= 0) {
			return r;
		}
	}
	return -mutex_lock_until(&m->mutex, deadline);
}

/* A normal mutex that its holder locks again ends in a panic, not in a silent deadlock. */
int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	return lock_until(mutex, TIME_NEVER);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct pmutex *m = pmutex(mutex);
	int r = m->type == PTHREAD_MUTEX_RECURSIVE ? held_already(m) : -1;

	return r >= 0 ? r : mutex_trylock(&m->mutex) ? 0 : EBUSY;
}

int pthread_mutex_clocklock(pthread_mutex_t *restrict m, clockid_t clock,
			    const struct timespec *restrict t)
{
	uint64_t deadline;
	int r = absolute(clock, t, &deadline);

	/* A free mutex is taken even if the time is not valid. */
	return r != 0 ? (pthread_mutex_trylock(m) == 0 ? 0 : r) : lock_until(m, deadline);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict m, const struct timespec *restrict t)
{
	return pthread_mutex_clocklock(m, CLOCK_REALTIME, t);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	struct pmutex *m = pmutex(mutex);

	if (unlikely(!mutex_held(&m->mutex))) {
		return EPERM;
	}
	if (unlikely(m->depth > 0)) {
		m->depth--;
		return 0;
	}
	mutex_unlock(&m->mutex);
	return 0;
}

int pthread_mutex_init(pthread_mutex_t *restrict m, const pthread_mutexattr_t *restrict attr)
{
	struct pmutex *p = (struct pmutex *)m;

	mutex_init(&p->mutex);
	p->depth = 0;
	p->type = attr != NULL ? attr->__opaque[0] : PTHREAD_MUTEX_DEFAULT;
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	struct pmutex *m = pmutex(mutex);
	irqstate_t s = spin_lock_save(&m->mutex.q.lock); /* a last unlock may still be in there */
	bool held = atomic_load_explicit(&m->mutex.owner, memory_order_relaxed) != 0;

	spin_unlock_restore(&m->mutex.q.lock, s);
	return held ? EBUSY : 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *a)
{
	*a = (pthread_mutexattr_t){ { 0 } };
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *a)
{
	(void)a;
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *restrict a, int *restrict type)
{
	*type = (int)a->__opaque[0];
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *a, int type)
{
	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK) {
		return EINVAL;
	}
	a->__opaque[0] = (unsigned long)type;
	return 0;
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *restrict a, int *restrict protocol)
{
	(void)a;
	*protocol = PTHREAD_PRIO_NONE;
	return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *a, int protocol)
{
	(void)a;
	return protocol == PTHREAD_PRIO_NONE ? 0 : ENOTSUP;
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *restrict a, int *restrict shared)
{
	*shared = (int)a->__opaque[1];
	return 0;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *a, int shared)
{
	a->__opaque[1] = (unsigned long)shared;
	return shared_ok(shared);
}

/* --- condition ------------------------------------------------------------------------------- */

static int cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline)
{
	struct pcond *c = (struct pcond *)cond;
	struct pmutex *m = pmutex(mutex);
	unsigned long depth = m->depth;
	int r;

	if (!mutex_held(&m->mutex)) {
		return EPERM;
	}
	if (!has_list(&c->cond.q)) {
		make_list(&c->cond.q);
	}
	m->depth = 0;
	atomic_fetch_add_explicit(&c->inside, 1, memory_order_relaxed);
	r = cond_wait(&c->cond, &m->mutex, deadline);
	atomic_fetch_sub_explicit(&c->inside, 1, memory_order_release);
	m->depth = depth;
	return -r;
}

int pthread_cond_wait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m)
{
	return cond_wait_until(c, m, TIME_NEVER);
}

int pthread_cond_clockwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m, clockid_t clock,
			   const struct timespec *restrict t)
{
	uint64_t deadline;
	int r = absolute(clock, t, &deadline);

	return r != 0 ? r : cond_wait_until(c, m, deadline);
}

int pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
			   const struct timespec *restrict t)
{
	bool monotonic = ((struct pcond *)c)->monotonic != 0;

	return pthread_cond_clockwait(c, m, monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, t);
}

/* No list yet: nobody has waited so far. */
int pthread_cond_signal(pthread_cond_t *cond)
{
	struct pcond *c = (struct pcond *)cond;

	if (has_list(&c->cond.q)) {
		cond_signal(&c->cond);
	}
	return 0;
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
	struct pcond *c = (struct pcond *)cond;

	if (has_list(&c->cond.q)) {
		cond_broadcast(&c->cond);
	}
	return 0;
}

int pthread_cond_init(pthread_cond_t *restrict cond, const pthread_condattr_t *restrict attr)
{
	struct pcond *c = (struct pcond *)cond;

	cond_init(&c->cond);
	c->monotonic = attr != NULL && attr->__opaque[0] != 0;
	atomic_init(&c->inside, 0);
	return 0;
}

/* POSIX allows it at once after a broadcast: those that were woken may still touch the object. */
int pthread_cond_destroy(pthread_cond_t *cond)
{
	struct pcond *c = (struct pcond *)cond;

	while (atomic_load_explicit(&c->inside, memory_order_acquire) != 0) {
		sched_yield_cpu();
	}
	return 0;
}

int pthread_condattr_init(pthread_condattr_t *a)
{
	*a = (pthread_condattr_t){ { 0 } };
	return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *a)
{
	(void)a;
	return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict a, clockid_t *restrict clock)
{
	*clock = a->__opaque[0] != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
	return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *a, clockid_t clock)
{
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME) {
		return EINVAL;
	}
	a->__opaque[0] = clock == CLOCK_MONOTONIC;
	return 0;
}

int pthread_condattr_getpshared(const pthread_condattr_t *restrict a, int *restrict shared)
{
	*shared = (int)a->__opaque[1];
	return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *a, int shared)
{
	a->__opaque[1] = (unsigned long)shared;
	return shared_ok(shared);
}
