/* SPDX-License-Identifier: MIT */
/* RISC-V platform-level interrupt controller: the supervisor contexts of the harts that run.
 * A line is masked by its priority, not by its enable bit: the completion of a source that is not
 * enabled is ignored (chapter 10), and a line masked in its own handler would hang for ever.
 * Spec: RISC-V PLIC 1.0.0; binding sifive,plic-1.0.0. */
#include <drivers/field.h>
#include <drivers/irqchip.h>
#include <drivers/riscv_cpu.h>
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/device.h>
#include <kernel/log.h>

#define PLIC_PRIORITY	       0x000000 /* one word a source */
#define PLIC_ENABLE	       0x002000 /* one bit a source */
#define PLIC_ENABLE_STRIDE     0x80	/* a context */
#define PLIC_CONTEXT	       0x200000
#define PLIC_CONTEXT_STRIDE    0x1000
#define PLIC_CONTEXT_THRESHOLD 0
#define PLIC_CONTEXT_CLAIM     4
#define PLIC_CONTEXT_SIZE      8
#define PLIC_CONTEXTS_MAX      15872
#define PLIC_SOURCES_MAX       1024 /* source 0 is "none" */

#define PRIORITY_OFF 0
#define PRIORITY_ON  1

/* What the hart controller calls the PLIC's line into supervisor mode. */

/* One: only one controller can drive the hart's supervisor line. */
static struct plic {
	struct irqchip chip;
	const struct dt_node *node;
	uintptr_t base;
	size_t size;
	uintptr_t enable[CPU_MAX]; /* registers of each CPU's context, by its index; 0: none */
	uintptr_t context[CPU_MAX];
	struct spinlock lock; /* words of enable bits */
	unsigned lines;
	bool lied; /* claimed a source that it does not have; said once */
} plic;

static void set_enable(struct plic *p, unsigned cpu, unsigned line, bool on)
{
	uintptr_t word = p->enable[cpu] + line / 32 * 4;
	irqstate_t s = spin_lock_save(&p->lock);
	uint32_t old = mmio_read32(word);

	mmio_write32(word, on ? old | BIT32(line % 32) : old & ~BIT32(line % 32));
	spin_unlock_restore(&p->lock, s);
}

static int plic_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	struct plic *p = container_of(c, struct plic, chip);

	if (n < 1 || cells[0] == 0 || cells[0] >= p->lines) {
		return -EINVAL;
	}
	set_enable(p, 0, cells[0], true);
	return (int)cells[0];
}

static int plic_route(struct irqchip *c, unsigned line, unsigned cpu)
{
	struct plic *p = container_of(c, struct plic, chip);

	if (p->enable[cpu] == 0) {
		return -ENOTSUP;
	}
	set_enable(p, cpu, line, true);
	for (unsigned i = 0; i < cpu_count; i++) {
		if (i != cpu && p->enable[i] != 0) {
			set_enable(p, i, line, false);
		}
	}
	return 0;
}

static void plic_mask(struct irqchip *c, unsigned line)
{
	struct plic *p = container_of(c, struct plic, chip);

	mmio_write32(p->base + PLIC_PRIORITY + line * 4UL, PRIORITY_OFF);
}

static void plic_unmask(struct irqchip *c, unsigned line)
{
	struct plic *p = container_of(c, struct plic, chip);

	mmio_write32(p->base + PLIC_PRIORITY + line * 4UL, PRIORITY_ON);
}

/* The hart's external line. A claim of 0 means that nothing is left. */
static void plic_interrupt(void *arg)
{
	struct plic *p = arg;
	uintptr_t context = p->context[cpu_self()->index];

	for (;;) {
		uint32_t source = mmio_read32(context + PLIC_CONTEXT_CLAIM);

		if (source == 0) {
			return;
		}
		if (source < p->lines) {
			irq_deliver(&p->chip, source);
		} else if (!p->lied) {
			p->lied = true;
			log_error("plic: claimed source %u of %u", source, p->lines - 1);
		}
		mmio_write32(context + PLIC_CONTEXT_CLAIM, source);
	}
}

/* This hart's context: no line enabled, every priority let through. */
static int context_init(struct plic *p)
{
	unsigned cpu = cpu_self()->index;
	int found = riscv_external_place(p->node, PLIC_CONTEXTS_MAX);
	uintptr_t i = (uintptr_t)found;

	if (found < 0) {
		return found;
	}
	if (p->size < PLIC_CONTEXT + i * PLIC_CONTEXT_STRIDE + PLIC_CONTEXT_SIZE) {
		return -EINVAL;
	}
	p->enable[cpu] = p->base + PLIC_ENABLE + i * PLIC_ENABLE_STRIDE;
	p->context[cpu] = p->base + PLIC_CONTEXT + i * PLIC_CONTEXT_STRIDE;
	for (uintptr_t word = 0; word <= (p->lines - 1) / 32; word++) {
		mmio_write32(p->enable[cpu] + word * 4, 0);
	}
	mmio_write32(p->context[cpu] + PLIC_CONTEXT_THRESHOLD, 0);
	return found;
}

static void plic_cpu_init(struct irqchip *c)
{
	int err = context_init(container_of(c, struct plic, chip));

	if (err < 0) {
		log_warn("plic: no context for hart %llu: %d",
			 (unsigned long long)cpu_self()->hw_id, err);
	}
}

/* Not the root: the hart controller calls plic_interrupt(). */
static const struct irqchip_ops plic_ops = {
	.xlate = plic_xlate,
	.mask = plic_mask,
	.unmask = plic_unmask,
	.cpu_init = plic_cpu_init,
	.route = plic_route,
};

static int plic_start(struct plic *p, struct device *dev)
{
	const struct dt_node *ctl;
	uint32_t cells[4];
	unsigned n;
	int context, first;

	p->node = dev->node;
	p->base = dev_mmio(dev, 0, &p->size);
	if (p->base == 0 || p->size < PLIC_CONTEXT) {
		p->base = 0;
		return -EINVAL;
	}
	context = context_init(p);
	if (context < 0) {
		p->base = 0;
		return context;
	}
	for (unsigned line = 1; line < p->lines; line++) {
		plic_mask(&p->chip, line);
	}
	first = irq_chip_add(&p->chip, p->lines);
	if (first < 0) {
		return first;
	}
	log_debug("plic %s: %u sources, context %d", dev->name, p->lines - 1, context);
	dt_irq(dev->node, (unsigned)context, &ctl, cells, &n);
	return irq_request(irq_map(ctl, cells, n), plic_interrupt, p, "plic");
}

static int plic_probe(struct device *dev, const struct dt_match *m)
{
	uint32_t sources = dt_u32(dev->node, "riscv,ndev", 0, 0);

	(void)m;
	if (plic.base != 0) {
		return -EBUSY;
	}
	if (sources == 0 || sources >= PLIC_SOURCES_MAX) {
		return -EINVAL;
	}
	plic.chip.ops = &plic_ops;
	plic.chip.node = dev->node;
	plic.lines = sources + 1;
	return plic_start(&plic, dev);
}

static const struct dt_match plic_match[] = {
	{ "sifive,plic-1.0.0", 0 },
	{ "riscv,plic0", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, plic, plic_match, plic_probe);
