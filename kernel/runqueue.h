/* SPDX-License-Identifier: MIT */
/* The run queue of one CPU, and the way through it that every sleep, wake-up and switch takes: inline in
 * wait.c and in sched.c, which has the rest. All of it masked, with the run queue locked unless a
 * function says otherwise. */
#pragma once

#include <kernel/cpu.h>
#include <kernel/smp.h>

/* --- in sched.c: what is rare, and what several CPUs need ------------------------------------- */

void rq_start_slice(struct cpu *c);
/* rq_queue_alone() and rq_pick() when there is more than one ready thread. */
void rq_queue_more(struct cpu *c, struct thread *t);
struct thread *rq_pick_best(struct cpu *c);
/* rq_wake() and rq_block() when there are several CPUs. */
void rq_wake_shared(struct thread *t);
bool rq_block_shared(struct waitq *q, bool interruptible);
/* What the thread before could not do for itself. Lock released. */
void rq_settle(struct cpu *c);
/* If another CPU has a better thread waiting than this one runs, fetch it. No lock held. */
void rq_look_at_others(struct cpu *c);

/* --- the lock: while one CPU runs, to be masked is enough -------------------------------------- */

#ifdef LOCKDEBUG
#define RQ_SHARED(c) true
#else
#define RQ_SHARED(c) unlikely((c)->shared)
#endif

static inline void rq_lock(struct cpu *c)
{
	if (RQ_SHARED(c)) {
		spin_lock(&c->rq_lock);
	}
}

static inline void rq_unlock(struct cpu *c)
{
	if (RQ_SHARED(c)) {
		spin_unlock(&c->rq_lock);
	}
}

/* Lock the run queue that @t belongs to. */
struct cpu *rq_lock_of(struct thread *t);

/* --- the queue -----------------------------------------------------------------------------------
 * Mostly one thread is ready: then it is in cpu.lone and the lists are empty. */

/* Take the best thread out, for @c to run now. */
static inline struct thread *rq_pick(struct cpu *c)
{
	struct thread *t = c->lone;

	if (likely(t != NULL)) {
		c->lone = NULL;
		c->best = PRIO_IDLE;
		return t;
	}
	return c->best == PRIO_IDLE ? &c->idle : rq_pick_best(c);
}

/* The slice timer runs while somebody waits for the running thread's turn to end, no longer. */
static inline void rq_need_slice(struct cpu *c, const struct thread *running)
{
	if (!timer_pending(&c->slice) && !running->fifo) {
		rq_start_slice(c);
	}
}

/* Queue @t on this CPU, the only one. */
static inline void rq_queue_alone(struct cpu *c, struct thread *t)
{
	const struct thread *running = c->current;

	if (unlikely(c->best != PRIO_IDLE)) {
		rq_queue_more(c, t);
		return;
	}
	t->state = THREAD_READY;
	c->lone = t;
	c->best = t->prio;
	if (t->prio > running->prio) {
		c->need_resched = true;
	} else if (t->prio == running->prio) {
		rq_need_slice(c, running);
	}
}

/* --- sleep, wake, switch ------------------------------------------------------------------------- */

/* arch_switch() came back to @t, or it takes its first step. Releases the lock that the other side took. */
static inline void rq_switched(const struct thread *t)
{
	struct cpu *c = t->cpu;

	if (unlikely(c->left_over)) {
		rq_settle(c);
	} else {
		rq_unlock(c);
	}
	lockdebug_none("switched threads");
	if (unlikely(c->shared)) {
		rq_look_at_others(c);
	}
	if (unlikely(atomic_load_explicit(&t->events, memory_order_relaxed) != 0 ||
		     c->need_resched)) {
		smp_ipi(c, IPI_RESCHED); /* as soon as interrupts are let in */
	}
}

/* Run @next, which rq_pick() gave, in place of @prev. Lock released. */
static inline void rq_switch(struct cpu *c, struct thread *prev, struct thread *next)
{
	uint64_t now = arch_counter();

	c->need_resched = false;
	next->state = THREAD_RUNNING;
	prev->cpu_ticks += now - c->switched_at;
	c->switched_at = now;
	c->current = next;
	atomic_store_explicit(&c->prio, next->prio, memory_order_relaxed);
	arch_switch(prev, next);
	rq_switched(prev);
}

/* Mark @t blocked on @q, and release q->lock; false if it may not sleep, see rq_block(). */
static inline bool rq_fall_asleep(struct thread *t, struct waitq *q, bool interruptible)
{
	t->interruptible = interruptible;
	if (interruptible &&
	    unlikely(atomic_load_explicit(&t->events, memory_order_relaxed) != 0)) {
		return false;
	}
	t->state = THREAD_BLOCKED;
	t->wait_q = q;
	spin_unlock(&q->lock);
	return true;
}

/* Block @t, the calling thread, on @q until rq_wake(). No run queue locked; q->lock is held and released.
 * False, and it is still held: the sleep is interruptible and events are posted. */
static inline bool rq_block(struct thread *t, struct waitq *q, bool interruptible)
{
	struct cpu *c = t->cpu;

	if (RQ_SHARED(c)) {
		return rq_block_shared(q, interruptible);
	}
	if (!rq_fall_asleep(t, q, interruptible)) {
		return false;
	}
	rq_switch(c, t, rq_pick(c));
	return true;
}

/* Make a blocked thread ready, on the CPU where it runs soonest; preempts a lower one. No run queue
 * locked. */
static inline void rq_wake(struct thread *t)
{
	struct cpu *c = t->cpu;

	if (RQ_SHARED(c)) {
		rq_wake_shared(t);
	} else {
		t->wait_q = NULL;
		rq_queue_alone(c, t);
	}
}

/* sched_check(), where a wake-up has mostly been of nobody better. */
static inline void rq_check(void)
{
	if (unlikely(cpu_self()->need_resched)) {
		sched_check();
	}
}
