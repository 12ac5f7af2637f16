/* SPDX-License-Identifier: MIT */
/* SBSA generic watchdog: counts twice by the architected counter, and resets at the second end. Spec: Arm BSA (DEN0094),
 * generic watchdog; binding watchdog/arm,sbsa-gwdt: frames of control, then refresh. */
#include <drivers/watchdog.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/time.h>

#define WRR	   0x000 /* of the refresh frame */
#define WCS	   0x000
#define WCS_ENABLE 1U
#define WOR	   0x008
#define SIZE	   0x1000U

struct sbsa {
	struct watchdog dog;
	uintptr_t control, refresh;
};

static struct sbsa *sbsa_of(struct watchdog *w)
{
	return container_of(w, struct sbsa, dog);
}

/* Counter ticks of @ns. */
static uint64_t ticks(uint64_t ns)
{
	return time_to_counter(ns) - time_to_counter(0);
}

static void sbsa_start(struct watchdog *w, uint64_t ns)
{
	struct sbsa *s = sbsa_of(w);

	mmio_write32(s->control + WCS, 0);
	mmio_write32(s->control + WOR,
		     (uint32_t)MIN(MAX(ticks(ns / 2), 1UL), (uint64_t)UINT32_MAX));
	mmio_write32(s->control + WCS, WCS_ENABLE);
}

static void sbsa_feed(struct watchdog *w)
{
	mmio_write32(sbsa_of(w)->refresh + WRR, 0);
}

static const struct watchdog_ops sbsa_ops = { .start = sbsa_start, .feed = sbsa_feed };

static int sbsa_probe(struct device *dev, const struct dt_match *m)
{
	size_t size = 0, refresh_size = 0;
	uintptr_t control = dev_mmio(dev, 0, &size), refresh = dev_mmio(dev, 1, &refresh_size);
	uint64_t hz = ticks(NS_PER_SEC);
	struct sbsa *s;

	(void)m;
	if (control == 0 || refresh == 0 || size < SIZE || refresh_size < SIZE || hz == 0) {
		return -EINVAL;
	}
	s = kzalloc(sizeof(*s));
	if (s == NULL) {
		return -ENOMEM;
	}
	s->control = control;
	s->refresh = refresh;
	s->dog = (struct watchdog){ .ops = &sbsa_ops, .name = dev->name };
	s->dog.max_ns = 2 * ((uint64_t)UINT32_MAX * NS_PER_SEC / hz);
	watchdog_register(&s->dog);
	return 0;
}

static const struct dt_match sbsa_match[] = { { "arm,sbsa-gwdt", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, sbsa, sbsa_match, sbsa_probe);
