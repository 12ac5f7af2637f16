/* SPDX-License-Identifier: MIT */
/* arch_switch() and a thread's first steps. Spec: AAPCS64 6.1 (callee-saved registers). */
#include <arch/offsets.h>

	.text
	.global	arch_switch
	.type	arch_switch, %function
arch_switch:				/* x0 = prev, x1 = next */
	sub	sp, sp, #176
	stp	x19, x20, [sp]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x2, fpcr
	str	x2, [sp, #160]
	mov	x2, sp
	str	x2, [x0, #THREAD_SP]
	ldr	x2, [x1, #THREAD_SP]
	ldr	x3, [x1, #THREAD_TLS]
	mov	sp, x2
	msr	tpidr_el1, x1
	msr	tpidr_el0, x3
	ldp	x19, x20, [sp]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	ldp	d8, d9, [sp, #96]
	ldp	d10, d11, [sp, #112]
	ldp	d12, d13, [sp, #128]
	ldp	d14, d15, [sp, #144]
	ldr	x2, [sp, #160]
	msr	fpcr, x2
	add	sp, sp, #176
	ret
	.size	arch_switch, . - arch_switch

	.global	thread_first
	.type	thread_first, %function
thread_first:				/* x19 = entry, x20 = argument, x29 = 0 */
	mov	x0, x20
	blr	x19
	brk	#1
	.size	thread_first, . - thread_first
