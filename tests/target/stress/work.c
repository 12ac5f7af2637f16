/* SPDX-License-Identifier: MIT */
/* Jobs of threads among each other: locks, queues, signals, timers, floating point. */
#define _GNU_SOURCE
#include "stress.h"
#include "../tap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOCKS 4
#define RING  8
#define TEXT  64

/* --- mutexes: what each guards is always twice the same ---------------------------------------- */

static struct guarded {
	pthread_mutex_t lock;
	volatile unsigned long a, b;
} guarded[LOCKS];
static _Atomic unsigned long added;

/* In order, so that there is no circle. */
void use_mutexes(struct worker *w)
{
	unsigned first = below(w, LOCKS), second = first + below(w, LOCKS - first);
	struct guarded *g = &guarded[first], *h = &guarded[second];

	if (below(w, 4) == 0) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += (long)below(w, 1000000);
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_mutex_timedlock(&g->lock, &until) != 0) {
			return;
		}
	} else {
		pthread_mutex_lock(&g->lock);
	}
	if (second != first) {
		pthread_mutex_lock(&h->lock);
		h->a++;
		added++;
		maybe_yield(w);
		h->b++;
		verify(h->a == h->b, "what a mutex guards");
		pthread_mutex_unlock(&h->lock);
	}
	g->a++;
	added++;
	maybe_yield(w);
	g->b++;
	verify(g->a == g->b, "what a mutex guards");
	pthread_mutex_unlock(&g->lock);
}

/* --- a lock of readers and writers ------------------------------------------------------------- */

static pthread_rwlock_t text_lock = PTHREAD_RWLOCK_INITIALIZER;
static char text[TEXT];

void use_rwlock(struct worker *w)
{
	bool same = true;

	if (below(w, 4) == 0) {
		pthread_rwlock_wrlock(&text_lock);
		memset(text, (int)below(w, 256), TEXT / 2);
		maybe_yield(w);
		memset(text + TEXT / 2, text[0], TEXT / 2);
	} else {
		pthread_rwlock_rdlock(&text_lock);
		for (unsigned i = 1; i < TEXT; i++) {
			same = same && text[i] == text[0];
			if (i == TEXT / 2) {
				maybe_yield(w);
			}
		}
	}
	verify(same, "readers see whole texts");
	pthread_rwlock_unlock(&text_lock);
}

/* --- a bounded queue: nobody waits for good, whoever has stopped -------------------------------- */

static pthread_mutex_t ring_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ring_room, ring_filled;
static unsigned long ring[RING], ring_in, ring_out, sum_in, sum_out;

static int wait_a_moment(pthread_cond_t *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 2000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return pthread_cond_timedwait(c, &ring_lock, &until);
}

void use_ring(struct worker *w)
{
	bool put = below(w, 2) == 0;
	unsigned long v = below(w, 1000000);
	int r = 0;

	pthread_mutex_lock(&ring_lock);
	if (put) {
		while (ring_in - ring_out == RING && r == 0) {
			r = wait_a_moment(&ring_room);
		}
		if (ring_in - ring_out < RING) {
			ring[ring_in++ % RING] = v;
			sum_in += v;
			pthread_cond_signal(&ring_filled);
		}
	} else {
		while (ring_in == ring_out && r == 0) {
			r = wait_a_moment(&ring_filled);
		}
		if (ring_in != ring_out) {
			sum_out += ring[ring_out++ % RING];
			pthread_cond_broadcast(&ring_room);
		}
	}
	pthread_mutex_unlock(&ring_lock);
}

/* --- a semaphore of three: never more than so many inside ---------------------------------------- */

static sem_t three;
static _Atomic int inside;

void use_semaphore(struct worker *w)
{
	while (sem_wait(&three) != 0) {
		verify(errno == EINTR, "sem_wait()");
	}
	verify(++inside <= 3, "a semaphore counts");
	maybe_yield(w);
	inside--;
	sem_post(&three);
}

/* --- a pipe that all share: a byte in, a byte out ------------------------------------------------ */

static int ends[2];

void use_pipe(struct worker *w)
{
	struct pollfd p = { ends[0], POLLIN, 0 };
	unsigned char c = (unsigned char)w->index;

	verify(write(ends[1], &c, 1) == 1, "a byte into the pipe");
	maybe_yield(w);
	verify(poll(&p, 1, 10000) == 1 || errno == EINTR, "there is one for each");
	verify(read(ends[0], &c, 1) == 1 && c < WORKERS, "a byte out of it");
}

