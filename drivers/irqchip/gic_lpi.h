/* SPDX-License-Identifier: MIT */
/* LPIs: the interrupts that an ITS makes of messages, and the tables of them that redistributors read.
 * Spec: GICv3/v4 IHI 0069H, 5.1. */
#pragma once

#include <kernel/spinlock.h>

struct its;

/* One LPI, given to event @event of device @device. */
struct lpi {
	struct its *its; /* NULL: nobody's */
	uint32_t device;
	uint32_t event;
	unsigned cpu; /* that it goes to */
};

/* Guards LPIs and the command queue of every ITS. */
extern struct spinlock lpi_lock;

/* Once for all ITS, and again for nothing: tables, and the numbers for LPIs. 0, -ENOTSUP: the GIC has none; -ENOMEM. Boot. */
int lpi_init(void);
/* The first of @n free LPIs in a row, -ENOSPC, or -EBUSY when the device has some already. Lock held. */
int lpi_find_locked(const struct its *its, uint32_t device, unsigned n);
/* LPI @i, as lpi_find_locked() counts. */
struct lpi *lpi_at(unsigned i);
/* Its interrupt number as the GIC has it, and as irq_request() takes it. */
uint32_t lpi_intid(unsigned i);
int lpi_irq(unsigned i);
/* Let that CPU's redistributor take LPIs, if it does not yet. 0 or -errno. Lock held. */
int lpi_enable_cpu_locked(unsigned cpu);

/* Where the inner cacheability is in a base register. */
#define GICR_BASER_CACHE 7
#define GITS_BASER_CACHE 59

/* Write @v to the base register @reg of a table, shareable and cacheable if it can be so: then true. Else it is as if behind
 * no cache: each change of ours needs arch_dcache_clean(). Any context. Spec: 12.11.29 (GICR_PROPBASER). */
bool gic_write_base(uintptr_t reg, uint64_t v, unsigned cache);
