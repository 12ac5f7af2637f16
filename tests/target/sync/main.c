/* SPDX-License-Identifier: MIT */
/* The kernel's mutex, condition and semaphore: exclusion under preemption, deadlines that are never
 * early, and waiters that wake by priority, then by age. */
#include "../tap.h"

#include <errno.h>
#include <kernel/sync.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <string.h>

#define THREADS 4
#define ROUNDS	20000
#define WAIT_NS (20 * NS_PER_MS)

static struct mutex lock;
static struct cond cond;
static struct semaphore sem;
static char order[16];
static unsigned ordered;

static struct thread *spawn(int prio, void *(*fn)(void *), void *arg)
{
	const struct thread_attr attr = { .name = "test", .prio = (uint8_t)prio };

	return thread_create(&attr, fn, arg);
}

/* --- mutex */

static volatile unsigned long counter;
static volatile unsigned inside, crowds;

static void *count(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		mutex_lock(&lock);
		crowds += inside++ != 0;
		counter = counter + 1;
		if (i % 64 == 0) {
			sched_yield_cpu(); /* with the lock held: the others must wait */
		}
		inside--;
		mutex_unlock(&lock);
	}
	return arg;
}

static void test_contention(void)
{
	struct thread *t[THREADS];

	for (int i = 0; i < THREADS; i++) {
		t[i] = spawn(PRIO_DEFAULT, count, NULL);
	}
	for (int i = 0; i < THREADS; i++) {
		thread_join(t[i], NULL);
	}
	is(counter, THREADS * ROUNDS, "no increment under a contended mutex is lost");
	is(crowds, 0, "never two threads inside");
	ok(!mutex_held(&lock) && mutex_trylock(&lock), "free afterwards");
	mutex_unlock(&lock);
}

static void *try_lock(void *arg)
{
	uint64_t end = time_after(WAIT_NS);
	int r = mutex_lock_until(&lock, end);

	*(bool *)arg = r == -ETIMEDOUT && time_now() >= end && !mutex_trylock(&lock);
	return NULL;
}

static void test_timed_lock(void)
{
	bool good = false;
	struct thread *t;

	mutex_lock(&lock);
	ok(mutex_held(&lock), "a mutex knows its owner");
	t = spawn(PRIO_DEFAULT, try_lock, &good);
	thread_join(t, NULL);
	ok(good, "a timed lock gives up, and not before its deadline");
	mutex_unlock(&lock);
	ok(mutex_trylock(&lock), "a waiter that gave up leaves nothing behind");
	mutex_unlock(&lock);
}

/* --- order of waking */

static void note(void *arg)
{
	order[ordered++] = *(const char *)arg;
}

static void *wait_mutex(void *arg)
{
	mutex_lock(&lock);
	note(arg);
	mutex_unlock(&lock);
	return NULL;
}

static void *wait_cond(void *arg)
{
	mutex_lock(&lock);
	cond_wait(&cond, &lock, TIME_NEVER);
	note(arg);
	mutex_unlock(&lock);
	return NULL;
}

static void *wait_sem(void *arg)
{
	sem_down(&sem, TIME_NEVER);
	note(arg);
	return NULL;
}

/* Sleeps, so that others run whatever priority main was lent by those that wait for its mutex. */
static void let_run(void)
{
	struct semaphore s;

	sem_init_count(&s, 0);
	sem_down(&s, time_after(5 * NS_PER_MS));
}

/* Until @t waits; main may be ahead of it on another CPU. A bound, so that a thread that never does is a failed test. */
static void let_block(const struct thread *t)
{
	for (unsigned i = 0; i < 2000; i++) {
		let_run();
		if (*(const volatile enum thread_state *)&t->state == THREAD_BLOCKED) {
			return;
		}
	}
}

/* Waiters a to e in this order of age; c is the highest, then b and d, then a and e. */
static const int prios[] = { 1, 2, 3, 2, 1 };
static char names[] = "abcde";

static void waiters(struct thread **t, void *(*fn)(void *))
{
	memset(order, 0, sizeof(order));
	ordered = 0;
	for (unsigned i = 0; i < 5; i++) {
		t[i] = spawn(PRIO_DEFAULT + prios[i], fn, &names[i]);
		let_block(t[i]);
	}
}

static void join(struct thread **t, const char *what)
{
	for (unsigned i = 0; i < 5; i++) {
		thread_join(t[i], NULL);
	}
	if (!ok(strcmp(order, "cbdae") == 0, "%s wakes by priority, equals by age", what)) {
		diag("# order: %s", order);
	}
}

static void test_wake_order(void)
{
	struct thread *t[5];

	/* On one CPU a higher thread has run up to its wait when its creator goes on. */
	sched_set_affinity(thread_self(), 1);
	mutex_lock(&lock);
	waiters(t, wait_mutex);
	mutex_unlock(&lock);
	join(t, "a mutex");

	waiters(t, wait_cond);
	for (int i = 0; i < 5; i++) {
		cond_signal(&cond);
	}
	join(t, "cond_signal()");

	waiters(t, wait_cond);
	cond_broadcast(&cond);
	join(t, "cond_broadcast()");

	waiters(t, wait_sem);
	for (int i = 0; i < 5; i++) {
		sem_up(&sem);
	}
	join(t, "a semaphore");
	sched_set_affinity(thread_self(), ~0U);
}

/* --- condition and semaphore */

static volatile bool ready, answered;

static void *answer(void *arg)
{
	mutex_lock(&lock);
	while (!ready) {
		cond_wait(&cond, &lock, TIME_NEVER);
	}
	answered = mutex_held(&lock);
	cond_signal(&cond);
	mutex_unlock(&lock);
	return arg;
}

static void test_condition(void)
{
	struct thread *t = spawn(PRIO_DEFAULT, answer, NULL);
	uint64_t end;
	int r = 0;

	mutex_lock(&lock);
	ready = true;
	cond_broadcast(&cond);
	while (!answered && r == 0) {
		r = cond_wait(&cond, &lock, time_after(50 * NS_PER_SEC));
	}
	ok(answered && r == 0, "two threads hand over by a condition");
	mutex_unlock(&lock);
	thread_join(t, NULL);

	mutex_lock(&lock);
	end = time_after(WAIT_NS);
	is(cond_wait(&cond, &lock, end), -ETIMEDOUT, "a condition nobody signals times out");
	ok(time_now() >= end, "not before its deadline");
	ok(mutex_held(&lock), "with the mutex held again");
	mutex_unlock(&lock);
}

static struct timer timer;

static void up(struct timer *t)
{
	(void)t;
	sem_up(&sem);
}

static void test_semaphore(void)
{
	uint64_t end;

	sem_init_count(&sem, 2);
	is(sem_down(&sem, 0), 0, "a semaphore counts: first");
	is(sem_down(&sem, 0), 0, "second");
	is(sem_down(&sem, 0), -EAGAIN, "the third would wait");
	end = time_after(WAIT_NS);
	is(sem_down(&sem, end), -ETIMEDOUT, "a timed wait gives up");
	ok(time_now() >= end, "not before its deadline");
	timer_init(&timer, up);
	timer_start(&timer, time_after(NS_PER_MS));
	is(sem_down(&sem, TIME_NEVER), 0, "an interrupt may raise it");
	is(sem_count(&sem), 0, "nothing is left over");
}

int main(void)
{
	mutex_init(&lock);
	cond_init(&cond);
	sem_init_count(&sem, 0);
	test_contention();
	test_timed_lock();
	test_wake_order();
	test_condition();
	test_semaphore();
	return tap_done();
}
