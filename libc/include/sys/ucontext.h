/* SPDX-License-Identifier: MIT */
/* A thread of control between two instructions: what a signal handler interrupted, or a coroutine. */
#pragma once

#include <arch/mcontext.h>
#include <signal.h>

typedef struct ucontext_t {
	unsigned long uc_flags;
	struct ucontext_t *uc_link; /* where a coroutine's function returns to */
	stack_t uc_stack;
	sigset_t uc_sigmask;
	mcontext_t uc_mcontext;
} ucontext_t;
