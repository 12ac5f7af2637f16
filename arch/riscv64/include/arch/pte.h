/* SPDX-License-Identifier: MIT */
/* Page-table entries: Sv39 and Sv48. Device memory gets its attributes from the platform's PMAs
 * (or Svpbmt, which no supported machine needs). Spec: RISC-V Privileged Architecture 1.12, 4.4. */
#pragma once

#define PTE_V	 (1UL << 0)
#define PTE_R	 (1UL << 1)
#define PTE_W	 (1UL << 2)
#define PTE_X	 (1UL << 3)
#define PTE_G	 (1UL << 5)
#define PTE_A	 (1UL << 6)
#define PTE_D	 (1UL << 7)
#define PTE_SOFT (1UL << 8) /* for software: MAP_DEVICE */
#define PTE_PPN	 10

static inline pte_t pte_table(paddr_t table)
{
	return (table >> PAGE_SHIFT << PTE_PPN) | PTE_V;
}

static inline pte_t pte_leaf(paddr_t pa, unsigned attr, unsigned level)
{
	pte_t e = (pa >> PAGE_SHIFT << PTE_PPN) | PTE_V | PTE_R | PTE_G | PTE_A;

	(void)level;
	/* A and D set beforehand: no hardware or software update is ever needed. */
	e |= attr & MAP_WRITE ? PTE_W | PTE_D : 0;
	e |= attr & MAP_EXEC ? PTE_X : 0;
	e |= attr & MAP_DEVICE ? PTE_SOFT : 0;
	return e;
}

static inline bool pte_valid(pte_t e)
{
	return (e & PTE_V) != 0;
}

static inline bool pte_is_table(pte_t e, unsigned level)
{
	return level > 0 && (e & (PTE_V | PTE_R | PTE_W | PTE_X)) == PTE_V;
}

static inline paddr_t pte_pa(pte_t e)
{
	return (e >> PTE_PPN & 0xfffffffffffUL) << PAGE_SHIFT;
}

static inline unsigned pte_attr(pte_t e)
{
	return MAP_READ | (e & PTE_W ? MAP_WRITE : 0U) | (e & PTE_X ? MAP_EXEC : 0U) |
	       (e & PTE_SOFT ? MAP_DEVICE : 0U);
}

static inline void arch_pte_sync(void)
{
	/* 4.2.1: orders the store before later walks on this hart; invalid entries may be cached. */
	__asm__ volatile("sfence.vma" ::: "memory");
}
