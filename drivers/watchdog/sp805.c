/* SPDX-License-Identifier: MIT */
/* Watchdog, Arm SP805: counts down twice, and resets at the second end. Spec: ARM DDI 0270. */
#include <drivers/clock.h>
#include <drivers/watchdog.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/time.h>

#define WDOGLOAD      0x000
#define WDOGCONTROL   0x008
#define CONTROL_INTEN 1U
#define CONTROL_RESEN 2U
#define WDOGINTCLR    0x00c /* any write: and the count begins again */
#define WDOGLOCK      0xc00
#define UNLOCK	      0x1acce551U
#define SIZE	      0x1000U

struct sp805 {
	struct watchdog dog;
	uintptr_t base;
	uint64_t hz;
};

static struct sp805 *sp805_of(struct watchdog *w)
{
	return container_of(w, struct sp805, dog);
}

static void write(const struct sp805 *s, unsigned reg, uint32_t v)
{
	mmio_write32(s->base + WDOGLOCK, UNLOCK);
	mmio_write32(s->base + reg, v);
	mmio_write32(s->base + WDOGLOCK, 0);
}

static void sp805_start(struct watchdog *w, uint64_t ns)
{
	struct sp805 *s = sp805_of(w);
	uint64_t ticks = ns / 1000 * s->hz / (2 * NS_PER_SEC / 1000);

	write(s, WDOGLOAD, (uint32_t)MIN(MAX(ticks, 1UL), (uint64_t)UINT32_MAX));
	write(s, WDOGINTCLR, 0);
	write(s, WDOGCONTROL, CONTROL_INTEN | CONTROL_RESEN);
}

static void sp805_feed(struct watchdog *w)
{
	write(sp805_of(w), WDOGINTCLR, 0);
}

static const struct watchdog_ops sp805_ops = { .start = sp805_start, .feed = sp805_feed };

static int sp805_probe(struct device *dev, const struct dt_match *m)
{
	uint64_t hz = clock_rate(dev->node); /* the first counts */
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	struct sp805 *s;

	(void)m;
	if (base == 0 || size < SIZE || hz == 0) {
		return -EINVAL;
	}
	s = kzalloc(sizeof(*s));
	if (s == NULL) {
		return -ENOMEM;
	}
	s->base = base;
	s->hz = hz;
	s->dog = (struct watchdog){ .ops = &sp805_ops, .name = dev->name };
	s->dog.max_ns = 2 * ((uint64_t)UINT32_MAX * NS_PER_SEC / hz);
	watchdog_register(&s->dog);
	return 0;
}

static const struct dt_match sp805_match[] = { { "arm,sp805", 0 }, { NULL, 0 } };

DRIVER(STAGE_DEVICE, sp805, sp805_match, sp805_probe);
