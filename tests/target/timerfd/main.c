/* SPDX-License-Identifier: MIT */
/* timerfd: not too early, overruns counted, both clocks, absolute and relative, changed and stopped while
 * others wait. eventfd: writers and readers that block on each other. */
#include "../tap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static struct itimerspec spec(uint64_t value, uint64_t interval)
{
	return (struct itimerspec){
		.it_value = { (time_t)(value / 1000000000), (long)(value % 1000000000) },
		.it_interval = { (time_t)(interval / 1000000000), (long)(interval % 1000000000) },
	};
}

static int set(int fd, int flags, uint64_t value, uint64_t interval)
{
	struct itimerspec s = spec(value, interval);

	return timerfd_settime(fd, flags, &s, NULL);
}

static uint64_t ticks(int fd)
{
	uint64_t n = 0;

	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

static short ready(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	poll(&p, 1, timeout);
	return p.revents;
}

static void test_once(clockid_t clock, const char *name)
{
	int fd = timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
	struct itimerspec left;
	uint64_t start, n;

	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "timerfd_create, %s", name);
	fails(read(fd, &n, 8), EAGAIN, "not armed");
	start = now_ns(clock);
	is(set(fd, 0, 20 * MS, 0), 0, "in 20 ms");
	fails(read(fd, &n, 8), EAGAIN, "not yet");
	ok(timerfd_gettime(fd, &left) == 0 && left.it_value.tv_sec == 0 &&
		   left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20 * MS,
	   "what is left");
	is(ready(fd, 10000), POLLIN, "it comes");
	ok(now_ns(clock) - start >= 20 * MS, "not too early");
	is(ready(fd, 0), POLLIN, "and stays");
	is(ticks(fd), 1, "one expiration");
	fails(read(fd, &n, 8), EAGAIN, "which is read once");
	ok(timerfd_gettime(fd, &left) == 0 && left.it_value.tv_sec == 0 &&
		   left.it_value.tv_nsec == 0,
	   "it is over");
	is(set(fd, TFD_TIMER_ABSTIME, now_ns(clock) + 10 * MS, 0), 0, "at a time");
	is(ready(fd, 10000), POLLIN, "it comes");
	is(set(fd, TFD_TIMER_ABSTIME, 1, 0), 0, "at a time long ago; what was not read is gone");
	is(ticks(fd), 1, "comes at once");
	close(fd);
}

static void test_interval(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec s = spec(0, 0), old;
	uint64_t start = now_ns(CLOCK_MONOTONIC), n, total = 0;

	is(set(fd, 0, 5 * MS, 2 * MS), 0, "in 5 ms, then each 2 ms");
	usleep(30000);
	n = ticks(fd);
	ok(n >= 13 && n <= 1 + (now_ns(CLOCK_MONOTONIC) - start - 5 * MS) / (2 * MS),
	   "overruns are counted (%u)", (unsigned)n);
	while (total < 5) {
		total += ticks(fd);
	}
	ok(now_ns(CLOCK_MONOTONIC) - start >= 5 * MS + (n + total - 1) * 2 * MS,
	   "a read that blocks, no tick too early");
	ok(timerfd_settime(fd, 0, &s, &old) == 0 && old.it_interval.tv_nsec == 2 * MS &&
		   old.it_value.tv_nsec <= 2 * MS && old.it_value.tv_nsec > 0,
	   "stopping it says what was");
	is(ready(fd, 20), 0, "it is silent");
	is(set(fd, 0, 1, 1), 0, "each nanosecond");
	usleep(1000);
	ok(ticks(fd) >= 1000000, "more ticks than interrupts");
	close(fd);
	start = now_ns(CLOCK_MONOTONIC);
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	set(fd, TFD_TIMER_ABSTIME, start - 10 * MS < start ? start - 10 * MS : 1, 3 * MS);
	is(ready(fd, 10000), POLLIN, "started in the past");
	ok(ticks(fd) >= 4, "the expirations since then count");
	close(fd);
}

static void test_errors(void)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), other = eventfd(0, 0);
	struct itimerspec bad = { .it_value.tv_nsec = 1000000000 };
	char small[4];

	fails(timerfd_create(12345, 0), EINVAL, "no such clock");
	fails(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL, "no such flag");
	fails(timerfd_settime(fd, 0, &bad, NULL), EINVAL, "too many nanoseconds");
	bad = (struct itimerspec){ .it_value.tv_sec = -1 };
	fails(timerfd_settime(fd, 0, &bad, NULL), EINVAL, "negative");
	fails(set(fd, 64, 1, 0), EINVAL, "a bad flag");
	fails(set(other, 0, 1, 0), EINVAL, "what is no timer");
	fails(timerfd_gettime(999, &bad), EBADF, "what is not open");
	fails(read(fd, small, 4), EINVAL, "a buffer too small");
	fails(write(fd, small, 4), EINVAL, "a timer is not written");
	close(fd);
	close(other);
}

static int shared_fd;

static void *waits(void *arg)
{
	(void)arg;
	return (void *)(uintptr_t)ticks(shared_fd);
}

static void test_threads(void)
{
	pthread_t t[4];
	uintptr_t sum = 0;
	void *n;

	shared_fd = timerfd_create(CLOCK_MONOTONIC, 0);
	for (int i = 0; i < 4; i++) {
		pthread_create(&t[i], NULL, waits, NULL);
	}
	usleep(5000);
	set(shared_fd, 0, 2 * MS, 2 * MS);
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &n);
		sum += (uintptr_t)n;
	}
	ok(sum >= 4, "each of four readers gets a tick that no other gets");
	pthread_create(&t[0], NULL, waits, NULL);
	set(shared_fd, 0, 0, 0);
	usleep(2000);
	set(shared_fd, 0, 1 * MS, 0);
	pthread_join(t[0], &n);
	ok((uintptr_t)n >= 1, "a timer that is stopped and started under its reader");
	/* Closed while armed, again and again. */
	for (int i = 0; i < 200; i++) {
		int fd = timerfd_create(CLOCK_REALTIME, 0);

		set(fd, 0, (uint64_t)i * 1000, 1000);
		close(fd);
	}
	ok(true, "closed while armed");
	close(shared_fd);
}

/* --- eventfd ---------------------------------------------------------------------------------- */

static void *adds(void *arg)
{
	/* The counter holds one of these at a time. */
	for (int i = 0; i < 200; i++) {
		eventfd_write(shared_fd, UINT64_MAX - 1 - (uintptr_t)arg);
	}
	return NULL;
}

static void test_eventfd(void)
{
	pthread_t t[3];
	eventfd_t v;
	int reads = 0;

	shared_fd = eventfd(0, 0);
	for (uintptr_t i = 0; i < 3; i++) {
		pthread_create(&t[i], NULL, adds, (void *)i);
	}
	while (reads < 600 && eventfd_read(shared_fd, &v) == 0 && v >= UINT64_MAX - 3) {
		reads++;
	}
	is(reads, 600, "writers that wait for room, no wake-up lost");
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], NULL);
	}
	is(ready(shared_fd, 0), 0, "all was read");
	close(shared_fd);
}

int main(void)
{
	test_once(CLOCK_MONOTONIC, "monotonic");
	test_once(CLOCK_REALTIME, "real time");
	test_interval();
	test_errors();
	test_threads();
	test_eventfd();
	return tap_done();
}
