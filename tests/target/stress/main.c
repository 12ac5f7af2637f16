/* SPDX-License-Identifier: MIT */
/* The workers and their dice; seconds=N seed=N in the arguments. */
#define _GNU_SOURCE
#include "stress.h"
#include "../tap.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define LEAK_BOUND (512UL << 10)      /* caches of the allocator */
#define STILL	   (1000UL * WORKERS) /* jobs of all without one of a worker's */

_Atomic unsigned long handled;
static _Atomic bool stop;
static _Atomic unsigned failures;
static struct worker workers[WORKERS];
static pthread_t threads[WORKERS];

static const job jobs[] = {
	use_mutexes, use_mutexes, use_rwlock, use_ring,	   use_semaphore,
	use_pipe,    make_thread, run_timer,  send_signal, change_priority,
	calculate,   use_heap,	  use_heap,   pass_block,  map_memory,
};
#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
unsigned below(struct worker *w, unsigned n)
{
	w->dice ^= w->dice >> 12;
	w->dice ^= w->dice << 25;
	w->dice ^= w->dice >> 27;
	return (unsigned)((w->dice * 0x2545f4914f6cdd1dUL) >> 33) % n;
}

void verify(bool good, const char *what)
{
	if (!good && failures++ < 10) {
		printf("# %s\n", what);
	}
}

static void move(struct worker *w)
{
	unsigned cpu = below(w, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	verify(pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0, "affinity");
	verify(sched_getcpu() == (int)cpu, "a thread runs where it may");
	for (int i = 0; i < CPU_SETSIZE; i++) {
		CPU_SET(i, &set);
	}
	verify(pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0, "any CPU again");
}

void maybe_yield(struct worker *w)
{
	switch (below(w, 12)) {
	case 0:
		sched_yield();
		break;
	case 1:
		nanosleep(&(struct timespec){ 0, (long)below(w, 300000) }, NULL);
		break;
	case 2:
		move(w);
		break;
	default:
		break;
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!stop) {
		jobs[below(w, JOBS)](w);
		maybe_yield(w);
		w->done++;
	}
	return NULL;
}

static unsigned long argument(int argc, char **argv, const char *name, unsigned long usual)
{
	size_t n = strlen(name);

	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], name, n) == 0 && argv[i][n] == '=') {
			return strtoul(argv[i] + n + 1, NULL, 0);
		}
	}
	return usual;
}

static unsigned long total(void)
{
	unsigned long sum = 0;

	for (unsigned i = 0; i < WORKERS; i++) {
		sum += workers[i].done;
	}
	return sum;
}

/* Every one goes on, also while the others do: measured in their jobs, since a slow host's time says nothing. */
static void look_at_each(void)
{
	static unsigned long done[WORKERS], when[WORKERS];
	unsigned long now = total();

	for (unsigned i = 0; i < WORKERS; i++) {
		if (workers[i].done != done[i]) {
			done[i] = workers[i].done;
			when[i] = now;
		} else if (now > when[i] + STILL) {
			verify(false, "a worker stands still");
			when[i] = now;
		}
	}
}

static void watch(unsigned long seconds)
{
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (unsigned long s = 0; s < seconds; s++) {
		next.tv_sec++;
		/* Workers send signals, which end a sleep. */
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) != 0) {
		}
		look_at_each();
		if (s % 10 == 9) {
			printf("# %lu s: %lu jobs, %lu handlers, %u failures\n", s + 1, total(),
			       handled, failures);
		}
	}
}

static unsigned long free_memory(void)
{
	struct sysinfo i;

	sysinfo(&i);
	return i.freeram * i.mem_unit;
}

static void run(unsigned long seconds, unsigned long seed)
{
	stop = false;
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ .index = i,
					      .dice = (seed + i) * 0x9e3779b97f4a7c15UL | 1 };
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	watch(seconds);
	stop = true;
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(threads[i], NULL);
	}
}

int main(int argc, char **argv)
{
	unsigned long seconds = argument(argc, argv, "seconds", 3);
	unsigned long seed = argument(argc, argv, "seed", (unsigned long)time(NULL)), before, after;

	diag("# %ld CPUs, %lu s, seed=%lu", sysconf(_SC_NPROCESSORS_ONLN), seconds, seed);
	work_start();
	run(1, seed); /* so that what is allocated once is there */
	memory_check();
	before = free_memory();
	run(seconds, seed + WORKERS);
	memory_check();
	after = free_memory();
	diag("# %lu jobs, %lu handlers, memory %ld KiB", total(), handled,
	     ((long)after - (long)before) / 1024);
	ok(total() > WORKERS, "all workers worked");
	work_check();
	ok(failures == 0, "every check of every job");
	ok(after + LEAK_BOUND >= before, "no memory is lost");
	return tap_done();
}
