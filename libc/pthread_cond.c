/* SPDX-License-Identifier: MIT */
/* Conditions of POSIX around the kernel's. */
#include "pthread_sync.h"

#define LEAVING (1U << 31)

struct pcond {
	struct cond cond;
	bool monotonic; /* deadlines are on CLOCK_MONOTONIC */
	_Atomic unsigned
		inside; /* threads that wait or were woken; LEAVING: somebody destroys it */
};
static_assert(sizeof(struct pcond) <= sizeof(pthread_cond_t), "fits");

struct attr { /* over pthread_condattr_t */
	bool monotonic;
	uint8_t shared;
};
static_assert(sizeof(struct attr) <= sizeof(pthread_condattr_t), "fits");

static struct waitq destroyers = WAITQ_INIT(destroyers);

static void enter(struct pcond *c)
{
	if (!has_list(&c->cond.q)) {
		make_list(&c->cond.q);
	}
	atomic_fetch_add_explicit(&c->inside, 1, memory_order_release);
}

/* Nothing of @c is touched after this. */
static void leave(struct pcond *c)
{
	irqstate_t s;

	if (atomic_fetch_sub_explicit(&c->inside, 1, memory_order_release) == (LEAVING | 1)) {
		s = spin_lock_save(&destroyers.lock);
		waitq_wake_all(&destroyers);
		spin_unlock_restore(&destroyers.lock, s);
	}
}

static int sleep_on(struct pcond *c, unsigned before, uint64_t deadline)
{
	irqstate_t s = spin_lock_save(&c->cond.q.lock);
	int r = 0;

	if (cond_count(&c->cond) == before) {
		r = waitq_wait_intr(&c->cond.q, deadline);
	}
	spin_unlock_restore(&c->cond.q.lock, s);
	leave(c);
	return r;
}

/* Handlers run without the mutex, clean-up handlers of a cancellation with it. */
static int wait_until(pthread_cond_t *cond, pthread_mutex_t *mutex, uint64_t deadline)
{
	struct pcond *c = (struct pcond *)cond;
	struct pmutex *m = pmutex(mutex);
	unsigned depth = m->depth, before;
	int r, locked;

	cancel_point();
	if (!mutex_held(&m->mutex)) {
		return EPERM;
	}
	enter(c);
	before = cond_count(&c->cond);
	m->depth = 0;
	pthread_mutex_unlock(mutex);
	r = sleep_on(c, before, deadline);
	locked = pthread_mutex_lock(mutex);
	m->depth = depth;
	if (unlikely(r == -EINTR)) {
		cancel_point();
		r = 0; /* for no reason, as may be */
	}
	return locked != 0 ? locked : -r;
}

int pthread_cond_wait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m)
{
	return wait_until(c, m, TIME_NEVER);
}

int pthread_cond_clockwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m, clockid_t clock,
			   const struct timespec *restrict t)
{
	uint64_t deadline;
	int r = absolute(clock, t, &deadline);

	return r != 0 ? r : wait_until(c, m, deadline);
}

int pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
			   const struct timespec *restrict t)
{
	bool monotonic = ((struct pcond *)c)->monotonic;

	return pthread_cond_clockwait(c, m, monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, t);
}

int pthread_cond_signal(pthread_cond_t *cond)
{
	struct pcond *c = (struct pcond *)cond;

	if (atomic_load_explicit(&c->inside, memory_order_acquire) != 0) {
		cond_signal(&c->cond);
	}
	return 0;
}

int pthread_cond_broadcast(pthread_cond_t *cond)
{
	struct pcond *c = (struct pcond *)cond;

	if (atomic_load_explicit(&c->inside, memory_order_acquire) != 0) {
		cond_broadcast(&c->cond);
	}
	return 0;
}

int pthread_cond_init(pthread_cond_t *restrict cond, const pthread_condattr_t *restrict attr)
{
	struct pcond *c = (struct pcond *)cond;

	cond_init(&c->cond);
	c->monotonic = attr != NULL && ((const struct attr *)attr)->monotonic;
	atomic_init(&c->inside, 0);
	return 0;
}

/* POSIX allows it at once after a broadcast: those that were woken may still be inside. */
int pthread_cond_destroy(pthread_cond_t *cond)
{
	struct pcond *c = (struct pcond *)cond;
	irqstate_t s = spin_lock_save(&destroyers.lock);

	atomic_fetch_or_explicit(&c->inside, LEAVING, memory_order_relaxed);
	while (atomic_load_explicit(&c->inside, memory_order_acquire) != LEAVING) {
		waitq_wait(&destroyers, TIME_NEVER);
	}
	spin_unlock_restore(&destroyers.lock, s);
	return 0;
}

/* --- attributes --------------------------------------------------------------------------------- */

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
	*clock = ((const struct attr *)a)->monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME;
	return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *a, clockid_t clock)
{
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME) {
		return EINVAL;
	}
	((struct attr *)a)->monotonic = clock == CLOCK_MONOTONIC;
	return 0;
}

int pthread_condattr_getpshared(const pthread_condattr_t *restrict a, int *restrict shared)
{
	*shared = ((const struct attr *)a)->shared;
	return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *a, int shared)
{
	int r = shared_ok(shared);

	if (r == 0) {
		((struct attr *)a)->shared = (uint8_t)shared;
	}
	return r;
}
