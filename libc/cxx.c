/* SPDX-License-Identifier: MIT */
/* What a C++ runtime wants of its C library: destructors of thread_local objects, call_once, and a
 * handle that names the image. Images without C++ have none of it. */
#include "libc.h"

#include <pthread.h>
#include <stdlib.h>

/* Each object file with static objects passes its address to __cxa_atexit(). */
void *__dso_handle __attribute__((visibility("hidden")));

struct destructor {
	struct destructor *next;
	void (*fn)(void *);
	void *object;
};

static _Thread_local struct destructor *destructors; /* of this thread, the latest first */

static void run_destructors(void)
{
	struct destructor *d;

	while ((d = destructors) != NULL) {
		destructors = d->next;
		d->fn(d->object);
		free(d);
	}
}

int __cxa_thread_atexit_impl(void (*fn)(void *), void *object, void *dso);
int __cxa_thread_atexit_impl(void (*fn)(void *), void *object, void *dso)
{
	struct destructor *d = malloc(sizeof(*d));

	(void)dso;
	if (d == NULL) {
		return -1;
	}
	*d = (struct destructor){ .next = destructors, .fn = fn, .object = object };
	destructors = d;
	libc_thread_ends = run_destructors;
	return 0;
}

/* --- std::call_once() --------------------------------------------------------------------------
 * pthread_once() for functions that may throw, which leaves the flag as if they had not been called.
 * This file alone is compiled with -fexceptions (objs.mk). */

enum { ONCE_NEW = PTHREAD_ONCE_INIT, ONCE_RUNS, ONCE_DONE };

static pthread_mutex_t once_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t once_settled = PTHREAD_COND_INITIALIZER;

struct once_run {
	_Atomic int *state;
	int after; /* what becomes of the flag */
};

static void settle(struct once_run *run)
{
	pthread_mutex_lock(&once_lock);
	atomic_store_explicit(run->state, run->after, memory_order_release);
	pthread_cond_broadcast(&once_settled);
	pthread_mutex_unlock(&once_lock);
}

/* True if the caller is to run the function. */
static bool claim(_Atomic int *state)
{
	bool claimed;

	pthread_mutex_lock(&once_lock);
	while (*state == ONCE_RUNS) {
		pthread_cond_wait(&once_settled, &once_lock);
	}
	claimed = *state == ONCE_NEW;
	if (claimed) {
		*state = ONCE_RUNS;
	}
	pthread_mutex_unlock(&once_lock);
	return claimed;
}

/* In place of pthread_once() within libstdc++ (tools/build-libstdcxx). */
int __coracle_once(pthread_once_t *once, void (*fn)(void));
int __coracle_once(pthread_once_t *once, void (*fn)(void))
{
	_Atomic int *state = (_Atomic int *)once;

	if (atomic_load_explicit(state, memory_order_acquire) != ONCE_DONE && claim(state)) {
		__attribute__((cleanup(settle))) struct once_run run = { state, ONCE_NEW };

		fn();
		run.after = ONCE_DONE;
	}
	return 0;
}
