/* SPDX-License-Identifier: MIT */
/* Edges of the other objects: joins with deadlines, names, conditions with clocks, read-write locks that
 * prefer writers, spin locks under preemption, keys that are set again, named semaphores. */
#define _GNU_SOURCE
#include "pthread_test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

static sem_t go, done;

static void *wait_go(void *arg)
{
	sem_wait(&go);
	return arg;
}

static void test_joins(void)
{
	struct timespec t = soon(CLOCK_REALTIME);
	pthread_t thread;
	char name[16], small[3];
	void *result = NULL;

	sem_init(&go, 0, 0);
	pthread_create(&thread, NULL, wait_go, &go);
	is(pthread_tryjoin_np(thread, &result), EBUSY, "it runs still");
	is(pthread_timedjoin_np(thread, &result, &t), ETIMEDOUT, "for some time");
	ok(reached(CLOCK_REALTIME, &t), "not early");
	t = soon(CLOCK_MONOTONIC);
	is(pthread_clockjoin_np(thread, &result, CLOCK_MONOTONIC, &t), ETIMEDOUT, "any clock");
	is(pthread_setname_np(thread, "a name"), 0, "a name");
	ok(pthread_getname_np(thread, name, sizeof(name)) == 0 && strcmp(name, "a name") == 0,
	   "kept");
	is(pthread_getname_np(thread, small, sizeof(small)), ERANGE, "longer than the buffer");
	is(pthread_setname_np(thread, "much too long a name"), ERANGE, "longer than a name");
	sem_post(&go);
	is(pthread_join(thread, &result), 0, "joined in the end");
	ok(result == &go, "with its result");
	pthread_create(&thread, NULL, wait_go, NULL);
	is(pthread_detach(thread), 0, "detach");
	is(pthread_detach(thread), EINVAL, "once");
	is(pthread_join(thread, NULL), EINVAL, "no join then");
	sem_post(&go);
	usleep(5000);
	is(pthread_atfork(NULL, NULL, NULL), 0, "atfork");
}

/* --- conditions */

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;

static void test_cond_clock(void)
{
	pthread_condattr_t a;
	pthread_cond_t c;
	clockid_t clock;
	struct timespec t;
	int v;

	pthread_condattr_init(&a);
	ok(pthread_condattr_getclock(&a, &clock) == 0 && clock == CLOCK_REALTIME, "first clock");
	is(pthread_condattr_setclock(&a, CLOCK_PROCESS_CPUTIME_ID), EINVAL, "no such clock");
	is(pthread_condattr_setclock(&a, CLOCK_MONOTONIC), 0, "another");
	ok(pthread_condattr_getclock(&a, &clock) == 0 && clock == CLOCK_MONOTONIC, "kept");
	ok(pthread_condattr_setpshared(&a, PTHREAD_PROCESS_SHARED) == 0 &&
		   pthread_condattr_getpshared(&a, &v) == 0 && v == PTHREAD_PROCESS_SHARED,
	   "shared");
	is(pthread_cond_init(&c, &a), 0, "a condition");
	pthread_mutex_lock(&m);
	t = soon(CLOCK_MONOTONIC);
	is(pthread_cond_timedwait(&c, &m, &t), ETIMEDOUT, "by its clock");
	ok(reached(CLOCK_MONOTONIC, &t), "not early");
	t = soon(CLOCK_REALTIME);
	is(pthread_cond_clockwait(&c, &m, CLOCK_REALTIME, &t), ETIMEDOUT, "by the other");
	ok(reached(CLOCK_REALTIME, &t), "not early");
	pthread_mutex_unlock(&m);
	is(pthread_cond_wait(&c, &m), EPERM, "not without the mutex");
	is(pthread_cond_destroy(&c), 0, "destroy");
}

struct room {
	pthread_mutex_t m;
	pthread_cond_t c;
	bool open;
	_Atomic int inside;
};

static void *visit(void *arg)
{
	struct room *r = arg;

	pthread_mutex_lock(&r->m);
	r->inside++;
	while (!r->open) {
		pthread_cond_wait(&r->c, &r->m);
	}
	r->inside--;
	pthread_mutex_unlock(&r->m);
	return NULL;
}

