/* SPDX-License-Identifier: MIT */
/* Over newlib's: open() flags and advice that Linux programs name. */
#pragma once

#include_next <fcntl.h>

#define O_NDELAY    O_NONBLOCK
#define O_LARGEFILE 0 /* off_t has 64 bits */

#define F_SETPIPE_SZ 1031
#define F_GETPIPE_SZ 1032

#define POSIX_FADV_NORMAL     0
#define POSIX_FADV_RANDOM     1
#define POSIX_FADV_SEQUENTIAL 2
#define POSIX_FADV_WILLNEED   3
#define POSIX_FADV_DONTNEED   4
#define POSIX_FADV_NOREUSE    5

__BEGIN_DECLS

int posix_fadvise(int, off_t, off_t, int);
int posix_fallocate(int, off_t, off_t);

__END_DECLS
