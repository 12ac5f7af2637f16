/* SPDX-License-Identifier: MIT */
/* Types and helpers that every layer shares. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint64_t paddr_t;    /* physical address; equal to the virtual one for RAM and devices */
typedef uint64_t pte_t;	     /* page-table entry, encoded by <arch/pte.h> */
typedef uint64_t irqstate_t; /* what arch_irq_save() returned */

#define PAGE_SHIFT 12
#define PAGE_SIZE  ((size_t)1 << PAGE_SHIFT)

#define ARRAY_SIZE(a)		      (sizeof(a) / sizeof((a)[0]))
#define BIT(n)			      (1UL << (n))
#define ALIGN_UP(x, a)		      (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a)	      ((x) & ~((__typeof__(x))(a)-1))
#define MIN(a, b)		      ((a) < (b) ? (a) : (b))
#define MAX(a, b)		      ((a) > (b) ? (a) : (b))
#define container_of(p, type, member) ((type *)((char *)(p)-offsetof(type, member)))
#define likely(x)		      __builtin_expect(!!(x), 1)
#define unlikely(x)		      __builtin_expect(!!(x), 0)
#define add_overflow(a, b, r)	      __builtin_add_overflow(a, b, r)
#define mul_overflow(a, b, r)	      __builtin_mul_overflow(a, b, r)

/* A deadline that never comes (ns on the monotonic clock). */
#define TIME_NEVER UINT64_MAX
