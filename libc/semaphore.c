/* SPDX-License-Identifier: MIT */
/* Semaphores of POSIX: the kernel's, in the caller's storage. */
#include "libc.h"

#include <assert.h>
#include <kernel/sync.h>
#include <semaphore.h>

static_assert(sizeof(struct semaphore) <= sizeof(sem_t), "fits");

static struct semaphore *sem(sem_t *s)
{
	return (struct semaphore *)s;
}

int sem_init(sem_t *s, int shared, unsigned value)
{
	(void)shared; /* there is one process */
	if (value > SEM_VALUE_MAX) {
		return fail(EINVAL);
	}
	sem_init_count(sem(s), value);
	return 0;
}

int sem_destroy(sem_t *s)
{
	(void)s;
	return 0;
}

int sem_post(sem_t *s)
{
	return (int)result(sem_up(sem(s)));
}

int sem_wait(sem_t *s)
{
	return (int)result(sem_down(sem(s), TIME_NEVER));
}

int sem_trywait(sem_t *s)
{
	return (int)result(sem_down(sem(s), 0));
}

int sem_clockwait(sem_t *restrict s, clockid_t clock, const struct timespec *restrict t)
{
	uint64_t deadline;
	int r = sem_down(sem(s), 0);

	if (r != 0) {
		r = deadline_at(clock, t, &deadline);
		/* To sem_down(), 0 would be a try. */
		r = r != 0 ? r : sem_down(sem(s), MAX(deadline, 1UL));
	}
	return (int)result(r);
}

int sem_timedwait(sem_t *restrict s, const struct timespec *restrict t)
{
	return sem_clockwait(s, CLOCK_REALTIME, t);
}

int sem_getvalue(sem_t *restrict s, int *restrict value)
{
	*value = (int)sem_count(sem(s));
	return 0;
}

/* Named ones are for several processes. */
sem_t *sem_open(const char *name, int flags, ...)
{
	(void)name, (void)flags;
	errno = ENOSYS;
	return SEM_FAILED;
}

int sem_close(sem_t *s)
{
	(void)s;
	return fail(EINVAL);
}

int sem_unlink(const char *name)
{
	(void)name;
	return fail(ENOENT);
}
