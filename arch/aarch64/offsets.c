/* SPDX-License-Identifier: MIT */
/* Offsets for assembly: compiled to text, turned into <arch/offsets.h> by the build. */
#include <kernel/cpu.h>

#define EMIT(name, value) __asm__ volatile("\n.ascii \"-> " #name " %0\"" ::"i"(value))

void offsets(void);

void offsets(void)
{
	EMIT(THREAD_SP, offsetof(struct thread, arch.sp));
	EMIT(THREAD_TLS, offsetof(struct thread, arch.tls));
	EMIT(THREAD_STACK_LO, offsetof(struct thread, arch.stack_lo));
	EMIT(THREAD_STACK_HI, offsetof(struct thread, arch.stack_hi));
	EMIT(SMP_CPU, offsetof(struct smp_boot, cpu));
	EMIT(SMP_ROOT, offsetof(struct smp_boot, root));
	EMIT(SMP_STACK, offsetof(struct smp_boot, stack_top));
	EMIT(SMP_EMERGENCY, offsetof(struct smp_boot, emergency_top));
	EMIT(FRAME_SIZE, sizeof(struct trapframe));
	EMIT(FRAME_SP, offsetof(struct trapframe, sp));
	EMIT(FRAME_PC, offsetof(struct trapframe, pc));
	EMIT(FRAME_RECORD, offsetof(struct trapframe, fp_record));
	EMIT(FRAME_FPCR, offsetof(struct trapframe, fpcr));
	EMIT(FRAME_Q, offsetof(struct trapframe, q));
	EMIT(CONTEXT_X, offsetof(mcontext_t, regs));
	EMIT(CONTEXT_SP, offsetof(mcontext_t, sp));
	EMIT(CONTEXT_FPCR, offsetof(mcontext_t, fpcr));
	EMIT(CONTEXT_Q, offsetof(mcontext_t, vregs));
}
