/* SPDX-License-Identifier: MIT */
/* Run queues: fixed priorities, round robin inside one, per CPU. rq_lock is held
 * across a switch and released by the side that comes up. What every switch runs is in runqueue.h. */
#include "runqueue.h"

#include <errno.h>
#include <kernel/panic.h>
#include <kernel/time.h>
#include <string.h>

struct cpu cpus[CPU_MAX];
unsigned cpu_count = 1;

/* --- several ready threads; rq_lock held ------------------------------------------------- */

static __attribute__((noinline)) void insert(struct cpu *c, struct thread *t, bool tail)
{
	struct list *q = &c->run_queue[t->prio];

	if (tail) {
		list_add_tail(q, &t->run);
	} else {
		list_add(q, &t->run);
	}
	c->ready_mask |= 1UL << t->prio;
	c->best = MAX(c->best, t->prio);
}

/* For whoever needs to see all ready threads in their lists. */
static __attribute__((noinline)) void line_up(struct cpu *c)
{
	struct thread *t = c->lone;

	if (t != NULL) {
		c->lone = NULL;
		insert(c, t, true);
	}
}

static void dequeue(struct cpu *c, struct thread *t)
{
	list_del(&t->run);
	if (list_empty(&c->run_queue[t->prio])) {
		c->ready_mask &= ~(1UL << t->prio);
		c->best = c->ready_mask == 0 ? PRIO_IDLE
					     : (uint8_t)(63 - __builtin_clzl(c->ready_mask));
	}
}

/* Out of the queue of @c, if it is there. */
static bool withdraw(struct cpu *c, struct thread *t)
{
	line_up(c);
	if (list_empty(&t->run)) {
		return false;
	}
	dequeue(c, t);
	return true;
}

/* @tail: behind its equals, else before them. */
static __attribute__((noinline)) void enqueue(struct cpu *c, struct thread *t, bool tail)
{
	t->state = THREAD_READY;
	if (c->best == PRIO_IDLE) {
		c->lone = t;
		c->best = t->prio;
	} else {
		line_up(c);
		insert(c, t, tail);
	}
}

void rq_queue_more(struct cpu *c, struct thread *t)
{
	const struct thread *running = c->current;

	enqueue(c, t, true);
	if (t->prio > running->prio) {
		c->need_resched = true;
	} else if (t->prio == running->prio) {
		rq_need_slice(c, running);
	}
}

struct thread *rq_pick_best(struct cpu *c)
{
	struct thread *t = list_entry(c->run_queue[c->best].next, struct thread, run);

	dequeue(c, t);
	if (c->best == t->prio) {
		rq_need_slice(c, t);
	}
	return t;
}

/* Have @c look for a better thread than the one it runs. */
static void preempt(struct cpu *c)
{
	if (!c->need_resched) {
		c->need_resched = true;
		if (c != cpu_self()) {
			smp_ipi(c, IPI_RESCHED);
		}
	}
}

__attribute__((cold)) void rq_start_slice(struct cpu *c)
{
	timer_start(&c->slice, time_after(SCHED_SLICE_NS));
}

/* May run on any CPU's interrupt: the timer was started by whoever queued the second thread. */
static void slice_over(struct timer *timer)
{
	struct cpu *c = container_of(timer, struct cpu, slice);
	struct thread *t;

	rq_lock(c);
	t = c->current;
	if (!t->fifo && c->best == t->prio) {
		/* It may have come on the CPU within this slice; a short turn now and then is fair enough. */
		t->slice_over = true;
		preempt(c);
	}
	rq_unlock(c);
}

/* --- several CPUs ------------------------------------------------------------------------ */

struct cpu *rq_lock_of(struct thread *t)
{
	for (;;) {
		struct cpu *c = *(struct cpu *volatile *)&t->cpu;

		rq_lock(c);
		if (likely(t->cpu == c)) {
			return c;
		}
		rq_unlock(c); /* it moved meanwhile */
	}
}

/* The best that @c runs, or will as soon as it comes to it. */
static unsigned prio_hint(const struct cpu *c)
{
	unsigned runs = atomic_load_explicit(&c->prio, memory_order_relaxed);
	unsigned waits = *(const volatile uint8_t *)&c->best;

	return MAX(runs, waits);
}

