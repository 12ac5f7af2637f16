/* SPDX-License-Identifier: MIT */
/* Over newlib's, whose struct sigaction lacks sa_sigaction and the flags: ours takes its place. */
#pragma once

#define sigaction __newlib_sigaction
#include_next <sys/signal.h>
#undef sigaction

#if __POSIX_VISIBLE
struct sigaction {
	union {
		void (*__handler)(int);
		void (*__sigaction)(int, siginfo_t *, void *);
	} __action;
	sigset_t sa_mask;
	int sa_flags;
	void (*sa_restorer)(void); /* as on Linux; unused */
};
#define sa_handler   __action.__handler
#define sa_sigaction __action.__sigaction

#define SA_NOCLDWAIT 0x00000002
#define SA_SIGINFO   0x00000004
#define SA_ONSTACK   0x08000000
#define SA_RESTART   0x10000000
#define SA_NODEFER   0x40000000
#define SA_RESETHAND 0x80000000

__BEGIN_DECLS

int sigaction(int, const struct sigaction *__restrict, struct sigaction *__restrict);

__END_DECLS
#endif
