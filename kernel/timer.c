/* SPDX-License-Identifier: MIT */
/* Pairing heap of timers, one per CPU. Fredman, Sedgewick, Sleator, Tarjan: "The pairing heap",
 * 1986. A node's children are a list by next; prev is the left sibling, or the parent of the
 * leftmost child. */
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/time.h>
#include <kernel/timer.h>

static const struct clockevent *event;

void timer_queue_init(struct timer_queue *q)
{
	*q = (struct timer_queue){ .armed = TIME_NEVER };
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

bool timer_pending(const struct timer *t)
{
	return t->queue != NULL;
}

static struct timer *meld(struct timer *a, struct timer *b)
{
	if (a == NULL) {
		return b;
	}
	if (b == NULL) {
		return a;
	}
	if (b->deadline < a->deadline) {
		struct timer *t = a;

		a = b;
		b = t;
	}
	b->next = a->child;
	if (a->child != NULL) {
		a->child->prev = b;
	}
	b->prev = a;
	a->child = b;
	return a;
}

/* Merge siblings in pairs left to right, then all from the right. */
static struct timer *meld_children(struct timer *first)
{
	struct timer *pairs = NULL, *root = NULL;

	while (first != NULL) {
		struct timer *a = first, *b = a->next;

		first = b == NULL ? NULL : b->next;
		a->next = NULL;
		a->prev = NULL;
		if (b != NULL) {
			b->next = NULL;
			b->prev = NULL;
		}
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs != NULL) {
		struct timer *rest = pairs->next;

		pairs->next = NULL;
		root = meld(root, pairs);
		pairs = rest;
	}
	return root;
}

static void insert(struct timer_queue *q, struct timer *t)
{
	t->child = NULL;
	t->next = NULL;
	t->prev = NULL;
	t->queue = q;
	q->root = meld(q->root, t);
}

static void extract(struct timer_queue *q, struct timer *t)
{
	struct timer *rest = meld_children(t->child);

	if (t == q->root) {
		q->root = rest;
	} else {
		if (t->prev->child == t) {
			t->prev->child = t->next;
		} else {
			t->prev->next = t->next;
		}
		if (t->next != NULL) {
			t->next->prev = t->prev;
		}
		q->root = meld(q->root, rest);
	}
	t->queue = NULL;
}

/* Give the hardware the earliest deadline, unless it has one at least as early: an interrupt
 * too soon costs less than moving the comparator at every change. */
static void arm(struct timer_queue *q)
{
	uint64_t want = q->root == NULL ? TIME_NEVER : q->root->deadline;

	if (event != NULL && want < q->armed) {
		q->armed = want;
		event->arm(time_to_counter(want));
	}
}

static struct timer_queue *lock_queue(struct timer *t, irqstate_t *s)
{
	struct timer_queue *q;

	*s = arch_irq_save();
	for (;;) {
		q = t->queue;
		if (q == NULL) {
			q = &cpu_self()->timers;
		}
		spin_lock(&q->lock);
		if (t->queue == q || t->queue == NULL) {
			return q;
		}
		spin_unlock(&q->lock); /* it moved to another CPU meanwhile */
	}
}

void timer_start(struct timer *t, uint64_t deadline)
{
	irqstate_t s;
	struct timer_queue *q = lock_queue(t, &s);

	if (t->queue != NULL) {
		extract(q, t);
	}
	t->deadline = deadline;
	insert(q, t);
	if (q->root == t) {
		arm(q);
	}
	spin_unlock_restore(&q->lock, s);
}

bool timer_cancel(struct timer *t)
{
	irqstate_t s;
	struct timer_queue *q = lock_queue(t, &s);
	bool pending = t->queue != NULL;

	if (pending) {
		extract(q, t);
	}
	/* Running on another CPU: wait it out. On this one it is fn itself that calls. */
	while (q->running == t && q != &cpu_self()->timers) {
		spin_unlock_restore(&q->lock, s);
		arch_relax();
		s = spin_lock_save(&q->lock);
	}
	spin_unlock_restore(&q->lock, s);
	return pending;
}

void timer_interrupt(void)
{
	struct timer_queue *q = &cpu_self()->timers;
	uint64_t now = time_now();

	spin_lock(&q->lock);
	while (q->root != NULL && q->root->deadline <= now) {
		struct timer *t = q->root;

		extract(q, t);
		q->running = t;
		spin_unlock(&q->lock);
		t->fn(t);
		spin_lock(&q->lock);
		q->running = NULL;
	}
	q->armed = TIME_NEVER;
	if (q->root == NULL) {
		event->arm(UINT64_MAX);
	}
	arm(q);
	spin_unlock(&q->lock);
}

bool clockevent_present(void)
{
	return event != NULL;
}

void clockevent_register(const struct clockevent *ce)
{
	irqstate_t s = arch_irq_save();

	ASSERT(event == NULL && ce->hz > 0);
	event = ce;
	time_set_rate(ce->hz);
	if (ce->cpu_init != NULL) {
		ce->cpu_init();
	}
	arm(&cpu_self()->timers);
	arch_irq_restore(s);
}
