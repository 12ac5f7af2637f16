/* SPDX-License-Identifier: MIT */
/* Timers: a pairing heap of deadlines per CPU, links inside the timers, so that starting
 * one needs no memory. Tickless: the clock event is armed for the earliest one alone. */
#pragma once

#include <kernel/spinlock.h>
#include <kernel/types.h>

struct timer {
	uint64_t deadline;		   /* monotonic ns */
	void (*fn)(struct timer *t);	   /* runs masked in the timer interrupt */
	struct timer *child, *next, *prev; /* (private) */
	struct timer_queue
		*_Atomic queue; /* (private) where it is or was last; NULL: never started */
	bool pending;		/* (private) guarded by queue->lock */
};

struct timer_queue {
	struct spinlock lock;
	struct timer *root;
	uint64_t armed;		       /* deadline the hardware was given, TIME_NEVER: none */
	struct timer *_Atomic running; /* whose fn runs now */
};

/* Must precede any other call on @t. */
void timer_init(struct timer *t, void (*fn)(struct timer *t));
/* Fire once at @deadline on this CPU; moves the deadline if pending. Any context. */
void timer_start(struct timer *t, uint64_t deadline);
/* On return fn is not pending and, unless called from fn itself, not running: so the caller holds no
 * lock that fn takes. Returns true if it was pending. Any context. */
bool timer_cancel(struct timer *t);
static inline bool timer_pending(const struct timer *t)
{
	return t->pending;
}
/* The clock event's interrupt: run what is due, arm the next. Masked. */
void timer_interrupt(void);
void timer_queue_init(struct timer_queue *q);

/* What a timer driver registers (drivers/timer). */
struct clockevent {
	const char *name;
	uint64_t hz;
	void (*arm)(
		uint64_t
			counter); /* interrupt when the counter reaches this; UINT64_MAX: off. Masked */
	void (*cpu_init)(void); /* on each CPU, masked */
};

/* Boot, once. Starts the clock and arms what waits. */
void clockevent_register(const struct clockevent *ce);
bool clockevent_present(void);
/* Each further CPU, once. Masked. */
void timer_cpu_init(void);
