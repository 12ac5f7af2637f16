/* SPDX-License-Identifier: MIT */
/* Over the compiler's and newlib's: POSIX's limits that both leave out. */
#pragma once

#include_next <limits.h>

#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
/* newlib says 64; the truth is not constant: sysconf(_SC_OPEN_MAX). */
#undef OPEN_MAX

/* Lost on the way: gcc's <limits.h> includes itself a second time to reach newlib's, and meets our
 * #pragma once instead. */
#ifndef PATH_MAX
#define PATH_MAX 1024
#define NAME_MAX 255
#define IOV_MAX	 1024
#define PIPE_BUF 512
#endif
#define HOST_NAME_MAX		      64
#define PTHREAD_DESTRUCTOR_ITERATIONS 4
#define PTHREAD_KEYS_MAX	      128
#define PTHREAD_STACK_MIN	      16384
#ifndef SEM_VALUE_MAX
#define SEM_VALUE_MAX 0x7fffffff
#endif
