/* SPDX-License-Identifier: MIT */
/* pthreads are kernel threads: pthread_t is struct thread *. Here: life, attributes, scheduling,
 * keys, once. Locks and the like are in pthread_sync.c. Cancellation is not offered.
 *
 * pthread_exit() in main's thread ends that thread alone; when the last one ends, the program ends
 * with status 0. A return from main() ends the program at once. */
#define _GNU_SOURCE
#include "pthread_sync.h"

#include <assert.h>
#include <kernel/alloc.h>
#include <kernel/thread.h>
#include <limits.h>
#include <pthread.h>
#include <reent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define DESTRUCTOR_ROUNDS 4

struct attr { /* over pthread_attr_t; zeros are the defaults */
	size_t stack_size;
	void *stack;
	int detach, policy, prio, explicit;
};
static_assert(sizeof(struct attr) <= sizeof(pthread_attr_t), "fits");

struct start {
	void *(*fn)(void *);
	void *arg;
};

static _Atomic unsigned live = 1; /* threads that did not end yet; main's counts */
static _Thread_local struct _pthread_cleanup_context *handlers;

/* --- keys ------------------------------------------------------------------------------------ */

static struct {
	struct spinlock lock;
	struct {
		bool used;
		void (*destroy)(void *);
	} key[THREAD_KEYS]; /* guarded by lock */
} keys;

static void clear_value(struct thread *t, void *arg)
{
	t->keys[*(pthread_key_t *)arg] = NULL;
}

int pthread_key_create(pthread_key_t *key, void (*destroy)(void *))
{
	irqstate_t s = spin_lock_save(&keys.lock);
	pthread_key_t k = 0;

	while (k < THREAD_KEYS && keys.key[k].used) {
		k++;
	}
	if (k < THREAD_KEYS) {
		keys.key[k].used = true;
		keys.key[k].destroy = destroy;
	}
	spin_unlock_restore(&keys.lock, s);
	if (k == THREAD_KEYS) {
		return EAGAIN;
	}
	/* Values of a key that had this number before. */
	thread_for_each(clear_value, &k);
	*key = k;
	return 0;
}

int pthread_key_delete(pthread_key_t k)
{
	irqstate_t s;

	if (k >= THREAD_KEYS) {
		return EINVAL;
	}
	s = spin_lock_save(&keys.lock);
	keys.key[k].used = false;
	keys.key[k].destroy = NULL;
	spin_unlock_restore(&keys.lock, s);
	return 0;
}

void *pthread_getspecific(pthread_key_t k)
{
	return k < THREAD_KEYS ? thread_self()->keys[k] : NULL;
}

int pthread_setspecific(pthread_key_t k, const void *value)
{
	if (k >= THREAD_KEYS || !keys.key[k].used) {
		return EINVAL;
	}
	thread_self()->keys[k] = (void *)(uintptr_t)value;
	return 0;
}

/* One round over all values; true if a destructor ran. */
static bool destroy_values(struct thread *t)
{
	bool ran = false;

	for (unsigned k = 0; k < THREAD_KEYS; k++) {
		void (*destroy)(void *) = keys.key[k].destroy;
		void *value = t->keys[k];

		if (value != NULL && destroy != NULL) {
			t->keys[k] = NULL;
			destroy(value);
			ran = true;
		}
	}
	return ran;
}

/* --- life ------------------------------------------------------------------------------------ */

void _pthread_cleanup_push(struct _pthread_cleanup_context *c, void (*routine)(void *), void *arg)
{
	c->_routine = routine;
	c->_arg = arg;
	c->_previous = handlers;
	handlers = c;
}

void _pthread_cleanup_pop(struct _pthread_cleanup_context *c, int execute)
{
	handlers = c->_previous;
	if (execute != 0) {
		c->_routine(c->_arg);
	}
}

static void __attribute__((noreturn)) end(void *value)
{
	while (handlers != NULL) {
		_pthread_cleanup_pop(handlers, 1);
	}
	for (int i = 0; i < DESTRUCTOR_ROUNDS && destroy_values(thread_self()); i++) {
	}
	if (atomic_fetch_sub_explicit(&live, 1, memory_order_acq_rel) == 1) {
		exit(0);
	}
	mutex_abandon_all();
	_reclaim_reent(NULL); /* what newlib allocated for this thread's number conversions */
	thread_exit(value);
}

static void *enter(void *arg)
{
	struct start s = *(struct start *)arg;

	kfree(arg);
	end(s.fn(s.arg));
}

