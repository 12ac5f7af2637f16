/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping. */
#define _GNU_SOURCE
#include "libc.h"

#include <kernel/cpu.h>
#include <kernel/time.h>
#include <kernel/wait.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <string.h>
#include <unistd.h>

#define TICKS_PER_SEC 100 /* of times(); what sysconf(_SC_CLK_TCK) says */

/* Who sleeps until a time of the wall clock, and looks at it again when that is set. */
static struct waitq wall_sleepers = WAITQ_INIT(wall_sleepers);

struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / NS_PER_SEC),
				  .tv_nsec = (long)(ns % NS_PER_SEC) };
}

static struct timeval to_timeval(uint64_t ns)
{
	return (struct timeval){ .tv_sec = (time_t)(ns / NS_PER_SEC),
				 .tv_usec = (suseconds_t)(ns % NS_PER_SEC / NS_PER_US) };
}

int timespec_ns(const struct timespec *t, uint64_t *ns)
{
	if (t->tv_nsec < 0 || t->tv_nsec >= (long)NS_PER_SEC) {
		return -EINVAL;
	}
	if (t->tv_sec < 0) {
		*ns = 0;
	} else if (mul_overflow((uint64_t)t->tv_sec, NS_PER_SEC, ns) ||
		   add_overflow(*ns, (uint64_t)t->tv_nsec, ns)) {
		*ns = TIME_NEVER;
	}
	return 0;
}

/* --- reading and setting --------------------------------------------------------------------- */

/* Counter ticks to ns. The rate is what one second adds to the counter. */
static uint64_t ticks_ns(uint64_t ticks)
{
	uint64_t hz = time_to_counter(NS_PER_SEC) - time_to_counter(0);

	return hz == 0 ? 0 : (uint64_t)((__uint128_t)ticks * NS_PER_SEC / hz);
}

/* Time that the CPUs did not idle. */
static uint64_t process_ns(void)
{
	uint64_t now = time_now(), ns = 0;

	for (unsigned i = 0; i < cpu_count; i++) {
		ns += now - MIN(now, ticks_ns(sched_ticks(&cpus[i].idle)));
	}
	return ns;
}

/* Clock of the processor time of one thread: this plus its number. */
#define THREAD_CLOCKS ((clockid_t)1 << 32)

struct seek {
	uint64_t id, ns;
	bool found;
};

static void seek_thread(struct thread *t, void *arg)
{
	struct seek *s = arg;

	if (t->id == s->id) {
		s->found = true;
		s->ns = ticks_ns(sched_ticks(t));
	}
}

static int other_thread_ns(clockid_t clock, uint64_t *ns)
{
	struct seek s = { .id = clock - THREAD_CLOCKS };

	if (clock < THREAD_CLOCKS) {
		return -EINVAL;
	}
	thread_for_each(seek_thread, &s);
	*ns = s.ns;
	return s.found ? 0 : -EINVAL;
}

clockid_t thread_cpu_clock(struct thread *t)
{
	return THREAD_CLOCKS + t->id;
}

static uint64_t thread_ns(void)
{
	return ticks_ns(sched_ticks(thread_self()));
}

static int read_clock(clockid_t clock, uint64_t *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = time_wall();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = time_now();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = process_ns();
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = thread_ns();
		return 0;
	default:
		return other_thread_ns(clock, ns);
	}
}

static __attribute__((noinline)) int other_clock(clockid_t clock, struct timespec *t)
{
	uint64_t ns;
	int r = read_clock(clock, &ns);

	if (r == 0) {
		*t = timespec_of(ns);
	}
	return (int)result(r);
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (likely(clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME)) {
		*t = timespec_of(clock == CLOCK_MONOTONIC ? time_now() : time_wall());
		return 0;
	}
	return other_clock(clock, t);
}

int clock_getres(clockid_t clock, struct timespec *t)
{
	uint64_t ns;
	int r = read_clock(clock, &ns);

	if (r == 0 && t != NULL) {
		*t = timespec_of(1);
	}
	return (int)result(r);
}

int clock_settime(clockid_t clock, const struct timespec *t)
{
	uint64_t ns;

	if (clock != CLOCK_REALTIME || timespec_ns(t, &ns) != 0) {
		return fail(EINVAL);
	}
	time_set_wall(ns);
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	if (tv != NULL) {
		*tv = to_timeval(time_wall());
	}
	if (tz != NULL) {
		memset(tz, 0, sizeof(struct timezone));
	}
	return 0;
}

int settimeofday(const struct timeval *tv, const struct timezone *tz)
{
	struct timespec t;

	(void)tz;
	if (tv == NULL) {
		return 0;
	}
	t.tv_sec = tv->tv_sec;
	t.tv_nsec = tv->tv_usec * 1000L;
	return clock_settime(CLOCK_REALTIME, &t);
}

time_t time(time_t *t)
{
	time_t now = (time_t)(time_wall() / NS_PER_SEC);

	if (t != NULL) {
		*t = now;
	}
	return now;
}

clock_t clock(void)
{
	return (clock_t)(process_ns() / (NS_PER_SEC / CLOCKS_PER_SEC));
}

