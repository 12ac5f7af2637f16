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
/* Wake the best waiter (highest priority, longest waiting); true if there was one.
 * q->lock held. Any context. */
bool waitq_wake_one(struct waitq *q);
/* Wake every waiter; returns how many. q->lock held. Any context. */
unsigned waitq_wake_all(struct waitq *q);
