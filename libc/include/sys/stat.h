/* SPDX-License-Identifier: MIT */
/* Over newlib's, which lacks lstat(), mknod() and the special times of utimensat(). */
#pragma once

#include_next <sys/stat.h>

#define UTIME_NOW  0x3fffffffL
#define UTIME_OMIT 0x3ffffffeL

__BEGIN_DECLS

int lstat(const char *__restrict, struct stat *__restrict);
int mknod(const char *, mode_t, dev_t);

__END_DECLS
