/* SPDX-License-Identifier: MIT */
/* pthreads are kernel threads: pthread_t is struct thread *. Here: their life, names, once.
 *
 * pthread_exit() in main's thread ends that thread alone; when the last one ends, the program ends
 * with status 0. A return from main() ends the program at once. */
#define _GNU_SOURCE
#include "libc_thread.h"
#include "pthread_sync.h"

#include <kernel/alloc.h>
#include <reent.h>
#include <stdlib.h>
#include <string.h>

struct start {
	void *(*fn)(void *);
	void *arg;
};

static _Atomic unsigned live = 1; /* threads that did not end yet; main's counts */
static _Thread_local struct _pthread_cleanup_context *handlers;

void (*pthread_destroy_values)(void);
void (*pthread_end_cancel)(void);

/* --- the end ------------------------------------------------------------------------------------- */

void _pthread_cleanup_push(struct _pthread_cleanup_context *c, void (*routine)(void *), void *arg)
{
	c->_routine = routine;
	c->_arg = arg;
	c->_previous = handlers;
	handlers = c;
}

void _pthread_cleanup_pop(int execute)
{
	struct _pthread_cleanup_context *c = handlers;

	handlers = c->_previous;
	if (execute != 0) {
		c->_routine(c->_arg);
	}
}

void pthread_exit(void *value)
{
	if (pthread_end_cancel != NULL) {
		pthread_end_cancel();
	}
	while (handlers != NULL) {
		_pthread_cleanup_pop(1);
	}
	if (libc_thread_ends != NULL) {
		libc_thread_ends();
	}
	if (pthread_destroy_values != NULL) {
		pthread_destroy_values();
	}
	if (signal_hooks != NULL) {
		signal_hooks->end();
	}
	if (atomic_fetch_sub_explicit(&live, 1, memory_order_acq_rel) == 1) {
		exit(0);
	}
	mutex_abandon_all();
	_reclaim_reent(NULL); /* what newlib allocated for this thread's number conversions */
	thread_exit(value);
}

/* --- the start ----------------------------------------------------------------------------------- */

static void *enter(void *arg)
{
	struct start s = *(struct start *)arg;

	kfree(arg);
	pthread_exit(s.fn(s.arg));
}

static int fill_attr(struct thread_attr *to, const struct pattr *from)
{
	const struct thread *self = thread_self();

	to->stack = from->stack;
	to->stack_size = from->stack_size;
	to->guard_size = from->guard_size;
	to->no_guard = from->guard_size == 0;
	to->detached = from->detach == PTHREAD_CREATE_DETACHED;
	to->affinity = from->affinity;
	if (from->explicit != PTHREAD_EXPLICIT_SCHED) {
		to->prio = self->base_prio;
		to->fifo = self->fifo;
		return 0;
	}
	to->prio = kernel_prio(from->policy == SCHED_OTHER ? 0 : from->prio);
	to->fifo = from->policy == SCHED_FIFO;
	return check_sched(from->policy, from->prio);
}

/* The new thread has the signal mask of its creator, from its first step. */
static struct libc_thread *inherit_signals(void)
{
	const struct libc_thread *from = libc_thread_peek(thread_self());
	struct libc_thread *to = from != NULL ? libc_thread_new() : NULL;

	if (to != NULL) {
		signals_inherit(&to->sig, &from->sig);
	}
	return to;
}

static struct thread *start_thread(struct thread_attr *a, void *(*fn)(void *), void *arg)
{
	struct start *s = kmalloc(sizeof(*s));
	struct thread *t = NULL;

	if (s != NULL) {
		s->fn = fn;
		s->arg = arg;
		fd_table.shared = true;
		a->libc = inherit_signals();
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
		t = thread_create(a, enter, s);
	}
	if (t == NULL && s != NULL) {
		atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
		kfree(a->libc);
		kfree(s);
	}
	return t;
}

int pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attr,
		   void *(*fn)(void *), void *restrict arg)
{
	static const struct pattr defaults = PATTR_DEFAULTS;
	struct thread_attr a = { .name = "pthread" };
	struct thread *t;

	if (fill_attr(&a, attr != NULL ? (const struct pattr *)attr : &defaults) != 0) {
		return EINVAL;
	}
	t = start_thread(&a, fn, arg);
	if (t == NULL) {
		return EAGAIN;
	}
	*out = (pthread_t)t;
	return 0;
}

