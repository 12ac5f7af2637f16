/* SPDX-License-Identifier: MIT */
/* The image as an EFI application: the first steps, and the last one, to the copy that stays.
 * Spec: UEFI 2.10, 2.3.6; Arm ARM (DDI 0487) D7.5 cache maintenance, D13 SCTLR. */

	.section .head.text, "ax"
/* efi_entry(image handle, system table): the firmware's stack, MMU and caches on. */
	.global	efi_entry
efi_entry:
	stp	x29, x30, [sp, #-32]!
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	adrp	x0, _image_start
	ldr	x1, =IMAGE_BASE
	sub	x0, x0, x1
	bl	relocate
	adrp	x0, _bss_start
	add	x0, x0, :lo12:_bss_start
	mov	w1, #0
	adrp	x2, _bss_end
	add	x2, x2, :lo12:_bss_end
	sub	x2, x2, x0
	bl	memset
	ldp	x0, x1, [sp, #16]
	bl	efi_main
	ldp	x29, x30, [sp], #32
	ret

/* arch_efi_leave(image, size, tree, cpu): what was written with the caches on must be in memory when they are
 * off, and so must the code that turns them off. */
	.global	arch_efi_leave
arch_efi_leave:
	msr	daifset, #0xf
	mrs	x4, ctr_el0
	ubfx	x4, x4, #16, #4
	mov	x5, #4
	lsl	x4, x5, x4		/* smallest data cache line, bytes */
	sub	x5, x4, #1
	add	x1, x0, x1
	bic	x6, x0, x5
1:	dc	civac, x6
	add	x6, x6, x4
	cmp	x6, x1
	b.lo	1b
	adr	x6, arch_efi_leave
	bic	x6, x6, x5
	adr	x1, leave_end
1:	dc	civac, x6
	add	x6, x6, x4
	cmp	x6, x1
	b.lo	1b
	dsb	sy
	msr	cntv_ctl_el0, xzr
	msr	cntp_ctl_el0, xzr
	mov	x5, #0x1005		/* SCTLR: I, C, M */
	mrs	x6, CurrentEL
	cmp	x6, #(2 << 2)
	b.eq	2f
	mrs	x6, sctlr_el1
	bic	x6, x6, x5
	msr	sctlr_el1, x6
	b	3f
2:	mrs	x6, sctlr_el2
	bic	x6, x6, x5
	msr	sctlr_el2, x6
3:	isb
	ic	iallu
	dsb	nsh
	isb
	mov	x4, x0
	mov	x0, x2
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x4
leave_end:
	.ltorg
