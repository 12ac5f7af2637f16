/* SPDX-License-Identifier: MIT */
/* Leaving one stack for another, for signals and <ucontext.h>. Each function in a section of its own:
 * images that use none carry none. Spec: AAPCS64 6.1 (callee-saved registers). */
#include <arch/offsets.h>

#define UC_MCONTEXT 48			/* libc/ucontext.c asserts it */

	.macro	function name
	.section .text.\name, "ax"
	.balign	4
	.global	\name
	.type	\name, %function
\name:
	.endm

/* What a call preserves, into the ucontext_t at x0; it will seem to return 0. */
	.macro	save_context
	add	x2, x0, #UC_MCONTEXT
	str	xzr, [x2, #CONTEXT_X]
	stp	x19, x20, [x2, #CONTEXT_X + 8 * 19]
	stp	x21, x22, [x2, #CONTEXT_X + 8 * 21]
	stp	x23, x24, [x2, #CONTEXT_X + 8 * 23]
	stp	x25, x26, [x2, #CONTEXT_X + 8 * 25]
	stp	x27, x28, [x2, #CONTEXT_X + 8 * 27]
	stp	x29, x30, [x2, #CONTEXT_X + 8 * 29]
	mov	x3, sp
	stp	x3, x30, [x2, #CONTEXT_SP]	/* sp, pc */
	mrs	x3, fpcr
	str	x3, [x2, #CONTEXT_FPCR]
	add	x2, x2, #CONTEXT_Q
	stp	q8, q9, [x2, #16 * 8]
	stp	q10, q11, [x2, #16 * 10]
	stp	q12, q13, [x2, #16 * 12]
	stp	q14, q15, [x2, #16 * 14]
	.endm

function getcontext			/* x0 = ucontext_t * */
	save_context
	b	context_saved
	.size	getcontext, . - getcontext

function swapcontext			/* x0 = where to, x1 = where from */
	save_context
	b	context_swap
	.size	swapcontext, . - swapcontext

function arch_context_load		/* x0 = mcontext_t *, x1 = interrupt state */
	add	x2, x0, #CONTEXT_Q
	ldp	q8, q9, [x2, #16 * 8]
	ldp	q10, q11, [x2, #16 * 10]
	ldp	q12, q13, [x2, #16 * 12]
	ldp	q14, q15, [x2, #16 * 14]
	ldr	x3, [x0, #CONTEXT_FPCR]
	msr	fpcr, x3
	ldp	x19, x20, [x0, #CONTEXT_X + 8 * 19]
	ldp	x21, x22, [x0, #CONTEXT_X + 8 * 21]
	ldp	x23, x24, [x0, #CONTEXT_X + 8 * 23]
	ldp	x25, x26, [x0, #CONTEXT_X + 8 * 25]
	ldp	x27, x28, [x0, #CONTEXT_X + 8 * 27]
	ldp	x29, x30, [x0, #CONTEXT_X + 8 * 29]
	ldp	x3, x16, [x0, #CONTEXT_SP]
	mov	sp, x3
	mov	x17, x1
	ldp	x2, x3, [x0, #CONTEXT_X + 8 * 2]
	ldp	x4, x5, [x0, #CONTEXT_X + 8 * 4]
	ldp	x6, x7, [x0, #CONTEXT_X + 8 * 6]
	ldp	x0, x1, [x0, #CONTEXT_X]
	msr	daif, x17
	br	x16
	.size	arch_context_load, . - arch_context_load

/* Where the function of makecontext() returns to; x19 = ucontext_t *. */
function arch_context_end
	mov	x0, x19
	bl	context_ended
	.size	arch_context_end, . - arch_context_end

function arch_call_on			/* x0 = top, x1 = fn, x2 = arg, x3 = interrupt state */
	stp	x29, x30, [sp, #-16]!
	mov	x29, sp
	mov	sp, x0
	mov	x0, x2
	msr	daif, x3
	blr	x1
	msr	daifset, #2
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	ret
	.size	arch_call_on, . - arch_call_on

/* As newlib's longjmp(), whose jmp_buf is x19 to x30, sp, d8 to d15. */
function arch_longjmp			/* x0 = jmp_buf, w1 = value, x2 = interrupt state */
	ldp	x19, x20, [x0]
	ldp	x21, x22, [x0, #16]
	ldp	x23, x24, [x0, #32]
	ldp	x25, x26, [x0, #48]
	ldp	x27, x28, [x0, #64]
	ldp	x29, x30, [x0, #80]
	ldr	x3, [x0, #96]
	ldp	d8, d9, [x0, #112]
	ldp	d10, d11, [x0, #128]
	ldp	d12, d13, [x0, #144]
	ldp	d14, d15, [x0, #160]
	mov	sp, x3
	cmp	w1, #0
	cinc	w0, w1, eq
	msr	daif, x2
	br	x30
	.size	arch_longjmp, . - arch_longjmp