/* --- join ---------------------------------------------------------------------------------------- */

/* A signal's handler does not end it; a cancellation does, if it can be acted upon here. */
static int join_until(pthread_t t, void **value, uint64_t deadline)
{
	int r;

	cancel_point();
	while ((r = thread_join_until((struct thread *)t, value, deadline)) == -EINTR) {
		interrupted();
		if (!may_interrupt()) {
			r = thread_join((struct thread *)t, value);
			break;
		}
	}
	return -r;
}

int pthread_join(pthread_t t, void **value)
{
	return join_until(t, value, TIME_NEVER);
}

int pthread_tryjoin_np(pthread_t t, void **value)
{
	return -thread_join_until((struct thread *)t, value, 0);
}

int pthread_clockjoin_np(pthread_t t, void **value, clockid_t clock, const struct timespec *until)
{
	uint64_t deadline = TIME_NEVER;
	int r = until != NULL ? absolute(clock, until, &deadline) : 0;

	return r != 0 ? r : join_until(t, value, deadline);
}

int pthread_timedjoin_np(pthread_t t, void **value, const struct timespec *until)
{
	return pthread_clockjoin_np(t, value, CLOCK_REALTIME, until);
}

int pthread_detach(pthread_t t)
{
	return -thread_detach((struct thread *)t);
}

/* --- names, and what there is little to say of --------------------------------------------------- */

pthread_t pthread_self(void)
{
	return (pthread_t)thread_self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
	return a == b;
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare, (void)parent, (void)child;
	return 0; /* there is no fork() */
}

int pthread_setname_np(pthread_t thread, const char *name)
{
	struct thread *t = (struct thread *)thread;

	if (strlen(name) >= sizeof(t->name)) {
		return ERANGE;
	}
	strlcpy(t->name, name, sizeof(t->name));
	return 0;
}

int pthread_getname_np(pthread_t thread, char *name, size_t n)
{
	return strlcpy(name, ((struct thread *)thread)->name, n) < n ? 0 : ERANGE;
}

int pthread_getcpuclockid(pthread_t t, clockid_t *clock)
{
	*clock = thread_cpu_clock((struct thread *)t);
	return 0;
}

static int concurrency;

int pthread_getconcurrency(void)
{
	return concurrency;
}

/* A hint that nothing depends on: each thread is one of the kernel's. */
int pthread_setconcurrency(int level)
{
	if (level < 0) {
		return EINVAL;
	}
	concurrency = level;
	return 0;
}

/* --- once ---------------------------------------------------------------------------------------- */

enum { ONCE_NEW = PTHREAD_ONCE_INIT, ONCE_RUNS, ONCE_DONE };

/* One queue for all: whoever waits looks again at its own word. */
static struct waitq once_q = WAITQ_INIT(once_q);

static void once_set(_Atomic int *state, int value)
{
	irqstate_t s = spin_lock_save(&once_q.lock);

	atomic_store_explicit(state, value, memory_order_release);
	waitq_wake_all(&once_q);
	spin_unlock_restore(&once_q.lock, s);
	sched_check();
}

static void once_wait(_Atomic int *state)
{
	irqstate_t s = spin_lock_save(&once_q.lock);

	while (atomic_load_explicit(state, memory_order_acquire) == ONCE_RUNS) {
		wait_on(&once_q, TIME_NEVER);
	}
	spin_unlock_restore(&once_q.lock, s);
}

/* The thread that ran it was cancelled: as if it had never been called. */
static void once_undo(void *state)
{
	once_set(state, ONCE_NEW);
}

int pthread_once(pthread_once_t *once, void (*init)(void))
{
	_Atomic int *state = (_Atomic int *)once;
	int old = atomic_load_explicit(state, memory_order_acquire);

	while (unlikely(old != ONCE_DONE)) {
		if (old == ONCE_RUNS) {
			once_wait(state);
			old = atomic_load_explicit(state, memory_order_acquire);
		} else if (atomic_compare_exchange_strong_explicit(state, &old, ONCE_RUNS,
								   memory_order_acquire,
								   memory_order_acquire)) {
			pthread_cleanup_push(once_undo, state);
			init();
			pthread_cleanup_pop(0);
			once_set(state, ONCE_DONE);
			break;
		}
	}
	return 0;
}
