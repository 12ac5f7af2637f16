/* SPDX-License-Identifier: MIT */
/* One monotonic nanosecond clock from the architected counter, 0 at the image's entry;
 * wall-clock time as an offset to it. */
#pragma once

#include <kernel/types.h>

#define NS_PER_SEC 1000000000ULL
#define NS_PER_MS  1000000ULL
#define NS_PER_US  1000ULL

/* Boot: the counter at the image's entry; then, when a timer driver knows it, its rate. Until then
 * the clock stands at 0. */
void time_start(uint64_t counter);
void time_set_rate(uint64_t hz);
/* Monotonic ns since the image's entry. Any context. */
uint64_t time_now(void);
/* Counter value at which time_now() will have reached @ns (rounded up); saturates. */
uint64_t time_to_counter(uint64_t ns);
/* Wall clock: ns since 1970 at monotonic 0; time_set_wall() states what it is now. */
bool time_wall_known(void);
uint64_t time_wall(void);
void time_set_wall(uint64_t ns_since_1970);
/* Who is called whenever the wall clock has been set, by the context that set it (boot, thread, maybe
 * with net_lock held): for good. */
struct time_watch {
	void (*fn)(void);
	struct time_watch *_Atomic next; /* (private) */
	_Atomic bool on;		 /* (private) */
};
/* Thread; a second time does nothing. @w stays the kernel's. */
void time_wall_watch(struct time_watch *w);
/* Now plus @ns, saturating at TIME_NEVER. */
uint64_t time_after(uint64_t ns);
