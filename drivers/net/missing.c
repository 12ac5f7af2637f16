/* SPDX-License-Identifier: MIT */
/* Ethernet controllers that this image has no driver for, when there is no other: the first thing that is asked on a machine
 * that nobody has tried yet. The other devices without a driver: drivers/missing.c.
 * Spec: Devicetree Specification v0.4, 2.2.2 (generic names). */
#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <string.h>

#define NAMED_MAX 4

static bool is_ethernet(const struct dt_node *n)
{
	return strncmp(dt_name(n), "ethernet@", 9) == 0 && dt_enabled(n) &&
	       dt_next_compatible(n, NULL) != NULL;
}

static int missing_probe(struct device *dev, const struct dt_match *m)
{
	unsigned named = 0;
	char path[48];

	(void)dev;
	(void)m;
	for (const struct dt_node *n = dt_next(NULL); n != NULL; n = dt_next(n)) {
		if (is_ethernet(n) && device_has_driver(n)) {
			return -ENODEV;
		}
	}
	for (const struct dt_node *n = dt_next(NULL); n != NULL && named < NAMED_MAX;
	     n = dt_next(n)) {
		if (is_ethernet(n)) {
			log_warn("%s: this image has no driver for \"%s\"",
				 dt_path(n, path, sizeof(path)), dt_next_compatible(n, NULL));
			named++;
		}
	}
	return -ENODEV;
}

DRIVER(STAGE_SERVICE, missing_net, NULL, missing_probe);
