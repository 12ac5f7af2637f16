/* SPDX-License-Identifier: MIT */
/* Leaving one stack for another, for signals and <ucontext.h>. Each function in a section of its own:
 * images that use none carry none. Spec: RISC-V ELF psABI 1.0 (callee-saved registers). */
#include <arch/offsets.h>

#define UC_MCONTEXT 48			/* libc/ucontext.c asserts it */

	.macro	function name
	.section .text.\name, "ax"
	.balign	4
	.global	\name
	.type	\name, %function
\name:
	.endm

/* What a call preserves, into the ucontext_t at a0; it will seem to return 0. */
	.macro	save_context
	addi	t0, a0, UC_MCONTEXT
	sd	ra, 0(t0)		/* pc */
	sd	ra, 8(t0)
	sd	sp, 16(t0)
	sd	s0, 64(t0)
	sd	s1, 72(t0)
	sd	zero, 80(t0)
	sd	s2, 144(t0)
	sd	s3, 152(t0)
	sd	s4, 160(t0)
	sd	s5, 168(t0)
	sd	s6, 176(t0)
	sd	s7, 184(t0)
	sd	s8, 192(t0)
	sd	s9, 200(t0)
	sd	s10, 208(t0)
	sd	s11, 216(t0)
	fsd	fs0, CONTEXT_F + 64(t0)
	fsd	fs1, CONTEXT_F + 72(t0)
	fsd	fs2, CONTEXT_F + 144(t0)
	fsd	fs3, CONTEXT_F + 152(t0)
	fsd	fs4, CONTEXT_F + 160(t0)
	fsd	fs5, CONTEXT_F + 168(t0)
	fsd	fs6, CONTEXT_F + 176(t0)
	fsd	fs7, CONTEXT_F + 184(t0)
	fsd	fs8, CONTEXT_F + 192(t0)
	fsd	fs9, CONTEXT_F + 200(t0)
	fsd	fs10, CONTEXT_F + 208(t0)
	fsd	fs11, CONTEXT_F + 216(t0)
	frcsr	t1
	sd	t1, CONTEXT_F + 256(t0)
	.endm

function getcontext			/* a0 = ucontext_t * */
	save_context
	tail	context_saved
	.size	getcontext, . - getcontext

function swapcontext			/* a0 = where to, a1 = where from */
	save_context
	tail	context_swap
	.size	swapcontext, . - swapcontext

function arch_context_load		/* a0 = mcontext_t *, a1 = interrupt state */
	fld	fs0, CONTEXT_F + 64(a0)
	fld	fs1, CONTEXT_F + 72(a0)
	fld	fs2, CONTEXT_F + 144(a0)
	fld	fs3, CONTEXT_F + 152(a0)
	fld	fs4, CONTEXT_F + 160(a0)
	fld	fs5, CONTEXT_F + 168(a0)
	fld	fs6, CONTEXT_F + 176(a0)
	fld	fs7, CONTEXT_F + 184(a0)
	fld	fs8, CONTEXT_F + 192(a0)
	fld	fs9, CONTEXT_F + 200(a0)
	fld	fs10, CONTEXT_F + 208(a0)
	fld	fs11, CONTEXT_F + 216(a0)
	ld	t0, CONTEXT_F + 256(a0)
	fscsr	t0
	andi	t1, a1, 2
	ld	t0, 0(a0)		/* pc */
	ld	ra, 8(a0)
	ld	sp, 16(a0)
	ld	s0, 64(a0)
	ld	s1, 72(a0)
	ld	s2, 144(a0)
	ld	s3, 152(a0)
	ld	s4, 160(a0)
	ld	s5, 168(a0)
	ld	s6, 176(a0)
	ld	s7, 184(a0)
	ld	s8, 192(a0)
	ld	s9, 200(a0)
	ld	s10, 208(a0)
	ld	s11, 216(a0)
	ld	a1, 88(a0)
	ld	a2, 96(a0)
	ld	a3, 104(a0)
	ld	a4, 112(a0)
	ld	a5, 120(a0)
	ld	a6, 128(a0)
	ld	a7, 136(a0)
	ld	a0, 80(a0)
	csrs	sstatus, t1		/* the state's only bit that counts: SIE */
	jr	t0
	.size	arch_context_load, . - arch_context_load

/* Where the function of makecontext() returns to; s1 = ucontext_t *. */
function arch_context_end
	mv	a0, s1
	call	context_ended
	.size	arch_context_end, . - arch_context_end

function arch_call_on			/* a0 = top, a1 = fn, a2 = arg, a3 = interrupt state */
	addi	sp, sp, -16
	sd	ra, 8(sp)
	sd	s0, 0(sp)
	addi	s0, sp, 16
	mv	sp, a0
	mv	a0, a2
	andi	a3, a3, 2
	csrs	sstatus, a3
	jalr	a1
	csrci	sstatus, 2
	addi	sp, s0, -16
	ld	ra, 8(sp)
	ld	s0, 0(sp)
	addi	sp, sp, 16
	ret
	.size	arch_call_on, . - arch_call_on

/* As newlib's longjmp(), whose jmp_buf is ra, s0 to s11, sp, fs0 to fs11. */
function arch_longjmp			/* a0 = jmp_buf, a1 = value, a2 = interrupt state */
	ld	ra, 0(a0)
	ld	s0, 8(a0)
	ld	s1, 16(a0)
	ld	s2, 24(a0)
	ld	s3, 32(a0)
	ld	s4, 40(a0)
	ld	s5, 48(a0)
	ld	s6, 56(a0)
	ld	s7, 64(a0)
	ld	s8, 72(a0)
	ld	s9, 80(a0)
	ld	s10, 88(a0)
	ld	s11, 96(a0)
	ld	sp, 104(a0)
	fld	fs0, 112(a0)
	fld	fs1, 120(a0)
	fld	fs2, 128(a0)
	fld	fs3, 136(a0)
	fld	fs4, 144(a0)
	fld	fs5, 152(a0)
	fld	fs6, 160(a0)
	fld	fs7, 168(a0)
	fld	fs8, 176(a0)
	fld	fs9, 184(a0)
	fld	fs10, 192(a0)
	fld	fs11, 200(a0)
	seqz	a0, a1
	add	a0, a0, a1
	andi	a2, a2, 2
	csrs	sstatus, a2
	ret
	.size	arch_longjmp, . - arch_longjmp

/* f0 to f31 and fcsr, to and from memory. */
function context_fp_save		/* a0 = double[32], fcsr */
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fsd	f\n, 8 * \n(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fsd	f\n, 8 * \n(a0)
	.endr
	frcsr	t0
	sd	t0, 256(a0)
	ret
	.size	context_fp_save, . - context_fp_save

function context_fp_load
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	fld	f\n, 8 * \n(a0)
	.endr
	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	fld	f\n, 8 * \n(a0)
	.endr
	ld	t0, 256(a0)
	fscsr	t0
	ret
	.size	context_fp_load, . - context_fp_load
