/* SPDX-License-Identifier: MIT */
/* poll() and select() over the readiness word of files. The devices are drained once per call, then
 * the files are looked at; only if none is ready are watches set and the thread sleeps. */
#include "libc.h"

#include <kernel/alloc.h>
#include <kernel/poller.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/time.h>

#define ON_STACK 8 /* descriptors that need no allocation */
#define ALWAYS	 (POLLERR | POLLHUP)

struct poll_wait {
	struct waiter waiter;
	_Atomic bool fired; /* a file became ready since this was cleared */
};

struct poll_item {
	struct file_watch watch;
	struct poll_wait *wait;
	struct file *file; /* NULL: not open */
};

/* The bits of the readiness word that @events asks for. */
static unsigned wanted(short events)
{
	unsigned w = (unsigned)events & (POLLIN | POLLPRI | POLLOUT | POLLRDHUP);

	w |= (events & POLLRDNORM) != 0 ? POLLIN : 0;
	w |= (events & POLLWRNORM) != 0 ? POLLOUT : 0;
	return w | ALWAYS;
}

static short found(short events, unsigned ready)
{
	unsigned r = ready & ((unsigned)events | ALWAYS);

	r |= (ready & POLLIN) != 0 ? (unsigned)events & POLLRDNORM : 0;
	r |= (ready & POLLOUT) != 0 ? (unsigned)events & POLLWRNORM : 0;
	return (short)r;
}

/* What @f has of @events. */
static short look(struct file *f, short events)
{
	short r = found(events, atomic_load_explicit(&f->ready, memory_order_acquire));

	if (r != 0 && unlikely(f->ops->settle != NULL)) {
		f->ops->settle(f);
		r = found(events, atomic_load_explicit(&f->ready, memory_order_acquire));
	}
	return r;
}

/* Fill revents; returns how many are not 0. */
static int scan(struct pollfd *fds, nfds_t n)
{
	int count = 0;

	for (nfds_t i = 0; i < n; i++) {
		struct file *f;

		fds[i].revents = 0;
		if (fds[i].fd < 0) {
			continue;
		}
		f = fd_get(fds[i].fd);
		if (f == NULL) {
			fds[i].revents = POLLNVAL;
		} else {
			fds[i].revents = look(f, fds[i].events);
			fd_put(f);
		}
		count += fds[i].revents != 0;
	}
	return count;
}

static bool on_ready(struct file_watch *w, unsigned ready)
{
	struct poll_wait *wait = container_of(w, struct poll_item, watch)->wait;

	(void)ready;
	atomic_store_explicit(&wait->fired, true, memory_order_release);
	waiter_wake(&wait->waiter);
	return false;
}

static bool has_fired(void *arg)
{
	struct poll_wait *wait = arg;

	return atomic_load_explicit(&wait->fired, memory_order_acquire);
}

static void watch_all(struct poll_item *items, struct poll_wait *wait, const struct pollfd *fds,
		      nfds_t n)
{
	for (nfds_t i = 0; i < n; i++) {
		struct poll_item *it = &items[i];

		it->wait = wait;
		it->watch.events = wanted(fds[i].events);
		it->watch.fn = on_ready;
		it->file = fds[i].fd < 0 ? NULL : fd_get(fds[i].fd);
		if (it->file != NULL) {
			file_watch(it->file, &it->watch);
		}
	}
}

static void unwatch_all(struct poll_item *items, nfds_t n)
{
	for (nfds_t i = 0; i < n; i++) {
		if (items[i].file != NULL) {
			file_unwatch(items[i].file, &items[i].watch);
			fd_put(items[i].file);
		}
	}
}

