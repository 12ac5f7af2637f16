/* SPDX-License-Identifier: MIT */
/* Where signals and cancellation reach a thread: at the end of an interrupt, when it stops being busy,
 * and at the end of a call that they interrupted. */
#include "event.h"

#include "libc.h"

#include <kernel/thread.h>

struct event_users event_users;

static bool posted(unsigned event)
{
	return (atomic_load_explicit(&thread_self()->events, memory_order_acquire) & event) != 0;
}

static void run(struct trapframe *f)
{
	if (posted(EVENT_SIGNAL) && event_users.signals != NULL) {
		event_users.signals(f);
	}
	if (posted(EVENT_CANCEL) && event_users.cancel != NULL && event_users.cancel_async()) {
		event_users.cancel();
	}
}

static bool fault(struct trapframe *f, enum fault kind, uintptr_t addr)
{
	return event_users.fault != NULL && event_users.fault(f, kind, addr);
}

static struct trapframe *overflow(uintptr_t sp, size_t size)
{
	return event_users.overflow != NULL ? event_users.overflow(sp, size) : NULL;
}

void events_use(void)
{
	static const struct event_ops ops = { .run = run, .fault = fault, .overflow = overflow };

	event_ops = &ops;
}

bool interrupted(void)
{
	struct thread *t = thread_self();
	unsigned busy = t->busy;

	/* The call that was interrupted holds nothing; what makes the thread busy is a stream's lock further
	 * out, which does not keep handlers away on other systems either. */
	t->busy = 0;
	run(NULL);
	t->busy = busy;
	if (posted(EVENT_CANCEL) && event_users.cancel != NULL) {
		event_users.cancel();
		return false; /* inside stdio, whose lock is held: the call fails, so that it is left */
	}
	return event_users.restart == NULL || event_users.restart();
}

long call_failed(long r)
{
	if (r == -EINTR) {
		interrupted();
	} else if (r == -EPIPE && event_users.broken_pipe != NULL) {
		event_users.broken_pipe();
	}
	errno = (int)-r;
	return -1;
}
