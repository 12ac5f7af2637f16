/* SPDX-License-Identifier: MIT */
/* Mutex and condition over wait queues.
 *
 * Priority inheritance: a thread runs at least at the priority of the best waiter of each mutex that it
 * holds, and so on along the chain when it waits for a mutex itself. The mutexes that may raise a
 * thread are in its list thread.held; what it waits for is thread.blocked. One lock guards all of this,
 * so that a chain is seen whole; it is taken only for mutexes that somebody waits for. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/sync.h>
#include <kernel/thread.h>

/* Flags in mutex.owner. Beside SLOW a value is written by the holder of pi_lock only. */
#define SLOW  1UL /* lock and unlock come here: somebody waits, or the mutex needs it always */
#define GONE  2UL /* the owner ended: nobody will unlock it */
#define FLAGS (SLOW | GONE)

#define SPINS	  100 /* looks at a mutex whose owner may run on another CPU and be done soon */
#define CHAIN_MAX 64  /* threads that wait for one another: as far as a deadlock is looked for */

enum { SOUND, OWNER_DIED, LOST_FOR_GOOD }; /* mutex.state */

struct mutex_waiter {
	struct mutex_waiter *next;
	struct mutex *mutex;
	struct thread *thread;
	struct waitq q; /* it alone waits here */
	uint8_t prio;	/* by which it stands in the list */
	bool queued;
	bool passed_over; /* was woken, but another had taken the mutex */
};

/* Order: pi_lock, waitq.lock, cpu.rq_lock. */
static struct spinlock pi_lock = SPINLOCK_INIT;

/* --- who raises whom; all under pi_lock -------------------------------------------------------- */

static struct thread *owner_of(const struct mutex *m)
{
	return (struct thread *)(atomic_load_explicit(&m->owner, memory_order_relaxed) & ~FLAGS);
}

/* Its lock and unlock always come here, so its owner value is never 0 and never without SLOW. */
static bool always_slow(const struct mutex *m)
{
	return (m->flags & MUTEX_ROBUST) != 0 || m->ceiling != 0;
}

static bool inherits(const struct mutex *m)
{
	return (m->flags & MUTEX_INHERIT) != 0;
}

static void link_held(struct mutex *m, struct thread *t)
{
	if (m->link == NULL) {
		m->next = t->held;
		m->link = &t->held;
		if (m->next != NULL) {
			m->next->link = &m->next;
		}
		t->held = m;
	}
}

static bool unlink_held(struct mutex *m)
{
	if (m->link == NULL) {
		return false;
	}
	*m->link = m->next;
	if (m->next != NULL) {
		m->next->link = m->link;
	}
	m->link = NULL;
	return true;
}

/* Behind those of the same priority. */
static void insert(struct mutex_waiter *w)
{
	struct mutex_waiter **p = &w->mutex->waiters;

	w->prio = w->thread->prio;
	while (*p != NULL && (*p)->prio >= w->prio) {
		p = &(*p)->next;
	}
	w->next = *p;
	*p = w;
}

static void take_out(struct mutex_waiter *w)
{
	struct mutex_waiter **p = &w->mutex->waiters;

	while (*p != w) {
		p = &(*p)->next;
	}
	*p = w->next;
}

static uint8_t boost_of(const struct thread *t)
{
	uint8_t best = 0;

	for (const struct mutex *m = t->held; m != NULL; m = m->next) {
		best = MAX(best, m->ceiling);
		if (inherits(m) && m->waiters != NULL) {
			best = MAX(best, m->waiters->prio);
		}
	}
	return best;
}

/* What @t holds, who waits for it, or its own priority changed: give it the priority that follows, and
 * so whoever it waits for. Ends also in a circle (a deadlock): there nothing changes the second time. */
static void settle(struct thread *t)
{
	while (t != NULL) {
		struct mutex_waiter *w = t->blocked;
		uint8_t boost = boost_of(t);

		if (t->prio != MAX(boost, t->base_prio)) {
			sched_boost(t, boost);
		}
		if (w == NULL || w->prio == t->prio) {
			return;
		}
		take_out(w);
		insert(w);
		t = inherits(w->mutex) ? owner_of(w->mutex) : NULL;
	}
}

