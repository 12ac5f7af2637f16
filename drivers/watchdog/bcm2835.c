/* SPDX-License-Identifier: MIT */
/* Watchdog and reset in the power manager of BCM2835 and its kin. No public manual names the registers; they are as the
 * binding's Linux driver has them (soc/bcm/brcm,bcm2835-pm). */
#include <drivers/power.h>
#include <drivers/watchdog.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/power.h>
#include <kernel/time.h>

#define PM_RSTC	   0x1c
#define RSTC_WRCFG 0x30U
#define RSTC_FULL  0x20U
#define PM_RSTS	   0x20
#define RSTS_HALT  0x555U /* partition 63, in every other bit: the firmware starts none */
#define PM_WDOG	   0x24
#define PASSWORD   0x5a000000U /* in the top byte of what is written */
#define TICKS_MAX  0xfffffU
#define HZ	   65536U
#define SOON	   10U
#define SIZE	   0x28U

static struct {
	struct watchdog dog;
	uintptr_t base;
	uint32_t ticks;
} pm;

static void count_from(uint32_t ticks)
{
	uint32_t rstc = mmio_read32(pm.base + PM_RSTC);

	mmio_write32(pm.base + PM_WDOG, PASSWORD | ticks);
	mmio_write32(pm.base + PM_RSTC, PASSWORD | (rstc & 0x00ffffffU & ~RSTC_WRCFG) | RSTC_FULL);
}

static void pm_feed(struct watchdog *w)
{
	(void)w;
	count_from(pm.ticks);
}

static void pm_start(struct watchdog *w, uint64_t ns)
{
	uint64_t ticks = ns / 1000 * HZ / (NS_PER_SEC / 1000);

	pm.ticks = (uint32_t)MIN(MAX(ticks, 1UL), (uint64_t)TICKS_MAX);
	pm_feed(w);
}

static void pm_reset(void)
{
	count_from(SOON);
	for (unsigned i = 0; i < 1000000; i++) {
		mmio_read32(pm.base + PM_RSTC);
	}
}

/* The firmware, which runs after the reset, starts nothing. */
static void pm_off(int status)
{
	uint32_t rsts = mmio_read32(pm.base + PM_RSTS);

	(void)status; /* has no place here */
	mmio_write32(pm.base + PM_RSTS, PASSWORD | (rsts & 0x00ffffffU) | RSTS_HALT);
	pm_reset();
}

static const struct watchdog_ops pm_ops = { .start = pm_start, .feed = pm_feed };
static struct power_ops pm_power = { .name = "bcm2835-pm",
				     .rank = POWER_RANK_REGISTER,
				     .reset = pm_reset };

static int pm_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);

	(void)m;
	if (base == 0 || size < SIZE || pm.base != 0) {
		return -EINVAL;
	}
	pm.base = base;
	pm.dog = (struct watchdog){ .ops = &pm_ops,
				    .name = dev->name,
				    .max_ns = (uint64_t)TICKS_MAX * NS_PER_SEC / HZ };
	/* Elsewhere another device has the power, and this one resets. */
	if (dt_has(dev->node, "system-power-controller")) {
		pm_power.off = pm_off;
	}
	power_register(&pm_power);
	watchdog_register(&pm.dog);
	return 0;
}

static const struct dt_match pm_match[] = {
	{ "brcm,bcm2835-pm-wdt", 0 },
	{ "brcm,bcm2835-pm", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_DEVICE, bcm2835_pm, pm_match, pm_probe);
