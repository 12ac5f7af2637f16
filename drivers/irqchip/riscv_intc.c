/* SPDX-License-Identifier: MIT */
/* The local interrupt controller of a RISC-V hart: the root. Its lines are the bits of sip and sie.
 * Spec: RISC-V Privileged Architecture 1.12, 4.1.3; binding riscv,cpu-intc. */
#include <arch/csr.h>
#include <drivers/irqchip.h>
#include <drivers/riscv_cpu.h>
#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>

enum { LINE_SOFTWARE = 1, LINE_TIMER = 5, LINE_EXTERNAL = 9, LINES = 16 };

#define LINES_USED (BIT(LINE_SOFTWARE) | BIT(LINE_TIMER) | BIT(LINE_EXTERNAL))

static struct irqchip intc;

static int intc_xlate(struct irqchip *c, const uint32_t *cells, unsigned n)
{
	(void)c;
	if (n < 1 || cells[0] >= LINES || (LINES_USED & BIT(cells[0])) == 0) {
		return -EINVAL;
	}
	return (int)cells[0];
}

static void intc_mask(struct irqchip *c, unsigned line)
{
	(void)c;
	csr_clear(sie, BIT(line));
}

static void intc_unmask(struct irqchip *c, unsigned line)
{
	(void)c;
	csr_set(sie, BIT(line));
}

static void intc_handle(struct irqchip *c)
{
	for (;;) {
		uint64_t pending = csr_read(sip) & csr_read(sie) & LINES_USED;
		unsigned line;

		if (pending == 0) {
			return;
		}
		/* External before timer before software. */
		line = 63U - (unsigned)__builtin_clzl(pending);
		if (line == LINE_SOFTWARE) {
			csr_clear(sip, BIT(LINE_SOFTWARE)); /* the only bit that is ours to clear */
		}
		irq_deliver(c, line);
	}
}

static void intc_cpu_init(struct irqchip *c)
{
	(void)c;
	csr_write(sie, 0);
	csr_clear(sip, BIT(LINE_SOFTWARE));
}

static const struct irqchip_ops intc_ops = {
	.xlate = intc_xlate,
	.mask = intc_mask,
	.unmask = intc_unmask,
	.handle = intc_handle,
	.cpu_init = intc_cpu_init,
};

static int intc_probe(struct device *dev, const struct dt_match *m)
{
	int first;

	(void)m;
	if (!riscv_is_this_intc(dev->node)) {
		return 0; /* another hart's: its own when that hart runs */
	}
	intc.ops = &intc_ops;
	intc.node = dev->node;
	first = irq_chip_add(&intc, LINES);
	if (first < 0) {
		return first;
	}
	log_debug("riscv_intc %s: hart %llu", dev->name, (unsigned long long)cpu_self()->hw_id);
	return irq_set_root(&intc);
}

static const struct dt_match intc_match[] = {
	{ "riscv,cpu-intc", 0 },
	{ NULL, 0 },
};

DRIVER(STAGE_IRQCHIP, riscv_intc, intc_match, intc_probe);
