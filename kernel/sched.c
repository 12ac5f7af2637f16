/* SPDX-License-Identifier: MIT */
/* Run queues: fixed priorities, round robin inside one, per CPU. The only caller of
 * arch_switch(). rq_lock is held across a switch and released by the side that comes up. */
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/time.h>
#include <string.h>

#define SLICE_NS (10 * NS_PER_MS)

struct cpu cpus[CPU_MAX];
unsigned cpu_count = 1;

extern char boot_stack[], boot_stack_top[];

static void enqueue(struct cpu *c, struct thread *t, bool tail)
{
	ASSERT(list_empty(&t->run));
	t->state = THREAD_READY;
	if (tail) {
		list_add_tail(&c->run_queue[t->prio], &t->run);
	} else {
		list_add(&c->run_queue[t->prio], &t->run);
	}
	c->ready_mask |= 1U << t->prio;
}

static void dequeue(struct cpu *c, struct thread *t)
{
	list_del(&t->run);
	if (list_empty(&c->run_queue[t->prio])) {
		c->ready_mask &= ~(1U << t->prio);
	}
}

static unsigned best_ready(const struct cpu *c)
{
	return c->ready_mask == 0 ? PRIO_IDLE : 31 - (unsigned)__builtin_clz(c->ready_mask);
}

static struct thread *pick(struct cpu *c)
{
	struct thread *t;

	if (c->ready_mask == 0) {
		return &c->idle;
	}
	t = list_entry(c->run_queue[best_ready(c)].next, struct thread, run);
	dequeue(c, t);
	return t;
}

/* The slice timer runs while somebody waits for the running thread's turn to end, no longer. */
static void start_slice(struct cpu *c)
{
	if (!list_empty(&c->run_queue[c->current->prio]) && !c->current->fifo &&
	    !timer_pending(&c->slice)) {
		timer_start(&c->slice, time_after(SLICE_NS));
	}
}

static void slice_over(struct timer *timer)
{
	struct cpu *c = container_of(timer, struct cpu, slice);
	struct thread *t = c->current;

	if (!t->fifo && best_ready(c) == t->prio) {
		/* It may have come on the CPU within this slice; a short turn now and then is fair enough. */
		c->need_resched = true;
		t->slice_over = true;
	}
}

/* Leave the calling thread for the best ready one. rq_lock held, masked. */
static void switch_away(struct cpu *c)
{
	struct thread *prev = c->current, *next;
	uint64_t now;

	c->need_resched = false;
	next = pick(c);
	next->state = THREAD_RUNNING;
	if (next != prev) {
		now = arch_counter();
		prev->cpu_ticks += now - c->switched_at;
		c->switched_at = now;
		c->current = next;
		start_slice(c);
		arch_switch(prev, next);
	}
	sched_switched();
}

void sched_switched(void)
{
	struct cpu *c = cpu_self();
	struct thread *dead = c->dead;

	c->dead = NULL;
	spin_unlock(&c->rq_lock);
	if (unlikely(dead != NULL)) {
		thread_reap(dead);
	}
}

void sched_block(struct spinlock *lock)
{
	struct cpu *c = cpu_self();

	spin_lock(&c->rq_lock);
	c->current->state = THREAD_BLOCKED;
	spin_unlock(lock);
	switch_away(c);
}

void sched_exit(void)
{
	struct cpu *c = cpu_self();

	spin_lock(&c->rq_lock);
	c->current->state = THREAD_DEAD;
	c->dead = c->current;
	switch_away(c);
	panic("a dead thread ran");
}

void sched_wake(struct thread *t)
{
	struct cpu *c = t->cpu;

	spin_lock(&c->rq_lock);
	if (t->state == THREAD_BLOCKED) {
		enqueue(c, t, true);
		if (t->prio > c->current->prio) {
			c->need_resched = true;
		} else {
			start_slice(c);
		}
	}
	spin_unlock(&c->rq_lock);
}

/* Put the running thread back and take the best: a better one came, or its slice is over. */
static void resched(struct cpu *c)
{
	struct thread *t = c->current;

	spin_lock(&c->rq_lock);
	if (t != &c->idle) {
		enqueue(c, t, t->slice_over);
	}
	t->slice_over = false;
	switch_away(c);
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

void sched_set_prio(struct thread *t, uint8_t prio, bool fifo)
{
	irqstate_t s = arch_irq_save();
	struct cpu *c = t->cpu;
	bool queued;

	ASSERT(prio >= PRIO_MIN && prio <= PRIO_MAX);
	spin_lock(&c->rq_lock);
	queued = !list_empty(&t->run);
	if (queued) {
		dequeue(c, t);
	}
	t->prio = prio;
	t->base_prio = prio;
	t->fifo = fifo;
	if (queued) {
		enqueue(c, t, true);
	}
	c->need_resched |= best_ready(c) > c->current->prio;
	spin_unlock(&c->rq_lock);
	arch_irq_restore(s);
	sched_check();
}

uint64_t sched_ticks(const struct thread *t)
{
	irqstate_t s = arch_irq_save();
	uint64_t ticks = t->cpu_ticks;

	if (t->state == THREAD_RUNNING) {
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

void sched_init(struct cpu *c, uint64_t hw_id)
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
	t->arch.stack_lo = (uintptr_t)boot_stack;
	t->arch.stack_hi = (uintptr_t)boot_stack_top;
	memcpy(t->name, "idle", sizeof("idle"));
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
