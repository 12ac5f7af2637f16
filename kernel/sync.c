/* SPDX-License-Identifier: MIT */
/* Mutex, condition and semaphore over wait queues. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/panic.h>
#include <kernel/sync.h>
#include <kernel/thread.h>
#include <limits.h>

#define WAITERS 1UL

void mutex_init(struct mutex *m)
{
	atomic_init(&m->owner, 0);
	waitq_init(&m->q);
}

static bool take_free(struct mutex *m, uintptr_t value)
{
	uintptr_t free = 0;

	return atomic_compare_exchange_strong_explicit(&m->owner, &free, value,
						       memory_order_acquire, memory_order_relaxed);
}

/* Mark the held mutex as waited for; false when it changed meanwhile. q.lock held. */
static bool mark_waited(struct mutex *m)
{
	uintptr_t o = atomic_load_explicit(&m->owner, memory_order_relaxed);

	if (o == 0) {
		return false;
	}
	return (o & WAITERS) != 0 ||
	       atomic_compare_exchange_strong_explicit(&m->owner, &o, o | WAITERS,
						       memory_order_relaxed, memory_order_relaxed);
}

static int lock_slow(struct mutex *m, uint64_t deadline)
{
	uintptr_t self = (uintptr_t)thread_self();
	irqstate_t s = spin_lock_save(&m->q.lock);
	int r = 0;

	ASSERT((atomic_load_explicit(&m->owner, memory_order_relaxed) & ~WAITERS) != self);
	/* Whoever takes it while others wait must say so, for its own unlock to wake them. */
	while (!take_free(m, self | (list_empty(&m->q.threads) ? 0 : WAITERS))) {
		if (mark_waited(m)) {
			r = waitq_wait(&m->q, deadline);
			if (r != 0) {
				break;
			}
		}
	}
	spin_unlock_restore(&m->q.lock, s);
	return r;
}

int mutex_lock_until(struct mutex *m, uint64_t deadline)
{
	return likely(take_free(m, (uintptr_t)thread_self())) ? 0 : lock_slow(m, deadline);
}

void mutex_lock(struct mutex *m)
{
	if (unlikely(!take_free(m, (uintptr_t)thread_self()))) {
		lock_slow(m, TIME_NEVER);
	}
}

bool mutex_trylock(struct mutex *m)
{
	return take_free(m, (uintptr_t)thread_self());
}

static void unlock_slow(struct mutex *m)
{
	irqstate_t s;

	ASSERT(mutex_held(m));
	s = spin_lock_save(&m->q.lock);

	atomic_store_explicit(&m->owner, 0, memory_order_release);
	waitq_wake_one(&m->q);
	spin_unlock_restore(&m->q.lock, s);
	sched_check();
}

void mutex_unlock(struct mutex *m)
{
	uintptr_t self = (uintptr_t)thread_self();

	if (unlikely(!atomic_compare_exchange_strong_explicit(
		    &m->owner, &self, 0, memory_order_release, memory_order_relaxed))) {
		unlock_slow(m);
	}
}

bool mutex_held(struct mutex *m)
{
	return (atomic_load_explicit(&m->owner, memory_order_relaxed) & ~WAITERS) ==
	       (uintptr_t)thread_self();
}

void cond_init(struct cond *c)
{
	waitq_init(&c->q);
}

int cond_wait(struct cond *c, struct mutex *m, uint64_t deadline)
{
	irqstate_t s = spin_lock_save(&c->q.lock);
	int r;

	/* A signal needs q.lock, so none is lost between the unlock and the wait. */
	mutex_unlock(m);
	r = waitq_wait(&c->q, deadline);
	spin_unlock_restore(&c->q.lock, s);
	mutex_lock(m);
	return r;
}

void cond_signal(struct cond *c)
{
	irqstate_t s = spin_lock_save(&c->q.lock);

	waitq_wake_one(&c->q);
	spin_unlock_restore(&c->q.lock, s);
	sched_check();
}

void cond_broadcast(struct cond *c)
{
	irqstate_t s = spin_lock_save(&c->q.lock);

	waitq_wake_all(&c->q);
	spin_unlock_restore(&c->q.lock, s);
	sched_check();
}

void sem_init_count(struct semaphore *s, unsigned count)
{
	s->count = count;
	waitq_init(&s->q);
}

int sem_down(struct semaphore *sem, uint64_t deadline)
{
	irqstate_t s = spin_lock_save(&sem->q.lock);
	int r = 0;

	while (sem->count == 0 && r == 0) {
		r = deadline == 0 ? -EAGAIN : waitq_wait(&sem->q, deadline);
	}
	if (sem->count > 0) {
		sem->count--;
		r = 0;
	}
	spin_unlock_restore(&sem->q.lock, s);
	return r;
}

int sem_up(struct semaphore *sem)
{
	irqstate_t s = spin_lock_save(&sem->q.lock);
	int r = -EOVERFLOW;

	if (sem->count < INT_MAX) {
		sem->count++;
		waitq_wake_one(&sem->q);
		r = 0;
	}
	spin_unlock_restore(&sem->q.lock, s);
	sched_check();
	return r;
}

unsigned sem_count(struct semaphore *sem)
{
	return sem->count;
}
