/* SPDX-License-Identifier: MIT */
/* What stands behind the host's dialect of the arch contract; linked into each test. */
#pragma once

#include <kernel/types.h>

#define HOST_SPINS_MAX 200000000UL

struct thread;

extern struct host {
	bool masked;
	uint64_t counter;
	unsigned long spins;
	struct thread *self;
	/* Interrupts were just let in, or are about to be masked; in arch_wait(). NULL: nothing. */
	void (*on_open)(void);
	void (*on_wait)(void);
	/* Called by dma_wmb(), dma_rmb() and dma_mb(): the moment when a device may look. */
	void (*on_barrier)(void);
} host;

extern struct thread host_thread; /* of the test's environment */

/* Ends the program with @what if not @ok. */
void host_require(bool ok, const char *what);

/* Every MMIO access; @size in bytes. Of the test's environment. */
uint64_t host_mmio_read(uintptr_t a, unsigned size);
void host_mmio_write(uintptr_t a, unsigned size, uint64_t v);
