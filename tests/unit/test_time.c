/* SPDX-License-Identifier: MIT */
/* kernel/time.c: counter and nanoseconds at the rates that machines have.
 * sources: tests/unit/test.c tests/unit/host/kernel.c */
#include "../../kernel/time.c"

#include "test.h"

static const uint64_t rates[] = { 1000000,  10000000, 19200000,	 24000000,   25000000,	 50000000,
				  54000000, 62500000, 100000000, 1000000000, 3000000000U };

static void set(uint64_t start, uint64_t hz)
{
	memset(&clock, 0, sizeof(clock));
	host.counter = start;
	time_start(start);
	time_set_rate(hz);
}

static void test_before_rate(void)
{
	memset(&clock, 0, sizeof(clock));
	time_start(12345);
	host.counter = 99999999;
	CHECK_EQ(time_now(), 0);
	CHECK(!time_wall_known());
}

/* Right to one part in a million, after a second and after ten years; and it never goes back. */
static void test_now(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		static const uint64_t seconds[] = { 1, 60, 86400, 315360000 };
		uint64_t last = 0;

		set(777, rates[i]);
		for (unsigned k = 0; k < ARRAY_SIZE(seconds); k++) {
			uint64_t want = seconds[k] * NS_PER_SEC, got;

			host.counter = 777 + rates[i] * seconds[k];
			got = time_now();
			CHECK(got <= want && want - got <= want / 1000000);
		}
		for (unsigned k = 0; k < 10000; k++) {
			host.counter = 777 + k;
			CHECK(time_now() >= last);
			last = time_now();
		}
	}
}

/* A timer armed for @ns within two weeks must not find that it is too early (one tick of that is
 * no harm later: the interrupt comes again), nor be late by more than 2 ticks and a millionth. */
static void test_to_counter(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		for (unsigned k = 0; k < 3000; k++) {
			uint64_t ns = test_random() >> (10 + test_below(50)), counter, late;
			uint64_t early = ns < 1UL << 50 ? 0 : NS_PER_SEC / rates[i] + 1;

			set(test_random() >> 20, rates[i]);
			counter = time_to_counter(ns);
			host.counter = counter;
			if (!CHECK(time_now() + early >= ns)) {
				printf("# %lu Hz, %lu ns: only %lu\n", rates[i], ns, time_now());
				return;
			}
			late = time_now() < ns ? 0 : time_now() - ns;
			CHECK(late <= 3 * NS_PER_SEC / rates[i] + 3 + ns / 1000000);
		}
	}
}

static void test_saturation(void)
{
	set(1000, 24000000);
	CHECK_EQ(time_after(TIME_NEVER), TIME_NEVER);
	host.counter += 24000000;
	CHECK_EQ(time_after(TIME_NEVER - 5), TIME_NEVER);
	CHECK(time_after(5) >= NS_PER_SEC - 1000 && time_after(5) <= NS_PER_SEC + 5);
	set(1UL << 63, 3000000000U);
	CHECK_EQ(time_to_counter(TIME_NEVER), UINT64_MAX);
}

static void test_wall(void)
{
	set(500, 10000000);
	host.counter += 30000000;
	time_set_wall(1700000000 * NS_PER_SEC);
	CHECK(time_wall_known() && time_wall() == 1700000000 * NS_PER_SEC);
	host.counter += 10000000;
	CHECK(time_wall() >= 1700000001 * NS_PER_SEC - 1000 &&
	      time_wall() <= 1700000001 * NS_PER_SEC);
}

static unsigned seen;

static void see(void)
{
	seen++;
}

static void test_watch(void)
{
	static struct time_watch a = { .fn = see }, b = { .fn = see };

	time_wall_watch(&a);
	time_wall_watch(&a);
	time_set_wall(1700000000 * NS_PER_SEC);
	CHECK_EQ(seen, 1);
	time_wall_watch(&b);
	time_wall_watch(&a);
	time_set_wall(1700000001 * NS_PER_SEC);
	CHECK_EQ(seen, 3);
}

static const struct test tests[] = {
	{ "no rate yet: the clock stands at 0", test_before_rate },
	{ "the clock is right at each rate, for ten years, and never goes back", test_now },
	{ "a deadline's counter value is not early and hardly late", test_to_counter },
	{ "what cannot be reached saturates", test_saturation },
	{ "the wall clock runs on from where it was set", test_wall },
	{ "each who watches the wall clock is told once of each setting", test_watch },
};
TEST_MAIN(tests)
