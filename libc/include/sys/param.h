/* SPDX-License-Identifier: MIT */
/* The BSDs' limits and arithmetic. */
#pragma once

#include <endian.h>
#include <limits.h>
#include <sys/types.h>

#define HZ	       100 /* of times(): sysconf(_SC_CLK_TCK) */
#define NBBY	       8
#define NGROUPS	       NGROUPS_MAX
#define NOFILE	       1024
#define MAXPATHLEN     PATH_MAX
#define MAXHOSTNAMELEN 64
#define MAXSYMLINKS    8
#define DEV_BSIZE      512
#define NODEV	       ((dev_t)-1)

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#define howmany(n, d) (((n) + (d)-1) / (d))
#define roundup(n, d) (howmany(n, d) * (d))
#define powerof2(n)   ((((n)-1) & (n)) == 0)
#define setbit(a, i)  ((a)[(i) / NBBY] |= (unsigned char)(1U << (i) % NBBY))
#define clrbit(a, i)  ((a)[(i) / NBBY] &= (unsigned char)~(1U << (i) % NBBY))
#define isset(a, i)   ((a)[(i) / NBBY] & (1U << (i) % NBBY))
#define isclr(a, i)   (isset(a, i) == 0)
