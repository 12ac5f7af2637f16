/* SPDX-License-Identifier: MIT */
/* Protocols and robustness of mutexes: inheritance, ceiling, owners that end, deadlocks that are found.
 * The threads are bound to one CPU, where strict priorities leave one order only. */
#define _GNU_SOURCE
#include "pthread_test.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

#define LOW  2
#define MID  5
#define HIGH 8

static pthread_mutex_t m;
static char trace[32];
static sem_t go;

static void note(const char *what)
{
	strlcat(trace, what, sizeof(trace));
}

/* A SCHED_FIFO thread on CPU 0. */
static pthread_t start(int prio, void *(*fn)(void *), void *arg)
{
	struct sched_param p = { .sched_priority = prio };
	pthread_attr_t attr;
	cpu_set_t set;
	pthread_t t;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &p);
	pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (pthread_create(&t, &attr, fn, arg) != 0) {
		diag("# no thread");
	}
	return t;
}

static void make(int protocol, int type, int robust, int ceiling)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_setprotocol(&a, protocol);
	pthread_mutexattr_settype(&a, type);
	pthread_mutexattr_setrobust(&a, robust);
	if (ceiling > 0) {
		pthread_mutexattr_setprioceiling(&a, ceiling);
	}
	is(pthread_mutex_init(&m, &a), 0, "a mutex");
	pthread_mutexattr_destroy(&a);
}

/* --- inversion: the middle thread is ready while the low one holds what the high one wants */

static void *high(void *arg)
{
	note("h");
	pthread_mutex_lock(&m);
	note("H");
	pthread_mutex_unlock(&m);
	return arg;
}

static void *middle(void *arg)
{
	note("m");
	return arg;
}

static void *low(void *arg)
{
	pthread_t *t = arg;

	pthread_mutex_lock(&m);
	note("l");
	t[0] = start(HIGH, high, NULL);
	t[1] = start(MID, middle, NULL);
	note("L");
	pthread_mutex_unlock(&m);
	note("e");
	return NULL;
}

static void invert(int protocol, int ceiling, const char *want, const char *what)
{
	pthread_t l, t[2];

	make(protocol, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, ceiling);
	trace[0] = 0;
	l = start(LOW, low, t);
	pthread_join(l, NULL);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	if (!ok(strcmp(trace, want) == 0, "%s", what)) {
		diag("# order: %s, not %s", trace, want);
	}
	is(pthread_mutex_destroy(&m), 0, "destroy");
}

static void test_inversion(void)
{
	/* High runs at once and blocks; with NONE the middle one runs before low can go on. */
	invert(PTHREAD_PRIO_NONE, 0, "lhmLHe",
	       "no protocol: the middle thread holds the high one up");
	invert(PTHREAD_PRIO_INHERIT, 0, "lhLHme", "inheritance: it does not");
	/* At the ceiling neither of them runs until the unlock. */
	invert(PTHREAD_PRIO_PROTECT, HIGH, "lLhHme", "a ceiling: nobody below it runs meanwhile");
}

/* --- a chain, a deadline and a changed priority */

static pthread_mutex_t second;

static void *holds_first(void *arg)
{
	pthread_mutex_lock(&m);
	sem_post(&go);
	sem_wait(arg);
	note("1");
	pthread_mutex_unlock(&m);
	return NULL;
}

static void *holds_second(void *arg)
{
	pthread_mutex_lock(&second);
	sem_post(&go);
	pthread_mutex_lock(&m);
	note("2");
	pthread_mutex_unlock(&m);
	pthread_mutex_unlock(&second);
	return arg;
}

static void *wants_second(void *arg)
{
	pthread_mutex_lock(&second);
	note("3");
	pthread_mutex_unlock(&second);
	return arg;
}

/* Above all of them: what it makes ready runs in the order of priorities once it ends. */
static void *wakes_all(void *end)
{
	pthread_t t = start(MID, middle, NULL);

	sem_post(end);
	pthread_detach(t);
	return NULL;
}

static void test_chain(void)
{
	pthread_t t[4];
	sem_t end;

	make(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, 0);
	second = m;
	sem_init(&go, 0, 0);
	sem_init(&end, 0, 0);
	trace[0] = 0;
	t[0] = start(LOW, holds_first, &end);
	sem_wait(&go);
	t[1] = start(LOW + 1, holds_second, NULL);
	sem_wait(&go);
	t[2] = start(HIGH, wants_second, NULL);
	usleep(20000);
	t[3] = start(HIGH + 1, wakes_all, &end);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
	}
	usleep(20000);
	if (!ok(strcmp(trace, "123m") == 0, "a chain of mutexes passes the priority on")) {
		diag("# order: %s", trace);
	}
	pthread_mutex_destroy(&m);
	pthread_mutex_destroy(&second);
}

/* --- ceiling */

static void *above_ceiling(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)pthread_mutex_lock(&m);
}

