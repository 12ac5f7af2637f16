/* SPDX-License-Identifier: MIT */
/* Cancellation: at every cancellation point, while blocked and before; deferred and asynchronous; not while
 * it is off; what runs then and in which order. */
#define _GNU_SOURCE
#include "cancel_test.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 10 /* seconds: a hang detector */

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static _Atomic int stage; /* how far the thread under test is */
static char trace[64];

static void note(const char *what)
{
	strlcat(trace, what, sizeof(trace));
}

static void note_arg(void *arg)
{
	note(arg);
}

/* Until the thread under test is at @n, and long enough for it to block after that. */
static void wait_for(int n)
{
	for (int i = 0; i < PATIENCE * 1000 && stage < n; i++) {
		usleep(1000);
	}
	ok(stage >= n, "stage %d is reached", n);
	usleep(20000);
}

/* Its end, as join_result() sees it: whether it was cancelled. */
static bool cancelled(pthread_t t)
{
	struct timespec until;
	void *result = NULL;
	int r;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE;
	r = pthread_timedjoin_np(t, &result, &until);
	if (r != 0) {
		diag("# the thread does not end: error %d", r);
	}
	return r == 0 && result == PTHREAD_CANCELED;
}

static pthread_t start(void *(*fn)(void *), void *arg)
{
	pthread_t t = NULL;
	int r;

	stage = 0;
	trace[0] = 0;
	r = pthread_create(&t, NULL, fn, arg);
	if (r != 0) {
		diag("# pthread_create: error %d", r);
	}
	return t;
}

/* --- each cancellation point -------------------------------------------------------------------- */

static void *enter_point(void *arg)
{
	const struct point *p = arg;

	stage = 1;
	p->enter();
	return NULL;
}

/* Cancelled before it calls: the call does not block, though it could. */
static void *enter_late(void *arg)
{
	const struct point *p = arg;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	stage = 1;
	while (stage < 2) {
		usleep(1000);
	}
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	stage = 3;
	p->enter();
	return NULL;
}

static void test_point(const struct point *p)
{
	pthread_t t;

	if (p->prepare != NULL) {
		p->prepare();
	}
	t = start(enter_point, (void *)(uintptr_t)p);
	wait_for(1);
	is(pthread_cancel(t), 0, "cancel");
	ok(cancelled(t), "%s is left when it is cancelled", p->name);
	t = start(enter_late, (void *)(uintptr_t)p);
	wait_for(1);
	is(pthread_cancel(t), 0, "cancel");
	stage = 2;
	ok(cancelled(t), "%s acts on an earlier request", p->name);
	is(stage, 3, "not before");
	if (p->finish != NULL) {
		p->finish();
	}
}

/* --- when --------------------------------------------------------------------------------------- */

static void *holds_out(void *arg)
{
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	stage = 1;
	while (stage < 2) {
		usleep(1000);
	}
	pthread_testcancel();
	note("still there");
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	note(", never here");
	return arg;
}

static void *runs_for_ever(void *arg)
{
	int old = -1;

	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
	stage = old == PTHREAD_CANCEL_DEFERRED ? 1 : 0;
	for (volatile unsigned long i = 0;; i++) {
	}
	return arg;
}

static void *runs_a_while(void *arg)
{
	stage = 1;
	for (volatile int i = 0; stage < 2; i++) {
	}
	note("ran on");
	pthread_testcancel();
	note(", never here");
	return arg;
}

static void *cancels_itself(void *arg)
{
	pthread_cancel(pthread_self());
	note("goes on");
	pthread_testcancel();
	note(", never here");
	return arg;
}

static void *turns_async(void *arg)
{
	pthread_cancel(pthread_self());
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	note("never here");
	return arg;
}

static void *just_ends(void *arg)
{
	stage = 1;
	return arg;
}

static void test_when(void)
{
	pthread_t t = start(holds_out, NULL);
	void *result;
	int old = -1;

	wait_for(1);
	is(pthread_cancel(t), 0, "cancel with cancellation off");
	stage = 2;
	ok(cancelled(t) && strcmp(trace, "still there") == 0,
	   "it is acted upon when it is on again");
	t = start(runs_a_while, NULL);
	wait_for(1);
	pthread_cancel(t);
	stage = 2;
	ok(cancelled(t) && strcmp(trace, "ran on") == 0, "deferred: at the next point");
	t = start(runs_for_ever, NULL);
	wait_for(1);
	pthread_cancel(t);
	ok(cancelled(t), "asynchronous: anywhere");
	t = start(cancels_itself, NULL);
	ok(cancelled(t) && strcmp(trace, "goes on") == 0, "a thread may cancel itself");
	t = start(turns_async, NULL);
	ok(cancelled(t) && trace[0] == 0,
	   "a request is acted upon with the change to asynchronous");
	t = start(just_ends, &stage);
	wait_for(1);
	is(pthread_cancel(t), 0, "a thread that has ended may be cancelled until it is joined");
	ok(pthread_join(t, &result) == 0 && result == &stage, "its result stays");
	is(pthread_setcancelstate(7, NULL), EINVAL, "a state that is none");
	is(pthread_setcanceltype(7, NULL), EINVAL, "a type that is none");
	ok(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old) == 0 &&
		   old == PTHREAD_CANCEL_ENABLE,
	   "the old state is given");
	ok(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old) == 0 &&
		   old == PTHREAD_CANCEL_DISABLE,
	   "and so again");
}

