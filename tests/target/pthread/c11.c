/* SPDX-License-Identifier: MIT */
/* <threads.h>. */
#include "pthread_test.h"

#include <threads.h>
#include <unistd.h>

static mtx_t m;
static cnd_t c;
static tss_t key;
static once_flag once = ONCE_FLAG_INIT;
static thread_local int own = 1;
static int calls, dropped, turn;

static void count_call(void)
{
	calls++;
}

static void drop(void *value)
{
	dropped += *(int *)value;
}

static int run(void *arg)
{
	static int value = 40;

	call_once(&once, count_call);
	tss_set(key, &value);
	own++;
	mtx_lock(&m);
	while (turn == 0) {
		cnd_wait(&c, &m);
	}
	turn = 2;
	cnd_signal(&c);
	mtx_unlock(&m);
	if (arg != NULL) {
		thrd_exit(own + 5);
	}
	return own;
}

void test_c11(void)
{
	struct timespec t = { .tv_nsec = 1000000 };
	thrd_t thread;
	int result = 0;

	is(mtx_init(&m, mtx_timed), thrd_success, "a mutex");
	is(cnd_init(&c), thrd_success, "a condition");
	is(tss_create(&key, drop), thrd_success, "a key");
	call_once(&once, count_call);
	is(thrd_create(&thread, run, &m), thrd_success, "a thread");
	is(thrd_sleep(&t, NULL), 0, "sleep");
	mtx_lock(&m);
	turn = 1;
	cnd_broadcast(&c);
	while (turn != 2) {
		cnd_wait(&c, &m);
	}
	is(mtx_trylock(&m), thrd_busy, "held");
	t = soon(CLOCK_REALTIME);
	is(cnd_timedwait(&c, &m, &t), thrd_timedout, "a condition nobody signals");
	t = soon(CLOCK_REALTIME);
	is(mtx_timedlock(&m, &t), thrd_timedout, "a mutex nobody unlocks");
	mtx_unlock(&m);
	is(thrd_join(thread, &result), thrd_success, "join");
	is(result, 7, "the result, and a variable of its own");
	ok(calls == 1 && dropped == 40 && own == 1, "once, the key's destructor, ours unchanged");
	ok(thrd_equal(thrd_current(), thrd_current()) && tss_get(key) == NULL, "this thread");
	is(thrd_create(&thread, run, NULL), thrd_success, "one more");
	is(thrd_detach(thread), thrd_success, "detached");
	thrd_yield();
	usleep(5000);
	mtx_destroy(&m);
	is(mtx_init(&m, mtx_plain | mtx_recursive), thrd_success, "a recursive mutex");
	ok(mtx_lock(&m) == thrd_success && mtx_lock(&m) == thrd_success &&
		   mtx_unlock(&m) == thrd_success && mtx_unlock(&m) == thrd_success,
	   "twice");
	mtx_destroy(&m);
	cnd_destroy(&c);
	tss_delete(key);
}