static void enqueue(struct mutex_waiter *w)
{
	struct mutex *m = w->mutex;

	insert(w);
	w->queued = true;
	w->thread->blocked = w;
	if (inherits(m) && owner_of(m) != NULL) {
		link_held(m, owner_of(m));
		settle(owner_of(m));
	}
}

static void dequeue(struct mutex_waiter *w)
{
	take_out(w);
	w->queued = false;
	w->thread->blocked = NULL;
}

static void own(struct mutex *m, struct thread *t)
{
	bool waited = m->waiters != NULL;

	atomic_store_explicit(&m->owner, (uintptr_t)t | (waited || always_slow(m) ? SLOW : 0),
			      memory_order_relaxed);
	if (always_slow(m) || (waited && inherits(m))) {
		link_held(m, t);
		settle(t);
	}
}

/* --- lock and unlock; all under pi_lock -------------------------------------------------------- */

/* Take @m for the thread of @w if it is free. False: it is held, and its unlock will come here. */
static bool take(struct mutex *m, struct mutex_waiter *w)
{
	uintptr_t o = atomic_load_explicit(&m->owner, memory_order_relaxed);

	for (;;) {
		if (o == SLOW) {
			/* Free, but the best waiter was woken to take it: only its equals may be faster. */
			if (!w->queued && m->waiters != NULL &&
			    m->waiters->prio > w->thread->prio) {
				return false;
			}
			break;
		}
		if (o != 0 && (o & SLOW) != 0) {
			return false;
		}
		if (atomic_compare_exchange_weak_explicit(
			    &m->owner, &o, o == 0 ? (uintptr_t)w->thread | SLOW : o | SLOW,
			    memory_order_acquire, memory_order_acquire)) {
			if (o != 0) {
				return false;
			}
			break;
		}
	}
	if (w->queued) {
		dequeue(w);
	}
	own(m, w->thread);
	return true;
}

static void wake(struct mutex_waiter *w)
{
	spin_lock(&w->q.lock);
	waitq_wake_one(&w->q);
	spin_unlock(&w->q.lock);
}

/* Sleep until it may be this one's turn. pi_lock is given up meanwhile. */
static int wait_turn(struct mutex_waiter *w, uint64_t deadline, unsigned how)
{
	int r;

	if (w->queued) {
		w->passed_over = true;
	} else {
		enqueue(w);
	}
	/* Whoever wakes needs q.lock, so nothing is lost in between. */
	spin_lock(&w->q.lock);
	spin_unlock(&pi_lock);
	r = (how & MUTEX_INTR) != 0 ? waitq_wait_intr(&w->q, deadline)
				    : waitq_wait(&w->q, deadline);
	spin_unlock(&w->q.lock);
	spin_lock(&pi_lock);
	return r;
}

/* Whether the owner of @m waits for a mutex of the calling thread, maybe by way of others. The bound
 * is for circles that others have closed. */
static __attribute__((cold)) bool closes_circle(const struct mutex *m)
{
	const struct thread *self = thread_self(), *t = inherits(m) ? owner_of(m) : NULL;

	for (unsigned i = 0; i < CHAIN_MAX && t != NULL && t != self; i++) {
		m = t->blocked != NULL ? t->blocked->mutex : NULL;
		t = m != NULL && inherits(m) ? owner_of(m) : NULL;
	}
	return t == self;
}

/* What a call must be told that cannot have @m now, or may not. 0: it may wait. */
static __attribute__((cold)) int refusal(struct mutex *m, uint64_t deadline, unsigned how)
{
	if (deadline == 0) {
		return -EBUSY;
	}
	return (how & MUTEX_DETECT) != 0 && closes_circle(m) ? -EDEADLK : 0;
}

