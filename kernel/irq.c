/* SPDX-License-Identifier: MIT */
/* Interrupt numbers: each controller gets a range, with a record for each of its lines. */
#include <drivers/irqchip.h>
#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>
#include <kernel/event.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/panic.h>

#define CHIPS 8

struct irq_line {
	_Atomic irq_handler_t fn;
	void *arg;
	uint64_t count;
};

static struct {
	struct irqchip *chip[CHIPS];
	unsigned chips;
	int used;
	unsigned home; /* the CPU that new lines go to */
	struct irqchip *root;
} irqs;

int irq_chip_add(struct irqchip *c, unsigned lines)
{
	if (irqs.chips == CHIPS) {
		return -ENOSPC;
	}
	c->line = kzalloc(lines * sizeof(*c->line));
	if (c->line == NULL) {
		return -ENOMEM;
	}
	c->first = irqs.used;
	c->lines = lines;
	irqs.used += (int)lines;
	irqs.chip[irqs.chips++] = c;
	return c->first;
}

static struct irqchip *chip_of(int irq)
{
	for (unsigned i = 0; i < irqs.chips; i++) {
		struct irqchip *c = irqs.chip[i];

		if (irq >= c->first && irq < c->first + (int)c->lines) {
			return c;
		}
	}
	return NULL;
}

int irq_map(const struct dt_node *ctl, const uint32_t *cells, unsigned n)
{
	for (unsigned i = 0; i < irqs.chips; i++) {
		struct irqchip *c = irqs.chip[i];

		if (c->node == ctl) {
			int line = c->ops->xlate(c, cells, n);

			return line < 0 ? line : line < (int)c->lines ? c->first + line : -EINVAL;
		}
	}
	return -ENODEV;
}

int irq_request(int irq, irq_handler_t fn, void *arg, const char *name)
{
	struct irqchip *c = chip_of(irq);
	irq_handler_t nobody = NULL;
	struct irq_line *l;

	if (c == NULL) {
		return -EINVAL;
	}
	l = &c->line[irq - c->first];
	if (!atomic_compare_exchange_strong(&l->fn, &nobody, fn)) {
		log_error("irq %d: wanted by %s, but taken", irq, name);
		return -EBUSY;
	}
	l->arg = arg; /* before the unmasking: no interrupt comes earlier */
	if (irqs.home != 0) {
		irq_set_cpu(irq, irqs.home);
	}
	c->ops->unmask(c, (unsigned)(irq - c->first));
	return 0;
}

void irq_mask(int irq)
{
	struct irqchip *c = chip_of(irq);

	ASSERT(c != NULL);
	c->ops->mask(c, (unsigned)(irq - c->first));
}

void irq_unmask(int irq)
{
	struct irqchip *c = chip_of(irq);

	ASSERT(c != NULL);
	c->ops->unmask(c, (unsigned)(irq - c->first));
}

uint64_t irq_count(int irq)
{
	const struct irqchip *c = chip_of(irq);

	return c != NULL ? c->line[irq - c->first].count : 0;
}

void irq_deliver(struct irqchip *c, unsigned hwirq)
{
	struct irq_line *l = hwirq < c->lines ? &c->line[hwirq] : NULL;
	irq_handler_t fn = l != NULL ? atomic_load_explicit(&l->fn, memory_order_relaxed) : NULL;

	if (unlikely(fn == NULL)) {
		c->ops->mask(c, hwirq);
		log_warn("irq: line %u has no handler, masked", hwirq);
		return;
	}
	l->count++;
	fn(l->arg);
}

int irq_set_root(struct irqchip *c)
{
	if (irqs.root != NULL) {
		return -EBUSY; /* a tree with two of them: the first is the CPU's */
	}
	irqs.root = c;
	if (c->ops->cpu_init != NULL) {
		c->ops->cpu_init(c);
	}
	return 0;
}

void irq_cpu_init(void)
{
	for (unsigned i = 0; i < irqs.chips; i++) {
		if (irqs.chip[i]->ops->cpu_init != NULL) {
			irqs.chip[i]->ops->cpu_init(irqs.chip[i]);
		}
	}
}

int irq_set_cpu(int irq, unsigned cpu)
{
	struct irqchip *c = chip_of(irq);

	if (c == NULL || cpu >= cpu_count) {
		return -EINVAL;
	}
	return c->ops->route != NULL ? c->ops->route(c, (unsigned)(irq - c->first), cpu) : -ENOTSUP;
}

void irq_set_home(unsigned cpu)
{
	irqs.home = cpu;
	for (unsigned i = 0; i < irqs.chips; i++) {
		struct irqchip *c = irqs.chip[i];

		for (unsigned line = 0; line < c->lines; line++) {
			if (atomic_load(&c->line[line].fn) != NULL) {
				irq_set_cpu(c->first + (int)line,
					    cpu); /* a CPU's own stays where it is */
			}
		}
	}
}

bool irq_ipi(const struct cpu *cpu)
{
	if (irqs.root == NULL || irqs.root->ops->ipi == NULL) {
		return false;
	}
	irqs.root->ops->ipi(irqs.root, cpu);
	return true;
}

/* --- events ------------------------------------------------------------------------------- */

const struct event_ops *event_ops;

static bool may_run(const struct thread *t)
{
	return t->busy == 0 && t->preempt_off == 0 && event_ops != NULL;
}

bool event_fault(struct trapframe *f, enum fault kind, uintptr_t addr, bool masked)
{
	return !masked && may_run(thread_self()) && cpu_self()->irq_depth == 0 &&
	       event_ops->fault(f, kind, addr);
}

struct trapframe *event_overflow(uintptr_t sp, size_t size, bool masked)
{
	return !masked && may_run(thread_self()) && cpu_self()->irq_depth == 0
		       ? event_ops->overflow(sp, size)
		       : NULL;
}

void irq_entry(struct trapframe *f)
{
	struct cpu *cpu = cpu_self();
	struct thread *t = thread_self();

	ASSERT(irqs.root != NULL);
	lockdebug_none("interrupted");
	cpu->irq_frame = f;
	cpu->irq_depth++;
	irqs.root->ops->handle(irqs.root);
	cpu->irq_depth--;
	sched_preempt();
	if (unlikely(atomic_load_explicit(&t->events, memory_order_relaxed) != 0) && may_run(t)) {
		event_ops->run(f);
	}
}
