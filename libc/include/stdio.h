/* SPDX-License-Identifier: MIT */
/* Over newlib's, which has getline() and getdelim() under reserved names only. */
#pragma once

#include_next <stdio.h>

#define RENAME_NOREPLACE 1 /* renameat2() */

#if __POSIX_VISIBLE >= 200809
__BEGIN_DECLS

ssize_t getdelim(char **__restrict, size_t *__restrict, int,
		 FILE *__restrict) __asm__("__getdelim");
ssize_t getline(char **__restrict, size_t *__restrict, FILE *__restrict) __asm__("__getline");

__END_DECLS
#endif

__BEGIN_DECLS
int renameat2(int, const char *, int, const char *, unsigned);
__END_DECLS
