/* SPDX-License-Identifier: MIT */
/* The process's one timer of real time: setitimer() and alarm(). There are none of processor time. */
#include "libc.h"
#include "timers.h"

#include <kernel/time.h>
#include <sys/time.h>
#include <unistd.h>

static struct posix_timer *real(void)
{
	static struct posix_timer timer;
	static _Atomic bool ready;

	/* Twice by two threads at once does no harm: neither has armed it yet. */
	if (!ready) {
		notify_init(&timer.notify, NULL, SI_KERNEL);
		posix_timer_init(&timer, CLOCK_MONOTONIC);
		ready = true;
	}
	return &timer;
}

static int check(int which)
{
	if (which == ITIMER_VIRTUAL || which == ITIMER_PROF) {
		return fail(ENOTSUP);
	}
	return which == ITIMER_REAL ? 0 : fail(EINVAL);
}

static int from_timeval(const struct timeval *t, uint64_t *ns)
{
	struct timespec ts = { .tv_sec = t->tv_sec, .tv_nsec = t->tv_usec * 1000L };

	return t->tv_sec < 0 || t->tv_usec < 0 || t->tv_usec >= 1000000 ? -EINVAL
									: timespec_ns(&ts, ns);
}

static struct timeval to_timeval(uint64_t ns)
{
	/* Up, so that a timer that runs is never 0. */
	struct timespec t = timespec_of(ns + NS_PER_US - 1);

	return (struct timeval){ .tv_sec = t.tv_sec, .tv_usec = t.tv_nsec / 1000 };
}

int getitimer(int which, struct itimerval *value)
{
	struct posix_setting now;

	if (check(which) != 0) {
		return -1;
	}
	posix_timer_get(real(), &now);
	value->it_value = to_timeval(now.value);
	value->it_interval = to_timeval(now.interval);
	return 0;
}

int setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
	struct posix_setting new = { .absolute = false }, before;

	if (check(which) != 0) {
		return -1;
	}
	if (from_timeval(&value->it_value, &new.value) != 0 ||
	    from_timeval(&value->it_interval, &new.interval) != 0) {
		return fail(EINVAL);
	}
	posix_timer_set(real(), &new, &before);
	if (old != NULL) {
		old->it_value = to_timeval(before.value);
		old->it_interval = to_timeval(before.interval);
	}
	return 0;
}

unsigned alarm(unsigned seconds)
{
	struct posix_setting new = { .value = seconds * NS_PER_SEC }, old;

	posix_timer_set(real(), &new, &old);
	/* What is left counts as a second at least. */
	return old.value == 0 ? 0 : (unsigned)MAX((old.value + NS_PER_SEC / 2) / NS_PER_SEC, 1UL);
}

useconds_t ualarm(useconds_t us, useconds_t interval)
{
	struct posix_setting new = { .value = us * NS_PER_US, .interval = interval * NS_PER_US };
	struct posix_setting old;

	posix_timer_set(real(), &new, &old);
	return (useconds_t)(old.value / NS_PER_US);
}
