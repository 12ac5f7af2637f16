/* SPDX-License-Identifier: MIT */
/* Class of interrupt controllers. The controller that the CPU's line leads to is the root;
 * others (PLIC behind the RISC-V hart controller) request their parent's interrupt. */
#pragma once

#include <kernel/types.h>

struct dt_node;
struct cpu;
struct irq_line;

struct irqchip {
	const struct irqchip_ops *ops;
	const struct dt_node *node; /* specifiers of children are resolved against it */
	int first;		    /* (private to irq.c) number of line 0 */
	unsigned lines;		    /* (private to irq.c) */
	struct irq_line *line;	    /* (private to irq.c) a record each */
};

struct irqchip_ops {
	/* Specifier cells to a line; sets the trigger type where the chip has one. -EINVAL. Thread or boot. */
	int (*xlate)(struct irqchip *c, const uint32_t *cells, unsigned n);
	/* Masked or not, any context. */
	void (*mask)(struct irqchip *c, unsigned line);
	void (*unmask)(struct irqchip *c, unsigned line);
	/* Root only, masked: acknowledge and irq_deliver() until none is pending. */
	void (*handle)(struct irqchip *c);
	/* Per CPU set-up, on that CPU. Masked. May be NULL. */
	void (*cpu_init)(struct irqchip *c);
	/* Deliver a line to cpus[@cpu]. 0, -ENOTSUP: a line of one CPU's own. Thread or boot. NULL: cannot. */
	int (*route)(struct irqchip *c, unsigned line, unsigned cpu);
	/* Root only: interrupt a CPU, maybe this one, which then calls smp_ipi_interrupt(). Stores before it
	 * are seen there. Masked. */
	void (*ipi)(struct irqchip *c, const struct cpu *cpu);
};
