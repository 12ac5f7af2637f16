/* SPDX-License-Identifier: MIT */
/* Turning translation on, and keeping TLBs and caches honest. No policy.
 * Spec: Arm ARM (DDI 0487) D8, D7.5. */
#include <kernel/arch.h>

#define MAIR                                                        \
	((0xffUL << (8 * MAIR_NORMAL)) | /* write-back, allocate */ \
	 (0x04UL << (8 * MAIR_DEVICE)))	 /* Device-nGnRE */

#define TCR_T0SZ(bits) (64UL - (bits))
#define TCR_WB_WALKS   ((1UL << 8) | (1UL << 10)) /* IRGN0, ORGN0 */
#define TCR_SH0	       (3UL << 12)
#define TCR_EPD1       (1UL << 23) /* no upper half */
#define TCR_IPS(x)     ((uint64_t)(x) << 32)

#define SCTLR_RES1 0x30d00800UL
#define SCTLR_M	   (1UL << 0)
#define SCTLR_C	   (1UL << 2)
#define SCTLR_SA   (1UL << 3)
#define SCTLR_I	   (1UL << 12)
#define SCTLR_WXN  (1UL << 19) /* writable is never executable, whatever an entry says */

void arch_mmu_on(paddr_t root)
{
	uint64_t ips = sysreg_read(id_aa64mmfr0_el1) & 0xf;

	sysreg_write(mair_el1, MAIR);
	sysreg_write(tcr_el1,
		     TCR_T0SZ(48) | TCR_WB_WALKS | TCR_SH0 | TCR_EPD1 | TCR_IPS(MIN(ips, 5UL)));
	sysreg_write(ttbr0_el1, root);
	isb();
	__asm__ volatile("tlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
	sysreg_write(sctlr_el1, SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_I | SCTLR_WXN);
	isb();
}

paddr_t arch_address_top(void)
{
	static const uint8_t pa_bits[] = { 32, 36, 40, 42, 44, 48 };
	unsigned range = (unsigned)sysreg_read(id_aa64mmfr0_el1) & 0xf;

	return 1UL << pa_bits[MIN(range, ARRAY_SIZE(pa_bits) - 1)];
}

/* D8.16.1: a block may become a table only by way of an invalid entry, and the range may hold our
 * stack or the entry itself. So translation is off meanwhile; the entry's line leaves the cache
 * first, and nothing else is touched. */
void arch_pte_replace(pte_t *e, pte_t to)
{
	uint64_t sctlr = sysreg_read(sctlr_el1), off = sctlr & ~(SCTLR_M | SCTLR_C | SCTLR_WXN);

	__asm__ volatile("dc civac, %0\n\tdsb sy\n\t"
			 "msr sctlr_el1, %1\n\tisb\n\t"
			 "str xzr, [%0]\n\tdsb sy\n\t"
			 "tlbi vmalle1is\n\tdsb sy\n\t"
			 "str %2, [%0]\n\tdsb sy\n\tdc ivac, %0\n\tdsb sy\n\t"
			 "msr sctlr_el1, %3\n\tisb" ::"r"(e),
			 "r"(off), "r"(to), "r"(sctlr)
			 : "memory");
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	__asm__ volatile("dsb ishst" ::: "memory");
	/* Past this many pages one big flush is cheaper. */
	if (size > 64 * PAGE_SIZE) {
		__asm__ volatile("tlbi vmalle1is" ::: "memory");
	} else {
		for (uintptr_t a = va; a < va + size; a += PAGE_SIZE) {
			__asm__ volatile("tlbi vaae1is, %0" ::"r"(a >> PAGE_SHIFT) : "memory");
		}
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

/* Log2 of the smallest line in bytes: CTR_EL0.DminLine or IminLine, in words. */
static uintptr_t line_size(unsigned shift)
{
	return 4UL << ((sysreg_read(ctr_el0) >> shift) & 0xf);
}

void arch_icache_sync(void *p, size_t n)
{
	uintptr_t end = (uintptr_t)p + n;

	arch_dcache_clean(p, n);
	for (uintptr_t a = ALIGN_DOWN((uintptr_t)p, line_size(0)); a < end; a += line_size(0)) {
		__asm__ volatile("ic ivau, %0" ::"r"(a) : "memory");
	}
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

void arch_dcache_clean(void *p, size_t n)
{
	uintptr_t end = (uintptr_t)p + n, line = line_size(16);

	for (uintptr_t a = ALIGN_DOWN((uintptr_t)p, line); a < end; a += line) {
		__asm__ volatile("dc cvac, %0" ::"r"(a) : "memory");
	}
	__asm__ volatile("dsb sy" ::: "memory");
}

void arch_dcache_inval(void *p, size_t n)
{
	uintptr_t end = (uintptr_t)p + n, line = line_size(16);

	/* Clean as well: a line shared with a neighbour must not lose the neighbour's bytes. */
	for (uintptr_t a = ALIGN_DOWN((uintptr_t)p, line); a < end; a += line) {
		__asm__ volatile("dc civac, %0" ::"r"(a) : "memory");
	}
	__asm__ volatile("dsb sy" ::: "memory");
}