static bool allowed(const struct thread *t, const struct cpu *c)
{
	return (t->affinity >> c->index & 1) != 0;
}

/* Where @t runs soonest: at once on its last CPU (whose cache is warm), on an idle one, on the one
 * with the lowest priority if that is lower; or it waits for its last. The priorities are hints;
 * rq_look_at_others() makes up for what changes meanwhile. */
static __attribute__((cold)) struct cpu *choose(struct cpu *last, const struct thread *t)
{
	struct cpu *best = NULL;

	if (prio_hint(last) == PRIO_IDLE && allowed(t, last)) {
		return last;
	}
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *c = &cpus[i];

		if (allowed(t, c) && (best == NULL || prio_hint(c) < prio_hint(best))) {
			best = c;
		}
	}
	if (allowed(t, last) &&
	    (prio_hint(best) >= t->prio || prio_hint(best) == prio_hint(last))) {
		return last;
	}
	return best;
}

/* @t waits for its turn: which CPU is to be asked to look at it, that of the least; NULL: none is below @t.
 * One may have gone idle without seeing it. The lock of @t's CPU is held. */
static __attribute__((cold)) struct cpu *offer_to(const struct thread *t)
{
	struct cpu *best = t->cpu;

	/* Pairs with the one in rq_look_at_others(): either it sees the queue, or we see it idle. */
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *c = &cpus[i];

		if (allowed(t, c) && c != t->cpu &&
		    prio_hint(c) < (best == t->cpu ? t->prio : prio_hint(best))) {
			best = c;
		}
	}
	return best != t->cpu ? best : NULL;
}

/* Whoever does not run next on @c, although better than what runs there, waits for nobody knows how long:
 * @t, or the one that it overtakes. @before: the best ready priority until now. */
static struct cpu *offer_second_to(struct cpu *c, const struct thread *t, unsigned before)
{
	if (t->prio > before) {
		line_up(c);
		t = list_entry(c->run_queue[before].next, struct thread, run);
	}
	return offer_to(t);
}

/* Interrupts are sent without the lock: on a virtual machine one takes longer than all that is done under
 * it. */
static void queue_on(struct cpu *c, struct thread *t)
{
	const struct thread *running = c->current;
	unsigned before = c->best;
	struct cpu *other = NULL;
	bool tell = false;

	enqueue(c, t, true);
	if (t->prio > running->prio) {
		tell = !c->need_resched && c != cpu_self();
		c->need_resched = true;
		if (before > running->prio) {
			other = offer_second_to(c, t, before);
		}
	} else {
		if (t->prio == running->prio) {
			rq_need_slice(c, running);
		}
		other = offer_to(t);
	}
	rq_unlock(c);
	if (tell) {
		smp_ipi(c, IPI_RESCHED);
	}
	if (other != NULL) {
		smp_ipi(other, IPI_RESCHED);
	}
}

static __attribute__((cold)) void place_shared(struct cpu *c, struct thread *t)
{
	struct cpu *to = choose(c, t);

	t->state = THREAD_READY;
	while (unlikely(to != c)) {
		/* Between the locks it is ready and in no queue: others may change its priority and its
		 * affinity, but only who took it out may put it in again. */
		t->cpu = to;
		rq_unlock(c);
		rq_lock(to);
		c = to;
		to = allowed(t, c) ? c : choose(c, t);
	}
	queue_on(c, t);
}

/* Put @t, ready and in no queue, where it runs soonest. @c: its CPU, whose lock is released. */
static void place(struct cpu *c, struct thread *t)
{
	if (RQ_SHARED(c)) {
		place_shared(c, t);
	} else {
		rq_queue_alone(c, t);
	}
}

__attribute__((cold)) void rq_wake_shared(struct thread *t)
{
	struct cpu *c = rq_lock_of(t);

	t->wait_q = NULL;
	place_shared(c, t);
}

/* Take the best thread that @from has ready, may run on @c and is better than @than; NULL. */
static struct thread *steal(struct cpu *from, const struct cpu *c, unsigned than)
{
	struct list *p;

