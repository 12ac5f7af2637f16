/* SPDX-License-Identifier: MIT */
/* prctl(): names of threads, and what a single process can answer. Numbers as on Linux. */
#pragma once

#include <sys/cdefs.h>

#define PR_SET_PDEATHSIG    1
#define PR_GET_PDEATHSIG    2
#define PR_GET_DUMPABLE	    3
#define PR_SET_DUMPABLE	    4
#define PR_SET_NAME	    15
#define PR_GET_NAME	    16
#define PR_SET_NO_NEW_PRIVS 38
#define PR_GET_NO_NEW_PRIVS 39

__BEGIN_DECLS

int prctl(int, ...);

__END_DECLS
