/* SPDX-License-Identifier: MIT */
/* Which nodes of a RISC-V tree belong to the hart that boots.
 * Spec: Devicetree Specification v0.4, 3.8; bindings riscv/cpus, interrupt-controller/riscv,cpu-intc. */
#pragma once

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
