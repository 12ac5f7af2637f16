/* SPDX-License-Identifier: MIT */
/* How many of the machine's devices this image cannot drive, in one line; the bootarg `debug` names each (kernel/device.c).
 * For images that boot on boards: who brings one up wants to know what is left. */
#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>

static int missing_probe(struct device *dev, const struct dt_match *m)
{
	unsigned count = 0;

	(void)dev;
	(void)m;
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		count += dt_enabled(n) && dt_next_compatible(n, NULL) != NULL &&
			 device_needs_driver(n) && !device_has_driver(n);
	}
	if (count != 0 && log_level() < LOG_DEBUG) {
		log_info("devices without a driver: %u; `debug` in the bootargs names them", count);
	}
	return -ENODEV;
}

DRIVER(STAGE_SERVICE, missing, NULL, missing_probe);