	line_up(from);
	for (unsigned prio = from->best; prio > than; prio--) {
		list_for_each(p, &from->run_queue[prio]) {
			struct thread *t = list_entry(p, struct thread, run);

			if (allowed(t, c)) {
				dequeue(from, t);
				return t;
			}
		}
	}
	return NULL;
}

/* Priorities are strict over all CPUs. */
__attribute__((cold)) void rq_look_at_others(struct cpu *c)
{
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *from = &cpus[i];
		struct thread *t;

		if (from == c || *(volatile uint8_t *)&from->best <= prio_hint(c)) {
			continue;
		}
		rq_lock(from);
		t = steal(from, c, prio_hint(c));
		if (t == NULL) {
			rq_unlock(from);
			continue;
		}
		t->cpu = c;
		rq_unlock(from);
		rq_lock(c);
		place(c, t);
		return;
	}
}

/* --- switching --------------------------------------------------------------------------- */

__attribute__((cold)) void rq_settle(struct cpu *c)
{
	struct thread *dead = c->dead, *leaving = c->leaving;

	c->left_over = false;
	c->dead = NULL;
	c->leaving = NULL;
	if (leaving != NULL) {
		place(c, leaving);
	} else {
		rq_unlock(c);
	}
	if (dead != NULL) {
		thread_reap(dead);
	}
}

void sched_switched(void)
{
	rq_switched(thread_self());
}

/* Out of line, where a few instructions do not matter. */
static __attribute__((noinline)) void leave(struct cpu *c, struct thread *t)
{
	struct thread *next = rq_pick(c);

	if (next == t) {
		t->state = THREAD_RUNNING;
		c->need_resched = false;
		rq_switched(thread_self());
	} else {
		rq_switch(c, t, next);
	}
}

__attribute__((cold)) bool rq_block_shared(struct waitq *q, bool interruptible)
{
	struct thread *t = thread_self();
	struct cpu *c = t->cpu;

	rq_lock(c);
	if (!rq_fall_asleep(t, q, interruptible)) {
		rq_unlock(c);
		return false;
	}
	leave(c, t);
	return true;
}

void sched_exit(void)
{
	struct cpu *c = cpu_self();

	rq_lock(c);
	c->current->state = THREAD_DEAD;
	c->dead = c->current;
	c->left_over = true;
	leave(c, c->current);
	panic("a dead thread ran");
}

void sched_wake(struct thread *t)
{
	rq_wake(t);
}

/* Put the running thread back and take the best: a better one came, its slice is over, or it may no
 * longer run here. */
static void resched(struct cpu *c)
{
	struct thread *t = c->current;
	struct cpu *other;

	rq_lock(c);
	if (unlikely(!allowed(t, c))) {
		t->state = THREAD_READY;
		c->leaving = t;
		c->left_over = true;
	} else if (t != &c->idle) {
		enqueue(c, t, t->slice_over);
		other = c->shared ? offer_to(t) : NULL;
		if (other != NULL) {
			smp_ipi(other, IPI_RESCHED);
		}
	}
	t->slice_over = false;
	leave(c, t);
}

void sched_preempt(void)
{
	struct cpu *c = cpu_self();

	if (c->need_resched && c->current->preempt_off == 0) {
		resched(c);
	}
}

void sched_check(void)
{
	struct cpu *c = cpu_self();
	irqstate_t s;

	if (likely(!c->need_resched) || c->irq_depth != 0 || arch_irq_masked()) {
		return;
	}
	s = arch_irq_save();
	sched_preempt();
	arch_irq_restore(s);
}

void sched_yield_cpu(void)
{
	irqstate_t s = arch_irq_save();
	struct cpu *c = cpu_self();

	c->current->slice_over = true;
	resched(c);
	arch_irq_restore(s);
}

void sched_look(void)
{
	struct cpu *c = cpu_self();

	if (c->shared) {
		rq_look_at_others(c);
	}
}

/* --- priority and affinity --------------------------------------------------------------- */

