/* SPDX-License-Identifier: MIT */
/* Counter to nanoseconds and back with one wide multiplication each. */
#include <kernel/arch.h>
#include <kernel/time.h>
#include <stdatomic.h>

static struct {
	uint64_t start;	       /* counter at the image's entry */
	uint64_t ns_per_tick;  /* 32.32 */
	uint64_t tick_per_ns;  /* 32.32 */
	_Atomic uint64_t wall; /* wall clock at monotonic 0; 0: not known */
	struct time_watch *_Atomic watches;
} clock;

/* a / b as 32.32, rounded down, a and b below 2^32 (a counter runs at 4 GHz at most). */
static uint64_t scale(uint64_t a, uint64_t b)
{
	return (a / b << 32) + (a % b << 32) / b;
}

void time_start(uint64_t counter)
{
	clock.start = counter;
}

void time_set_rate(uint64_t hz)
{
	clock.ns_per_tick = scale(NS_PER_SEC, hz);
	clock.tick_per_ns = scale(hz, NS_PER_SEC);
}

uint64_t time_now(void)
{
	return (uint64_t)((__uint128_t)(arch_counter() - clock.start) * clock.ns_per_tick >> 32);
}

uint64_t time_to_counter(uint64_t ns)
{
	__uint128_t product = (__uint128_t)ns * clock.tick_per_ns >> 32;
	uint64_t ticks = (uint64_t)product, counter, got;

	if (product >> 64 != 0) {
		return UINT64_MAX;
	}
	/* The factors are rounded, so this may fall short of the inverse of time_now(): make up for it, or
	 * a timer fires early again and again. One step covers all but the remainder of the steps. */
	got = (uint64_t)((__uint128_t)ticks * clock.ns_per_tick >> 32);
	if (got < ns) {
		ticks += (uint64_t)((__uint128_t)(ns - got) * clock.tick_per_ns >> 32) + 1;
	}
	return add_overflow(clock.start, ticks, &counter) ? UINT64_MAX : counter;
}

bool time_wall_known(void)
{
	return atomic_load_explicit(&clock.wall, memory_order_relaxed) != 0;
}

uint64_t time_wall(void)
{
	return atomic_load_explicit(&clock.wall, memory_order_relaxed) + time_now();
}

void time_set_wall(uint64_t ns)
{
	atomic_store_explicit(&clock.wall, ns - time_now(), memory_order_relaxed);
	for (struct time_watch *w = atomic_load(&clock.watches); w != NULL; w = w->next) {
		w->fn();
	}
}

void time_wall_watch(struct time_watch *w)
{
	struct time_watch *first;

	if (atomic_load_explicit(&w->on, memory_order_relaxed) || atomic_exchange(&w->on, true)) {
		return;
	}
	first = atomic_load(&clock.watches);
	do {
		w->next = first;
	} while (!atomic_compare_exchange_weak(&clock.watches, &first, w));
}

uint64_t time_after(uint64_t ns)
{
	uint64_t t;

	return add_overflow(time_now(), ns, &t) ? TIME_NEVER : t;
}