static void fill_attr(struct thread_attr *to, const struct attr *from)
{
	const struct thread *self = thread_self();

	to->stack_size = from->stack_size;
	to->detached = from->detach == PTHREAD_CREATE_DETACHED;
	if (from->explicit == PTHREAD_EXPLICIT_SCHED) {
		to->prio = (uint8_t)(PRIO_DEFAULT + (from->policy == SCHED_OTHER ? 0 : from->prio));
		to->fifo = from->policy == SCHED_FIFO;
	} else {
		to->prio = self->base_prio;
		to->fifo = self->fifo;
	}
}

int pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attr,
		   void *(*fn)(void *), void *restrict arg)
{
	static const struct attr defaults;
	struct thread_attr a = { .name = "pthread" };
	struct start *s = kmalloc(sizeof(*s));
	struct thread *t;

	if (s == NULL) {
		return EAGAIN;
	}
	s->fn = fn;
	s->arg = arg;
	fill_attr(&a, attr != NULL ? (const struct attr *)attr : &defaults);
	fd_table.shared = true;
	atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	t = thread_create(&a, enter, s);
	if (t == NULL) {
		atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
		kfree(s);
		return EAGAIN;
	}
	*out = t;
	return 0;
}

void pthread_exit(void *value)
{
	end(value);
}

int pthread_join(pthread_t t, void **value)
{
	return -thread_join(t, value);
}

int pthread_detach(pthread_t t)
{
	return -thread_detach(t);
}

pthread_t pthread_self(void)
{
	return thread_self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
	return a == b;
}

int pthread_setcancelstate(int state, int *old)
{
	static _Thread_local int current;

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE) {
		return EINVAL;
	}
	if (old != NULL) {
		*old = current;
	}
	current = state;
	return 0;
}

int pthread_setcanceltype(int type, int *old)
{
	static _Thread_local int current;

	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS) {
		return EINVAL;
	}
	if (old != NULL) {
		*old = current;
	}
	current = type;
	return 0;
}

void pthread_testcancel(void)
{
}

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare, (void)parent, (void)child;
	return 0; /* there is no fork() */
}

int pthread_setname_np(pthread_t t, const char *name)
{
	if (strlen(name) >= sizeof(t->name)) {
		return ERANGE;
	}
	strlcpy(t->name, name, sizeof(t->name));
	return 0;
}

int pthread_getname_np(pthread_t t, char *name, size_t n)
{
	return strlcpy(name, t->name, n) < n ? 0 : ERANGE;
}

int pthread_getcpuclockid(pthread_t t, clockid_t *clock)
{
	if (t != thread_self()) {
		return ENOENT;
	}
	*clock = CLOCK_THREAD_CPUTIME_ID;
	return 0;
}

/* --- once ------------------------------------------------------------------------------------ */

enum { ONCE_NEW = PTHREAD_ONCE_INIT, ONCE_RUNS, ONCE_DONE };

/* One queue for all: whoever waits looks again at its own word. */
static struct waitq once_q = WAITQ_INIT(once_q);

static void once_wait(_Atomic int *state)
{
	irqstate_t s = spin_lock_save(&once_q.lock);

	while (atomic_load_explicit(state, memory_order_acquire) == ONCE_RUNS) {
		waitq_wait(&once_q, TIME_NEVER);
	}
	spin_unlock_restore(&once_q.lock, s);
}

int pthread_once(pthread_once_t *once, void (*init)(void))
{
	_Atomic int *state = (_Atomic int *)once;
	int old = ONCE_NEW;
	irqstate_t s;

	if (likely(atomic_load_explicit(state, memory_order_acquire) == ONCE_DONE)) {
		return 0;
	}
	if (!atomic_compare_exchange_strong_explicit(state, &old, ONCE_RUNS, memory_order_acquire,
						     memory_order_acquire)) {
		once_wait(state);
		return 0;
	}
	init();
	s = spin_lock_save(&once_q.lock);
	atomic_store_explicit(state, ONCE_DONE, memory_order_release);
	waitq_wake_all(&once_q);
	spin_unlock_restore(&once_q.lock, s);
	return 0;
}

/* --- scheduling --------------------------------------------------------------------------------
 * SCHED_OTHER is the kernel's default priority; SCHED_FIFO and SCHED_RR lie above it. */

static int check_sched(int policy, int prio)
{
	if (policy == SCHED_OTHER) {
		return prio == 0 ? 0 : EINVAL;
	}
	return (policy == SCHED_FIFO || policy == SCHED_RR) && prio >= 1 && prio <= REALTIME_MAX
		       ? 0
		       : EINVAL;
}

int pthread_setschedparam(pthread_t t, int policy, const struct sched_param *p)
{
	int r = check_sched(policy, p->sched_priority);

	if (r == 0) {
		thread_set_prio(t, (uint8_t)(PRIO_DEFAULT + p->sched_priority),
				policy == SCHED_FIFO);
	}
	return r;
}

