/* SPDX-License-Identifier: MIT */
/* The wall clock as firmware told it before its boot services went: /chosen/coracle,wall-clock, from chosen.c. A
 * clock that has a driver sets it again. */
#include <errno.h>
#include <kernel/device.h>
#include <kernel/time.h>

static int wallclock_probe(struct device *dev, const struct dt_match *m)
{
	const struct dt_node *chosen = dt_find("/chosen");
	uint64_t ns;

	(void)dev;
	(void)m;
	if (chosen == NULL || !dt_number(chosen, "coracle,wall-clock", &ns)) {
		return -ENODEV;
	}
	time_set_wall(ns + time_now());
	return 0;
}

DRIVER(STAGE_DEVICE, wallclock, NULL, wallclock_probe);
