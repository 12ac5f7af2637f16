/* SPDX-License-Identifier: MIT */
/* Mutexes of POSIX: kinds, protocols and robustness around the kernel's. */
#include "pthread_sync.h"

#include <kernel/panic.h>
#include <limits.h>

struct attr { /* over pthread_mutexattr_t; zeros are the defaults */
	uint8_t type, protocol, ceiling, robust, shared;
};
static_assert(sizeof(struct attr) <= sizeof(pthread_mutexattr_t), "fits");

/* --- lock and unlock ---------------------------------------------------------------------------- */

/* The caller holds it already. -1: it may wait for itself, until a deadline. */
static int lock_again(struct pmutex *m, uint64_t deadline)
{
	switch (m->type) {
	case PTHREAD_MUTEX_RECURSIVE:
		if (m->depth == UINT_MAX) {
			return EAGAIN;
		}
		m->depth++;
		return 0;
	case PTHREAD_MUTEX_ERRORCHECK:
		return deadline == 0 ? EBUSY : EDEADLK;
	default:
		/* A panic that says where is more use than a thread that stands still. */
		if (deadline == TIME_NEVER) {
			panic("a normal mutex is locked again by the thread that holds it");
		}
		return -1;
	}
}

static int lock_slow(struct pmutex *m, uint64_t deadline)
{
	unsigned how = m->type == PTHREAD_MUTEX_ERRORCHECK ? MUTEX_DETECT : 0;
	int r = mutex_held(&m->mutex) ? lock_again(m, deadline) : -1;

	if (r >= 0) {
		return r;
	}
	do {
		r = mutex_take_slow(&m->mutex, deadline, how | (may_interrupt() ? MUTEX_INTR : 0));
	} while (r == -EINTR);
	if (r == -EOWNERDEAD) {
		m->depth = 0;
	}
	return -r;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct pmutex *m = pmutex(mutex);

	return likely(mutex_take(&m->mutex)) ? 0 : lock_slow(m, TIME_NEVER);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct pmutex *m = pmutex(mutex);

	return likely(mutex_take(&m->mutex)) ? 0 : lock_slow(m, 0);
}

int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock,
			    const struct timespec *restrict t)
{
	struct pmutex *m = pmutex(mutex);
	uint64_t deadline;
	int r;

	/* A free mutex is taken even if the time is not valid. */
	if (likely(mutex_take(&m->mutex))) {
		return 0;
	}
	r = absolute(clock, t, &deadline);
	if (r != 0) {
		r = lock_slow(m, 0) == 0 ? 0 : r;
		return r;
	}
	return lock_slow(m, deadline);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict m, const struct timespec *restrict t)
{
	return pthread_mutex_clocklock(m, CLOCK_REALTIME, t);
}

static int __attribute__((noinline)) unlock_slow(struct pmutex *m)
{
	if (!mutex_held(&m->mutex)) {
		return EPERM;
	}
	if (m->depth > 0) {
		m->depth--;
	} else {
		mutex_give_slow(&m->mutex);
	}
	return 0;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	struct pmutex *m = pmutex(mutex);

	return likely(m->depth == 0) && likely(mutex_give(&m->mutex)) ? 0 : unlock_slow(m);
}

/* --- life --------------------------------------------------------------------------------------- */

int pthread_mutex_init(pthread_mutex_t *restrict mutex, const pthread_mutexattr_t *restrict attr)
{
	static const struct attr defaults;
	const struct attr *a = attr != NULL ? (const struct attr *)attr : &defaults;
	struct pmutex *m = (struct pmutex *)mutex;

	mutex_setup(&m->mutex,
		    (a->protocol == PTHREAD_PRIO_INHERIT ? MUTEX_INHERIT : 0) |
			    (a->robust == PTHREAD_MUTEX_ROBUST ? MUTEX_ROBUST : 0),
		    a->protocol == PTHREAD_PRIO_PROTECT ? kernel_prio(a->ceiling) : 0);
	m->depth = 0;
	m->type = a->type;
	return 0;
}

/* The last unlock may still be on its way out, but it does not touch the mutex any more. */
int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	return mutex_is_free(&pmutex(mutex)->mutex) ? 0 : EBUSY;
}

int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
	return -mutex_consistent(&pmutex(mutex)->mutex);
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict mutex, int *restrict ceiling)
{
	const struct pmutex *m = (const struct pmutex *)mutex;

	if (m->mutex.ceiling == 0) {
		return EINVAL;
	}
	*ceiling = m->mutex.ceiling - PRIO_DEFAULT;
	return 0;
}

int pthread_mutex_setprioceiling(pthread_mutex_t *restrict mutex, int ceiling, int *restrict old)
{
	struct pmutex *m = pmutex(mutex);
	unsigned before;
	int r;

	if (m->mutex.ceiling == 0 || !is_realtime_prio(ceiling)) {
		return EINVAL;
	}
	r = pthread_mutex_lock(mutex);
	if (r != 0) {
		return r;
	}
	before = mutex_set_ceiling(&m->mutex, kernel_prio(ceiling));
	if (old != NULL) {
		*old = (int)before - PRIO_DEFAULT;
	}
	return pthread_mutex_unlock(mutex);
}

/* --- attributes --------------------------------------------------------------------------------- */

static struct attr *attr_of(pthread_mutexattr_t *a)
{
	return (struct attr *)a;
}

static const struct attr *const_attr_of(const pthread_mutexattr_t *a)
{
	return (const struct attr *)a;
}

int pthread_mutexattr_init(pthread_mutexattr_t *a)
{
	*a = (pthread_mutexattr_t){ { 0 } };
	attr_of(a)->ceiling = REALTIME_MIN;
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *a)
{
	(void)a;
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *restrict a, int *restrict type)
{
	*type = const_attr_of(a)->type;
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *a, int type)
{
	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK) {
		return EINVAL;
	}
	attr_of(a)->type = (uint8_t)type;
	return 0;
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *restrict a, int *restrict protocol)
{
	*protocol = const_attr_of(a)->protocol;
	return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *a, int protocol)
{
	if (protocol < PTHREAD_PRIO_NONE || protocol > PTHREAD_PRIO_PROTECT) {
		return EINVAL;
	}
	attr_of(a)->protocol = (uint8_t)protocol;
	return 0;
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *restrict a, int *restrict ceiling)
{
	*ceiling = const_attr_of(a)->ceiling;
	return 0;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *a, int ceiling)
{
	if (!is_realtime_prio(ceiling)) {
		return EINVAL;
	}
	attr_of(a)->ceiling = (uint8_t)ceiling;
	return 0;
}

int pthread_mutexattr_getrobust(const pthread_mutexattr_t *restrict a, int *restrict robust)
{
	*robust = const_attr_of(a)->robust;
	return 0;
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *a, int robust)
{
	if (robust != PTHREAD_MUTEX_STALLED && robust != PTHREAD_MUTEX_ROBUST) {
		return EINVAL;
	}
	attr_of(a)->robust = (uint8_t)robust;
	return 0;
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *restrict a, int *restrict shared)
{
	*shared = const_attr_of(a)->shared;
	return 0;
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *a, int shared)
{
	int r = shared_ok(shared);

	if (r == 0) {
		attr_of(a)->shared = (uint8_t)shared;
	}
	return r;
}
