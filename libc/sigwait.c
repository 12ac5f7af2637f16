/* SPDX-License-Identifier: MIT */
/* Waiting for signals: those that are blocked are taken by sigwait() and its like, the others run their
 * handlers and end sigsuspend() and pause(). */
#include "signals.h"

#include "libc.h"
#include "libc_thread.h"

#include <kernel/wait.h>
#include <unistd.h>

static void set_mask(struct libc_thread *l, sigset_t mask)
{
	irqstate_t s = spin_lock_save(&signals.lock);

	signals_set_mask(l, mask);
	spin_unlock_restore(&signals.lock, s);
}

/* Sleep until one of @want is sent. signals.lock held, before and after. */
static int sleep_for(struct libc_thread *l, sigset_t want, uint64_t deadline)
{
	struct waitq q = WAITQ_INIT(q);
	int r;

	l->sig.awaited = want;
	l->sig.waiter = &q;
	spin_lock(&q.lock);
	spin_unlock(&signals.lock);
	r = waitq_wait_intr(&q, deadline);
	spin_unlock(&q.lock);
	spin_lock(&signals.lock);
	l->sig.waiter = NULL;
	return r;
}

/* Returns the signal or -errno. */
static int await(const sigset_t *set, siginfo_t *info, uint64_t deadline)
{
	struct libc_thread *l = libc_thread(thread_self());
	sigset_t want = *set & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
	irqstate_t state;
	int s, r = 0;

	signals_use();
	cancel_point();
	if (l == NULL) {
		return -EAGAIN;
	}
	state = spin_lock_save(&signals.lock);
	for (;;) {
		s = signals_take(l, want, info);
		if (s != 0 || r != 0 || deadline == 0) {
			break;
		}
		r = sleep_for(l, want, deadline);
	}
	spin_unlock_restore(&signals.lock, state);
	return s != 0 ? s : r == -EINTR ? r : -EAGAIN;
}

int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
		 const struct timespec *restrict t)
{
	siginfo_t got;
	uint64_t deadline;
	int r = deadline_in(t, &deadline);

	if (r == 0) {
		r = await(set, &got, deadline);
	}
	if (r > 0 && info != NULL) {
		*info = got;
	}
	return (int)result(r);
}

int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
	return sigtimedwait(set, info, NULL);
}

int sigwait(const sigset_t *restrict set, int *restrict s)
{
	siginfo_t info;
	int r;

	do {
		r = await(set, &info, TIME_NEVER);
		if (r == -EINTR) {
			interrupted();
		}
	} while (r == -EINTR);
	if (r < 0) {
		return -r;
	}
	*s = r;
	return 0;
}

/* Until something is posted. */
static void sleep_on(void)
{
	struct waitq q = WAITQ_INIT(q);
	irqstate_t state = spin_lock_save(&q.lock);

	waitq_wait_intr(&q, TIME_NEVER);
	spin_unlock_restore(&q.lock, state);
}

int sigsuspend(const sigset_t *set)
{
	struct libc_thread *l = libc_thread(thread_self());
	sigset_t old;
	unsigned before;

	signals_use();
	cancel_point();
	if (l == NULL) {
		return fail(ENOMEM);
	}
	old = l->sig.mask;
	before = l->sig.handled;
	/* Busy until it sleeps: a handler that ran before would not end the sleep. */
	thread_self()->busy++;
	set_mask(l, *set);
	do {
		sleep_on();
		thread_self()->busy--; /* else a cancellation would not be acted upon */
		interrupted();
		thread_self()->busy++;
	} while (l->sig.handled == before);
	thread_self()->busy--;
	set_mask(l, old);
	signals_check();
	return fail(EINTR);
}

int pause(void)
{
	sigset_t mask;
	int r = pthread_sigmask(SIG_BLOCK, NULL, &mask);

	return r != 0 ? fail(r) : sigsuspend(&mask);
}

int sigpause(int s)
{
	sigset_t mask;

	if (!signal_valid(s)) {
		return fail(EINVAL);
	}
	if (pthread_sigmask(SIG_BLOCK, NULL, &mask) != 0) {
		return fail(ENOMEM);
	}
	mask &= ~signal_bit(s);
	return sigsuspend(&mask);
}

void wait_mask_begin(struct wait_mask *w, const sigset_t *mask)
{
	struct libc_thread *l;

	w->set = false;
	if (mask == NULL) {
		return;
	}
	signals_use();
	l = libc_thread(thread_self());
	if (l != NULL) {
		w->set = true;
		w->old = l->sig.mask;
		/* As in sigsuspend(). */
		thread_self()->busy++;
		set_mask(l, *mask);
	}
}

long wait_mask_end(struct wait_mask *w, long r)
{
	if (!w->set) {
		return r;
	}
	thread_self()->busy--;
	if (r == -EINTR) {
		interrupted();
	}
	set_mask(libc_thread_peek(thread_self()), w->old);
	signals_check();
	return r;
}
