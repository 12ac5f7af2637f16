/* SPDX-License-Identifier: MIT */
/* The local interrupt controller of a RISC-V hart: the root. Its lines are the bits of sip and sie.
 * Spec: RISC-V Privileged Architecture 1.12, 4.1.3; binding riscv,cpu-intc. */
#include <arch/csr.h>
#include <drivers/irqchip.h>
#include <drivers/riscv_cpu.h>
#include <drivers/sbi.h>
#include <errno.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/smp.h>

enum { LINE_SOFTWARE = 1, LINE_TIMER = 5, LINE_EXTERNAL = 9, LINES = 16 };

#define LINES_USED (BIT(LINE_SOFTWARE) | BIT(LINE_TIMER) | BIT(LINE_EXTERNAL))

static struct irqchip intc;
static uint64_t used; /* lines that somebody unmasked */
static bool has_ipi;

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
	used |= BIT(line);
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
			smp_ipi_interrupt();
		} else {
			irq_deliver(c, line);
		}
	}
}

static void intc_cpu_init(struct irqchip *c)
{
	(void)c;
	csr_clear(sip, BIT(LINE_SOFTWARE));
	csr_write(sie, BIT(LINE_SOFTWARE));
	if (cpu_self()->index != 0) {
		csr_set(sie, used); /* each hart has its own sie; what the boot hart uses, all do */
	}
}

/* SBI 2.0, 7 (IPI), or the legacy call with a mask in memory (5.5). */
static void intc_ipi(struct irqchip *c, const struct cpu *cpu)
{
	unsigned long mask = 1UL << (cpu->hw_id % 64);

	(void)c;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (has_ipi) {
		arch_sbi(SBI_EXT_IPI, 0, 1, cpu->hw_id, 0);
	} else if (cpu->hw_id < 64) {
		arch_sbi(SBI_LEGACY_SEND_IPI, 0, (unsigned long)&mask, 0, 0);
	}
}

static const struct irqchip_ops intc_ops = {
	.xlate = intc_xlate,
	.mask = intc_mask,
	.unmask = intc_unmask,
	.handle = intc_handle,
	.cpu_init = intc_cpu_init,
	.ipi = intc_ipi,
};

static int intc_probe(struct device *dev, const struct dt_match *m)
{
	int first;

	(void)m;
	if (!riscv_is_this_intc(dev->node)) {
		return 0; /* another hart's: its own when that hart runs */
	}
	has_ipi = sbi_has(SBI_EXT_IPI);
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
