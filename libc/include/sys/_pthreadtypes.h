/* SPDX-License-Identifier: MIT */
/* Instead of newlib's: the types of <pthread.h>, which <sys/types.h> must define too.
 * All storage is in the object; all zeros is the default state of each. libc/pthread.c
 * lays its own structure over the words. */
#pragma once

#include <sys/sched.h>

#ifdef __cplusplus
typedef unsigned long pthread_t; /* ::thread would be ambiguous beside std::thread */
#else
typedef struct thread *pthread_t;
#endif
typedef unsigned int pthread_key_t;
typedef int pthread_once_t;
typedef volatile int pthread_spinlock_t;

typedef struct {
	unsigned long __opaque[10];
} pthread_attr_t;

/* Word 6 is the type, PTHREAD_MUTEX_*. */
typedef struct {
	unsigned long __opaque[7];
} pthread_mutex_t;

/* The kernel's locks in these are larger in a build that watches them. */
#ifdef LOCKDEBUG
#define __LOCK_WORDS 6
#else
#define __LOCK_WORDS 1
#endif

typedef struct {
	unsigned long __opaque[__LOCK_WORDS + 4];
} pthread_cond_t;

typedef struct {
	unsigned long __opaque[2 * __LOCK_WORDS + 8];
} pthread_rwlock_t;

typedef struct {
	unsigned long __opaque[__LOCK_WORDS + 6];
} pthread_barrier_t;

typedef struct {
	unsigned long __opaque[2];
} pthread_mutexattr_t;

typedef struct {
	unsigned long __opaque[2];
} pthread_condattr_t;

typedef struct {
	unsigned long __opaque[2];
} pthread_rwlockattr_t;

typedef struct {
	unsigned long __opaque[2];
} pthread_barrierattr_t;
