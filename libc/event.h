/* SPDX-License-Identifier: MIT */
/* Events of a thread (kernel/event.h) inside libc/: who acts on which. Pointers, so that an image
 * without signals or cancellation carries neither. */
#pragma once

#include <kernel/event.h>

struct event_users {
	/* Signals: run the handlers of what is posted; @f is the interrupted frame or NULL. */
	void (*signals)(struct trapframe *f);
	/* Whether every handler that ran since it was last asked had SA_RESTART. */
	bool (*restart)(void);
	bool (*fault)(struct trapframe *f, enum fault kind, uintptr_t addr);
	struct trapframe *(*overflow)(uintptr_t sp, size_t size);
	/* A write to a pipe or socket that nobody reads. */
	void (*broken_pipe)(void);
	/* abort(): run the handler of SIGABRT. */
	void (*abort)(void);
	/* Cancellation: end the calling thread if it is to end; may it end at any place? */
	void (*cancel)(void);
	bool (*cancel_async)(void);
};

extern struct event_users event_users;

/* After setting a member: have the kernel call us. Idempotent. */
void events_use(void);
