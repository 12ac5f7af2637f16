/* SPDX-License-Identifier: MIT */
/* What timer_create()'s timers and setitimer() share. */
#pragma once

#include "signals.h"

#include <kernel/timer.h>
#include <time.h>

struct posix_timer {
	struct posix_timer *next; /* in the list of timer_create() */
	struct timer timer;
	struct notify notify;
	clockid_t clock;
	/* Guarded by the lock of timers.c. */
	uint64_t due;	   /* monotonic ns; 0: not armed */
	uint64_t wall;	   /* of an absolute time on the wall clock: which; else 0 */
	uint64_t interval; /* ns; 0: once */
};

struct posix_setting {
	uint64_t value;	   /* ns; 0: off */
	uint64_t interval; /* ns */
	bool absolute;	   /* value is a time on the timer's clock */
};

/* @p->notify is ready. */
void posix_timer_init(struct posix_timer *p, clockid_t clock);
/* Arm it anew; what was goes to @old if not NULL. Thread context. */
void posix_timer_set(struct posix_timer *p, const struct posix_setting *new,
		     struct posix_setting *old);
/* How long until it is due. */
void posix_timer_get(struct posix_timer *p, struct posix_setting *now);
