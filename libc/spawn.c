/* SPDX-License-Identifier: MIT */
/* What prepares posix_spawn(), which cannot work (process.c): ENOSYS, from the first call on. */
#include "libc.h"

#include <spawn.h>

#define NOT(name, ...)         \
	int name(__VA_ARGS__)  \
	{                      \
		return ENOSYS; \
	}

#pragma GCC diagnostic ignored "-Wunused-parameter"

NOT(posix_spawn_file_actions_init, posix_spawn_file_actions_t *a)
NOT(posix_spawn_file_actions_destroy, posix_spawn_file_actions_t *a)
NOT(posix_spawn_file_actions_addopen, posix_spawn_file_actions_t *restrict a, int fd,
    const char *restrict path, int flags, mode_t mode)
NOT(posix_spawn_file_actions_adddup2, posix_spawn_file_actions_t *a, int fd, int to)
NOT(posix_spawn_file_actions_addclose, posix_spawn_file_actions_t *a, int fd)
NOT(posix_spawnattr_init, posix_spawnattr_t *a)
NOT(posix_spawnattr_destroy, posix_spawnattr_t *a)
NOT(posix_spawnattr_getflags, const posix_spawnattr_t *restrict a, short *restrict flags)
NOT(posix_spawnattr_getpgroup, const posix_spawnattr_t *restrict a, pid_t *restrict group)
NOT(posix_spawnattr_getschedparam, const posix_spawnattr_t *restrict a,
    struct sched_param *restrict param)
NOT(posix_spawnattr_getschedpolicy, const posix_spawnattr_t *restrict a, int *restrict policy)
NOT(posix_spawnattr_getsigdefault, const posix_spawnattr_t *restrict a, sigset_t *restrict set)
NOT(posix_spawnattr_getsigmask, const posix_spawnattr_t *restrict a, sigset_t *restrict set)
NOT(posix_spawnattr_setflags, posix_spawnattr_t *a, short flags)
NOT(posix_spawnattr_setpgroup, posix_spawnattr_t *a, pid_t group)
NOT(posix_spawnattr_setschedparam, posix_spawnattr_t *restrict a,
    const struct sched_param *restrict param)
NOT(posix_spawnattr_setschedpolicy, posix_spawnattr_t *a, int policy)
NOT(posix_spawnattr_setsigdefault, posix_spawnattr_t *restrict a, const sigset_t *restrict set)
NOT(posix_spawnattr_setsigmask, posix_spawnattr_t *restrict a, const sigset_t *restrict set)
