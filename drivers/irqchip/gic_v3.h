/* SPDX-License-Identifier: MIT */
/* What LPIs and the ITS need of the GICv3. Spec: GICv3/v4 IHI 0069H, 12.11. */
#pragma once

#include <drivers/field.h>
#include <kernel/types.h>

struct irqchip;

#define GICR_CTLR	     0x0000
#define GICR_CTLR_ENABLELPIS BIT32(0)
#define GICR_CTLR_RWP	     BIT32(3)
#define GICR_TYPER	     0x0008 /* 64 bits; 63:32 affinity */

#define GIC_LPI_FIRST 8192 /* interrupts from here on are LPIs */

/* Their controller, once there is one: handle() gives it what it acknowledged. */
extern struct irqchip *gic_lpis;

/* Registers of the distributor; 0: no GICv3 runs. */
uintptr_t gic_v3_dist(void);
/* Registers of that CPU's redistributor; 0: it has none, or does not run yet. */
uintptr_t gic_v3_redist(unsigned cpu);
