/* SPDX-License-Identifier: MIT */
/* Rates of clocks, up the tree. */
#include <drivers/clock.h>

#define DEPTH_MAX 8 /* of clocks made of clocks: a tree may have a ring of them */

static struct clock_controller *controllers;

void clock_controller_register(struct clock_controller *c)
{
	c->next = controllers;
	controllers = c;
}

/* Of the clock that @n is or has, by the controller that it names if that has registers. */
static uint64_t controlled(const struct dt_node *clock, uint32_t id)
{
	for (struct clock_controller *c = controllers; c != NULL; c = c->next) {
		if (c->node == clock) {
			return c->rate(c, id);
		}
	}
	return 0;
}

uint64_t clock_rate(const struct dt_node *n)
{
	uint64_t mult = 1, div = 1;

	for (unsigned i = 0; i < DEPTH_MAX; i++) {
		const struct dt_node *clock = dt_ref(n, "clocks");
		uint64_t hz;

		if (clock == NULL) {
			return 0;
		}
		hz = dt_u32(clock, "clock-frequency", 0, 0);
		hz = hz != 0 ? hz : controlled(clock, dt_u32(n, "clocks", 1, 0));
		if (hz != 0) {
			return mul_overflow(hz, mult, &hz) || div == 0 ? 0 : hz / div;
		}
		if (!dt_compatible(clock, "fixed-factor-clock") ||
		    mul_overflow(mult, (uint64_t)dt_u32(clock, "clock-mult", 0, 1), &mult) ||
		    mul_overflow(div, (uint64_t)dt_u32(clock, "clock-div", 0, 1), &div)) {
			return 0;
		}
		n = clock;
	}
	return 0;
}
