/* SPDX-License-Identifier: MIT */
/* The watchdog of the i.MX family, which can reset the machine at once, too. Once started it cannot be stopped. Spec: i.MX 8M Plus
 * Applications Processor Reference Manual (IMX8MPRM), Watchdog Timer; binding watchdog/fsl-imx-wdt. */
#include <drivers/field.h>
#include <drivers/power.h>
#include <drivers/watchdog.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/power.h>
#include <kernel/time.h>

/* All of 16 bits. */
#define WCR	   0x0
#define WCR_TIME   FIELD(15, 8) /* half seconds, less one */
#define WCR_NO_OUT BIT32(5)	/* the pin WDOG_B is not driven by software */
#define WCR_NO_RST BIT32(4)	/* 0: software's reset, at once */
#define WCR_OUT \
	BIT32(3) /* the end of the count drives the pin, which resets what is beside the chip */
#define WCR_ENABLE BIT32(2)
#define WSR	   0x2
#define FEED_1	   0x5555U
#define FEED_2	   0xaaaaU
#define WMCR	   0x8 /* 0: no power down 16 s after the start */
#define SIZE	   0xaU
#define HALF_MAX   0xffU

static struct {
	struct watchdog dog;
	uintptr_t base;
	bool external; /* the board is wired to be reset by the pin */
} wdt;

static void wcr(uint32_t v)
{
	mmio_write16(wdt.base + WCR, (uint16_t)v);
}

static void imx2_feed(struct watchdog *w)
{
	(void)w;
	mmio_write16(wdt.base + WSR, FEED_1);
	mmio_write16(wdt.base + WSR, FEED_2);
}

static void imx2_start(struct watchdog *w, uint64_t ns)
{
	/* Not 0: QEMU's model takes that for the end. */
	uint64_t halves = MIN(MAX(2 * ns / NS_PER_SEC, 2UL), (uint64_t)HALF_MAX + 1) - 1;
	uint32_t v = WCR_NO_OUT | WCR_NO_RST | (wdt.external ? WCR_OUT : 0);

	v = field_set(v, WCR_TIME, (uint32_t)halves);
	mmio_write16(wdt.base + WMCR, 0);
	wcr(v);
	wcr(v | WCR_ENABLE);
	imx2_feed(w);
}

static void imx2_reset(void)
{
	/* The pin or the chip's own reset, not both. */
	uint32_t v = WCR_ENABLE | (wdt.external ? WCR_NO_RST : WCR_NO_OUT);

	/* ERR004346 of older ones: it wants to be told twice. */
	wcr(v);
	wcr(v);
	for (unsigned i = 0; i < 1000000; i++) {
		mmio_read16(wdt.base + WCR);
	}
}

static const struct watchdog_ops imx2_ops = { .start = imx2_start, .feed = imx2_feed };
static struct power_ops imx2_power = { .name = "imx2-wdt",
				       .rank = POWER_RANK_REGISTER,
				       .reset = imx2_reset };

static int imx2_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);

	(void)m;
	if (base == 0 || size < SIZE) {
		return -EINVAL;
	}
	if (wdt.base != 0) {
		return -ENODEV; /* one does */
	}
	wdt.base = base;
	wdt.external = dt_has(dev->node, "fsl,ext-reset-output");
	wdt.dog = (struct watchdog){ .ops = &imx2_ops,
				     .name = dev->name,
				     .max_ns = (HALF_MAX + 1) * NS_PER_SEC / 2 };
	power_register(&imx2_power);
	watchdog_register(&wdt.dog);
	return 0;
}

static const struct dt_match imx2_match[] = { { "fsl,imx21-wdt", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, imx2_wdt, imx2_match, imx2_probe);
