/* SPDX-License-Identifier: MIT */
/* Cancellation. A request is an event of the thread (kernel/thread.h) while the thread lets it be acted
 * upon: it ends waits that are cancellation points, and such calls look for it first (cancel_point()).
 *
 * It is not acted upon while the thread is busy, which it is inside a function of stdio: the call that
 * was waited in fails with EINTR, and the next cancellation point does it. */
#include "event.h"
#include "libc_thread.h"
#include "pthread_sync.h"

static struct spinlock lock = SPINLOCK_INIT; /* guards the parts of struct libc_thread */

/* Whether the request may be acted upon now. Locked. */
static bool due(const struct libc_thread *l)
{
	return l->cancel_requested && !l->cancel_disabled && !l->ending;
}

static void update(struct libc_thread *l)
{
	if (due(l)) {
		thread_post(l->thread, EVENT_CANCEL);
	} else {
		thread_unpost(l->thread, EVENT_CANCEL);
	}
}

/* The calling thread ends: no further request is heard. */
static void end_cancel(void)
{
	struct libc_thread *l = libc_thread_peek(thread_self());
	irqstate_t s;

	if (l != NULL) {
		s = spin_lock_save(&lock);
		l->ending = true;
		update(l);
		spin_unlock_restore(&lock, s);
	}
}

bool cancel_is_async(void)
{
	struct libc_thread *l = libc_thread_peek(thread_self());

	return l != NULL && l->cancel_async;
}

void cancel_self(void)
{
	struct libc_thread *l = libc_thread_peek(thread_self());

	if (l != NULL && due(l) && thread_self()->busy == 0) {
		arch_irq_enable(); /* at the end of an interrupt it is masked */
		pthread_exit(PTHREAD_CANCELED);
	}
}

static struct libc_thread *use(struct thread *t)
{
	struct libc_thread *l = libc_thread(t);

	if (pthread_end_cancel == NULL) {
		event_users.cancel = cancel_self;
		event_users.cancel_async = cancel_is_async;
		events_use();
		pthread_end_cancel = end_cancel;
	}
	return l;
}

int pthread_cancel(pthread_t t)
{
	struct libc_thread *l = use((struct thread *)t);
	irqstate_t s;

	if (l == NULL) {
		return ENOMEM;
	}
	s = spin_lock_save(&lock);
	l->cancel_requested = true;
	update(l);
	spin_unlock_restore(&lock, s);
	sched_check();
	if (cancel_is_async()) {
		cancel_self();
	}
	return 0;
}

/* Change one of the flags of the calling thread. */
static int change(bool *flag, struct libc_thread *l, int value, int *old)
{
	irqstate_t s = spin_lock_save(&lock);

	if (old != NULL) {
		*old = *flag;
	}
	*flag = value != 0;
	update(l);
	spin_unlock_restore(&lock, s);
	if (l->cancel_async) {
		cancel_self();
	}
	return 0;
}

int pthread_setcancelstate(int state, int *old)
{
	struct libc_thread *l;

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE) {
		return EINVAL;
	}
	l = use(thread_self());
	return l == NULL ? ENOMEM : change(&l->cancel_disabled, l, state, old);
}

int pthread_setcanceltype(int type, int *old)
{
	struct libc_thread *l;

	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS) {
		return EINVAL;
	}
	l = use(thread_self());
	return l == NULL ? ENOMEM : change(&l->cancel_async, l, type, old);
}

void pthread_testcancel(void)
{
	cancel_point();
}
