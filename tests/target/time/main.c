/* SPDX-License-Identifier: MIT */
/* Time: a clock that never goes back, sleeps and timers that are never early, timers in order. */
#include "../tap.h"

#include <errno.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <time.h>

#define READS	 100000
#define TIMERS	 64
#define BOUND_NS (50 * NS_PER_SEC)

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0 || t.tv_nsec < 0 || t.tv_nsec >= (long)NS_PER_SEC) {
		return 0;
	}
	return (uint64_t)t.tv_sec * NS_PER_SEC + (uint64_t)t.tv_nsec;
}

static void test_clock(void)
{
	uint64_t last = clock_ns(CLOCK_MONOTONIC), back = 0;
	struct timespec t;

	for (int i = 0; i < READS; i++) {
		uint64_t now = clock_ns(CLOCK_MONOTONIC);

		back += now < last;
		last = now;
	}
	is(back, 0, "the monotonic clock never goes back in %d reads", READS);
	ok(clock_ns(CLOCK_MONOTONIC) <= time_now(), "it is the kernel's clock");
	ok(clock_ns(CLOCK_REALTIME) > 1600000000 * NS_PER_SEC, "the wall clock knows the year");
	is(clock_getres(CLOCK_MONOTONIC, &t), 0, "resolution");
	ok(t.tv_sec == 0 && t.tv_nsec > 0, "finer than a second");
	fails(clock_gettime((clockid_t)1234, &t), EINVAL, "a clock that is not there");
	ok(time(NULL) >= (time_t)(clock_ns(CLOCK_REALTIME) / NS_PER_SEC) - 1, "time() agrees");
}

static void test_sleep(void)
{
	static const uint64_t lengths[] = { 0, 1, 1000, 50000, 1000000, 3333333, 20000000 };
	struct timespec bad = { 0, (long)NS_PER_SEC }, negative = { -1, 0 };

	for (unsigned i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct timespec t = { 0, (long)lengths[i] };
		uint64_t before = time_now();
		int r = nanosleep(&t, NULL);

		ok(r == 0 && time_now() - before >= lengths[i], "%lu ns of sleep are not short",
		   lengths[i]);
	}
	fails(nanosleep(&bad, NULL), EINVAL, "a second in nanoseconds is refused");
	fails(nanosleep(&negative, NULL), EINVAL, "so is a negative time");
}

static void test_absolute_sleep(void)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + 5 * NS_PER_MS;
	struct timespec t = { (time_t)(end / NS_PER_SEC), (long)(end % NS_PER_SEC) };

	is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0, "sleep until");
	ok(clock_ns(CLOCK_MONOTONIC) >= end, "not before that");
	is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0, "a time that has passed");
}

/* --- timers */

static struct {
	struct timer timer;
	uint64_t deadline;
} timers[TIMERS];
static volatile unsigned fired, early, disorder;
static volatile uint64_t last_deadline;

static void on_timer(struct timer *t)
{
	unsigned i = (unsigned)((uintptr_t)t - (uintptr_t)timers) / sizeof(timers[0]);

	early += time_now() < timers[i].deadline;
	disorder += timers[i].deadline < last_deadline;
	last_deadline = timers[i].deadline;
	fired++;
}

static void wait_fired(unsigned n)
{
	uint64_t end = time_after(BOUND_NS);

	while (fired < n && time_now() < end) {
	}
}

static void test_timers(void)
{
	uint64_t base = time_after(20 * NS_PER_MS);

	for (unsigned i = 0; i < TIMERS; i++) {
		timers[i].deadline = base + (uint64_t)((i * 37) % TIMERS) * 100 * NS_PER_US;
		timer_init(&timers[i].timer, on_timer);
		timer_start(&timers[i].timer, timers[i].deadline);
	}
	wait_fired(TIMERS);
	is(fired, TIMERS, "all timers fire");
	is(early, 0, "none early");
	is(disorder, 0, "in the order of their deadlines, whatever that of their starts");
}

static void test_cancel_and_move(void)
{
	fired = 0;
	for (unsigned i = 0; i < 4; i++) {
		timers[i].deadline = time_after(NS_PER_SEC / 10);
		timer_start(&timers[i].timer, timers[i].deadline);
	}
	ok(timer_cancel(&timers[0].timer), "a pending timer is cancelled");
	ok(!timer_cancel(&timers[0].timer), "once");
	ok(!timer_pending(&timers[0].timer) && timer_pending(&timers[1].timer), "and no other");
	last_deadline = 0;
	timers[2].deadline = time_after(NS_PER_MS);
	timer_start(&timers[2].timer, timers[2].deadline);
	wait_fired(1);
	ok(!timer_pending(&timers[2].timer), "a timer moved nearer fires first");
	wait_fired(3);
	is(disorder, 0, "the moved one kept the order");
	is(fired, 3, "the cancelled one is silent");
}

static volatile unsigned again;

static void restart(struct timer *t)
{
	if (++again < 10) {
		timer_start(t, time_after(100 * NS_PER_US));
	}
}

static void test_restart(void)
{
	static struct timer t;
	uint64_t end = time_after(BOUND_NS);

	timer_init(&t, restart);
	timer_start(&t, 0);
	while (again < 10 && time_now() < end) {
	}
	is(again, 10, "a timer may start itself again, and one that is due fires at once");
}

static void test_processor_time(void)
{
	struct timespec pause = { 0, 100 * 1000 * 1000 };
	uint64_t process = clock_ns(CLOCK_PROCESS_CPUTIME_ID),
		 thread = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t start = clock_ns(CLOCK_MONOTONIC), end = start + 50 * NS_PER_MS;
	clock_t used = clock();

	while (clock_ns(CLOCK_MONOTONIC) < end) {
	}
	thread = clock_ns(CLOCK_THREAD_CPUTIME_ID) - thread;
	ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process + NS_PER_MS >= thread && thread > 0,
	   "the process has used what its thread has");
	ok(clock() > used, "clock() has moved");

	start = clock_ns(CLOCK_MONOTONIC);
	process = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	nanosleep(&pause, NULL);
	ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process < clock_ns(CLOCK_MONOTONIC) - start,
	   "idling is not using");
}

int main(void)
{
	test_clock();
	test_processor_time();
	test_sleep();
	test_absolute_sleep();
	test_timers();
	test_cancel_and_move();
	test_restart();
	return tap_done();
}
