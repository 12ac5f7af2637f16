/* SPDX-License-Identifier: MIT */
/* Counting semaphore over a wait queue. */
#include "waitq.h"

#include <errno.h>
#include <kernel/sync.h>
#include <limits.h>

void sem_init_count(struct semaphore *s, unsigned count)
{
	s->count = count;
	waitq_init(&s->q);
}

/* An up gives its unit to the best waiter, so whoever was woken has it. */
static int down(struct semaphore *sem, uint64_t deadline, bool interruptible)
{
	irqstate_t s = spin_lock_save(&sem->q.lock);
	int r = 0;

	if (sem->count == 0 && deadline != 0) {
		r = waitq_sleep(&sem->q, deadline, interruptible);
		arch_irq_restore(s);
		return r;
	}
	if (sem->count > 0) {
		sem->count--;
	} else {
		r = -EAGAIN;
	}
	spin_unlock(&sem->q.lock);
	arch_irq_restore(s);
	return r;
}

int sem_down(struct semaphore *sem, uint64_t deadline)
{
	return down(sem, deadline, false);
}

int sem_down_intr(struct semaphore *sem, uint64_t deadline)
{
	irqstate_t s;
	int r = 0;

	if (deadline != TIME_NEVER) {
		return down(sem, deadline, true);
	}
	s = spin_lock_save(&sem->q.lock);
	if (sem->count > 0) {
		sem->count--;
		spin_unlock(&sem->q.lock);
	} else {
		r = waitq_sleep_here(&sem->q, true);
	}
	arch_irq_restore(s);
	return r;
}

int sem_up(struct semaphore *sem)
{
	irqstate_t s = spin_lock_save(&sem->q.lock);
	int r = 0;

	if (!waitq_wake_best(&sem->q)) {
		if (sem->count < INT_MAX) {
			sem->count++;
		} else {
			r = -EOVERFLOW;
		}
	}
	spin_unlock_restore(&sem->q.lock, s);
	rq_check();
	return r;
}

unsigned sem_count(struct semaphore *sem)
{
	return sem->count;
}