/* --- threads ------------------------------------------------------------------------------------- */

static __thread unsigned long own = 7;

static void *adds_one(void *arg)
{
	verify(own == 7, "a thread's variables are its own");
	own = (unsigned long)(uintptr_t)arg;
	sched_yield();
	return (void *)(own + 1);
}

void make_thread(struct worker *w)
{
	unsigned long n = below(w, 1000);
	pthread_t t;
	void *result;

	if (pthread_create(&t, NULL, adds_one, (void *)n) != 0) {
		verify(false, "pthread_create()");
		return;
	}
	maybe_yield(w);
	verify(pthread_join(t, &result) == 0 && (unsigned long)(uintptr_t)result == n + 1,
	       "what a thread returns");
}

/* --- signals and timers --------------------------------------------------------------------------- */

/* With floating point, which must not disturb what it interrupts. */
static void handler(int sig)
{
	volatile double x = sig;

	for (int i = 0; i < 10; i++) {
		x = x * 1.5 + i;
	}
	handled++;
}

void send_signal(struct worker *w)
{
	(void)w;
	verify(pthread_kill(pthread_self(), SIGUSR1) == 0, "pthread_kill()");
	verify(kill(getpid(), SIGUSR2) == 0, "kill()");
}

void run_timer(struct worker *w)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec in = { .it_value = { 0, 1 + (long)below(w, 1000000) } };
	timer_t t;

	if (timer_create(CLOCK_MONOTONIC, &e, &t) != 0) {
		verify(false, "timer_create()");
		return;
	}
	timer_settime(t, 0, &in, NULL);
	maybe_yield(w);
	verify(timer_delete(t) == 0, "timer_delete()");
}

void change_priority(struct worker *w)
{
	struct sched_param p = { .sched_priority = (int)(1 + below(w, 4)) };
	bool real_time = below(w, 2) == 0;

	if (!real_time) {
		p.sched_priority = 0;
	}
	verify(pthread_setschedparam(pthread_self(), real_time ? SCHED_RR : SCHED_OTHER, &p) == 0,
	       "pthread_setschedparam()");
	maybe_yield(w);
	p.sched_priority = 0;
	verify(pthread_setschedparam(pthread_self(), SCHED_OTHER, &p) == 0, "and back");
}

/* --- floating point, over switches and handlers ---------------------------------------------------- */

static double series(double x, struct worker *w)
{
	double a = x, b = 1, c = 0.5, d = 2;

	for (unsigned i = 0; i < 200; i++) {
		a = a * 0.75 + b;
		b = b * 0.5 + c;
		c = c * 0.25 + d;
		d = d * 0.125 + x;
		if (w != NULL && i % 50 == 0) {
			maybe_yield(w);
		}
	}
	return a + b + c + d;
}

void calculate(struct worker *w)
{
	double x = below(w, 1000);

	verify(series(x, w) == series(x, NULL), "floating point");
}

/* --- all ---------------------------------------------------------------------------------------- */

void work_start(void)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART };
	pthread_condattr_t clock;

	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGRTMIN, &act, NULL);
	for (unsigned i = 0; i < LOCKS; i++) {
		pthread_mutexattr_t a;

		pthread_mutexattr_init(&a);
		pthread_mutexattr_setprotocol(&a, i % 2 == 0 ? PTHREAD_PRIO_INHERIT
							     : PTHREAD_PRIO_NONE);
		pthread_mutex_init(&guarded[i].lock, &a);
	}
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&ring_room, &clock);
	pthread_cond_init(&ring_filled, &clock);
	sem_init(&three, 0, 3);
	verify(pipe(ends) == 0, "pipe()");
}

void work_check(void)
{
	unsigned long in = 0;
	int left;

	for (unsigned i = 0; i < LOCKS; i++) {
		in += guarded[i].a;
	}
	ok(in == added, "what mutexes guarded adds up");
	while (ring_in != ring_out) {
		sum_out += ring[ring_out++ % RING];
	}
	ok(sum_in == sum_out, "what went through the queue adds up");
	ok(sem_getvalue(&three, &left) == 0 && left == 3 && inside == 0, "the semaphore is whole");
	ok(handled > 0, "signals were handled");
}
