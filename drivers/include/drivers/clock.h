/* SPDX-License-Identifier: MIT */
/* How fast clocks run, as far as the tree or a clock controller's registers say; nothing is switched. Spec: bindings
 * clock/clock, fixed-clock, fixed-factor-clock. */
#pragma once

#include <kernel/device.h>

struct clock_controller {
	const struct dt_node *node;
	/* Hz of the clock that @id, the cell behind the phandle, names; 0: not known. */
	uint64_t (*rate)(struct clock_controller *c, uint32_t id);
	struct clock_controller *next; /* (private) */
};

/* At STAGE_IRQCHIP to STAGE_POWER: devices ask from STAGE_BUS on. Boot. */
void clock_controller_register(struct clock_controller *c);
/* Hz of the first of @n's clocks; 0: nobody says. */
uint64_t clock_rate(const struct dt_node *n);
