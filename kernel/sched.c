/* SPDX-License-Identifier: MIT */
/* Run queues: fixed priorities, round robin inside one, per CPU. The only caller of
 * arch_switch(). rq_lock is held across a switch and released by the side that comes up. */
#include <errno.h>
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/smp.h>
#include <kernel/time.h>
#include <string.h>

struct cpu cpus[CPU_MAX];
unsigned cpu_count = 1;

/* --- the queue of one CPU: rq_lock held ------------------------------------------------ */

static inline void enqueue(struct cpu *c, struct thread *t, bool tail)
{
	unsigned prio = t->prio;
	struct list *q = &c->run_queue[prio];

	t->state = THREAD_READY;
	if (tail) {
		list_add_tail(q, &t->run);
	} else {
		list_add(q, &t->run);
	}
	c->ready_mask |= 1U << prio;
	if (prio > c->best) {
		c->best = (uint8_t)prio;
	}
}

/* The last one of its priority has left. */
static inline void emptied(struct cpu *c, unsigned prio)
{
	uint32_t mask = c->ready_mask & ~(1U << prio);

	c->ready_mask = mask;
	if (mask == 0) {
		c->best = PRIO_IDLE;
	} else if (prio == c->best) {
		c->best = (uint8_t)(31 - __builtin_clz(mask));
	}
}

static inline void dequeue(struct cpu *c, struct thread *t)
{
	list_del(&t->run);
	if (list_empty(&c->run_queue[t->prio])) {
		emptied(c, t->prio);
	}
}

static inline struct thread *pick(struct cpu *c)
{
	struct thread *t;

	if (c->best == PRIO_IDLE) {
		return &c->idle;
	}
	t = list_entry(c->run_queue[c->best].next, struct thread, run);
	dequeue(c, t);
	return t;
}

static __attribute__((cold)) void start_slice(struct cpu *c)
{
	timer_start(&c->slice, time_after(SCHED_SLICE_NS));
}

/* The slice timer runs while somebody waits for the running thread's turn to end, no longer. */
static inline void need_slice(struct cpu *c)
{
	const struct thread *t = c->current;

	if ((c->ready_mask >> t->prio & 1) != 0 && !timer_pending(&c->slice) && !t->fifo) {
		start_slice(c);
	}
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

/* May run on any CPU's interrupt: the timer was started by whoever queued the second thread. */
static void slice_over(struct timer *timer)
{
	struct cpu *c = container_of(timer, struct cpu, slice);
	struct thread *t;

	spin_lock(&c->rq_lock);
	t = c->current;
	if (!t->fifo && c->best == t->prio) {
		/* It may have come on the CPU within this slice; a short turn now and then is fair enough. */
		t->slice_over = true;
		preempt(c);
	}
	spin_unlock(&c->rq_lock);
}

/* --- several CPUs ------------------------------------------------------------------------ */

struct cpu *sched_lock(struct thread *t)
{
	for (;;) {
		struct cpu *c = *(struct cpu *volatile *)&t->cpu;

		spin_lock(&c->rq_lock);
		if (likely(t->cpu == c)) {
			return c;
		}
		spin_unlock(&c->rq_lock); /* it moved meanwhile */
	}
}

static unsigned prio_hint(const struct cpu *c)
{
	return atomic_load_explicit(&c->prio, memory_order_relaxed);
}

static bool allowed(const struct thread *t, const struct cpu *c)
{
	return (t->affinity >> c->index & 1) != 0;
}

/* Where @t runs soonest: at once on its last CPU (whose cache is warm), on an idle one, on the one
 * with the lowest priority if that is lower; or it waits for its last. The priorities are hints;
 * look_around() makes up for what changes meanwhile. */
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

/* @t waits on @c for its turn: an idle CPU may have gone idle without seeing it. */
static __attribute__((cold)) void offer_to_others(const struct thread *t)
{
	/* Pairs with the one in look_around(): either it sees the queue, or we see it idle. */
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (prio_hint(&cpus[i]) < t->prio && allowed(t, &cpus[i]) && &cpus[i] != t->cpu) {
			smp_ipi(&cpus[i], IPI_RESCHED);
			return;
		}
	}
}

static inline void offer(const struct thread *t)
{
	if (unlikely(cpu_count > 1)) {
		offer_to_others(t);
	}
}

/* Queue @t on @c, which is its CPU. rq_lock held, released. */
static inline void queue_here(struct cpu *c, struct thread *t)
{
	enqueue(c, t, true);
	if (t->prio > c->current->prio) {
		preempt(c);
	} else {
		need_slice(c);
		offer(t);
	}
	spin_unlock(&c->rq_lock);
}

static __attribute__((cold)) void place_anywhere(struct cpu *c, struct thread *t)
{
	struct cpu *to = choose(c, t);

	t->state = THREAD_READY;
	while (unlikely(to != c)) {
		/* Between the locks it is ready and in no queue: others may change its priority and its
		 * affinity, but only who took it out may put it in again. */
		t->cpu = to;
		spin_unlock(&c->rq_lock);
		spin_lock(&to->rq_lock);
		c = to;
		to = allowed(t, c) ? c : choose(c, t);
	}
	queue_here(c, t);
}

/* Put @t, ready and in no queue, where it runs soonest. @c: its CPU, rq_lock held, released. */
static inline void place(struct cpu *c, struct thread *t)
{
	if (likely(cpu_count == 1)) {
		queue_here(c, t);
	} else {
		place_anywhere(c, t);
	}
}

