/* SPDX-License-Identifier: MIT */
/* Contract: httpd's timers expire after their kind's time and not before, in order, and stopping,
 * starting again and changing the kind of any of them harms none of the others.
 * sources: apps/httpd/timers.c tests/unit/test.c tests/unit/host/kernel.c */
#include "../test.h"

#include "../../../apps/httpd/tick.h"
#include "../../../apps/httpd/timers.h"

#define COUNT	40
#define HEAD_MS 10000

struct tick tick;

static struct timer timers[COUNT];

static void test_none(void)
{
	CHECK(timers_expired() == NULL);
	CHECK_EQ(timers_timeout(), -1);
	timer_stop(&timers[0]);
}

static void test_one(void)
{
	tick.ms = 5000;
	timer_start(&timers[0], TIMER_HEAD);
	CHECK_EQ(timers_timeout(), HEAD_MS);
	tick.ms += HEAD_MS - 1;
	CHECK_EQ(timers_timeout(), 1);
	CHECK(timers_expired() == NULL);
	tick.ms++;
	CHECK_EQ(timers_timeout(), 0);
	CHECK(timers_expired() == &timers[0]);
	timer_stop(&timers[0]);
	CHECK(timers_expired() == NULL);
	CHECK_EQ(timers_timeout(), -1);
}

static void test_restart(void)
{
	timer_start(&timers[0], TIMER_HEAD);
	timer_start(&timers[1], TIMER_HEAD);
	tick.ms += HEAD_MS / 2;
	timer_start(&timers[0], TIMER_HEAD);
	CHECK(timer_oldest(TIMER_HEAD) == &timers[1]);
	tick.ms += HEAD_MS / 2;
	CHECK(timers_expired() == &timers[1]);
	timer_stop(&timers[1]);
	CHECK(timers_expired() == NULL);
	CHECK_EQ(timers_timeout(), HEAD_MS / 2);
	timer_stop(&timers[0]);
}

/* Random use, against what each timer's own record says. */
static void test_model(void)
{
	static const uint64_t limits[TIMER_KINDS] = { 0,     60000, HEAD_MS, HEAD_MS,
						      30000, 2000,  30000,   100 };
	uint64_t since[COUNT] = { 0 };
	struct timer *t;

	test_seed(1);
	for (int round = 0; round < 20000; round++) {
		unsigned i = test_below(COUNT), kind = test_below(TIMER_KINDS);

		if (kind == TIMER_NONE) {
			timer_stop(&timers[i]);
		} else {
			timer_start(&timers[i], kind);
			since[i] = tick.ms;
		}
		tick.ms += test_below(200);
		while ((t = timers_expired()) != NULL) {
			CHECK(since[t - timers] + limits[t->kind] <= tick.ms);
			timer_stop(t);
		}
		for (i = 0; i < COUNT; i++) {
			uint64_t end = since[i] + limits[timers[i].kind];

			if (timers[i].kind != TIMER_NONE &&
			    !CHECK(end > tick.ms && timers_timeout() <= (int)(end - tick.ms))) {
				return;
			}
		}
	}
}

static const struct test tests[] = {
	{ "without timers there is nothing to wait for", test_none },
	{ "a timer expires after its time, and not before", test_one },
	{ "a timer that is started again goes to the end of the line", test_restart },
	{ "20,000 random changes leave every timer right", test_model },
};

TEST_MAIN(tests)
