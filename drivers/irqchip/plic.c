/* SPDX-License-Identifier: MIT */
/* RISC-V platform-level interrupt controller, for the supervisor context of the boot hart.
 * A line is masked by its priority, not by its enable bit: the completion of a source that is not
 * enabled is ignored (chapter 10), and a line masked in its own handler would hang for ever.
 * Spec: RISC-V PLIC 1.0.0; binding sifive,plic-1.0.0. */
#include <drivers/field.h>
#include <drivers/irqchip.h>
#include <drivers/riscv_cpu.h>
#include <errno.h>
#include <kernel/arch.h>
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

/* The kernel's numbers, less those of the hart's own lines. */
#define LINES_MAX (IRQ_MAX - 16)

#define PRIORITY_OFF 0
#define PRIORITY_ON  1

/* What the hart controller calls the PLIC's line into supervisor mode. */
#define SUPERVISOR_EXTERNAL 9

/* One: only one controller can drive the hart's supervisor line. */
static struct plic {
	struct irqchip chip;
	uintptr_t base;
	uintptr_t enable;  /* our context's */
	uintptr_t context; /* our context's */
	unsigned lines;
	bool lied; /* claimed a source that it does not have; said once */
} plic;

static int plic_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	struct plic *p = container_of(c, struct plic, chip);
	uintptr_t word;

	if (n < 1 || cells[0] == 0 || cells[0] >= p->lines) {
		return -EINVAL;
	}
	word = p->enable + cells[0] / 32 * 4;
	mmio_write32(word, mmio_read32(word) | BIT32(cells[0] % 32));
	return (int)cells[0];
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

	for (;;) {
		uint32_t source = mmio_read32(p->context + PLIC_CONTEXT_CLAIM);

		if (source == 0) {
			return;
		}
		if (source < p->lines) {
			irq_deliver(&p->chip, source);
		} else if (!p->lied) {
			p->lied = true;
			log_error("plic: claimed source %u of %u", source, p->lines - 1);
		}
		mmio_write32(p->context + PLIC_CONTEXT_CLAIM, source);
	}
}

static void plic_cpu_init(struct irqchip *c)
{
	struct plic *p = container_of(c, struct plic, chip);

	mmio_write32(p->context + PLIC_CONTEXT_THRESHOLD, 0);
}

/* Not the root: the hart controller calls plic_interrupt(). */
static const struct irqchip_ops plic_ops = {
	.xlate = plic_xlate,
	.mask = plic_mask,
	.unmask = plic_unmask,
	.cpu_init = plic_cpu_init,
};

/* Our context is the place in interrupts-extended that leads to our hart's supervisor line.
 * Returns the parent's irq, or -errno. */
static int find_context(const struct dt_node *node, unsigned *context)
{
	for (unsigned i = 0; i < PLIC_CONTEXTS_MAX; i++) {
		const struct dt_node *ctl;
		uint32_t cells[4];
		unsigned n;
		int err = dt_irq(node, i, &ctl, cells, &n);

		if (err != 0) {
			return err;
		}
		if (n == 1 && cells[0] == SUPERVISOR_EXTERNAL && riscv_is_this_intc(ctl)) {
			*context = i;
			return irq_map(ctl, cells, n);
		}
	}
	return -ENOENT;
}

static void plic_reset(struct plic *p)
{
	for (uintptr_t word = 0; word <= (p->lines - 1) / 32; word++) {
		mmio_write32(p->enable + word * 4, 0);
	}
	for (unsigned line = 1; line < p->lines; line++) {
		plic_mask(&p->chip, line);
	}
	plic_cpu_init(&p->chip);
}

static int plic_start(struct plic *p, struct device *dev)
{
	unsigned context = 0;
	int irq = find_context(dev->node, &context);
	uintptr_t base;
	size_t size;
	int first;

	if (irq < 0) {
		return irq;
	}
	base = dev_mmio(dev, 0, &size);
	if (base == 0 ||
	    size < PLIC_CONTEXT + (size_t)context * PLIC_CONTEXT_STRIDE + PLIC_CONTEXT_SIZE) {
		return -EINVAL;
	}
	p->base = base;
	p->enable = base + PLIC_ENABLE + (uintptr_t)context * PLIC_ENABLE_STRIDE;
	p->context = base + PLIC_CONTEXT + (uintptr_t)context * PLIC_CONTEXT_STRIDE;
	plic_reset(p);
	first = irq_chip_add(&p->chip, p->lines);
	if (first < 0) {
		return first;
	}
	log_debug("plic %s: %u sources, context %u", dev->name, p->lines - 1, context);
	return irq_request(irq, plic_interrupt, p, "plic");
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
	plic.lines = MIN(sources + 1, LINES_MAX);
	return plic_start(&plic, dev);
}

static const struct dt_match plic_match[] = {
	{ "sifive,plic-1.0.0", 0 },
	{ "riscv,plic0", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, plic, plic_match, plic_probe);
