/* SPDX-License-Identifier: MIT */
/* Where threads run: affinity, wake-ups, load that idle CPUs pull, priorities over all CPUs. */
#include "smp.h"

#include "../tap.h"

#include <semaphore.h>

#define MANY 8

static sem_t go, done;

/* --- affinity ------------------------------------------------------------------------------------ */

/* Its CPU each time it looks, a bit each. */
static void *look(void *arg)
{
	unsigned seen = 0;

	for (int i = 0; i < 50; i++) {
		seen |= 1U << sched_getcpu();
		sched_yield();
	}
	(void)arg;
	return (void *)(uintptr_t)seen;
}

static void test_bound(void)
{
	for (unsigned i = 0; i < n_cpus; i++) {
		is((uintptr_t)end(start(1U << i, 0, look, NULL)), 1U << i,
		   "made for CPU %u, and there", i);
	}
}

static void test_move_self(void)
{
	bool good = true;

	for (unsigned i = 0; i < 4 * n_cpus; i++) {
		bind(pthread_self(), 1U << i % n_cpus);
		good = good && sched_getcpu() == (int)(i % n_cpus);
	}
	bind(pthread_self(), all());
	ok(good, "when the call returns the thread is where it may be");
}

static _Atomic unsigned at; /* CPU + 1 */
static _Atomic unsigned stop;

static void *tell(void *arg)
{
	while (atomic_load(&stop) == 0) {
		atomic_store(&at, (unsigned)sched_getcpu() + 1);
	}
	return arg;
}

static void test_move_running(void)
{
	bool good = true;
	pthread_t t;

	bind(pthread_self(), 1);
	atomic_store(&at, 0);
	atomic_store(&stop, 0);
	t = start(1U << (n_cpus - 1), 0, tell, NULL);
	for (unsigned i = 0; i < 2 * n_cpus; i++) {
		bind(t, 1U << i % n_cpus);
		good = good && spin_until(&at, i % n_cpus + 1);
	}
	atomic_store(&stop, 1);
	end(t);
	bind(pthread_self(), all());
	ok(good, "a thread that runs goes where it is sent");
}

static void *sleeper(void *arg)
{
	for (unsigned i = 0; i < 2 * n_cpus; i++) {
		sem_wait(&go);
		atomic_store(&at, (unsigned)sched_getcpu() + 1);
		sem_post(&done);
	}
	return arg;
}

static void test_move_asleep(void)
{
	pthread_t t = start(1, 0, sleeper, NULL);
	bool good = true;

	for (unsigned i = 0; i < 2 * n_cpus; i++) {
		bind(t, 1U << i % n_cpus);
		sem_post(&go);
		sem_wait(&done);
		good = good && atomic_load(&at) == i % n_cpus + 1;
	}
	end(t);
	ok(good, "a thread that sleeps wakes up where it may run by then");
}

static void *note(void *arg)
{
	atomic_store(&at, (unsigned)sched_getcpu() + 1);
	return arg;
}

/* It waits below the hog, on the hog's CPU, and may then go elsewhere. */
static void test_move_ready(void)
{
	pthread_t hog, t;

	if (n_cpus == 1) {
		return;
	}
	bind(pthread_self(), 1);
	atomic_store(&stop, 0);
	atomic_store(&at, 0);
	hog = start(2, 10, tell, NULL);
	spin_until(&at, 2);
	t = start(2, 0, note, NULL);
	sched_yield();
	bind(t, 1);
	end(t); /* main() sleeps: CPU 0 is free for it */
	atomic_store(&stop, 1);
	end(hog);
	bind(pthread_self(), all());
	ok(true, "a thread that waits for its turn is taken elsewhere");
}

/* --- load ------------------------------------------------------------------------------------------- */

static _Atomic unsigned together;

/* Ends only when as many as there are CPUs run at the same time: they let nobody else in. */
static void *meet(void *arg)
{
	atomic_fetch_add(&together, 1);
	return (void *)(uintptr_t)spin_until(&together, (unsigned)(uintptr_t)arg);
}

static void start_meeting(pthread_t t[], unsigned mask, int prio)
{
	atomic_store(&together, 0);
	for (unsigned i = 0; i < n_cpus; i++) {
		t[i] = start(mask, prio, meet, (void *)(uintptr_t)n_cpus);
	}
}

static bool all_met(pthread_t t[])
{
	bool good = true;

	for (unsigned i = 0; i < n_cpus; i++) {
		good = end(t[i]) != NULL && good;
	}
	return good;
}

/* main()'s, above all others or as usual. */
static void be_first(bool first)
{
	struct sched_param p = { .sched_priority = first ? 40 : 0 };

	pthread_setschedparam(pthread_self(), first ? SCHED_FIFO : SCHED_OTHER, &p);
}

static void test_spread(void)
{
	pthread_t t[MANY];
	bool good = true;

	for (int i = 0; i < 20; i++) {
		be_first(i % 2 == 0); /* so that they come one by one, or all at once */
		start_meeting(t, all(), 20);
		good = good && all_met(t);
	}
	be_first(false);
	ok(good, "as many threads as CPUs run all at once");
}

/* All are made for one CPU, where they would wait for one another for ever; then they may go. */
static void test_pull(void)
{
	pthread_t t[MANY];

	bind(pthread_self(), 1);
	be_first(true);
	start_meeting(t, 1, 5);
	for (unsigned i = 0; i < n_cpus; i++) {
		bind(t[i], all());
	}
	be_first(false);
	ok(all_met(t), "CPUs that idle take over threads that wait elsewhere");
	bind(pthread_self(), all());
}

/* --- priorities ---------------------------------------------------------------------------------------- */

static void *hog(void *arg)
{
	spin_until(&stop, 1);
	return arg;
}

/* Every CPU is taken by a thread that never lets go; better ones come. */
static void test_strict(void)
{
	pthread_t low[MANY], high[MANY];
	bool good = true;

	for (int i = 0; i < 10; i++) {
		be_first(true);
		atomic_store(&stop, 0);
		for (unsigned k = 0; k < n_cpus; k++) {
			low[k] = start(all(), 5, hog, NULL);
		}
		start_meeting(high, all(), 30);
		good = all_met(high) && good;
		atomic_store(&stop, 1);
		for (unsigned k = 0; k < n_cpus; k++) {
			end(low[k]);
		}
	}
	be_first(false);
	ok(good, "the best threads run, however busy each CPU is with lower ones");
}

void test_place(void)
{
	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	test_bound();
	test_move_self();
	test_move_running();
	test_move_asleep();
	test_move_ready();
	test_spread();
	test_pull();
	test_strict();
}
