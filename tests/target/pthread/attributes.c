/* SPDX-License-Identifier: MIT */
/* Attributes of threads and what becomes of them: stacks, guards, scheduling, affinity; sched.h. */
#define _GNU_SOURCE
#include "pthread_test.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STACK 65536

static char stack[STACK] __attribute__((aligned(64)));

static void *where(void *arg)
{
	char here;

	(void)arg;
	return (void *)(intptr_t)(&here >= stack && &here < stack + STACK);
}

static void test_stack(void)
{
	pthread_attr_t a;
	pthread_t t;
	void *result, *p;
	size_t size;

	pthread_attr_init(&a);
	is(pthread_attr_setstack(&a, stack, 100), EINVAL, "too small a stack");
	is(pthread_attr_setstack(&a, stack + 1, STACK - 16), EINVAL, "a crooked one");
	is(pthread_attr_setstack(&a, stack, STACK), 0, "a stack of the program's");
	ok(pthread_attr_getstack(&a, &p, &size) == 0 && p == stack && size == STACK, "kept");
	for (int i = 0; i < 3; i++) {
		result = NULL;
		is(pthread_create(&t, &a, where, NULL), 0, "a thread");
		ok(pthread_join(t, &result) == 0 && result != NULL, "runs on it");
	}
	pthread_attr_destroy(&a);

	pthread_attr_init(&a);
	ok(pthread_attr_getguardsize(&a, &size) == 0 && size > 0, "a guard by default");
	for (size_t guard = 0; guard <= 20000; guard += 10000) {
		is(pthread_attr_setguardsize(&a, guard), 0, "a guard of %u bytes", (unsigned)guard);
		ok(pthread_attr_getguardsize(&a, &size) == 0 && size == guard, "kept");
		is(pthread_create(&t, &a, where, NULL), 0, "a thread");
		is(pthread_join(t, NULL), 0, "ends");
	}
	pthread_attr_destroy(&a);
}

static void *describe(void *arg)
{
	pthread_attr_t *a = arg;
	void *base;
	size_t size;
	char here;

	pthread_getattr_np(pthread_self(), a);
	pthread_attr_getstack(a, &base, &size);
	return (void *)(intptr_t)((char *)base <= &here && &here < (char *)base + size);
}

static void test_getattr(void)
{
	struct sched_param p = { .sched_priority = 3 };
	pthread_attr_t a, b;
	pthread_t t;
	void *result;
	size_t size;
	int v;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, STACK);
	pthread_attr_setguardsize(&a, 8192);
	pthread_attr_setschedpolicy(&a, SCHED_RR);
	pthread_attr_setschedparam(&a, &p);
	pthread_attr_setinheritsched(&a, PTHREAD_EXPLICIT_SCHED);
	ok(pthread_attr_getschedpolicy(&a, &v) == 0 && v == SCHED_RR, "the policy is kept");
	ok(pthread_attr_getinheritsched(&a, &v) == 0 && v == PTHREAD_EXPLICIT_SCHED, "and its use");
	is(pthread_create(&t, &a, describe, &b), 0, "a thread");
	pthread_join(t, &result);
	ok(result != NULL, "pthread_getattr_np() knows its stack");
	ok(pthread_attr_getstacksize(&b, &size) == 0 && size == STACK, "its size");
	ok(pthread_attr_getguardsize(&b, &size) == 0 && size == 8192, "its guard");
	ok(pthread_attr_getschedpolicy(&b, &v) == 0 && v == SCHED_RR, "its policy");
	memset(&p, 0, sizeof(p));
	ok(pthread_attr_getschedparam(&b, &p) == 0 && p.sched_priority == 3, "its priority");
	ok(pthread_attr_getdetachstate(&b, &v) == 0 && v == PTHREAD_CREATE_JOINABLE, "joinable");

	p.sched_priority = 0;
	pthread_attr_setschedparam(&a, &p);
	is(pthread_create(&t, &a, describe, &b), EINVAL, "a priority that SCHED_RR has not");
	is(pthread_attr_setscope(&a, PTHREAD_SCOPE_PROCESS), ENOTSUP, "no other scope");
	ok(pthread_attr_getscope(&a, &v) == 0 && v == PTHREAD_SCOPE_SYSTEM, "than the system");
	is(pthread_attr_setdetachstate(&a, 5), EINVAL, "a state that is none");
	is(pthread_attr_setinheritsched(&a, 5), EINVAL, "a use that is none");
	is(pthread_attr_setschedpolicy(&a, 77), EINVAL, "a policy that is none");
	pthread_attr_destroy(&a);
}

/* --- affinity */

static void *which_cpu(void *arg)
{
	int want = (int)(intptr_t)arg, wrong = 0;

	for (int i = 0; i < 100; i++) {
		wrong += sched_getcpu() != want;
		if (i % 10 == 0) {
			usleep(100);
		}
		sched_yield();
	}
	return (void *)(intptr_t)wrong;
}

