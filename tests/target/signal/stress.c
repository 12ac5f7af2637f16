/* SPDX-License-Identifier: MIT */
/* Threads that send each other signals, on as many CPUs as there are: none is lost, none comes twice. */
#define _GNU_SOURCE
#include "signal_test.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define ROUNDS	150

static struct {
	pthread_t thread[THREADS];
	_Atomic unsigned sent, received, sum_sent, sum_received, alarms, done;
	_Atomic bool wrong, ready;
} all;

static void on_queue(int s, siginfo_t *info, void *context)
{
	(void)context;
	if (s != SIGRTMIN + 3 && s != SIGRTMIN + 4) {
		all.wrong = true;
	}
	atomic_fetch_add(&all.received, 1);
	atomic_fetch_add(&all.sum_received, (unsigned)info->si_value.sival_int);
}

static void on_alarm(int s)
{
	(void)s;
	atomic_fetch_add(&all.alarms, 1);
}

/* Like rand_r(), with a state that handlers do not touch. */
static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 16;
}

static void send_one(uint32_t *random)
{
	int s = SIGRTMIN + 3 + (int)(next(random) % 2);
	union sigval v = { .sival_int = (int)(next(random) % 1000) };
	unsigned to = next(random) % (THREADS + 1);

	while ((to == THREADS ? sigqueue(getpid(), s, v)
			      : pthread_sigqueue(all.thread[to], s, v)) != 0) {
		sched_yield(); /* the queue is full */
	}
	atomic_fetch_add(&all.sent, 1);
	atomic_fetch_add(&all.sum_sent, (unsigned)v.sival_int);
}

static void *worker(void *arg)
{
	uint32_t random = (uint32_t)(uintptr_t)arg * 7919 + 1;
	sigset_t set = set_of(SIGRTMIN + 3) | set_of(SIGRTMIN + 4), none = 0;
	struct timespec t = { 0, 200000 };

	while (!all.ready) { /* all.thread is complete */
		sched_yield();
	}
	for (int i = 0; i < ROUNDS; i++) {
		send_one(&random);
		switch (next(&random) % 8) {
		case 0:
			pthread_sigmask(SIG_BLOCK, &set, NULL);
			break;
		case 1:
			pthread_sigmask(SIG_SETMASK, &none, NULL);
			break;
		case 2:
			nanosleep(&t, NULL);
			break;
		case 3:
			sched_yield();
			break;
		default:
			break;
		}
	}
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	/* Stay, for what the others still send. */
	atomic_fetch_add(&all.done, 1);
	while (all.done < THREADS) {
		nanosleep(&t, NULL);
	}
	return NULL;
}

void stress_tests(void)
{
	struct sigaction a = { .sa_sigaction = on_queue, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	sigset_t set = set_of(SIGRTMIN + 3) | set_of(SIGRTMIN + 4), none = 0;

	sigaction(SIGRTMIN + 3, &a, NULL);
	sigaction(SIGRTMIN + 4, &a, NULL);
	signal(SIGALRM, on_alarm);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (uintptr_t i = 0; i < THREADS; i++) {
		pthread_create(&all.thread[i], NULL, worker, (void *)i);
	}
	all.ready = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(all.thread[i], NULL);
	}
	setitimer(ITIMER_REAL, &off, NULL);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
	is(all.sent, THREADS * ROUNDS, "threads send each other signals");
	is(all.received, all.sent, "each arrives once");
	is(all.sum_received, all.sum_sent, "with its value");
	ok(!all.wrong, "and its number");
	ok(all.alarms > 0, "while a timer interrupts");
	signal(SIGALRM, SIG_DFL);
}
