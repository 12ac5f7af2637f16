/* SPDX-License-Identifier: MIT */
/* Which nodes of a RISC-V tree belong to the hart that boots.
 * Spec: Devicetree Specification v0.4, 3.8; bindings riscv/cpus, interrupt-controller/riscv,cpu-intc. */
#pragma once

#include <errno.h>
#include <kernel/cpu.h>
#include <kernel/fdt.h>

/* @cpu is the node of the hart that runs this. Preemption off or boot. */
static inline bool riscv_is_this_hart(const struct dt_node *cpu)
{
	uint64_t id;

	return cpu != NULL && dt_number(cpu, "reg", &id) && id == cpu_self()->hw_id;
}

/* @intc is the local interrupt controller of the hart that runs this. Preemption off or boot. */
static inline bool riscv_is_this_intc(const struct dt_node *intc)
{
	return intc != NULL && dt_compatible(intc, "riscv,cpu-intc") &&
	       riscv_is_this_hart(dt_parent(intc));
}

#define RISCV_SUPERVISOR_EXTERNAL 9 /* privileged architecture 1.12, 4.1.3 */

/* The place in @node's interrupts-extended that leads to the supervisor line of the hart that runs this, of @most; -errno.
 * Preemption off or boot. */
static inline int riscv_external_place(const struct dt_node *node, unsigned most)
{
	for (unsigned i = 0; i < most; i++) {
		const struct dt_node *ctl;
		uint32_t cells[4];
		unsigned n;
		int err = dt_irq(node, i, &ctl, cells, &n);

		if (err != 0) {
			return err;
		}
		if (n == 1 && cells[0] == RISCV_SUPERVISOR_EXTERNAL && riscv_is_this_intc(ctl)) {
			return (int)i;
		}
	}
	return -ENOENT;
}
