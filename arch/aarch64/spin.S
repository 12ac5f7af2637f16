/* SPDX-License-Identifier: MIT */
/* CPUs that spin until there is an address in their word of memory.
 * Spec: Linux Documentation/arm64/booting.rst; Arm ARM (DDI 0487) D5.2.9 (the MMU off: no caches). */
	.section .text.arch_spin_entry, "ax"
	.global	arch_spin_entry
arch_spin_entry:			/* of such a CPU; MMU off */
	adrp	x1, arch_spin_start
	add	x1, x1, :lo12:arch_spin_start
	ldp	x2, x0, [x1]
	br	x2

/* The word often lies in page 0, which is never mapped. What runs here is mapped one to one. */
	.section .text.arch_spin_release, "ax"
	.global	arch_spin_release
arch_spin_release:
	mrs	x2, daif
	msr	daifset, #0xf
	dsb	sy			/* what it is to find is in memory */
	mrs	x3, sctlr_el1
	bic	x4, x3, #1		/* M */
	msr	sctlr_el1, x4
	isb
	str	x1, [x0]
	dsb	sy
	msr	sctlr_el1, x3
	isb
	sev
	msr	daif, x2
	ret

	.section .bss.arch_spin_start, "aw", @nobits
	.balign	16
	.global	arch_spin_start
arch_spin_start:
	.skip	16
