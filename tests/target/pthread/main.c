/* SPDX-License-Identifier: MIT */
/* pthread.h and semaphore.h: life, kinds of mutexes, conditions, read-write locks, barriers, keys, once,
 * priorities, clean-up handlers. */
#include "pthread_test.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void *identity(void *arg)
{
	return arg;
}

static void *exits(void *arg)
{
	pthread_exit(arg);
}

static void test_life(void)
{
	pthread_attr_t attr;
	pthread_t t;
	void *result;
	int state;
	size_t size;

	is(pthread_create(&t, NULL, identity, &result), 0, "create");
	ok(pthread_join(t, &result) == 0 && result == &result, "join gives the result");
	pthread_create(&t, NULL, exits, &attr);
	ok(pthread_join(t, &result) == 0 && result == &attr, "also that of pthread_exit()");
	is(pthread_join(pthread_self(), NULL), EDEADLK, "nobody joins itself");
	ok(pthread_equal(pthread_self(), pthread_self()) && !pthread_equal(pthread_self(), NULL),
	   "equal");
	pthread_attr_init(&attr);
	is(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0, "detached by attribute");
	ok(pthread_attr_getdetachstate(&attr, &state) == 0 && state == PTHREAD_CREATE_DETACHED,
	   "kept");
	is(pthread_attr_setstacksize(&attr, 65536), 0, "stack size");
	ok(pthread_attr_getstacksize(&attr, &size) == 0 && size == 65536, "kept");
	is(pthread_attr_setstacksize(&attr, 1), EINVAL, "too small a stack");
	is(pthread_create(&t, &attr, identity, NULL), 0, "create");
	usleep(2000);
	pthread_attr_destroy(&attr);
}

/* --- mutexes */

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static volatile unsigned long counter;

static void *count(void *arg)
{
	for (int i = 0; i < 10000; i++) {
		pthread_mutex_lock(&plain);
		counter = counter + 1;
		if (i % 100 == 0) {
			sched_yield();
		}
		pthread_mutex_unlock(&plain);
	}
	return arg;
}

static void test_contention(void)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, count, NULL);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
	}
	is(counter, 40000, "four threads under one mutex");
}

static void make(pthread_mutex_t *m, int type)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type);
	pthread_mutex_init(m, &attr);
	pthread_mutexattr_destroy(&attr);
}

static void *unlock(void *m)
{
	return (void *)(intptr_t)pthread_mutex_unlock(m);
}

struct timespec soon(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	t.tv_nsec += 20000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

bool reached(clockid_t clock, const struct timespec *t)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

static void *timed_lock(void *arg)
{
	pthread_mutex_t *m = arg;
	struct timespec t = soon(CLOCK_REALTIME);
	int busy = pthread_mutex_trylock(m), late = pthread_mutex_timedlock(m, &t);

	return (void *)(intptr_t)(busy == EBUSY && late == ETIMEDOUT &&
				  reached(CLOCK_REALTIME, &t));
}

static void test_mutexes(void)
{
	pthread_mutex_t recursive, check;
	pthread_t t;
	void *result;

	make(&recursive, PTHREAD_MUTEX_RECURSIVE);
	make(&check, PTHREAD_MUTEX_ERRORCHECK);
	ok(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0,
	   "recursive: twice");
	pthread_create(&t, NULL, timed_lock, &recursive);
	pthread_join(t, &result);
	ok(result != NULL, "others find it busy, and give up at their deadline");
	ok(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == 0,
	   "and free");
	is(pthread_mutex_unlock(&recursive), EPERM, "once more is an error");
	is(pthread_mutex_lock(&check), 0, "checked: lock");
	is(pthread_mutex_lock(&check), EDEADLK, "again: told");
	pthread_create(&t, NULL, unlock, &check);
	pthread_join(t, &result);
	is((intptr_t)result, EPERM, "only the owner unlocks");
	is(pthread_mutex_unlock(&check), 0, "the owner does");
	is(pthread_mutex_destroy(&check), 0, "destroy");
}

/* --- conditions */

static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile int stage;

static void *ping(void *arg)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&plain);
		while (stage % 2 == 0) {
			pthread_cond_wait(&cond, &plain);
		}
		stage = stage + 1;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&plain);
	}
	return arg;
}

static void test_condition(void)
{
	struct timespec t = soon(CLOCK_REALTIME);
	pthread_t other;

	pthread_create(&other, NULL, ping, NULL);
	for (int i = 0; i < 100; i++) {
		pthread_mutex_lock(&plain);
		while (stage % 2 == 1) {
			pthread_cond_wait(&cond, &plain);
		}
		stage = stage + 1;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&plain);
	}
	pthread_join(other, NULL);
	is(stage, 200, "two threads in turns");
	pthread_mutex_lock(&plain);
	t = soon(CLOCK_REALTIME);
	is(pthread_cond_timedwait(&cond, &plain, &t), ETIMEDOUT, "a timed wait");
	ok(reached(CLOCK_REALTIME, &t), "not early");
	t = soon(CLOCK_MONOTONIC);
	is(pthread_cond_clockwait(&cond, &plain, CLOCK_MONOTONIC, &t), ETIMEDOUT,
	   "by another clock");
	ok(reached(CLOCK_MONOTONIC, &t), "not early");
	t.tv_nsec = 1000000000;
	is(pthread_cond_timedwait(&cond, &plain, &t), EINVAL, "a time that is none");
	pthread_mutex_unlock(&plain);
}

/* --- read-write lock, barrier, semaphore */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;

static void *try_write(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)pthread_rwlock_trywrlock(&rw);
}

