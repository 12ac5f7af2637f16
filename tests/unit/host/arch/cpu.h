/* SPDX-License-Identifier: MIT */
/* The host's CPU: interrupts are a flag that checks its nesting, time is a number. */
#pragma once

#include "../host.h"

static inline irqstate_t arch_irq_save(void)
{
	irqstate_t s;

	/* An interrupt just before it is masked is the last that still comes. */
	if (!host.masked && host.on_open != NULL) {
		host.on_open();
	}
	s = host.masked;
	host.masked = true;
	return s;
}

static inline void arch_irq_restore(irqstate_t s)
{
	host_require(host.masked && s <= 1, "arch_irq_restore() without arch_irq_save()");
	host.masked = s != 0;
	if (s == 0 && host.on_open != NULL) {
		host.on_open();
	}
}

static inline void arch_irq_enable(void)
{
	host.masked = false;
	if (host.on_open != NULL) {
		host.on_open();
	}
}

static inline bool arch_irq_masked(void)
{
	return host.masked;
}

static inline void arch_wait(void)
{
	host_require(host.masked, "arch_wait() while not masked");
	if (host.on_wait != NULL) {
		host.on_wait();
	}
}

/* Nothing else runs here: a lock that is not free never will be. */
static inline void arch_relax(void)
{
	host_require(++host.spins < HOST_SPINS_MAX, "a spin loop does not end");
}

static inline struct thread *arch_self(void)
{
	return host.self;
}

static inline void arch_set_self(struct thread *t)
{
	host.self = t;
}

static inline uint64_t arch_counter(void)
{
	host.spins = 0;
	return host.counter;
}
