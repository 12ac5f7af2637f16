/* SPDX-License-Identifier: MIT */
/* Sleep on a wait queue and wake from it, inline: for wait.c, and for what does little else. Masked, with
 * the queue locked. */
#pragma once

#include "runqueue.h"

#include <errno.h>
#include <kernel/panic.h>
#include <kernel/wait.h>

/* Behind those of the same priority, before lower ones. */
static inline void waitq_insert(struct waitq *q, struct thread *t)
{
	struct list *p = q->threads.prev;

	while (p != &q->threads && list_entry(p, struct thread, wait)->prio < t->prio) {
		p = p->prev;
	}
	list_add(p, &t->wait);
}

static inline void waitq_take_out(struct thread *t, int result)
{
	list_del(&t->wait);
	t->wait_result = result;
}

/* waitq_sleep() without a deadline: returns without the lock. */
static inline __attribute__((always_inline)) int waitq_sleep_here(struct waitq *q,
								  bool interruptible)
{
	struct thread *t = thread_self();

	ASSERT(t->preempt_off == 0 && t->cpu->irq_depth == 0);
	waitq_insert(q, t);
	if (unlikely(!rq_block(t, q, interruptible))) {
		waitq_take_out(t, -EINTR);
		spin_unlock(&q->lock);
	}
	return t->wait_result;
}

/* waitq_wake_one() */
static inline bool waitq_wake_best(struct waitq *q)
{
	struct list *first = q->threads.next, *second = first->next;
	struct thread *t = list_entry(first, struct thread, wait);

	if (first == &q->threads) {
		return false;
	}
	q->threads.next = second;
	second->prev = &q->threads;
	list_init(first);
	t->wait_result = 0;
	rq_wake(t);
	return true;
}