static int take_or_wait(struct mutex *m, struct mutex_waiter *w, uint64_t deadline, unsigned how)
{
	int r = 0;

	if (m->ceiling != 0 && w->thread->base_prio > m->ceiling) {
		return -EINVAL;
	}
	for (bool first = true;; first = false) {
		if (m->state == LOST_FOR_GOOD) {
			return -ENOTRECOVERABLE;
		}
		/* Not first, and not queued: whoever unlocked it gave it to this thread. */
		if ((!first && !w->queued) || take(m, w)) {
			return m->state == OWNER_DIED ? -EOWNERDEAD : 0;
		}
		r = first ? refusal(m, deadline, how) : r;
		if (r != 0) {
			return r;
		}
		r = wait_turn(w, deadline, how);
	}
}

/* With several CPUs a short look is cheaper than to sleep and be woken by an interrupt. */
static __attribute__((cold)) bool spin_for(struct mutex *m)
{
	for (unsigned i = 0; i < SPINS; i++) {
		uintptr_t o = atomic_load_explicit(&m->owner, memory_order_relaxed);

		if ((o & SLOW) != 0 || o == (uintptr_t)thread_self()) {
			return false;
		}
		if (o == 0 && mutex_take(m)) {
			return true;
		}
		arch_relax();
	}
	return false;
}

int mutex_take_slow(struct mutex *m, uint64_t deadline, unsigned how)
{
	struct mutex_waiter w = { .mutex = m, .thread = thread_self() };
	irqstate_t s;
	int r;

	if (cpu_count > 1 && deadline != 0 && spin_for(m)) {
		return 0;
	}
	waitq_init(&w.q);
	s = spin_lock_save(&pi_lock);
	r = take_or_wait(m, &w, deadline, how);
	if (w.queued) {
		dequeue(&w);
		if (inherits(m)) {
			settle(owner_of(m));
		}
	}
	spin_unlock_restore(&pi_lock, s);
	sched_check();
	return r;
}

/* The owner leaves @m. Once it is marked free without waiters others take it without pi_lock, and
 * may free it. */
static void release(struct mutex *m)
{
	struct mutex_waiter *first = m->waiters;

	if (first == NULL) {
		atomic_store_explicit(&m->owner, always_slow(m) ? SLOW : 0, memory_order_release);
	} else if (m->state == LOST_FOR_GOOD) {
		atomic_store_explicit(&m->owner, SLOW, memory_order_relaxed);
		for (; first != NULL; first = first->next) {
			wake(first);
		}
	} else if (first->passed_over) {
		dequeue(first);
		own(m, first->thread);
		wake(first);
	} else {
		atomic_store_explicit(&m->owner, SLOW, memory_order_relaxed);
		wake(first);
	}
}

void mutex_give_slow(struct mutex *m)
{
	irqstate_t s = spin_lock_save(&pi_lock);
	bool counted = unlink_held(m);

	if (m->state == OWNER_DIED) {
		m->state = LOST_FOR_GOOD;
	}
	release(m);
	if (counted) {
		settle(thread_self());
	}
	spin_unlock_restore(&pi_lock, s);
	sched_check();
}

/* --- mutex ------------------------------------------------------------------------------------- */

void mutex_setup(struct mutex *m, unsigned flags, unsigned ceiling)
{
	*m = (struct mutex){ .flags = (uint8_t)flags, .ceiling = (uint8_t)ceiling };
	atomic_init(&m->owner, always_slow(m) ? SLOW : 0);
}

void mutex_init(struct mutex *m)
{
	mutex_setup(m, MUTEX_INHERIT, 0);
}

static int lock_busy(struct mutex *m, uint64_t deadline)
{
	int r;

	ASSERT(!mutex_held(m));
	r = mutex_take_slow(m, deadline, 0);
	if (r != 0) {
		thread_busy_leave();
	}
	return r;
}

int mutex_lock_until(struct mutex *m, uint64_t deadline)
{
	thread_busy_enter();
	return likely(mutex_take(m)) ? 0 : lock_busy(m, MAX(deadline, 1UL));
}