/* --- what runs ---------------------------------------------------------------------------------- */

static pthread_key_t key;

static void key_ends(void *arg)
{
	note(arg);
}

static void handler_tries(void *arg)
{
	note(arg);
	pthread_testcancel(); /* ends already: no second time */
	usleep(1000);
	note(arg);
}

static void inner(void)
{
	pthread_cleanup_push(note_arg, "b");
	pthread_cleanup_push(note_arg, "never");
	pthread_cleanup_pop(0);
	pthread_cleanup_push(note_arg, "a");
	pthread_cleanup_pop(1);
	stage = 1;
	pause_for_ever();
	pthread_cleanup_pop(0);
}

static void *with_handlers(void *arg)
{
	pthread_setspecific(key, "K");
	pthread_cleanup_push(note_arg, "d");
	pthread_cleanup_push(handler_tries, "c");
	inner();
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return arg;
}

static void unlock_if_held(void *arg)
{
	(void)arg;
	note(pthread_mutex_unlock(&lock) == 0 ? "held" : "not held");
}

static void *waits(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock_if_held, NULL);
	stage = 1;
	for (;;) {
		pthread_cond_wait(&cond, &lock);
	}
	pthread_cleanup_pop(0);
	return arg;
}

static void *blocks_on_mutex(void *arg)
{
	stage = 1;
	pthread_mutex_lock(&lock);
	note("locked");
	pthread_mutex_unlock(&lock);
	pthread_testcancel();
	return arg;
}

static void test_what_runs(void)
{
	pthread_mutexattr_t attr;
	pthread_t t;

	pthread_key_create(&key, key_ends);
	t = start(with_handlers, NULL);
	wait_for(1);
	pthread_cancel(t);
	ok(cancelled(t), "a thread with clean-up handlers");
	if (!ok(strcmp(trace, "abccdK") == 0, "handlers run last to first, then destructors")) {
		diag("# %s", trace);
	}
	pthread_key_delete(key);

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&lock, &attr);
	t = start(waits, NULL);
	wait_for(1);
	pthread_cancel(t);
	ok(cancelled(t) && strcmp(trace, "held") == 0,
	   "a condition's mutex is held again when handlers run");
	ok(pthread_mutex_trylock(&lock) == 0, "and was given back by one");
	t = start(blocks_on_mutex, NULL);
	wait_for(1);
	pthread_cancel(t);
	usleep(20000);
	ok(trace[0] == 0, "waiting for a mutex is no cancellation point");
	pthread_mutex_unlock(&lock);
	ok(cancelled(t) && strcmp(trace, "locked") == 0, "what follows it is one");
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int attempts;

static void initialise(void)
{
	if (++attempts == 1) {
		stage = 1;
		pause_for_ever();
	}
}

static void *calls_once(void *arg)
{
	pthread_once(&once, initialise);
	return arg;
}

static void test_once(void)
{
	pthread_t t = start(calls_once, NULL);

	wait_for(1);
	pthread_cancel(t);
	ok(cancelled(t), "a thread is cancelled inside of pthread_once()");
	pthread_once(&once, initialise);
	pthread_once(&once, initialise);
	is(attempts, 2, "the next call does it");
}

/* A condition's signal is not lost with a thread that is cancelled at the same time. */
static _Atomic int woken;

static void *takes_signal(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_cleanup_push(unlock_if_held, NULL);
	stage++;
	pthread_cond_wait(&cond, &lock);
	woken++;
	pthread_cleanup_pop(1);
	return arg;
}

static void test_signal_kept(void)
{
	pthread_t a, b;
	void *result;

	for (int i = 0; i < 20; i++) {
		a = start(takes_signal, NULL);
		pthread_create(&b, NULL, takes_signal, NULL);
		while (stage < 2) {
			usleep(1000);
		}
		usleep(2000);
		woken = 0;
		pthread_mutex_lock(&lock);
		pthread_cond_signal(&cond);
		pthread_cancel(a);
		pthread_mutex_unlock(&lock);
		for (int n = 0; n < PATIENCE * 1000 && woken == 0; n++) {
			usleep(1000);
		}
		if (woken == 0) {
			break;
		}
		pthread_cond_broadcast(&cond);
		pthread_join(a, &result);
		pthread_join(b, &result);
	}
	ok(woken > 0, "a signal reaches one of two, though one is cancelled");
}

int main(void)
{
	for (const struct point *p = points; p->name != NULL; p++) {
		test_point(p);
	}
	test_when();
	test_what_runs();
	test_once();
	test_signal_kept();
	return tap_done();
}
