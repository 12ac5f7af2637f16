/* SPDX-License-Identifier: MIT */
/* What the files of the pthread_ family share. Their structures lie over the opaque words of
 * the public types, around the kernel's primitives.
 *
 * All zeros is a valid, free object. The only part of one that zeros do not make is the list head
 * of its wait queue; it is made under the queue's own lock the first time somebody needs it. */
#pragma once

#include "libc.h"

#include <assert.h>
#include <kernel/page.h>
#include <kernel/sync.h>
#include <kernel/thread.h>
#include <pthread.h>

struct pmutex {
	struct mutex mutex;
	unsigned depth; /* of a recursive one: further locks by the holder, who alone writes it */
	unsigned long type; /* the static initialisers in <pthread.h> set this word */
};
static_assert(sizeof(struct pmutex) <= sizeof(pthread_mutex_t), "fits");
static_assert(offsetof(struct pmutex, type) == 6 * sizeof(long), "as <pthread.h> has it");

static inline struct pmutex *pmutex(pthread_mutex_t *m)
{
	return (struct pmutex *)m;
}

/* --- scheduling: SCHED_OTHER is the kernel's default priority, SCHED_FIFO and SCHED_RR lie above it */

#define REALTIME_MIN 1
#define REALTIME_MAX (PRIO_MAX - PRIO_DEFAULT)

static inline uint8_t kernel_prio(int realtime)
{
	return (uint8_t)(PRIO_DEFAULT + realtime);
}

static inline bool is_realtime_prio(int prio)
{
	return prio >= REALTIME_MIN && prio <= REALTIME_MAX;
}

/* 0, or EINVAL when there is no such policy or @prio is not one of its. */
static inline int check_sched(int policy, int prio)
{
	if (policy == SCHED_OTHER) {
		return prio == 0 ? 0 : EINVAL;
	}
	return (policy == SCHED_FIFO || policy == SCHED_RR) && is_realtime_prio(prio) ? 0 : EINVAL;
}

struct pattr {		   /* over pthread_attr_t */
	void *stack;	   /* the lowest address; NULL: to be allocated */
	size_t stack_size; /* 0: the default */
	size_t guard_size;
	unsigned affinity; /* 0: the creator's */
	uint8_t detach, policy, prio, explicit;
};
#define PATTR_DEFAULTS                  \
	{                               \
		.guard_size = PAGE_SIZE \
	}
static_assert(sizeof(struct pattr) <= sizeof(pthread_attr_t), "fits");

/* The CPUs in @set that run, a bit an index. */
unsigned affinity_of(size_t size, const void *set);

/* Parts of pthread_exit(), set with their first use: no cancellation from here on; the values of keys go
 * through their destructors. */
extern void (*pthread_end_cancel)(void);
extern void (*pthread_destroy_values)(void);

/* --- waiting */

/* For waits that signals do not end: whether a posted event shall end this one for a moment. Handlers run as
 * soon as interrupts are let in, and the wait goes on. Not once a cancellation is pending, which such a
 * wait does not act upon. */
static inline bool may_interrupt(void)
{
	return (thread_self()->events & EVENT_CANCEL) == 0;
}

/* waitq_wait() of calls that signals do not end: handlers run meanwhile. q->lock held by
 * spin_lock_save() with interrupts on before; given up for a moment: look again. */
int wait_on(struct waitq *q, uint64_t deadline);

/* Whoever uses the list does so under q->lock, so a look without it at one word is enough here. */
static inline bool has_list(struct waitq *q)
{
	return __atomic_load_n(&q->threads.next, __ATOMIC_RELAXED) != NULL;
}

static inline void make_list(struct waitq *q)
{
	irqstate_t s = spin_lock_save(&q->lock);

	if (q->threads.next == NULL) {
		list_init(&q->threads);
	}
	spin_unlock_restore(&q->lock, s);
}

/* Deadline of @t on @clock, never 0, which would mean "try" to some. Returns 0 or EINVAL. */
static inline int absolute(clockid_t clock, const struct timespec *t, uint64_t *deadline)
{
	int r = deadline_at(clock, t, deadline);

	*deadline = r == 0 ? MAX(*deadline, 1UL) : 0;
	return -r;
}

/* There is one process: private and shared are the same. */
static inline int shared_ok(int shared)
{
	return shared == PTHREAD_PROCESS_PRIVATE || shared == PTHREAD_PROCESS_SHARED ? 0 : EINVAL;
}
