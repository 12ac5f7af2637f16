/* SPDX-License-Identifier: MIT */
/* Real-time clock, Arm PL031: the wall clock at boot. Spec: ARM DDI 0224. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/time.h>

#define RTCDR 0x000 /* seconds since 1970 */

static int pl031_probe(struct device *dev, const struct dt_match *m)
{
	uintptr_t base = dev_mmio(dev, 0, NULL);

	(void)m;
	if (base == 0) {
		return -EINVAL;
	}
	time_set_wall(mmio_read32(base + RTCDR) * NS_PER_SEC);
	return 0;
}

static const struct dt_match pl031_match[] = { { "arm,pl031", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, pl031, pl031_match, pl031_probe);
