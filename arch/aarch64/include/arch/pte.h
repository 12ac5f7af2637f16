/* SPDX-License-Identifier: MIT */
/* Translation table entries: VMSAv8-64, stage 1, 4 KiB granule. Spec: Arm ARM (DDI 0487) D8.3. */
#pragma once

#define PTE_VALID   (1UL << 0)
#define PTE_TABLE   (1UL << 1) /* table, or page at level 0 */
#define PTE_ATTR(i) ((pte_t)(i) << 2)
#define PTE_RO	    (1UL << 7) /* AP[2] */
#define PTE_SH	    (3UL << 8) /* inner shareable */
#define PTE_AF	    (1UL << 10)
#define PTE_PXN	    (1UL << 53)
#define PTE_UXN	    (1UL << 54)
#define PTE_PA	    0x0000fffffffff000UL

/* Indexes into MAIR_EL1 (arch/aarch64/mmu.c). */
#define MAIR_NORMAL 0
#define MAIR_DEVICE 1

static inline pte_t pte_table(paddr_t table)
{
	return table | PTE_VALID | PTE_TABLE;
}

static inline pte_t pte_leaf(paddr_t pa, unsigned attr, unsigned level)
{
	pte_t e = pa | PTE_VALID | PTE_AF | PTE_UXN;

	e |= level == 0 ? PTE_TABLE : 0;
	e |= attr & MAP_WRITE ? 0 : PTE_RO;
	e |= attr & MAP_EXEC ? 0 : PTE_PXN;
	e |= attr & MAP_DEVICE ? PTE_ATTR(MAIR_DEVICE) : PTE_ATTR(MAIR_NORMAL) | PTE_SH;
	return e;
}

static inline bool pte_valid(pte_t e)
{
	return (e & PTE_VALID) != 0;
}

static inline bool pte_is_table(pte_t e, unsigned level)
{
	return level > 0 && (e & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

static inline paddr_t pte_pa(pte_t e)
{
	return e & PTE_PA;
}

static inline unsigned pte_attr(pte_t e)
{
	return MAP_READ | (e & PTE_RO ? 0U : MAP_WRITE) | (e & PTE_PXN ? 0U : MAP_EXEC) |
	       (e & PTE_ATTR(MAIR_DEVICE) ? MAP_DEVICE : 0U);
}

static inline void arch_pte_sync(void)
{
	/* D8.2.7: a store to a table entry is seen by the walker after DSB; ISB for our own fetches. */
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}
