/* SPDX-License-Identifier: MIT */
/* Pairing heap of timers, one per CPU. Fredman, Sedgewick, Sleator, Tarjan: "The pairing heap",
 * 1986. A node's children are a list by next; prev is the left sibling, or the parent of the
 * leftmost child. */
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define NAP_NS (50 * NS_PER_US)

static const struct clockevent *event;

void timer_queue_init(struct timer_queue *q)
{
	*q = (struct timer_queue){ .armed = TIME_NEVER };
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
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
	t->pending = true;
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
	t->pending = false;
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

/* The queue where @t is, or was last. A timer that never started is in no CPU's: this one's will do. */
static struct timer_queue *lock_queue(struct timer *t)
{
	for (;;) {
		struct timer_queue *q = atomic_load_explicit(&t->queue, memory_order_relaxed);
		struct timer_queue *at = q != NULL ? q : &cpu_self()->timers;

		spin_lock(&at->lock);
		if (likely(atomic_load_explicit(&t->queue, memory_order_relaxed) == q)) {
			return at;
		}
		spin_unlock(&at->lock); /* it moved to another CPU meanwhile */
	}
}

void timer_start(struct timer *t, uint64_t deadline)
{
	irqstate_t s = arch_irq_save();
	struct timer_queue *own = &cpu_self()->timers, *q = lock_queue(t);

	if (t->pending) {
		extract(q, t);
	}
	while (unlikely(q != own)) {
		/* Only the own CPU's clock event can be armed. */
		atomic_store_explicit(&t->queue, own, memory_order_relaxed);
		spin_unlock(&q->lock);
		q = lock_queue(t);
		if (t->pending) {
			extract(q, t); /* another CPU started it in between */
		}
	}
	atomic_store_explicit(&t->queue, own, memory_order_relaxed);
	t->deadline = deadline;
	insert(q, t);
	if (q->root == t) {
		arm(q);
	}
	spin_unlock_restore(&q->lock, s);
}

/* Also where it was before somebody started it again. */
static __attribute__((cold)) bool runs_elsewhere(const struct timer *t)
{
	for (unsigned i = 0; i < cpu_count; i++) {
		if (&cpus[i] != cpu_self() &&
		    atomic_load_explicit(&cpus[i].timers.running, memory_order_acquire) == t) {
			return true;
		}
	}
	return false;
}

bool timer_cancel(struct timer *t)
{
	irqstate_t s = arch_irq_save();
	struct timer_queue *q = lock_queue(t);
	bool pending = t->pending;
	unsigned spins = 0;

	if (pending) {
		extract(q, t);
	}
	spin_unlock_restore(&q->lock, s);
	/* On this CPU it is fn itself that calls. */
	while (unlikely(runs_elsewhere(t))) {
		spin_relax(&spins);
	}
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
		atomic_store_explicit(&q->running, t, memory_order_relaxed);
		spin_unlock(&q->lock);
		t->fn(t);
		spin_lock(&q->lock);
		atomic_store_explicit(&q->running, NULL, memory_order_release);
	}
	q->armed = TIME_NEVER;
	if (q->root == NULL) {
		event->arm(UINT64_MAX);
	}
	arm(q);
	spin_unlock(&q->lock);
}

__attribute__((cold)) void timer_nap(void)
{
	struct timer_queue *q = &cpu_self()->timers;

	/* Inside a handler the interrupt controller lets nothing through that would end the sleep. */
	if (event == NULL || cpu_self()->irq_depth != 0) {
		return;
	}
	/* The queue's lock may be this CPU's own: nothing but the comparator changes, and changes back. */
	event->arm(time_to_counter(MIN(q->armed, time_after(NAP_NS))));
	arch_wait();
	event->arm(q->armed == TIME_NEVER ? UINT64_MAX : time_to_counter(q->armed));
}

void timer_cpu_init(void)
{
	if (event->cpu_init != NULL) {
		event->cpu_init();
	}
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
