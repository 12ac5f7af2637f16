/* SPDX-License-Identifier: MIT */
/* Image header and the way from the loader to kernel_main(): stack, BSS, relocation, MMU.
 * Spec: Linux Documentation/arch/riscv/boot.rst and boot-image-header.rst. */
#include <arch/offsets.h>

	.section .head, "ax"
	.global	_image_start
_image_start:
	c.li	s4, -13			/* does nothing; its bytes, "MZ", begin an EFI application, too */
	.option	push
	.option	norvc
	j	entry
	.short	0
	.quad	0x200000		/* text_offset: a 2 MiB boundary above the firmware */
	.quad	_image_end - _image_start
	.quad	0			/* little endian */
	.word	2			/* header version 0.2 */
	.word	0
	.quad	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	pe_offset - pe_zero	/* 0 without boot/header.S */
	.option	pop

	.section .head.text, "ax"

/* s0 is the frame pointer; s1 counter at entry, s2 device tree, s3 hart id, s4 page table */
entry:
	csrw	sie, zero
	csrw	sip, zero
	csrci	sstatus, 2
	rdtime	s1
	mv	s2, a1
	mv	s3, a0
	csrw	satp, zero
	sfence.vma
	/* Firmware without HSM lets every hart in: the first one boots, the rest sleep. */
	la	t0, boot_lottery
	li	t1, 1
	amoadd.w t1, t1, (t0)
	bnez	t1, misled
	la	sp, boot_stack_top
	li	s0, 0
	li	ra, 0

	la	t0, _bss_start		/* 64-byte aligned by the linker script */
	la	t1, _bss_end
1:	sd	zero, 0(t0)
	sd	zero, 8(t0)
	sd	zero, 16(t0)
	sd	zero, 24(t0)
	sd	zero, 32(t0)
	sd	zero, 40(t0)
	sd	zero, 48(t0)
	sd	zero, 56(t0)
	addi	t0, t0, 64
	bltu	t0, t1, 1b

	la	a0, _image_start
	li	a1, IMAGE_BASE
	sub	a0, a0, a1
	call	relocate
	mv	a0, s2
	call	pagetable_boot
	call	arch_mmu_on
	mv	a0, s2
	mv	a1, s3
	mv	a2, s1
	call	kernel_main
park:	wfi
	j	park

/* OpenSBI before 1.2 marks a hart as to be started before it notes where: one that looks just then begins
 * here. What it was to get was announced before. */
misled:
	la	t0, smp_announced
	ld	t1, 0(t0)
	bne	t1, s3, park
	fence	r, r
	ld	a1, 8(t0)

/* A further hart, started by the firmware with its struct smp_boot in a1. */
	.global	arch_smp_entry
arch_smp_entry:
	csrw	sie, zero
	csrw	sip, zero
	csrci	sstatus, 2
	csrw	satp, zero
	sfence.vma
	mv	s2, a1
	ld	sp, SMP_STACK(s2)
	li	s0, 0
	li	ra, 0
	ld	a0, SMP_ROOT(s2)
	call	arch_mmu_on
	ld	a0, SMP_CPU(s2)
	call	smp_main

	.section .data
	.balign	4
boot_lottery:
	.word	0
	.balign	8
	.global	smp_announced
smp_announced:				/* hart id, struct smp_boot */
	.quad	-1, 0

	.section .noinit, "aw", @nobits
	.balign	4096
	.global	boot_stack
boot_stack:
	.skip	8192
	.global	boot_stack_top
boot_stack_top:
	.skip	4096
	.global	boot_emergency_top
boot_emergency_top:
