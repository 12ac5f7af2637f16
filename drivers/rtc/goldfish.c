/* SPDX-License-Identifier: MIT */
/* Real-time clock, Goldfish, of QEMU's RISC-V machine: the wall clock at boot.
 * Spec: Android's goldfish device specification; QEMU hw/rtc/goldfish_rtc.c. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/time.h>

#define TIME_LOW  0x00 /* ns since 1970; reading it latches the high half */
#define TIME_HIGH 0x04

static int goldfish_probe(struct device *dev, const struct dt_match *m)
{
	uintptr_t base = dev_mmio(dev, 0, NULL);
	uint64_t low;

	(void)m;
	if (base == 0) {
		return -EINVAL;
	}
	low = mmio_read32(base + TIME_LOW);
	time_set_wall((uint64_t)mmio_read32(base + TIME_HIGH) << 32 | low);
	return 0;
}

static const struct dt_match goldfish_match[] = { { "google,goldfish-rtc", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, goldfish_rtc, goldfish_match, goldfish_probe);