/* @t's base priority or boost has changed. rq_lock held, released. True: it is blocked. */
static __attribute__((cold)) bool reprioritise(struct cpu *c, struct thread *t)
{
	uint8_t prio = MAX(t->base_prio, t->boost);
	bool blocked = t->state == THREAD_BLOCKED, lower = prio < t->prio;

	if (withdraw(c, t)) {
		t->prio = prio;
		place(c, t);
		return false;
	}
	t->prio = prio;
	if (c->current == t) {
		atomic_store_explicit(&c->prio, prio, memory_order_relaxed);
		if (c->best > prio) {
			preempt(c);
		} else if (lower && cpu_count > 1) {
			smp_ipi(c, IPI_RESCHED); /* another CPU may have a better one */
		}
	}
	rq_unlock(c);
	return blocked;
}

static __attribute__((cold)) void requeue_waiter(struct thread *t)
{
	struct waitq *q = waitq_lock_of(t);

	if (q != NULL) {
		waitq_reorder(q, t);
		spin_unlock(&q->lock);
	}
}

void sched_set_prio(struct thread *t, uint8_t prio, bool fifo)
{
	irqstate_t s = arch_irq_save();
	struct cpu *c = rq_lock_of(t);

	ASSERT(prio >= PRIO_MIN && prio <= PRIO_MAX);
	t->base_prio = prio;
	t->fifo = fifo;
	if (reprioritise(c, t)) {
		requeue_waiter(t);
	}
	arch_irq_restore(s);
	sched_check();
}

void sched_boost(struct thread *t, uint8_t prio)
{
	irqstate_t s = arch_irq_save();
	struct cpu *c = rq_lock_of(t);

	t->boost = prio;
	if (reprioritise(c, t)) {
		requeue_waiter(t);
	}
	arch_irq_restore(s);
}

int sched_set_affinity(struct thread *t, unsigned mask)
{
	irqstate_t s;
	struct cpu *c;

	if ((mask & ((1U << cpu_count) - 1)) == 0) {
		return -EINVAL;
	}
	s = arch_irq_save();
	c = rq_lock_of(t);
	t->affinity = mask;
	if (withdraw(c, t)) {
		place(c, t); /* also if it may go to more of them: one may be idle */
	} else {
		if (!allowed(t, c) && c->current == t) {
			preempt(c);
		}
		rq_unlock(c);
	}
	arch_irq_restore(s);
	sched_check();
	return 0;
}

uint64_t sched_ticks(const struct thread *t)
{
	irqstate_t s = arch_irq_save();
	uint64_t ticks = t->cpu_ticks;

	if (t->cpu->current == t) {
		ticks += arch_counter() - t->cpu->switched_at;
	}
	arch_irq_restore(s);
	return ticks;
}

void preempt_disable(void)
{
	thread_self()->preempt_off++;
	atomic_signal_fence(memory_order_seq_cst);
}

void preempt_enable(void)
{
	struct thread *t = thread_self();

	atomic_signal_fence(memory_order_seq_cst);
	ASSERT(t->preempt_off > 0);
	if (--t->preempt_off == 0) {
		sched_check();
	}
}

__attribute__((cold)) void sched_init(struct cpu *c, uint64_t hw_id, uintptr_t stack_lo,
				      uintptr_t stack_hi)
{
	struct thread *t = &c->idle;

	c->index = (unsigned)(c - cpus);
	c->shared = c->index != 0;
	c->hw_id = hw_id;
	for (unsigned i = 0; i < PRIO_COUNT; i++) {
		list_init(&c->run_queue[i]);
	}
	timer_init(&c->slice, slice_over);
	timer_queue_init(&c->timers);
	list_init(&t->run);
	list_init(&t->wait);
	list_init(&t->all);
	t->cpu = c;
	t->state = THREAD_RUNNING;
	t->preempt_off = 1;
	t->affinity = 1U << c->index;
	t->arch.stack_lo = stack_lo;
	t->arch.stack_hi = stack_hi;
	memcpy(t->name, "idle", sizeof("idle"));
	c->switched_at = time_to_counter(0); /* until it is here, a CPU idles */
	c->current = t;
	arch_set_self(t);
}

void sched_idle(void)
{
	preempt_enable();
	for (;;) {
		arch_irq_save();
		sched_preempt();
		if (cpu_self()->best == PRIO_IDLE) {
			arch_wait();
		} else {
			cpu_self()->need_resched = true;
		}
		arch_irq_enable();
	}
}
