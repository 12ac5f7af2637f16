/* SPDX-License-Identifier: MIT */
/* Wait queue: the only way to block. */
#include <errno.h>
#include <kernel/cpu.h>
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
	list_del(&t->wait);
	t->wait_result = result;
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

/* Behind those of the same priority, before lower ones. */
static void enqueue(struct waitq *q, struct thread *t)
{
	struct list *p = q->threads.prev;

	while (p != &q->threads && list_entry(p, struct thread, wait)->prio < t->prio) {
		p = p->prev;
	}
	list_add(p, &t->wait);
}

int waitq_wait(struct waitq *q, uint64_t deadline)
{
	struct thread *t = thread_self();
	struct wait_timeout w;

	ASSERT(arch_irq_masked() && t->preempt_off == 0 && cpu_self()->irq_depth == 0);
	enqueue(q, t);
	if (deadline != TIME_NEVER) {
		w.q = q;
		w.thread = t;
		timer_init(&w.timer, timed_out);
		timer_start(&w.timer, deadline);
	}
	sched_block(&q->lock);
	if (deadline != TIME_NEVER) {
		timer_cancel(&w.timer);
	}
	spin_lock(&q->lock);
	return t->wait_result;
}

bool waitq_wake_one(struct waitq *q)
{
	if (list_empty(&q->threads)) {
		return false;
	}
	wake(list_entry(q->threads.next, struct thread, wait), 0);
	return true;
}

unsigned waitq_wake_all(struct waitq *q)
{
	unsigned n = 0;

	while (waitq_wake_one(q)) {
		n++;
	}
	return n;
}