static int wait_for(struct poll_item *items, struct pollfd *fds, nfds_t n, uint64_t deadline)
{
	struct poll_wait wait = { .fired = false };
	int r = 0, count = 0;

	waiter_init(&wait.waiter);
	thread_busy_enter(); /* no handler may jump away from what watches point at */
	watch_all(items, &wait, fds, n);
	while (count == 0 && r == 0) {
		r = waiter_wait(&wait.waiter, has_fired, &wait, deadline);
		/* Cleared before the look: what comes after it fires again. */
		atomic_store_explicit(&wait.fired, false, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
		count = scan(fds, n);
	}
	unwatch_all(items, n);
	thread_busy_leave();
	return count == 0 && r == -EINTR ? r : count;
}

/* Returns the number of ready ones, or -errno. @deadline 0: do not wait. */
static int poll_until(struct pollfd *fds, nfds_t n, uint64_t deadline)
{
	struct poll_item on_stack[ON_STACK], *items = on_stack;
	int r;

	if (n > fd_limit()) {
		return -EINVAL;
	}
	pollers_run();
	r = scan(fds, n);
	if (r != 0 || deadline == 0) {
		return r;
	}
	if (n > ON_STACK) {
		items = kmalloc(n * sizeof(*items));
		if (items == NULL) {
			return -ENOMEM;
		}
	}
	r = wait_for(items, fds, n, deadline);
	if (items != on_stack) {
		kfree(items);
	}
	return r;
}

int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	return (int)result(poll_until(fds, n, deadline_ms(timeout)));
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask)
{
	struct wait_mask w;
	uint64_t deadline;
	long r = deadline_in(timeout, &deadline);

	if (r == 0) {
		wait_mask_begin(&w, mask);
		r = wait_mask_end(&w, poll_until(fds, n, deadline));
	}
	return (int)result(r);
}

/* --- select ---------------------------------------------------------------------------------- */

static short select_events(int fd, const fd_set *in, const fd_set *out, const fd_set *except)
{
	return (short)((in != NULL && FD_ISSET(fd, in) ? POLLIN : 0) |
		       (out != NULL && FD_ISSET(fd, out) ? POLLOUT : 0) |
		       (except != NULL && FD_ISSET(fd, except) ? POLLPRI : 0));
}

/* Keep @fd in @set if it was asked for @bit and @got says so; returns 1 if kept. */
static int keep(fd_set *set, const struct pollfd *p, short bit, short got)
{
	if (set == NULL || (p->events & bit) == 0) {
		return 0;
	}
	if ((p->revents & got) != 0) {
		return 1;
	}
	FD_CLR(p->fd, set);
	return 0;
}

static int select_until(int nfds, fd_set *in, fd_set *out, fd_set *except, uint64_t deadline)
{
	struct pollfd on_stack[ON_STACK], *fds = on_stack;
	nfds_t n = 0;
	int count = 0, r;

	if (nfds < 0 || (unsigned)nfds > fd_limit()) {
		return -EINVAL;
	}
	for (int fd = 0; fd < nfds; fd++) {
		n += select_events(fd, in, out, except) != 0;
	}
	if (n > ON_STACK) {
		fds = kmalloc(n * sizeof(*fds));
		if (fds == NULL) {
			return -ENOMEM;
		}
	}
	n = 0;
	for (int fd = 0; fd < nfds; fd++) {
		short events = select_events(fd, in, out, except);

		if (events != 0) {
			fds[n++] = (struct pollfd){ .fd = fd, .events = events };
		}
	}
	r = poll_until(fds, n, deadline);
	for (nfds_t i = 0; i < n && r >= 0; i++) {
		if ((fds[i].revents & POLLNVAL) != 0) {
			r = -EBADF;
		}
	}
	for (nfds_t i = 0; i < n && r >= 0; i++) {
		count += keep(in, &fds[i], POLLIN, POLLIN | POLLHUP | POLLERR);
		count += keep(out, &fds[i], POLLOUT, POLLOUT | POLLERR);
		count += keep(except, &fds[i], POLLPRI, POLLPRI);
	}
	if (fds != on_stack) {
		kfree(fds);
	}
	return r < 0 ? r : count;
}

int pselect(int n, fd_set *in, fd_set *out, fd_set *except, const struct timespec *timeout,
	    const sigset_t *mask)
{
	struct wait_mask w;
	uint64_t deadline;
	long r = deadline_in(timeout, &deadline);

	if (r == 0) {
		wait_mask_begin(&w, mask);
		r = wait_mask_end(&w, select_until(n, in, out, except, deadline));
	}
	return (int)result(r);
}

int select(int n, fd_set *in, fd_set *out, fd_set *except, struct timeval *timeout)
{
	struct timespec t;
	uint64_t deadline;
	int r;

	if (timeout == NULL) {
		return (int)result(select_until(n, in, out, except, TIME_NEVER));
	}
	t.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
	t.tv_nsec = timeout->tv_usec % 1000000 * 1000L;
	r = deadline_in(&t, &deadline);
	return (int)result(r != 0 ? r : select_until(n, in, out, except, deadline));
}
