/* SPDX-License-Identifier: MIT */
/* timerfd: a kernel timer that makes a descriptor readable. As on Linux a timer with an interval is
 * started again only when its expirations are read: however short the interval, one interrupt a read. */
#include "libc.h"

#include <fcntl.h>
#include <kernel/alloc.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <string.h>
#include <sys/timerfd.h>

struct timerfd {
	struct file file;
	struct spinlock lock; /* guards what follows and POLLIN of the file */
	struct timer timer;   /* may fire late for a setting that is gone: due() asks the rest */
	clockid_t clock;
	uint64_t deadline; /* of the next expiration, monotonic ns; TIME_NEVER: disarmed */
	uint64_t interval; /* ns; 0: once */
	uint64_t ticks;	   /* expirations that nobody read */
};

static struct timerfd *timerfd_of(struct file *f)
{
	return container_of(f, struct timerfd, file);
}

/* Count what has expired by now. Locked. */
static void due(struct timerfd *t)
{
	uint64_t now = time_now(), n = 1;

	if (t->deadline == TIME_NEVER || now < t->deadline) {
		return;
	}
	if (t->interval == 0) {
		t->deadline = TIME_NEVER;
	} else {
		n += (now - t->deadline) / t->interval;
		if (mul_overflow(n, t->interval, &now) ||
		    add_overflow(t->deadline, now, &t->deadline)) {
			t->deadline = TIME_NEVER;
		}
	}
	t->ticks += n;
	file_ready(&t->file, POLLIN);
}

/* The kernel timer for what comes next. Locked. */
static void start(struct timerfd *t)
{
	if (t->deadline != TIME_NEVER) {
		timer_start(&t->timer, t->deadline);
	}
}

static void fired(struct timer *timer)
{
	struct timerfd *t = container_of(timer, struct timerfd, timer);

	spin_lock(&t->lock);
	due(t);
	if (t->ticks == 0) {
		start(t);
	}
	spin_unlock(&t->lock);
}

static uint64_t take(struct timerfd *t)
{
	irqstate_t s = spin_lock_save(&t->lock);
	uint64_t ticks;

	due(t);
	ticks = t->ticks;
	t->ticks = 0;
	file_not_ready(&t->file, POLLIN);
	if (ticks > 0) {
		start(t);
	}
	spin_unlock_restore(&t->lock, s);
	return ticks;
}

static ssize_t timerfd_read(struct file *f, const struct iovec *iov, int n, off_t pos,
			    bool nonblock)
{
	struct timerfd *t = timerfd_of(f);
	uint64_t ticks;

	(void)pos;
	if (n < 1 || iov[0].iov_len < sizeof(ticks)) {
		return -EINVAL;
	}
	while ((ticks = take(t)) == 0) {
		int r = nonblock ? -EAGAIN : file_wait(f, POLLIN, TIME_NEVER);

		if (r != 0) {
			return r;
		}
	}
	memcpy(iov[0].iov_base, &ticks, sizeof(ticks));
	return sizeof(ticks);
}

static void timerfd_close(struct file *f)
{
	struct timerfd *t = timerfd_of(f);

	timer_cancel(&t->timer);
	kfree(t);
}

static const struct file_ops timerfd_ops = { .read = timerfd_read, .close = timerfd_close };

/* --- calls ------------------------------------------------------------------------------------ */

int timerfd_create(clockid_t clock, int flags)
{
	struct timerfd *t;

	if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) ||
	    (flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) != 0) {
		return fail(EINVAL);
	}
	t = kzalloc(sizeof(*t));
	if (t == NULL) {
		return fail(ENOMEM);
	}
	file_init(&t->file, &timerfd_ops, O_RDWR | ((unsigned)flags & TFD_NONBLOCK));
	timer_init(&t->timer, fired);
	t->clock = clock == CLOCK_REALTIME ? clock : CLOCK_MONOTONIC;
	t->deadline = TIME_NEVER;
	return (int)result(fd_make(&t->file, (flags & TFD_CLOEXEC) != 0));
}

static struct timespec to_timespec(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_SEC),
				  .tv_nsec = (long)(ns % NS_PER_SEC) };
}

/* What timerfd_gettime() reports. Locked. */
static void remaining(struct timerfd *t, struct itimerspec *out)
{
	uint64_t now;

	due(t);
	now = time_now();
	out->it_interval = to_timespec(t->interval);
	/* One that is armed has at least a nanosecond left. */
	out->it_value = to_timespec(t->deadline == TIME_NEVER ? 0
				    : t->deadline > now	      ? t->deadline - now
							      : 1);
}

/* What @new asks for, in monotonic ns: the deadline, TIME_NEVER to disarm. */
static int parse(const struct timerfd *t, int flags, const struct itimerspec *new,
		 uint64_t *deadline, uint64_t *interval)
{
	const struct timespec *v = &new->it_value;
	uint64_t value, now, wall;

	if ((flags & ~TFD_TIMER_ABSTIME) != 0 || v->tv_sec < 0 || new->it_interval.tv_sec < 0 ||
	    timespec_ns(v, &value) != 0 || timespec_ns(&new->it_interval, interval) != 0) {
		return -EINVAL;
	}
	if (value == 0) {
		*deadline = TIME_NEVER;
	} else if ((flags & TFD_TIMER_ABSTIME) == 0) {
		*deadline = time_after(value);
	} else if (t->clock == CLOCK_MONOTONIC) {
		*deadline = value;
	} else {
		now = time_now();
		wall = time_wall();
		*deadline = value > wall ? time_after(value - wall) : now - MIN(wall - value, now);
	}
	return 0;
}

static void set(struct timerfd *t, uint64_t deadline, uint64_t interval, struct itimerspec *old)
{
	irqstate_t s = spin_lock_save(&t->lock);

	remaining(t, old);
	t->deadline = deadline;
	t->interval = interval;
	t->ticks = 0;
	file_not_ready(&t->file, POLLIN);
	start(t);
	spin_unlock_restore(&t->lock, s);
}

/* The timer behind @fd, to be given back by fd_put(); NULL and @error else. */
static struct timerfd *get(int fd, int *error)
{
	struct file *f = fd_get(fd);

	if (f == NULL) {
		*error = -EBADF;
		return NULL;
	}
	if (f->ops != &timerfd_ops) {
		fd_put(f);
		*error = -EINVAL;
		return NULL;
	}
	return timerfd_of(f);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct itimerspec before;
	uint64_t deadline, interval;
	int r;
	struct timerfd *t = get(fd, &r);

	if (t == NULL) {
		return (int)result(r);
	}
	r = parse(t, flags, new, &deadline, &interval);
	if (r == 0) {
		set(t, deadline, interval, &before);
	}
	fd_put(&t->file);
	if (r == 0 && old != NULL) {
		*old = before;
	}
	return (int)result(r);
}

int timerfd_gettime(int fd, struct itimerspec *now)
{
	int r = 0;
	struct timerfd *t = get(fd, &r);
	irqstate_t s;

	if (t != NULL) {
		s = spin_lock_save(&t->lock);
		remaining(t, now);
		spin_unlock_restore(&t->lock, s);
		fd_put(&t->file);
	}
	return (int)result(r);
}
