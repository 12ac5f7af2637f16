/* SPDX-License-Identifier: MIT */
/* One reading of the clock for a round; the date as text is made once a second. */
#include "tick.h"

/* A wall clock before that is one that nobody has set: 1 January 2020. */
#define PLAUSIBLE 1577836800

struct tick tick = { .stamp = 1 };

static void renew_date(void)
{
	struct text t = text_in(tick.date, sizeof(tick.date));
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	tick.renew_ms = tick.ms + 1000 - (uint64_t)wall.tv_nsec / 1000000;
	if (wall.tv_sec < PLAUSIBLE) {
		return;
	}
	text_date(&t, wall.tv_sec);
	tick.date_len = text_len(&t);
	tick.stamp++;
	tick.stamp += tick.stamp == 0;
}

void tick_take(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	tick.ms = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
	if (tick.ms >= tick.renew_ms) {
		renew_date();
	}
}

uint64_t tick_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}
