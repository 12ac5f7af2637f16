/* SPDX-License-Identifier: MIT */
/* Several CPUs: starting them, and what one asks of another by interrupt. */
#pragma once

#include <kernel/types.h>

struct cpu;

enum ipi {
	IPI_RESCHED = 1, /* look at need_resched and at the events of the running thread */
	IPI_HOLD = 2,	 /* stand still, see smp_hold_others() */
	IPI_STOP = 4,	 /* for good: another CPU panics */
	IPI_WATCH = 8,	 /* watchdog.h */
};

/* Boot, after the power drivers: start the CPUs of /cpus, as many as maxcpus= allows, and wait until
 * each runs or has not come up in time, which is said. */
void smp_start(void);
/* Interrupt @c; it may be this CPU. Masked or not, any context. */
void smp_ipi(struct cpu *c, enum ipi what);
/* The inter-processor interrupt came. Masked, called by the interrupt controller's driver. */
void smp_ipi_interrupt(void);
/* Bring every other CPU to where it touches nothing but the image's own data, until smp_release_others().
 * For a page table that must be invalid for a moment. Masked; may hold spinlocks: a CPU that spins for
 * one of them answers as well. */
void smp_hold_others(void);
void smp_release_others(void);
/* Panic: stop the others, as far as they answer in a while. Masked. */
void smp_stop_others(void);
