/* SPDX-License-Identifier: MIT */
/* arch_switch() and a thread's first steps. Floating point moves only for threads that use it:
 * sstatus.FS tells. Spec: RISC-V ELF psABI 1.0 (callee-saved registers); Privileged 3.1.6.6. */
#include <arch/offsets.h>

	.text
	.global	arch_switch
	.type	arch_switch, %function
arch_switch:				/* a0 = prev, a1 = next */
	addi	sp, sp, -112
	sd	ra, 0(sp)
	sd	s0, 8(sp)
	sd	s1, 16(sp)
	sd	s2, 24(sp)
	sd	s3, 32(sp)
	sd	s4, 40(sp)
	sd	s5, 48(sp)
	sd	s6, 56(sp)
	sd	s7, 64(sp)
	sd	s8, 72(sp)
	sd	s9, 80(sp)
	sd	s10, 88(sp)
	sd	s11, 96(sp)
	csrr	t0, sstatus
	bgez	t0, 1f			/* SD: something is Dirty, and that is FS */
	addi	t3, a0, THREAD_F
	fsd	f0, 0(t3)
	fsd	f1, 8(t3)
	fsd	f2, 16(t3)
	fsd	f3, 24(t3)
	fsd	f4, 32(t3)
	fsd	f5, 40(t3)
	fsd	f6, 48(t3)
	fsd	f7, 56(t3)
	fsd	f8, 64(t3)
	fsd	f9, 72(t3)
	fsd	f10, 80(t3)
	fsd	f11, 88(t3)
	fsd	f12, 96(t3)
	fsd	f13, 104(t3)
	fsd	f14, 112(t3)
	fsd	f15, 120(t3)
	fsd	f16, 128(t3)
	fsd	f17, 136(t3)
	fsd	f18, 144(t3)
	fsd	f19, 152(t3)
	fsd	f20, 160(t3)
	fsd	f21, 168(t3)
	fsd	f22, 176(t3)
	fsd	f23, 184(t3)
	fsd	f24, 192(t3)
	fsd	f25, 200(t3)
	fsd	f26, 208(t3)
	fsd	f27, 216(t3)
	fsd	f28, 224(t3)
	fsd	f29, 232(t3)
	fsd	f30, 240(t3)
	fsd	f31, 248(t3)
	frcsr	t2
	sd	t2, 256(t3)
	li	t2, 1
	sd	t2, THREAD_FP_USED(a0)
1:	sd	sp, THREAD_SP(a0)
	ld	t0, THREAD_EMERGENCY(a0)
	sd	t0, THREAD_EMERGENCY(a1)	/* it is the CPU's, and the thread may have run on another */
	ld	sp, THREAD_SP(a1)
	ld	tp, THREAD_TLS(a1)
	csrw	sscratch, a1
	ld	t2, THREAD_FP_USED(a1)
	fscsr	zero			/* rounding mode of a thread that has not used any yet */
	beqz	t2, 2f
	addi	t3, a1, THREAD_F
	fld	f0, 0(t3)
	fld	f1, 8(t3)
	fld	f2, 16(t3)
	fld	f3, 24(t3)
	fld	f4, 32(t3)
	fld	f5, 40(t3)
	fld	f6, 48(t3)
	fld	f7, 56(t3)
	fld	f8, 64(t3)
	fld	f9, 72(t3)
	fld	f10, 80(t3)
	fld	f11, 88(t3)
	fld	f12, 96(t3)
	fld	f13, 104(t3)
	fld	f14, 112(t3)
	fld	f15, 120(t3)
	fld	f16, 128(t3)
	fld	f17, 136(t3)
	fld	f18, 144(t3)
	fld	f19, 152(t3)
	fld	f20, 160(t3)
	fld	f21, 168(t3)
	fld	f22, 176(t3)
	fld	f23, 184(t3)
	fld	f24, 192(t3)
	fld	f25, 200(t3)
	fld	f26, 208(t3)
	fld	f27, 216(t3)
	fld	f28, 224(t3)
	fld	f29, 232(t3)
	fld	f30, 240(t3)
	fld	f31, 248(t3)
	ld	t2, 256(t3)
	fscsr	t2
2:	li	t2, 0x2000		/* Dirty to Clean: what is in memory is the truth */
	csrc	sstatus, t2
	ld	ra, 0(sp)
	ld	s0, 8(sp)
	ld	s1, 16(sp)
	ld	s2, 24(sp)
	ld	s3, 32(sp)
	ld	s4, 40(sp)
	ld	s5, 48(sp)
	ld	s6, 56(sp)
	ld	s7, 64(sp)
	ld	s8, 72(sp)
	ld	s9, 80(sp)
	ld	s10, 88(sp)
	ld	s11, 96(sp)
	addi	sp, sp, 112
	ret
	.size	arch_switch, . - arch_switch

	.global	thread_first
	.type	thread_first, %function
thread_first:				/* s1 = entry, s2 = argument, s0 = 0 */
	mv	a0, s2
	jalr	s1
	ebreak
	.size	thread_first, . - thread_first
