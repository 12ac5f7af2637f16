/* SPDX-License-Identifier: MIT */
/* Readiness and references of files. */
#include <errno.h>
#include <kernel/arch.h>
#include <kernel/file.h>
#include <kernel/poller.h>
#include <kernel/thread.h>

void file_init(struct file *f, const struct file_ops *ops, unsigned flags)
{
	f->ops = ops;
	f->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&f->watches);
	atomic_init(&f->refs, 1);
	atomic_init(&f->ready, 0);
	atomic_init(&f->flags, flags);
}

void file_put(struct file *f)
{
	/* Release our writes to whoever drops the last reference, acquire theirs if that is us. */
	if (atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1) {
		f->ops->close(f);
	}
}

static void tell(struct file *f, unsigned set)
{
	struct list *p, *n;
	unsigned taken = 0;

	list_for_each_safe(p, n, &f->watches) {
		struct file_watch *w = list_entry(p, struct file_watch, link);

		if ((w->events & set) != 0 && (w->events & taken) == 0 && w->fn(w, set)) {
			taken |= w->events & FILE_EXCLUSIVE;
		}
	}
}

void file_ready(struct file *f, unsigned set)
{
	irqstate_t s = spin_lock_save(&f->lock);

	atomic_fetch_or_explicit(&f->ready, set, memory_order_relaxed);
	tell(f, set);
	spin_unlock_restore(&f->lock, s);
	sched_check();
}

void file_not_ready(struct file *f, unsigned clear)
{
	/* One step, which needs no lock: beside file_ready() or file_watch() it counts as later than these. */
	atomic_fetch_and_explicit(&f->ready, ~clear, memory_order_release);
}

void file_watch(struct file *f, struct file_watch *w)
{
	irqstate_t s = spin_lock_save(&f->lock);
	unsigned ready = atomic_load_explicit(&f->ready, memory_order_relaxed) & w->events;

	list_add_tail(&f->watches, &w->link);
	if (ready != 0) {
		w->fn(w, ready);
	}
	spin_unlock_restore(&f->lock, s);
}

void file_unwatch(struct file *f, struct file_watch *w)
{
	irqstate_t s = spin_lock_save(&f->lock);

	list_del(&w->link);
	spin_unlock_restore(&f->lock, s);
}

/* A blocking call: one watch, one waiter, both on its stack. */
struct blocked {
	struct file_watch watch;
	struct waiter waiter;
};

static bool look_again(struct file_watch *w, unsigned ready)
{
	(void)ready;
	waiter_wake(&container_of(w, struct blocked, watch)->waiter);
	return false;
}

int file_wait_until(struct file *f, unsigned events, bool (*cond)(void *arg), void *arg,
		    uint64_t deadline)
{
	struct blocked b = { .watch = { .events = events, .fn = look_again } };
	int r;

	waiter_init(&b.waiter);
	thread_busy_enter();
	file_watch(f, &b.watch);
	r = waiter_wait(&b.waiter, cond, arg, deadline);
	file_unwatch(f, &b.watch);
	thread_busy_leave();
	return r;
}

struct wanted {
	struct file *file;
	unsigned events;
};

static bool is_ready(void *arg)
{
	const struct wanted *w = arg;

	return (atomic_load_explicit(&w->file->ready, memory_order_acquire) & w->events) != 0;
}

int file_wait(struct file *f, unsigned events, uint64_t deadline)
{
	return file_wait_until(f, events, is_ready, &(struct wanted){ f, events }, deadline);
}