static void *try_read(void *arg)
{
	int r = pthread_rwlock_tryrdlock(&rw);

	(void)arg;
	if (r == 0) {
		pthread_rwlock_unlock(&rw);
	}
	return (void *)(intptr_t)r;
}

static int in_thread(void *(*fn)(void *))
{
	pthread_t t;
	void *result;

	pthread_create(&t, NULL, fn, NULL);
	pthread_join(t, &result);
	return (int)(intptr_t)result;
}

static void test_rwlock(void)
{
	is(pthread_rwlock_rdlock(&rw), 0, "read lock");
	is(in_thread(try_read), 0, "another reader enters");
	is(in_thread(try_write), EBUSY, "a writer does not");
	is(pthread_rwlock_unlock(&rw), 0, "unlock");
	is(pthread_rwlock_wrlock(&rw), 0, "write lock");
	is(in_thread(try_read), EBUSY, "no reader enters");
	is(in_thread(try_write), EBUSY, "nor another writer");
	is(pthread_rwlock_unlock(&rw), 0, "unlock");
}

static void *meet(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)pthread_barrier_wait(&barrier);
}

static void test_barrier(void)
{
	pthread_t t[3];
	void *result;
	int serial = 0;

	is(pthread_barrier_init(&barrier, NULL, 0), EINVAL, "a barrier for nobody");
	is(pthread_barrier_init(&barrier, NULL, 4), 0, "a barrier for four");
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++) {
			pthread_create(&t[i], NULL, meet, NULL);
		}
		serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
		for (int i = 0; i < 3; i++) {
			pthread_join(t[i], &result);
			serial += (intptr_t)result == PTHREAD_BARRIER_SERIAL_THREAD;
		}
	}
	is(serial, 3, "each of three rounds has one chosen thread");
	is(pthread_barrier_destroy(&barrier), 0, "destroy");
}

static void *post(void *s)
{
	usleep(2000);
	sem_post(s);
	return NULL;
}

static void test_semaphore(void)
{
	struct timespec t = soon(CLOCK_REALTIME);
	pthread_t poster;
	sem_t s;
	int v;

	is(sem_init(&s, 0, 1), 0, "a semaphore of one");
	is(sem_trywait(&s), 0, "taken");
	fails(sem_trywait(&s), EAGAIN, "and gone");
	fails(sem_timedwait(&s, &t), ETIMEDOUT, "a timed wait");
	ok(reached(CLOCK_REALTIME, &t), "not early");
	pthread_create(&poster, NULL, post, &s);
	is(sem_wait(&s), 0, "waits until another posts");
	pthread_join(poster, NULL);
	ok(sem_post(&s) == 0 && sem_getvalue(&s, &v) == 0 && v == 1, "its value");
	is(sem_destroy(&s), 0, "destroy");
}

/* --- keys, once, clean-up, priorities */

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int destroyed, initialised, cleaned;

static void destroy(void *value)
{
	destroyed += (int)(intptr_t)value;
}

static void *use_key(void *arg)
{
	bool fresh = pthread_getspecific(key) == NULL;

	pthread_setspecific(key, arg);
	return (void *)(intptr_t)(fresh && pthread_getspecific(key) == arg);
}

static void initialise(void)
{
	initialised++;
}

static void clean(void *arg)
{
	cleaned = cleaned * 10 + (int)(intptr_t)arg;
}

static void deeper(void *arg)
{
	pthread_cleanup_push(clean, (void *)2);
	pthread_exit(arg);
	pthread_cleanup_pop(0);
}

static void *leave_early(void *arg)
{
	pthread_cleanup_push(clean, (void *)1);
	deeper(arg);
	pthread_cleanup_pop(0);
	return NULL;
}

static void test_keys(void)
{
	pthread_t t;
	void *good;

	is(pthread_key_create(&key, destroy), 0, "a key");
	pthread_setspecific(key, (void *)100);
	pthread_create(&t, NULL, use_key, (void *)5);
	pthread_join(t, &good);
	ok(good != NULL, "each thread has its own value");
	is(destroyed, 5, "its destructor ran at the thread's end, and no other");
	ok(pthread_getspecific(key) == (void *)100, "ours is untouched");
	is(pthread_key_delete(key), 0, "delete");
	ok(pthread_once(&once, initialise) == 0 && pthread_once(&once, initialise) == 0 &&
		   initialised == 1,
	   "once is once");
	pthread_create(&t, NULL, leave_early, NULL);
	pthread_join(t, NULL);
	is(cleaned, 21, "clean-up handlers run last to first");
}

static void test_priorities(void)
{
	struct sched_param p = { 5 };
	int policy;

	is(pthread_setschedparam(pthread_self(), SCHED_FIFO, &p), 0, "SCHED_FIFO");
	ok(pthread_getschedparam(pthread_self(), &policy, &p) == 0 && policy == SCHED_FIFO &&
		   p.sched_priority == 5,
	   "kept");
	p.sched_priority = sched_get_priority_max(SCHED_FIFO) + 1;
	is(pthread_setschedparam(pthread_self(), SCHED_FIFO, &p), EINVAL, "too high a priority");
	p.sched_priority = 0;
	is(pthread_setschedparam(pthread_self(), SCHED_OTHER, &p), 0, "back");
}

int main(void)
{
	test_life();
	test_contention();
	test_mutexes();
	test_condition();
	test_rwlock();
	test_barrier();
	test_semaphore();
	test_keys();
	test_priorities();
	test_protocols();
	test_attributes();
	test_objects();
	test_c11();
	test_handlers();
	test_main_ends();
}