/* Take the best thread that @from has ready, may run on @c and is better than @than; NULL. */
static struct thread *steal(struct cpu *from, const struct cpu *c, unsigned than)
{
	struct list *p;

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

/* Priorities are strict over all CPUs: if another one has a better thread waiting than this one runs,
 * fetch it. No lock held, masked. */
static __attribute__((cold)) void look_at_others(struct cpu *c)
{
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < cpu_count; i++) {
		struct cpu *from = &cpus[i];
		struct thread *t;

		if (from == c || *(volatile uint8_t *)&from->best <= prio_hint(c)) {
			continue;
		}
		spin_lock(&from->rq_lock);
		t = steal(from, c, prio_hint(c));
		if (t == NULL) {
			spin_unlock(&from->rq_lock);
			continue;
		}
		t->cpu = c;
		spin_unlock(&from->rq_lock);
		spin_lock(&c->rq_lock);
		place(c, t);
		return;
	}
}

static inline void look_around(struct cpu *c)
{
	if (unlikely(cpu_count > 1)) {
		look_at_others(c);
	}
}

/* --- switching --------------------------------------------------------------------------- */

static inline void set_current(struct cpu *c, struct thread *next)
{
	uint64_t now = arch_counter();

	c->current->cpu_ticks += now - c->switched_at;
	c->switched_at = now;
	c->current = next;
	atomic_store_explicit(&c->prio, next->prio, memory_order_relaxed);
}

/* Leave the calling thread for the best ready one. rq_lock held, masked. */
static inline __attribute__((always_inline)) void switch_away(struct cpu *c)
{
	struct thread *prev = c->current, *next;

	c->need_resched = false;
	next = pick(c);
	next->state = THREAD_RUNNING;
	if (next != prev) {
		set_current(c, next);
		need_slice(c);
		arch_switch(prev, next);
	}
	sched_switched();
}

/* What the thread before could not do for itself. rq_lock held, released. */
static void settle_left_over(struct cpu *c)
{
	struct thread *dead = c->dead, *leaving = c->leaving;

	c->left_over = false;
	c->dead = NULL;
	c->leaving = NULL;
	if (leaving != NULL) {
		place(c, leaving);
	} else {
		spin_unlock(&c->rq_lock);
	}
	if (dead != NULL) {
		thread_reap(dead);
	}
}

void sched_switched(void)
{
	struct cpu *c = cpu_self();

	if (unlikely(c->left_over)) {
		settle_left_over(c);
	} else {
		spin_unlock(&c->rq_lock);
	}
	lockdebug_none("switched threads");
	look_around(c);
	if (unlikely(atomic_load_explicit(&c->current->events, memory_order_relaxed) != 0 ||
		     c->need_resched)) {
		smp_ipi(c, IPI_RESCHED); /* as soon as interrupts are let in */
	}
}

/* Out of line, where a few instructions do not matter. */
static __attribute__((noinline)) void leave(struct cpu *c)
{
	switch_away(c);
}

bool sched_block(struct waitq *q)
{
	struct cpu *c = cpu_self();
	struct thread *t = c->current;

	spin_lock(&c->rq_lock);
	if (unlikely(t->interruptible &&
		     atomic_load_explicit(&t->events, memory_order_relaxed) != 0)) {
		spin_unlock(&c->rq_lock);
		return false;
	}
	t->state = THREAD_BLOCKED;
	t->wait_q = q;
	spin_unlock(&q->lock);
	switch_away(c);
	return true;
}

void sched_exit(void)
{
	struct cpu *c = cpu_self();

	spin_lock(&c->rq_lock);
	c->current->state = THREAD_DEAD;
	c->dead = c->current;
	c->left_over = true;
	leave(c);
	panic("a dead thread ran");
}

void sched_wake(struct thread *t)
{
	struct cpu *c = sched_lock(t);

	if (t->state == THREAD_BLOCKED) {
		t->wait_q = NULL;
		place(c, t);
	} else {
		spin_unlock(&c->rq_lock);
	}
}

/* Put the running thread back and take the best: a better one came, its slice is over, or it may no
 * longer run here. */
static void resched(struct cpu *c)
{
	struct thread *t = c->current;

	spin_lock(&c->rq_lock);
	if (unlikely(!allowed(t, c))) {
		t->state = THREAD_READY;
		c->leaving = t;
		c->left_over = true;
	} else if (t != &c->idle) {
		enqueue(c, t, t->slice_over);
		offer(t);
	}
	t->slice_over = false;
	leave(c);
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
	look_around(cpu_self());
}

/* --- priority and affinity --------------------------------------------------------------- */

/* @t's base priority or boost has changed. rq_lock held, released. True: it is blocked. */
static __attribute__((cold)) bool reprioritise(struct cpu *c, struct thread *t)
{
	uint8_t prio = MAX(t->base_prio, t->boost);
	bool blocked = t->state == THREAD_BLOCKED, lower = prio < t->prio;

	if (!list_empty(&t->run)) {
		dequeue(c, t);
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
	spin_unlock(&c->rq_lock);
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
	struct cpu *c = sched_lock(t);

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
	struct cpu *c = sched_lock(t);

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
	c = sched_lock(t);
	t->affinity = mask;
	if (!allowed(t, c) && !list_empty(&t->run)) {
		dequeue(c, t);
		place(c, t);
	} else {
		if (!allowed(t, c) && c->current == t) {
			preempt(c);
		}
		spin_unlock(&c->rq_lock);
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

void sched_init(struct cpu *c, uint64_t hw_id, uintptr_t stack_lo, uintptr_t stack_hi)
{
	struct thread *t = &c->idle;

	c->index = (unsigned)(c - cpus);
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
		if (cpu_self()->ready_mask == 0) {
			arch_wait();
		} else {
			cpu_self()->need_resched = true;
		}
		arch_irq_enable();
	}
}