static void test_ceiling(void)
{
	pthread_mutexattr_t a;
	void *result;
	int v;

	pthread_mutexattr_init(&a);
	ok(pthread_mutexattr_getprotocol(&a, &v) == 0 && v == PTHREAD_PRIO_NONE, "none at first");
	is(pthread_mutexattr_setprotocol(&a, 9), EINVAL, "a protocol that is none");
	is(pthread_mutexattr_setprioceiling(&a, 0), EINVAL, "no ceiling of SCHED_OTHER");
	is(pthread_mutexattr_setprioceiling(&a, sched_get_priority_max(SCHED_FIFO) + 1), EINVAL,
	   "none above the highest");
	ok(pthread_mutexattr_setprioceiling(&a, 7) == 0 &&
		   pthread_mutexattr_getprioceiling(&a, &v) == 0 && v == 7,
	   "kept");

	make(PTHREAD_PRIO_PROTECT, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, MID);
	ok(pthread_mutex_getprioceiling(&m, &v) == 0 && v == MID, "the ceiling");
	pthread_join(start(HIGH, above_ceiling, NULL), &result);
	is((intptr_t)result, EINVAL, "whose own priority is above it may not lock");
	ok(pthread_mutex_setprioceiling(&m, HIGH, &v) == 0 && v == MID, "it can be raised");
	is(pthread_mutex_lock(&m), 0, "below it, all may");
	is(pthread_mutex_trylock(&m), EBUSY, "it is held");
	is(pthread_mutex_unlock(&m), 0, "unlock");
	pthread_mutex_destroy(&m);
	make(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, 0);
	is(pthread_mutex_getprioceiling(&m, &v), EINVAL, "another protocol has none");
	is(pthread_mutex_setprioceiling(&m, MID, &v), EINVAL, "nor can it be given one");
	pthread_mutex_destroy(&m);
}

/* --- robust */

static void *dies_with_it(void *arg)
{
	int r = pthread_mutex_lock(&m);

	if (arg != NULL) {
		usleep(20000); /* so that the other one waits */
	}
	return (void *)(intptr_t)r;
}

static void test_robust(void)
{
	pthread_t t;
	void *result;
	struct timespec when;

	for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++) {
		make(type == PTHREAD_MUTEX_NORMAL ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE, type,
		     PTHREAD_MUTEX_ROBUST, 0);
		is(pthread_mutex_consistent(&m), EINVAL, "nothing is wrong yet");
		pthread_create(&t, NULL, dies_with_it, NULL);
		pthread_join(t, &result);
		is((intptr_t)result, 0, "a thread locks and ends");
		is(pthread_mutex_lock(&m), EOWNERDEAD, "the next one is told");
		is(pthread_mutex_consistent(&m), 0, "and says that all is well");
		is(pthread_mutex_unlock(&m), 0, "unlock");
		is(pthread_mutex_lock(&m), 0, "as if nothing had been");
		pthread_mutex_unlock(&m);

		pthread_create(&t, NULL, dies_with_it, "");
		usleep(5000);
		is(pthread_mutex_lock(&m), EOWNERDEAD, "told also when it waited for it");
		is(pthread_mutex_unlock(&m), 0, "not set right");
		pthread_join(t, &result);
		is(pthread_mutex_lock(&m), ENOTRECOVERABLE, "nobody has it any more");
		is(pthread_mutex_trylock(&m), ENOTRECOVERABLE, "no try");
		when = soon(CLOCK_REALTIME);
		is(pthread_mutex_timedlock(&m, &when), ENOTRECOVERABLE, "no time");
		is(pthread_mutex_destroy(&m), 0, "it can be destroyed");
	}
}

/* --- deadlocks */

static void *other_way(void *arg)
{
	struct timespec t;

	pthread_mutex_lock(&second);
	sem_post(&go);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 20;
	arg = (void *)(intptr_t)pthread_mutex_timedlock(&m, &t);
	pthread_mutex_unlock(&second);
	if (arg == NULL) {
		pthread_mutex_unlock(&m);
	}
	return arg;
}

static void test_deadlocks(void)
{
	struct timespec t;
	pthread_t other;
	void *result;

	make(PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, 0);
	second = m;
	sem_init(&go, 0, 0);
	pthread_mutex_lock(&m);
	pthread_create(&other, NULL, other_way, NULL);
	sem_wait(&go);
	usleep(20000);
	is(pthread_mutex_lock(&second), EDEADLK, "a circle of two is found");
	pthread_mutex_unlock(&m);
	pthread_join(other, &result);
	is((intptr_t)result, 0, "the other one goes on");
	pthread_mutex_destroy(&m);

	make(PTHREAD_PRIO_NONE, PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED, 0);
	pthread_mutex_lock(&m);
	is(pthread_mutex_trylock(&m), EBUSY, "a normal one: busy for its owner too");
	t = soon(CLOCK_MONOTONIC);
	is(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &t), ETIMEDOUT, "and only time helps");
	ok(reached(CLOCK_MONOTONIC, &t), "not early");
	t.tv_nsec = -1;
	is(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &t), EINVAL, "a time that is none");
	pthread_mutex_unlock(&m);
	is(pthread_mutex_clocklock(&m, CLOCK_MONOTONIC, &t), 0, "unless it is free");
	is(pthread_mutex_destroy(&m), EBUSY, "a held one is not destroyed");
	pthread_mutex_unlock(&m);
	is(pthread_mutex_unlock(&m), EPERM, "nobody unlocks twice");
	pthread_mutex_destroy(&m);
}

void test_protocols(void)
{
	test_inversion();
	test_chain();
	test_ceiling();
	test_robust();
	test_deadlocks();
}
