/* SPDX-License-Identifier: MIT */
/* The waiter does the work: a thread that waits for files first drains the devices itself.
 * A poller is a source of such work (the network). Interrupts only wake one waiter. When
 * nobody waits, a helper thread at the end of the list of waiters does the work, so that a
 * sleeping or computing application still answers ARP and TCP. */
#pragma once

#include <kernel/list.h>
#include <kernel/wait.h>

struct thread;

struct poller {
	struct list link; /* (private) */
	/* Do what is pending, including due protocol timers; true if anything was done. Thread context. */
	bool (*poll)(struct poller *p);
	/* About to sleep: switch the wake-up (ring interrupts, protocol timer) on. True if work is
	 * already there (then it will not sleep). Thread context. */
	bool (*arm)(struct poller *p);
};

struct waiter {
	struct list link; /* (private) in the list of sleeping waiters */
	struct waitq q;
	bool woken;	       /* guarded by q.lock */
	struct thread *thread; /* (private) who sleeps */
};

/* Thread or boot context, once per source; the first one starts the helper thread. */
void poller_register(struct poller *p);
/* There is work: wake one waiter to do it. Any context (the ring's interrupt handler). */
void poller_kick(void);
/* Run every poller once. Thread context. */
bool pollers_run(void);

void waiter_init(struct waiter *w);
/* Make waiter_wait() look at its condition again. Any context. */
void waiter_wake(struct waiter *w);
/* Until cond(arg) holds or @deadline: run the pollers, sleep, again. Thread context.
 * Returns 0, -ETIMEDOUT, -EINTR (events are posted, thread.h). With deadline 0: one round of polling, no sleep. */
int waiter_wait(struct waiter *w, bool (*cond)(void *arg), void *arg, uint64_t deadline);
/* Until cond(arg) holds, whatever events are posted: for what must come and what others hold pointers to. */
void waiter_wait_through(struct waiter *w, bool (*cond)(void *arg), void *arg);
