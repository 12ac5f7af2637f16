/* SPDX-License-Identifier: MIT */
/* Coroutines, as POSIX.1-2001 had them. A context belongs to its stack, not to a thread: any thread may
 * continue one that no other runs. makecontext() passes up to 8 arguments. */
#pragma once

#include <signal.h>
#include <sys/cdefs.h>
#include <sys/ucontext.h>

__BEGIN_DECLS

int getcontext(ucontext_t *) __attribute__((__returns_twice__));
int setcontext(const ucontext_t *);
void makecontext(ucontext_t *, void (*)(void), int, ...);
int swapcontext(ucontext_t *__restrict, const ucontext_t *__restrict);

__END_DECLS
