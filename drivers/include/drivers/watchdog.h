/* SPDX-License-Identifier: MIT */
/* Class of hardware watchdogs: the machine is reset unless it is fed. `watchdog.hw=SECONDS` in the bootargs starts the first
 * that the tree names; it is fed by a timer of the boot CPU, so it bites when that CPU takes no interrupts any more, and a
 * panic or a halt stops the food. The beats of the other CPUs are kernel/watchdog.h's. */
#pragma once

#include <kernel/types.h>

struct watchdog;

struct watchdog_ops {
	/* Count down from @ns, at most max_ns, and reset the machine at the end. Any context. */
	void (*start)(struct watchdog *w, uint64_t ns);
	/* From the beginning. Any context. */
	void (*feed)(struct watchdog *w);
};

/* Embedded in the driver's structure. */
struct watchdog {
	const struct watchdog_ops *ops;
	const char *name;
	uint64_t max_ns;
	uint64_t ns; /* (private) what it was started with */
};

/* Boot. */
void watchdog_register(struct watchdog *w);
