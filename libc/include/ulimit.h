/* SPDX-License-Identifier: MIT */
/* The old name of getrlimit(). */
#pragma once

#include <sys/cdefs.h>

#define UL_GETFSIZE 1
#define UL_SETFSIZE 2

__BEGIN_DECLS

long ulimit(int, ...);

__END_DECLS
