/* SPDX-License-Identifier: MIT */
/* Trap entry and exit. Threads run on SP_EL0; a trap arrives on SP_EL1, which always points at
 * the CPU's emergency stack, and moves to the thread's own stack once that is seen to have
 * room. Spec: Arm ARM (DDI 0487) D1.3. */
#include <arch/offsets.h>

	.macro	vector target, kind
	.balign	128
	stp	x0, x1, [sp, #-16]!
	mov	x1, #\kind
	b	\target
	.endm

	.section .text.vectors, "ax"
	.balign	2048
	.global	arch_vectors
arch_vectors:
	/* From a thread (SP_EL0). */
	.balign	128
	stp	x0, x1, [sp, #-16]!
	b	thread_sync
	.balign	128
	stp	x0, x1, [sp, #-16]!
	b	thread_irq
	vector	emergency, 2		/* FIQ: no group 0 interrupt is ever enabled */
	vector	emergency, 3		/* SError */
	/* From the emergency stack: a fault in the fault handler. */
	vector	emergency, 0
	vector	emergency, 1
	vector	emergency, 2
	vector	emergency, 3
	/* From a lower exception level: there is none. */
	.rept	8
	vector	emergency, 4
	.endr

/* All registers into the frame at x0, sp_el0 in x2 on return; x0, x1 come from the stack. */
	.macro	save_rest
	stp	x2, x3, [x0, #16]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	mrs	x2, sp_el0
	stp	x30, x2, [x0, #240]
	mrs	x2, elr_el1
	mrs	x3, spsr_el1
	stp	x2, x3, [x0, #FRAME_PC]
	stp	x29, x2, [x0, #FRAME_RECORD]
	mrs	x2, fpcr
	mrs	x3, fpsr
	stp	x2, x3, [x0, #FRAME_FPCR]
	add	x2, x0, #FRAME_Q
	st1	{v0.2d-v3.2d}, [x2], #64
	st1	{v4.2d-v7.2d}, [x2], #64
	st1	{v8.2d-v11.2d}, [x2], #64
	st1	{v12.2d-v15.2d}, [x2], #64
	st1	{v16.2d-v19.2d}, [x2], #64
	st1	{v20.2d-v23.2d}, [x2], #64
	st1	{v24.2d-v27.2d}, [x2], #64
	st1	{v28.2d-v31.2d}, [x2], #64
	ldp	x2, x3, [sp], #16	/* x0 and x1 of the thread */
	stp	x2, x3, [x0]
	add	x29, x0, #FRAME_RECORD
	.endm

/* x0 = where the frame goes on the thread's stack; to stack_overflow when it has no room, or when that is not
 * the stack whose bounds we know. */
	.macro	find_frame
	mrs	x0, sp_el0
	mrs	x1, tpidr_el1
	ldr	x1, [x1, #THREAD_STACK_HI]
	cmp	x0, x1
	mov	x1, #5
	b.hi	emergency
	sub	x0, x0, #FRAME_SIZE
	mrs	x1, tpidr_el1
	ldr	x1, [x1, #THREAD_STACK_LO]
	cmp	x0, x1
	mov	x1, #5
	b.lo	emergency
	.endm

thread_irq:
	find_frame
	save_rest
	msr	spsel, #0
	mov	sp, x0
	bl	irq_entry		/* x0: the frame */

/* Back to what the frame at sp says. */
leave:
	mov	x0, sp
	add	x1, x0, #FRAME_Q
	ld1	{v0.2d-v3.2d}, [x1], #64
	ld1	{v4.2d-v7.2d}, [x1], #64
	ld1	{v8.2d-v11.2d}, [x1], #64
	ld1	{v12.2d-v15.2d}, [x1], #64
	ld1	{v16.2d-v19.2d}, [x1], #64
	ld1	{v20.2d-v23.2d}, [x1], #64
	ld1	{v24.2d-v27.2d}, [x1], #64
	ld1	{v28.2d-v31.2d}, [x1], #64
	ldp	x1, x2, [x0, #FRAME_FPCR]
	msr	fpcr, x1
	msr	fpsr, x2
	ldp	x1, x2, [x0, #FRAME_PC]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldp	x30, x1, [x0, #240]
	mov	sp, x1			/* a signal handler may have changed it */
	ldp	x0, x1, [x0]
	eret

thread_sync:
	find_frame
	save_rest
	msr	spsel, #0
	mov	sp, x0
	bl	trap_sync		/* returns when a signal handler took care of it */
	b	leave

/* Something that cannot go on the thread's stack; x1 says what. Ends the machine, unless it is a stack
 * overflow that a signal handler takes care of on an alternate stack. */
emergency:
	mov	x0, sp
	and	x0, x0, #-16
	sub	x0, x0, #FRAME_SIZE
	save_rest			/* leaves x1 alone */
	mov	sp, x0
	bl	trap_emergency		/* returns a copy of the frame, on that stack */
	add	sp, sp, #(FRAME_SIZE + 16)	/* empty again */
	msr	spsel, #0
	mov	sp, x0
	add	x29, x0, #FRAME_RECORD
	bl	trap_overflow
	b	leave
