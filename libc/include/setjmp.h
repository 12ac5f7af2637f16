/* SPDX-License-Identifier: MIT */
/* Over newlib's: the jumps that restore the signal mask. They must be used to leave a handler that runs
 * on an alternate stack. */
#pragma once

#include_next <setjmp.h>

#include <sys/_sigset.h>
#include <sys/cdefs.h>

typedef struct {
	jmp_buf __registers;
	int __saved;
	__sigset_t __mask;
	unsigned long __stack[2]; /* bounds */
} sigjmp_buf[1];

__BEGIN_DECLS

void __sigsetjmp_save(sigjmp_buf, int);
void siglongjmp(sigjmp_buf, int) __attribute__((__noreturn__));
void _longjmp(jmp_buf, int) __attribute__((__noreturn__));

__END_DECLS

#define sigsetjmp(env, savemask) (__sigsetjmp_save((env), (savemask)), setjmp((env)[0].__registers))
#define _setjmp(env)		 setjmp(env)
