/* SPDX-License-Identifier: MIT */
/* getauxval(): what a kernel tells a Linux program at its start. */
#pragma once

#include <sys/cdefs.h>

#define AT_NULL	  0
#define AT_PAGESZ 6
#define AT_UID	  11
#define AT_EUID	  12
#define AT_GID	  13
#define AT_EGID	  14
#define AT_HWCAP  16
#define AT_CLKTCK 17
#define AT_SECURE 23
#define AT_RANDOM 25
#define AT_HWCAP2 26

__BEGIN_DECLS

/* 0 and ENOENT for all but the page size, the clock's ticks, the users and AT_SECURE: what the CPU
 * can do is to be asked of the CPU. */
unsigned long getauxval(unsigned long);

__END_DECLS
