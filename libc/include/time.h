/* SPDX-License-Identifier: MIT */
/* Over newlib's: clocks of Linux that newlib shows only under _GNU_SOURCE, times of UTC, and the zone in struct tm. */
#pragma once

/* newlib's names for two members. Its objects have a struct tm without them, behind which none writes: libc/tm.c. */
#define __TM_GMTOFF tm_gmtoff
#define __TM_ZONE   tm_zone

#include_next <time.h>

/* newlib's is the machine's; XSI wants a million. */
#undef CLOCKS_PER_SEC
#define CLOCKS_PER_SEC 1000000

#ifndef CLOCK_MONOTONIC_RAW
#define CLOCK_REALTIME_COARSE  0
#define CLOCK_MONOTONIC_RAW    5
#define CLOCK_MONOTONIC_COARSE 6
#define CLOCK_BOOTTIME	       7
#endif

#define TIME_UTC 1

__BEGIN_DECLS

int timespec_get(struct timespec *, int);
#if __GNU_VISIBLE || __BSD_VISIBLE
time_t timegm(struct tm *);
time_t timelocal(struct tm *);
#endif

__END_DECLS
