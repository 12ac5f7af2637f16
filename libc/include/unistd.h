/* SPDX-License-Identifier: MIT */
/* Over newlib's: calls that POSIX.1-2024 has and newlib shows only under _GNU_SOURCE. */
#pragma once

#include_next <unistd.h>

__BEGIN_DECLS

int dup3(int, int, int);
int pipe2(int[2], int);

__END_DECLS
