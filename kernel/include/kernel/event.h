/* SPDX-License-Identifier: MIT */
/* What the C library hears from the kernel about a thread: that events (thread.h) wait for it, and
 * that it did what its CPU refuses. */
#pragma once

#include <kernel/types.h>

struct trapframe;

enum fault {
	FAULT_UNMAPPED,	  /* no memory there */
	FAULT_ACCESS,	  /* memory, but not for this */
	FAULT_ALIGN,	  /* misaligned */
	FAULT_BUS,	  /* no device answered */
	FAULT_ILLEGAL,	  /* instruction */
	FAULT_ARITHMETIC, /* floating point, where it traps */
	FAULT_BREAK,	  /* breakpoint */
};

struct event_ops {
	/* The calling thread has events and is not busy; preemption is on. At the end of an interrupt:
	 * masked, may unmask, returns masked. @f is what was interrupted, and what is returned to. */
	void (*run)(struct trapframe *f);
	/* A synchronous fault at @addr of a thread that was not masked and is not busy. Masked, may unmask,
	 * returns masked. True: go on with @f, maybe changed; false: fatal. */
	bool (*fault)(struct trapframe *f, enum fault kind, uintptr_t addr);
	/* The thread's stack, at @sp, has no room for the frame of a trap, @size bytes. Returns where on an
	 * alternate stack it goes, whose bounds are the thread's from then on, and fault() will be called
	 * with it there; NULL: there is none. Masked, on the CPU's emergency stack. */
	struct trapframe *(*overflow)(uintptr_t sp, size_t size);
};

/* NULL until the C library's signals or cancellation are first used. */
extern const struct event_ops *event_ops;

/* For the architectures, before trap_fatal(): true when the fault was taken care of. @masked: interrupts
 * were masked where it happened. Masked. */
bool event_fault(struct trapframe *f, enum fault kind, uintptr_t addr, bool masked);
/* A stack overflowed: the frame's place on an alternate one, or NULL. Masked. */
struct trapframe *event_overflow(uintptr_t sp, size_t size, bool masked);