/* POSIX: a condition may be destroyed right after the broadcast, while those woken are still inside. */
static void test_cond_destroy(void)
{
	pthread_t t[4];
	int r = 0;

	for (int round = 0; round < 20; round++) {
		struct room room = { .m = PTHREAD_MUTEX_INITIALIZER,
				     .c = PTHREAD_COND_INITIALIZER };

		for (int i = 0; i < 4; i++) {
			pthread_create(&t[i], NULL, visit, &room);
		}
		while (room.inside < 4) {
			usleep(500);
		}
		pthread_mutex_lock(&room.m);
		room.open = true;
		pthread_cond_broadcast(&room.c);
		pthread_mutex_unlock(&room.m);
		r |= pthread_cond_destroy(&room.c);
		memset(&room.c, 0xff, sizeof(room.c));
		for (int i = 0; i < 4; i++) {
			pthread_join(t[i], NULL);
		}
		r |= room.inside;
	}
	is(r, 0, "a condition is destroyed right after a broadcast");
}

/* --- read-write locks */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static _Atomic int writes, reads;

static void *write_it(void *arg)
{
	pthread_rwlock_wrlock(&rw);
	writes++;
	sem_post(&done);
	sem_wait(&go);
	pthread_rwlock_unlock(&rw);
	return arg;
}

static void *try_to_read(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)pthread_rwlock_tryrdlock(&rw);
}

static void *read_it(void *arg)
{
	struct timespec t;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += 20;
	r = pthread_rwlock_clockrdlock(&rw, CLOCK_MONOTONIC, &t);
	reads += r == 0 && writes == 1;
	pthread_rwlock_unlock(&rw);
	return arg;
}

static void test_rwlock(void)
{
	struct timespec t;
	pthread_t writer, reader;
	void *result;

	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	pthread_rwlock_rdlock(&rw);
	pthread_create(&writer, NULL, write_it, NULL);
	usleep(20000);
	is(pthread_rwlock_rdlock(&rw), 0, "who reads may read again while a writer waits");
	pthread_create(&reader, NULL, try_to_read, NULL);
	pthread_join(reader, &result);
	is((intptr_t)result, EBUSY, "others wait behind the writer");
	pthread_create(&reader, NULL, read_it, NULL);
	usleep(20000);
	is(reads, 0, "others wait behind the writer");
	pthread_rwlock_unlock(&rw);
	is(writes, 0, "the writer waits for both");
	pthread_rwlock_unlock(&rw);
	sem_wait(&done);
	is(writes, 1, "then it writes");
	t = soon(CLOCK_REALTIME);
	is(pthread_rwlock_timedrdlock(&rw, &t), ETIMEDOUT, "for longer than a reader waits");
	ok(reached(CLOCK_REALTIME, &t), "not early");
	t = soon(CLOCK_MONOTONIC);
	is(pthread_rwlock_clockwrlock(&rw, CLOCK_MONOTONIC, &t), ETIMEDOUT, "or a writer");
	ok(reached(CLOCK_MONOTONIC, &t), "not early");
	is(pthread_rwlock_unlock(&rw), EPERM, "only the writer unlocks");
	is(pthread_rwlock_destroy(&rw), EBUSY, "a held one is not destroyed");
	sem_post(&go);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	is(reads, 1, "the reader reads after the writer");
	is(pthread_rwlock_wrlock(&rw), 0, "free");
	is(pthread_rwlock_wrlock(&rw), EDEADLK, "not twice");
	is(pthread_rwlock_rdlock(&rw), EDEADLK, "nor to read");
	t.tv_nsec = -1;
	is(pthread_rwlock_timedwrlock(&rw, &t), EINVAL, "a time that is none");
	pthread_rwlock_unlock(&rw);
	is(pthread_rwlock_timedwrlock(&rw, &t), 0, "unless it is free");
	pthread_rwlock_unlock(&rw);
	is(pthread_rwlock_unlock(&rw), EPERM, "nobody holds it");
}

static void *gives_up(void *arg)
{
	struct timespec t = soon(CLOCK_MONOTONIC);

	(void)arg;
	return (void *)(intptr_t)pthread_rwlock_clockwrlock(&rw, CLOCK_MONOTONIC, &t);
}

/* A writer that gives up lets those in that waited because of it. */
static void test_rwlock_given_up(void)
{
	pthread_t writer, reader;
	void *result;

	reads = 0;
	pthread_rwlock_rdlock(&rw);
	pthread_create(&writer, NULL, gives_up, NULL);
	usleep(5000);
	pthread_create(&reader, NULL, read_it, NULL);
	pthread_join(writer, &result);
	is((intptr_t)result, ETIMEDOUT, "a writer gives up");
	pthread_join(reader, NULL);
	is(reads, 1, "the reader behind it reads");
	pthread_rwlock_unlock(&rw);
	is(pthread_rwlock_destroy(&rw), 0, "destroy");
}

/* --- spin locks */

static pthread_spinlock_t spin;
static volatile unsigned long counter;

static void *spins(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		pthread_spin_lock(&spin);
		counter = counter + 1;
		if (i % 500 == 0) {
			sched_yield(); /* preempted with the lock held */
		}
		pthread_spin_unlock(&spin);
	}
	return arg;
}

