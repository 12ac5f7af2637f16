/* SPDX-License-Identifier: MIT */
/* Over newlib's: newlib shows each part of POSIX only to a system that says it has it.
 * The #undefs let a command line define the same names. */
#pragma once

#include_next <sys/features.h>

#undef _POSIX_VERSION
#undef _POSIX_BARRIERS
#undef _POSIX_CLOCK_SELECTION
#undef _POSIX_CPUTIME
#undef _POSIX_IPV6
#undef _POSIX_MONOTONIC_CLOCK
#undef _POSIX_PRIORITY_SCHEDULING
#undef _POSIX_READER_WRITER_LOCKS
#undef _POSIX_SEMAPHORES
#undef _POSIX_SPIN_LOCKS
#undef _POSIX_THREADS
#undef _POSIX_THREAD_ATTR_STACKSIZE
#undef _POSIX_THREAD_CPUTIME
#undef _POSIX_THREAD_PRIORITY_SCHEDULING
#undef _POSIX_THREAD_SAFE_FUNCTIONS
#undef _POSIX_TIMEOUTS
#undef _POSIX_TIMERS
#undef _UNIX98_THREAD_MUTEX_ATTRIBUTES
#undef __LINUX_ERRNO_EXTENSIONS__
#undef _READ_WRITE_RETURN_TYPE

#define _POSIX_VERSION			  200809L
#define _POSIX_BARRIERS			  200809L
#define _POSIX_CLOCK_SELECTION		  200809L
#define _POSIX_CPUTIME			  0 /* names are there; sysconf() says more */
#define _POSIX_IPV6			  200809L
#define _POSIX_MONOTONIC_CLOCK		  200809L
#define _POSIX_PRIORITY_SCHEDULING	  200809L
#define _POSIX_READER_WRITER_LOCKS	  200809L
#define _POSIX_SEMAPHORES		  200809L
#define _POSIX_SPIN_LOCKS		  200809L
#define _POSIX_THREADS			  200809L
#define _POSIX_THREAD_ATTR_STACKSIZE	  200809L
#define _POSIX_THREAD_CPUTIME		  0
#define _POSIX_THREAD_PRIORITY_SCHEDULING 200809L
#define _POSIX_THREAD_SAFE_FUNCTIONS	  200809L
#define _POSIX_TIMEOUTS			  200809L
#define _POSIX_TIMERS			  200809L
#define _UNIX98_THREAD_MUTEX_ATTRIBUTES	  1

/* ESHUTDOWN, ESOCKTNOSUPPORT and others of Linux in <errno.h>. */
#define __LINUX_ERRNO_EXTENSIONS__ 1
/* read() and write() return ssize_t on all architectures, as POSIX says (newlib: int on some). */
#define _READ_WRITE_RETURN_TYPE _ssize_t
