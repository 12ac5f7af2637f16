/* SPDX-License-Identifier: MIT */
/* Instead of newlib's: scheduling, with Linux's sets of processors. */
#pragma once

#include <sys/cdefs.h>
#include <sys/sched.h>
#include <sys/types.h>
#include <time.h>

#if __GNU_VISIBLE
#define CPU_SETSIZE 1024

#ifndef _CPU_SET_T_DECLARED
#define _CPU_SET_T_DECLARED
typedef struct {
	unsigned long __bits[CPU_SETSIZE / (8 * sizeof(long))];
} cpu_set_t;
#endif

#define __CPU_WORD(cpu)	    ((size_t)(cpu) / (8 * sizeof(long)))
#define __CPU_BIT(cpu)	    (1UL << ((size_t)(cpu) % (8 * sizeof(long))))
#define __CPU_WORDS(size)   ((size) / sizeof(long))
#define __CPU_IN(cpu, size) ((size_t)(cpu) < 8 * (size))
#define CPU_ALLOC_SIZE(cpus) \
	(((size_t)(cpus) + 8 * sizeof(long) - 1) / (8 * sizeof(long)) * sizeof(long))
#define CPU_ALLOC(cpus) ((cpu_set_t *)__builtin_calloc(1, CPU_ALLOC_SIZE(cpus)))
#define CPU_FREE(set)	__builtin_free(set)

#define CPU_SET_S(cpu, size, set) \
	((void)(__CPU_IN(cpu, size) ? (set)->__bits[__CPU_WORD(cpu)] |= __CPU_BIT(cpu) : 0))
#define CPU_CLR_S(cpu, size, set) \
	((void)(__CPU_IN(cpu, size) ? (set)->__bits[__CPU_WORD(cpu)] &= ~__CPU_BIT(cpu) : 0))
#define CPU_ISSET_S(cpu, size, set) \
	(__CPU_IN(cpu, size) && ((set)->__bits[__CPU_WORD(cpu)] & __CPU_BIT(cpu)) != 0)
#define CPU_ZERO_S(size, set)	((void)__builtin_memset(set, 0, size))
#define CPU_COUNT_S(size, set)	__sched_cpu_count(size, set)
#define CPU_EQUAL_S(size, a, b) (__builtin_memcmp(a, b, size) == 0)
#define __CPU_OP_S(size, to, a, b, op)                                           \
	do {                                                                     \
		for (size_t __i = 0; __i < __CPU_WORDS(size); __i++) {           \
			(to)->__bits[__i] = (a)->__bits[__i] op(b)->__bits[__i]; \
		}                                                                \
	} while (0)
#define CPU_AND_S(size, to, a, b) __CPU_OP_S(size, to, a, b, &)
#define CPU_OR_S(size, to, a, b)  __CPU_OP_S(size, to, a, b, |)
#define CPU_XOR_S(size, to, a, b) __CPU_OP_S(size, to, a, b, ^)

#define CPU_SET(cpu, set)   CPU_SET_S(cpu, sizeof(cpu_set_t), set)
#define CPU_CLR(cpu, set)   CPU_CLR_S(cpu, sizeof(cpu_set_t), set)
#define CPU_ISSET(cpu, set) CPU_ISSET_S(cpu, sizeof(cpu_set_t), set)
#define CPU_ZERO(set)	    CPU_ZERO_S(sizeof(cpu_set_t), set)
#define CPU_COUNT(set)	    CPU_COUNT_S(sizeof(cpu_set_t), set)
#define CPU_EQUAL(a, b)	    CPU_EQUAL_S(sizeof(cpu_set_t), a, b)
#define CPU_AND(to, a, b)   CPU_AND_S(sizeof(cpu_set_t), to, a, b)
#define CPU_OR(to, a, b)    CPU_OR_S(sizeof(cpu_set_t), to, a, b)
#define CPU_XOR(to, a, b)   CPU_XOR_S(sizeof(cpu_set_t), to, a, b)
#endif

__BEGIN_DECLS

int sched_setparam(pid_t, const struct sched_param *);
int sched_getparam(pid_t, struct sched_param *);
int sched_setscheduler(pid_t, int, const struct sched_param *);
int sched_getscheduler(pid_t);
int sched_get_priority_max(int);
int sched_get_priority_min(int);
int sched_rr_get_interval(pid_t, struct timespec *);
int sched_yield(void);
#if __GNU_VISIBLE
int sched_getcpu(void);
int sched_setaffinity(pid_t, size_t, const cpu_set_t *);
int sched_getaffinity(pid_t, size_t, cpu_set_t *);
int __sched_cpu_count(size_t, const cpu_set_t *);
#endif

__END_DECLS
