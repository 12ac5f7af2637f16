/* SPDX-License-Identifier: MIT */
/* What belongs to each thread: floating-point and vector registers and the rounding mode across
 * preemption, errno, and variables marked __thread. */
#include "../tap.h"

#include <errno.h>
#include <fenv.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <pthread.h>
#include <string.h>

#define THREADS 3
#define ROUNDS	60
#define STEPS	2000

typedef float vec __attribute__((vector_size(16)));

struct sum {
	double a, b, c, d;
	vec v, w;
};

/* Long enough to be interrupted often; many values live in registers all the while. */
static void compute(struct sum *s, unsigned seed)
{
	double a = seed, b = 1.0 / (seed + 3), c = 0.5, d = seed * 0.25 + 1;
	vec v = { (float)seed, 2, 3, 4 }, w = { 0.5f, 0.25f, 0.125f, (float)seed };

	for (int i = 1; i < STEPS; i++) {
		a = a * 0.999 + b;
		b = b + c / i;
		c = c * 1.0001 - d * 1e-6;
		d = d + a * 1e-3;
		v = v * 0.999f + w;
		w = w * 1.0001f - v * 1e-4f;
	}
	*s = (struct sum){ a, b, c, d, v, w };
}

static struct timer timer;
static volatile bool stop;
static volatile unsigned ticks;

/* The interrupt's own switches come at each end of a time slice; this makes many more. */
static void tick(struct timer *t)
{
	ticks++;
	if (!stop) {
		timer_start(t, time_after(200 * NS_PER_US));
	}
}

struct job {
	unsigned seed, wrong;
	struct sum want;
};

static void *worker(void *arg)
{
	struct job *j = arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct sum s;

		compute(&s, j->seed);
		j->wrong += memcmp(&s, &j->want, sizeof(s)) != 0;
	}
	return NULL;
}

static volatile unsigned wakes;

/* Higher than the workers: cuts into them whenever it wakes, and uses the same registers. */
static void *disturber(void *arg)
{
	const struct timespec pause = { 0, 300000 };

	while (!stop) {
		struct sum s;

		nanosleep(&pause, NULL);
		compute(&s, ++wakes);
	}
	return arg;
}

static void start_disturber(pthread_t *t)
{
	const struct sched_param high = { 5 };
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_RR);
	pthread_attr_setschedparam(&attr, &high);
	is(pthread_create(t, &attr, disturber, NULL), 0, "a thread of higher priority");
	pthread_attr_destroy(&attr);
}

static void test_registers(void)
{
	static struct job jobs[THREADS];
	pthread_t t[THREADS], high;

	for (unsigned i = 0; i < THREADS; i++) {
		jobs[i].seed = i + 1;
		compute(&jobs[i].want, i + 1);
	}
	timer_init(&timer, tick);
	timer_start(&timer, 0);
	start_disturber(&high);
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_create(&t[i], NULL, worker, &jobs[i]);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(t[i], NULL);
	}
	stop = true;
	pthread_join(high, NULL);
	timer_cancel(&timer);
	ok(ticks > 10 && wakes > 3, "interrupts and switches came in between");
	for (unsigned i = 0; i < THREADS; i++) {
		is(jobs[i].wrong, 0, "thread %u computed the same bits every time", i);
	}
}

/* --- rounding mode */

static double third(void)
{
	volatile double one = 1, three = 3;

	return one / three;
}

struct rounding {
	int mode;
	double want;
	unsigned wrong;
};

static void *round_thread(void *arg)
{
	struct rounding *r = arg;

	if (fegetround() != FE_TONEAREST) {
		r->wrong = 1000000;
	}
	fesetround(r->mode);
	for (int i = 0; i < 200; i++) {
		r->wrong += fegetround() != r->mode || third() != r->want;
		sched_yield();
	}
	return NULL;
}

static void test_rounding(void)
{
	struct rounding up = { .mode = FE_UPWARD }, down = { .mode = FE_DOWNWARD };
	pthread_t t[2];

	is(fesetround(FE_UPWARD), 0, "rounding upward");
	up.want = third();
	fesetround(FE_DOWNWARD);
	down.want = third();
	fesetround(FE_TONEAREST);
	ok(up.want > down.want, "the mode matters");
	pthread_create(&t[0], NULL, round_thread, &up);
	pthread_create(&t[1], NULL, round_thread, &down);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	is(up.wrong, 0, "a thread keeps its rounding mode");
	is(down.wrong, 0, "beside one with another");
	is(fegetround(), FE_TONEAREST, "and their maker has its own");
}

/* --- thread-local storage */

static __thread int initialised = 42;
static __thread char zeroed[64];
static __thread int *own_address;

static void *tls_thread(void *arg)
{
	int me = (int)(intptr_t)arg;
	bool fresh = initialised == 42 && errno == 0;

	for (unsigned i = 0; i < sizeof(zeroed); i++) {
		fresh = fresh && zeroed[i] == 0;
	}
	own_address = &initialised;
	initialised = me;
	errno = me;
	memset(zeroed, me, sizeof(zeroed));
	for (int i = 0; i < 100; i++) {
		sched_yield();
	}
	return (void *)(intptr_t)(fresh && initialised == me && errno == me && zeroed[63] == me &&
				  own_address == &initialised);
}

static void test_tls(void)
{
	pthread_t t[THREADS];
	void *good;

	errno = 7;
	initialised = 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_create(&t[i], NULL, tls_thread, (void *)(intptr_t)(100 + i));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &good);
		ok(good != NULL, "thread %d has its own errno and __thread variables, fresh ones",
		   i);
	}
	ok(errno == 7 && initialised == 1, "those of their maker are untouched");
}

int main(void)
{
	test_registers();
	test_rounding();
	test_tls();
	return tap_done();
}
