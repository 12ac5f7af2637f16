/* SPDX-License-Identifier: MIT */
/* Waiting of calls that signals do not end. */
#include "pthread_sync.h"

int wait_on(struct waitq *q, uint64_t deadline)
{
	int r;

	if (!may_interrupt()) {
		return waitq_wait(q, deadline);
	}
	r = waitq_wait_intr(q, deadline);
	if (r == -EINTR) {
		spin_unlock(&q->lock);
		/* The handlers run here, as the kernel lets us know of events by an interrupt. */
		arch_irq_enable();
		spin_lock_save(&q->lock);
		r = 0;
	}
	return r;
}
