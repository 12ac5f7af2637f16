/* SPDX-License-Identifier: MIT */
/* Threads: create, join, detach, nothing leaked; strict priorities, also for a thread that an
 * interrupt wakes; equals share the CPU; SCHED_FIFO has no time slice. */
#include "../tap.h"

#include <errno.h>
#include <kernel/page.h>
#include <kernel/sync.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define LOW	 (PRIO_DEFAULT - 4)
#define HIGH	 (PRIO_DEFAULT + 4)
#define EQUALS	 3
#define MANY	 1000
#define DETACHED 200
#define BOUND_NS (50 * NS_PER_SEC) /* a hang detector */

static struct thread *spawn(uint8_t prio, void *(*fn)(void *), void *arg)
{
	const struct thread_attr attr = { .name = "test", .prio = prio };

	return thread_create(&attr, fn, arg);
}

static void *mark(void *arg)
{
	*(volatile bool *)arg = true;
	return arg;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *end_early(void *arg)
{
	thread_exit(arg);
	return NULL;
}

static void test_life(void)
{
	volatile bool ran = false;
	void *result = NULL;
	struct thread *t = spawn(PRIO_DEFAULT, mark, (void *)&ran);

	ok(t != NULL, "a thread is made");
	is(thread_join(t, &result), 0, "join waits for the end");
	ok(ran && result == (void *)&ran, "join gives the thread's result");
	t = spawn(PRIO_DEFAULT, end_early, &result);
	is(thread_join(t, &result), 0, "a thread may end by thread_exit()");
	ok(result == (void *)&result, "join gives what thread_exit() was given");
	is(thread_join(thread_self(), NULL), -EDEADLK, "nobody joins itself");
	t = spawn(LOW, nothing, NULL);
	is(thread_detach(t), 0, "detach");
	is(thread_detach(t), -EINVAL, "a second detach is refused");
	is(thread_join(t, NULL), -EINVAL, "a detached thread cannot be joined");
}

static void test_priority_at_creation(void)
{
	volatile bool high = false, low = false;
	struct thread *h = spawn(HIGH, mark, (void *)&high), *l;

	ok(high, "a higher thread runs before its maker goes on");
	l = spawn(LOW, mark, (void *)&low);
	sched_yield_cpu();
	ok(!low, "a lower thread does not run while its maker can");
	sched_set_prio(l, HIGH, false);
	sched_check();
	ok(low, "raised above its maker it runs at once");
	thread_join(h, NULL);
	thread_join(l, NULL);
}

/* --- woken from an interrupt */

static struct {
	struct timer timer;
	struct semaphore sem;
	volatile unsigned long work, at_interrupt, at_run;
	volatile bool ran;
} woken;

static void interrupt(struct timer *t)
{
	(void)t;
	woken.at_interrupt = woken.work;
	sem_up(&woken.sem);
}

static void *wait_for_interrupt(void *arg)
{
	sem_down(&woken.sem, TIME_NEVER);
	woken.at_run = woken.work;
	woken.ran = true;
	return arg;
}

static void test_woken_by_interrupt(void)
{
	struct thread *t;
	uint64_t end;

	sem_init_count(&woken.sem, 0);
	timer_init(&woken.timer, interrupt);
	t = spawn(HIGH, wait_for_interrupt, NULL);
	timer_start(&woken.timer, time_after(5 * NS_PER_MS));
	end = time_after(BOUND_NS);
	while (!woken.ran && time_now() < end) {
		woken.work++;
	}
	ok(woken.ran, "a thread that an interrupt wakes preempts a lower one that never blocks");
	ok(woken.at_run == woken.at_interrupt, "it runs before the lower one's next step");
	thread_join(t, NULL);
}

/* --- equals */

static struct {
	volatile unsigned long count[EQUALS];
	volatile bool stop, first_done;
} share;

static void *spin(void *arg)
{
	volatile unsigned long *n = arg;

	while (!share.stop) {
		(*n)++;
	}
	return NULL;
}

static void sleep_ms(unsigned ms)
{
	struct semaphore s;

	sem_init_count(&s, 0);
	sem_down(&s, time_after(ms * NS_PER_MS));
}

static void test_round_robin(void)
{
	struct thread *t[EQUALS];
	uint64_t ticks[EQUALS], sum = 0;

	for (int i = 0; i < EQUALS; i++) {
		t[i] = spawn(LOW, spin, (void *)&share.count[i]);
	}
	sleep_ms(400);
	for (int i = 0; i < EQUALS; i++) {
		ticks[i] = sched_ticks(t[i]);
		sum += ticks[i];
	}
	share.stop = true;
	for (int i = 0; i < EQUALS; i++) {
		thread_join(t[i], NULL);
		ok(share.count[i] > 0 && ticks[i] > sum / (EQUALS * 4),
		   "equal thread %d gets its share of the CPU", i);
	}
}

static void *fifo_first(void *arg)
{
	uint64_t end = time_after(100 * NS_PER_MS);

	while (time_now() < end) {
	}
	share.first_done = true;
	return arg;
}

static void *fifo_second(void *arg)
{
	*(bool *)arg = share.first_done;
	return NULL;
}

static void test_fifo(void)
{
	const struct thread_attr attr = { .name = "fifo", .prio = LOW, .fifo = true };
	bool after = false;
	struct thread *first = thread_create(&attr, fifo_first, NULL);
	struct thread *second = thread_create(&attr, fifo_second, &after);

	thread_join(first, NULL);
	thread_join(second, NULL);
	ok(after, "a SCHED_FIFO thread runs until it ends, equals wait");
}

static volatile unsigned turns[2];

static void *take_turns(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg, apart = 0;

	for (int i = 0; i < 1000; i++) {
		turns[me]++;
		sched_yield_cpu();
		apart = MAX(apart, turns[me] > turns[!me] ? turns[me] - turns[!me] : 0);
	}
	return (void *)(uintptr_t)apart;
}

static void test_yield(void)
{
	struct thread *a = spawn(LOW, take_turns, (void *)0),
		      *b = spawn(LOW, take_turns, (void *)1);
	void *apart[2];

	thread_join(a, &apart[0]);
	thread_join(b, &apart[1]);
	/* A time slice that ends in between gives a turn away. */
	ok((uintptr_t)apart[0] < 100 && (uintptr_t)apart[1] < 100, "yield lets an equal run");
}

/* --- memory */

static void many(unsigned n, bool detached)
{
	const struct thread_attr attr = { .name = "many", .prio = HIGH, .detached = detached };

	for (unsigned i = 0; i < n; i++) {
		struct thread *t = thread_create(&attr, nothing, NULL);

		if (t == NULL) {
			diag("# thread %u of %u could not be made", i, n);
			return;
		}
		if (!detached) {
			thread_join(t, NULL);
		}
	}
}

static void test_no_leak(void)
{
	size_t before;

	many(10, false);
	before = page_free_count();
	many(MANY, false);
	is(page_free_count(), before, "%u threads made and joined leave every page", MANY);
	many(10, true);
	sleep_ms(10);
	before = page_free_count();
	many(DETACHED, true);
	sleep_ms(10);
	is(page_free_count(), before, "%u detached threads leave every page", DETACHED);
}

static void test_exhaustion(void)
{
	static struct thread *all[4096];
	const struct thread_attr attr = { .name = "big", .stack_size = 1 << 20, .prio = LOW };
	unsigned n = 0;

	while (n < ARRAY_SIZE(all) && (all[n] = thread_create(&attr, nothing, NULL)) != NULL) {
		n++;
	}
	ok(n > 0 && n < ARRAY_SIZE(all), "threads can be made until memory is short (%u)", n);
	for (unsigned i = 0; i < n; i++) {
		thread_join(all[i], NULL);
	}
	all[0] = thread_create(&attr, nothing, NULL);
	ok(all[0] != NULL, "and again after they ended");
	thread_join(all[0], NULL);
}

int main(void)
{
	/* The order of things on one CPU; ../smp is about several. */
	sched_set_affinity(thread_self(), 1);
	test_life();
	test_priority_at_creation();
	test_woken_by_interrupt();
	test_round_robin();
	test_fifo();
	test_yield();
	test_no_leak();
	test_exhaustion();
	return tap_done();
}
