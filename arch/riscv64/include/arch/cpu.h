/* SPDX-License-Identifier: MIT */
/* Interrupt mask, wait, current thread, counter. Spec: RISC-V Privileged Architecture 1.12, 4.1. */
#pragma once

#include <arch/csr.h>

static inline irqstate_t arch_irq_save(void)
{
	irqstate_t s;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(s)::"memory");
	return s;
}

static inline void arch_irq_restore(irqstate_t s)
{
	csr_set(sstatus, s & SSTATUS_SIE);
}

static inline void arch_irq_enable(void)
{
	csr_set(sstatus, SSTATUS_SIE);
}

static inline bool arch_irq_masked(void)
{
	return (csr_read(sstatus) & SSTATUS_SIE) == 0;
}

static inline void arch_wait(void)
{
	__asm__ volatile("fence\n\twfi" ::: "memory");
}

static inline void arch_relax(void)
{
	/* PAUSE of Zihintpause: a hint, a no-op fence elsewhere. */
	__asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

/* Not volatile: a thread sees one value for its whole life, so the compiler may keep it. */
static inline struct thread *arch_self(void)
{
	struct thread *t;

	__asm__("csrr %0, sscratch" : "=r"(t));
	return t;
}

static inline void arch_set_self(struct thread *t)
{
	csr_write(sscratch, t);
}

static inline uint64_t arch_counter(void)
{
	return csr_read(time);
}

/* The boot hart's riscv,isa or riscv,isa-extensions names @ext ("sstc"). Thread or boot context. */
bool arch_isa_has(const char *ext);