int pthread_getschedparam(pthread_t t, int *restrict policy, struct sched_param *restrict p)
{
	bool realtime = t->base_prio > PRIO_DEFAULT;

	*policy = !realtime ? SCHED_OTHER : t->fifo ? SCHED_FIFO : SCHED_RR;
	p->sched_priority = realtime ? t->base_prio - PRIO_DEFAULT : 0;
	return 0;
}

int pthread_setschedprio(pthread_t t, int prio)
{
	struct sched_param p;
	int policy;

	pthread_getschedparam(t, &policy, &p);
	p.sched_priority = prio;
	return pthread_setschedparam(t, policy, &p);
}

int sched_yield(void)
{
	sched_yield_cpu();
	return 0;
}

int pthread_yield(void)
{
	return sched_yield();
}

int sched_get_priority_min(int policy)
{
	return policy == SCHED_OTHER ? 0 : check_sched(policy, 1) == 0 ? 1 : fail(EINVAL);
}

int sched_get_priority_max(int policy)
{
	return policy == SCHED_OTHER	     ? 0
	       : check_sched(policy, 1) == 0 ? REALTIME_MAX
					     : fail(EINVAL);
}

int sched_getcpu(void)
{
	return 0;
}

/* --- attributes ------------------------------------------------------------------------------ */

int pthread_attr_init(pthread_attr_t *a)
{
	memset(a, 0, sizeof(*a));
	return 0;
}

int pthread_attr_destroy(pthread_attr_t *a)
{
	(void)a;
	return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *a, int *state)
{
	*state = ((const struct attr *)a)->detach;
	return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *a, int state)
{
	if (state != PTHREAD_CREATE_JOINABLE && state != PTHREAD_CREATE_DETACHED) {
		return EINVAL;
	}
	((struct attr *)a)->detach = state;
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *restrict a, size_t *restrict size)
{
	size_t n = ((const struct attr *)a)->stack_size;

	*size = n != 0 ? n : thread_default_stack();
	return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *a, size_t size)
{
	if (size < PTHREAD_STACK_MIN) {
		return EINVAL;
	}
	((struct attr *)a)->stack_size = size;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *restrict a, void **restrict stack,
			  size_t *restrict size)
{
	*stack = ((const struct attr *)a)->stack;
	return pthread_attr_getstacksize(a, size);
}

/* There is one guard page, always. */
int pthread_attr_getguardsize(const pthread_attr_t *restrict a, size_t *restrict size)
{
	(void)a;
	*size = PAGE_SIZE;
	return 0;
}

int pthread_attr_setguardsize(pthread_attr_t *a, size_t size)
{
	(void)a, (void)size;
	return 0;
}

int pthread_attr_getinheritsched(const pthread_attr_t *restrict a, int *restrict inherit)
{
	*inherit = ((const struct attr *)a)->explicit;
	return 0;
}

int pthread_attr_setinheritsched(pthread_attr_t *a, int inherit)
{
	if (inherit != PTHREAD_INHERIT_SCHED && inherit != PTHREAD_EXPLICIT_SCHED) {
		return EINVAL;
	}
	((struct attr *)a)->explicit = inherit;
	return 0;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *restrict a, int *restrict policy)
{
	*policy = ((const struct attr *)a)->policy;
	return 0;
}

int pthread_attr_setschedpolicy(pthread_attr_t *a, int policy)
{
	if (policy != SCHED_OTHER && check_sched(policy, 1) != 0) {
		return EINVAL;
	}
	((struct attr *)a)->policy = policy;
	return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *restrict a, struct sched_param *restrict p)
{
	p->sched_priority = ((const struct attr *)a)->prio;
	return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *restrict a, const struct sched_param *restrict p)
{
	if (p->sched_priority < 0 || p->sched_priority > REALTIME_MAX) {
		return EINVAL;
	}
	((struct attr *)a)->prio = p->sched_priority;
	return 0;
}

int pthread_attr_getscope(const pthread_attr_t *restrict a, int *restrict scope)
{
	(void)a;
	*scope = PTHREAD_SCOPE_SYSTEM;
	return 0;
}

int pthread_attr_setscope(pthread_attr_t *a, int scope)
{
	(void)a;
	return scope == PTHREAD_SCOPE_SYSTEM ? 0 : ENOTSUP;
}

int pthread_getattr_np(pthread_t t, pthread_attr_t *attr)
{
	struct attr *a = (struct attr *)attr;

	memset(attr, 0, sizeof(*attr));
	a->stack = (void *)t->arch.stack_lo;
	a->stack_size = t->arch.stack_hi - t->arch.stack_lo;
	a->detach = t->detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE;
	return 0;
}
