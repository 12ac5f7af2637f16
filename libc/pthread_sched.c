/* SPDX-License-Identifier: MIT */
/* Scheduling of threads, and sched.h. There is one process; what sched.h says of it holds for the
 * calling thread, as on Linux. */
#define _GNU_SOURCE
#include "pthread_sync.h"

#include <kernel/cpu.h>
#include <kernel/time.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

int pthread_setschedparam(pthread_t t, int policy, const struct sched_param *p)
{
	int r = check_sched(policy, p->sched_priority);

	if (r == 0) {
		thread_set_prio((struct thread *)t, kernel_prio(p->sched_priority),
				policy == SCHED_FIFO);
	}
	return r;
}

int pthread_getschedparam(pthread_t thread, int *restrict policy, struct sched_param *restrict p)
{
	const struct thread *t = (const struct thread *)thread;
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

/* --- sched.h ------------------------------------------------------------------------------------- */

int sched_get_priority_min(int policy)
{
	return policy == SCHED_OTHER			? 0
	       : check_sched(policy, REALTIME_MIN) == 0 ? REALTIME_MIN
							: fail(EINVAL);
}

int sched_get_priority_max(int policy)
{
	return policy == SCHED_OTHER			? 0
	       : check_sched(policy, REALTIME_MAX) == 0 ? REALTIME_MAX
							: fail(EINVAL);
}

static int check_pid(pid_t pid)
{
	return pid < 0 ? -EINVAL : pid == 0 || pid == getpid() ? 0 : -ESRCH;
}

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *p)
{
	int r = check_pid(pid), before;
	struct sched_param old;

	pthread_getschedparam(pthread_self(), &before, &old);
	if (r == 0) {
		r = -pthread_setschedparam(pthread_self(), policy & ~SCHED_RESET_ON_FORK, p);
	}
	return (int)result(r != 0 ? r : before);
}

int sched_getscheduler(pid_t pid)
{
	struct sched_param p;
	int r = check_pid(pid), policy = 0;

	pthread_getschedparam(pthread_self(), &policy, &p);
	return (int)result(r != 0 ? r : policy);
}

int sched_setparam(pid_t pid, const struct sched_param *p)
{
	int r = check_pid(pid);

	return (int)result(r != 0 ? r : -pthread_setschedprio(pthread_self(), p->sched_priority));
}

int sched_getparam(pid_t pid, struct sched_param *p)
{
	int policy;

	pthread_getschedparam(pthread_self(), &policy, p);
	return (int)result(check_pid(pid));
}

int sched_rr_get_interval(pid_t pid, struct timespec *t)
{
	const struct thread *self = thread_self();

	*t = (struct timespec){ .tv_nsec = self->fifo ? 0 : (long)SCHED_SLICE_NS };
	return (int)result(check_pid(pid));
}

/* --- affinity ------------------------------------------------------------------------------------ */

static unsigned all_cpus(void)
{
	return (1U << cpu_count) - 1;
}

/* CPUs beyond those that run are ignored, as on Linux. */
unsigned affinity_of(size_t size, const void *set)
{
	unsigned mask = 0;

	memcpy(&mask, set, MIN(size, sizeof(mask)));
	return mask & all_cpus();
}

int pthread_setaffinity_np(pthread_t t, size_t size, const cpu_set_t *set)
{
	unsigned mask = affinity_of(size, set);

	return mask == 0 ? EINVAL : -sched_set_affinity((struct thread *)t, mask);
}

int pthread_getaffinity_np(pthread_t t, size_t size, cpu_set_t *set)
{
	unsigned mask = ((struct thread *)t)->affinity & all_cpus();

	if (size < sizeof(mask)) {
		return EINVAL;
	}
	memset(set, 0, size);
	memcpy(set, &mask, sizeof(mask));
	return 0;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	int r = check_pid(pid);

	return (int)result(r != 0 ? r : -pthread_setaffinity_np(pthread_self(), size, set));
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	int r = check_pid(pid);

	return (int)result(r != 0 ? r : -pthread_getaffinity_np(pthread_self(), size, set));
}

/* True when it was asked; the next step may be on another. */
int sched_getcpu(void)
{
	return (int)cpu_self()->index;
}

int __sched_cpu_count(size_t size, const cpu_set_t *set)
{
	const unsigned char *p = (const unsigned char *)set;
	int n = 0;

	while (size-- > 0) {
		n += __builtin_popcount(*p++);
	}
	return n;
}