void mutex_lock(struct mutex *m)
{
	thread_busy_enter();
	if (unlikely(!mutex_take(m))) {
		lock_busy(m, TIME_NEVER);
	}
}

bool mutex_trylock(struct mutex *m)
{
	thread_busy_enter();
	if (mutex_take(m)) {
		return true;
	}
	thread_busy_leave();
	return false;
}

void mutex_unlock(struct mutex *m)
{
	if (unlikely(!mutex_give(m))) {
		ASSERT(mutex_held(m));
		mutex_give_slow(m);
	}
	thread_busy_leave();
}

bool mutex_held(struct mutex *m)
{
	return owner_of(m) == thread_self();
}

bool mutex_is_free(struct mutex *m)
{
	irqstate_t s = spin_lock_save(&pi_lock);
	bool is_free = owner_of(m) == NULL && m->waiters == NULL &&
		       (atomic_load_explicit(&m->owner, memory_order_relaxed) & GONE) == 0;

	spin_unlock_restore(&pi_lock, s);
	return is_free;
}

int mutex_consistent(struct mutex *m)
{
	irqstate_t s = spin_lock_save(&pi_lock);
	bool ok = m->state == OWNER_DIED && mutex_held(m);

	if (ok) {
		m->state = SOUND;
	}
	spin_unlock_restore(&pi_lock, s);
	return ok ? 0 : -EINVAL;
}

unsigned mutex_set_ceiling(struct mutex *m, unsigned ceiling)
{
	irqstate_t s = spin_lock_save(&pi_lock);
	unsigned old = m->ceiling;

	m->ceiling = (uint8_t)ceiling;
	spin_unlock_restore(&pi_lock, s);
	return old;
}

__attribute__((cold)) void mutex_abandon_all(void)
{
	struct thread *self = thread_self();
	irqstate_t s = spin_lock_save(&pi_lock);
	struct mutex *m;

	while ((m = self->held) != NULL) {
		unlink_held(m);
		if ((m->flags & MUTEX_ROBUST) != 0) {
			m->state = OWNER_DIED;
			release(m);
		} else {
			atomic_store_explicit(&m->owner, SLOW | GONE, memory_order_relaxed);
		}
	}
	settle(self);
	spin_unlock_restore(&pi_lock, s);
	sched_check();
}

__attribute__((cold)) void thread_set_prio(struct thread *t, uint8_t prio, bool fifo)
{
	irqstate_t s = spin_lock_save(&pi_lock);

	sched_set_prio(t, prio, fifo);
	settle(t);
	spin_unlock_restore(&pi_lock, s);
	sched_check();
}

/* --- condition ----------------------------------------------------------------------- */

void cond_init(struct cond *c)
{
	waitq_init(&c->q);
	atomic_init(&c->signals, 0);
}

/* The queue's lock is not held while the mutex is given back (pi_lock comes first), so a signal may come
 * before this thread is in the queue: it is seen by the count. */
int cond_wait(struct cond *c, struct mutex *m, uint64_t deadline)
{
	unsigned before = cond_count(c);
	irqstate_t s;
	int r = 0;

	mutex_unlock(m);
	s = spin_lock_save(&c->q.lock);
	if (cond_count(c) == before) {
		r = waitq_wait(&c->q, deadline);
	}
	spin_unlock_restore(&c->q.lock, s);
	mutex_lock(m);
	return r;
}

static void signal_cond(struct cond *c, bool all)
{
	irqstate_t s = spin_lock_save(&c->q.lock);

	atomic_fetch_add_explicit(&c->signals, 1, memory_order_relaxed);
	if (all) {
		waitq_wake_all(&c->q);
	} else {
		waitq_wake_one(&c->q);
	}
	spin_unlock_restore(&c->q.lock, s);
	sched_check();
}

void cond_signal(struct cond *c)
{
	signal_cond(c, false);
}

void cond_broadcast(struct cond *c)
{
	signal_cond(c, true);
}
