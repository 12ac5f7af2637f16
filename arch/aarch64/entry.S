/* SPDX-License-Identifier: MIT */
/* Image header and the way from the loader to kernel_main(): EL1, stack, BSS, relocation, MMU.
 * Spec: Linux Documentation/arm64/booting.rst; Arm ARM (DDI 0487) D1. */
#include <arch/offsets.h>

#define SCTLR_RES1 0x30d00800

	.section .head, "ax"
	.global	_image_start
_image_start:
	ccmp	x18, #0, #0xd, pl	/* does nothing; its bytes, "MZ", begin an EFI application, too */
	b	entry
	.quad	0			/* text_offset: any 2 MiB boundary */
	.quad	_image_size
	.quad	0xa			/* little endian, 4 KiB pages, anywhere in RAM */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	pe_offset		/* 0 without boot/header.S */

	.section .head.text, "ax"
/* x19 counter at entry, x20 device tree, x21 page table */
entry:
	mov	x20, x0
	mrs	x0, CurrentEL
	cmp	x0, #(2 << 2)
	b.ne	at_el1
	bl	leave_el2
at_el1:
	/* QEMU starts an ELF, unlike an Image, without a tree in x0: it then lies at the base of
	 * RAM, 2 MiB below where the ELF is linked to. */
	cbnz	x20, 1f
	adrp	x20, _image_start
	sub	x20, x20, #0x200000
1:
	isb
	mrs	x19, cntvct_el0
	ldr	x0, =SCTLR_RES1
	msr	sctlr_el1, x0		/* MMU and caches off, whatever the loader left */
	isb
	mov	x0, #(3 << 20)		/* CPACR_EL1.FPEN: the compiler uses SIMD registers anywhere */
	msr	cpacr_el1, x0
	msr	daifset, #0xf
	msr	spsel, #1
	adrp	x0, boot_emergency_top
	mov	sp, x0
	msr	spsel, #0		/* threads run on SP_EL0, so a trap finds a good stack in SP_EL1 */
	adrp	x0, boot_stack_top
	mov	sp, x0
	mov	x29, xzr
	mov	x30, xzr

	adrp	x0, _bss_start		/* 64-byte aligned by the linker script */
	add	x0, x0, :lo12:_bss_start
	adrp	x1, _bss_end
	add	x1, x1, :lo12:_bss_end
1:	stp	xzr, xzr, [x0]
	stp	xzr, xzr, [x0, #16]
	stp	xzr, xzr, [x0, #32]
	stp	xzr, xzr, [x0, #48]
	add	x0, x0, #64
	cmp	x0, x1
	b.lo	1b

	adrp	x0, _image_start
	ldr	x1, =IMAGE_BASE
	sub	x0, x0, x1
	bl	relocate
	mov	x0, x20
	bl	pagetable_boot
	mov	x21, x0

	/* What was written with the MMU off must not be shadowed by a stale line of the loader's. */
	adrp	x0, _rodata_start
	adrp	x1, _image_end
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x3, x3, x2		/* smallest data cache line, bytes */
1:	dc	ivac, x0
	add	x0, x0, x3
	cmp	x0, x1
	b.lo	1b
	dsb	sy

	mov	x0, x21
	bl	arch_mmu_on
	mov	x0, x20
	mrs	x1, mpidr_el1
	ldr	x2, =0xff00ffffff	/* affinity fields */
	and	x1, x1, x2
	mov	x2, x19
	bl	kernel_main
1:	wfi
	b	1b

/* A further CPU, started by the firmware with its struct smp_boot in x0. */
	.global	arch_smp_entry
arch_smp_entry:
	mov	x20, x0
	mrs	x0, CurrentEL
	cmp	x0, #(2 << 2)
	b.ne	1f
	bl	leave_el2
1:	ldr	x0, =SCTLR_RES1
	msr	sctlr_el1, x0
	isb
	mov	x0, #(3 << 20)
	msr	cpacr_el1, x0
	msr	daifset, #0xf
	msr	spsel, #1
	ldr	x0, [x20, #SMP_EMERGENCY]
	mov	sp, x0
	msr	spsel, #0
	ldr	x0, [x20, #SMP_STACK]
	mov	sp, x0
	mov	x29, xzr
	mov	x30, xzr
	ldr	x0, [x20, #SMP_ROOT]
	bl	arch_mmu_on		/* a leaf: no stack before the caches are on */
	ldr	x0, [x20, #SMP_CPU]
	bl	smp_main

/* Give EL1 the timer, the interrupt controller and floating point, and go there. */
leave_el2:
	mov	x0, #(1 << 31)		/* HCR_EL2.RW: EL1 is AArch64; no traps, no stage 2 */
	msr	hcr_el2, x0
	mov	x0, #3			/* CNTHCTL_EL2: physical counter and timer at EL1 */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	msr	vttbr_el2, xzr
	msr	hstr_el2, xzr
	msr	mdcr_el2, xzr
	mov	x0, #0x33ff		/* CPTR_EL2: RES1 bits; FP is not trapped */
	msr	cptr_el2, x0
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	mrs	x0, id_aa64pfr0_el1
	ubfx	x0, x0, #24, #4		/* GIC system registers */
	cbz	x0, 1f
	mrs	x0, S3_4_C12_C9_5	/* ICC_SRE_EL2 */
	mov	x1, #9			/* Enable | SRE */
	orr	x0, x0, x1
	msr	S3_4_C12_C9_5, x0
	isb
	msr	S3_4_C12_C11_0, xzr	/* ICH_HCR_EL2 */
1:	ldr	x0, =SCTLR_RES1
	msr	sctlr_el1, x0
	mov	x0, #0x3c5		/* SPSR_EL2: EL1h, DAIF masked */
	msr	spsr_el2, x0
	msr	elr_el2, x30
	eret
	.ltorg

	.section .noinit, "aw", @nobits
	.global	boot_stack
boot_stack:
	.skip	8192
	.global	boot_stack_top
boot_stack_top:
	.skip	4096
boot_emergency_top:
