/* SPDX-License-Identifier: MIT */
/* Wait queue: the one way to block. Announce, check again, then sleep: the caller
 * takes q->lock, checks its condition, and waits; whoever makes the condition true
 * does so under q->lock and wakes. */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>

struct thread;

struct waitq {
	struct spinlock lock;
	struct list threads; /* first to wait is first to wake, by priority */
};

#define WAITQ_INIT(name)                                 \
	{                                                \
		SPINLOCK_INIT, LIST_INIT((name).threads) \
	}

void waitq_init(struct waitq *q);
/* Sleep until woken or @deadline (monotonic ns; TIME_NEVER). Called with q->lock held by
 * spin_lock_save(); returns with it held again. Context: thread, preemptible.
 * Returns 0 when woken, -ETIMEDOUT. */
int waitq_wait(struct waitq *q, uint64_t deadline);
/* The same, and -EINTR when events are posted to the thread (thread.h), before or meanwhile. */
int waitq_wait_intr(struct waitq *q, uint64_t deadline);
/* Either, but returns without the lock, still masked: for those who need not look again. */
int waitq_sleep(struct waitq *q, uint64_t deadline, bool interruptible);
/* Wake the best waiter (highest priority, longest waiting); true if there was one.
 * q->lock held. Any context. */
bool waitq_wake_one(struct waitq *q);
/* Lock the queue that @t sleeps on: it stays asleep and in the queue until the caller unlocks. NULL:
 * it is not asleep. Masked, no waitq or run queue lock held. */
struct waitq *waitq_lock_of(struct thread *t);
/* End the sleep of @t, which is in @q, with @result. q->lock held. Any context. */
void waitq_wake_thread(struct waitq *q, struct thread *t, int result);
/* @t, in @q, has another priority now: to its new place. q->lock held. Any context. */
void waitq_reorder(struct waitq *q, struct thread *t);
/* Wake every waiter; returns how many. q->lock held. Any context. */
unsigned waitq_wake_all(struct waitq *q);
