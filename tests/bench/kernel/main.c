/* SPDX-License-Identifier: MIT */
/* What calls cost, in guest instructions: under QEMU's -icount shift=0 a nanosecond of virtual time is
 * one executed instruction, and sleeping takes none but up to the deadline. POSIX alone, so that the
 * same file runs as Linux's init. Prints "figure NAME VALUE" lines. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/reboot.h>
#include <sys/resource.h>
#endif

#define MANY_FDS 1000

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void figure(const char *name, uint64_t total, unsigned n)
{
	printf("figure %s %lu\n", name, (unsigned long)((total + n / 2) / n));
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

/* --- switching ------------------------------------------------------------------------------- */

static sem_t ping, pong;

static void *answer(void *arg)
{
	for (unsigned n = *(unsigned *)arg; n > 0; n--) {
		sem_wait(&ping);
		sem_post(&pong);
	}
	return NULL;
}

static void measure_switch(void)
{
	unsigned n = 20000;
	pthread_t t;
	uint64_t start;

	sem_init(&ping, 0, 0);
	sem_init(&pong, 0, 0);
	pthread_create(&t, NULL, answer, &n);
	start = now();
	for (unsigned i = 0; i < n; i++) {
		sem_post(&ping);
		sem_wait(&pong);
	}
	figure("switch_round_trip", now() - start, n);
	pthread_join(t, NULL);
}

/* --- mutexes ------------------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void measure_mutex(void)
{
	unsigned n = 100000;
	uint64_t start = now();

	for (unsigned i = 0; i < n; i++) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
	}
	figure("mutex_uncontended", now() - start, n);
}

/* Each holds the lock while the other comes to wait for it: every lock blocks, every unlock wakes. */
static void *contend(void *arg)
{
	for (unsigned n = *(unsigned *)arg; n > 0; n--) {
		pthread_mutex_lock(&lock);
		sched_yield();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void measure_contended(void)
{
	unsigned n = 10000;
	pthread_t a, b;
	uint64_t start;

	pthread_mutex_lock(&lock);
	pthread_create(&a, NULL, contend, &n);
	pthread_create(&b, NULL, contend, &n);
	start = now();
	pthread_mutex_unlock(&lock);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	figure("mutex_contended", now() - start, 2 * n);
}

/* --- threads and memory --------------------------------------------------------------------------- */

static void *nothing(void *arg)
{
	return arg;
}

static void measure_create(void)
{
	unsigned n = 2000;
	pthread_t t;
	uint64_t start;

	for (unsigned i = 0; i < 100; i++) {
		pthread_create(&t, NULL, nothing, NULL);
		pthread_join(t, NULL);
	}
	start = now();
	for (unsigned i = 0; i < n; i++) {
		pthread_create(&t, NULL, nothing, NULL);
		pthread_join(t, NULL);
	}
	figure("create_join", now() - start, n);
}

static void measure_malloc(const char *name, size_t size)
{
	unsigned n = 100000;
	void *volatile p;
	uint64_t start = now();

	for (unsigned i = 0; i < n; i++) {
		p = malloc(size);
		free(p);
	}
	figure(name, now() - start, n);
}

/* --- time ------------------------------------------------------------------------------------------ */

static void measure_clock(void)
{
	unsigned n = 100000;
	uint64_t start = now();

	for (unsigned i = 0; i < n; i++) {
		now();
	}
	figure("clock_gettime", now() - start, n);
}

/* From a timer's expiry until the thread that waited for it knows the time: on average and at worst. */
static void sleepers(const char *average, const char *worst, unsigned n, uint64_t step)
{
	uint64_t sum = 0, max = 0, at = now() + step;

	for (unsigned i = 0; i < n; i++, at += step) {
		struct timespec t = { (time_t)(at / 1000000000), (long)(at % 1000000000) };
		uint64_t late;

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) {
		}
		late = now() - at;
		sum += late;
		max = late > max ? late : max;
	}
	figure(average, sum, n);
	if (worst != NULL) {
		figure(worst, max, 1);
	}
}

static volatile int stop;

/* Below the sleeper: all that masks interrupts or holds locks for long. */
static void *load(void *arg)
{
	pthread_t t;
	int fds[2];
	char c = 0;

	if (pipe(fds) != 0) {
		fail("pipe");
	}
	while (!stop) {
		void *p = malloc(100000), *q = malloc(64);
		void *m = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);

		mprotect(m, 4096, PROT_READ);
		munmap(m, 16384);
		free(p);
		free(q);
		if (pthread_create(&t, NULL, nothing, NULL) == 0) {
			pthread_join(t, NULL);
		}
		if (write(fds[1], &c, 1) != 1 || read(fds[0], &c, 1) != 1) {
			fail("pipe");
		}
	}
	return arg;
}

static void measure_latency(void)
{
	struct sched_param high = { .sched_priority = 30 }, normal = { .sched_priority = 0 };
	pthread_t t;

	pthread_create(&t, NULL, load, NULL);
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &high) != 0) {
		printf("note no SCHED_FIFO here\n");
	}
	sleepers("interrupt_to_thread", NULL, 2000, 20000);
	sleepers("interrupt_to_thread_loaded", "interrupt_to_thread_worst", 5000, 33333);
	stop = 1;
	pthread_setschedparam(pthread_self(), SCHED_OTHER, &normal);
	pthread_join(t, NULL);
}

/* --- poll ---------------------------------------------------------------------------------------- */

static void measure_poll(const char *name, unsigned fds, unsigned n)
{
	static struct pollfd p[MANY_FDS];
	uint64_t start;

	for (unsigned i = 0; i < fds; i++) {
		p[i].fd = eventfd(i == fds - 1, EFD_NONBLOCK);
		p[i].events = POLLIN;
		if (p[i].fd < 0) {
			fail("eventfd");
		}
	}
	start = now();
	for (unsigned i = 0; i < n; i++) {
		if (poll(p, fds, 1000) != 1) {
			fail("poll");
		}
	}
	figure(name, now() - start, n);
	for (unsigned i = 0; i < fds; i++) {
		close(p[i].fd);
	}
}

int main(void)
{
#ifdef __linux__
	struct rlimit files = { 4096, 4096 };

	setrlimit(RLIMIT_NOFILE, &files);
	setvbuf(stdout, NULL, _IOLBF, 0);
	sleep(20); /* what it still does in the background after its start is not what is asked for */
#endif
	measure_clock();
	measure_mutex();
	measure_malloc("malloc_64", 64);
	measure_malloc("malloc_4096", 4096);
	measure_switch();
	measure_contended();
	measure_create();
	measure_poll("poll_1", 1, 10000);
	measure_poll("poll_1000", MANY_FDS, 200);
	measure_latency();
	printf("figures end\n");
#ifdef __linux__
	reboot(RB_POWER_OFF);
#endif
	return 0;
}
