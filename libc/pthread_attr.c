/* SPDX-License-Identifier: MIT */
/* Attributes of threads. */
#define _GNU_SOURCE
#include "pthread_sync.h"

#include <kernel/cpu.h>
#include <limits.h>
#include <string.h>

#define STACK_ALIGN 16
#define GUARD_MAX   ((size_t)1 << 30)

static struct pattr *pattr(pthread_attr_t *a)
{
	return (struct pattr *)a;
}

static const struct pattr *const_pattr(const pthread_attr_t *a)
{
	return (const struct pattr *)a;
}

int pthread_attr_init(pthread_attr_t *a)
{
	*pattr(a) = (struct pattr)PATTR_DEFAULTS;
	return 0;
}

int pthread_attr_destroy(pthread_attr_t *a)
{
	(void)a;
	return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *a, int *state)
{
	*state = const_pattr(a)->detach;
	return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *a, int state)
{
	if (state != PTHREAD_CREATE_JOINABLE && state != PTHREAD_CREATE_DETACHED) {
		return EINVAL;
	}
	pattr(a)->detach = (uint8_t)state;
	return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *restrict a, size_t *restrict size)
{
	size_t n = const_pattr(a)->stack_size;

	*size = n != 0 ? n : thread_default_stack();
	return 0;
}

int pthread_attr_setstacksize(pthread_attr_t *a, size_t size)
{
	if (size < PTHREAD_STACK_MIN) {
		return EINVAL;
	}
	pattr(a)->stack_size = size;
	return 0;
}

int pthread_attr_getstack(const pthread_attr_t *restrict a, void **restrict stack,
			  size_t *restrict size)
{
	*stack = const_pattr(a)->stack;
	return pthread_attr_getstacksize(a, size);
}

int pthread_attr_setstack(pthread_attr_t *a, void *stack, size_t size)
{
	if (size < PTHREAD_STACK_MIN || (uintptr_t)stack % STACK_ALIGN != 0 ||
	    size % STACK_ALIGN != 0) {
		return EINVAL;
	}
	pattr(a)->stack = stack;
	pattr(a)->stack_size = size;
	return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *restrict a, size_t *restrict size)
{
	*size = const_pattr(a)->guard_size;
	return 0;
}

/* Rounded up to whole pages when a thread is made. */
int pthread_attr_setguardsize(pthread_attr_t *a, size_t size)
{
	if (size > GUARD_MAX) {
		return EINVAL;
	}
	pattr(a)->guard_size = size;
	return 0;
}

int pthread_attr_getinheritsched(const pthread_attr_t *restrict a, int *restrict inherit)
{
	*inherit = const_pattr(a)->explicit;
	return 0;
}

int pthread_attr_setinheritsched(pthread_attr_t *a, int inherit)
{
	if (inherit != PTHREAD_INHERIT_SCHED && inherit != PTHREAD_EXPLICIT_SCHED) {
		return EINVAL;
	}
	pattr(a)->explicit = (uint8_t)inherit;
	return 0;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *restrict a, int *restrict policy)
{
	*policy = const_pattr(a)->policy;
	return 0;
}

int pthread_attr_setschedpolicy(pthread_attr_t *a, int policy)
{
	if (policy != SCHED_OTHER && check_sched(policy, 1) != 0) {
		return EINVAL;
	}
	pattr(a)->policy = (uint8_t)policy;
	return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *restrict a, struct sched_param *restrict p)
{
	p->sched_priority = const_pattr(a)->prio;
	return 0;
}

int pthread_attr_setschedparam(pthread_attr_t *restrict a, const struct sched_param *restrict p)
{
	if (p->sched_priority < 0 || p->sched_priority > REALTIME_MAX) {
		return EINVAL;
	}
	pattr(a)->prio = (uint8_t)p->sched_priority;
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

int pthread_attr_setaffinity_np(pthread_attr_t *a, size_t size, const cpu_set_t *set)
{
	unsigned mask = affinity_of(size, set);

	if (mask == 0) {
		return EINVAL;
	}
	pattr(a)->affinity = mask;
	return 0;
}

int pthread_attr_getaffinity_np(const pthread_attr_t *a, size_t size, cpu_set_t *set)
{
	unsigned mask = const_pattr(a)->affinity;

	mask = mask != 0 ? mask : (1U << cpu_count) - 1;
	if (size < sizeof(mask)) {
		return EINVAL;
	}
	memset(set, 0, size);
	memcpy(set, &mask, sizeof(mask));
	return 0;
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
	struct thread *t = (struct thread *)thread;
	struct sched_param p;
	int policy;

	pthread_getschedparam(thread, &policy, &p);
	*pattr(attr) = (struct pattr){
		.stack = (void *)t->arch.stack_lo,
		.stack_size = t->arch.stack_hi - t->arch.stack_lo,
		.guard_size = t->guard_size,
		.affinity = t->affinity & ((1U << cpu_count) - 1),
		.detach = t->detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE,
		.policy = (uint8_t)policy,
		.prio = (uint8_t)p.sched_priority,
		.explicit = PTHREAD_EXPLICIT_SCHED,
	};
	return 0;
}
