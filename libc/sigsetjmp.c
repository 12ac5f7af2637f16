/* SPDX-License-Identifier: MIT */
/* Jumps that take the signal mask and the stack along: <setjmp.h>. */
#include "signals.h"

#include "libc.h"
#include "libc_thread.h"

#include <setjmp.h>

void __sigsetjmp_save(sigjmp_buf env, int save)
{
	const struct libc_thread *l = libc_thread_peek(thread_self());
	const struct arch_thread *a = &thread_self()->arch;

	env->__saved = save;
	env->__mask = l != NULL ? l->sig.mask : 0;
	env->__stack[0] = a->stack_lo;
	env->__stack[1] = a->stack_hi;
}

void siglongjmp(sigjmp_buf env, int value)
{
	struct arch_thread *a = &thread_self()->arch;
	irqstate_t s;

	if (env->__saved) {
		pthread_sigmask(SIG_SETMASK, &env->__mask, NULL);
	}
	/* Trap entry compares the stack pointer with the bounds: both change while no trap comes. */
	s = arch_irq_save();
	a->stack_lo = env->__stack[0];
	a->stack_hi = env->__stack[1];
	arch_longjmp(env->__registers, value, s);
}

void _longjmp(jmp_buf env, int value)
{
	longjmp(env, value);
}
