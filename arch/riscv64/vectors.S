/* SPDX-License-Identifier: MIT */
/* Trap entry and exit. sscratch holds the current thread; a frame goes on the interrupted
 * thread's stack when that has room, else on the CPU's emergency stack.
 * Spec: RISC-V Privileged Architecture 1.12, 4.1. */
#include <arch/offsets.h>

/* x1 to x31 but sp (2), t0 (5) and t1 (6), which the entry stores itself. */
	.macro	save_rest
	sd	x1, 8(sp)
	sd	x3, 24(sp)
	sd	x4, 32(sp)
	sd	x7, 56(sp)
	sd	x8, 64(sp)
	sd	x9, 72(sp)
	sd	x10, 80(sp)
	sd	x11, 88(sp)
	sd	x12, 96(sp)
	sd	x13, 104(sp)
	sd	x14, 112(sp)
	sd	x15, 120(sp)
	sd	x16, 128(sp)
	sd	x17, 136(sp)
	sd	x18, 144(sp)
	sd	x19, 152(sp)
	sd	x20, 160(sp)
	sd	x21, 168(sp)
	sd	x22, 176(sp)
	sd	x23, 184(sp)
	sd	x24, 192(sp)
	sd	x25, 200(sp)
	sd	x26, 208(sp)
	sd	x27, 216(sp)
	sd	x28, 224(sp)
	sd	x29, 232(sp)
	sd	x30, 240(sp)
	sd	x31, 248(sp)
	.endm

	.section .text.vectors, "ax"
	.balign	4
	.global	arch_vectors
arch_vectors:
	csrrw	t0, sscratch, t0	/* t0 = thread, sscratch = its t0 */
	sd	t1, THREAD_SCRATCH(t0)
	sd	t2, THREAD_SCRATCH+8(t0)
	addi	t1, sp, -FRAME_SIZE
	ld	t2, THREAD_STACK_LO(t0)
	bltu	t1, t2, no_room
	ld	t2, THREAD_STACK_HI(t0)
	bgtu	sp, t2, no_room
	ld	t2, THREAD_SCRATCH+8(t0)
	sd	sp, 16(t1)
	mv	sp, t1
	ld	t1, THREAD_SCRATCH(t0)
	sd	t1, 48(sp)
	csrrw	t0, sscratch, t0
	sd	t0, 40(sp)
	save_rest
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, scause
	sd	t0, FRAME_PC(sp)
	sd	t1, FRAME_PC+8(sp)
	sd	t2, FRAME_PC+16(sp)
	sd	s0, FRAME_RECORD(sp)
	sd	t0, FRAME_RECORD+8(sp)
	addi	s0, sp, FRAME_RECORD+16
	bgez	t2, synchronous
	mv	a0, sp
	call	irq_entry

/* Back to what the frame at sp says. */
leave:
	ld	t0, FRAME_PC(sp)
	ld	t1, FRAME_PC+8(sp)
	csrw	sepc, t0
	csrr	t2, sstatus		/* FS is the CPU's, not the frame's: arch_switch() moves it */
	li	t0, 0x6000
	and	t2, t2, t0
	not	t0, t0
	and	t1, t1, t0
	or	t1, t1, t2
	csrw	sstatus, t1
	ld	x1, 8(sp)
	ld	x3, 24(sp)
	ld	x4, 32(sp)
	ld	x5, 40(sp)
	ld	x6, 48(sp)
	ld	x7, 56(sp)
	ld	x8, 64(sp)
	ld	x9, 72(sp)
	ld	x10, 80(sp)
	ld	x11, 88(sp)
	ld	x12, 96(sp)
	ld	x13, 104(sp)
	ld	x14, 112(sp)
	ld	x15, 120(sp)
	ld	x16, 128(sp)
	ld	x17, 136(sp)
	ld	x18, 144(sp)
	ld	x19, 152(sp)
	ld	x20, 160(sp)
	ld	x21, 168(sp)
	ld	x22, 176(sp)
	ld	x23, 184(sp)
	ld	x24, 192(sp)
	ld	x25, 200(sp)
	ld	x26, 208(sp)
	ld	x27, 216(sp)
	ld	x28, 224(sp)
	ld	x29, 232(sp)
	ld	x30, 240(sp)
	ld	x31, 248(sp)
	ld	sp, 16(sp)
	sret

synchronous:
	csrr	t0, stval
	sd	t0, FRAME_PC+24(sp)
	mv	a0, sp
	call	trap_sync		/* returns when a signal handler took care of it */
	j	leave

/* t0 = thread, its own t0 in sscratch, t1 and t2 in scratch[]. */
no_room:
	ld	t1, THREAD_EMERGENCY(t0)
	addi	t1, t1, -FRAME_SIZE
	sd	sp, 16(t1)
	mv	sp, t1
	ld	t1, THREAD_SCRATCH(t0)
	sd	t1, 48(sp)
	ld	t2, THREAD_SCRATCH+8(t0)
	csrrw	t0, sscratch, t0
	sd	t0, 40(sp)
	save_rest
	csrr	t0, sepc
	csrr	t1, sstatus
	csrr	t2, scause
	sd	t0, FRAME_PC(sp)
	sd	t1, FRAME_PC+8(sp)
	sd	t2, FRAME_PC+16(sp)
	csrr	t0, stval
	sd	t0, FRAME_PC+24(sp)
	sd	s0, FRAME_RECORD(sp)
	addi	s0, sp, FRAME_RECORD+16
	mv	a0, sp
	call	trap_emergency		/* returns a copy of the frame, on an alternate stack */
	mv	sp, a0
	addi	s0, sp, FRAME_RECORD+16
	call	trap_overflow
	j	leave
