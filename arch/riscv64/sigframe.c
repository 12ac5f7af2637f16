/* SPDX-License-Identifier: MIT */
/* Trap frames as the mcontext_t that a signal handler sees; the first context of a coroutine. */
#include <kernel/arch.h>
#include <string.h>

void arch_context_end(void);
void context_fp_save(double *f);
void context_fp_load(const double *f);

/* The frame holds no floating point, and a handler may use it. */
void arch_context_save(mcontext_t *m, const struct trapframe *f, uintptr_t addr)
{
	(void)addr; /* siginfo_t has it */
	m->__gregs[REG_PC] = f->pc;
	memcpy(&m->__gregs[1], &f->x[1], sizeof(m->__gregs) - sizeof(m->__gregs[0]));
	context_fp_save(m->__fpregs);
}

void arch_context_restore(const mcontext_t *m, struct trapframe *f)
{
	f->pc = m->__gregs[REG_PC];
	memcpy(&f->x[1], &m->__gregs[1], sizeof(m->__gregs) - sizeof(m->__gregs[0]));
	context_fp_load(m->__fpregs);
}

void arch_context_make(mcontext_t *m, uintptr_t top, void (*fn)(void), const unsigned long args[8],
		       void *end)
{
	memcpy(&m->__gregs[REG_A0], args, 8 * sizeof(args[0]));
	m->__gregs[REG_S0] = 0;
	m->__gregs[REG_S0 + 1] = (uintptr_t)end;
	m->__gregs[REG_RA] = (uintptr_t)arch_context_end;
	m->__gregs[REG_SP] = ALIGN_DOWN(top, 16);
	m->__gregs[REG_PC] = (uintptr_t)fn;
}

uintptr_t arch_frame_sp(const struct trapframe *f)
{
	return f->x[2];
}

uintptr_t arch_stack_pointer(void)
{
	return (uintptr_t)__builtin_frame_address(0);
}
