/* SPDX-License-Identifier: MIT */
/* Wait queue: the only way to block. */
#include "waitq.h"

#include <errno.h>
#include <kernel/panic.h>
#include <kernel/wait.h>

struct wait_timeout {
	struct timer timer;
	struct waitq *q;
	struct thread *thread;
};

void waitq_init(struct waitq *q)
{
	q->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&q->threads);
}

static void wake(struct thread *t, int result)
{
	waitq_take_out(t, result);
	sched_wake(t);
}

static void timed_out(struct timer *timer)
{
	struct wait_timeout *w = container_of(timer, struct wait_timeout, timer);

	spin_lock(&w->q->lock);
	/* Unlinked: somebody woke it first. */
	if (!list_empty(&w->thread->wait)) {
		wake(w->thread, -ETIMEDOUT);
	}
	spin_unlock(&w->q->lock);
}

static __attribute__((noinline)) int sleep_until(struct waitq *q, uint64_t deadline,
						 bool interruptible)
{
	struct wait_timeout w = { .q = q, .thread = thread_self() };
	int r;

	/* If it fires before the thread sleeps, its function waits for the queue's lock. */
	timer_init(&w.timer, timed_out);
	timer_start(&w.timer, deadline);
	r = waitq_sleep(q, TIME_NEVER, interruptible);
	timer_cancel(&w.timer);
	return r;
}

int waitq_sleep(struct waitq *q, uint64_t deadline, bool interruptible)
{
	return unlikely(deadline != TIME_NEVER) ? sleep_until(q, deadline, interruptible)
						: waitq_sleep_here(q, interruptible);
}

static int sleep_on(struct waitq *q, uint64_t deadline, bool interruptible)
{
	int r = waitq_sleep(q, deadline, interruptible);

	spin_lock(&q->lock);
	return r;
}

int waitq_wait(struct waitq *q, uint64_t deadline)
{
	return sleep_on(q, deadline, false);
}

int waitq_wait_intr(struct waitq *q, uint64_t deadline)
{
	return sleep_on(q, deadline, true);
}

struct waitq *waitq_lock_of(struct thread *t)
{
	for (unsigned spins = 0;; spin_relax(&spins)) {
		struct cpu *c = rq_lock_of(t);
		struct waitq *q = t->wait_q;
		/* A wait queue's lock comes before a run queue's: here only if nobody has it. */
		bool ok = q == NULL || spin_trylock(&q->lock);

		rq_unlock(c);
		if (ok) {
			return q;
		}
	}
}

void waitq_wake_thread(struct waitq *q, struct thread *t, int result)
{
	(void)q;
	wake(t, result);
}

void waitq_reorder(struct waitq *q, struct thread *t)
{
	list_del(&t->wait);
	waitq_insert(q, t);
}

__attribute__((noinline)) bool waitq_wake_one(struct waitq *q)
{
	return waitq_wake_best(q);
}

unsigned waitq_wake_all(struct waitq *q)
{
	unsigned n = 0;

	while (waitq_wake_one(q)) {
		n++;
	}
	return n;
}
