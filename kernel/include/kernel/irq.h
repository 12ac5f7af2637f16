/* SPDX-License-Identifier: MIT */
/* Interrupt numbers, handlers, masks. An irq number is a small integer that irq_map()
 * gives to one line of one controller. */
#pragma once

#include <kernel/types.h>

struct irqchip;
struct dt_node;
struct cpu;

typedef void (*irq_handler_t)(void *arg);

/* Install a handler and unmask. The handler runs masked: acknowledge the device, wake, return.
 * Context: thread or boot. Returns 0, -EINVAL (no such irq), -EBUSY (taken). */
int irq_request(int irq, irq_handler_t fn, void *arg, const char *name);
void irq_mask(int irq);
void irq_unmask(int irq);
/* How often the handler of @irq ran. */
uint64_t irq_count(int irq);

/* Deliver @irq to cpus[@cpu] from now on. Thread or boot context. 0, -EINVAL, -ENOTSUP (the
 * controller cannot, or the line is a CPU's own). */
int irq_set_cpu(int irq, unsigned cpu);
/* The same for every line that is requested now or later, as far as its controller can. Boot. */
void irq_set_home(unsigned cpu);
/* Each further CPU, once: its part of every controller. Masked. */
void irq_cpu_init(void);
/* Send the inter-processor interrupt; false: no controller can. Only smp.c calls it. Masked. */
bool irq_ipi(const struct cpu *cpu);

/* For interrupt controllers: a chip owns lines [0, lines); returns the first irq number, -ENOSPC or -ENOMEM. */
int irq_chip_add(struct irqchip *chip, unsigned lines);
/* The chip saw line @hwirq pending: run its handler; masks a line that has none and says so once. Masked. */
void irq_deliver(struct irqchip *chip, unsigned hwirq);
/* The root controller of the CPU (irq_entry() calls its handle()). 0, or -EBUSY when there is one. */
int irq_set_root(struct irqchip *chip);
/* Number of the irq for an interrupt specifier of controller @ctl; -errno. */
int irq_map(const struct dt_node *ctl, const uint32_t *cells, unsigned n);
