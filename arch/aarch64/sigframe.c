/* SPDX-License-Identifier: MIT */
/* Trap frames as the mcontext_t that a signal handler sees; the first context of a coroutine. */
#include <kernel/arch.h>
#include <string.h>

#define PSTATE_FLAGS (0xfUL << 28) /* NZCV: all that a program may change */

void arch_context_end(void);

void arch_context_save(mcontext_t *m, const struct trapframe *f, uintptr_t addr)
{
	m->fault_address = addr;
	memcpy(m->regs, f->x, sizeof(m->regs));
	m->sp = f->sp;
	m->pc = f->pc;
	m->pstate = f->pstate;
	m->fpcr = f->fpcr;
	m->fpsr = f->fpsr;
	memcpy(m->vregs, f->q, sizeof(m->vregs));
}

void arch_context_restore(const mcontext_t *m, struct trapframe *f)
{
	memcpy(f->x, m->regs, sizeof(m->regs));
	f->sp = m->sp;
	f->pc = m->pc;
	f->pstate = (f->pstate & ~PSTATE_FLAGS) | (m->pstate & PSTATE_FLAGS);
	f->fpcr = m->fpcr;
	f->fpsr = m->fpsr;
	memcpy(f->q, m->vregs, sizeof(m->vregs));
}

void arch_context_make(mcontext_t *m, uintptr_t top, void (*fn)(void), const unsigned long args[8],
		       void *end)
{
	memcpy(m->regs, args, 8 * sizeof(args[0]));
	m->regs[19] = (uintptr_t)end;
	m->regs[29] = 0;
	m->regs[30] = (uintptr_t)arch_context_end;
	m->sp = ALIGN_DOWN(top, 16);
	m->pc = (uintptr_t)fn;
}

uintptr_t arch_frame_sp(const struct trapframe *f)
{
	return f->sp;
}

uintptr_t arch_stack_pointer(void)
{
	return (uintptr_t)__builtin_frame_address(0);
}