static void *spins_high(void *arg)
{
	struct sched_param p = { .sched_priority = 5 };

	pthread_setschedparam(pthread_self(), SCHED_FIFO, &p);
	return spins(arg);
}

static void test_spin(void)
{
	pthread_t t[4];

	is(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0, "a spin lock");
	for (int i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, i == 3 ? spins_high : spins, NULL);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
	}
	is(counter, 12000, "excludes, and gets done with any priorities");
	is(pthread_spin_trylock(&spin), 0, "try");
	is(pthread_spin_trylock(&spin), EBUSY, "it is held");
	is(pthread_spin_destroy(&spin), EBUSY, "not to be destroyed");
	pthread_spin_unlock(&spin);
	is(pthread_spin_destroy(&spin), 0, "destroy");
}

/* --- keys */

static pthread_key_t key, other;
static int destroyed;

static void set_again(void *value)
{
	destroyed++;
	pthread_setspecific(key, value);
}

static void *set_key(void *arg)
{
	pthread_setspecific(key, arg);
	return arg;
}

static void *look_at_key(void *arg)
{
	(void)arg;
	return pthread_getspecific(other);
}

static void test_keys(void)
{
	pthread_key_t all[PTHREAD_KEYS_MAX];
	pthread_t t;
	void *result = &t;
	int n = 0;

	is(pthread_key_create(&key, set_again), 0, "a key whose destructor sets it again");
	pthread_create(&t, NULL, set_key, &key);
	pthread_join(t, NULL);
	is(destroyed, PTHREAD_DESTRUCTOR_ITERATIONS, "is destroyed so many times");
	pthread_setspecific(key, &t);
	is(pthread_key_delete(key), 0, "delete");
	is(pthread_key_delete(key), EINVAL, "once");
	is(pthread_setspecific(key, &t), EINVAL, "no value then");
	is(pthread_key_create(&other, NULL), 0, "another key");
	ok(pthread_getspecific(other) == NULL,
	   "has no value, even under the number of one that had");
	pthread_setspecific(other, &n);
	pthread_create(&t, NULL, look_at_key, NULL);
	pthread_join(t, &result);
	ok(result == NULL, "nor in another thread");
	is(pthread_key_delete(other), 0, "delete");
	while (n < PTHREAD_KEYS_MAX && pthread_key_create(&all[n], NULL) == 0) {
		pthread_setspecific(all[n], &all[n]);
		n++;
	}
	is(n, PTHREAD_KEYS_MAX, "there are so many keys");
	is(pthread_key_create(&other, NULL), EAGAIN, "and no more");
	for (int i = 0; i < n; i++) {
		if (pthread_getspecific(all[i]) != &all[i] || pthread_key_delete(all[i]) != 0) {
			n = -1;
		}
	}
	ok(n > 0, "each has its value");
}

/* --- named semaphores */

static void test_named(void)
{
	sem_t *a, *b;
	char name[NAME_MAX + 3];
	int v;

	ok(sem_open("/none", 0) == SEM_FAILED && errno == ENOENT, "no semaphore of this name");
	a = sem_open("/one", O_CREAT, 0600, 2);
	ok(a != SEM_FAILED && sem_getvalue(a, &v) == 0 && v == 2, "a new one");
	b = sem_open("/one", O_CREAT, 0600, 7);
	ok(b == a && sem_getvalue(b, &v) == 0 && v == 2, "the same by its name");
	ok(sem_open("/one", O_CREAT | O_EXCL, 0600, 7) == SEM_FAILED && errno == EEXIST,
	   "not made anew");
	ok(sem_wait(a) == 0 && sem_trywait(b) == 0, "both count");
	fails(sem_trywait(a), EAGAIN, "down to 0");
	is(sem_unlink("/one"), 0, "unlink");
	fails(sem_unlink("/one"), ENOENT, "once");
	ok(sem_post(a) == 0 && sem_wait(b) == 0, "it stays for those that have it");
	b = sem_open("/one", O_CREAT, 0600, 1);
	ok(b != SEM_FAILED && b != a, "another one has the name");
	ok(sem_close(a) == 0 && sem_close(a) == 0, "closed as often as opened");
	fails(sem_close(a), EINVAL, "and no more");
	ok(sem_close(b) == 0 && (a = sem_open("/one", 0)) == b, "it stays until it is unlinked");
	ok(sem_close(a) == 0 && sem_unlink("/one") == 0, "gone");
	ok(sem_open("/", O_CREAT, 0600, 1) == SEM_FAILED && errno == EINVAL, "no name");
	ok(sem_open("/a/b", O_CREAT, 0600, 1) == SEM_FAILED && errno == EINVAL, "a path");
	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = 0;
	ok(sem_open(name, O_CREAT, 0600, 1) == SEM_FAILED && errno == ENAMETOOLONG, "too long");
	ok(sem_open("/two", O_CREAT, 0600, (unsigned)SEM_VALUE_MAX + 1) == SEM_FAILED &&
		   errno == EINVAL,
	   "too high a value");
	is(sem_init(&go, 0, SEM_VALUE_MAX), 0, "the highest");
	fails(sem_post(&go), EOVERFLOW, "no higher");
	fails(sem_init(&go, 0, (unsigned)SEM_VALUE_MAX + 1), EINVAL, "not even at first");
}

