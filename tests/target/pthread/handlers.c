/* SPDX-License-Identifier: MIT */
/* Signals that come while a thread waits in a call that they do not end: the handler runs at once, and
 * the wait goes on. Semaphores do end, unless the handler has SA_RESTART. */
#define _GNU_SOURCE
#include "pthread_test.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE 20000 /* ms: a hang detector */

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t go, in_once;
static _Atomic int handled, left;

static void handle(int s)
{
	(void)s;
	handled++;
}

static void wait_mutex(void)
{
	pthread_mutex_lock(&m);
	pthread_mutex_unlock(&m);
}

static void wait_mutex_timed(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += PATIENCE / 1000;
	if (pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &t) == 0) {
		pthread_mutex_unlock(&m);
	}
}

static void give_mutex(void)
{
	pthread_mutex_unlock(&m);
}

static void hold_mutex(void)
{
	pthread_mutex_lock(&m);
}

static void wait_read(void)
{
	pthread_rwlock_rdlock(&rw);
	pthread_rwlock_unlock(&rw);
}

static void wait_write(void)
{
	pthread_rwlock_wrlock(&rw);
	pthread_rwlock_unlock(&rw);
}

static void hold_rw(void)
{
	pthread_rwlock_wrlock(&rw);
}

static void give_rw(void)
{
	pthread_rwlock_unlock(&rw);
}

static void make_barrier(void)
{
	pthread_barrier_init(&barrier, NULL, 2);
}

static void wait_barrier(void)
{
	pthread_barrier_wait(&barrier);
}

static pthread_t other;

static void *wait_go(void *arg)
{
	while (sem_wait(&go) != 0) {
	}
	return arg;
}

static void make_other(void)
{
	sem_init(&go, 0, 0);
	pthread_create(&other, NULL, wait_go, NULL);
}

static void wait_join(void)
{
	pthread_join(other, NULL);
}

static void end_other(void)
{
	sem_post(&go);
}

static void slow_init(void)
{
	sem_post(&in_once);
	wait_go(NULL);
}

static void *call_once_first(void *arg)
{
	pthread_once(&once, slow_init);
	return arg;
}

static void begin_once(void)
{
	sem_init(&go, 0, 0);
	sem_init(&in_once, 0, 0);
	pthread_create(&other, NULL, call_once_first, NULL);
	sem_wait(&in_once);
}

static void wait_once(void)
{
	pthread_once(&once, slow_init);
}

static void end_once(void)
{
	sem_post(&go);
	pthread_join(other, NULL);
}

static const struct wait {
	const char *name;
	void (*before)(void);
	void (*enter)(void);
	void (*release)(void);
} waits[] = {
	{ "pthread_mutex_lock", hold_mutex, wait_mutex, give_mutex },
	{ "pthread_mutex_clocklock", hold_mutex, wait_mutex_timed, give_mutex },
	{ "pthread_rwlock_rdlock", hold_rw, wait_read, give_rw },
	{ "pthread_rwlock_wrlock", hold_rw, wait_write, give_rw },
	{ "pthread_barrier_wait", make_barrier, wait_barrier, wait_barrier },
	{ "pthread_join", make_other, wait_join, end_other },
	{ "pthread_once", begin_once, wait_once, end_once },
};

static void *enter(void *arg)
{
	((const struct wait *)arg)->enter();
	left = 1;
	return NULL;
}

static void test_wait(const struct wait *w)
{
	pthread_t t;

	handled = left = 0;
	w->before();
	pthread_create(&t, NULL, enter, (void *)(uintptr_t)w);
	for (int n = 1; n <= 3; n++) {
		usleep(10000);
		pthread_kill(t, SIGUSR1);
		for (int i = 0; i < PATIENCE && handled < n; i++) {
			usleep(1000);
		}
	}
	is(handled, 3, "handlers run in %s()", w->name);
	is(left, 0, "which goes on");
	w->release();
	is(pthread_join(t, NULL), 0, "until there is what it waits for");
}

static void *wait_sem(void *arg)
{
	int r = sem_wait(arg);

	return (void *)(intptr_t)(r == 0 ? 0 : errno);
}

static void test_semaphore(int flags, int want)
{
	struct sigaction sa = { .sa_handler = handle, .sa_flags = flags };
	pthread_t t;
	void *result;
	sem_t s;

	handled = 0;
	sigaction(SIGUSR1, &sa, NULL);
	sem_init(&s, 0, 0);
	pthread_create(&t, NULL, wait_sem, &s);
	usleep(20000);
	pthread_kill(t, SIGUSR1);
	for (int i = 0; i < PATIENCE && handled == 0; i++) {
		usleep(1000);
	}
	sem_post(&s);
	pthread_join(t, &result);
	is((intptr_t)result, want, flags == 0 ? "sem_wait() ends" : "with SA_RESTART it does not");
}

void test_handlers(void)
{
	struct sigaction sa = { .sa_handler = handle };

	sigaction(SIGUSR1, &sa, NULL);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		test_wait(&waits[i]);
	}
	test_semaphore(0, EINTR);
	test_semaphore(SA_RESTART, 0);
}

/* --- the end of main's thread --------------------------------------------------------------------- */

static pthread_t main_thread;

/* The program ends with its last thread, with status 0; else with what exit() is given. */
static void *after_main(void *arg)
{
	void *result = NULL;

	is(pthread_join(main_thread, &result), 0, "main's thread can be joined");
	ok(result == &main_thread, "others run on when it ends by pthread_exit()");
	if (tap_done() != 0) {
		exit(1);
	}
	return arg;
}

void test_main_ends(void)
{
	pthread_t t;

	main_thread = pthread_self();
	pthread_create(&t, NULL, after_main, NULL);
	pthread_detach(t);
	pthread_exit(&main_thread);
}
