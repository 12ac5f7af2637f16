/* SPDX-License-Identifier: MIT */
/* Waiters and the work they do while they wait. */
#include <errno.h>
#include <kernel/panic.h>
#include <kernel/poller.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define HELPER_STACK 12288
/* While no waiter sleeps the rings' interrupts are off: how long work may lie there before the
 * helper looks. */
#define BACKSTOP_NS (10 * NS_PER_MS)

static struct {
	struct spinlock lock;
	struct list sleeping; /* struct waiter.link: the latest first, the helper last */
	struct list pollers;  /* grows at its end, under lock; read without */
	struct timer backstop;
	struct waiter helper;
	_Atomic unsigned armed;	 /* interrupts are on: nothing can be missed */
	_Atomic unsigned active; /* somebody polled since the backstop last looked */
} pl = { .sleeping = LIST_INIT(pl.sleeping), .pollers = LIST_INIT(pl.pollers) };

void waiter_init(struct waiter *w)
{
	list_init(&w->link);
	waitq_init(&w->q);
	w->woken = false;
}

/* Masked, pl.lock may be held. */
static void wake(struct waiter *w)
{
	spin_lock(&w->q.lock);
	w->woken = true;
	waitq_wake_one(&w->q);
	spin_unlock(&w->q.lock);
}

void waiter_wake(struct waiter *w)
{
	irqstate_t s = arch_irq_save();

	wake(w);
	arch_irq_restore(s);
	sched_check();
}

/* The highest priority, the latest among equals: its stack is still in the cache. pl.lock held. */
static struct waiter *best_sleeper(void)
{
	struct waiter *best = NULL;
	struct list *p;

	list_for_each(p, &pl.sleeping) {
		struct waiter *w = list_entry(p, struct waiter, link);

		if (best == NULL || w->thread->prio > best->thread->prio) {
			best = w;
		}
	}
	return best;
}

void poller_kick(void)
{
	irqstate_t s = spin_lock_save(&pl.lock);
	struct waiter *w = best_sleeper();

	atomic_store_explicit(&pl.armed, false, memory_order_relaxed);
	if (w != NULL) {
		list_del(&w->link);
		wake(w);
	}
	spin_unlock_restore(&pl.lock, s);
	sched_check();
}

bool pollers_run(void)
{
	struct list *p;
	bool any = false;

	atomic_store_explicit(&pl.active, true, memory_order_relaxed);
	list_for_each(p, &pl.pollers) {
		struct poller *poller = list_entry(p, struct poller, link);

		any |= poller->poll(poller);
	}
	return any;
}

static bool arm_all(void)
{
	struct list *p;
	bool work = false;

	atomic_store_explicit(&pl.armed, true, memory_order_relaxed);
	list_for_each(p, &pl.pollers) {
		struct poller *poller = list_entry(p, struct poller, link);

		work |= poller->arm(poller);
	}
	return work;
}

static void enlist(struct waiter *w)
{
	irqstate_t s = spin_lock_save(&pl.lock);

	w->woken = false;
	w->thread = thread_self();
	if (w == &pl.helper) {
		list_add_tail(&pl.sleeping, &w->link);
	} else {
		list_add(&pl.sleeping, &w->link);
	}
	spin_unlock_restore(&pl.lock, s);
}

static void delist(struct waiter *w)
{
	irqstate_t s = spin_lock_save(&pl.lock);

	list_del(&w->link);
	spin_unlock_restore(&pl.lock, s);
}

static int sleep_until(struct waiter *w, uint64_t deadline, bool interruptible)
{
	irqstate_t s = spin_lock_save(&w->q.lock);
	int r = 0;

	while (!w->woken && r == 0) {
		r = interruptible ? waitq_wait_intr(&w->q, deadline) : waitq_wait(&w->q, deadline);
	}
	spin_unlock_restore(&w->q.lock, s);
	return r;
}

/* About to leave with the interrupts off: make sure that somebody looks soon. */
static void start_backstop(void)
{
	if (!atomic_load_explicit(&pl.armed, memory_order_relaxed) &&
	    !timer_pending(&pl.backstop) && !list_empty(&pl.pollers)) {
		timer_start(&pl.backstop, time_after(BACKSTOP_NS));
	}
}

static int wait_for(struct waiter *w, bool (*cond)(void *arg), void *arg, uint64_t deadline,
		    bool interruptible)
{
	int r = 0;

	for (;;) {
		pollers_run();
		if (cond(arg)) {
			start_backstop();
			return 0;
		}
		if (r == -EINTR || (deadline != TIME_NEVER && deadline <= time_now())) {
			start_backstop();
			return r == -EINTR ? r : -ETIMEDOUT;
		}
		/* Announce, check again, then sleep. */
		enlist(w);
		if (arm_all() || cond(arg)) {
			delist(w);
			continue;
		}
		r = sleep_until(w, deadline, interruptible);
		delist(w);
		/* The loop checks the clock, after one more look at the condition. */
	}
}

int waiter_wait(struct waiter *w, bool (*cond)(void *arg), void *arg, uint64_t deadline)
{
	int r;

	thread_busy_enter();
	r = wait_for(w, cond, arg, deadline, true);
	thread_busy_leave();
	return r;
}

void waiter_wait_through(struct waiter *w, bool (*cond)(void *arg), void *arg)
{
	thread_busy_enter();
	wait_for(w, cond, arg, TIME_NEVER, false);
	thread_busy_leave();
}

static void backstop_look(struct timer *t)
{
	if (atomic_load_explicit(&pl.armed, memory_order_relaxed)) {
		return;
	}
	if (!atomic_exchange_explicit(&pl.active, false, memory_order_relaxed)) {
		poller_kick();
	}
	timer_start(t, time_after(BACKSTOP_NS));
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static void *helper_main(void *arg)
{
	waiter_wait(&pl.helper, never, NULL, TIME_NEVER);
	return arg;
}

void poller_register(struct poller *p)
{
	static const struct thread_attr attr = {
		.name = "poller", .stack_size = HELPER_STACK, .detached = true, .kernel = true
	};
	irqstate_t s = spin_lock_save(&pl.lock);
	struct list *last = pl.pollers.prev;
	bool first = list_empty(&pl.pollers);

	p->link = (struct list){ .next = &pl.pollers, .prev = last };
	/* Others may walk the list now: what they come to is whole. */
	atomic_thread_fence(memory_order_release);
	last->next = &p->link;
	pl.pollers.prev = &p->link;
	spin_unlock_restore(&pl.lock, s);
	if (first) {
		timer_init(&pl.backstop, backstop_look);
		waiter_init(&pl.helper);
		if (thread_create(&attr, helper_main, NULL) == NULL) {
			panic("no memory for the poller thread");
		}
	}
}