static void test_affinity(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set, got;
	pthread_attr_t a;
	pthread_t t;
	void *wrong;

	ok(cpus >= 1 && sched_getaffinity(0, sizeof(got), &got) == 0 && CPU_COUNT(&got) == cpus,
	   "all CPUs at first (%d)", (int)cpus);
	for (int i = 0; i < cpus; i++) {
		CPU_ZERO(&set);
		CPU_SET(i, &set);
		pthread_attr_init(&a);
		is(pthread_attr_setaffinity_np(&a, sizeof(set), &set), 0, "an attribute");
		ok(pthread_attr_getaffinity_np(&a, sizeof(got), &got) == 0 && CPU_EQUAL(&set, &got),
		   "kept");
		pthread_create(&t, &a, which_cpu, (void *)(intptr_t)i);
		pthread_join(t, &wrong);
		is((intptr_t)wrong, 0, "a thread bound to CPU %d runs there", i);
		is(sched_setaffinity(0, sizeof(set), &set), 0, "bound while it runs");
		is(sched_getcpu(), i, "moved at once");
		ok(pthread_getaffinity_np(pthread_self(), sizeof(got), &got) == 0 &&
			   CPU_EQUAL(&set, &got),
		   "kept");
	}
	CPU_ZERO(&set);
	CPU_SET(1000, &set);
	is(pthread_setaffinity_np(pthread_self(), sizeof(set), &set), EINVAL, "no such CPU");
	fails(sched_setaffinity(0, sizeof(set), &set), EINVAL, "no such CPU");
	for (int i = 0; i < cpus; i++) {
		CPU_SET(i, &set);
	}
	is(pthread_setaffinity_np(pthread_self(), sizeof(set), &set), 0,
	   "CPUs that are not there are ignored");
}

static void test_cpu_sets(void)
{
	cpu_set_t a, b, c;

	CPU_ZERO(&a);
	CPU_ZERO(&b);
	CPU_SET(0, &a);
	CPU_SET(63, &a);
	CPU_SET(64, &a);
	CPU_SET(5000, &a); /* ignored */
	CPU_SET(64, &b);
	CPU_SET(65, &b);
	ok(CPU_COUNT(&a) == 3 && CPU_ISSET(64, &a) && !CPU_ISSET(1, &a) && !CPU_ISSET(5000, &a),
	   "set and count");
	CPU_AND(&c, &a, &b);
	ok(CPU_COUNT(&c) == 1 && CPU_ISSET(64, &c), "and");
	CPU_OR(&c, &a, &b);
	is(CPU_COUNT(&c), 4, "or");
	CPU_XOR(&c, &a, &b);
	is(CPU_COUNT(&c), 3, "xor");
	CPU_CLR(63, &a);
	ok(CPU_COUNT(&a) == 2 && !CPU_EQUAL(&a, &b) && CPU_EQUAL(&b, &b), "clear, equal");
}

/* --- sched.h */

static void test_sched(void)
{
	struct sched_param p = { .sched_priority = 4 };
	struct timespec t;
	int policy;

	is(sched_getscheduler(0), SCHED_OTHER, "SCHED_OTHER at first");
	is(sched_setscheduler(0, SCHED_RR, &p), SCHED_OTHER, "the old policy is returned");
	ok(sched_getscheduler(getpid()) == SCHED_RR && sched_getparam(0, &p) == 0 &&
		   p.sched_priority == 4,
	   "kept");
	ok(sched_rr_get_interval(0, &t) == 0 && t.tv_sec == 0 && t.tv_nsec > 0, "a time slice");
	p.sched_priority = 6;
	is(sched_setparam(0, &p), 0, "another priority");
	ok(pthread_getschedparam(pthread_self(), &policy, &p) == 0 && policy == SCHED_RR &&
		   p.sched_priority == 6,
	   "pthread.h says the same");
	is(pthread_setschedprio(pthread_self(), 7), 0, "and changes it");
	ok(sched_getparam(0, &p) == 0 && p.sched_priority == 7, "kept");
	is(pthread_setschedprio(pthread_self(), 99), EINVAL, "not to any");
	p.sched_priority = 0;
	is(sched_setscheduler(0, SCHED_OTHER, &p), SCHED_RR, "back");
	fails(sched_setscheduler(0, 77, &p), EINVAL, "a policy that is none");
	fails(sched_getscheduler(12345), ESRCH, "a process that is none");
	fails(sched_getscheduler(-1), EINVAL, "a number that is none");
	ok(sched_get_priority_min(SCHED_FIFO) == 1 &&
		   sched_get_priority_max(SCHED_FIFO) > sched_get_priority_min(SCHED_RR) &&
		   sched_get_priority_max(SCHED_OTHER) == 0,
	   "the bounds");
	fails(sched_get_priority_max(99), EINVAL, "of no policy");
}

static void *burn(void *arg)
{
	struct timespec t;

	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	} while (t.tv_sec == 0 && t.tv_nsec < 20000000);
	usleep(100000);
	return arg;
}

static void test_cpu_clock(void)
{
	struct timespec t;
	clockid_t clock;
	pthread_t thread;
	int r = 0;

	pthread_create(&thread, NULL, burn, NULL);
	is(pthread_getcpuclockid(thread, &clock), 0, "a thread's processor time has a clock");
	do {
		usleep(1000);
		r = clock_gettime(clock, &t);
	} while (r == 0 && t.tv_sec == 0 && t.tv_nsec < 20000000);
	is(r, 0, "which others can read");
	pthread_join(thread, NULL);
	fails(clock_gettime(clock, &t), EINVAL, "while it lives");
	ok(pthread_getcpuclockid(pthread_self(), &clock) == 0 && clock_gettime(clock, &t) == 0,
	   "our own");
	is(pthread_setconcurrency(3), 0, "a hint");
	is(pthread_getconcurrency(), 3, "kept");
	is(pthread_setconcurrency(-1), EINVAL, "unless it is none");
}

void test_attributes(void)
{
	test_stack();
	test_getattr();
	test_affinity();
	test_cpu_sets();
	test_sched();
	test_cpu_clock();
}
