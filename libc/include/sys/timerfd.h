/* SPDX-License-Identifier: MIT */
/* timerfd of Linux: a timer behind a descriptor. */
#pragma once

#include <stdint.h>
#include <sys/cdefs.h>
#include <time.h>

#define TFD_NONBLOCK 0x4000  /* O_NONBLOCK */
#define TFD_CLOEXEC  0x40000 /* O_CLOEXEC */

#define TFD_TIMER_ABSTIME 1

__BEGIN_DECLS

int timerfd_create(clockid_t, int);
int timerfd_settime(int, int, const struct itimerspec *, struct itimerspec *);
int timerfd_gettime(int, struct itimerspec *);

__END_DECLS
