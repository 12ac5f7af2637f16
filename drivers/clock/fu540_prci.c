/* SPDX-License-Identifier: MIT */
/* Clocks of SiFive's FU540, as its firmware left them: the core's, and that of buses and peripherals, half as fast.
 * Spec: SiFive FU540-C000 Manual v1p4, 7; binding clock/sifive/fu540-prci. */
#include <drivers/clock.h>
#include <drivers/field.h>
#include <errno.h>
#include <kernel/arch.h>

#define COREPLLCFG0 0x04
#define PLL_R	    FIELD(5, 0)
#define PLL_F	    FIELD(14, 6)
#define PLL_Q	    FIELD(17, 15)
#define CORECLKSEL  0x24
#define SEL_HFCLK   BIT32(0) /* the crystal; else the PLL */
#define SIZE	    0x28U

#define CLOCK_COREPLL 0U
#define CLOCK_TLCLK   3U

static struct {
	struct clock_controller ctl;
	uintptr_t base;
	uint64_t crystal; /* Hz */
} prci;

/* 7.4.2: 2 * (f + 1) / (r + 1) / 2^q. */
static uint64_t pll_rate(void)
{
	uint32_t cfg = mmio_read32(prci.base + COREPLLCFG0);
	uint64_t hz = prci.crystal * 2 * (field_get(cfg, PLL_F) + 1) / (field_get(cfg, PLL_R) + 1);

	return hz >> field_get(cfg, PLL_Q);
}

static uint64_t prci_rate(struct clock_controller *c, uint32_t id)
{
	uint64_t core = prci.crystal;

	(void)c;
	if (id != CLOCK_COREPLL && id != CLOCK_TLCLK) {
		return 0;
	}
	if (id == CLOCK_COREPLL || (mmio_read32(prci.base + CORECLKSEL) & SEL_HFCLK) == 0) {
		core = pll_rate();
	}
	return id == CLOCK_TLCLK ? core / 2 : core;
}

static int prci_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);

	(void)m;
	if (base == 0 || size < SIZE || prci.base != 0) {
		return -EINVAL;
	}
	prci.base = base;
	/* Before it is one of those that are asked: a tree may name it as its own clock. */
	prci.crystal = clock_rate(dev->node);
	prci.ctl = (struct clock_controller){ .node = dev->node, .rate = prci_rate };
	clock_controller_register(&prci.ctl);
	return 0;
}

static const struct dt_match prci_match[] = { { "sifive,fu540-c000-prci", 0 }, { NULL, 0 } };

DRIVER(STAGE_POWER, fu540_prci, prci_match, prci_probe);
