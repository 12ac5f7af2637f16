/* SPDX-License-Identifier: MIT */
/* The interrupt controller of BCM2835's peripherals, behind the local one of the chips with several CPUs: one line goes
 * out, to the CPU that the parent's line goes to. Bank 0 has the ARM side's own eight, banks 1 and 2 have 32 each.
 * Spec: BCM2835 ARM Peripherals 7.5; binding brcm,bcm2835-armctrl-ic. */
#include <drivers/field.h>
#include <drivers/irqchip.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/device.h>
#include <kernel/log.h>

#define FIQ_CONTROL 0x0c
#define SIZE	    0x28U
#define BANKS	    3U
#define BANK_LINES  32U
#define BANK0_LINES 8U

/* Of the banks. The registers of bank 0 come first here and last there. */
static const uint8_t reg_pending[BANKS] = { 0x00, 0x04, 0x08 };
static const uint8_t reg_enable[BANKS] = { 0x18, 0x10, 0x14 };
static const uint8_t reg_disable[BANKS] = { 0x24, 0x1c, 0x20 };

static struct {
	struct irqchip chip;
	uintptr_t base;
} ctl;

static int ctl_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	(void)c;
	if (n < 2 || cells[0] >= BANKS || cells[1] >= (cells[0] == 0 ? BANK0_LINES : BANK_LINES)) {
		return -EINVAL;
	}
	return (int)(cells[0] * BANK_LINES + cells[1]);
}

static void ctl_mask(struct irqchip *c, unsigned line)
{
	(void)c;
	mmio_write32(ctl.base + reg_disable[line / BANK_LINES], BIT32(line % BANK_LINES));
}

static void ctl_unmask(struct irqchip *c, unsigned line)
{
	(void)c;
	mmio_write32(ctl.base + reg_enable[line / BANK_LINES], BIT32(line % BANK_LINES));
}

/* What asks and may. Bits of bank 0 beyond its lines repeat those of the others. */
static uint32_t pending(unsigned bank)
{
	uint32_t v = mmio_read32(ctl.base + reg_pending[bank]) &
		     mmio_read32(ctl.base + reg_enable[bank]);

	return bank == 0 ? v & FIELD(BANK0_LINES - 1, 0) : v;
}

/* Once for each: what still asks has the parent's line asserted. */
static void ctl_interrupt(void *arg)
{
	struct irqchip *c = arg;

	for (unsigned bank = 0; bank < BANKS; bank++) {
		for (uint32_t v = pending(bank); v != 0; v &= v - 1) {
			irq_deliver(c, bank * BANK_LINES + (unsigned)__builtin_ctz(v));
		}
	}
}

static const struct irqchip_ops ctl_ops = {
	.xlate = ctl_xlate,
	.mask = ctl_mask,
	.unmask = ctl_unmask,
};

static int ctl_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	int irq = dev_irq(dev, 0), first;

	(void)m;
	if (ctl.base != 0) {
		return -EBUSY;
	}
	if (irq < 0) {
		return irq;
	}
	if (base == 0 || size < SIZE) {
		return -EINVAL;
	}
	ctl.base = base;
	mmio_write32(base + FIQ_CONTROL, 0);
	for (unsigned bank = 0; bank < BANKS; bank++) {
		mmio_write32(base + reg_disable[bank], ~0U);
	}
	ctl.chip.ops = &ctl_ops;
	ctl.chip.node = dev->node;
	first = irq_chip_add(&ctl.chip, BANKS * BANK_LINES);
	if (first < 0) {
		return first;
	}
	log_debug("bcm2835_armctrl %s: bound", dev->name);
	return irq_request(irq, ctl_interrupt, &ctl.chip, "armctrl");
}

static const struct dt_match ctl_match[] = { { "brcm,bcm2836-armctrl-ic", 0 }, { NULL, 0 } };

/* Behind its parent, which may come later in the tree. */
DRIVER(STAGE_TIMER, bcm2835_armctrl, ctl_match, ctl_probe);
