/* SPDX-License-Identifier: MIT */
/* Threads of C11: POSIX's under other names. */
#include "libc.h"

#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct start {
	thrd_start_t fn;
	void *arg;
};

static int status(int error)
{
	switch (error) {
	case 0:
		return thrd_success;
	case EBUSY:
		return thrd_busy;
	case ENOMEM:
	case EAGAIN:
		return thrd_nomem;
	case ETIMEDOUT:
		return thrd_timedout;
	default:
		return thrd_error;
	}
}

static void *run(void *arg)
{
	struct start s = *(struct start *)arg;

	free(arg);
	return (void *)(intptr_t)s.fn(s.arg);
}

int thrd_create(thrd_t *t, thrd_start_t fn, void *arg)
{
	struct start *s = malloc(sizeof(*s));
	int r;

	if (s == NULL) {
		return thrd_nomem;
	}
	*s = (struct start){ fn, arg };
	r = pthread_create(t, NULL, run, s);
	if (r != 0) {
		free(s);
	}
	return status(r);
}

thrd_t thrd_current(void)
{
	return pthread_self();
}

int thrd_detach(thrd_t t)
{
	return status(pthread_detach(t));
}

int thrd_equal(thrd_t a, thrd_t b)
{
	return pthread_equal(a, b);
}

void thrd_exit(int result)
{
	pthread_exit((void *)(intptr_t)result);
}

int thrd_join(thrd_t t, int *result)
{
	void *value;
	int r = pthread_join(t, &value);

	if (r == 0 && result != NULL) {
		*result = (int)(intptr_t)value;
	}
	return status(r);
}

/* -1: a signal ended it. */
int thrd_sleep(const struct timespec *t, struct timespec *left)
{
	int r = clock_nanosleep(CLOCK_REALTIME, 0, t, left);

	return r == 0 ? 0 : r == EINTR ? -1 : -2;
}

void thrd_yield(void)
{
	sched_yield();
}

int mtx_init(mtx_t *m, int type)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	if ((type & mtx_recursive) != 0) {
		pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	}
	return status(pthread_mutex_init(m, &attr));
}

void mtx_destroy(mtx_t *m)
{
	pthread_mutex_destroy(m);
}

int mtx_lock(mtx_t *m)
{
	return status(pthread_mutex_lock(m));
}

int mtx_timedlock(mtx_t *restrict m, const struct timespec *restrict t)
{
	return status(pthread_mutex_timedlock(m, t));
}

int mtx_trylock(mtx_t *m)
{
	return status(pthread_mutex_trylock(m));
}

int mtx_unlock(mtx_t *m)
{
	return status(pthread_mutex_unlock(m));
}

int cnd_init(cnd_t *c)
{
	return status(pthread_cond_init(c, NULL));
}

void cnd_destroy(cnd_t *c)
{
	pthread_cond_destroy(c);
}

int cnd_signal(cnd_t *c)
{
	return status(pthread_cond_signal(c));
}

int cnd_broadcast(cnd_t *c)
{
	return status(pthread_cond_broadcast(c));
}

int cnd_wait(cnd_t *c, mtx_t *m)
{
	return status(pthread_cond_wait(c, m));
}

int cnd_timedwait(cnd_t *restrict c, mtx_t *restrict m, const struct timespec *restrict t)
{
	return status(pthread_cond_timedwait(c, m, t));
}

int tss_create(tss_t *key, tss_dtor_t destroy)
{
	return status(pthread_key_create(key, destroy));
}

void tss_delete(tss_t key)
{
	pthread_key_delete(key);
}

void *tss_get(tss_t key)
{
	return pthread_getspecific(key);
}

int tss_set(tss_t key, void *value)
{
	return status(pthread_setspecific(key, value));
}

void call_once(once_flag *once, void (*fn)(void))
{
	pthread_once(once, fn);
}
