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
	EMIT(THREAD_SCRATCH, offsetof(struct thread, arch.scratch));
	EMIT(THREAD_EMERGENCY, offsetof(struct thread, arch.emergency));
	EMIT(THREAD_FP_USED, offsetof(struct thread, arch.fp_used));
	EMIT(THREAD_F, offsetof(struct thread, arch.f));
	EMIT(SMP_CPU, offsetof(struct smp_boot, cpu));
	EMIT(SMP_ROOT, offsetof(struct smp_boot, root));
	EMIT(SMP_STACK, offsetof(struct smp_boot, stack_top));
	EMIT(SMP_EMERGENCY, offsetof(struct smp_boot, emergency_top));
	EMIT(FRAME_SIZE, sizeof(struct trapframe));
	EMIT(FRAME_PC, offsetof(struct trapframe, pc));
	EMIT(FRAME_RECORD, offsetof(struct trapframe, fp_record));
	EMIT(CONTEXT_F, offsetof(mcontext_t, __fpregs));
}