clock_t times(struct tms *t)
{
	if (t != NULL) {
		memset(t, 0, sizeof(*t));
		t->tms_utime = (clock_t)(process_ns() / (NS_PER_SEC / TICKS_PER_SEC));
	}
	return (clock_t)(time_now() / (NS_PER_SEC / TICKS_PER_SEC));
}

int getrusage(int who, struct rusage *u)
{
	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD) {
		return fail(EINVAL);
	}
	memset(u, 0, sizeof(*u));
	if (who != RUSAGE_CHILDREN) {
		u->ru_utime = to_timeval(who == RUSAGE_SELF ? process_ns() : thread_ns());
	}
	return 0;
}

/* --- waiting --------------------------------------------------------------------------------- */

int deadline_in(const struct timespec *t, uint64_t *deadline)
{
	uint64_t ns;
	int r;

	if (t == NULL) {
		*deadline = TIME_NEVER;
		return 0;
	}
	r = t->tv_sec < 0 ? -EINVAL : timespec_ns(t, &ns);
	if (r == 0) {
		*deadline = ns == 0 ? 0 : time_after(ns);
	}
	return r;
}

uint64_t deadline_ms(int ms)
{
	if (ms <= 0) {
		return ms < 0 ? TIME_NEVER : 0;
	}
	return time_after((unsigned)ms * NS_PER_MS);
}

int deadline_at(clockid_t clock, const struct timespec *t, uint64_t *deadline)
{
	uint64_t ns, now;
	int r = timespec_ns(t, &ns);

	if (r != 0) {
		return r;
	}
	if (clock == CLOCK_MONOTONIC) {
		*deadline = ns;
		return 0;
	}
	if (clock != CLOCK_REALTIME) {
		return -EINVAL;
	}
	now = time_wall();
	*deadline = ns <= now ? 0 : time_after(ns - now);
	return 0;
}

/* Returns 0 or -EINTR. */
static int sleep_until(uint64_t deadline)
{
	struct waitq q = WAITQ_INIT(q);
	irqstate_t s;
	int r;

	cancel_point();
	if (deadline <= time_now()) {
		return 0;
	}
	/* Nobody knows the queue, so only the deadline and events wake. */
	s = spin_lock_save(&q.lock);
	r = waitq_wait_intr(&q, deadline);
	spin_unlock_restore(&q.lock, s);
	if (r == -EINTR) {
		interrupted();
	}
	return r == -EINTR ? r : 0;
}

static void wake_wall_sleepers(void)
{
	irqstate_t s = spin_lock_save(&wall_sleepers.lock);

	waitq_wake_all(&wall_sleepers);
	spin_unlock_restore(&wall_sleepers.lock, s);
	sched_check();
}

/* Until a time of the wall clock, however that is set meanwhile. Returns 0 or -errno. */
static int sleep_until_wall(const struct timespec *t)
{
	static struct time_watch watch = { .fn = wake_wall_sleepers };
	uint64_t deadline;
	irqstate_t s;
	int r;

	cancel_point();
	time_wall_watch(&watch);
	s = spin_lock_save(&wall_sleepers.lock);
	do {
		r = deadline_at(CLOCK_REALTIME, t, &deadline);
		if (r != 0 || deadline <= time_now()) {
			break;
		}
		r = waitq_wait_intr(&wall_sleepers, deadline);
	} while (r != -EINTR);
	spin_unlock_restore(&wall_sleepers.lock, s);
	if (r == -EINTR) {
		interrupted();
	}
	return r;
}

static uint64_t until(uint64_t deadline)
{
	uint64_t now = time_now();

	return deadline > now ? deadline - now : 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left)
{
	bool absolute = (flags & TIMER_ABSTIME) != 0;
	uint64_t deadline;
	int r;

	if (clock == CLOCK_THREAD_CPUTIME_ID || clock == CLOCK_PROCESS_CPUTIME_ID) {
		return clock == CLOCK_THREAD_CPUTIME_ID ? EINVAL : ENOTSUP;
	}
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME) {
		return EINVAL;
	}
	if (absolute && clock == CLOCK_REALTIME) {
		return -sleep_until_wall(t);
	}
	r = absolute ? deadline_at(CLOCK_MONOTONIC, t, &deadline) : deadline_in(t, &deadline);
	if (r == 0) {
		r = sleep_until(deadline);
	}
	if ((r == 0 || r == -EINTR) && left != NULL && !absolute) {
		*left = timespec_of(r == 0 ? 0 : until(deadline));
	}
	return -r;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
	int r = clock_nanosleep(CLOCK_MONOTONIC, 0, t, left);

	return r == 0 ? 0 : fail(r);
}

int usleep(useconds_t us)
{
	return sleep_until(time_after(us * NS_PER_US)) == 0 ? 0 : fail(EINTR);
}

unsigned sleep(unsigned s)
{
	uint64_t deadline = time_after(s * NS_PER_SEC);

	if (sleep_until(deadline) == 0) {
		return 0;
	}
	return (unsigned)((until(deadline) + NS_PER_SEC - 1) / NS_PER_SEC);
}
