/* SPDX-License-Identifier: MIT */
/* libext2fs as it is linked here: to read, and nothing else. Its inline functions are in fs/ext4_port.c. */
#pragma once

#define HAVE_ERRNO_H	 1
#define HAVE_STDLIB_H	 1
#define HAVE_SYS_STAT_H	 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_UNISTD_H	 1

#define SIZEOF_INT	 4
#define SIZEOF_LONG	 8
#define SIZEOF_LONG_LONG 8
#define SIZEOF_OFF_T	 8
#define SIZEOF_SHORT	 2
#define SIZEOF_TIME_T	 8

#define NO_INLINE_FUNCS
