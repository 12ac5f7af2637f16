/* SPDX-License-Identifier: MIT */
/* The local interrupt controller of BCM2836 and BCM2837: the root. Each CPU has its timers, mailboxes and a register that
 * says which of them asks; the rest of the chip asks by one line, of one CPU. The inter-processor interrupt is a bit of
 * the CPU's mailbox 0. Spec: BCM2836 ARM-local peripherals (QA7 rev 3.4) 4; binding brcm,bcm2836-l1-intc. */
#include <drivers/field.h>
#include <drivers/irqchip.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/smp.h>

#define GPU_ROUTING	0x0c /* the CPU in bits 1:0; its FIQ's in 3:2 */
#define PMU_SET		0x10
#define PMU_CLEAR	0x14
#define TIMER_CONTROL	0x40 /* a word a CPU, as the three below */
#define MAILBOX_CONTROL 0x50
#define IRQ_SOURCE	0x60
#define MAILBOX_SET	0x80 /* mailbox 0; four mailboxes a CPU */
#define MAILBOX_CLEAR	0xc0
#define MAILBOX_STRIDE	0x10
#define SIZE		0x100U
#define CPUS		4U

enum { LINE_TIMERS = 4, LINE_MAILBOX = 4, LINE_GPU = 8, LINE_PMU = 9, LINES = 10 };

#define LINES_USED (FIELD(LINE_TIMERS - 1, 0) | BIT32(LINE_GPU) | BIT32(LINE_PMU))

static struct {
	struct irqchip chip;
	uintptr_t base;
} l1;

static uintptr_t core(const struct cpu *c)
{
	return (uintptr_t)(c->hw_id % CPUS);
}

/* This CPU's word of the registers from @reg on. */
static uintptr_t own(uintptr_t reg)
{
	return l1.base + reg + 4 * core(cpu_self());
}

static int l1_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	(void)c;
	if (n < 1 || cells[0] >= LINES || (LINES_USED & BIT32(cells[0])) == 0) {
		return -EINVAL;
	}
	return (int)cells[0];
}

static void set_mask(unsigned line, bool on)
{
	if (line < LINE_TIMERS) {
		uint32_t old = mmio_read32(own(TIMER_CONTROL));

		mmio_write32(own(TIMER_CONTROL), on ? old | BIT32(line) : old & ~BIT32(line));
	} else if (line == LINE_PMU) {
		mmio_write32(l1.base + (on ? PMU_SET : PMU_CLEAR), BIT32(core(cpu_self())));
	}
	/* LINE_GPU has no mask but its own controller's. */
}

static void l1_mask(struct irqchip *c, unsigned line)
{
	(void)c;
	set_mask(line, false);
}

static void l1_unmask(struct irqchip *c, unsigned line)
{
	(void)c;
	set_mask(line, true);
}

static void l1_handle(struct irqchip *c)
{
	uintptr_t mailbox = l1.base + MAILBOX_CLEAR + MAILBOX_STRIDE * core(cpu_self());

	for (;;) {
		uint32_t pending = mmio_read32(own(IRQ_SOURCE)) &
				   (LINES_USED | BIT32(LINE_MAILBOX));

		if (pending == 0) {
			return;
		}
		if ((pending & BIT32(LINE_MAILBOX)) != 0) {
			mmio_write32(mailbox, ~0U);
			smp_ipi_interrupt();
		} else {
			irq_deliver(c, 31U - (unsigned)__builtin_clz(pending));
		}
	}
}

static void l1_cpu_init(struct irqchip *c)
{
	uintptr_t me = core(cpu_self());

	(void)c;
	mmio_write32(own(TIMER_CONTROL), 0);
	mmio_write32(l1.base + PMU_CLEAR, (BIT32(0) | BIT32(CPUS)) << me); /* as IRQ, as FIQ */
	mmio_write32(l1.base + MAILBOX_CLEAR + MAILBOX_STRIDE * me, ~0U);
	mmio_write32(own(MAILBOX_CONTROL), BIT32(0));
}

static int l1_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	(void)c;
	if (line != LINE_GPU) {
		return -ENOTSUP;
	}
	mmio_write32(l1.base + GPU_ROUTING, (uint32_t)core(&cpus[cpu]));
	return 0;
}

static void l1_ipi(struct irqchip *c, const struct cpu *cpu)
{
	(void)c;
	dma_mb(); /* what it is about, before the interrupt */
	mmio_write32(l1.base + MAILBOX_SET + MAILBOX_STRIDE * core(cpu), BIT32(0));
}

static const struct irqchip_ops l1_ops = {
	.xlate = l1_xlate,
	.mask = l1_mask,
	.unmask = l1_unmask,
	.handle = l1_handle,
	.cpu_init = l1_cpu_init,
	.route = l1_route,
	.ipi = l1_ipi,
};

static int l1_probe(struct device *dev, const struct dt_match *m)
{
	size_t size;
	uintptr_t base = dev_mmio(dev, 0, &size);
	int first;

	(void)m;
	if (l1.base != 0) {
		return -EBUSY;
	}
	if (base == 0 || size < SIZE) {
		return -EINVAL;
	}
	l1.base = base;
	mmio_write32(base + GPU_ROUTING, (uint32_t)core(cpu_self()));
	l1.chip.ops = &l1_ops;
	l1.chip.node = dev->node;
	first = irq_chip_add(&l1.chip, LINES);
	if (first < 0) {
		return first;
	}
	log_debug("bcm2836_l1 %s: cpu %u", dev->name, (unsigned)core(cpu_self()));
	return irq_set_root(&l1.chip);
}

static const struct dt_match l1_match[] = { { "brcm,bcm2836-l1-intc", 0 }, { NULL, 0 } };

DRIVER(STAGE_IRQCHIP, bcm2836_l1, l1_match, l1_probe);
