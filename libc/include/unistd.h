/* SPDX-License-Identifier: MIT */
/* Over newlib's: calls that POSIX.1-2024 has and newlib shows only under _GNU_SOURCE. */
#pragma once

#include_next <unistd.h>

#define _CS_PATH			   0
#define _CS_POSIX_V7_WIDTH_RESTRICTED_ENVS 1
#define _CS_POSIX_V6_WIDTH_RESTRICTED_ENVS 1

__BEGIN_DECLS

int dup3(int, int, int);
int pipe2(int[2], int);
pid_t _Fork(void);
int getresuid(uid_t *, uid_t *, uid_t *);
int getresgid(gid_t *, gid_t *, gid_t *);
int setresuid(uid_t, uid_t, uid_t);
int setresgid(gid_t, gid_t, gid_t);

#if __GNU_VISIBLE
#define CLOSE_RANGE_CLOEXEC 4
int close_range(unsigned, unsigned, int);
pid_t gettid(void);
int syncfs(int);
#endif

__END_DECLS
