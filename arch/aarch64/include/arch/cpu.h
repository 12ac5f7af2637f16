/* SPDX-License-Identifier: MIT */
/* Interrupt mask, wait, current thread, counter. Spec: Arm ARM (DDI 0487) C5, D12. */
#pragma once

#include <arch/sysreg.h>

static inline irqstate_t arch_irq_save(void)
{
	irqstate_t s;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(s)::"memory");
	return s;
}

static inline void arch_irq_restore(irqstate_t s)
{
	__asm__ volatile("msr daif, %0" ::"r"(s) : "memory");
}

static inline void arch_irq_enable(void)
{
	/* SError too: a lost bus error is worse than a reported one. */
	__asm__ volatile("msr daifclr, #6" ::: "memory");
}

static inline bool arch_irq_masked(void)
{
	return (sysreg_read(daif) & (1U << 7)) != 0;
}

static inline void arch_wait(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

static inline void arch_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* Not volatile: a thread sees one value for its whole life, so the compiler may keep it. */
static inline struct thread *arch_self(void)
{
	struct thread *t;

	__asm__("mrs %0, tpidr_el1" : "=r"(t));
	return t;
}

static inline void arch_set_self(struct thread *t)
{
	sysreg_write(tpidr_el1, t);
}

static inline uint64_t arch_counter(void)
{
	/* D12.2.2: without the ISB the read may be done early. */
	isb();
	return sysreg_read(cntvct_el0);
}
