/* SPDX-License-Identifier: MIT */
/* What the C library keeps of a thread that its thread-local variables cannot hold, since other
 * threads look at it: signals and cancellation. Most threads never have one. */
#pragma once

#include "signals.h"

#include <kernel/thread.h>

struct libc_thread {
	struct thread *thread; /* first: thread_create() sets it */
	struct thread_signals sig;
	/* pthread_cancel(), libc/cancel.c; guarded by its lock */
	bool cancel_requested;
	bool cancel_disabled;
	bool cancel_async;
	bool ending; /* past the last place where cancellation may be acted upon */
};

/* The record of @t, which is made if there is none yet; it goes with the thread.
 * Context: thread. NULL when memory is short. */
struct libc_thread *libc_thread(struct thread *t);
/* One for a thread that is still to be made: thread_attr.libc. */
struct libc_thread *libc_thread_new(void);
/* The same, but NULL also if there is none yet. Any context. */
static inline struct libc_thread *libc_thread_peek(struct thread *t)
{
	return __atomic_load_n(&t->libc, __ATOMIC_ACQUIRE);
}

/* End the calling thread if it was cancelled, its cancellation is enabled, and it has not begun to
 * end; else nothing. For interrupted(): libc/event.c calls it with nothing held.
 * From event_ops.run() of an interrupt only if cancel_is_async(). Any interrupt state. */
void cancel_self(void);
/* Whether the calling thread may be cancelled anywhere (PTHREAD_CANCEL_ASYNCHRONOUS). */
bool cancel_is_async(void);
