/* SPDX-License-Identifier: MIT */
/* What pthread_mutex.c and pthread_rwlock.c share. Their structures lie over the opaque words of
 * the public types, around the kernel's primitives.
 *
 * All zeros is a valid, free object. The only part of one that zeros do not make is the list head
 * of its wait queue; it is made under the queue's own lock the first time somebody needs it. */
#pragma once

#include "libc.h"

#include <kernel/wait.h>
#include <pthread.h>

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
