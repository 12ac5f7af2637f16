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

int waitq_sleep(struct waitq *q, uint64_t deadline, bool interruptible)
{
	struct thread *t = thread_self();
	struct wait_timeout w;

	ASSERT(arch_irq_masked() && t->preempt_off == 0 && cpu_self()->irq_depth == 0);
	t->interruptible = interruptible;
	enqueue(q, t);
	if (deadline != TIME_NEVER) {
		w.q = q;
		w.thread = t;
		timer_init(&w.timer, timed_out);
		timer_start(&w.timer, deadline);
	}
	if (unlikely(!sched_block(q))) {
		list_del(&t->wait);
		t->wait_result = -EINTR;
		spin_unlock(&q->lock); /* the timer's function may wait for it */
	}
	if (deadline != TIME_NEVER) {
		timer_cancel(&w.timer);
	}
	return t->wait_result;
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
		struct cpu *c = sched_lock(t);
		struct waitq *q = t->wait_q;
		/* A wait queue's lock comes before a run queue's: here only if nobody has it. */
		bool ok = q == NULL || spin_trylock(&q->lock);

		spin_unlock(&c->rq_lock);
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
	enqueue(q, t);
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