/* --- their attributes */

static void test_object_attributes(void)
{
	pthread_mutexattr_t ma;
	pthread_condattr_t ca;
	pthread_rwlockattr_t ra;
	pthread_barrierattr_t ba;
	pthread_rwlock_t lock;
	pthread_barrier_t barrier;
	pthread_mutex_t mutex;
	int v = -1;

	pthread_mutexattr_init(&ma);
	ok(pthread_mutexattr_gettype(&ma, &v) == 0 && v == PTHREAD_MUTEX_DEFAULT, "a first type");
	is(pthread_mutexattr_settype(&ma, 17), EINVAL, "a type that is none");
	ok(pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_RECURSIVE) == 0 &&
		   pthread_mutexattr_gettype(&ma, &v) == 0 && v == PTHREAD_MUTEX_RECURSIVE,
	   "another");
	ok(pthread_mutexattr_getrobust(&ma, &v) == 0 && v == PTHREAD_MUTEX_STALLED, "not robust");
	is(pthread_mutexattr_setrobust(&ma, 17), EINVAL, "a robustness that is none");
	ok(pthread_mutexattr_setrobust(&ma, PTHREAD_MUTEX_ROBUST) == 0 &&
		   pthread_mutexattr_getrobust(&ma, &v) == 0 && v == PTHREAD_MUTEX_ROBUST,
	   "robust");
	is(pthread_mutexattr_setpshared(&ma, 17), EINVAL, "a sharing that is none");
	ok(pthread_mutexattr_setpshared(&ma, PTHREAD_PROCESS_SHARED) == 0 &&
		   pthread_mutexattr_getpshared(&ma, &v) == 0 && v == PTHREAD_PROCESS_SHARED,
	   "shared");
	is(pthread_mutex_init(&mutex, &ma), 0, "a mutex of all that");
	ok(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_trylock(&mutex) == 0 &&
		   pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0 &&
		   pthread_mutex_destroy(&mutex) == 0,
	   "works");
	is(pthread_mutexattr_destroy(&ma), 0, "destroy");

	pthread_condattr_init(&ca);
	is(pthread_condattr_setpshared(&ca, 17), EINVAL, "a sharing that is none");
	is(pthread_condattr_destroy(&ca), 0, "destroy");

	pthread_rwlockattr_init(&ra);
	is(pthread_rwlockattr_setpshared(&ra, 17), EINVAL, "a sharing that is none");
	ok(pthread_rwlockattr_setpshared(&ra, PTHREAD_PROCESS_SHARED) == 0 &&
		   pthread_rwlockattr_getpshared(&ra, &v) == 0 && v == PTHREAD_PROCESS_SHARED,
	   "shared");
	is(pthread_rwlock_init(&lock, &ra), 0, "a lock of that");
	ok(pthread_rwlock_trywrlock(&lock) == 0 && pthread_rwlock_unlock(&lock) == 0 &&
		   pthread_rwlock_destroy(&lock) == 0,
	   "works");
	is(pthread_rwlockattr_destroy(&ra), 0, "destroy");

	pthread_barrierattr_init(&ba);
	is(pthread_barrierattr_setpshared(&ba, 17), EINVAL, "a sharing that is none");
	ok(pthread_barrierattr_setpshared(&ba, PTHREAD_PROCESS_SHARED) == 0 &&
		   pthread_barrierattr_getpshared(&ba, &v) == 0 && v == PTHREAD_PROCESS_SHARED,
	   "shared");
	is(pthread_barrier_init(&barrier, &ba, 1), 0, "a barrier of that");
	ok(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD &&
		   pthread_barrier_destroy(&barrier) == 0,
	   "works");
	is(pthread_barrierattr_destroy(&ba), 0, "destroy");
}

void test_objects(void)
{
	test_object_attributes();
	test_joins();
	test_cond_clock();
	test_cond_destroy();
	test_rwlock();
	test_rwlock_given_up();
	test_spin();
	test_keys();
	test_named();
}
