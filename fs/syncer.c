/* SPDX-License-Identifier: MIT */
/* What a file system keeps to itself until fsync(), close() or sync() is written after SYNC_AGE also when nobody asks. It
 * waits for disks, which a poller must not, so it takes a thread: made when the first file is written to, asleep while
 * nothing is. (The page cache writes back what is in it without one.) */
#include "vnode.h"

#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/sync.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define SYNC_AGE (5 * NS_PER_SEC)
#define STACK	 (32UL << 10)

static struct {
	struct timer timer;
	struct semaphore due;
	_Atomic bool started;
} syncer;

static void timer_fired(struct timer *t)
{
	(void)t;
	sem_up(&syncer.due);
}

static int sync_changed(struct mount *m)
{
	int r = 0;

	if (!atomic_exchange_explicit(&m->changed, false, memory_order_relaxed)) {
		return 0;
	}
	mutex_lock(&m->lock);
	r = m->ops->sync(m);
	mutex_unlock(&m->lock);
	if (r != 0) {
		log_error("mount %s: what was written could not be made safe: %d", m->target, r);
	}
	return r;
}

static void *syncer_main(void *arg)
{
	(void)arg;
	for (;;) {
		sem_down(&syncer.due, TIME_NEVER);
		mounts_each(sync_changed);
	}
	return NULL;
}

/* Without memory for it what is written waits for whoever syncs: it is tried again with the next change. */
static bool start(void)
{
	static const struct thread_attr attr = {
		.name = "syncer", .stack_size = STACK, .detached = true, .kernel = true
	};

	if (atomic_exchange(&syncer.started, true)) {
		return true;
	}
	sem_init_count(&syncer.due, 0);
	timer_init(&syncer.timer, timer_fired);
	if (thread_create(&attr, syncer_main, NULL) == NULL) {
		atomic_store(&syncer.started, false);
		return false;
	}
	return true;
}

void mount_changed(struct mount *m)
{
	if (atomic_exchange_explicit(&m->changed, true, memory_order_relaxed)) {
		return;
	}
	if (!start()) {
		atomic_store_explicit(&m->changed, false, memory_order_relaxed);
	} else if (!timer_pending(&syncer.timer)) {
		timer_start(&syncer.timer, time_after(SYNC_AGE));
	}
}
