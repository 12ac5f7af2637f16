/* SPDX-License-Identifier: MIT */
/* <ucontext.h>: what arch/ARCH/context.S leaves to C. A context carries the bounds of its stack, since
 * trap entry checks the stack pointer against them. */
#include "ucontext.h"

#include "libc.h"
#include "libc_thread.h"

#include <assert.h>
#include <kernel/panic.h>
#include <pthread.h>
#include <stdarg.h>

#define ARGUMENTS 8

static_assert(offsetof(ucontext_t, uc_mcontext) == 48, "UC_MCONTEXT in context.S");

int context_saved(ucontext_t *u);
int context_swap(ucontext_t *from, const ucontext_t *to);
void context_ended(const ucontext_t *u);

static sigset_t mask(void)
{
	const struct libc_thread *l = libc_thread_peek(thread_self());

	return l != NULL ? l->sig.mask : 0;
}

/* The second half of getcontext(). */
int context_saved(ucontext_t *u)
{
	const struct arch_thread *a = &thread_self()->arch;

	u->uc_flags = 0;
	u->uc_stack =
		(stack_t){ .ss_sp = (void *)a->stack_lo, .ss_size = a->stack_hi - a->stack_lo };
	u->uc_sigmask = mask();
	return 0;
}

int setcontext(const ucontext_t *u)
{
	struct arch_thread *a = &thread_self()->arch;
	irqstate_t s;

	if (u->uc_sigmask != mask()) {
		pthread_sigmask(SIG_SETMASK, &u->uc_sigmask, NULL);
	}
	s = arch_irq_save();
	a->stack_lo = (uintptr_t)u->uc_stack.ss_sp;
	a->stack_hi = a->stack_lo + u->uc_stack.ss_size;
	arch_context_load(&u->uc_mcontext, s);
}

/* The second half of swapcontext(). */
int context_swap(ucontext_t *from, const ucontext_t *to)
{
	context_saved(from);
	return setcontext(to);
}

void context_ended(const ucontext_t *u)
{
	if (u->uc_link != NULL) {
		setcontext(u->uc_link);
	}
	pthread_exit(NULL);
}

void makecontext(ucontext_t *u, void (*fn)(void), int argc, ...)
{
	unsigned long args[ARGUMENTS] = { 0 };
	va_list ap;

	ASSERT(argc >= 0 && argc <= ARGUMENTS);
	va_start(ap, argc);
	for (int i = 0; i < argc; i++) {
		args[i] = va_arg(ap, unsigned long);
	}
	va_end(ap);
	arch_context_make(&u->uc_mcontext, (uintptr_t)u->uc_stack.ss_sp + u->uc_stack.ss_size, fn,
			  args, u);
}
