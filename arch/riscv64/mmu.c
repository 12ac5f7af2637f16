/* SPDX-License-Identifier: MIT */
/* Turning translation on, and keeping TLBs and caches honest. No policy.
 * Spec: RISC-V Privileged Architecture 1.12, 4.1.11, 4.2.1. */
#include <arch/fw.h>
#include <kernel/arch.h>
#include <kernel/cpu.h>

#define SBI_RFENCE	  0x52464E43 /* "RFNC" */
#define RFENCE_FENCE_I	  0
#define RFENCE_SFENCE_VMA 1
#define LEGACY_FENCE_I	  5
#define LEGACY_SFENCE_VMA 6

#define SATP_SV39 (8UL << 60)
#define SATP_SV48 (9UL << 60)

void arch_mmu_on(paddr_t root)
{
	pte_t low = *(volatile pte_t *)root;

	/* WARL: a mode the hart does not have leaves satp as it was (off). */
	csr_write(satp, SATP_SV48 | root >> PAGE_SHIFT);
	if (csr_read(satp) >> 60 == 0) {
		csr_write(satp, SATP_SV39 | pte_pa(low) >> PAGE_SHIFT);
	}
	__asm__ volatile("sfence.vma" ::: "memory");
}

paddr_t arch_address_top(void)
{
	/* The lower, positive half of the address space. */
	return csr_read(satp) >> 60 == SATP_SV48 >> 60 ? 1UL << 47 : 1UL << 38;
}

void arch_pte_replace(pte_t *e, pte_t to)
{
	/* 4.2.1: both the old and the new entry translate alike, so either may be used until the fence. */
	*(volatile pte_t *)e = to;
	__asm__ volatile("sfence.vma" ::: "memory");
}

/* The same on every other hart: extension RFENCE (SBI 2.0, 8), or the legacy calls (5.6, 5.7), of which a
 * null mask means all harts. */
static void remote_fence(unsigned long fid, unsigned long legacy, uintptr_t va, size_t size)
{
	if (cpu_count > 1 && arch_sbi4(SBI_RFENCE, fid, 0, -1UL, va, size).error != 0) {
		arch_sbi(legacy, 0, 0, va, size);
	}
}

static void local_flush(uintptr_t va, size_t size)
{
	if (size > 64 * PAGE_SIZE) {
		__asm__ volatile("sfence.vma" ::: "memory");
		return;
	}
	for (uintptr_t a = va; a < va + size; a += PAGE_SIZE) {
		__asm__ volatile("sfence.vma %0" ::"r"(a) : "memory");
	}
}

void arch_tlb_flush(uintptr_t va, size_t size)
{
	local_flush(va, size);
	remote_fence(RFENCE_SFENCE_VMA, LEGACY_SFENCE_VMA, va, size);
}

void arch_icache_sync(void *p, size_t n)
{
	(void)p;
	(void)n;
	/* The other harts must see the stores before their own fence. */
	__asm__ volatile("fence rw, rw\n\tfence.i" ::: "memory");
	remote_fence(RFENCE_FENCE_I, LEGACY_FENCE_I, 0, 0);
}

/* What __builtin___clear_cache() calls; @flags ask for less than this does. */
int __riscv_flush_icache(void *start, void *end, unsigned long flags);

int __riscv_flush_icache(void *start, void *end, unsigned long flags)
{
	(void)flags;
	arch_icache_sync(start, (size_t)((char *)end - (char *)start));
	return 0;
}

/* DMA is coherent on every supported machine; Zicbom machines are not among them yet. */
void arch_dcache_clean(void *p, size_t n)
{
	(void)p;
	(void)n;
}

void arch_dcache_inval(void *p, size_t n)
{
	(void)p;
	(void)n;
}
